//! A figure in a page: drawn for a screen and for a phone, with words for whoever does not see it and its table behind.
//!
//! Must not know what a figure shows.

use maud::{Markup, PreEscaped, html};

use crate::report::figure::{Figure, Size, Table, svg};

/// The figure with its table, which is folded away.
pub fn figure(figure: &Figure) -> Markup {
    html! {
        figure id=(figure.name) {
            figcaption { h3 { (figure.title) } }
            @for (size, class) in [(Size::Wide, "plot wide"), (Size::Narrow, "plot narrow")] {
                div class=(class) role="img" aria-label=(figure.alternative) { (PreEscaped(svg(figure, size, false))) }
            }
            details {
                summary { "Figures behind this plot" }
                (table(&figure.table(), &figure.title))
            }
        }
    }
}

/// A table with a heading a column and a label a row. Where it is wider than its page it can be scrolled, by keyboard too.
pub fn table(table: &Table, label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for heading in &table.headings { th scope="col" { (heading) } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @if let Some(label) = row.first() { th scope="row" { (label) } }
                            @for entry in row.iter().skip(1) { td { (entry) } }
                        }
                    }
                }
            }
        }
    }
}
