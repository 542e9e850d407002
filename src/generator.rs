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
    /// How long to send.
    pub duration: Duration,
    /// MTU of the line, bytes.
    pub mtu: u32,
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
}
