//! Whether what the generator says and what the ports counted are one story. A disagreement over 0.1 % marks the trial.
//!
//! Pure. Must not know how anything was read, nor which generator it was.
//!
//! The model, for a port that counts frames as they are on the wire: a frame is 14 bytes of Ethernet header, then IP. The
//! kernel's byte counters leave out the check sequence; some drivers have its 4 bytes in, which shows in the length of full
//! frames. Of TCP, headers of IP and TCP with its options are what the MTU has beside a full segment (1500 - 1448 = 52 with timestamps),
//! and every frame has them. What reached the sink's port is then what the sink's program got, and at most as much more as
//! was sent again, and the generator's control connection, which uses the same line. A datagram has 28 bytes of headers.
//! Fewer datagrams than the port counted may reach the program, as a full socket drops them: that is a loss, and no
//! disagreement. More cannot.

use crate::ceiling::{CHECK_SEQUENCE, HEADER, UDP_HEADERS};
use crate::generator::Protocol;
use crate::record::LineResult;
use crate::record::loss::BESIDE;

/// What disagreement is borne, as a share.
const BEARABLE: f64 = 0.001;

/// Bytes that the control connection, and frames of the hosts' own, put on a line beside the traffic: measured with netperf
/// 2.7.1, 0.7 to 2 KB a trial.
const BESIDE_BYTES: f64 = 4096.0;

/// Bytes of a VLAN tag, which a frame may have beside its MTU.
const VLAN: f64 = 4.0;

/// Sentences on what does not agree; none where all does, or what it takes was not counted.
pub fn disagreements(line: &LineResult, protocol: Protocol, mtu: u32) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(merged(line, mtu));
    if found.is_empty() {
        found.extend(bytes(line, protocol, mtu));
        found.extend(sent(line));
        found.extend(made(line));
    }
    found.into_iter().map(|what| format!("line {}: {what}", line.line)).collect()
}

/// What one end of a wire counted.
struct End {
    name: &'static str,
    bytes: f64,
    packets: f64,
}

impl End {
    fn new(name: &'static str, bytes: Option<u64>, packets: Option<u64>) -> Option<Self> {
        Some(Self { name, bytes: bytes? as f64, packets: packets? as f64 })
    }

    /// Frames were on average longer than they may be.
    fn is_long(&self, longest: f64) -> bool {
        self.bytes > self.packets * longest
    }

    fn counted_as_many_as(&self, other: &Self) -> bool {
        (self.packets - other.packets).abs() <= other.packets * BEARABLE
    }
}

/// Frames longer than the line can carry were merged before the port counted them, or not yet cut.
///
/// A port that counted as many as the other end of its wire, where none is too long, merged nothing, whatever its driver takes
/// for a frame's bytes: virtio-net of Linux 6.1 has the 12 of its own header in those that XDP redirects.
fn merged(line: &LineResult, mtu: u32) -> Option<String> {
    let ports = &line.ports;
    let source = End::new("source's port", ports.source_tx_bytes, ports.source_tx_packets);
    let near = End::new("middlebox's receiving port", ports.middlebox_rx_bytes, ports.middlebox_rx_packets);
    let far = End::new("middlebox's sending port", ports.middlebox_tx_bytes, ports.middlebox_tx_packets);
    let sink = End::new("sink's port", ports.sink_rx_bytes, ports.sink_rx_packets);
    let longest = f64::from(mtu) + HEADER + VLAN + CHECK_SEQUENCE;
    let merges = |end: &End, other: &Option<End>| {
        let vouches = |other: &End| !other.is_long(longest) && end.counted_as_many_as(other);
        end.is_long(longest) && !other.as_ref().is_some_and(vouches)
    };
    let ends = [(&source, &near), (&near, &source), (&far, &sink), (&sink, &far)];
    let known = ends.into_iter().filter_map(|(end, other)| Some((end.as_ref()?, other)));
    let names: Vec<_> = known.filter(|(end, other)| merges(end, other)).map(|(end, _)| end.name).collect();
    (!names.is_empty()).then(|| {
        format!(
            "the {} {} frames longer than MTU {mtu} allows, so an offload merges them there: packets cannot be followed from \
             port to port; for that, put it off: ethtool -K PORT tso off gso off gro off lro off",
            names.join(" and the "),
            if names.len() == 1 { "counts" } else { "count" }
        )
    })
}

/// Bytes of payload at the sink, by its port and by the generator.
fn bytes(line: &LineResult, protocol: Protocol, mtu: u32) -> Option<String> {
    let received = line.generator.received_bytes? as f64;
    let (bytes, packets) = (line.ports.sink_rx_bytes? as f64, line.ports.sink_rx_packets? as f64);
    let (headers, again) = match protocol {
        Protocol::Tcp => {
            let segment = line.generator.segment_bytes? as f64;
            (f64::from(mtu) - segment, line.generator.retransmissions? as f64 * segment)
        }
        Protocol::Udp => (UDP_HEADERS, f64::INFINITY),
    };
    // Traffic is of full frames: on average they are longer than the MTU allows only where the check sequence is counted.
    let check_sequence = if bytes > packets * (f64::from(mtu) + HEADER) { CHECK_SEQUENCE } else { 0.0 };
    let counted = bytes - packets * (HEADER + headers + check_sequence);
    let apart = (received - counted).max(counted - received - again - BESIDE_BYTES).max(0.0);
    let share = apart / received.max(1.0);
    (share > BEARABLE).then(|| {
        format!(
            "the generator's sink took {received:.0} bytes, and the sink's port counted {counted:.0} without headers: {:.2} % apart",
            share * 100.0
        )
    })
}

/// More datagrams at the source's port than its program sent.
fn sent(line: &LineResult) -> Option<String> {
    let (said, counted) = (line.generator.sent_packets? as f64, line.ports.source_tx_packets? as f64);
    let share = (counted - said - BESIDE as f64) / said.max(1.0);
    (share > BEARABLE).then(|| {
        format!(
            "the source's port sent {counted:.0} packets, and the generator {said:.0}: somebody else sends there, or the datagrams \
             were cut in pieces"
        )
    })
}

/// More packets behind a place than before it, in either direction.
fn made(line: &LineResult) -> Option<String> {
    let [forward, reverse] = line.losses();
    let sent = [line.ports.source_tx_packets, line.reverse_ports.sink_tx_packets];
    let inside = |(lost, sent): (crate::record::loss::Lost, Option<u64>)| {
        let bearable = (sent? as f64 * BEARABLE).max(BESIDE as f64);
        let places = lost.places().into_iter().filter(|(place, _)| !matches!(*place, "in the source" | "in the sink"));
        places.filter_map(|(place, lost)| Some((place, -lost?))).find(|(_, more)| *more as f64 > bearable)
    };
    let (place, more) = [forward, reverse].into_iter().zip(sent).find_map(inside)?;
    Some(format!(
        "{more} packets more than were sent came out {place}: somebody else sends there, or a port counts otherwise"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PortCounts, Said};

    /// A line whose four ports counted the same.
    fn line(packets: u64, bytes: u64, generator: Said) -> LineResult {
        let (packets, bytes) = (Some(packets), Some(bytes));
        let ports = PortCounts {
            source_tx_packets: packets,
            middlebox_rx_packets: packets,
            middlebox_tx_packets: packets,
            sink_rx_packets: packets,
            source_tx_bytes: bytes,
            middlebox_rx_bytes: bytes,
            middlebox_tx_bytes: bytes,
            sink_rx_bytes: bytes,
        };
        LineResult { line: 1, ports, generator, ..LineResult::default() }
    }

    /// netperf 2.7.1 over a pair of veth, MTU 1500, no offloads, and what the sink's port counted meanwhile.
    fn tcp() -> LineResult {
        let said = Said {
            sent_bytes: Some(119_414_528),
            received_bytes: Some(119_414_528),
            retransmissions: Some(2),
            segment_bytes: Some(1448),
            ..Said::default()
        };
        line(94_926, 125_680_392, said)
    }

    fn udp() -> LineResult {
        let said = Said {
            sent_bytes: Some(166_093_120),
            received_bytes: Some(76_705_920),
            sent_packets: Some(112_835),
            received_packets: Some(52_110),
            ..Said::default()
        };
        line(112_846, 170_833_512, said)
    }

    #[test]
    fn what_netperf_said_and_a_port_counted_agrees_to_the_control_connection() {
        assert_eq!(disagreements(&tcp(), Protocol::Tcp, 1500), [""; 0]);
        // A full socket dropped half of them: that is a loss, and counted as one.
        assert_eq!(disagreements(&udp(), Protocol::Udp, 1500), [""; 0]);
    }

    /// netperf for 2 s through the kernel's bridge between three network namespaces; two frames are the bridge's own.
    #[test]
    fn segments_that_a_bridge_lost_and_tcp_sent_again_leave_the_story_as_it_is() {
        let said = Said {
            sent_bytes: Some(205_766_656),
            received_bytes: Some(205_779_120),
            retransmissions: Some(90),
            segment_bytes: Some(1448),
            ..Said::default()
        };
        let mut line = line(142_860, 215_287_404, said);
        line.ports.source_tx_packets = Some(142_858);
        line.ports.middlebox_rx_packets = Some(142_858);
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0]);
        line.generator.retransmissions = Some(0);
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0], "80 KB of 206 MB are 0.04 %");
    }

    #[test]
    fn a_driver_that_counts_the_check_sequence_agrees_as_well() {
        // 100,000 full segments, and their acknowledgements' check sequences do not come this way.
        let said = Said { received_bytes: Some(144_800_000), ..tcp().generator };
        let line = line(100_000, 100_000 * 1518, said);
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0]);
    }

    #[test]
    fn payload_that_the_port_never_saw_and_payload_that_nobody_got_are_marked() {
        let mut more = tcp();
        more.generator.received_bytes = Some(119_414_528 + 300_000);
        let mut less = tcp();
        less.generator.received_bytes = Some(119_414_528 - 300_000);
        for line in [more, less] {
            let found = disagreements(&line, Protocol::Tcp, 1500);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("line 1: ") && found[0].contains("without headers: 0.2"), "{found:?}");
        }
        let mut datagrams = udp();
        datagrams.generator.received_bytes = Some(170_000_000);
        assert_eq!(disagreements(&datagrams, Protocol::Udp, 1500).len(), 1);
    }

    #[test]
    fn what_was_sent_again_may_arrive_twice() {
        let mut line = tcp();
        line.generator.retransmissions = Some(400);
        line.ports.sink_rx_packets = Some(94_926 + 300);
        line.ports.sink_rx_bytes = Some(125_680_392 + 300 * 1514);
        line.lost.wire_out = Some(0);
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0]);
    }

    #[test]
    fn frames_that_an_offload_merged_are_named_with_the_cure_and_not_compared() {
        let mut line = tcp();
        line.ports.source_tx_packets = Some(4000);
        let found = disagreements(&line, Protocol::Tcp, 1500);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("source's port counts frames longer") && found[0].contains("tso off"), "{found:?}");
    }

    /// netperf for 2 s through XDP on Linux 6.1 with virtio-net: each redirected frame counts 12 bytes more.
    #[test]
    fn a_driver_that_counts_a_header_of_its_own_merges_nothing() {
        let said = Said {
            sent_bytes: Some(68_829_184),
            received_bytes: Some(68_829_184),
            retransmissions: Some(64),
            segment_bytes: Some(1448),
            ..Said::default()
        };
        let mut line = line(47_574, 71_969_740, said);
        line.ports.middlebox_tx_bytes = Some(72_540_628);
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0]);
        // As many bytes in fewer frames are merged.
        line.ports.middlebox_tx_packets = Some(47_000);
        assert!(disagreements(&line, Protocol::Tcp, 1500)[0].contains("middlebox's sending port counts frames longer"));
    }

    #[test]
    fn packets_from_nowhere_are_told_of_and_a_few_are_nobodys_concern() {
        let mut line = tcp();
        line.ports.middlebox_rx_packets = Some(94_926 + 39);
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0]);
        line.ports.middlebox_rx_packets = Some(94_926 + 500);
        let found = disagreements(&line, Protocol::Tcp, 1500);
        assert!(found.len() == 1 && found[0].contains("500 packets more than were sent"), "{found:?}");
        let mut datagrams = udp();
        datagrams.generator.sent_packets = Some(56_000);
        assert!(disagreements(&datagrams, Protocol::Udp, 1500)[0].contains("cut in pieces"));
    }

    #[test]
    fn what_was_not_counted_cannot_disagree() {
        assert_eq!(disagreements(&LineResult::default(), Protocol::Tcp, 1500), [""; 0]);
        let mut line = tcp();
        line.generator = Said::default();
        assert_eq!(disagreements(&line, Protocol::Tcp, 1500), [""; 0]);
    }
}
