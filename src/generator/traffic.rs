//! What is sent on one line, as every generator is told.
//!
//! Must not know which generator sends it.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{Frames, Ports, Protocol};

/// What one line's traffic is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// Number of the line, from 1.
    pub line: u32,
    /// Interface of the source's port.
    pub port: String,
    /// Address of the source's port.
    pub from: Ipv4Addr,
    /// Address of the sink's port.
    pub to: Ipv4Addr,
    /// Hardware address of the sink's port; where no host was asked, words that stand for it.
    pub to_mac: String,
    /// Transport protocol.
    pub protocol: Protocol,
    /// How long what is sent counts.
    pub duration: Duration,
    /// How long to send before that, and after it.
    pub around: [Duration; 2],
    /// MTU of the line, bytes.
    pub mtu: u32,
    /// Which frames, where that was chosen.
    pub frame_size: Option<Frames>,
    /// Flows, where ports are to be the same every time.
    pub flows: Option<u32>,
    /// Packets a second; as many as the generator can where there is none.
    pub pace_pps: Option<u64>,
}

/// Bytes of Ethernet's header.
const ETHERNET: u32 = 14;

impl Traffic {
    /// How long to send in all.
    pub fn sending(&self) -> Duration {
        let [warm_up, cool_down] = self.around;
        warm_up + self.duration + cool_down
    }

    /// Bytes of payload of a UDP datagram: what the frame has room for, else what fills the MTU without fragments.
    pub fn datagram(&self) -> u32 {
        /// Of an IPv4 header without options, and of UDP's.
        const HEADERS: u32 = 20 + 8;
        self.frame_size.as_ref().map_or(self.mtu, |frames| frames.longest() - ETHERNET) - HEADERS
    }

    /// Bytes of a frame without its check sequence, on average; without a chosen size frames are full.
    pub fn mean_frame(&self) -> f64 {
        self.frame_size.as_ref().map_or_else(|| f64::from(self.mtu + ETHERNET), Frames::mean)
    }

    /// Ports of its flows, where they are fixed.
    pub fn ports(&self) -> Option<Ports> {
        self.flows.map(|flows| Ports::of(self.line, flows))
    }
}
