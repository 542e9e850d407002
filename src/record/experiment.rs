//! What was asked of a run: enough to go on with it where it ended, without the files it was begun from.
//!
//! Must not know how an experiment is written, nor in which order its trials are made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AskedRate, Ndr, Run, Status, Trial};
use crate::generator::{Frames, Mix};

/// What a run was asked to measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Experiment {
    /// Name of the experiment file, if there was one.
    pub name: Option<String>,
    /// Framework profiles as they were named: names, or paths.
    pub frameworks: Vec<String>,
    /// Numbers of lines.
    pub lines: Vec<u32>,
    /// Trials a cell; the least where a precision was asked for.
    pub trials: u32,
    /// Percent of a cell's mean that half of its 95 % interval was to be at most; without it there are exactly `trials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision_percent: Option<f64>,
    /// The most trials that were to be made for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_trials: Option<u32>,
    /// Seconds of traffic in a trial that count.
    pub duration_s: u64,
    /// Seconds of traffic before those.
    #[serde(default, skip_serializing_if = "is_none")]
    pub warmup_s: u64,
    /// Seconds of traffic after them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub cooldown_s: u64,
    /// What sends.
    #[serde(default = "netperf")]
    pub generator: String,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Flows a line, where their ports are the same every time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<u32>,
    /// `framework.parameter` and the values to try.
    pub set: BTreeMap<String, Vec<String>>,
    /// Groups of such parameters, each tried by itself beside `set`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<BTreeMap<String, Vec<String>>>,
    /// `throughput`, `cost` or `ndr`.
    #[serde(default = "throughput")]
    pub measure: String,
    /// Bytes of the frames to send, where that was chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frame_sizes: Vec<u32>,
    /// Mixes of sizes to send, beside those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frame_mixes: Vec<Mix>,
    /// What was to be searched for, where the highest rate was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<AskedRate>,
    /// Whether the trials are made in random order.
    pub shuffle: bool,
    /// What that order was drawn with.
    pub seed: Option<u64>,
    /// Lines that the testbed has; the cells may use fewer.
    pub testbed_lines: u32,
    /// Every cell that was to be measured, in the order that was asked for.
    pub cells: Vec<PlannedCell>,
}

/// A cell that was to be measured; its profile is in the run's `profiles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCell {
    /// Framework profile name.
    pub framework: String,
    /// Lines that carry traffic.
    pub lines: u32,
    /// Parameters of the framework, `framework.parameter` to value.
    pub params: BTreeMap<String, String>,
    /// Bytes of the frames to send, where that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_size: Option<u32>,
    /// Sizes of the frames to send and their weights, where several are mixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_mix: Option<Mix>,
}

/// Records of older versions have neither warm-up nor cool-down.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
const fn is_none(seconds: &u64) -> bool {
    *seconds == 0
}

/// What sent in records that do not say it.
fn netperf() -> String {
    "netperf".to_owned()
}

/// What records measured that do not say it.
fn throughput() -> String {
    "throughput".to_owned()
}

impl PlannedCell {
    /// Which frames are sent, where that was chosen.
    pub fn frames(&self) -> Option<Frames> {
        Frames::recorded(self.frame_size, self.frame_mix.as_ref())
    }

    fn is_of(&self, trial: &Trial) -> bool {
        let own = (&self.framework, self.lines, &self.params, self.frames());
        own == (&trial.framework, trial.lines, &trial.params, trial.frames())
    }
}

impl Run {
    /// Whether this trial of the cell was measured. One that failed was not.
    pub fn has_figure(&self, cell: &PlannedCell, number: u32) -> bool {
        self.trials.iter().any(|trial| trial.status == Status::Ok && trial.trial == number && cell.is_of(trial))
    }

    /// The figures of a cell, by the numbers of their trials.
    pub fn figures(&self, cell: &PlannedCell) -> BTreeMap<u32, f64> {
        let trials = self.trials.iter().filter(|trial| trial.status == Status::Ok && cell.is_of(trial));
        trials.filter_map(|trial| Some((trial.trial, trial.figure()?))).collect()
    }

    /// What a search for the highest rates of this trial of a cell had found when it ended before its time.
    pub fn unfinished(&self, cell: &PlannedCell, number: u32) -> Option<Ndr> {
        let trial = self.trials.iter().rev().find(|trial| trial.trial == number && cell.is_of(trial))?;
        trial.ndr.clone().filter(|_| trial.status == Status::Failed)
    }

    /// Adds a trial. Earlier attempts at the same one that failed give way to it.
    pub fn add(&mut self, trial: Trial) {
        let key =
            |trial: &Trial| (trial.framework.clone(), trial.lines, trial.params.clone(), trial.frames(), trial.trial);
        let added = key(&trial);
        self.trials.retain(|earlier| earlier.status == Status::Ok || key(earlier) != added);
        self.trials.push(trial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn with_batch(mut trial: Trial, batch: &str) -> Trial {
        trial.params.insert("netslice.batch".to_owned(), batch.to_owned());
        trial
    }

    fn cell(batch: &str) -> PlannedCell {
        PlannedCell {
            framework: "netslice".to_owned(),
            lines: 4,
            params: BTreeMap::from([("netslice.batch".to_owned(), batch.to_owned())]),
            frame_size: None,
            frame_mix: None,
        }
    }

    #[test]
    fn only_a_good_trial_of_the_very_cell_and_number_is_a_figure() {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        run.add(with_batch(sample::trial("netslice", 4, 1, 1e8), "16"));
        run.add(with_batch(sample::failed("netslice", 4, 2, "no"), "16"));
        assert!(run.has_figure(&cell("16"), 1));
        assert!(!run.has_figure(&cell("16"), 2), "it failed");
        assert!(!run.has_figure(&cell("64"), 1), "another value");
        assert!(!run.has_figure(&PlannedCell { lines: 1, ..cell("16") }, 1), "other lines");
    }

    #[test]
    fn a_failed_trial_gives_way_to_the_next_attempt_and_a_good_one_to_none() {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        run.add(sample::failed("netslice", 4, 1, "first"));
        run.add(sample::trial("bridge", 4, 1, 2e8));
        run.add(sample::failed("netslice", 4, 2, "another trial"));
        run.add(sample::failed("netslice", 4, 1, "second"));
        let reasons: Vec<_> = run.trials.iter().map(|trial| trial.reason.as_deref()).collect();
        assert_eq!(reasons, [None, Some("another trial"), Some("second")]);
        run.add(sample::trial("netslice", 4, 1, 1e8));
        run.add(sample::trial("bridge", 4, 1, 3e8));
        let rates: Vec<_> = run.trials.iter().filter_map(|trial| trial.throughput_bps).collect();
        assert_eq!(rates, [2e8, 1e8, 3e8]);
    }
}
