//! What was measured: tables in the shape of the paper's Figure 3, and their plots. Must not compute a statistic.

use maud::{Markup, html};

use super::{Material, figures};
use crate::compare::{Column, Comparison};
use crate::record::{Run, Trial};
use crate::report::figure::{Table, calibration, cells, cost, cpu, losses, ndr, throughput, times};
use crate::report::sheet::{Entry, Sheet};
use crate::report::{ceilings, watched};
use crate::role::Role;

/// Rates by number of lines; nothing where none were to be measured.
pub fn throughput(material: &Material<'_>) -> Markup {
    let rates = only(material.comparison, |column| !column.is_cost() && !ndr::is_of(column));
    if rates.columns.is_empty() {
        return html! {};
    }
    let sentences = bounds(material.runs);
    html! {
        section id="rates" aria-labelledby="rates-heading" {
            h2 id="rates-heading" { "Throughput" }
            (sheet(&rates))
            @for figure in throughput::of(&rates, material.runs) { (figures::figure(&figure)) }
            @if !sentences.is_empty() {
                h3 { "What could bound it beside the framework" }
                ul { @for sentence in &sentences { li { (sentence) } } }
            }
            @for figure in calibration::of(material.runs) { (figures::figure(&figure)) }
        }
    }
}

/// Each run's ceilings in words, each sentence once.
fn bounds(runs: &[Run]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in runs.iter().filter_map(|run| run.ceilings.as_ref()).map(ceilings::sentences) {
        for sentence in text.lines().filter(|line| !line.is_empty()) {
            if !all.iter().any(|known| known == sentence) {
                all.push(sentence.to_owned());
            }
        }
    }
    all
}

/// Instructions a packet; nothing where none were to be counted.
pub fn cost(material: &Material<'_>) -> Markup {
    let costs = only(material.comparison, Column::is_cost);
    if costs.columns.is_empty() {
        return html! {};
    }
    html! {
        section id="costs" aria-labelledby="costs-heading" {
            h2 id="costs-heading" { "Cost of a packet" }
            (sheet(&costs))
            @for figure in cost::of(&costs) { (figures::figure(&figure)) }
        }
    }
}

/// What each line carried while a trial lasted.
pub fn over_time(material: &Material<'_>) -> Markup {
    let measured = material.runs.iter().any(|run| run.trials.iter().any(|trial| trial.throughput_bps.is_some()));
    if !measured || material.runs.iter().all(|run| run.published.is_some()) {
        return html! {};
    }
    let (drawn, beyond) = times::of(material.runs, material.watches);
    html! {
        section id="lines" aria-labelledby="lines-heading" {
            h2 id="lines-heading" { "Throughput of each line over time" }
            @if drawn.is_empty() {
                p {
                    "Not recorded: the generator gave one figure for all of a trial, and there is no series of what the sink's ports "
                    "counted beside the record."
                 }
            }
            @if !drawn.is_empty() {
                p.caption {
                    "From a second before the traffic begins, at the thin upright line where there is one, to two after what "
                    "counts; the whole series is beside the record."
                }
            }
            div.pair { @for figure in &drawn { (figures::half(figure)) } }
            @if beyond > 0 { p { (beyond) " further cells are not drawn; their figures are in the records." } }
        }
    }
}

/// How busy the hosts were while a trial lasted.
pub fn cpus(material: &Material<'_>) -> Markup {
    let measured = material.runs.iter().any(|run| run.trials.iter().any(|trial| trial.throughput_bps.is_some()));
    if !measured || material.runs.iter().all(|run| run.published.is_some()) {
        return html! {};
    }
    let drawn = cpu::of(material.watches);
    let busiest = busiest(material.runs);
    let recorded = cells::of(material.runs, |trial| trial.hosts.values().any(|host| host.stream.is_some()));
    let beyond = recorded.iter().filter(|cell| !material.watches.iter().any(|watch| watch.is_of(cell))).count();
    html! {
        section id="cpus" aria-labelledby="cpus-heading" {
            h2 id="cpus-heading" { "CPUs over time" }
            @if !busiest.rows.is_empty() {
                p.caption {
                    "Busiest CPUs in the trial that is in the middle of its cell. Where a CPU of the source had no time left, the "
                    "source is the first suspect, and not the framework."
                }
                (figures::table(&busiest, "Busiest CPUs"))
            }
            @if drawn.is_empty() { p { "Not drawn: these trials have no series of the hosts' CPUs beside their record." } }
            div.pair { @for figure in &drawn { (figures::half(figure)) } }
            @if beyond > 0 && !drawn.is_empty() {
                p { (beyond) " further cells are not drawn; their series are beside the records." }
            }
        }
    }
}

/// A row a cell, a column a host.
fn busiest(runs: &[Run]) -> Table {
    let mut headings = vec!["cell".to_owned()];
    headings.extend(Role::ALL.map(|role| role.to_string()));
    let watched = |trial: &Trial| trial.hosts.values().any(|host| watched::busiest(host).is_some());
    let row = |cell: cells::Cell<'_>| {
        let of = |role: Role| cell.trial.hosts.get(role.name()).and_then(watched::busiest);
        let mut row = vec![cell.name.clone()];
        row.extend(Role::ALL.map(|role| of(role).unwrap_or_else(|| "not watched".to_owned())));
        row
    };
    Table { headings, rows: cells::of(runs, watched).into_iter().map(row).collect() }
}

/// Where packets were lost.
pub fn losses(material: &Material<'_>) -> Markup {
    let Some(figure) = losses::of(material.runs) else { return html! {} };
    html! {
        section id="where-lost" aria-labelledby="where-lost-heading" {
            h2 id="where-lost-heading" { "Where packets were lost" }
            (figures::with_table(&figure, &losses::rows(material.runs)))
        }
    }
}

/// The comparison with some of its columns.
pub fn only(comparison: &Comparison, wanted: impl Fn(&Column) -> bool) -> Comparison {
    let columns: Vec<Column> = comparison.columns.iter().filter(|column| wanted(column)).cloned().collect();
    let mut lines: Vec<u32> = columns.iter().flat_map(|column| column.cells.iter().map(|cell| cell.lines)).collect();
    lines.sort_unstable();
    lines.dedup();
    Comparison { columns, lines, ..comparison.clone() }
}

/// The table that `nsbench compare` prints, and its footnotes.
pub fn sheet(comparison: &Comparison) -> Markup {
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
