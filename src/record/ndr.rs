//! The highest rates at which no more is lost than allowed, and the search for them.
//!
//! Must not know how a rate is searched for, nor how it is shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ceiling::Limit;
use crate::measure::search::{Method, Verdict};
use crate::units::Percent;

/// What was to be searched for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskedRate {
    /// Percent of the packets that may be lost, a goal each, ascending.
    pub loss_percent: Vec<f64>,
    /// How the rates that are tried are chosen.
    pub search: Method,
    /// How far apart the bounds of a goal may be at the end, percent of the upper one.
    pub width_percent: f64,
}

/// What a search found, and every trial that it made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ndr {
    /// How the rates that were tried were chosen.
    pub search: Method,
    /// How far apart the bounds of a goal were to be at the end, percent of the upper one.
    pub width_percent: f64,
    /// Bytes of the frames without their check sequence; of mixed sizes the mean, rounded.
    pub frame_size: u32,
    /// Each goal, by what may be lost, ascending.
    pub goals: Vec<NdrGoal>,
    /// Trials that were made.
    pub trials: u32,
    /// Seconds from the beginning of the first to the end of the last, what is between them counted.
    pub seconds: f64,
    /// Those trials, in the order in which they were made. All lines were sent on at once, at the same rate.
    pub searched: Vec<Searched>,
}

/// What was found for one goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NdrGoal {
    /// Percent of a line's packets that may be lost.
    pub loss_percent: f64,
    /// How the search for it ended.
    pub verdict: Verdict,
    /// Packets a second of all lines that arrived at the lower bound: the figure. `null` where even the lowest rate lost more.
    pub packets_per_s: Option<f64>,
    /// The same in bits of frames without their check sequence.
    pub throughput_bps: Option<f64>,
    /// What the figure is near that is not the framework's, if anything is.
    #[serde(default)]
    pub limited_by: Option<Limit>,
    /// The highest rate that met the goal.
    pub lower: Option<RateBound>,
    /// The lowest rate that did not.
    pub upper: Option<RateBound>,
}

/// A rate by which a goal is bounded, of one line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RateBound {
    /// Packets a second that were to be sent on each line.
    pub intended_pps: u64,
    /// Packets a second that were sent, on the slowest line of the slowest trial; `null` where no trial had full length.
    pub offered_pps: Option<f64>,
    /// Percent of a line's packets that were lost in the trials by which the rate was judged, in the worst that counts; `null`
    /// where no trial had full length.
    pub loss_percent: Option<f64>,
    /// Trials of full length.
    pub trials: u32,
}

/// One trial of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Searched {
    /// Packets a second that were to be sent on each line; `null` where it was as many as the generator could.
    pub intended_pps: Option<u64>,
    /// Packets a second that were sent, on the slowest line.
    pub offered_pps: f64,
    /// Seconds of traffic that were asked for.
    pub duration_s: u64,
    /// Percent of the packets that were lost, on the line that lost the largest share.
    pub loss_percent: f64,
    /// Whether the source sent over 1 % less than it was to, so that nothing follows for the intended rate.
    pub short: bool,
    /// Each line by itself.
    pub per_line: Vec<SearchedLine>,
}

/// What one line carried in a trial of a search, by the counters of the ports at its ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchedLine {
    /// Number of the line in the testbed file, from 1.
    pub line: u32,
    /// Packets that the source's port sent.
    pub sent_packets: u64,
    /// Packets that the sink's port took in.
    pub received_packets: u64,
    /// Seconds in which the generator sent, as it measured them.
    pub elapsed_s: f64,
    /// Where packets were lost, each place and how many; places that lost none, and those of which nobody knows, are not here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostAt>,
}

/// Packets that were lost at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostAt {
    /// `in the framework`.
    pub place: String,
    /// How many.
    pub packets: i64,
}

impl NdrGoal {
    /// What it is called: `no loss`, `0.5 % loss`.
    pub fn name(&self) -> String {
        goal_name(self.loss_percent)
    }

    /// Why it has no figure, where it has none.
    pub fn reason(&self) -> Option<String> {
        if self.packets_per_s.is_some() {
            return None;
        }
        let upper = self.upper.map(|upper| match upper.loss_percent {
            Some(loss) => format!("{} packets/s a line lost {}", upper.intended_pps, Percent(loss)),
            None => format!("{} packets/s a line lost more", upper.intended_pps),
        });
        Some(match (self.verdict, upper) {
            (Verdict::Unsettled, _) => format!("the search for {} had not ended", self.name()),
            (_, Some(upper)) => format!("no rate with {} was found: even {upper}", self.name()),
            (_, None) => format!("no rate with {} was found", self.name()),
        })
    }
}

/// What a goal is called.
pub fn goal_name(loss_percent: f64) -> String {
    if loss_percent == 0.0 { "no loss".to_owned() } else { format!("{loss_percent} % loss") }
}
