//! Runs as one page: HTML with its style and its plots inside, no scripts, nothing to load.
//!
//! Every word that comes from a record is escaped by `maud`. Must not touch a host or the disk, nor compute a statistic.

mod commands;
mod figures;
mod profiles;
mod provenance;
mod results;
mod warnings;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figure::cpu::Watch;
use super::figure::{Table, palette, testbed};
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
    pub soaks: &'a [Run],
    /// The cells of all of them.
    pub comparison: &'a Comparison,
    /// What the middlebox did in some of their trials.
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
                header { h1 { (title) } }
                main { (sections(material)) }
            }
        }
    };
    page.into_string()
}

fn title(material: &Material<'_>) -> String {
    let mut testbeds: Vec<&str> = material.runs.iter().chain(material.soaks).map(|run| run.testbed.as_str()).collect();
    testbeds.dedup();
    match testbeds[..] {
        [] => "nsbench: published figures".to_owned(),
        _ => format!("nsbench: {}", testbeds.join(", ")),
    }
}

fn sections(material: &Material<'_>) -> Markup {
    let testbeds = testbed::of(material.runs.iter().chain(material.soaks));
    html! {
        (warnings::section(material))
        section id="runs" aria-labelledby="runs-heading" {
            h2 id="runs-heading" { "Runs" }
            (about(material))
        }
        @if !testbeds.is_empty() {
            section id="testbeds" aria-labelledby="testbeds-heading" {
                h2 id="testbeds-heading" { "Testbed" }
                @for figure in &testbeds { (figures::figure(figure)) }
            }
        }
        @if material.soaks.is_empty() && material.comparison.columns.is_empty() {
            section { h2 { "Results" } p { "No trial was recorded." } }
        }
        (results::throughput(material))
        (results::cost(material))
        (results::over_time(material))
        (results::cpus(material))
        (results::losses(material))
        (results::soaks(material))
        (profiles::profiles(material))
        (provenance::section(material))
        (commands::section(material))
    }
}

/// What was measured when, and with what.
fn about(material: &Material<'_>) -> Markup {
    let rows = material.runs.iter().chain(material.soaks).map(|run| {
        let settings = &run.settings;
        let unknown = || "not recorded".to_owned();
        let testbed = if run.emulated { format!("{} (emulated)", run.testbed) } else { run.testbed.clone() };
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
