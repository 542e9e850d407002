//! `nsbench run`: plan, execute, measure, record, report.

pub(super) mod cell;
pub(super) mod cost;
pub(super) mod course;
pub(super) mod job;
mod live;
mod machines;
pub(super) mod matrix;
pub(super) mod recorded;
mod resume;
pub(super) mod schedule;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};

use super::session::{self, Terms};
use super::{Failure, Outcome};
use crate::execute::{Hold, Waiting};
use crate::generator::{Generator, Layer};
use crate::interrupt::Interrupt;
use crate::lab::counted;
use crate::measure::{Hosts, ceilings};
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, Cell, cores};
use crate::profile;
use crate::profile::experiment::{Experiment, Measure};
use crate::progress::note;
use crate::record::{Run, Settings};
use crate::report;
use crate::role::Role;
use crate::sources;
use crate::testbed::Testbed;
use crate::testbed::preflight::Ready;
use cell::Bench;
use course::Course;
use job::Job;
pub use machines::each;

/// What `nsbench run` was asked.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of the command line
pub struct Options {
    /// The testbed.
    pub testbed: Testbed,
    /// How the command line named it, if it did.
    pub testbed_argument: Option<String>,
    /// What is to be measured.
    pub request: Request,
    /// The directory of all runs.
    pub results: PathBuf,
    /// After how long without a word of this program the hosts undo everything by themselves; never, where there is none.
    pub deadman: Option<Duration>,
    /// Whether to wait for hosts that another run holds.
    pub waiting: Waiting,
    /// Print what would be done, and do nothing.
    pub dry_run: bool,
    /// Measure first what source and sink do without the middlebox's forwarding.
    pub calibrate: bool,
    /// Print the recorded run as JSON.
    pub json: bool,
    /// Go on with the next cell after a host was lost and brought back.
    pub keep_going: bool,
    /// How long a host that was lost is waited for.
    pub reboot_wait: Duration,
}

/// What is to be measured.
#[derive(Debug, Clone)]
pub enum Request {
    /// An experiment, from its beginning.
    New(Box<Experiment>),
    /// What is left of the run that is named so.
    Resume(String),
}

/// Measures every cell that `options` ask for.
pub async fn run(options: &Options) -> Result<Outcome> {
    if let (true, Request::New(asked)) = (options.calibrate, &options.request) {
        can_calibrate(asked).map_err(Failure::mark(Outcome::BadInput))?;
    }
    let job = match &options.request {
        Request::New(experiment) if options.dry_run => return dry_run(options, experiment),
        Request::New(experiment) => Job::begin(options, experiment)?,
        Request::Resume(name) => Job::resume(options, name)?,
    };
    if let (Some(run), true) = (&job.earlier, job.is_done()) {
        note(format!("nothing is left to do: `{}` has every figure it was asked for", run.id));
        print(options, run)?;
        return Ok(Outcome::Good);
    }
    let result = if matrix::counts_in_lab(&options.testbed, &job.experiment) {
        cost::measure_all(options, &job).await
    } else {
        measure_all(options, &job).await
    };
    let path = job.dir.path().display().to_string();
    let again = format!("hint: `{}` goes on with it", resume::command(options, &job.dir));
    // What went wrong before it is what the user has to know.
    let recorded = job.dir.discard_if_empty().or_else(|error| if result.is_err() { Ok(false) } else { Err(error) })?;
    let (run, outcome) = result.inspect_err(|_| {
        // Whoever could not go on with a run knows how to.
        if recorded && job.earlier.is_none() {
            note(&again);
        }
    })?;
    print(options, &run)?;
    if recorded {
        note(format!("recorded in {path}"));
        if outcome == Outcome::Interrupted {
            note(&again);
        }
    }
    Ok(outcome)
}

/// Refuses to calibrate what a calibration would say nothing of: it is made with netperf and full frames.
fn can_calibrate(asked: &Experiment) -> Result<()> {
    if asked.measure == Measure::Cost {
        bail!(
            "`--calibrate` tells which rates are the generator's, and a cost is no rate\n\
             hint: leave it out, or measure throughput"
        );
    }
    if asked.measure == Measure::Ndr {
        bail!(
            "`--calibrate` tells which rates are the generator's, and a search for the highest rate tells that by itself\n\
             hint: leave it out, or measure throughput"
        );
    }
    let load = asked.load();
    if load.generator != Generator::Netperf || load.flows.is_some() || !asked.frame_sizes.is_empty() {
        bail!(
            "`--calibrate` is made with netperf, one flow a line and full frames, and says nothing of other traffic\n\
             hint: leave it out, or leave out --generator, --flows and --frame-size"
        );
    }
    Ok(())
}

fn print(options: &Options, run: &Run) -> Result<()> {
    output::result(&if options.json { run.json() } else { output::tone::table(&report::run_table(run)) })
}

/// Prints the plans in the order that was asked for: a random one is drawn when it is measured. No host is asked, so
/// the middlebox's hardware is assumed.
fn dry_run(options: &Options, experiment: &Experiment) -> Result<Outcome> {
    let testbed = &options.testbed;
    let layout = Layout::default();
    let mut text = "# no host is asked: slots, queues and CPUs of the middlebox are assumed\n\n".to_owned();
    let own = matrix::counts_in_lab(testbed, experiment);
    if own {
        text += "# a middlebox is booted for it alone; both ends of its line are in nsbench, and are no hosts\n\n";
    }
    let cells = matrix::cells(testbed, experiment).map_err(Failure::mark(Outcome::BadInput))?;
    if options.calibrate {
        for lines in cells.iter().map(|cell| cell.lines).collect::<BTreeSet<_>>() {
            let title = plan::calibration::title(lines);
            writeln!(text, "# {title}\n\n{}", plan::calibration::plan(testbed, lines))?;
        }
    }
    for cell in &cells {
        let title = cell.title();
        let sound = if own { cell.profile.require_cost() } else { Ok(()) };
        let mut plan = sound
            .and_then(|()| sources::artifacts(cell, testbed.lab.is_some(), true))
            .and_then(|artifacts| plan::plan(testbed, &layout, cell, &artifacts, &experiment.load()));
        if let (true, Ok(plan)) = (own, &mut plan) {
            plan.steps.retain(|role, _| *role == Role::Middlebox);
        }
        match plan {
            Ok(plan) => writeln!(
                text,
                "# {title}\n\n{plan}{}",
                if own { String::new() } else { sent(testbed, experiment, cell) }
            )?,
            Err(error) if !profile::is_of_all(&cell.profile, &experiment.frameworks) => {
                return Err(Failure::mark(Outcome::BadInput)(error));
            }
            // Of `all`, one that cannot be built is left out, as a run does.
            Err(error) => {
                let why = output::error_text(&error).replace('\n', "\n# ");
                writeln!(text, "# {title}\n\n# cannot be done: {why}\n")?;
            }
        }
    }
    output::result(&text)?;
    Ok(Outcome::Good)
}

/// The commands by which a trial's traffic is made.
/// What the source would be told to send, as comments and commands.
pub(super) fn sent(testbed: &Testbed, experiment: &Experiment, cell: &Cell) -> String {
    let jobs = experiment.generator().tool().commands(&recorded::traffic(testbed, None, experiment, cell));
    let commands: Vec<_> = jobs.iter().map(|job| format!("# {}\n{}\n", job.name, job.command)).collect();
    let (which, then) = if experiment.measure == Measure::Ndr {
        let rate = experiment.rate.in_words(testbed.lab.is_some());
        let then = "those that follow are paced, the first of them shorter, each as the ones before it turned out";
        ("the first trial, as fast as the generator can", format!("# searched for: {rate}; {then}\n"))
    } else {
        ("a trial", String::new())
    };
    format!("\n## traffic of {which}, from the source\n{then}{}", commands.concat())
}

async fn measure_all(options: &Options, job: &Job) -> Result<(Run, Outcome)> {
    let terms = terms(options, job);
    let in_lab = options.testbed.lab.is_some();
    // What cannot be built is a cell without a figure, and no reason to leave out the others.
    let build = || job.cells.iter().map(|cell| sources::artifacts(cell, in_lab, false)).collect::<Vec<_>>();
    session::with_hosts(&terms, build, async |artifacts, hosts, hold: &Hold<'_>, interrupt: &Interrupt| {
        measure_held(options, job, &artifacts, hosts, hold, interrupt).await
    })
    .await
}

fn terms<'a>(options: &'a Options, job: &'a Job) -> Terms<'a> {
    Terms {
        testbed: &options.testbed,
        lines: job.cells.iter().map(|cell| cell.lines).max().unwrap_or(0),
        needs: job.needs(),
        run: job.dir.id(),
        deadman: options.deadman,
        waiting: options.waiting,
    }
}

/// Measures on hosts that are held; what happens with them afterwards is the caller's.
async fn measure_held(
    options: &Options,
    job: &Job,
    artifacts: &[Result<Artifacts>],
    hosts: Hosts,
    hold: &Hold<'_>,
    interrupt: &Interrupt,
) -> Result<(Run, Outcome)> {
    let Job { experiment, cells, dir, .. } = job;
    let ready = session::fitness(&terms(options, job), &hosts).await?;
    let mut run = match &job.earlier {
        Some(run) => earlier_run(run, &ready, job)?,
        None => new_run(options, &ready, job)?,
    };
    let layout = Layout::of(&ready.facts[&Role::Middlebox]);
    run.cores = cores::map(&ready.testbed, &layout);
    let (asked, reboot_wait, needs) = (&options.testbed, options.reboot_wait, job.needs());
    let mut bench = Bench {
        experiment,
        repeats: job.repeats,
        asked,
        ready,
        layout,
        hosts,
        hold,
        needs,
        dir,
        reboot_wait,
        interrupt,
        audience: None,
    };
    if options.calibrate && !calibrated(&mut bench, cells, &mut run).await? {
        return Ok((run, Outcome::Interrupted));
    }
    let mut course = Course::new(options.keep_going);
    let mut queue = job.queue();
    while let Some(visit) = queue.next(&run) {
        if !course.wants(visit.cell) {
            continue;
        }
        let cell = &cells[visit.cell];
        let visited = bench.measure(cell, &visit, &artifacts[visit.cell], &mut run).await?;
        if let ControlFlow::Break(outcome) = course.take(visit.cell, visited) {
            if outcome == Outcome::Failed {
                let again = resume::command(options, dir);
                note(format!(
                    "a host was lost, so the run ends here\nhint: `{again}` goes on with it; with `--keep-going` a run \
                     goes on by itself"
                ));
            }
            return Ok((run, outcome));
        }
    }
    Ok((run, course.outcome()))
}

/// Calibrates each number of lines that there will be figures of; says whether the user still wants them.
async fn calibrated(bench: &mut Bench<'_>, cells: &[plan::Cell], run: &mut Run) -> Result<bool> {
    let numbers: BTreeSet<_> = cells.iter().map(|cell| cell.lines).collect();
    for lines in numbers {
        let Some(calibration) = bench.calibrate(lines).await? else { return Ok(false) };
        if let Some(ceilings) = &mut run.ceilings {
            ceilings.calibrations.retain(|earlier| earlier.lines != calibration.lines);
            ceilings.calibrations.push(calibration);
        }
        bench.dir.save(run).map_err(|error| recorded::unrecorded(error.into()))?;
    }
    Ok(true)
}

/// The record of a run that is gone on with.
fn earlier_run(run: &Run, ready: &Ready, job: &Job) -> Result<Run> {
    let kernels = ready.facts.iter().map(|(role, facts)| (*role, facts.kernel.as_str()));
    resume::same_kernels(run, kernels).map_err(Failure::mark(Outcome::BadInput))?;
    note(format!("going on with {}: trials left to do: {}", run.id, job.trials()));
    Ok(run.clone())
}

fn new_run(options: &Options, ready: &Ready, job: &Job) -> Result<Run> {
    let Job { experiment, dir, cells, seed, .. } = job;
    if let Some(name) = &experiment.name {
        note(format!("experiment {name}: {}", experiment.summary));
    }
    let (own, load) = (matrix::counts_in_lab(&ready.testbed, experiment), experiment.load());
    let [warmup_s, cooldown_s] = experiment.effective_around_s();
    // A search counts frames at the ports, whatever the generator counts.
    let searched = experiment.measure == Measure::Ndr;
    let counts = if searched { Layer::Frames } else { load.generator.tool().abilities().layer };
    let settings = Settings {
        generator: if own { "nsbench" } else { load.generator.name() }.to_owned(),
        protocol: (!own).then(|| load.protocol.name().to_owned()),
        flows: load.flows,
        counts,
        duration_s: (!own).then_some(experiment.duration_s as f64),
        warmup_s: (!own).then_some(warmup_s as f64),
        cooldown_s: (!own).then_some(cooldown_s as f64),
        trials: job.repeats.least,
        mtu: Some(ready.testbed.mtu),
        emulation: own.then(|| counted::description(ready.testbed.mtu)),
        shuffled: experiment.shuffle,
        seed: *seed,
    };
    let asked = job.asked(options.testbed.lines.len(), ready.testbed.lab.is_some());
    let ceilings = (!own).then(|| ceilings::of(&ready.testbed, &ready.facts, load.protocol, counts));
    Ok(Run { experiment: Some(asked), ceilings, ..recorded::begun(dir.id(), ready, cells, settings)? })
}
