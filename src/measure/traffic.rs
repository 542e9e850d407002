//! Traffic on all lines at once, with a live rate for each.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use super::TrialError;
use super::watch::Watch;
use crate::generator::{self, Generator, Job, Measured, Traffic};
use crate::host::shell::Argv;
use crate::host::{Host, Process};
use crate::interrupt::Interrupt;
use crate::plan;
use crate::progress::Bar;
use crate::units::BitsPerSecond;

/// What each generator process printed, by its name.
pub type Raw = BTreeMap<String, String>;

/// Announces its process number and then waits for a line of input, so that all generators start together whatever it
/// took to start each.
const GATE: &str = "echo \"nsbench-pid $$\"; read -r go || exit 1; exec \"$@\"";

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
    let mut started = Vec::new();
    for job in generator.tool().commands(traffic) {
        let (pid, process) = start(source, generator, &job).await.map_err(failed)?;
        started.push((job, pid, process));
    }
    let pids: Vec<_> = started.iter().map(|(job, pid, _)| (job.name.clone(), *pid)).collect();
    register(source, &pids).await.map_err(failed)?;
    let mut jobs = JoinSet::new();
    for (job, _, process) in started {
        jobs.spawn(async move {
            let (result, output) = follow(process, generator, &job).await;
            (job.name, result, output)
        });
    }
    let outcome = tokio::select! {
        () = interrupt.wait() => Err(TrialError::Interrupted),
        role = watch.lost() => Err(failed(anyhow::anyhow!("the {role} was lost"))),
        outcome = collect(jobs, traffic) => outcome,
    };
    if outcome.is_err() {
        // A channel that is cut does not end what runs behind it. Whether it ended is seen when the host is given back.
        let stop = pids.iter().map(|(name, _)| format!("( {} ) &\n", plan::stop_generator(name)));
        let _ = source.script(&(stop.collect::<String>() + "wait\n")).await;
    }
    outcome
}

/// A generator that waits for its gate to be opened, and its process number.
async fn start(source: &Host, generator: Generator, job: &Job) -> Result<(u32, Process)> {
    let mut process = if job.root {
        source.spawn_script(&format!("set -- {}\n{GATE}", job.command)).await?
    } else {
        let mut words: Vec<_> = ["sh", "-c", GATE, generator.name()].map(str::to_owned).into();
        words.extend(job.command.0.clone());
        source.spawn(&Argv(words)).await?
    };
    let first = process.line().await?;
    let pid = first.as_deref().and_then(|line| line.strip_prefix("nsbench-pid ")?.parse().ok());
    let Some(pid) = pid else {
        bail!("{generator} could not be started on `{}`: it said `{}`", source.name, first.unwrap_or_default());
    };
    Ok((pid, process))
}

/// Writes down on the host itself which processes generate: should nobody be there to end them, the host does.
async fn register(source: &Host, pids: &[(String, u32)]) -> Result<()> {
    let script: String = pids.iter().map(|(name, pid)| plan::generator_started(name, *pid)).collect();
    let what = format!("writing down the generators on `{}`", source.name);
    source.script(&script).await?.success(&what).map(drop)
}

/// Opens the gate and reads to the end.
async fn follow(mut process: Process, generator: Generator, job: &Job) -> (Result<Vec<Measured>>, String) {
    let tool = generator.tool();
    let duration = job.traffic.first().map(Traffic::sending).unwrap_or_default();
    let bar = Bar::new(format!("{}, {generator}", job.name), duration.as_secs());
    let mut output = String::new();
    let read = async {
        process.write("go\n").await?;
        while let Some(line) = process.line().await? {
            if let Some(rate) = tool.interim(&line) {
                bar.tick(BitsPerSecond(rate).to_string());
            }
            output += &line;
            output.push('\n');
        }
        Ok::<_, anyhow::Error>(())
    };
    let read = tokio::time::timeout(generator::bound(duration), read).await;
    let end = match read {
        Err(_) => Err(anyhow::anyhow!("{generator} did not end")),
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) => process.wait().await,
    };
    let measured = end.and_then(|(status, stderr)| {
        if status == 0 {
            return tool.parse(&output, job);
        }
        let said = if stderr.trim().is_empty() { tool.complaint(&output) } else { stderr.trim().to_owned() };
        output += &stderr;
        match status {
            124 => Err(anyhow::anyhow!("{generator} was ended because it hung; it had said: {said}")),
            _ => Err(anyhow::anyhow!("{generator} failed with exit status {status}: {said}")),
        }
    });
    (measured.with_context(|| job.name.clone()), output)
}

/// Waits for all processes, so that every output is kept, and then speaks of the first failure.
async fn collect(
    mut jobs: JoinSet<(String, Result<Vec<Measured>>, String)>,
    traffic: &[Traffic],
) -> Result<(Vec<Measured>, Raw), TrialError> {
    let (mut measured, mut raw, mut failure) = (Vec::new(), Raw::new(), None);
    while let Some(joined) = jobs.join_next().await {
        match joined {
            Err(error) => failure = Some(anyhow::Error::new(error)),
            Ok((name, result, output)) => {
                raw.insert(name, output);
                match result {
                    Ok(result) => measured.extend(result),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
        }
    }
    let lines = generator::sum(measured);
    let of = |line: &Traffic| lines.iter().find(|measured| measured.line == line.line).cloned();
    match (failure, traffic.iter().map(of).collect()) {
        (Some(error), _) => Err(TrialError::Failed { error, raw }),
        (None, Some(lines)) => Ok((lines, raw)),
        (None, None) => Err(TrialError::Failed { error: anyhow::anyhow!("not every line has a figure"), raw }),
    }
}
