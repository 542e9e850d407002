//! Which runs a comparison without arguments takes. Must not know what is in a trial beyond its cell.

use std::collections::{BTreeMap, BTreeSet};

use super::Warning;
use super::differences::same_conditions;
use crate::record::{Run, Trial};

/// The runs that were taken, each with only the trials that were.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// One run a framework, or one for several that were measured together.
    pub runs: Vec<Run>,
    /// What was left out and might be missed.
    pub warnings: Vec<Warning>,
}

/// A framework, and what was measured of it.
type Kind<'r> = (&'r str, &'r str);

/// The newest run of each framework and measure, by the framework's name, and where that is of one of a testbed's several
/// middleboxes, of each of these; `runs` are oldest first. Numbers of lines that the newest run did not measure are taken
/// from older ones that were measured under the same conditions.
pub fn newest(runs: &[Run]) -> Selection {
    let mut names: Vec<Kind<'_>> = runs.iter().flat_map(kinds).collect();
    names.sort_unstable();
    names.dedup();
    let mut selection = Selection { runs: Vec::new(), warnings: Vec::new() };
    for framework in names {
        for machine in machines(runs, framework) {
            select(&mut selection, &machine, framework);
        }
    }
    selection
}

/// The runs of a framework by middlebox, newest first; of the testbed of the newest one, where its middlebox has a name.
fn machines<'r>(runs: &'r [Run], framework: Kind<'_>) -> Vec<Vec<&'r Run>> {
    let having: Vec<_> = runs.iter().rev().filter(|run| lines(run, framework).next().is_some()).collect();
    let Some(newest) = having.first() else { return Vec::new() };
    if newest.middlebox.is_none() {
        return vec![having.into_iter().filter(|run| run.middlebox.is_none()).collect()];
    }
    let mut machines: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in having.iter().filter(|run| run.testbed == newest.testbed) {
        if let Some(name) = &run.middlebox {
            machines.entry(name).or_default().push(run);
        }
    }
    machines.into_values().collect()
}

/// Adds the newest of these runs, and what older ones have besides.
fn select(selection: &mut Selection, newest_first: &[&Run], framework: Kind<'_>) {
    let mut having = newest_first.iter().copied();
    let Some(newest) = having.next() else { return };
    take(&mut selection.runs, newest, newest, framework, |_| true);
    let mut seen: Vec<u32> = lines(newest, framework).collect();
    let (mut filled, mut missed) = (Vec::new(), Vec::new());
    for older in having {
        let mut only: Vec<u32> = lines(older, framework).filter(|l| !seen.contains(l)).collect();
        only.sort_unstable();
        only.dedup();
        if only.is_empty() {
            continue;
        }
        if same_conditions(newest, older) && parameters(newest, framework) == parameters(older, framework) {
            take(&mut selection.runs, newest, older, framework, |line| only.contains(&line));
            seen.extend(&only);
            filled.push((older.id.clone(), only));
        } else {
            missed.push((older.id.clone(), only));
        }
    }
    // What a later one filled in is not missed.
    for (_, only) in &mut missed {
        only.retain(|line| !seen.contains(line));
    }
    missed.retain(|(_, only)| !only.is_empty());
    let (framework, newest) = (framework.0.to_owned(), newest.id.clone());
    if !filled.is_empty() {
        let (framework, newest) = (framework.clone(), newest.clone());
        selection.warnings.push(Warning::FilledCells { framework, newest, older: filled });
    }
    if !missed.is_empty() {
        selection.warnings.push(Warning::OlderCells { framework, newest, older: missed });
    }
}

/// The sets of parameters that `framework` was measured with.
fn parameters<'r>(run: &'r Run, kind: Kind<'_>) -> BTreeSet<&'r BTreeMap<String, String>> {
    run.trials.iter().filter(|trial| kind_of(trial) == kind).map(|trial| &trial.params).collect()
}

fn kinds(run: &Run) -> impl Iterator<Item = Kind<'_>> {
    run.trials.iter().map(kind_of)
}

fn kind_of(trial: &Trial) -> Kind<'_> {
    (&trial.framework, &trial.measure)
}

fn lines(run: &Run, kind: Kind<'_>) -> impl Iterator<Item = u32> {
    let of = run.trials.iter().filter(move |trial| kind_of(trial) == kind);
    of.map(|t| t.lines)
}

/// Adds the trials of `framework` in `from`, on numbers of lines that `wanted` says, to what is taken of `run`.
fn take(taken: &mut Vec<Run>, run: &Run, from: &Run, kind: Kind<'_>, wanted: impl Fn(u32) -> bool) {
    let trials = from.trials.iter().filter(|trial| kind_of(trial) == kind && wanted(trial.lines)).cloned();
    match taken.iter_mut().find(|taken| taken.id == run.id) {
        Some(taken) => taken.trials.extend(trials),
        None => taken.push(Run { trials: trials.collect(), ..run.clone() }),
    }
}
