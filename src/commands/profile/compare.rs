//! `nsbench profile compare A B`: which functions take more and which less in another mode or build.
//!
//! Must not touch a host.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::commands::{Outcome, Printout};
use crate::record::store::Store;
use crate::record::{Profiled, Run};
use crate::report::profile_difference;

/// What `nsbench profile compare` was asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of all runs.
    pub results: PathBuf,
    /// Two profiles by id, beginning of an id, or path.
    pub runs: [String; 2],
    /// JSON instead of a table.
    pub json: bool,
}

/// Sets two profiles side by side.
pub fn run(options: &Options) -> Result<Printout> {
    let store = Store::new(&options.results);
    let [one, other] = &options.runs;
    let (one, other) = (store.load(one)?, store.load(other)?);
    let (before, after) = (profiled(&one)?, profiled(&other)?);
    if before.by != after.by {
        bail!(
            "`{}` counted {} and `{}` {}: they have no figure in common\nhint: nsbench profile --by samples, or --by \
             instructions, for both",
            one.id,
            before.by.name(),
            other.id,
            after.by.name()
        );
    }
    let mut warnings = Vec::new();
    for (what, differ) in [
        ("frames of different sizes", before.frame_size != after.frame_size),
        ("different numbers of lines", before.lines != after.lines),
        ("samples of different events", before.event != after.event),
        ("different testbeds", one.testbed != other.testbed),
    ] {
        if differ {
            warnings.push(format!("they are profiles of {what}"));
        }
    }
    let difference = profile_difference::Difference::of([(&one.id, before), (&other.id, after)]);
    Ok(Printout {
        stdout: if options.json { difference.json() } else { difference.text() },
        warnings,
        outcome: Outcome::Good,
    })
}

fn profiled(run: &Run) -> Result<&Profiled> {
    let Some(profiled) = &run.profiled else {
        bail!(
            "`{}` is no profile\nhint: nsbench results list shows which runs there are; rates are set side by side by nsbench compare",
            run.id
        )
    };
    Ok(profiled)
}
