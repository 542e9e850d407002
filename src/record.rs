//! The result format: what `run.json` holds. One [`Run`] is one invocation of `nsbench run`,
//! one [`Trial`] one measurement of one cell.
//!
//! Other programs rely on these keys: more may be added, none is renamed. Must not touch a host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format that this program writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// Everything that one `nsbench run` recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Version of this format, [`SCHEMA`].
    pub schema: u32,
    /// Name of the directory under `results/`: `20261122-171500-lab`.
    pub id: String,
    /// RFC 3339 time at which the run began.
    pub started: String,
    /// Name of the testbed.
    pub testbed: String,
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
    /// What each host is, by role: kernel, CPU, NICs, versions.
    pub provenance: BTreeMap<String, Value>,
    /// The measurements in the order they were made.
    pub trials: Vec<Trial>,
}

/// What was asked of every trial of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Traffic generator: `netperf`.
    pub generator: String,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Seconds of traffic in a trial.
    pub duration_s: f64,
    /// Trials a cell.
    pub trials: u32,
    /// MTU of the test ports, bytes.
    pub mtu: u32,
}

/// Whether a trial gave a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Measured.
    Ok,
    /// Not measured; `reason` says why.
    Failed,
}

/// One measurement of one framework on a number of lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Framework profile name.
    pub framework: String,
    /// Lines that carried traffic, 1 to 4 on the paper's testbed.
    pub lines: u32,
    /// Parameters of the framework, `framework.parameter` to value.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// What was measured: `throughput`.
    pub measure: String,
    /// Number of this trial in its cell, from 1.
    pub trial: u32,
    /// RFC 3339 time at which the traffic began.
    pub started: String,
    /// Whether there is a number.
    pub status: Status,
    /// Why there is none.
    pub reason: Option<String>,
    /// What makes the number suspect, each a sentence.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Sum over the lines, bits of payload a second as the generator counts them.
    pub throughput_bps: Option<f64>,
    /// Each line by itself.
    #[serde(default)]
    pub per_line: Vec<LineResult>,
    /// What the framework said of itself: module srcversion, daemon counters.
    #[serde(default)]
    pub framework_facts: BTreeMap<String, Value>,
    /// The commands that made the traffic, per line.
    #[serde(default)]
    pub commands: Vec<String>,
}

/// What one line carried in a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineResult {
    /// Number of the line in the testbed file, from 1.
    pub line: u32,
    /// Bits of payload a second, from the generator.
    pub throughput_bps: f64,
    /// Seconds of traffic as the generator measured them.
    pub elapsed_s: f64,
    /// Packets that the four ports counted during the trial.
    pub ports: PortCounts,
}

/// Packets and bytes at the four ports of a line, in the direction source to sink, from the kernel's
/// counters of each port. The difference of two neighbours is where packets were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say port, direction and unit
pub struct PortCounts {
    pub source_tx_packets: u64,
    pub middlebox_rx_packets: u64,
    pub middlebox_tx_packets: u64,
    pub sink_rx_packets: u64,
    pub source_tx_bytes: u64,
    pub middlebox_rx_bytes: u64,
    pub middlebox_tx_bytes: u64,
    pub sink_rx_bytes: u64,
}
