//! Tables for a terminal. Must not know what a figure means.

use std::fmt::Write as _;
use std::ops::Range;

use tabled::builder::Builder;
use tabled::settings::formatting::AlignmentStrategy;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Style};

use super::sheet::{Entry, Sheet};
use crate::compare::Comparison;

/// The comparison as a table with its notes, warnings and verdict below.
pub fn render(comparison: &Comparison) -> String {
    let sheet = Sheet::of(comparison);
    let mut header = vec![sheet.unit.to_owned()];
    header.extend(sheet.headings.iter().map(|parts| parts.join("\n")));
    let rows = sheet.rows.iter().map(|(label, entries)| {
        let mut row = vec![label.clone()];
        row.extend(entries.iter().map(words));
        row
    });
    let mut text = format!("{}\n\n{}\n", sheet.caption, grid(header, rows, 1..usize::MAX));
    if !sheet.notes.is_empty() {
        text.push('\n');
    }
    for (number, note) in (1..).zip(&sheet.notes) {
        let _ = writeln!(text, "[{number}] {note}");
    }
    if let Some(details) = sheet.details {
        let header = details.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let _ = writeln!(text, "\n{}", grid(header, details.rows, 1..usize::MAX));
    }
    for warning in &comparison.warnings {
        let _ = writeln!(text, "\nwarning: {warning}");
    }
    if let Some(verdict) = &comparison.verdict {
        let _ = writeln!(text, "\n{verdict}");
    }
    text
}

fn words(entry: &Entry) -> String {
    if entry.notes.is_empty() {
        return entry.text.clone();
    }
    let numbers: Vec<_> = entry.notes.iter().map(usize::to_string).collect();
    format!("{} [{}]", entry.text, numbers.join(", "))
}

/// A table with a rule under its header; the columns of `figures`, counted from 0, stand to the right.
pub fn grid(header: Vec<String>, rows: impl IntoIterator<Item = Vec<String>>, figures: Range<usize>) -> String {
    let figures = figures.start..figures.end.min(header.len());
    let mut builder = Builder::default();
    builder.push_record(header);
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table.with(Style::psql()).with(AlignmentStrategy::PerLine).modify(Columns::new(figures), Alignment::right());
    let drawn = table.to_string();
    let lines: Vec<_> = drawn.lines().map(str::trim_end).collect();
    lines.join("\n")
}
