//! What a soak recorded: a framework loaded and unloaded again and again, and what became of the host meanwhile.
//!
//! What each cycle found is in a file of its own beside the record, a line a cycle; here is what that comes to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A framework loaded and unloaded again and again under traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Soak {
    /// Framework profile name.
    pub framework: String,
    /// Lines that carried traffic.
    pub lines: u32,
    /// Parameters of the framework, `framework.parameter` to value; where there are several sets, the cycles took them in
    /// turn.
    pub params: Vec<BTreeMap<String, String>>,
    /// What each loaded framework said of itself, set by set.
    pub framework_facts: Vec<BTreeMap<String, serde_json::Value>>,
    /// Cycles that were asked for.
    pub cycles_asked: u32,
    /// Cycles that were begun.
    pub cycles: u32,
    /// Milliseconds for which each cycle carried traffic, counted from the first frames that came through.
    pub traffic_ms: u64,
    /// Frames that arrived at the sink, over all cycles.
    pub frames: u64,
    /// Cycles that did not come to their end.
    pub failed: Vec<FailedCycle>,
    /// What the kernels said of trouble.
    pub troubles: Vec<CycleTrouble>,
    /// Seconds of a cycle, the median.
    pub cycle_s: Option<f64>,
    /// How long loading took.
    pub load: Option<Pace>,
    /// How long unloading took.
    pub unload: Option<Pace>,
    /// Cycles at the beginning that are not judged: caches fill up in them.
    pub warm_up: u32,
    /// What the middlebox had in use when the framework was unloaded.
    pub memory: Vec<Growth>,
    /// Slab caches that were looked at; `null` where the kernel tells nothing of them.
    pub caches_watched: Option<u32>,
    /// Those that grow, by active objects.
    pub caches: Vec<Growth>,
    /// What it comes to.
    pub verdict: Verdict,
    /// The file with what each cycle found, in the directory of the run.
    pub samples: String,
}

/// What a soak comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It has not come to its end, or was interrupted, and nothing is wrong so far.
    Unfinished,
    /// The kernel logs are clean and nothing grows.
    Clean,
    /// The kernel logs are clean, and there were too few cycles to say whether something grows.
    TooShort,
    /// Something grows from cycle to cycle.
    Grows,
    /// A kernel told of trouble.
    KernelLog,
    /// A cycle failed, or a host was lost.
    Failed,
}

/// A cycle that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedCycle {
    /// Its number, from 1.
    pub cycle: u32,
    /// Why.
    pub reason: String,
}

/// What the kernel of a host said of trouble in a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CycleTrouble {
    /// The cycle's number, from 1; 0 for what was said before the first and while the hosts were given back.
    pub cycle: u32,
    /// The host, by role.
    pub host: String,
    /// The first lines.
    pub lines: Vec<String>,
}

/// How long something took that is done in every cycle, and whether it takes longer and longer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pace {
    /// Median, seconds.
    pub median_s: f64,
    /// Median of the first tenth, seconds.
    pub first_s: f64,
    /// Median of the last tenth, seconds.
    pub last_s: f64,
    /// Seconds more from cycle to cycle; `null` where there were too few.
    pub per_cycle_s: Option<f64>,
    /// Its interval of 99.99 %.
    pub interval_s: Option<[f64; 2]>,
    /// Whether it takes longer and longer; `null` where there were too few cycles.
    pub slows_down: Option<bool>,
}

/// Something that is in use, and whether it becomes more from cycle to cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Growth {
    /// What: the name of a cache, or of a figure as the file of samples has it.
    pub name: String,
    /// Median of the first tenth of the cycles that are judged.
    pub first: f64,
    /// Median of the last tenth.
    pub last: f64,
    /// More from cycle to cycle, or less where that is negative (Theil and Sen); `null` where there were too few.
    pub per_cycle: Option<f64>,
    /// Its interval of 99.99 %.
    pub interval: Option<[f64; 2]>,
    /// Bytes from cycle to cycle, of a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_cycle: Option<f64>,
    /// Whether that is a leak; `null` where it is not judged.
    pub leaks: Option<bool>,
}
