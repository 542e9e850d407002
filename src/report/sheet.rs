//! A comparison as rows and columns of words, before a format draws the lines between them.
//!
//! Must not know of terminals or markup.

use super::details::Details;
use super::sentence;
use crate::compare::student::Ratio;
use crate::compare::{Cell, Column, Comparison, Unlike, significance};

/// Stands at a ratio that differs from 1 by more than chance would take it.
pub const SIGNIFICANT: &str = "†";

/// The unit of a table in which there are costs alone.
const COSTS: &str = "instructions";

/// Rows, columns and notes, ready to draw.
pub struct Sheet {
    /// What the table shows.
    pub caption: String,
    /// Unit of the figures.
    pub unit: &'static str,
    /// A heading a column, each of one or more parts.
    pub headings: Vec<Vec<String>>,
    /// A label, and an entry a column.
    pub rows: Vec<(String, Vec<Entry>)>,
    /// Footnotes; number 1 is the first.
    pub notes: Vec<String>,
    /// What is known of each cell beside its mean.
    pub details: Option<Details>,
}

/// What stands in one place of the sheet.
#[derive(Clone)]
pub struct Entry {
    /// `9.262 ± 0.110`, `*` where it could not be measured, `-` where nobody tried.
    pub text: String,
    /// Numbers of its footnotes.
    pub notes: Vec<usize>,
}

impl Sheet {
    /// Lays out `comparison`.
    pub fn of(comparison: &Comparison) -> Self {
        let (unit, scale) = unit(comparison);
        let ratios = comparison.baseline.is_some();
        let mut notes = Vec::new();
        let mut headings = Vec::new();
        for column in &comparison.columns {
            headings.push(column.heading.clone());
            if ratios && !column.published {
                headings.push(vec!["ratio to".to_owned(), "baseline".to_owned()]);
            }
        }
        let mut rows = Vec::new();
        for &lines in &comparison.lines {
            let mut entries = Vec::new();
            for column in &comparison.columns {
                let cell = column.cell(lines);
                entries.push(entry(column, cell, (unit, scale), &mut notes));
                if ratios && !column.published {
                    entries.push(ratio(cell, &mut notes));
                }
            }
            rows.push((format!("{lines} Line"), entries));
        }
        Self { caption: caption(comparison, unit), unit, headings, rows, notes, details: Details::of(comparison) }
    }
}

/// One unit for the whole table, so that its figures compare at a glance.
fn unit(comparison: &Comparison) -> (&'static str, f64) {
    if comparison.columns.iter().all(Column::is_cost) {
        return (COSTS, 1.0);
    }
    let means = comparison.cells().filter_map(|(_, cell)| cell.throughput);
    if means.map(|t| t.mean).fold(0.0, f64::max) >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) }
}

fn caption(comparison: &Comparison, unit: &str) -> String {
    let measured = comparison.cells().filter(|(column, _)| !column.published);
    let counts: Vec<usize> = measured.filter_map(|(column, cell)| column.figure(cell).map(|t| t.n)).collect();
    let trials = match (counts.iter().min(), counts.iter().max()) {
        (Some(1), Some(1)) => ", one trial a cell".to_owned(),
        (Some(low), Some(high)) if low == high => {
            format!(", mean of {low} trials ± half of the 95 % interval (Student's t)")
        }
        (Some(low), Some(high)) => {
            format!(", mean of {low} to {high} trials ± half of the 95 % interval (Student's t)")
        }
        _ => String::new(),
    };
    let baseline = match &comparison.baseline {
        Some(id) => format!("; ratios to `{id}` with their 95 % interval{}", marks(comparison.tested)),
        None => String::new(),
    };
    let what = if unit == COSTS {
        "Instructions a packet at the middlebox".to_owned()
    } else {
        format!("Throughput in {unit}")
    };
    format!("{what}{trials}{baseline}")
}

fn entry(column: &Column, cell: Option<&Cell>, (unit, scale): (&str, f64), notes: &mut Vec<String>) -> Entry {
    let Some(cell) = cell else {
        return Entry { text: "-".to_owned(), notes: Vec::new() };
    };
    let text = match (cell.throughput.filter(|_| !column.is_cost()), cell.instructions) {
        // Print keeps the digits it has: four of them would invent some and drop others.
        (Some(throughput), _) if column.published => (throughput.mean / scale).to_string(),
        (Some(throughput), _) => {
            let mean = throughput.mean / scale;
            let digits = decimals(mean);
            match throughput.half_width() {
                Some(half) => format!("{mean:.digits$} ± {:.digits$}", half / scale),
                None => format!("{mean:.digits$}"),
            }
        }
        (None, Some(instructions)) => {
            let half = instructions.half_width().map_or(String::new(), |half| format!(" ± {half:.0}"));
            let unit = if unit == COSTS { "" } else { " instructions/packet" };
            format!("{:.0}{half}{unit}", instructions.mean)
        }
        (None, None) => "*".to_owned(),
    };
    let said = cell.reason.iter().chain(&cell.remarks);
    Entry { text, notes: said.map(|text| number(text, notes)).collect() }
}

/// The footnote's number; one text has one footnote, however many cells need it.
fn number(text: &str, notes: &mut Vec<String>) -> usize {
    let text = sentence::of(text);
    let place = notes.iter().position(|n| *n == text).unwrap_or_else(|| {
        notes.push(text);
        notes.len() - 1
    });
    place + 1
}

/// What a mark at a ratio says, where any was tested.
fn marks(tested: usize) -> String {
    let level = significance::LEVEL;
    match tested {
        0 => String::new(),
        1 => format!(", {SIGNIFICANT} differs (Welch's t, p under {level})"),
        _ => format!(
            ", {SIGNIFICANT} differs (Welch's t, p under {level} by Holm's correction for {tested} comparisons)"
        ),
    }
}

fn ratio(cell: Option<&Cell>, notes: &mut Vec<String>) -> Entry {
    let mark =
        cell.and_then(Cell::is_significant).filter(|is| *is).map_or(String::new(), |_| format!(" {SIGNIFICANT}"));
    let text = match cell.and_then(|cell| cell.ratio) {
        None => "-".to_owned(),
        Some(Ratio { value, ci95: None, .. }) => format!("{value:.3}"),
        Some(Ratio { value, ci95: Some([low, high]), .. }) => {
            format!("{value:.3} [{low:.3}, {high:.3}]{mark}")
        }
    };
    let unlike = cell.filter(|cell| !cell.unlike.is_empty()).map(|cell| unlike(&cell.unlike));
    Entry { text, notes: unlike.map(|text| number(&text, notes)).into_iter().collect() }
}

/// What makes a ratio one of unlike to unlike, for a footnote.
fn unlike(found: &[Unlike]) -> String {
    let each =
        found.iter().map(|Unlike { field, here, baseline }| format!("{field}: {here}, of the baseline {baseline}"));
    format!("not like to like: {}", each.collect::<Vec<_>>().join("; "))
}

/// Decimals that leave four significant digits.
pub fn decimals(value: f64) -> usize {
    if value == 0.0 {
        return 0;
    }
    (3 - value.abs().log10().floor() as i32).clamp(0, 6) as usize
}
