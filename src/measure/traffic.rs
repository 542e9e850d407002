//! Traffic on all lines at once, with a live rate for each.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::TrialError;
use super::volley::{Ended, Volley};
use super::watch::Watch;
use crate::generator::{self, Generator, Job, Measured, Traffic};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::plan;
use crate::progress::Bar;
use crate::units::BitsPerSecond;

/// How long the generators may take to be at their gate.
const START_BOUND: Duration = Duration::from_secs(60);

/// What each generator process printed, by its name.
pub type Raw = BTreeMap<String, String>;

/// Runs the generators of all lines at once and waits for the last; gives what each line measured, in the order of
/// `traffic`. On an interrupt they are ended, and when a host is lost: what is sent to the dead is waited for in vain.
pub async fn run(
    source: &Host,
    generator: Generator,
    traffic: &[Traffic],
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<(Vec<Measured>, Raw), TrialError> {
    let failed = |error| TrialError::Failed { error, raw: Raw::new() };
    let jobs = generator.tool().commands(traffic);
    let volley = start(source, generator, &jobs).await.map_err(failed)?;
    let pids: Vec<_> = jobs.iter().map(|job| job.name.clone()).zip(volley.pids().iter().copied()).collect();
    register(source, &pids).await.map_err(failed)?;
    let outcome = tokio::select! {
        () = interrupt.wait() => Err(TrialError::Interrupted),
        role = watch.lost() => Err(failed(anyhow::anyhow!("the {role} was lost"))),
        (read, ended) = follow(volley, generator, &jobs) => collect(read, generator, &jobs, ended, traffic),
    };
    if outcome.is_err() {
        // A channel that is cut does not end what runs behind it. Whether it ended is seen when the host is given back.
        let stop = pids.iter().map(|(name, _)| format!("( {} ) &\n", plan::stop_generator(name)));
        let _ = source.script(&(stop.collect::<String>() + "wait\n")).await;
    }
    outcome
}

/// Generators that wait for their gate to be opened: all of them start together, whatever it took to start each.
async fn start(source: &Host, generator: Generator, jobs: &[Job]) -> Result<Volley> {
    let commands: Vec<_> = jobs.iter().map(|job| job.command.clone()).collect();
    let root = jobs.iter().any(|job| job.root);
    let started = tokio::time::timeout(START_BOUND, Volley::start(source, &commands, root)).await;
    let started =
        started.unwrap_or_else(|_| bail!("`{}` said nothing within {} s", source.name, START_BOUND.as_secs()));
    started.with_context(|| format!("{generator} could not be started on `{}`", source.name))
}

/// Writes down on the host itself which processes generate: should nobody be there to end them, the host does.
async fn register(source: &Host, pids: &[(String, u32)]) -> Result<()> {
    let script: String = pids.iter().map(|(name, pid)| plan::generator_started(name, *pid)).collect();
    let what = format!("writing down the generators on `{}`", source.name);
    source.script(&script).await?.success(&what).map(drop)
}

/// Opens the gate and reads to the end, within the generator's time.
async fn follow(volley: Volley, generator: Generator, jobs: &[Job]) -> (Result<()>, Vec<Ended>) {
    let duration = |job: &Job| job.traffic.first().map(Traffic::sending).unwrap_or_default();
    let bar = |job: &Job| Bar::new(format!("{}, {generator}", job.name), duration(job).as_secs());
    let bars: Vec<_> = jobs.iter().map(bar).collect();
    let bound =
        generator::bound(jobs.iter().map(duration).max().unwrap_or_default()) + generator.tool().getting_ready();
    let mut ended = Vec::new();
    let heard = |number: usize, line: &str| {
        if let Some(rate) = generator.tool().interim(line) {
            bars[number].tick(BitsPerSecond(rate).to_string());
        }
    };
    let read = tokio::time::timeout(bound, volley.follow(&mut ended, heard)).await;
    (read.unwrap_or_else(|_| bail!("{generator} did not end")), ended)
}

/// What a generator measured, by what it printed.
fn measured(generator: Generator, job: &Job, ended: &Ended) -> Result<Vec<Measured>> {
    let tool = generator.tool();
    let said = || {
        if ended.stderr.trim().is_empty() { tool.complaint(&ended.stdout) } else { ended.stderr.trim().to_owned() }
    };
    let measured = match ended.status {
        Some(0) => tool.parse(&ended.stdout, job),
        Some(124) => Err(anyhow::anyhow!("{generator} was ended because it hung; it had said: {}", said())),
        Some(status) => Err(anyhow::anyhow!("{generator} failed with exit status {status}: {}", said())),
        None => Err(anyhow::anyhow!("{generator} did not end")),
    };
    measured.with_context(|| job.name.clone())
}

/// Every output is kept; then the first failure is spoken of.
fn collect(
    read: Result<()>,
    generator: Generator,
    jobs: &[Job],
    ended: Vec<Ended>,
    traffic: &[Traffic],
) -> Result<(Vec<Measured>, Raw), TrialError> {
    let (mut all, mut failure, mut unended) = (Vec::new(), None, read.err());
    for (job, ended) in jobs.iter().zip(&ended) {
        match measured(generator, job, ended) {
            Ok(measured) => all.extend(measured),
            Err(error) if ended.status.is_some() => failure = failure.or(Some(error)),
            Err(error) => unended = unended.or(Some(error)),
        }
    }
    // What one of them said of its failure is why the others did not end.
    let failure = failure.or(unended);
    let output = |ended: Ended| if ended.status == Some(0) { ended.stdout } else { ended.stdout + &ended.stderr };
    let raw = jobs.iter().map(|job| job.name.clone()).zip(ended.into_iter().map(output)).collect();
    let lines = generator::sum(all);
    let of = |line: &Traffic| lines.iter().find(|measured| measured.line == line.line).cloned();
    match (failure, traffic.iter().map(of).collect()) {
        (Some(error), _) => Err(TrialError::Failed { error, raw }),
        (None, Some(lines)) => Ok((lines, raw)),
        (None, None) => Err(TrialError::Failed { error: anyhow::anyhow!("not every line has a figure"), raw }),
    }
}
