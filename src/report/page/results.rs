//! What was measured: tables in the shape of the paper's Figure 3, and their plots. Must not compute a statistic.

use maud::{Markup, html};

use super::{Material, figures};
use crate::compare::{Column, Comparison};
use crate::report::figure::{Table, throughput};
use crate::report::sheet::{Entry, Sheet};

/// Rates by number of lines; nothing where none were to be measured.
pub fn throughput(material: &Material<'_>) -> Markup {
    let rates = only(material.comparison, |column| !column.is_cost());
    if rates.columns.is_empty() {
        return html! {};
    }
    html! {
        section id="throughput" aria-labelledby="throughput-heading" {
            h2 id="throughput-heading" { "Throughput" }
            (sheet(&rates))
            @for figure in throughput::of(&rates, material.runs) { (figures::figure(&figure)) }
        }
    }
}

/// The comparison with some of its columns.
fn only(comparison: &Comparison, wanted: impl Fn(&Column) -> bool) -> Comparison {
    let columns: Vec<Column> = comparison.columns.iter().filter(|column| wanted(column)).cloned().collect();
    let mut lines: Vec<u32> = columns.iter().flat_map(|column| column.cells.iter().map(|cell| cell.lines)).collect();
    lines.sort_unstable();
    lines.dedup();
    Comparison { columns, lines, ..comparison.clone() }
}

/// The table that `nsbench compare` prints, and its footnotes.
fn sheet(comparison: &Comparison) -> Markup {
    let sheet = Sheet::of(comparison);
    let mut headings = vec![sheet.unit.to_owned()];
    headings.extend(sheet.headings.iter().map(|parts| parts.join(", ")));
    let rows = sheet.rows.iter().map(|(label, entries)| {
        let mut row = vec![label.clone()];
        row.extend(entries.iter().map(words));
        row
    });
    html! {
        p.caption { (sheet.caption) }
        (figures::table(&Table { headings, rows: rows.collect() }, &sheet.caption))
        @if !sheet.notes.is_empty() {
            ol.notes { @for note in &sheet.notes { li { (note) } } }
        }
        @if let Some(details) = sheet.details {
            details {
                summary { "What is known of each cell beside its mean" }
                @let headings = details.headings.iter().map(|heading| (*heading).to_owned()).collect();
                (figures::table(&Table { headings, rows: details.rows }, "What is known of each cell beside its mean"))
            }
        }
    }
}

fn words(entry: &Entry) -> String {
    if entry.notes.is_empty() {
        return entry.text.clone();
    }
    let numbers: Vec<_> = entry.notes.iter().map(usize::to_string).collect();
    format!("{} [{}]", entry.text, numbers.join(", "))
}
