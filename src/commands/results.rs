//! `nsbench results`: what is recorded. Must not touch a host.

use std::path::PathBuf;

use anyhow::Result;

use super::{Outcome, Printout};
use crate::record::reference;
use crate::record::store::{Store, StoreError};
use crate::report;

/// What `nsbench results list` was asked.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// The directory of all runs.
    pub results: PathBuf,
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

/// Lists the runs, oldest first; records that cannot be read are warnings.
pub fn list(options: &ListOptions) -> Result<Printout> {
    let listing = Store::new(&options.results).list()?;
    let show = if options.json { report::run_list_json } else { report::run_list };
    Ok(Printout {
        stdout: show(&listing.runs),
        warnings: listing.skipped.iter().map(skipped).collect(),
        outcome: Outcome::Good,
    })
}

/// Shows one run.
pub fn show(options: &ShowOptions) -> Result<Printout> {
    let run = reference::named(&options.run).or_else(|_| Store::new(&options.results).load(&options.run))?;
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
