//! `nsbench run`: plan, execute, measure, record, report.

mod cell;
mod matrix;

use std::path::PathBuf;

use anyhow::Result;

use super::{Failure, Outcome};
use crate::generator::Protocol;
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::measure::Hosts;
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Cell, cores};
use crate::progress::{Progress, note};
use crate::record::store::{RunDirectory, Store};
use crate::record::{Run, SCHEMA, Settings};
use crate::report;
use crate::role::Role;
use crate::sources;
use crate::testbed::Testbed;
use crate::testbed::preflight::{Ready, preflight};
use cell::Bench;

/// What `nsbench run` was asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// The testbed.
    pub testbed: Testbed,
    /// Framework profiles by name or path.
    pub frameworks: Vec<String>,
    /// Numbers of lines.
    pub lines: Vec<usize>,
    /// `framework.parameter` and the values to try.
    pub set: Vec<(String, Vec<String>)>,
    /// Trials a cell.
    pub trials: u32,
    /// Seconds of traffic a trial.
    pub duration_s: u64,
    /// Transport protocol.
    pub protocol: Protocol,
    /// The directory of all runs.
    pub results: PathBuf,
    /// Print what would be done, and do nothing.
    pub dry_run: bool,
    /// Print the recorded run as JSON.
    pub json: bool,
}

/// Measures every cell that `options` ask for.
pub async fn run(options: &Options) -> Result<Outcome> {
    let cells = matrix::cells(options).map_err(Failure::mark(Outcome::BadInput))?;
    if options.dry_run {
        return dry_run(&options.testbed, &cells);
    }
    let dir = Store::new(&options.results)
        .prepare(&options.testbed.name, &jiff::Zoned::now())
        .map_err(|error| Failure::mark(Outcome::BadInput)(error.into()))?;
    let result = measure_all(options, &cells, &dir).await;
    let path = dir.path().display().to_string();
    dir.discard_if_empty()?;
    let (run, outcome) = result?;
    if options.json {
        output::result(&run.json())?;
    } else {
        output::result(&report::run_table(&run))?;
    }
    note(format!("recorded in {path}"));
    Ok(outcome)
}

fn dry_run(testbed: &Testbed, cells: &[Cell]) -> Result<Outcome> {
    // No host is asked, so its hardware is assumed.
    let layout = Layout::default();
    for cell in cells {
        let artifacts = sources::artifacts(cell, testbed.lab.is_some(), true)?;
        let plan = plan::plan(testbed, &layout, cell, &artifacts).map_err(Failure::mark(Outcome::BadInput))?;
        output::line(&format!("# {}\n\n{plan}", cell.title()))?;
    }
    Ok(Outcome::Good)
}

async fn measure_all(options: &Options, cells: &[Cell], dir: &RunDirectory) -> Result<(Run, Outcome)> {
    let ssh_config = super::reach(&options.testbed)?;
    let in_lab = options.testbed.lab.is_some();
    // What cannot be built is a cell without a figure, and no reason to leave out the others.
    let artifacts: Vec<_> = cells.iter().map(|cell| sources::artifacts(cell, in_lab, false)).collect();
    // Until here an interrupt may end the program on the spot; from here on there are hosts to give back.
    let interrupt = Interrupt::listen()?;
    let progress = Progress::start("connecting to source, middlebox and sink");
    let [source, middlebox, sink] = Host::connect_all(&options.testbed, ssh_config.as_deref()).await;
    let hosts = Hosts { source: source?, middlebox: middlebox?, sink: sink? };
    let lines = cells.iter().map(|cell| cell.lines).max().unwrap_or(0);
    let builds = cells.iter().all(|cell| cell.profile.build.is_some());
    let ready = preflight(&options.testbed, hosts.each(), lines, builds).await?;
    progress.done("connected, and they are fit");
    let mut run = new_run(options, &ready, dir, cells)?;
    let layout = Layout::of(&ready.facts[&Role::Middlebox]);
    run.cores = cores::map(&ready.testbed, &layout);
    let bench = Bench { options, testbed: &ready.testbed, layout: &layout, hosts: &hosts, dir, interrupt: &interrupt };
    let mut outcome = Outcome::Good;
    for (cell, artifacts) in cells.iter().zip(&artifacts) {
        match bench.measure(cell, artifacts, &mut run).await? {
            Outcome::Good => {}
            Outcome::Interrupted => return Ok((run, Outcome::Interrupted)),
            other => outcome = other,
        }
    }
    Ok((run, outcome))
}

fn new_run(options: &Options, ready: &Ready, dir: &RunDirectory, cells: &[Cell]) -> Result<Run> {
    let profiles = cells.iter().map(|cell| Ok((cell.profile.name.clone(), serde_json::to_value(&cell.profile)?)));
    let testbed = &ready.testbed;
    let provenance = ready.facts.iter().map(|(role, facts)| Ok((role.to_string(), serde_json::to_value(facts)?)));
    Ok(Run {
        schema: SCHEMA,
        id: dir.id().to_owned(),
        started: Some(jiff::Timestamp::now().to_string()),
        nsbench_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        published: None,
        testbed: testbed.name.clone(),
        emulated: testbed.lab.is_some(),
        testbed_resolved: serde_json::to_value(testbed)?,
        profiles: profiles.collect::<Result<_>>()?,
        settings: Settings {
            generator: "netperf".to_owned(),
            protocol: Some(options.protocol.name().to_owned()),
            duration_s: Some(options.duration_s as f64),
            trials: options.trials,
            mtu: Some(testbed.mtu),
        },
        provenance: provenance.collect::<Result<_>>()?,
        cores: Vec::new(),
        trials: Vec::new(),
    })
}
