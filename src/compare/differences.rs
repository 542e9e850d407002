//! In what the runs of a comparison differ. Must not know the figures.

use std::collections::BTreeMap;

use super::{COST, Warning, conditions};
use crate::record::{NDR, Run};

/// Stands for what a run did not record.
const UNKNOWN: &str = "not recorded";

/// Emulation, print, and each condition that the measured runs (the baseline among them) do not share.
pub fn warnings(runs: &[&Run], references: &[&Run], baseline: Option<&Run>) -> Vec<Warning> {
    let mut all = runs.to_vec();
    all.extend(baseline.filter(|b| runs.iter().all(|run| run.id != b.id)));
    let mut found = Vec::new();
    // Emulation says nothing of rates; instructions are the same there.
    let rates = |run: &&&Run| run.trials.iter().any(|trial| trial.measure != COST) || run.trials.is_empty();
    let emulated: Vec<String> = all.iter().filter(|run| run.emulated).filter(rates).map(|run| run.id.clone()).collect();
    if !emulated.is_empty() {
        found.push(Warning::Emulated { runs: emulated });
    }
    let printed = references.iter().filter(|r| all.iter().all(|run| run.id != r.id));
    for run in printed.chain(&all) {
        if let Some(publication) = &run.published {
            found.push(Warning::Published { name: run.id.clone(), source: publication.source.clone() });
        }
    }
    // Print does not say its conditions; that is said above, once.
    all.retain(|run| run.published.is_none());
    if let Some(warning) = cost(&all) {
        found.push(warning);
    }
    // Rates, costs and the highest rates are measured in ways of their own.
    let (costs, rates): (Vec<&Run>, Vec<&Run>) = all.iter().partition(|run| measures_cost(run));
    let (highest, rates): (Vec<&Run>, Vec<&Run>) = rates.iter().partition(|run| searches(run));
    found.extend([rates, highest, costs].iter().flat_map(|alike| differ(alike)));
    found
}

fn measures_cost(run: &Run) -> bool {
    run.trials.iter().any(|trial| trial.measure == COST)
}

fn searches(run: &Run) -> bool {
    run.trials.iter().any(|trial| trial.measure == NDR)
}

/// What costs are not; on real hosts, and in emulation.
fn cost(runs: &[&Run]) -> Option<Warning> {
    let costs: Vec<_> = runs.iter().filter(|run| measures_cost(run)).collect();
    (!costs.is_empty()).then(|| Warning::Cost { emulated: costs.iter().any(|run| run.emulated) })
}

fn differ(all: &[&Run]) -> Vec<Warning> {
    let mut found = Vec::new();
    // Which middlebox it was is what the columns are told apart by.
    for (field, value) in conditions::of(all).into_iter().filter(|(field, _)| field != conditions::MIDDLEBOX) {
        let values: Vec<(String, Option<String>)> = all.iter().map(|run| (run.id.clone(), value(run))).collect();
        if values.iter().any(|(_, v)| *v != values[0].1) {
            let said = |(run, value): (String, Option<String>)| (run, value.unwrap_or_else(|| UNKNOWN.to_owned()));
            found.push(Warning::Differ { field, values: values.into_iter().map(said).collect() });
        }
    }
    found
}

/// Whether two runs were measured under the same conditions, so that one may fill the cells that the other lacks.
pub fn same_conditions(a: &Run, b: &Run) -> bool {
    a.emulated == b.emulated && conditions::of(&[a, b]).iter().all(|(_, value)| value(a) == value(b))
}

/// In what the conditions of a run differ from those of its baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlike {
    /// What differs.
    pub field: String,
    /// What it was here.
    pub here: String,
    /// What it was in the baseline.
    pub baseline: String,
}

/// What stands between a ratio of these two and one of like to like.
pub fn between(run: &Run, baseline: &Run) -> Vec<Unlike> {
    let unlike = |(field, value): (String, conditions::Read)| {
        let (here, there) = (value(run), value(baseline));
        (here != there).then(|| unlike(field, here, there))
    };
    conditions::of(&[run, baseline]).into_iter().filter_map(unlike).collect()
}

/// Parameters of one framework that have another value in the baseline.
pub fn parameters(here: &BTreeMap<String, String>, baseline: &BTreeMap<String, String>) -> Vec<Unlike> {
    let mut names: Vec<&String> = here.keys().chain(baseline.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differing = names.into_iter().filter(|name| here.get(*name) != baseline.get(*name));
    differing.map(|name| unlike(name.clone(), here.get(name).cloned(), baseline.get(name).cloned())).collect()
}

fn unlike(field: String, here: Option<String>, baseline: Option<String>) -> Unlike {
    let [here, baseline] = [here, baseline].map(|value| value.unwrap_or_else(|| UNKNOWN.to_owned()));
    Unlike { field, here, baseline }
}
