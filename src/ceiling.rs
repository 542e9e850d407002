//! What could bound a figure beside the framework: the cable, the slots of the cards, the generator. Pure formulas, each with
//! where it comes from.
//!
//! Must not know of hosts or records.
//!
//! A frame on the wire (IEEE 802.3): 7 bytes of preamble, 1 of start delimiter, 14 of header, what the MTU bounds, 4 of check
//! sequence, and at least 12 bytes of silence. An IPv4 header has 20 bytes (RFC 791), one of UDP 8 (RFC 768), one of TCP 20
//! (RFC 9293) and 12 more of timestamps (RFC 7323), which Linux puts into every segment unless told not to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::generator::Protocol;
use crate::units::BitsPerSecond;

/// Bytes around the MTU that the kernel counts, that are in a whole frame, and that take time on the wire.
pub const HEADER: f64 = 14.0;
/// See [`HEADER`].
pub const CHECK_SEQUENCE: f64 = 4.0;
const PREAMBLE_AND_GAP: f64 = 20.0;

/// Bytes of headers between MTU and payload.
const TCP_HEADERS: f64 = 52.0;
const TCP_HEADERS_WITHOUT_TIMESTAMPS: f64 = 40.0;
/// The same of a datagram.
pub const UDP_HEADERS: f64 = 28.0;

/// From which share of a ceiling on a figure may be that ceiling's.
pub const NEAR: f64 = 0.98;

/// What a ceiling is of that is not the framework's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// The cable of a line, at this MTU and protocol.
    LinkLimited,
    /// The slot of a card.
    PcieLimited,
    /// What source and sink do without the middlebox's forwarding.
    GeneratorLimited,
}

impl Limit {
    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkLimited => "link-limited",
            Self::PcieLimited => "pcie-limited",
            Self::GeneratorLimited => "generator-limited",
        }
    }
}

/// Where bits are counted: the same packets are more of them further down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// What a program sends: what netperf and this program's tables count.
    Payload(Protocol),
    /// The payload of TCP without timestamps.
    TcpWithoutTimestamps,
    /// IP packets, headers and all.
    Ip,
    /// Frames as the kernel counts them.
    Frame,
    /// Frames with their check sequence.
    WholeFrame,
}

impl Layer {
    /// All of them, the highest first: each carries fewer bits than the next.
    pub const ALL: [Self; 6] = [
        Self::Payload(Protocol::Tcp),
        Self::TcpWithoutTimestamps,
        Self::Payload(Protocol::Udp),
        Self::Ip,
        Self::Frame,
        Self::WholeFrame,
    ];

    /// What it counts, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload(Protocol::Tcp) => "payload of TCP",
            Self::TcpWithoutTimestamps => "payload of TCP without timestamps",
            Self::Payload(Protocol::Udp) => "payload of UDP",
            Self::Ip => "IP packets",
            Self::Frame => "frames",
            Self::WholeFrame => "frames with their check sequence",
        }
    }

    /// The share of a line rate that is counted here when all frames are full.
    pub fn share(self, mtu: u32) -> f64 {
        self.share_of(f64::from(mtu))
    }

    /// The same when frames have this size on average, as ports count them: full ones are those of a smaller MTU.
    pub fn share_of_frames(self, mean_size: f64) -> f64 {
        self.share_of(mean_size - HEADER)
    }

    fn share_of(self, mtu: f64) -> f64 {
        let counted = match self {
            Self::Payload(Protocol::Tcp) => mtu - TCP_HEADERS,
            Self::TcpWithoutTimestamps => mtu - TCP_HEADERS_WITHOUT_TIMESTAMPS,
            Self::Payload(Protocol::Udp) => mtu - UDP_HEADERS,
            Self::Ip => mtu,
            Self::Frame => mtu + HEADER,
            Self::WholeFrame => mtu + HEADER + CHECK_SEQUENCE,
        };
        counted / (mtu + HEADER + CHECK_SEQUENCE + PREAMBLE_AND_GAP)
    }
}

/// Which ceiling the figure of one line is under that says neither MTU nor layer, where it is above what payload of TCP can
/// be at MTU 1500. In each of the usual MTUs it is the first layer that could carry it.
pub fn beyond_usual(bps: f64, line_rate_bps: f64) -> Option<String> {
    let usual = Layer::Payload(Protocol::Tcp);
    let ceiling = |layer: Layer, mtu: u32| layer.share(mtu) * line_rate_bps;
    if bps <= ceiling(usual, 1500) {
        return None;
    }
    let gigabits = |bps: f64| format!("{:.3} Gb/s", bps / 1e9);
    let under = |mtu: u32| match Layer::ALL.into_iter().find(|layer| bps <= ceiling(*layer, mtu)) {
        Some(layer) => format!("at MTU {mtu} under {} of {}", gigabits(ceiling(layer, mtu)), layer.name()),
        None => format!("at MTU {mtu} above all that a line carries"),
    };
    Some(format!(
        "a line of {} carries {} of {} at MTU 1500, and this is more: {}, {}",
        BitsPerSecond(line_rate_bps),
        gigabits(ceiling(usual, 1500)),
        usual.name(),
        under(1500),
        under(9000)
    ))
}

/// A PCI Express link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pcie {
    /// Transfers a second and lane, in billions: 8 for the third generation.
    pub gigatransfers: f64,
    /// Lanes.
    pub width: u32,
}

impl Pcie {
    /// An estimate of what packets leave room for: each has 24 bytes of header, sequence number and check beside 128 of data,
    /// which is the payload that every device takes. Descriptors and acknowledgements come on top, longer payloads take less.
    pub const ESTIMATED_SHARE: f64 = 128.0 / 152.0;

    /// As sysfs writes it: `8.0 GT/s PCIe` and a number of lanes.
    pub fn read(speed: &str, width: u32) -> Option<Self> {
        let gigatransfers = speed.split(' ').next()?.parse().ok()?;
        (gigatransfers > 0.0 && (1..=32).contains(&width)).then_some(Self { gigatransfers, width })
    }

    /// Bits a second in one direction after line coding: 8b/10b up to 5 GT/s, 128b/130b above, 236 of 256 bytes of a flit
    /// from 64 GT/s on (PCI Express Base Specification).
    pub fn bps(self) -> f64 {
        let coding = match self.gigatransfers {
            speed if speed <= 5.0 => 8.0 / 10.0,
            speed if speed < 64.0 => 128.0 / 130.0,
            _ => 236.0 / 256.0,
        };
        self.gigatransfers * 1e9 * f64::from(self.width) * coding
    }

    /// What of that data can have, by [`Self::ESTIMATED_SHARE`].
    pub fn usable_bps(self) -> f64 {
        self.bps() * Self::ESTIMATED_SHARE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < expected * 5e-4, "{value} is not {expected}");
    }

    #[test]
    fn a_ten_gigabit_line_carries_what_textbooks_say() {
        close(Layer::Payload(Protocol::Tcp).share(1500), 0.9415);
        close(Layer::Payload(Protocol::Udp).share(1500), 0.9571);
        close(Layer::Ip.share(1500), 0.9753);
        close(Layer::Payload(Protocol::Tcp).share(9000), 0.9900);
        for mtu in [576, 1500, 9000] {
            assert!(Layer::ALL.windows(2).all(|pair| pair[0].share(mtu) < pair[1].share(mtu)), "{mtu}");
        }
    }

    #[test]
    fn the_papers_fastest_line_is_above_all_that_mtu_1500_carries() {
        let said = beyond_usual(9.91e9, 10e9).unwrap();
        assert_eq!(
            said,
            "a line of 10.00 Gb/s carries 9.415 Gb/s of payload of TCP at MTU 1500, and this is more: at MTU 1500 above all \
             that a line carries, at MTU 9000 under 9.914 Gb/s of payload of TCP without timestamps"
        );
        assert!(
            beyond_usual(9.78e9, 10e9).unwrap().contains("at MTU 9000 under 9.900 Gb/s of payload of TCP"),
            "{said}"
        );
        assert_eq!(beyond_usual(9.26e9, 10e9), None);
    }

    #[test]
    fn a_slot_of_the_third_generation_with_eight_lanes_has_63_gigabits() {
        let slot = Pcie::read("8.0 GT/s PCIe", 8).unwrap();
        close(slot.bps(), 63.0e9);
        close(slot.usable_bps(), 53.06e9);
        close(Pcie::read("2.5 GT/s PCIe", 4).unwrap().bps(), 8e9);
        close(Pcie::read("5 GT/s", 8).unwrap().bps(), 32e9);
        close(Pcie::read("64.0 GT/s PCIe", 16).unwrap().bps(), 944e9);
    }

    #[test]
    fn what_is_no_speed_or_width_is_not_known() {
        for (speed, width) in [("Unknown", 8), ("", 8), ("8.0 GT/s PCIe", 0), ("8.0 GT/s PCIe", 255), ("-1 GT/s", 8)] {
            assert_eq!(Pcie::read(speed, width), None, "{speed} x{width}");
        }
    }
}
