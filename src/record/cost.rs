//! The price of a packet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The price of forwarding one packet. It is no time: what waits for memory, and for another CPU, is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Instructions that the middlebox executed per forwarded packet.
    pub instructions_per_packet: f64,
    /// Bytes of a frame, without the frame check sequence.
    pub frame_size: u32,
    /// How they were counted.
    #[serde(default)]
    pub counted_by: Option<CountedBy>,
    /// Packets that were forwarded meanwhile.
    #[serde(default)]
    pub packets: Option<u64>,
    /// The share of the packets that was lost, from 0 to 1.
    #[serde(default)]
    pub lost_share: Option<f64>,
    /// Instructions that the middlebox executes without any packet, which were subtracted; none of them where a framework
    /// counted by itself.
    #[serde(default)]
    pub idle_instructions: Option<f64>,
    /// Cycles of the CPU per packet; only real ones have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles_per_packet: Option<f64>,
    /// Misses of the second-level cache per packet, where the CPU counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2_misses_per_packet: Option<f64>,
    /// Misses of the last-level cache per packet, where the CPU counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub llc_misses_per_packet: Option<f64>,
}

/// How instructions were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountedBy {
    /// By the clock of an emulated middlebox, on which each is a nanosecond.
    InstructionClock,
    /// By that clock, in those turns of a polling framework in which there was a packet.
    BusyBursts,
    /// By `perf stat` on a real one.
    PerfStat,
}
