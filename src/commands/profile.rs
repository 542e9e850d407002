//! `nsbench profile`: which functions of the middlebox take how much while a framework forwards.
//!
//! In the lab every instruction is counted, on a middlebox of its own; on real hosts perf takes samples.

pub mod compare;
mod counted;
mod dry;
mod hosts;
mod job;
mod suspects;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use super::run::matrix;
use super::{Failure, Outcome};
use crate::execute::Waiting;
use crate::generator::Frames;
use crate::output;
use crate::plan::Cell;
use crate::profile;
use crate::profile::experiment::{Experiment, Measure};
use crate::progress::note;
use crate::record::store::Store;
use crate::record::{Counting, Run};
use crate::report;
use crate::testbed::Testbed;
use job::Job;
use suspects::Suspects;

/// What `nsbench profile` was asked.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of the command line
pub struct Options {
    /// The testbed.
    pub testbed: Testbed,
    /// Framework profile by name or path.
    pub framework: String,
    /// Lines that carry traffic.
    pub lines: usize,
    /// `framework.parameter` and its value.
    pub set: Vec<(String, Vec<String>)>,
    /// How it is found out, where that was chosen.
    pub by: Option<Counting>,
    /// Seconds of traffic that count, where samples are taken.
    pub duration_s: u64,
    /// Samples a second and CPU, where that was chosen.
    pub frequency_hz: Option<u32>,
    /// Bytes of the frames, where that was chosen.
    pub frame_size: Option<u32>,
    /// A function whose source lines are to be shown.
    pub annotate: Option<String>,
    /// Functions that the table is to be limited to; a `*` stands for anything, and a name of the profile's for its functions.
    pub functions: Vec<String>,
    /// Print what would be done, and do nothing.
    pub dry_run: bool,
    /// The directory of all runs.
    pub results: PathBuf,
    /// After how long without a word of this program the hosts undo everything by themselves; never, where there is none.
    pub deadman: Option<Duration>,
    /// Whether to wait for hosts that another run holds.
    pub waiting: Waiting,
    /// How long a host that was lost is waited for.
    pub reboot_wait: Duration,
    /// Print the record as JSON.
    pub json: bool,
}

impl Options {
    /// How it is found out. On the lab's three guests perf sees where emulation spends its time; what one middlebox executes
    /// is exact, and is of one line.
    fn counting(&self) -> Counting {
        let in_lab = self.testbed.lab.is_some();
        self.by.unwrap_or(if in_lab && self.lines == 1 { Counting::Instructions } else { Counting::Samples })
    }
}

/// Profiles what `options` name.
pub async fn run(options: &Options) -> Result<Outcome> {
    let counting = options.counting();
    let (experiment, cell) = asked(options, counting).map_err(Failure::mark(Outcome::BadInput))?;
    let suspects = Suspects::of(&options.functions, &cell.profile);
    if options.dry_run {
        let text = dry::text(options, counting, &experiment, &cell).map_err(Failure::mark(Outcome::BadInput))?;
        output::result(&text)?;
        return Ok(Outcome::Good);
    }
    let name = format!("profile-{}", options.testbed.name);
    let prepared = Store::new(&options.results).prepare(&name, &jiff::Zoned::now());
    let dir = prepared.map_err(|error| Failure::mark(Outcome::BadInput)(error.into()))?;
    let job = Job { options, experiment, cell, dir };
    let profiled = match counting {
        Counting::Instructions => counted::profile(&job).await,
        Counting::Samples => hosts::profile(&job).await,
    };
    let path = job.dir.path().display().to_string();
    let recorded =
        job.dir.discard_if_empty().or_else(|error| if profiled.is_err() { Ok(false) } else { Err(error) })?;
    let Some(run) = profiled? else { return Ok(Outcome::Interrupted) };
    output::result(&text(options, &suspects, &run))?;
    if recorded {
        note(format!("recorded in {path}"));
    }
    Ok(Outcome::Good)
}

fn text(options: &Options, suspects: &Suspects, run: &Run) -> String {
    match &run.profiled {
        _ if options.json => run.json(),
        Some(profiled) if !options.functions.is_empty() => {
            format!("{}{}", report::profile_table::render(profiled, Some(&suspects.patterns)), suspects.text())
        }
        _ => report::run_table(run),
    }
}

/// What is profiled, as an experiment has it, and its one cell.
fn asked(options: &Options, counting: Counting) -> Result<(Experiment, Cell)> {
    if options.framework == profile::ALL {
        bail!("a profile is of one framework, not of all\nhint: profile them one after the other");
    }
    if let Some((name, values)) = options.set.iter().find(|(_, values)| values.len() != 1) {
        bail!(
            "a profile is of one value of `{name}`, not of {}\nhint: profile them one after the other, and set them side by \
             side: nsbench profile compare A B",
            values.join(" and ")
        );
    }
    let counted = counting == Counting::Instructions;
    if counted && options.testbed.lab.is_none() {
        bail!(
            "instructions are counted one by one in the lab only, and the hosts of `{}` are real\nhint: --by samples, which \
             takes perf there",
            options.testbed.name
        );
    }
    if counted && options.frequency_hz.is_some() {
        bail!(
            "every instruction is counted here: no samples are taken\nhint: leave out --frequency, or add --by samples"
        );
    }
    let experiment = Experiment {
        frameworks: vec![options.framework.clone()],
        lines: vec![options.lines],
        set: options.set.clone(),
        duration_s: options.duration_s,
        frame_sizes: options.frame_size.map(Frames::Size).into_iter().collect(),
        measure: if counted { Measure::Cost } else { Measure::Throughput },
        ..Experiment::default()
    };
    let mut cells = matrix::cells(&options.testbed, &experiment)?;
    if counted && cells[0].profile.cost.is_some() {
        bail!(
            "`{}` polls: what it executes while there is no packet cannot be told from what a packet takes\nhint: profile it \
             with --by samples",
            cells[0].profile.name
        );
    }
    Ok((experiment, cells.remove(0)))
}
