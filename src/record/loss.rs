//! Where packets of a line were lost, from what was counted along it.
//!
//! Must not know how the counters were read or how a loss is shown.
//!
//! The kernel's `rx_packets` has what the host took in, and not what a full ring made the card drop: that is in
//! `rx_missed_errors` or, with older drivers, in `rx_fifo_errors`. `tx_packets` has what went out; what a driver had no room
//! for is in `tx_dropped`. (Linux, Documentation/networking/statistics.rst.) So a gap between two ports is parted into what a
//! port says it dropped and the rest, which is the cable's or the framework's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::line::LineResult;

/// Packets that a generator's control connection and the hosts' own frames may put on a line beside the traffic, in a trial.
pub const BESIDE: i64 = 40;

/// Counters of a port of which each may have the packets that came and were not taken in. Drivers put one loss into
/// several, so the largest counts.
const NOT_TAKEN_IN: [&str; 3] = ["rx_missed_errors", "rx_fifo_errors", "rx_over_errors"];

/// The same of packets that were to go out and did not.
const NOT_SENT: [&str; 3] = ["tx_dropped", "tx_errors", "tx_fifo_errors"];

/// Packets that were lost in one direction of a line, by the place, which is the same for both directions. Negative where
/// more left a place than entered it, as frames of other programs do; `null` where one of the two counts is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Lost {
    /// In the source: between its program and its port.
    pub source: Option<i64>,
    /// At the source's port, as that says.
    pub source_nic: Option<i64>,
    /// On the cable between source and middlebox.
    pub wire_in: Option<i64>,
    /// At the middlebox's receiving port, as that says.
    pub middlebox_nic: Option<i64>,
    /// Between the middlebox's ports: in the framework, and what the kernel does for it.
    pub framework: Option<i64>,
    /// At the middlebox's sending port, as that says.
    pub middlebox_transmit: Option<i64>,
    /// On the cable between middlebox and sink.
    pub wire_out: Option<i64>,
    /// At the sink's port, as that says.
    pub sink_nic: Option<i64>,
    /// In the sink: between its port and its program.
    pub sink: Option<i64>,
}

impl Lost {
    /// From source to sink.
    pub fn forward(line: &LineResult) -> Self {
        let (ports, said) = (&line.ports, &line.generator);
        let dropped = |seat, names| dropped(line, seat, names);
        let not_sent = dropped("source", &NOT_SENT);
        let (source, source_nic) = match said.sent_packets {
            Some(sent) => parted(gap(Some(sent), ports.source_tx_packets), not_sent),
            None => (None, not_sent),
        };
        let (wire_in, middlebox_nic) =
            parted(gap(ports.source_tx_packets, ports.middlebox_rx_packets), dropped("in", &NOT_TAKEN_IN));
        let (framework, middlebox_transmit) =
            parted(gap(ports.middlebox_rx_packets, ports.middlebox_tx_packets), dropped("out", &NOT_SENT));
        let (wire_out, sink_nic) =
            parted(gap(ports.middlebox_tx_packets, ports.sink_rx_packets), dropped("sink", &NOT_TAKEN_IN));
        let sink = gap(ports.sink_rx_packets, said.received_packets);
        Self { source, source_nic, wire_in, middlebox_nic, framework, middlebox_transmit, wire_out, sink_nic, sink }
    }

    /// From sink to source, where a generator does not say what it sent.
    pub fn reverse(line: &LineResult) -> Self {
        let ports = &line.reverse_ports;
        let dropped = |seat, names| dropped(line, seat, names);
        let (wire_out, middlebox_nic) =
            parted(gap(ports.sink_tx_packets, ports.middlebox_rx_packets), dropped("out", &NOT_TAKEN_IN));
        let (framework, middlebox_transmit) =
            parted(gap(ports.middlebox_rx_packets, ports.middlebox_tx_packets), dropped("in", &NOT_SENT));
        let (wire_in, source_nic) =
            parted(gap(ports.middlebox_tx_packets, ports.source_rx_packets), dropped("source", &NOT_TAKEN_IN));
        let sink_nic = dropped("sink", &NOT_SENT);
        Self {
            source: None,
            source_nic,
            wire_in,
            middlebox_nic,
            framework,
            middlebox_transmit,
            wire_out,
            sink_nic,
            sink: None,
        }
    }

    /// Each place in the order of the traffic from source to sink, as it stands behind "lost".
    pub const fn places(&self) -> [(&'static str, Option<i64>); 9] {
        [
            ("in the source", self.source),
            ("at the source's port", self.source_nic),
            ("between source and middlebox", self.wire_in),
            ("at the middlebox's receiving port", self.middlebox_nic),
            ("in the framework", self.framework),
            ("at the middlebox's sending port", self.middlebox_transmit),
            ("between middlebox and sink", self.wire_out),
            ("at the sink's port", self.sink_nic),
            ("in the sink", self.sink),
        ]
    }
}

impl LineResult {
    /// Packets that the source's port sent and the sink's did not get, wherever that was; `None` where either is unknown.
    pub fn lost_on_the_way(&self) -> Option<i64> {
        gap(self.ports.source_tx_packets, self.ports.sink_rx_packets)
    }

    /// The losses as recorded, or worked out where an older version recorded none.
    pub fn losses(&self) -> [Lost; 2] {
        let known = |lost: Lost, computed: Lost| if lost == Lost::default() { computed } else { lost };
        [known(self.lost, Lost::forward(self)), known(self.reverse_lost, Lost::reverse(self))]
    }
}

/// Packets that entered a stretch and did not leave it.
fn gap(entered: Option<u64>, left: Option<u64>) -> Option<i64> {
    Some(i64::try_from(entered?).ok()? - i64::try_from(left?).ok()?)
}

/// What of a gap is nobody's, and what a port says it dropped; it cannot have dropped more than is missing.
fn parted(gap: Option<i64>, dropped: Option<i64>) -> (Option<i64>, Option<i64>) {
    match (gap, dropped) {
        (Some(gap), Some(dropped)) => {
            let dropped = dropped.min(gap.max(0));
            (Some(gap - dropped), Some(dropped))
        }
        other => other,
    }
}

/// What the port at `seat` says it dropped, by that one of `names` that has most.
fn dropped(line: &LineResult, seat: &str, names: &[&str]) -> Option<i64> {
    let counters = line.port_counters.get(seat)?;
    let most = names.iter().filter_map(|name| counters.get(*name)).max();
    i64::try_from(most.copied().unwrap_or(0)).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::{PortCounts, ReversePortCounts, Said};

    /// A line on which the ports counted this.
    fn line(counted: [u64; 4]) -> LineResult {
        let [source, input, output, sink] = counted.map(Some);
        LineResult {
            ports: PortCounts {
                source_tx_packets: source,
                middlebox_rx_packets: input,
                middlebox_tx_packets: output,
                sink_rx_packets: sink,
                ..PortCounts::default()
            },
            ..LineResult::default()
        }
    }

    fn counters(of: &[(&str, &[(&str, u64)])]) -> BTreeMap<String, BTreeMap<String, u64>> {
        let port = |counters: &[(&str, u64)]| counters.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        of.iter().map(|(seat, counters)| ((*seat).to_owned(), port(counters))).collect()
    }

    #[test]
    fn a_loss_is_found_on_the_stretch_where_it_happened() {
        let lost = Lost::forward(&line([100, 98, 91, 92]));
        assert_eq!((lost.wire_in, lost.framework, lost.wire_out), (Some(2), Some(7), Some(-1)));
        assert_eq!((lost.source, lost.middlebox_nic, lost.sink), (None, None, None));
    }

    #[test]
    fn what_a_port_says_it_dropped_is_put_down_to_it_and_the_rest_to_the_cable_or_the_framework() {
        let mut line = line([1000, 900, 700, 650]);
        line.port_counters = counters(&[
            ("source", &[]),
            ("in", &[("rx_missed_errors", 80), ("rx_fifo_errors", 80), ("rx_crc_errors", 20)]),
            ("out", &[("tx_dropped", 150)]),
            // More than is missing: frames that nobody here sent.
            ("sink", &[("rx_missed_errors", 70)]),
        ]);
        let lost = Lost::forward(&line);
        assert_eq!((lost.wire_in, lost.middlebox_nic), (Some(20), Some(80)));
        assert_eq!((lost.framework, lost.middlebox_transmit), (Some(50), Some(150)));
        assert_eq!((lost.wire_out, lost.sink_nic), (Some(0), Some(50)));
        assert_eq!(lost.source_nic, Some(0));
    }

    /// netperf 2.7.1 over a pair of veth: `LOCAL_SEND_CALLS=112835 REMOTE_RECV_CALLS=52110`, and the sink's port counted
    /// 112,846 packets, eleven of them of netperf's control connection. The rest did not fit into the socket.
    #[test]
    fn datagrams_that_a_full_socket_dropped_are_lost_in_the_sink() {
        let mut line = line([112_846; 4]);
        line.generator = Said { sent_packets: Some(112_835), received_packets: Some(52_110), ..Said::default() };
        let lost = Lost::forward(&line);
        assert_eq!((lost.source, lost.sink), (Some(-11), Some(60_736)));
        assert_eq!((lost.wire_in, lost.framework, lost.wire_out), (Some(0), Some(0), Some(0)));
    }

    #[test]
    fn a_counter_that_nobody_read_gives_an_unknown_loss_and_not_a_total_one() {
        let ports = PortCounts { source_tx_packets: Some(100), sink_rx_packets: Some(100), ..PortCounts::default() };
        let line = LineResult { ports, ..LineResult::default() };
        assert_eq!(Lost::forward(&line), Lost::default());
        assert_eq!(line.lost_on_the_way(), Some(0));
    }

    #[test]
    fn answers_are_lost_in_the_same_places_the_other_way_round() {
        let line = LineResult {
            reverse_ports: ReversePortCounts {
                sink_tx_packets: Some(50),
                middlebox_rx_packets: Some(45),
                middlebox_tx_packets: Some(44),
                source_rx_packets: Some(42),
                ..ReversePortCounts::default()
            },
            port_counters: counters(&[("out", &[("rx_missed_errors", 4)]), ("source", &[])]),
            ..LineResult::default()
        };
        let lost = Lost::reverse(&line);
        assert_eq!((lost.wire_out, lost.middlebox_nic), (Some(1), Some(4)));
        assert_eq!((lost.framework, lost.middlebox_transmit), (Some(1), None));
        assert_eq!((lost.wire_in, lost.source_nic), (Some(2), Some(0)));
    }

    #[test]
    fn a_record_without_losses_has_them_worked_out() {
        let mut line = line([100, 98, 91, 92]);
        assert_eq!(line.losses()[0].framework, Some(7));
        line.lost = Lost { framework: Some(3), ..Lost::default() };
        assert_eq!(line.losses()[0].framework, Some(3));
    }
}
