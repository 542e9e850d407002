//! `nsbench demo`: one framework after the other under steady traffic, shown on a terminal while whoever stands beside it
//! chooses what comes next. A run whose cells are decided while it goes, and recorded as one.

mod cells;
mod show;
mod stage;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::run::cell::Bench;
use super::run::recorded;
use super::session::{self, Terms};
use super::{Failure, Outcome};
use crate::demo::screen;
use crate::execute::{Hold, Waiting};
use crate::generator::Frames;
use crate::generator::Generator;
use crate::interrupt::{ByHand, Interrupt};
use crate::measure::{Hosts, ceilings};
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, cores};
use crate::profile::experiment::repeats::Repeats;
use crate::profile::notation::MAX_TRIALS;
use crate::progress::note;
use crate::record::store::{RunDirectory, Store};
use crate::record::{Run, Settings, Status};
use crate::report;
use crate::role::Role;
use crate::sources;
use crate::testbed::Testbed;
use crate::testbed::preflight::{Needs, Ready};
use cells::Cells;
use show::Show;

/// What `nsbench demo` was asked.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of the command line
pub struct Options {
    /// The testbed.
    pub testbed: Testbed,
    /// Framework profiles by name or path, or `all`.
    pub frameworks: Vec<String>,
    /// Number of lines to begin with.
    pub lines: usize,
    /// What sends.
    pub generator: Generator,
    /// Frames to choose from; those of the generator where there is none.
    pub frame_sizes: Vec<Frames>,
    /// How long a framework stays before the next one comes by itself.
    pub dwell: Duration,
    /// Seconds of traffic of each trial that count.
    pub duration_s: u64,
    /// When the demo ends by itself, if it does.
    pub length: Option<Duration>,
    /// The directory of all runs.
    pub results: PathBuf,
    /// After how long without a word of this program the hosts undo everything by themselves; never, where there is none.
    pub deadman: Option<Duration>,
    /// Whether to wait for hosts that another run holds.
    pub waiting: Waiting,
    /// How long a host that was lost is waited for.
    pub reboot_wait: Duration,
    /// Whether there is to be a picture; without it there are lines on stderr, and no keys.
    pub screen: bool,
    /// Print what would be done, and do nothing.
    pub dry_run: bool,
    /// Print the record as JSON.
    pub json: bool,
}

/// What is shown, and where it is recorded.
struct Job<'a> {
    options: &'a Options,
    cells: Cells,
    dir: RunDirectory,
}

/// Shows what `options` ask for, until somebody wants an end.
pub async fn run(options: &Options) -> Result<Outcome> {
    let cells = Cells::of(options).map_err(Failure::mark(Outcome::BadInput))?;
    if options.dry_run {
        return dry_run(options, &cells);
    }
    if options.screen && !screen::is_there() {
        return Err(Failure::mark(Outcome::BadInput)(anyhow!(
            "a demo is shown on a terminal, and there is none\n\
             hint: --no-screen shows it in lines, with --for 5min to end by itself"
        )));
    }
    let name = format!("demo-{}", options.testbed.name);
    let prepared = Store::new(&options.results).prepare(&name, &jiff::Zoned::now());
    let dir = prepared.map_err(|error| Failure::mark(Outcome::BadInput)(error.into()))?;
    let job = Job { options, cells, dir };
    let shown = on_hosts(&job).await;
    let path = job.dir.path().display().to_string();
    let recorded = job.dir.discard_if_empty().or_else(|error| if shown.is_err() { Ok(false) } else { Err(error) })?;
    let (run, outcome) = shown?;
    output::result(&if options.json { run.json() } else { output::tone::table(&report::run_table(&run)) })?;
    if recorded {
        note(format!("recorded in {path}"));
    }
    Ok(outcome)
}

/// Prints the plan of the cell that each framework begins with.
fn dry_run(options: &Options, cells: &Cells) -> Result<Outcome> {
    let in_lab = options.testbed.lab.is_some();
    let mut text = "# no host is asked: slots, queues and CPUs of the middlebox are assumed\n\n".to_owned();
    for cell in cells.first_of_each(options.lines) {
        let planned = sources::artifacts(cell, in_lab, true).and_then(|artifacts| {
            plan::plan(&options.testbed, &Layout::default(), cell, &artifacts, &cells.experiment.load())
        });
        let planned = planned.map_or_else(
            |error| format!("# cannot be done: {}\n", output::error_text(&error).replace('\n', "\n# ")),
            |plan| plan.to_string(),
        );
        writeln!(text, "# {}\n\n{planned}", cell.title())?;
    }
    output::result(&text)?;
    Ok(Outcome::Good)
}

async fn on_hosts(job: &Job<'_>) -> Result<(Run, Outcome)> {
    let in_lab = job.options.testbed.lab.is_some();
    // What cannot be built is a framework that is shown as such.
    let build = || job.cells.first_of_each(1).map(|cell| sources::artifacts(cell, in_lab, false)).collect::<Vec<_>>();
    session::with_hosts(&job.terms(), build, async |artifacts, hosts, hold: &Hold<'_>, interrupt: &Interrupt| {
        Box::pin(on_held(job, &artifacts, hosts, hold, interrupt)).await
    })
    .await
}

async fn on_held(
    job: &Job<'_>,
    artifacts: &[Result<Artifacts>],
    hosts: Hosts,
    hold: &Hold<'_>,
    interrupt: &Interrupt,
) -> Result<(Run, Outcome)> {
    let terms = job.terms();
    let ready = session::fitness(&terms, &hosts).await?;
    let layout = Layout::of(&ready.facts[&Role::Middlebox]);
    let mut run = job.new_run(&ready)?;
    run.cores = cores::map(&ready.testbed, &layout);
    let leave = ByHand::new();
    let stage = stage::Stage::new(job.options, &job.cells, leave.clone());
    let leaving = leave.interrupt();
    let bench = Bench {
        experiment: &job.cells.experiment,
        repeats: Repeats { least: 1, most: MAX_TRIALS, precision_percent: None },
        asked: &job.options.testbed,
        ready,
        layout,
        hosts,
        hold,
        needs: terms.needs,
        dir: &job.dir,
        reboot_wait: job.options.reboot_wait,
        interrupt: &leaving,
        audience: Some(&stage),
    };
    let show = Show::begin(&stage, interrupt, job.options)?;
    let outcome = show.go_on(bench, &job.cells, artifacts, &mut run).await?;
    let measured = run.trials.iter().any(|trial| trial.status == Status::Ok);
    // Whoever presses a key knows how far it has come; a script is told.
    if outcome == Outcome::Good && !measured && !job.options.screen {
        note("the demo ended before there was a figure\nhint: a longer --for, or a shorter --duration");
        return Ok((run, Outcome::Failed));
    }
    Ok((run, outcome))
}

impl Job<'_> {
    fn terms(&self) -> Terms<'_> {
        let cells = &self.cells;
        let builds = cells.first_of_each(1).all(|cell| cell.profile.build.is_some());
        Terms {
            testbed: &self.options.testbed,
            // Any of them may be wanted by a key.
            lines: self.options.testbed.lines.len(),
            needs: Needs { builds, generator: cells.experiment.generator() },
            run: self.dir.id(),
            deadman: self.options.deadman,
            waiting: self.options.waiting,
        }
    }

    fn new_run(&self, ready: &Ready) -> Result<Run> {
        let (experiment, load) = (&self.cells.experiment, self.cells.experiment.load());
        let counts = load.generator.tool().abilities().layer;
        let [warmup_s, cooldown_s] = experiment.effective_around_s();
        let settings = Settings {
            generator: load.generator.name().to_owned(),
            protocol: Some(load.protocol.name().to_owned()),
            flows: load.flows,
            counts,
            duration_s: Some(experiment.duration_s as f64),
            warmup_s: Some(warmup_s as f64),
            cooldown_s: Some(cooldown_s as f64),
            // As many as there was time for.
            trials: 1,
            mtu: Some(ready.testbed.mtu),
            emulation: None,
            shuffled: false,
            seed: None,
        };
        let ceilings = ceilings::of(&ready.testbed, &ready.facts, load.protocol, counts);
        let begun = recorded::begun(self.dir.id(), ready, self.cells.all(), settings)?;
        Ok(Run { ceilings: Some(ceilings), ..begun })
    }
}

#[cfg(test)]
mod sample {
    use super::*;

    /// A demo of bridge and netslice on the lab.
    pub fn options() -> Options {
        Options {
            testbed: crate::commands::rack(Some("lab")).unwrap().testbeds()[0].clone(),
            frameworks: vec!["bridge".to_owned(), "netslice".to_owned()],
            lines: 1,
            generator: Generator::Netperf,
            frame_sizes: Vec::new(),
            dwell: Duration::from_secs(30),
            duration_s: 10,
            length: None,
            results: PathBuf::from("results"),
            deadman: None,
            waiting: Waiting::NOT_AT_ALL,
            reboot_wait: Duration::from_secs(300),
            screen: false,
            dry_run: false,
            json: false,
        }
    }
}
