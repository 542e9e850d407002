//! The result format: what `run.json` holds. One [`Run`] is one invocation of `nsbench run` or `nsbench soak`,
//! one [`Trial`] one measurement of one cell.
//!
//! Other programs rely on these keys: more may be added, none is renamed. Must not touch a host.
//!
//! What was not recorded is `null`, never zero: a port bound to a user-space driver has no kernel
//! counters, and a paper does not print the MTU it used.

mod ceilings;
mod cost;
pub mod cycles;
mod experiment;
mod file_name;
pub mod filter;
mod line;
mod lock;
pub mod loss;
mod ndr;
mod profiled;
pub mod reference;
#[cfg(test)]
pub mod sample;
mod soak;
mod sound;
pub mod store;
pub mod streams;
mod watched;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ceiling::Limit;
use crate::generator::{Frames, Layer, Mix};
use crate::plan::cores::LineCores;
pub use ceilings::{Calibration, Ceilings, SlotCeiling};
pub use cost::{Cost, CountedBy};
pub use experiment::{Experiment, PlannedCell};
pub use line::{Counters, Interim, LineResult, PortCounts, ReversePortCounts, Said, Window};
pub use ndr::{AskedRate, LostAt, Ndr, NdrGoal, RateBound, Searched, SearchedLine, goal_name};
pub use profiled::{Annotated, Counting, Function, Looking, Part, Path, Paths, Profiled, Scheduling, Spin, Stack};
pub use soak::{CycleTrouble, FailedCycle, Growth, Pace, Soak, Verdict};
pub use watched::{CpuUse, PortLosses, Watched};

/// The version of the format that this program writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// The measure whose figures are instructions.
pub const COST: &str = "cost";

/// The measure whose figures are the highest rates with no more than a certain loss.
pub const NDR: &str = "ndr";

/// Everything that one `nsbench run` recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Version of this format.
    #[schemars(range(min = 1, max = SCHEMA))]
    pub schema: u32,
    /// Name of the directory under `results/`: `20261122-171500-lab`.
    pub id: String,
    /// RFC 3339 time at which the run began; unknown for published figures.
    pub started: Option<String>,
    /// Version of the program that measured; none for published figures.
    #[serde(default)]
    pub nsbench_version: Option<String>,
    /// Where the figures were published, if they were taken from print and not measured here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Publication>,
    /// Name of the testbed.
    pub testbed: String,
    /// What its file calls the middlebox, where it names several; `null` or missing where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middlebox: Option<String>,
    /// True where the hosts are the virtual lab: rates then rank nothing.
    pub emulated: bool,
    /// The resolved testbed file, defaults filled in.
    #[serde(default)]
    pub testbed_resolved: Value,
    /// The resolved framework profiles, by name.
    #[serde(default)]
    pub profiles: BTreeMap<String, Value>,
    /// The measurement settings: duration, protocol, trials, MTU.
    pub settings: Settings,
    /// What was asked for, by which an interrupted run can be gone on with; records of older versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<Experiment>,
    /// What each host is, by role: kernel, CPU, NICs, versions.
    pub provenance: BTreeMap<String, Value>,
    /// Which CPUs of the middlebox work for which line and direction.
    #[serde(default)]
    pub cores: Vec<LineCores>,
    /// What could bound the figures beside the framework; records of older versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceilings: Option<Ceilings>,
    /// The measurements in the order they were made.
    pub trials: Vec<Trial>,
    /// What a soak found, which measures no rates and has no trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Soak>,
    /// Where the time went, of a run that profiled; it has no trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profiled: Option<Profiled>,
}

impl Run {
    /// The run as `run.json` and `run --format json` have it, ending in a newline.
    ///
    /// # Panics
    /// Never: every key of a run is a string.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("every key of a run is a string");
        text.push('\n');
        text
    }
}

/// A printed source of figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Publication {
    /// How a table names it: `paper's Figure 3`.
    pub label: String,
    /// The full reference, and what the print does not say.
    pub source: String,
}

/// What was asked of every trial of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Traffic generator: `netperf`.
    pub generator: String,
    /// `tcp` or `udp`.
    pub protocol: Option<String>,
    /// Flows a line, where their ports were the same every time; else one, from a port that the kernel chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<u32>,
    /// What the bits of a rate are: payload, or frames without their check sequence.
    #[serde(default)]
    pub counts: Layer,
    /// Seconds of traffic in a trial that count.
    pub duration_s: Option<f64>,
    /// Seconds of traffic before those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup_s: Option<f64>,
    /// Seconds of traffic after them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<f64>,
    /// Trials a cell.
    pub trials: u32,
    /// MTU of the test ports, bytes.
    pub mtu: Option<u32>,
    /// How the machine was made on whose emulated clock a cost was counted; the figures depend on it.
    #[serde(default)]
    pub emulation: Option<String>,
    /// Whether the trials were made in random order, and not a cell after the other.
    #[serde(default)]
    pub shuffled: bool,
    /// What that order was drawn with: the same seed gives it again.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// Whether a trial gave a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Measured.
    Ok,
    /// Not measured; `reason` says why.
    Failed,
}

/// One measurement of one framework on a number of lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trial {
    /// Framework profile name.
    pub framework: String,
    /// Lines that carried traffic, 1 to 4 on the paper's testbed.
    pub lines: u32,
    /// Parameters of the framework, `framework.parameter` to value.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// What was measured: `throughput`, `cost`, `ndr`.
    pub measure: String,
    /// Number of this trial in its cell, from 1.
    pub trial: u32,
    /// RFC 3339 time at which the traffic began.
    pub started: Option<String>,
    /// Whether there is a number.
    pub status: Status,
    /// Why there is none.
    pub reason: Option<String>,
    /// What makes the number suspect, each a sentence.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What the kernels of the hosts said that makes it suspect, by host; of a host in trouble the first lines.
    #[serde(default)]
    pub kernel_log: BTreeMap<String, Vec<String>>,
    /// Sum over the lines, bits a second of what `settings.counts` says; of `ndr` that of its first goal.
    pub throughput_bps: Option<f64>,
    /// What the figure is near that is not the framework's, if anything is.
    #[serde(default)]
    pub limited_by: Option<Limit>,
    /// Bytes of the frames that were sent, without the frame check sequence, where that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_size: Option<u32>,
    /// Sizes of the frames and their weights, where several were mixed: `60*7+590*4+1514*1`. There is no `frame_size` then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_mix: Option<Mix>,
    /// What a packet cost the middlebox, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// The highest rates with no more than a certain loss, where those were searched for; of a search that did not end as far
    /// as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ndr: Option<Ndr>,
    /// The stretch of time that the rates are of; the whole time of the traffic where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Each line by itself.
    #[serde(default)]
    pub per_line: Vec<LineResult>,
    /// What each host did meanwhile, by role; empty where nobody looked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, Watched>,
    /// What the framework said of itself: module srcversion, daemon counters.
    #[serde(default)]
    pub framework_facts: BTreeMap<String, Value>,
    /// The commands that made the traffic, per line.
    #[serde(default)]
    pub commands: Vec<String>,
}

impl Trial {
    /// Which frames were sent, where that was chosen.
    pub fn frames(&self) -> Option<Frames> {
        Frames::recorded(self.frame_size, self.frame_mix.as_ref())
    }

    /// What it measured: instructions a packet where costs are, else bits a second; of several goals of a search those of
    /// the first that was reached.
    pub fn figure(&self) -> Option<f64> {
        match &self.ndr {
            _ if self.measure == COST => self.cost.map(|cost| cost.instructions_per_packet),
            Some(ndr) if self.status == Status::Ok => ndr.goals.iter().find_map(|goal| goal.throughput_bps),
            _ => self.throughput_bps,
        }
    }
}
