//! `nsbench report`: a page of recorded runs. Must not touch a host.

mod file;

use std::path::PathBuf;

use anyhow::Result;

use super::{Outcome, Printout, compare};
use crate::report::page::{self, Material};

/// What `nsbench report` was asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of all runs.
    pub results: PathBuf,
    /// Runs by id, beginning of an id, or path; a reference's name is one too. None: the newest of each framework.
    pub runs: Vec<String>,
    /// The run whose cells are 1, named likewise.
    pub baseline: Option<String>,
    /// Published figures to set beside: `figure3`, `figure5`.
    pub references: Vec<String>,
    /// What to write.
    pub format: Format,
    /// Where to; `-` is standard output.
    pub output: PathBuf,
    /// Replace a file that is no report.
    pub force: bool,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page.
    Html,
}

/// Writes the report.
pub fn run(options: &Options) -> Result<Printout> {
    let compared = compare::compare(&compare::Options {
        results: options.results.clone(),
        runs: options.runs.clone(),
        baseline: options.baseline.clone(),
        references: options.references.clone(),
        ..compare::Options::default()
    })?;
    let material = Material {
        runs: &compared.runs,
        references: &compared.references,
        soaks: &compared.soaks,
        comparison: &compared.comparison,
        remarks: &compared.warnings,
    };
    let text = page::render(&material);
    let to_stdout = options.output.as_os_str() == "-";
    if !to_stdout {
        file::write(&options.output, text.as_bytes(), options.force)?;
    }
    Ok(Printout {
        stdout: if to_stdout { text } else { format!("{}\n", options.output.display()) },
        warnings: compared.warnings,
        outcome: Outcome::Good,
    })
}
