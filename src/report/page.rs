//! Runs as one page: HTML with its style and its plots inside, no scripts, nothing to load.
//!
//! Every word that comes from a record is escaped by `maud`. Must not touch a host or the disk, nor compute a statistic.

mod commands;
mod figures;
mod profiles;
mod provenance;
mod results;
mod searches;
mod soaks;
mod warnings;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figure::cpu::Watch;
use super::figure::{Table, palette, soak, testbed};
use super::letters;
use crate::compare::Comparison;
use crate::record::Run;

/// Stands near the beginning of every page: by it a report is known.
pub const MARK: &str = "<meta name=\"generator\" content=\"nsbench";

const STYLE: &str = include_str!("page/style.css");

/// What a page is made from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The measured runs, with the trials that are compared.
    pub runs: &'a [Run],
    /// Published runs beside them.
    pub references: &'a [Run],
    /// Soaks, which have no rates.
    pub soaks: &'a [soak::Told<'a>],
    /// The cells of all of them.
    pub comparison: &'a Comparison,
    /// What the hosts did in some of their trials.
    pub watches: &'a [Watch],
    /// What was left out.
    pub remarks: &'a [String],
}

/// The page.
pub fn render(material: &Material<'_>) -> String {
    let style = format!("{STYLE}@media screen and (prefers-color-scheme:dark){{{}}}", palette::dark_rules());
    let title = title(material);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                (PreEscaped(MARK)) " " (env!("CARGO_PKG_VERSION")) (PreEscaped("\">"))
                // The browser itself sees to it that nothing is loaded and nothing runs.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body {
                (contents(material, &title))
            }
        }
    };
    page.into_string().replace(letters::is_hidden, "\u{fffd}")
}

/// All that was measured here.
fn all<'a>(material: &Material<'a>) -> impl Iterator<Item = &'a Run> {
    material.runs.iter().chain(material.soaks.iter().map(|told| told.run))
}

fn title(material: &Material<'_>) -> String {
    let mut testbeds: Vec<&str> = all(material).map(|run| run.testbed.as_str()).collect();
    testbeds.dedup();
    match testbeds[..] {
        [] => "nsbench: published figures".to_owned(),
        _ => format!("nsbench: {}", testbeds.join(", ")),
    }
}

/// The heading, where to find what, and all of it.
fn contents(material: &Material<'_>, title: &str) -> Markup {
    let sections = sections(material);
    let there: Vec<_> = sections.iter().filter(|(.., section)| !section.0.is_empty()).collect();
    html! {
        header {
            h1 { (title) }
            nav aria-label="Contents" {
                ul { @for (id, heading, _) in &there { li { a href={ "#" (id) } { (heading) } } } }
            }
        }
        main { @for (.., section) in &there { (section) } }
    }
}

/// The sections with their names, those that are not there empty.
fn sections(material: &Material<'_>) -> [(&'static str, &'static str, Markup); 14] {
    [
        ("warnings", "Warnings", warnings::section(material)),
        ("runs", "Runs", runs(material)),
        ("testbeds", "Testbed", testbeds(material)),
        ("nothing", "Results", nothing(material)),
        ("rates", "Throughput", results::throughput(material)),
        ("searches", "Highest rates", searches::section(material)),
        ("costs", "Cost", results::cost(material)),
        ("lines", "Over time", results::over_time(material)),
        ("cpus", "CPUs", results::cpus(material)),
        ("where-lost", "Losses", results::losses(material)),
        ("soak", "Soak", soaks::sections(material)),
        ("profile", "Profile", profiles::profiles(material)),
        ("provenance", "Provenance", provenance::section(material)),
        ("commands", "Commands", commands::section(material)),
    ]
}

fn testbeds(material: &Material<'_>) -> Markup {
    let testbeds = testbed::of(all(material));
    html! {
        @if !testbeds.is_empty() {
            section id="testbeds" aria-labelledby="testbeds-heading" {
                h2 id="testbeds-heading" { "Testbed" }
                @for figure in &testbeds { (figures::figure(figure)) }
            }
        }
    }
}

fn nothing(material: &Material<'_>) -> Markup {
    html! {
        @if material.soaks.is_empty() && material.comparison.columns.is_empty() {
            section id="nothing" aria-labelledby="nothing-heading" {
                h2 id="nothing-heading" { "Results" }
                p { "No trial was recorded." }
            }
        }
    }
}

fn runs(material: &Material<'_>) -> Markup {
    html! {
        section id="runs" aria-labelledby="runs-heading" {
            h2 id="runs-heading" { "Runs" }
            (about(material))
        }
    }
}

/// What was measured when, and with what.
fn about(material: &Material<'_>) -> Markup {
    let rows = all(material).map(|run| {
        let settings = &run.settings;
        let unknown = || "not recorded".to_owned();
        let on = run.middlebox.as_ref().map_or(String::new(), |name| format!(", middlebox {name}"));
        let emulated = if run.emulated { " (emulated)" } else { "" };
        let testbed = format!("{}{on}{emulated}", run.testbed);
        let time = run.started.as_deref().map_or_else(unknown, |time| time.get(..19).unwrap_or(time).replace('T', " "));
        vec![
            run.id.clone(),
            time,
            testbed,
            [Some(settings.generator.clone()), settings.protocol.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", "),
            settings.duration_s.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s")),
            settings.mtu.map_or_else(unknown, |mtu| mtu.to_string()),
            run.trials.len().to_string(),
            run.nsbench_version.clone().unwrap_or_else(unknown),
        ]
    });
    let headings = ["run", "begun (UTC)", "testbed", "generator", "trial", "MTU", "trials", "nsbench"];
    figures::table(&Table { headings: headings.map(str::to_owned).to_vec(), rows: rows.collect() }, "Runs")
}

#[cfg(test)]
#[path = "page/tests.rs"]
mod tests;
