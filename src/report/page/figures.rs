//! A figure in a page: drawn for a screen and for a phone, with words for whoever does not see it and its table behind.
//!
//! Must not know what a figure shows.

use maud::{Markup, PreEscaped, html};

use crate::report::figure::{Figure, Size, Table, svg};

/// Of a longer table the rest is left out: the record has it, and a page has to stay quick.
const MOST_ROWS: usize = 400;

/// The figure with its table, which is folded away.
pub fn figure(figure: &Figure) -> Markup {
    drawn(figure, &figure.table(), Size::Wide)
}

/// The same for a figure of which two stand side by side.
pub fn half(figure: &Figure) -> Markup {
    drawn(figure, &figure.table(), Size::Half)
}

/// The same with a table that says more.
pub fn with_table(figure: &Figure, behind: &Table) -> Markup {
    drawn(figure, behind, Size::Wide)
}

fn drawn(figure: &Figure, behind: &Table, wide: Size) -> Markup {
    html! {
        figure id=(figure.name) {
            figcaption {
                h3 { (figure.title) }
                @if !figure.notes.is_empty() { p { (figure.notes.join(" ")) } }
            }
            @for (size, class) in [(wide, "plot wide"), (Size::Narrow, "plot narrow")] {
                div class=(class) role="img" aria-label=(figure.alternative) { (PreEscaped(svg(figure, size, false))) }
            }
            details {
                summary { "The same as a table" }
                (table(behind, &figure.title))
            }
        }
    }
}

/// A table with a heading a column and a label a row. Where it is wider than its page it can be scrolled, by keyboard too.
pub fn table(table: &Table, label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.words[!of_figures(table)] {
                thead { tr { @for heading in &table.headings { th scope="col" { (heading) } } } }
                tbody {
                    @for row in table.rows.iter().take(MOST_ROWS) {
                        tr {
                            @if let Some(label) = row.first() { th scope="row" { (label) } }
                            @for entry in row.iter().skip(1) { td { (entry) } }
                        }
                    }
                }
            }
            @if table.rows.len() > MOST_ROWS {
                p.quiet { (table.rows.len() - MOST_ROWS) " further rows are in the record." }
            }
        }
    }
}

/// Whether all entries are figures, or the signs that stand for one; they stand to the right then.
fn of_figures(table: &Table) -> bool {
    let figure = |entry: &String| {
        entry.is_empty() || entry.starts_with(|first: char| first.is_ascii_digit() || "-*<±".contains(first))
    };
    table.rows.iter().all(|row| row.iter().skip(1).all(figure))
}
