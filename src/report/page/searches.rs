//! What searches for the highest rates found: by goal, by bound, and rate by rate. Must not compute a statistic.

use maud::{Markup, html};

use super::results::{only, sheet};
use super::{Material, figures};
use crate::report::figure::ndr;

/// The section; nothing where no such rate was searched for.
pub fn section(material: &Material<'_>) -> Markup {
    let rates = only(material.comparison, ndr::is_of);
    if rates.columns.is_empty() {
        return html! {};
    }
    let behind = ndr::table(material.runs);
    let (searches, beyond) = ndr::searches(material.runs);
    html! {
        section id="searches" aria-labelledby="searches-heading" {
            h2 id="searches-heading" { "Highest rates with little loss" }
            (sheet(&rates))
            @for figure in ndr::rates(&rates) { (figures::figure(&figure)) }
            @if !behind.rows.is_empty() {
                h3 { "What bounds each rate" }
                p.caption { "Packets a second; a bound is the rate at which each line was sent on." }
                (figures::table(&behind, "What bounds each rate"))
            }
            div.pair { @for figure in &searches { (figures::half(figure)) } }
            @if beyond > 0 { p { (beyond) " further searches are not drawn; their trials are in the records." } }
        }
    }
}
