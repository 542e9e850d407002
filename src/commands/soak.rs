//! `nsbench soak`: a framework loaded, given traffic and unloaded, again and again, while the kernels are listened to and
//! what is left in memory is looked at.

mod cycles;
mod parts;
mod pulse;
mod tally;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use super::run::cell::{Bench, label};
use super::run::{matrix, recorded};
use super::session::{self, Terms};
use super::{Failure, Outcome};
use crate::execute::{Hold, Waiting};
use crate::generator::Layer;
use crate::interrupt::Interrupt;
use crate::measure::Hosts;
use crate::measure::watch::Watch;
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{Artifacts, Cell, cores};
use crate::profile;
use crate::profile::experiment::Experiment;
use crate::profile::experiment::repeats::Repeats;
use crate::progress::note;
use crate::record::store::{RunDirectory, Store};
use crate::record::{Run, Settings, Soak, Verdict};
use crate::report;
use crate::role::Role;
use crate::sources;
use crate::testbed::Testbed;
use crate::testbed::preflight::{Needs, Ready};
use cycles::{Cycles, SAMPLES};
use parts::Parts;

/// What `nsbench soak` was asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// The testbed.
    pub testbed: Testbed,
    /// Framework profile by name or path.
    pub framework: String,
    /// Lines that carry traffic.
    pub lines: usize,
    /// `framework.parameter` and values; the cycles take their combinations in turn.
    pub set: Vec<(String, Vec<String>)>,
    /// How often.
    pub cycles: u32,
    /// How long each cycle carries traffic.
    pub traffic: Duration,
    /// Go on after trouble in a kernel log and after a cycle that failed.
    pub keep_going: bool,
    /// The directory of all runs.
    pub results: PathBuf,
    /// After how long without a word of this program the hosts undo everything by themselves; never, where there is none.
    pub deadman: Option<Duration>,
    /// Whether to wait for hosts that another run holds.
    pub waiting: Waiting,
    /// How long a host that was lost is waited for.
    pub reboot_wait: Duration,
    /// Print what would be done, and do nothing.
    pub dry_run: bool,
    /// Print the record as JSON.
    pub json: bool,
}

/// What is done, and where it is recorded.
struct Job<'a> {
    options: &'a Options,
    experiment: Experiment,
    cells: Vec<Cell>,
    dir: RunDirectory,
}

/// Loads and unloads the framework as often as `options` ask for.
pub async fn run(options: &Options) -> Result<Outcome> {
    let experiment = experiment(options).map_err(Failure::mark(Outcome::BadInput))?;
    let cells = matrix::cells(&options.testbed, &experiment).map_err(Failure::mark(Outcome::BadInput))?;
    refuse_turns(options, &cells)?;
    if options.dry_run {
        return dry_run(options, &cells);
    }
    let name = format!("soak-{}", options.testbed.name);
    let prepared = Store::new(&options.results).prepare(&name, &jiff::Zoned::now());
    let dir = prepared.map_err(|error| Failure::mark(Outcome::BadInput)(error.into()))?;
    let job = Job { options, experiment, cells, dir };
    let soaked = soak(&job).await;
    let path = job.dir.path().display().to_string();
    let recorded = job.dir.discard_if_empty().or_else(|error| if soaked.is_err() { Ok(false) } else { Err(error) })?;
    if recorded {
        note(format!("recorded in {path}"));
    }
    let (run, outcome) = soaked?;
    output::result(&if options.json { run.json() } else { report::run_table(&run) })?;
    Ok(outcome)
}

/// What is soaked, as an experiment has it.
fn experiment(options: &Options) -> Result<Experiment> {
    if options.framework == profile::ALL {
        bail!("a soak is of one framework, not of all\nhint: soak them one after the other");
    }
    Ok(Experiment {
        frameworks: vec![options.framework.clone()],
        lines: vec![options.lines],
        set: options.set.clone(),
        ..Experiment::default()
    })
}

/// Refuses parameters that cannot take turns before a host is asked; what has to be built makes no difference to that.
fn refuse_turns(options: &Options, cells: &[Cell]) -> Result<()> {
    let artifacts = vec![Artifacts::None; cells.len()];
    let parts = Parts::of(&options.testbed, &Layout::default(), cells, &artifacts);
    parts.map(drop).map_err(Failure::mark(Outcome::BadInput))
}

fn dry_run(options: &Options, cells: &[Cell]) -> Result<Outcome> {
    let in_lab = options.testbed.lab.is_some();
    let artifacts = cells.iter().map(|cell| sources::artifacts(cell, in_lab, true)).collect::<Result<Vec<_>>>();
    let text = artifacts
        .and_then(|artifacts| Parts::of(&options.testbed, &Layout::default(), cells, &artifacts))
        .and_then(|parts| parts.text(cells))
        .map_err(Failure::mark(Outcome::BadInput))?;
    output::result(&format!("# no host is asked: slots, queues and CPUs of the middlebox are assumed\n\n{text}"))?;
    Ok(Outcome::Good)
}

async fn soak(job: &Job<'_>) -> Result<(Run, Outcome)> {
    let in_lab = job.options.testbed.lab.is_some();
    let build = || job.cells.iter().map(|cell| sources::artifacts(cell, in_lab, false)).collect::<Result<Vec<_>>>();
    session::with_hosts(&job.terms(), build, async |artifacts, hosts, hold: &Hold<'_>, interrupt: &Interrupt| {
        let artifacts: Vec<Artifacts> = artifacts.map_err(Failure::mark(Outcome::Failed))?;
        soak_held(job, &artifacts, hosts, hold, interrupt).await
    })
    .await
}

async fn soak_held(
    job: &Job<'_>,
    artifacts: &[Artifacts],
    hosts: Hosts,
    hold: &Hold<'_>,
    interrupt: &Interrupt,
) -> Result<(Run, Outcome)> {
    let terms = job.terms();
    let ready = session::fitness(&terms, &hosts).await?;
    let layout = Layout::of(&ready.facts[&Role::Middlebox]);
    let parts = Parts::of(&ready.testbed, &layout, &job.cells, artifacts).map_err(Failure::mark(Outcome::BadInput))?;
    let mut run = job.new_run(&ready)?;
    run.cores = cores::map(&ready.testbed, &layout);
    let mut soak = job.new_soak();
    let mut bench = Bench {
        experiment: &job.experiment,
        repeats: Repeats::exactly(1),
        asked: &job.options.testbed,
        ready,
        layout,
        hosts,
        hold,
        needs: terms.needs,
        dir: &job.dir,
        reboot_wait: job.options.reboot_wait,
        interrupt,
        audience: None,
    };
    let cell = &job.cells[0];
    let watch = Watch::start(bench.hosts.each()).await?;
    let cycles = Cycles {
        bench: &bench,
        parts: &parts,
        cells: &job.cells,
        traffic: job.options.traffic,
        keep_going: job.options.keep_going,
        watch: &watch,
    };
    let outcome = cycles.all(&mut run, &mut soak).await;
    let marks = watch.marks();
    let given = bench.give_back(&label(cell)).await;
    bench.end_watch(watch, &marks).await;
    let visited = bench.settle(cell, outcome, given, &mut run).await.map_err(recorded::unrecorded)?;
    Ok((run, if visited.lost { Outcome::Failed } else { outcome_of(visited.outcome, soak.verdict) }))
}

/// How it ended, where nothing worse happened than what the verdict tells.
const fn outcome_of(ended: Outcome, verdict: Verdict) -> Outcome {
    match (ended, verdict) {
        (Outcome::Good, Verdict::Failed) => Outcome::Failed,
        (Outcome::Good, Verdict::Grows | Verdict::KernelLog) => Outcome::FellShort,
        _ => ended,
    }
}

impl Job<'_> {
    fn terms(&self) -> Terms<'_> {
        Terms {
            testbed: &self.options.testbed,
            lines: self.options.lines,
            needs: Needs { builds: self.cells.iter().all(|cell| cell.profile.build.is_some()), ..Needs::default() },
            run: self.dir.id(),
            deadman: self.options.deadman,
            waiting: self.options.waiting,
        }
    }

    fn new_run(&self, ready: &Ready) -> Result<Run> {
        let settings = Settings {
            generator: "ping".to_owned(),
            protocol: Some("icmp".to_owned()),
            flows: None,
            counts: Layer::Payload,
            duration_s: Some(self.options.traffic.as_secs_f64()),
            warmup_s: None,
            cooldown_s: None,
            trials: 0,
            mtu: Some(ready.testbed.mtu),
            emulation: None,
            shuffled: false,
            seed: None,
        };
        recorded::begun(self.dir.id(), ready, &self.cells, settings)
    }

    fn new_soak(&self) -> Soak {
        Soak {
            framework: self.cells[0].profile.name.clone(),
            lines: self.options.lines as u32,
            params: self.cells.iter().map(recorded::params).collect(),
            framework_facts: Vec::new(),
            cycles_asked: self.options.cycles,
            cycles: 0,
            traffic_ms: self.options.traffic.as_millis() as u64,
            frames: 0,
            failed: Vec::new(),
            troubles: Vec::new(),
            cycle_s: None,
            load: None,
            unload: None,
            warm_up: 0,
            memory: Vec::new(),
            caches_watched: None,
            caches: Vec::new(),
            verdict: Verdict::Unfinished,
            samples: format!("raw/{SAMPLES}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_tells_the_worst_that_is_known() {
        assert_eq!(outcome_of(Outcome::Good, Verdict::Clean), Outcome::Good);
        assert_eq!(outcome_of(Outcome::Good, Verdict::TooShort), Outcome::Good);
        assert_eq!(outcome_of(Outcome::Good, Verdict::Grows), Outcome::FellShort);
        assert_eq!(outcome_of(Outcome::Good, Verdict::KernelLog), Outcome::FellShort);
        assert_eq!(outcome_of(Outcome::Good, Verdict::Failed), Outcome::Failed);
        assert_eq!(outcome_of(Outcome::Failed, Verdict::KernelLog), Outcome::Failed);
        assert_eq!(outcome_of(Outcome::Interrupted, Verdict::Grows), Outcome::Interrupted);
    }
}
