//! Profiles on a page: their tables, and their flame graphs. Must not know how they were made.

use maud::{Markup, html};

use super::Material;
use crate::report::{flame, profile_table};

/// Each profile by itself.
pub fn profiles(material: &Material<'_>) -> Markup {
    html! {
        @for (number, run) in material.soaks.iter().enumerate() {
            @if let Some(profiled) = &run.profiled {
                section aria-labelledby=(format!("profile-{number}")) {
                    h2 id=(format!("profile-{number}")) { "Profile " (run.id) }
                    @if let Some(graph) = flame::graph(profiled) {
                        figure { (graph) figcaption { "Where the middlebox was; each box is as wide as its share." } }
                    }
                    div.scroll tabindex="0" role="region" aria-label="What each function took" {
                        pre { (profile_table::render(profiled, None)) }
                    }
                }
            }
        }
    }
}
