//! One line's account: what the generator said beside what was counted at the four ports.
//!
//! Pure. Must not know how anything was read.

use anyhow::{Context, Result, bail};

use super::counters::{LineCounts, SPEED};
use super::mix;
use crate::generator::{Frames, Measured, Traffic};
use crate::record::loss::Lost;
use crate::record::{Counters, LineResult, PortCounts, ReversePortCounts};
use crate::testbed::Seat;

/// What a port tells that is no drop and no error; it has keys of its own.
const TRAFFIC: [&str; 5] = ["rx_packets", "tx_packets", "rx_bytes", "tx_bytes", SPEED];

/// The line's result: the generator's figures, the ports' counts, and where what is missing was lost.
///
/// # Errors
/// The generator counts at the sink's port, and that has nothing to tell.
pub fn line(traffic: &Traffic, measured: &Measured, counted: &LineCounts) -> Result<LineResult> {
    let get = |seat: Seat, name: &str| counted.port(seat).get(name).copied();
    // A driver whose rings are in user space may not see what leaves: that it counted none then says nothing.
    let unseen = measured.said.sent_packets > Some(0) && get(Seat::Source, "tx_packets") == Some(0);
    let source_tx = |name: &str| get(Seat::Source, name).filter(|_| !unseen);
    let ports = PortCounts {
        source_tx_packets: source_tx("tx_packets"),
        middlebox_rx_packets: get(Seat::In, "rx_packets"),
        middlebox_tx_packets: get(Seat::Out, "tx_packets"),
        sink_rx_packets: get(Seat::Sink, "rx_packets"),
        source_tx_bytes: source_tx("tx_bytes"),
        middlebox_rx_bytes: get(Seat::In, "rx_bytes"),
        middlebox_tx_bytes: get(Seat::Out, "tx_bytes"),
        sink_rx_bytes: get(Seat::Sink, "rx_bytes"),
    };
    let reverse_ports = ReversePortCounts {
        sink_tx_packets: get(Seat::Sink, "tx_packets"),
        middlebox_rx_packets: get(Seat::Out, "rx_packets"),
        middlebox_tx_packets: get(Seat::In, "tx_packets"),
        source_rx_packets: get(Seat::Source, "rx_packets"),
        sink_tx_bytes: get(Seat::Sink, "tx_bytes"),
        middlebox_rx_bytes: get(Seat::Out, "rx_bytes"),
        middlebox_tx_bytes: get(Seat::In, "tx_bytes"),
        source_rx_bytes: get(Seat::Source, "rx_bytes"),
    };
    let troubles = |counters: &Counters| moved(counters.iter().filter(|(name, _)| !TRAFFIC.contains(&name.as_str())));
    let counting = Seat::ALL.into_iter().filter(|seat| !counted.port(*seat).is_empty());
    let result = LineResult {
        line: traffic.line,
        throughput_bps: measured.arrived_bps.map_or_else(|| frames_bps(traffic, &ports, measured), Ok)?,
        elapsed_s: measured.elapsed_s,
        ports,
        reverse_ports,
        port_counters: counting.map(|seat| (seat.key().to_owned(), troubles(counted.port(seat)))).collect(),
        framework_counters: moved(counted.framework.iter()),
        generator: measured.said,
        ..LineResult::default()
    };
    Ok(LineResult { lost: Lost::forward(&result), reverse_lost: Lost::reverse(&result), ..result })
}

/// Bits of frames a second that the sink's port counted, without their check sequences.
fn frames_bps(traffic: &Traffic, ports: &PortCounts, measured: &Measured) -> Result<f64> {
    let line = traffic.line;
    let frames = ports.sink_rx_packets.with_context(|| format!("the sink's port of line {line} does not count"))?;
    if frames == 0 {
        bail!("nothing arrived on line {line}");
    }
    let chosen = traffic.frame_size.as_ref();
    let bytes = match chosen.with_context(|| format!("nobody chose the size of the frames on line {line}"))? {
        Frames::Size(size) => frames as f64 * f64::from(*size),
        Frames::Mix(mixed) => mix::arrived_bytes(line, mixed, ports, &measured.said)?,
    };
    Ok(bytes * 8.0 / measured.elapsed_s)
}

fn moved<'a>(counters: impl Iterator<Item = (&'a String, &'a u64)>) -> Counters {
    counters.filter(|(_, value)| **value > 0).map(|(name, value)| (name.clone(), *value)).collect()
}

/// Bits a second of the slowest port while packets flowed; unknown where source or sink do not tell. Ports that a
/// user-space driver has are not asked: the other end of their cable has the same speed.
pub fn line_rate_bps(counted: &[LineCounts]) -> Option<f64> {
    let speed = |counts: &LineCounts, seat: Seat| counts.port(seat).get(SPEED).copied();
    let ends = counted.iter().flat_map(|counts| [Seat::Source, Seat::Sink].map(|seat| speed(counts, seat)));
    let ends = ends.collect::<Option<Vec<_>>>()?;
    let between = counted.iter().flat_map(|counts| [Seat::In, Seat::Out].map(|seat| speed(counts, seat))).flatten();
    ends.into_iter().chain(between).min().map(|mbps| mbps as f64 * 1e6)
}

/// What the reader must know of counts that were not to be had.
pub fn silences(counted: &[LineCounts]) -> Vec<String> {
    let told = (1..).zip(counted).filter_map(|(line, counts)| Some((line, counts.silence.as_ref()?)));
    told.map(|(line, why)| {
        let why = if why.is_empty() { "it said nothing" } else { why };
        format!("line {line}: the framework did not tell its counters ({why}), so what it lost is not known")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::{Protocol, sample};
    use crate::record::Said;

    fn measured() -> Measured {
        Measured { line: 1, arrived_bps: Some(1e6), elapsed_s: 2.0, said: Said::default(), reports: Vec::new() }
    }

    #[test]
    fn a_generator_without_a_receiver_is_counted_at_the_sinks_port_and_never_at_a_zero() {
        let measured = Measured { arrived_bps: None, ..measured() };
        let traffic = Traffic { frame_size: Some(Frames::Size(60)), ..sample::traffic(Protocol::Udp) };
        let arrived = |packets| counted([&[], &[], &[], &[("rx_packets", packets)]]);
        let result = line(&traffic, &measured, &arrived(1000)).unwrap();
        assert!((result.throughput_bps - 240_000.0).abs() < 1e-6);
        assert!(line(&traffic, &measured, &arrived(0)).unwrap_err().to_string().contains("nothing arrived"));
        assert!(line(&traffic, &measured, &LineCounts::default()).is_err());
    }

    #[test]
    fn a_port_that_counted_nothing_of_what_its_generator_sent_does_not_count() {
        let said = Said { sent_packets: Some(100), ..Said::default() };
        let counted = counted([&[("tx_packets", 0), ("tx_bytes", 0)], &[], &[], &[("rx_packets", 90)]]);
        let of =
            |said| line(&sample::traffic(Protocol::Udp), &Measured { said, ..measured() }, &counted).unwrap().ports;
        assert_eq!((of(said).source_tx_packets, of(said).source_tx_bytes), (None, None));
        assert_eq!(of(Said::default()).source_tx_packets, Some(0));
    }

    fn counted(ports: [&[(&str, u64)]; 4]) -> LineCounts {
        let counters =
            |port: &[(&str, u64)]| port.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect::<Counters>();
        LineCounts { ports: ports.map(counters), ..LineCounts::default() }
    }

    #[test]
    fn both_directions_of_a_line_are_counted_and_losses_stand_where_they_happened() {
        let (traffic, measured) = (Traffic { line: 3, ..sample::traffic(Protocol::Udp) }, measured());
        let counted = counted([
            &[("tx_packets", 100), ("rx_packets", 50), ("tx_dropped", 0)],
            &[("rx_packets", 95), ("tx_packets", 50), ("rx_missed_errors", 5)],
            &[("tx_packets", 90), ("rx_packets", 51), ("tx_dropped", 1)],
            &[("rx_packets", 90), ("tx_packets", 51), ("rx_bytes", 9000)],
        ]);
        let line = line(&traffic, &measured, &counted).unwrap();
        assert_eq!((line.line, line.ports.sink_rx_bytes, line.ports.source_tx_bytes), (3, Some(9000), None));
        assert_eq!(line.reverse_ports.middlebox_rx_packets, Some(51));
        assert_eq!((line.lost.wire_in, line.lost.middlebox_nic), (Some(0), Some(5)));
        assert_eq!((line.lost.framework, line.lost.middlebox_transmit), (Some(4), Some(1)));
        assert_eq!(line.reverse_lost.framework, Some(1));
        assert_eq!(line.port_counters["in"], Counters::from([("rx_missed_errors".to_owned(), 5)]));
        assert!(line.port_counters["source"].is_empty());
    }

    #[test]
    fn a_port_that_nobody_counts_at_has_no_counters_rather_than_none_that_moved() {
        let counted = counted([&[("tx_packets", 1)], &[], &[], &[("rx_packets", 1)]]);
        let line = line(&sample::traffic(Protocol::Udp), &measured(), &counted).unwrap();
        assert_eq!(line.port_counters.keys().collect::<Vec<_>>(), ["sink", "source"]);
        assert_eq!(line.lost.middlebox_nic, None);
    }

    #[test]
    fn the_slowest_port_gives_the_line_rate_if_both_ends_tell() {
        let at = |mbps| [(SPEED, mbps)];
        let line = counted([&at(10_000), &[], &at(1_000), &at(10_000)]);
        assert_eq!(line_rate_bps(std::slice::from_ref(&line)), Some(1e9));
        assert_eq!(line_rate_bps(&[line, counted([&at(10_000), &[], &[], &[]])]), None);
        assert_eq!(line_rate_bps(&[]), None);
    }

    #[test]
    fn a_framework_that_did_not_answer_is_told_of() {
        let silent = LineCounts { silence: Some("no such file".to_owned()), ..LineCounts::default() };
        let told = silences(&[LineCounts::default(), silent]);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("line 2: ") && told[0].contains("no such file"), "{told:?}");
    }
}
