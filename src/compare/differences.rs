//! In what the runs of a comparison differ. Must not know the figures.

use serde_json::Value;

use super::{COST, Warning};
use crate::record::Run;
use crate::role::Role;

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
    // Rates and costs are measured in ways of their own.
    let (costs, rates): (Vec<&Run>, Vec<&Run>) = all.iter().partition(|run| measures_cost(run));
    found.extend(differ(&rates).into_iter().chain(differ(&costs)));
    found
}

fn measures_cost(run: &Run) -> bool {
    run.trials.iter().any(|trial| trial.measure == COST)
}

/// What costs are not; on real hosts, and in emulation.
fn cost(runs: &[&Run]) -> Option<Warning> {
    let costs: Vec<_> = runs.iter().filter(|run| measures_cost(run)).collect();
    (!costs.is_empty()).then(|| Warning::Cost { emulated: costs.iter().any(|run| run.emulated) })
}

fn differ(all: &[&Run]) -> Vec<Warning> {
    let mut found = Vec::new();
    for (field, value) in conditions() {
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
    a.emulated == b.emulated && conditions().iter().all(|(_, value)| value(a) == value(b))
}

/// How to read one condition off a run.
type Read = Box<dyn Fn(&Run) -> Option<String>>;

fn conditions() -> Vec<(String, Read)> {
    let mut list: Vec<(String, Read)> = vec![
        ("testbed".to_owned(), Box::new(|run| Some(run.testbed.clone()))),
        ("MTU".to_owned(), Box::new(|run| run.settings.mtu.map(|m| m.to_string()))),
        ("emulated machine".to_owned(), Box::new(|run| run.settings.emulation.clone())),
        ("duration".to_owned(), Box::new(|run| run.settings.duration_s.map(|s| format!("{s} s")))),
        ("protocol".to_owned(), Box::new(|run| run.settings.protocol.clone())),
        ("generator".to_owned(), Box::new(|run| Some(run.settings.generator.clone()))),
    ];
    for role in Role::ALL {
        let read = move |run: &Run| {
            let kernel = run.provenance.get(role.name())?.get("kernel")?;
            Some(kernel.as_str().map_or_else(|| Value::to_string(kernel), str::to_owned))
        };
        list.push((format!("kernel of the {role}"), Box::new(read)));
    }
    list
}
