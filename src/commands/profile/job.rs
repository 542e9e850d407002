//! What is profiled, and the record that it goes into. Must not know how it is found out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::Options;
use crate::commands::run::recorded;
use crate::generator::{Frames, Layer};
use crate::lab::counted;
use crate::measure::hot::Own;
use crate::plan::Cell;
use crate::plan::build;
use crate::profile::experiment::Experiment;
use crate::record::store::RunDirectory;
use crate::record::{Counting, Profiled, Run, Settings};
use crate::testbed::preflight::Ready;

/// What is done, and where it is recorded.
pub struct Job<'a> {
    /// What was asked.
    pub options: &'a Options,
    /// The same as an experiment has it.
    pub experiment: Experiment,
    /// Its one cell.
    pub cell: Cell,
    /// Where it is recorded.
    pub dir: RunDirectory,
}

impl Job<'_> {
    /// The record of a run that has just begun.
    pub fn new_run(&self, ready: &Ready, by: Counting) -> Result<Run> {
        let own = by == Counting::Instructions;
        let load = self.experiment.load();
        let [warmup_s, cooldown_s] = self.experiment.effective_around_s().map(|seconds| seconds as f64);
        let settings = Settings {
            generator: if own { "nsbench" } else { load.generator.name() }.to_owned(),
            protocol: (!own).then(|| load.protocol.name().to_owned()),
            flows: load.flows,
            counts: if own { Layer::default() } else { load.generator.tool().abilities().layer },
            duration_s: (!own).then_some(self.experiment.duration_s as f64),
            warmup_s: (!own).then_some(warmup_s),
            cooldown_s: (!own).then_some(cooldown_s),
            trials: 1,
            mtu: Some(ready.testbed.mtu),
            emulation: own.then(|| counted::description(ready.testbed.mtu)),
            shuffled: false,
            seed: None,
        };
        recorded::begun(self.dir.id(), ready, std::slice::from_ref(&self.cell), settings)
    }

    /// A profile in which nothing was found yet.
    pub fn blank(&self, by: Counting, event: &str, facts: BTreeMap<String, serde_json::Value>) -> Profiled {
        Profiled {
            framework: self.cell.profile.name.clone(),
            lines: self.cell.lines as u32,
            params: recorded::params(&self.cell),
            framework_facts: facts,
            by,
            event: event.to_owned(),
            frame_size: self.cell.frame_size.as_ref().and_then(Frames::size),
            packets: None,
            total: 0.0,
            idle: None,
            instructions_per_packet: None,
            functions: Vec::new(),
            paths: None,
            spins: None,
            annotated: Vec::new(),
            stacks: None,
            chains: Vec::new(),
            looking: None,
            scheduling: None,
            warnings: Vec::new(),
        }
    }

    /// What the framework is made of.
    pub fn own(&self) -> Own {
        let profile = &self.cell.profile;
        let mut own = Own::default();
        for action in profile.load.iter().chain(&profile.line) {
            own.modules.extend(action.insmod.iter().map(|insmod| insmod.module.clone()));
            own.modules.extend(action.modprobe.iter().map(|modprobe| modprobe.module.clone()));
            let command = action.daemon.as_ref().and_then(|daemon| daemon.command.first());
            own.programs.extend(command.map(|program| last_name(program)));
        }
        if let Some(build) = &profile.build {
            let products = build::products(build);
            own.programs.extend(
                products
                    .iter()
                    .map(|product| last_name(product))
                    .filter(|name| Path::new(name).extension() != Some("ko".as_ref())),
            );
        }
        own.programs.sort();
        own.programs.dedup();
        own
    }
}

fn last_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}
