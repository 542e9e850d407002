//! A row a cell, with what is known of it beside its mean. Must not know of terminals or markup, nor compute a statistic.

use super::sheet::decimals;
use crate::compare::student::Estimate;
use crate::compare::{Cell, Column, Comparison};
use crate::units::BitsPerSecond;

/// Rows and columns of words.
pub struct Details {
    /// A heading a column; the first one is the cell's.
    pub headings: Vec<&'static str>,
    /// An entry a column.
    pub rows: Vec<Vec<String>>,
}

impl Details {
    /// What is known of the cells that were measured more than once; `None` where there is none.
    pub fn of(comparison: &Comparison) -> Option<Self> {
        let tested = comparison.tested > 0;
        let mut headings = vec!["cell", "n", "median", "standard deviation", "spread", "mean known to"];
        if tested {
            headings.extend(["p", "p adjusted"]);
        }
        let measured = comparison.cells().filter(|(column, _)| !column.published);
        let repeated =
            measured.filter_map(|(column, cell)| Some((column, cell, column.figure(cell).filter(|f| f.n > 1)?)));
        let rows: Vec<_> = repeated.map(|(column, cell, figure)| row(column, cell, &figure, tested)).collect();
        (!rows.is_empty()).then_some(Self { headings, rows })
    }
}

fn row(column: &Column, cell: &Cell, figure: &Estimate, tested: bool) -> Vec<String> {
    let in_unit = |value: f64| match (column.is_cost(), value) {
        // It would read `0.000 b/s`.
        (_, 0.0) => "0".to_owned(),
        (true, value) => format!("{value:.*}", decimals(value).min(1)),
        (false, value) => BitsPerSecond(value).to_string(),
    };
    let percent = |share: Option<f64>, sign: &str| share.map_or("-".to_owned(), |share| format!("{sign}{share:.2} %"));
    let place = format!("{}, {} Line", column.heading.join(", "), cell.lines);
    let mut row = vec![
        place,
        figure.n.to_string(),
        in_unit(figure.median),
        figure.deviation.map_or("-".to_owned(), in_unit),
        percent(figure.spread_percent(), ""),
        percent(figure.precision_percent(), "±"),
    ];
    if tested {
        row.extend([cell.ratio.and_then(|ratio| ratio.p), cell.p_adjusted].map(probability));
    }
    row
}

fn probability(p: Option<f64>) -> String {
    match p {
        None => "-".to_owned(),
        Some(p) if p < 0.0001 => "< 0.0001".to_owned(),
        Some(p) => format!("{p:.4}"),
    }
}
