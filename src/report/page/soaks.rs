//! What soaks found: what grows, what went wrong, and cycle by cycle. Must not judge what grows.

use maud::{Markup, html};

use super::{Material, figures};
use crate::record::Soak;
use crate::report::figure::Table;
use crate::report::figure::soak::{self, Told};
use crate::report::{sentence, soak_table};

/// A section a soak.
pub fn sections(material: &Material<'_>) -> Markup {
    html! {
        @for (number, told) in (1..).zip(material.soaks) {
            @if let Some(soak) = &told.run.soak { (section(number, told, soak)) }
        }
    }
}

fn section(number: usize, told: &Told<'_>, soak: &Soak) -> Markup {
    let id = if number > 1 { format!("soak-{number}") } else { "soak".to_owned() };
    let heading = format!("{id}-heading");
    let drawn = soak::of(number, told);
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { "Soak " (told.run.id) }
            p { strong { (sentence::of(&soak_table::verdict(soak))) } }
            @for line in soak_table::head(soak).lines().filter(|line| !line.is_empty()) { p { (line) } }
            (went_wrong(soak))
            @if soak.load.is_some() || soak.unload.is_some() { (rows(soak_table::paces(soak), "How long loading took")) }
            @if !soak.memory.is_empty() {
                (rows(soak_table::memory(soak), "What was in use"))
                @match soak_table::grown_caches(soak) {
                    Some(found) => (rows(found, "Slab caches that grow")),
                    None => p { (soak_table::no_caches(soak)) },
                }
            }
            @if drawn.is_empty() { p { "Not drawn: there is no file with at least two cycles beside the record." } }
            div.pair { @for figure in &drawn { (figures::half(figure)) } }
        }
    }
}

/// Cycles that failed, and what kernels said.
fn went_wrong(soak: &Soak) -> Markup {
    html! {
        @if !soak.failed.is_empty() || !soak.troubles.is_empty() {
            ul {
                @for failed in &soak.failed {
                    li { (soak_table::place(failed.cycle)) " failed: " (sentence::of(&failed.reason)) }
                }
                @for trouble in &soak.troubles {
                    li {
                        "kernel trouble on the " (trouble.host) ", " (soak_table::place(trouble.cycle)) ":"
                        pre { (trouble.lines.join("\n")) }
                    }
                }
            }
        }
    }
}

fn rows((headings, rows): (Vec<String>, Vec<Vec<String>>), label: &str) -> Markup {
    figures::table(&Table { headings, rows }, label)
}
