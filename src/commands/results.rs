//! `nsbench results`: what is recorded. Must not touch a host.

use std::path::PathBuf;

use anyhow::Result;

use super::{Outcome, Printout};
use crate::record::filter::Filter;
use crate::record::store::{Store, StoreError};
use crate::record::{Run, reference};
use crate::report;

/// What `nsbench results list` was asked.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// The directory of all runs.
    pub results: PathBuf,
    /// Which runs.
    pub filter: Filter,
    /// JSON instead of a table.
    pub json: bool,
}

/// What `nsbench results show` was asked.
#[derive(Debug, Clone)]
pub struct ShowOptions {
    /// The directory of all runs.
    pub results: PathBuf,
    /// A run by id, beginning of an id, or path; or a reference's name.
    pub run: String,
    /// The record itself instead of tables.
    pub json: bool,
}

/// What `nsbench results export` was asked.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The directory of all runs.
    pub results: PathBuf,
    /// Runs by id, beginning of an id, or path; none: all.
    pub runs: Vec<String>,
    /// Which of them, and which of their trials.
    pub filter: Filter,
    /// JSON lines instead of CSV.
    pub json_lines: bool,
}

/// Said where runs are recorded and all were left out.
const NONE_LEFT: &str = "no recorded run is of that framework, testbed and time\nhint: nsbench results list";

/// Lists the runs, oldest first; records that cannot be read are warnings.
pub fn list(options: &ListOptions) -> Result<Printout> {
    let mut listing = Store::new(&options.results).list()?;
    let some = !listing.runs.is_empty();
    listing.runs.retain(|run| options.filter.takes(run));
    let none_left = (some && listing.runs.is_empty()).then(|| NONE_LEFT.to_owned());
    let show = if options.json { report::run_list_json } else { report::run_list };
    Ok(Printout {
        stdout: show(&listing.runs),
        warnings: listing.skipped.iter().map(skipped).chain(none_left).collect(),
        outcome: Outcome::Good,
    })
}

/// Writes every trial of the runs that are meant.
pub fn export(options: &ExportOptions) -> Result<Printout> {
    let store = Store::new(&options.results);
    let mut warnings = Vec::new();
    let runs = if options.runs.is_empty() {
        let listing = store.list()?;
        warnings.extend(listing.skipped.iter().map(skipped));
        listing.runs
    } else {
        options.runs.iter().map(|name| one(&store, name)).collect::<Result<_, _>>()?
    };
    let meant = runs.iter().filter(|run| options.filter.takes(run));
    let trials = meant.flat_map(|run| run.trials.iter().map(move |trial| (run, trial)));
    let trials: Vec<_> = trials.filter(|(_, trial)| options.filter.takes_trial(trial)).collect();
    if trials.is_empty() {
        warnings.push(if runs.is_empty() {
            "no runs are recorded".to_owned()
        } else if runs.iter().any(|run| options.filter.takes(run)) {
            "the runs recorded no trial; of a soak `raw/soak.jsonl` has every cycle".to_owned()
        } else {
            NONE_LEFT.to_owned()
        });
    }
    let trials = trials.into_iter();
    Ok(Printout {
        stdout: if options.json_lines { report::export::jsonl(trials) } else { report::export::csv(trials) },
        warnings,
        outcome: Outcome::Good,
    })
}

/// A reference by its name, else a recorded run.
fn one(store: &Store, name: &str) -> Result<Run, StoreError> {
    reference::named(name).or_else(|_| store.load(name))
}

/// Shows one run.
pub fn show(options: &ShowOptions) -> Result<Printout> {
    let run = one(&Store::new(&options.results), &options.run)?;
    Ok(Printout {
        stdout: if options.json { run.json() } else { report::run_table(&run) },
        warnings: Vec::new(),
        outcome: Outcome::Good,
    })
}

/// A record that a listing leaves out, with the reason and its causes.
pub(super) fn skipped(error: &StoreError) -> String {
    let cause = std::error::Error::source(error).map(|c| format!(": {c}"));
    format!("skipped: {error}{}", cause.unwrap_or_default())
}
