//! What a run and a trial are recorded with, however they are measured.
//!
//! Must not know how.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::commands::{Failure, Outcome};
use crate::generator::{Frames, Traffic};
use crate::host::Host;
use crate::host::shell::Argv;
use crate::plan::layout::Layout;
use crate::plan::{self, Cell};
use crate::profile::Fact;
use crate::profile::experiment::Experiment;
use crate::progress::note;
use crate::record::store::StoreError;
use crate::record::{Run, SCHEMA, Settings, Status, Trial};
use crate::testbed::facts::Facts;
use crate::testbed::preflight::Ready;
use crate::testbed::{Line, Testbed};

/// The record of a run that has just begun, with nothing measured.
pub fn begun(id: &str, ready: &Ready, cells: &[Cell], settings: Settings) -> Result<Run> {
    let profiles = cells.iter().map(|cell| Ok((cell.profile.name.clone(), serde_json::to_value(&cell.profile)?)));
    let provenance = ready.facts.iter().map(|(role, facts)| Ok((role.to_string(), serde_json::to_value(facts)?)));
    let testbed = &ready.testbed;
    Ok(Run {
        schema: SCHEMA,
        id: id.to_owned(),
        started: Some(jiff::Timestamp::now().to_string()),
        nsbench_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        published: None,
        testbed: testbed.name.clone(),
        middlebox: testbed.middlebox_name.clone(),
        emulated: testbed.lab.is_some(),
        testbed_resolved: serde_json::to_value(testbed)?,
        profiles: profiles.collect::<Result<_>>()?,
        settings,
        experiment: None,
        provenance: provenance.collect::<Result<_>>()?,
        cores: Vec::new(),
        ceilings: None,
        trials: Vec::new(),
        soak: None,
        profiled: None,
    })
}

/// The values of a cell's parameters as a record has them, `framework.parameter` to value.
pub fn params(cell: &Cell) -> BTreeMap<String, String> {
    let name = &cell.profile.name;
    cell.params.iter().map(|(key, value)| (format!("{name}.{key}"), value.clone())).collect()
}

/// What the loaded framework says of itself, as its profile asks. What cannot be asked is not known: a fact is no reason
/// to lose a measurement.
pub async fn facts(
    middlebox: &Host,
    testbed: &Testbed,
    layout: &Layout,
    cell: &Cell,
) -> Result<BTreeMap<String, Value>> {
    let words = plan::words(testbed, layout, cell)?;
    let mut facts = BTreeMap::new();
    for (name, fact) in &cell.profile.facts {
        let command = match fact {
            Fact::File(path) => Argv::new(["cat", &words.fill(path)?]),
            Fact::Command(command) => words.argv(command)?,
        };
        let answer = middlebox.script(&command.to_string()).await?;
        match answer.success(&format!("asking for `{name}` of {}", cell.profile.name)) {
            Ok(text) => facts.insert(name.clone(), json!(text.trim())),
            Err(error) => {
                note(format!("warning: {error:#}"));
                facts.insert(name.clone(), Value::Null)
            }
        };
    }
    Ok(facts)
}

/// What is sent on the lines of a cell to the sink, where it was asked what it is.
pub fn traffic(testbed: &Testbed, sink: Option<&Facts>, experiment: &Experiment, cell: &Cell) -> Vec<Traffic> {
    let load = experiment.load();
    let mac = |port: &str| {
        let interface = sink?.interfaces.iter().find(|interface| interface.name == port)?;
        interface.mac.clone()
    };
    let line = |(number, line): (usize, &Line)| {
        let (from, to) = testbed.addresses(number);
        Traffic {
            line: number as u32,
            port: line.source.0.clone(),
            from,
            to,
            to_mac: mac(&line.sink.0).unwrap_or_else(|| format!("MAC-ADDRESS-OF-{}", line.sink.0)),
            protocol: load.protocol,
            duration: Duration::from_secs(experiment.duration_s),
            around: experiment.effective_around_s().map(Duration::from_secs),
            mtu: testbed.mtu,
            frame_size: cell.frame_size.clone(),
            flows: load.flows,
            pace_pps: None,
        }
    };
    (1..).zip(&testbed.lines).take(cell.lines).map(line).collect()
}

/// A trial without a figure, made by `commands`.
pub fn blank(experiment: &Experiment, cell: &Cell, number: u32, commands: Vec<String>) -> Trial {
    let name = &cell.profile.name;
    Trial {
        framework: name.clone(),
        lines: cell.lines as u32,
        params: params(cell),
        measure: experiment.measure.name().to_owned(),
        trial: number,
        started: None,
        status: Status::Failed,
        reason: None,
        warnings: Vec::new(),
        kernel_log: BTreeMap::new(),
        throughput_bps: None,
        limited_by: None,
        frame_size: cell.frame_size.as_ref().and_then(Frames::size),
        frame_mix: cell.frame_size.as_ref().and_then(Frames::mix).cloned(),
        cost: None,
        ndr: None,
        window: None,
        per_line: Vec::new(),
        hosts: BTreeMap::new(),
        framework_facts: BTreeMap::new(),
        commands,
    }
}

/// What was measured and could not be written down is not the hosts' fault.
pub fn unrecorded(error: anyhow::Error) -> anyhow::Error {
    if error.is::<StoreError>() { Failure::mark(Outcome::Failed)(error) } else { error }
}
