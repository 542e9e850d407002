//! Traffic on all lines at once, with a live rate for each.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use super::TrialError;
use super::watch::Watch;
use crate::generator::{Measured, Traffic, netperf};
use crate::host::{Host, Process};
use crate::interrupt::Interrupt;
use crate::plan;
use crate::progress::Bar;
use crate::units::BitsPerSecond;

/// What each line measured, in the order of `traffic`, and what its generator printed.
pub type Results = (Vec<Measured>, BTreeMap<u32, String>);

/// Runs the generators of all lines at once and waits for the last. On an interrupt they are ended, and when a host is
/// lost: what is sent to the dead is waited for in vain.
pub async fn run(
    source: &Host,
    traffic: &[Traffic],
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<Results, TrialError> {
    let failed = |error| TrialError::Failed { error, raw: BTreeMap::new() };
    let mut started = Vec::new();
    for line in traffic {
        started.push((line.clone(), start(source, line).await.map_err(failed)?));
    }
    let pids: Vec<_> = started.iter().map(|(line, (pid, _))| (line.line, *pid)).collect();
    register(source, &pids).await.map_err(failed)?;
    let mut lines = JoinSet::new();
    for (line, (_, process)) in started {
        let bar = Bar::new(format!("line {} {}", line.line, line.protocol.name()), line.sending().as_secs());
        lines.spawn(async move { (line.line, follow(process, &line, &bar).await) });
    }
    let outcome = tokio::select! {
        () = interrupt.wait() => Err(TrialError::Interrupted),
        role = watch.lost() => Err(failed(anyhow::anyhow!("the {role} was lost"))),
        outcome = collect(lines, traffic) => outcome,
    };
    if outcome.is_err() {
        // A channel that is cut does not end what runs behind it. Whether it ended is seen when the host is given back.
        let stop = pids.iter().map(|(line, _)| format!("( {} ) &\n", plan::stop_generator(*line)));
        let _ = source.script(&(stop.collect::<String>() + "wait\n")).await;
    }
    outcome
}

/// A generator that waits for its gate to be opened, and its process number.
async fn start(source: &Host, traffic: &Traffic) -> Result<(u32, Process)> {
    let mut process = source.spawn(&netperf::gated(traffic)).await?;
    let first = process.line().await?;
    let pid = first.as_deref().and_then(|line| line.strip_prefix("nsbench-pid ")?.parse().ok());
    let Some(pid) = pid else {
        bail!("netperf could not be started on `{}`: it said `{}`", source.name, first.unwrap_or_default());
    };
    Ok((pid, process))
}

/// Writes down on the host itself which processes generate: should nobody be there to end them, the host does.
async fn register(source: &Host, pids: &[(u32, u32)]) -> Result<()> {
    let script: String = pids.iter().map(|(line, pid)| plan::generator_started(*line, *pid)).collect();
    let what = format!("writing down the generators on `{}`", source.name);
    source.script(&script).await?.success(&what).map(drop)
}

/// Opens the gate and reads to the end.
async fn follow(mut process: Process, traffic: &Traffic, bar: &Bar) -> (Result<Measured>, String) {
    let mut output = String::new();
    let read = async {
        process.write("go\n").await?;
        while let Some(line) = process.line().await? {
            if let Some(rate) = netperf::interim(&line) {
                bar.tick(BitsPerSecond(rate).to_string());
            }
            output += &line;
            output.push('\n');
        }
        Ok::<_, anyhow::Error>(())
    };
    let read = tokio::time::timeout(netperf::bound(traffic.sending()), read).await;
    let end = match read {
        Err(_) => Err(anyhow::anyhow!("netperf did not end")),
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) => process.wait().await,
    };
    let measured = end.and_then(|(status, stderr)| {
        output += &stderr;
        match status {
            0 => netperf::parse(&output, traffic.protocol),
            124 => Err(anyhow::anyhow!("netperf was ended because it hung; it had said: {}", output.trim())),
            _ => Err(anyhow::anyhow!("netperf failed with exit status {status}: {}", output.trim())),
        }
    });
    (measured.with_context(|| format!("line {}", traffic.line)), output)
}

/// Waits for all lines, so that every output is kept, and then speaks of the first failure.
async fn collect(
    mut lines: JoinSet<(u32, (Result<Measured>, String))>,
    traffic: &[Traffic],
) -> Result<Results, TrialError> {
    let (mut measured, mut raw, mut failure) = (BTreeMap::new(), BTreeMap::new(), None);
    while let Some(joined) = lines.join_next().await {
        match joined {
            Err(error) => failure = Some(anyhow::Error::new(error)),
            Ok((line, (result, output))) => {
                raw.insert(line, output);
                match result {
                    Ok(result) => drop(measured.insert(line, result)),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
        }
    }
    match failure {
        Some(error) => Err(TrialError::Failed { error, raw }),
        None => Ok((traffic.iter().filter_map(|line| measured.remove(&line.line)).collect(), raw)),
    }
}
