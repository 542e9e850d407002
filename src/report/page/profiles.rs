//! Profiles on a page: their tables, and their flame graphs. Must not know how they were made.

use maud::{Markup, html};

use super::Material;
use crate::record::{Profiled, Run};
use crate::report::{flame, profile_table};

/// Each profile by itself.
pub fn profiles(material: &Material<'_>) -> Markup {
    html! {
        @for (number, (run, profiled)) in (1..).zip(profiled(material)) {
            @let id = if number > 1 { format!("profile-{number}") } else { "profile".to_owned() };
            @let heading = format!("{id}-heading");
            section id=(id) aria-labelledby=(heading) {
                h2 id=(heading) { "Profile " (run.id) }
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

fn profiled<'a>(material: &Material<'a>) -> impl Iterator<Item = (&'a Run, &'a Profiled)> {
    material.soaks.iter().filter_map(|told| Some((told.run, told.run.profiled.as_ref()?)))
}
