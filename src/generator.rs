//! Traffic generators: start on the source, one program a line, parse what they say, account for it.
//!
//! Must not know which framework forwards the traffic.

pub mod netperf;
pub mod wire;

use std::net::Ipv4Addr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Said;

/// Transport protocol of the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// One bulk connection a line.
    Tcp,
    /// Datagrams as fast as the source can; what arrives counts.
    Udp,
}

impl Protocol {
    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// What one line's traffic is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// Number of the line, from 1.
    pub line: u32,
    /// Address of the source's port.
    pub from: Ipv4Addr,
    /// Address of the sink's port.
    pub to: Ipv4Addr,
    /// Transport protocol.
    pub protocol: Protocol,
    /// How long what is sent counts.
    pub duration: Duration,
    /// How long to send before that, and after it.
    pub around: [Duration; 2],
    /// MTU of the line, bytes.
    pub mtu: u32,
}

impl Traffic {
    /// How long to send in all.
    pub fn sending(&self) -> Duration {
        let [warm_up, cool_down] = self.around;
        warm_up + self.duration + cool_down
    }
}

/// What a generator says of a stretch of its time, while it sends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// When the stretch ended, seconds since 1970 by the clock of the host that sends.
    pub end_s: f64,
    /// How long it was.
    pub duration_s: f64,
    /// Bits of payload a second that were sent in it.
    pub throughput_bps: f64,
}

impl Report {
    /// When the stretch began.
    pub fn begin_s(&self) -> f64 {
        self.end_s - self.duration_s
    }
}

/// What a generator measured on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Bits of payload a second that arrived.
    pub throughput_bps: f64,
    /// Seconds of traffic.
    pub elapsed_s: f64,
    /// What its two ends counted.
    pub said: Said,
    /// What it reported on the way, where those reports count what arrives.
    pub reports: Vec<Report>,
}
