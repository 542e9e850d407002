//! What one line carried in a trial, and what was counted along it.
//!
//! Must not know how anything was counted. What nothing counted is `null`, never zero.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::loss::Lost;

/// Counters by their names.
pub type Counters = BTreeMap<String, u64>;

/// What one line carried in a trial.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineResult {
    /// Number of the line in the testbed file, from 1.
    pub line: u32,
    /// Bits a second of what `settings.counts` says, in the trial's `window`.
    pub throughput_bps: f64,
    /// The same over the whole time of the traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_bps: Option<f64>,
    /// Seconds of traffic as the generator measured them.
    pub elapsed_s: f64,
    /// What the generator reported on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interim: Vec<Interim>,
    /// What the four ports counted during the trial; `null` where nothing counts, as on a port that a user-space driver
    /// holds and whose framework tells no counts.
    pub ports: PortCounts,
    /// The same in the other direction: what the sink answers.
    #[serde(default)]
    pub reverse_ports: ReversePortCounts,
    /// Where packets from source to sink were lost.
    #[serde(default)]
    pub lost: Lost,
    /// Where packets from sink to source were lost.
    #[serde(default)]
    pub reverse_lost: Lost,
    /// Counters of drops and errors that moved, by port (`source`, `in`, `out`, `sink`) and the kernel's name, or the
    /// framework's. A port that is not here has no counters; a counter that is not here did not move, or the port lacks it.
    #[serde(default)]
    pub port_counters: BTreeMap<String, Counters>,
    /// What the framework says it did not forward, by its own names; only what moved.
    #[serde(default)]
    pub framework_counters: Counters,
    /// What the generator's two ends counted.
    #[serde(default)]
    pub generator: Said,
}

/// A stretch of the time of a trial's traffic, in which all of its lines were sending.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// When it began, seconds after the first line began to send.
    pub from_s: f64,
    /// How long it was, seconds.
    pub duration_s: f64,
}

/// What a generator reported of a stretch of its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interim {
    /// When the stretch began, seconds after the first line began to send, by the source's clock.
    pub from_s: f64,
    /// How long it was, seconds.
    pub duration_s: f64,
    /// Bits of payload a second that were sent in it; of iperf3, that arrived.
    pub throughput_bps: f64,
}

/// Packets and bytes at the four ports of a line, in the direction source to sink, from the kernel's
/// counters of each port. The difference of two neighbours is where packets were lost.
/// `None` where nothing counted, as on a port that a user-space driver holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the names say port, direction and unit
pub struct PortCounts {
    pub source_tx_packets: Option<u64>,
    pub middlebox_rx_packets: Option<u64>,
    pub middlebox_tx_packets: Option<u64>,
    pub sink_rx_packets: Option<u64>,
    pub source_tx_bytes: Option<u64>,
    pub middlebox_rx_bytes: Option<u64>,
    pub middlebox_tx_bytes: Option<u64>,
    pub sink_rx_bytes: Option<u64>,
}

/// The same in the direction sink to source: the middlebox receives at its `out` port, and sends at its `in` port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[allow(missing_docs)] // the names say port, direction and unit
pub struct ReversePortCounts {
    pub sink_tx_packets: Option<u64>,
    pub middlebox_rx_packets: Option<u64>,
    pub middlebox_tx_packets: Option<u64>,
    pub source_rx_packets: Option<u64>,
    pub sink_tx_bytes: Option<u64>,
    pub middlebox_rx_bytes: Option<u64>,
    pub middlebox_tx_bytes: Option<u64>,
    pub source_rx_bytes: Option<u64>,
}

/// What a generator's two ends counted, payload without any header; `null` where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Said {
    /// Bytes that its source handed to the kernel.
    pub sent_bytes: Option<u64>,
    /// Bytes that its sink took from the kernel.
    pub received_bytes: Option<u64>,
    /// Packets that its source handed to the kernel, where one call is one packet.
    pub sent_packets: Option<u64>,
    /// Packets that its sink took from the kernel, where one call is one packet.
    pub received_packets: Option<u64>,
    /// Segments that TCP sent again.
    pub retransmissions: Option<u64>,
    /// Microseconds in which its source sent, where it says them apart from those in which something arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sending_us: Option<u64>,
    /// Bytes of payload of a full TCP segment.
    pub segment_bytes: Option<u64>,
}

impl Said {
    /// What two flows of one line counted together; what one of them does not know is not known of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        Self {
            sent_bytes: sum(self.sent_bytes, other.sent_bytes),
            received_bytes: sum(self.received_bytes, other.received_bytes),
            sent_packets: sum(self.sent_packets, other.sent_packets),
            received_packets: sum(self.received_packets, other.received_packets),
            retransmissions: sum(self.retransmissions, other.retransmissions),
            sending_us: self.sending_us.max(other.sending_us),
            segment_bytes: self.segment_bytes.filter(|bytes| other.segment_bytes == Some(*bytes)),
        }
    }
}
