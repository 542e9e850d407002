//! What generators share that send frames and do not receive: the sink's port counts what arrives.
//!
//! Must not know how any of them sends.

use std::net::Ipv4Addr;

use super::{Abilities, Layer, Measured, Ports, Protocol, Traffic};
use crate::record::Said;

/// The shortest frame that Ethernet knows, without its check sequence.
pub const SMALLEST: u32 = 60;

/// What they can do at least.
pub const fn abilities(name: &'static str) -> Abilities {
    Abilities {
        name,
        protocols: &[Protocol::Udp],
        sized: &[Protocol::Udp],
        mixes: false,
        reports_flows: false,
        most_flows: 1,
        frame_size: Some(SMALLEST),
        layer: Layer::Frames,
        reports: &[],
        paces: &[],
    }
}

/// Where they send: the broadcast address of the line's own network, so that nobody answers.
pub fn destination(line: &Traffic) -> Ipv4Addr {
    let [a, b, c, _] = line.to.octets();
    Ipv4Addr::new(a, b, c, 255)
}

/// Ports of its flows, which are fixed also where nobody chose how many there are.
pub fn ports(line: &Traffic) -> Ports {
    line.ports().unwrap_or(Ports::of(line.line, 1))
}

/// What one of them measured on a line.
pub fn measured(line: &Traffic, elapsed_s: f64, said: Said) -> Measured {
    Measured { line: line.line, elapsed_s, arrived_bps: None, said, reports: Vec::new() }
}
