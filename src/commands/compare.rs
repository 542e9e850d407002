//! `nsbench compare`: recorded runs side by side. Must not touch a host.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{Outcome, Printout};
use crate::compare::{self, Comparison};
use crate::output;
use crate::record::store::{Store, StoreError};
use crate::record::{Run, reference};
use crate::report::{self, Format};

/// What `nsbench compare` was asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of all runs.
    pub results: PathBuf,
    /// Runs by id, beginning of an id, or path; a reference's name is one too. None: the newest of
    /// each framework.
    pub runs: Vec<String>,
    /// The run whose cells are 1, named likewise.
    pub baseline: Option<String>,
    /// Published figures to set beside: `figure3`, `figure5`.
    pub references: Vec<String>,
    /// How to write it.
    pub format: Format,
    /// Exit 1 where a ratio to the baseline is under this.
    pub fail_under: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            results: "results".into(),
            runs: Vec::new(),
            baseline: None,
            references: Vec::new(),
            format: Format::Text,
            fail_under: None,
        }
    }
}

/// What was asked for, read and set beside each other.
#[derive(Debug)]
pub(super) struct Compared {
    /// The measured runs; where none was named, each with only the trials that were taken.
    pub runs: Vec<Run>,
    /// Published runs beside them.
    pub references: Vec<Run>,
    /// Named runs that are soaks or profiles, which have no rates.
    pub soaks: Vec<Run>,
    /// Their cells.
    pub comparison: Comparison,
    /// What the user must know besides.
    pub warnings: Vec<String>,
}

/// Compares what `options` name. Status 1 where ratios fell under `fail_under`.
pub fn run(options: &Options) -> Result<Printout> {
    let Compared { runs, soaks, comparison, mut warnings, .. } = compare(options)?;
    // A soak measures no rate. Named, it is missed by who named it; otherwise nobody looked for it here.
    if let (true, Some(run)) = (runs.is_empty() && options.references.is_empty(), soaks.first()) {
        bail!("`{0}` is {1}, which has no rates to compare\nhint: nsbench results show {0}", run.id, kind(run));
    }
    let left_out = |run: &Run| format!("left out: `{}` is {}, which has no rates to compare", run.id, kind(run));
    warnings.extend(soaks.iter().map(left_out));
    if options.format == Format::Csv {
        warnings.extend(comparison.warnings.iter().map(ToString::to_string));
    }
    let text = report::render(&comparison, options.format);
    Ok(Printout {
        stdout: if options.format == Format::Text { output::tone::table(&text) } else { text },
        warnings,
        outcome: if comparison.verdict.is_some_and(|v| !v.passed()) { Outcome::FellShort } else { Outcome::Good },
    })
}

/// Reads what `options` name and sets it side by side.
pub(super) fn compare(options: &Options) -> Result<Compared> {
    let store = Store::new(&options.results);
    let mut warnings = Vec::new();
    let mut left_out = Vec::new();
    let runs = if options.runs.is_empty() {
        let listing = store.list()?;
        warnings.extend(listing.skipped.iter().map(super::results::skipped));
        let selection = compare::newest(&listing.runs);
        left_out = selection.warnings;
        selection.runs
    } else {
        let named = options.runs.iter().map(|name| load(&store, name));
        named.collect::<Result<_, _>>()?
    };
    let (runs, soaks): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| run.soak.is_none() && run.profiled.is_none());
    let baseline = options.baseline.as_deref().map(|name| load(&store, name));
    let references = options.references.iter().map(|name| reference::named(name)).collect::<Result<Vec<_>, _>>()?;
    let with = compare::Options {
        baseline: baseline.transpose()?,
        references: references.clone(),
        fail_under: options.fail_under,
    };
    let built = if runs.is_empty() && !soaks.is_empty() && references.is_empty() {
        Ok(Comparison::default())
    } else {
        Comparison::build(&runs, &with)
    };
    let mut comparison = match built {
        // Without the reason why records were skipped, "no runs" would be a riddle.
        Err(error) if !warnings.is_empty() => Err(error).context(warnings.join("\n"))?,
        other => other?,
    };
    comparison.warnings.extend(left_out);
    Ok(Compared { runs, references, soaks, comparison, warnings })
}

const fn kind(run: &Run) -> &'static str {
    if run.profiled.is_some() { "a profile" } else { "a soak" }
}

/// A reference by its name, else a recorded run.
fn load(store: &Store, name: &str) -> Result<Run, StoreError> {
    reference::named(name).or_else(|_| store.load(name))
}
