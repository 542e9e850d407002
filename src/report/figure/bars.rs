//! Bars in words and as a table. Must not know how they are drawn.

use std::fmt::Write as _;

use super::{Bar, Bars, Table};
use crate::report::sheet::decimals;

impl Bars {
    /// The figures, a row a series and group.
    pub fn table(&self) -> Table {
        let mut headings = vec![String::new()];
        headings.extend(self.groups.iter().cloned());
        let row = |name: &str, entries: &mut dyn Iterator<Item = String>| {
            let mut row = vec![name.to_owned()];
            row.extend(entries);
            row
        };
        let series = self.series.iter().map(|series| row(&series.name, &mut series.bars.iter().map(|bar| bar.text())));
        let ceilings = self.ceilings.iter().map(|ceiling| {
            let level = |level: &Option<f64>| level.map_or_else(|| "not known".to_owned(), figure);
            row(&format!("ceiling: {}", ceiling.name), &mut ceiling.levels.iter().map(level))
        });
        headings[0].clone_from(&self.up);
        Table { headings, rows: series.chain(ceilings).collect() }
    }

    /// The same as sentences, `opening` first.
    pub fn in_words(&self, opening: &str) -> String {
        let mut text = format!("{opening}; {}.", self.up);
        for series in &self.series {
            let each = self.groups.iter().zip(&series.bars);
            let each: Vec<_> = each
                .filter(|(_, bar)| **bar != Bar::Nothing)
                .map(|(group, bar)| format!("{group} {}", bar.text()))
                .collect();
            if !each.is_empty() {
                let _ = write!(text, " {}: {}.", series.name, each.join(", "));
            }
        }
        text
    }
}

impl Bar {
    /// `9.262, 9.152 to 9.372`.
    fn text(self) -> String {
        match self {
            Self::Nothing => "-".to_owned(),
            Self::Failed => "failed".to_owned(),
            Self::Figure { value, interval: None } => figure(value),
            Self::Figure { value, interval: Some([low, high]) } => {
                format!("{} ({} to {})", figure(value), figure(low), figure(high))
            }
        }
    }
}

/// Four significant digits.
pub fn figure(value: f64) -> String {
    format!("{value:.*}", decimals(value))
}

/// The same without needless zeros, for an axis.
pub fn tick(value: f64) -> String {
    if value.abs() >= 1000.0 || value == 0.0 {
        return format!("{value:.0}");
    }
    let text = figure(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
