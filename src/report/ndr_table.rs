//! What a search for the highest rates found, as a table a trial. Must not know how it was searched.

use std::fmt::Write as _;

use super::sheet::decimals;
use super::table::grid;
use crate::measure::search::{Method, Verdict};
use crate::record::{Ndr, NdrGoal, RateBound, SearchedLine};

/// What is told of a goal, with the unit of rates in the third place.
pub const HEADINGS: [&str; 7] = ["goal", "packets/s", "Mb/s", "met, a line", "missed, a line", "lost there", "bounds"];

/// The goals, a row each, and what the search took.
pub fn render(ndr: &Ndr, lines: u32) -> String {
    let most = ndr.goals.iter().filter_map(|goal| goal.throughput_bps).fold(0.0, f64::max);
    let unit = if most >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) };
    let mut header = HEADINGS.map(str::to_owned).to_vec();
    unit.0.clone_into(&mut header[2]);
    let mut text = grid(header, rows(ndr, unit), 1..5);
    let _ = writeln!(text, "\n{}", took(ndr, lines));
    text
}

/// The goals, a row each, with the entries of [`HEADINGS`].
pub fn rows(ndr: &Ndr, (_, scale): (&str, f64)) -> Vec<Vec<String>> {
    let row = |goal: &NdrGoal| {
        let figure = |value: Option<f64>, digits: usize| {
            let none = if goal.verdict == Verdict::Unsettled { "-" } else { "not found" };
            value.map_or_else(|| none.to_owned(), |value| format!("{value:.digits$}"))
        };
        let scaled = goal.throughput_bps.map(|bps| bps / scale);
        let rate = |bound: Option<RateBound>| bound.map_or_else(|| "-".to_owned(), |b| b.intended_pps.to_string());
        vec![
            goal.name(),
            figure(goal.packets_per_s, 0),
            figure(scaled, scaled.map_or(0, decimals)),
            rate(goal.lower),
            rate(goal.upper),
            goal.upper.map_or_else(|| "-".to_owned(), |upper| lost_at(ndr, upper.intended_pps)),
            verdict(goal.verdict, ndr.width_percent),
        ]
    };
    ndr.goals.iter().map(row).collect()
}

/// How it was searched and how long that took.
pub fn took(ndr: &Ndr, lines: u32) -> String {
    let method = match ndr.search {
        Method::Mlr => "MLRsearch",
        Method::Binary => "binary search",
    };
    let together = if lines == 1 { "" } else { ", all lines at the same rate, the worst one decides" };
    let trials = if ndr.trials == 1 { "trial" } else { "trials" };
    format!("by {method}: {} {trials} in {:.0} s{together}", ndr.trials, ndr.seconds)
}

fn verdict(verdict: Verdict, width_percent: f64) -> String {
    match verdict {
        Verdict::Found => format!("within {width_percent} %"),
        Verdict::GeneratorLimited => "generator-limited: at least that".to_owned(),
        Verdict::NotFound => "even the lowest rate loses more".to_owned(),
        Verdict::Unsettled => "not settled".to_owned(),
    }
}

/// Where packets were lost in the last trial at a rate that lost any: `31 in the framework`, of several lines the sums.
fn lost_at(ndr: &Ndr, pps: u64) -> String {
    let at = |intended: Option<u64>, offered: f64| intended.unwrap_or(offered as u64) == pps;
    let trials = ndr.searched.iter().rev().filter(|trial| at(trial.intended_pps, trial.offered_pps) && !trial.short);
    let Some(trial) = trials.into_iter().find(|trial| trial.loss_percent > 0.0) else { return "-".to_owned() };
    lost_on(&trial.per_line).unwrap_or_else(|| "nobody counts where".to_owned())
}

/// Where these lines lost packets, place by place; `None` where nobody counted any.
pub fn lost_on(lines: &[SearchedLine]) -> Option<String> {
    let mut places: Vec<(&str, i64)> = Vec::new();
    for lost in lines.iter().flat_map(|line| &line.lost) {
        match places.iter_mut().find(|(place, _)| *place == lost.place) {
            Some((_, packets)) => *packets += lost.packets,
            None => places.push((&lost.place, lost.packets)),
        }
    }
    let each: Vec<_> = places.iter().map(|(place, packets)| format!("{packets} {place}")).collect();
    (!each.is_empty()).then(|| each.join("\n"))
}
