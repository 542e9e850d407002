//! What the four ports of every line count, in both directions, and what the framework counts itself: read before a
//! trial and after it.
//!
//! Must not know which framework it is, nor where a packet can be lost; `record` puts that together.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use super::Hosts;
use crate::host::Host;
use crate::host::shell::{Argv, quote};
use crate::record::Counters;
use crate::testbed::{Line, Seat, Testbed};

const SCRIPT: &str = include_str!("counters.sh");

/// Readings at most, until two agree.
const READINGS: usize = 6;

/// What begins each line's part of what a framework counts, and what says that it could not be asked.
const LINE: &str = "nsb-line";
const FAILED: &str = "nsb-failed";

/// What a port tells that is no counter: the speed that its cable has, Mb/s.
pub const SPEED: &str = "speed_mbps";

/// Under which name a framework tells what is no port's.
const FRAMEWORK: &str = "framework";

/// Counters by port and name.
type ByPort = BTreeMap<String, Counters>;

/// What was counted on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Counters of the ports, in the order of [`Seat::ALL`]; none of a port that nobody counts at.
    pub ports: [Counters; 4],
    /// What the framework counts beside them.
    pub framework: Counters,
    /// Why the framework could not be asked.
    pub silence: Option<String>,
}

impl LineCounts {
    /// The counters of the port at `seat`.
    pub const fn port(&self, seat: Seat) -> &Counters {
        &self.ports[seat as usize]
    }
}

/// Counters of the first `lines` lines when nothing is under way any more: two readings in a row agree. The last packets
/// of a connection are still on their way when the generator has ended, and would seem lost to the one port and made
/// from nothing by the other. Where other traffic never rests, the last reading counts.
///
/// `commands` make the framework tell its own counts, one a line, where it does.
pub async fn read_at_rest(
    testbed: &Testbed,
    hosts: &Hosts,
    lines: usize,
    commands: &[Argv],
) -> Result<Vec<LineCounts>> {
    let mut before = read(testbed, hosts, lines, commands).await?;
    for _ in 1..READINGS {
        let now = read(testbed, hosts, lines, commands).await?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// Counters of the first `lines` lines, since the ports came to be.
async fn read(testbed: &Testbed, hosts: &Hosts, lines: usize, commands: &[Argv]) -> Result<Vec<LineCounts>> {
    let used = &testbed.lines[..lines];
    let ports = |seats: &[Seat]| -> Vec<&str> {
        used.iter().flat_map(|line| seats.iter().map(|seat| line.port(*seat).0.as_str())).collect()
    };
    let (at_source, at_middlebox, at_sink) =
        (ports(&[Seat::Source]), ports(&[Seat::In, Seat::Out]), ports(&[Seat::Sink]));
    let (source, middlebox, sink) = tokio::try_join!(
        read_host(&hosts.source, &at_source, &[]),
        read_host(&hosts.middlebox, &at_middlebox, commands),
        read_host(&hosts.sink, &at_sink, &[])
    )?;
    let kernels = [&source.kernel, &middlebox.kernel, &middlebox.kernel, &sink.kernel];
    let mut told = middlebox.told.into_iter();
    let lines = used.iter().map(|line| {
        let mut counts = told.next().unwrap_or_default();
        for (seat, host) in Seat::ALL.into_iter().zip(kernels) {
            // What a framework tells of a port goes before what the kernel has: a card may serve both, and then the kernel
            // counts only what is its own.
            for (name, value) in host.get(&line.port(seat).0).into_iter().flatten() {
                counts.ports[seat as usize].entry(name.clone()).or_insert(*value);
            }
        }
        counts
    });
    Ok(lines.collect())
}

/// Packets of both directions of some lines, as source and sink count them, since the ports came to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BothWays {
    /// Sent by source and sink.
    pub sent_packets: u64,
    /// Arrived at sink and source.
    pub arrived_packets: u64,
    /// Bytes of those that were sent.
    pub sent_bytes: u64,
}

/// Reads these of the first `lines` lines.
///
/// # Errors
/// A port does not count.
pub async fn both_ways(testbed: &Testbed, hosts: &Hosts, lines: usize) -> Result<BothWays> {
    let used = &testbed.lines[..lines];
    let ports = |of: fn(&Line) -> &str| used.iter().map(of).collect::<Vec<_>>();
    let (source, sink) = (ports(|line| &line.source.0), ports(|line| &line.sink.0));
    let (at_source, at_sink) =
        tokio::try_join!(read_host(&hosts.source, &source, &[]), read_host(&hosts.sink, &sink, &[]))?;
    let sum = |name: &str| {
        let counts = |counters: &ByPort, ports: &[&str]| {
            let all = ports.iter().map(|port| counters.get(*port)?.get(name).copied());
            all.sum::<Option<u64>>()
        };
        let sum = counts(&at_source.kernel, &source).zip(counts(&at_sink.kernel, &sink));
        let sum = sum.map(|(source, sink)| source + sink);
        sum.with_context(|| format!("a test port of source or sink has no `{name}`"))
    };
    Ok(BothWays { sent_packets: sum("tx_packets")?, arrived_packets: sum("rx_packets")?, sent_bytes: sum("tx_bytes")? })
}

/// What one host said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    kernel: ByPort,
    told: Vec<LineCounts>,
}

/// One round trip.
async fn read_host(host: &Host, ports: &[&str], commands: &[Argv]) -> Result<Answer> {
    let words: Vec<_> = ports.iter().map(|port| quote(port)).collect();
    let mut script = format!("set -- {}\n{SCRIPT}", words.join(" "));
    for (number, command) in (1..).zip(commands) {
        let _ = writeln!(script, "echo {LINE} {number}\n{command} 2>&1 || echo {FAILED}");
    }
    let mut output = host.script(&script).await?;
    if output.status == 255 {
        // `ssh` failed, and its connection stands. To read once more does no harm, and a trial is worth it.
        output = host.script(&script).await?;
    }
    let text = output.success(&format!("reading the port counters of `{}`", host.name))?;
    parse(&text).with_context(|| format!("could not understand the port counters of `{}`", host.name))
}

/// The kernel's counters, then those of the framework, line by line.
fn parse(text: &str) -> Result<Answer> {
    let is_mark = |line: &&str| line.split(' ').next() == Some(LINE);
    let lines: Vec<_> = text.lines().collect();
    let mut parts = lines.split(is_mark);
    let mut kernel = ByPort::new();
    for line in parts.next().unwrap_or_default() {
        let (port, name, value) = counter(line)?;
        kernel.entry(port.to_owned()).or_default().insert(name.to_owned(), value);
    }
    Ok(Answer { kernel, told: parts.map(told).collect() })
}

/// What a framework told of one line. A framework that cannot be asked is no reason to lose a measurement.
fn told(lines: &[&str]) -> LineCounts {
    let mut counts = LineCounts::default();
    for line in lines {
        let place = counter(line).and_then(|(place, name, value)| {
            let counters = match place {
                "in" => &mut counts.ports[Seat::In as usize],
                "out" => &mut counts.ports[Seat::Out as usize],
                FRAMEWORK => &mut counts.framework,
                _ => bail!("`{line}` does not begin with `in`, `out` or `{FRAMEWORK}`"),
            };
            counters.insert(name.to_owned(), value);
            Ok(())
        });
        if place.is_err() {
            let said: Vec<_> = lines.iter().filter(|line| **line != FAILED).take(3).copied().collect();
            return LineCounts { silence: Some(said.join(" | ")), ..LineCounts::default() };
        }
    }
    counts
}

fn counter(line: &str) -> Result<(&str, &str, u64)> {
    let words: Vec<_> = line.split(' ').collect();
    match words.as_slice() {
        [port, name, value] => {
            let value = value.parse().with_context(|| format!("`{line}` has no count"))?;
            Ok((*port, *name, value))
        }
        _ => bail!("`{line}` is not a port, a counter and a count"),
    }
}

/// What was counted from `before` to `after`, and a speed that stayed; nothing where either is not known or the counter began anew.
pub fn between(before: &LineCounts, after: &LineCounts) -> LineCounts {
    let counted = |before: &Counters, after: &Counters| -> Counters {
        let moved = |(name, after): (&String, &u64)| {
            let before = *before.get(name)?;
            let value = if name == SPEED { (before == *after).then_some(before) } else { after.checked_sub(before) };
            Some((name.clone(), value?))
        };
        after.iter().filter_map(moved).collect()
    };
    let ports = Seat::ALL.map(|seat| counted(before.port(seat), after.port(seat)));
    let silence = before.silence.clone().or_else(|| after.silence.clone());
    LineCounts { ports, framework: counted(&before.framework, &after.framework), silence }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, damaged, text};

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn what_no_host_counts_is_quoted(text in prop_oneof![text(), damaged(vec![COUNTED.to_owned()])]) {
            match parse(&text) {
                Ok(answer) => prop_assert!(answer.kernel.len() <= text.lines().count()),
                Err(error) => {
                    let said = error.to_string();
                    prop_assert!(text.lines().any(|line| said.contains(line)), "{} of {:?}", said, text);
                }
            }
        }
    }

    const COUNTED: &str =
        "eth1 rx_packets 12\neth1 tx_packets 0\neth1 rx_bytes 1200\neth1 tx_bytes 18446744073709551615\n";

    #[test]
    fn counters_are_read_by_port_and_name() {
        let answer = parse("eth1 rx_packets 12\neth1 tx_bytes 18446744073709551615\n").unwrap();
        assert_eq!(answer.kernel["eth1"]["rx_packets"], 12);
        assert!(answer.told.is_empty());
        assert!(parse("eth1 rx_packets\n").unwrap_err().to_string().contains("`eth1 rx_packets`"));
        assert!(parse("eth1 rx_packets many\n").is_err());
    }

    #[test]
    fn what_the_framework_tells_is_read_line_by_line() {
        let text = "eth9 rx_packets 1\nnsb-line 1\nin rx_packets 9\nout tx_packets 8\nframework dropped_full 1\n\
                    nsb-line 2\ntestpmd did not answer\nnsb-failed\n";
        let answer = parse(text).unwrap();
        let [first, second] = answer.told.as_slice() else { panic!("{answer:?}") };
        assert_eq!(first.port(Seat::In)["rx_packets"], 9);
        assert_eq!(first.port(Seat::Out)["tx_packets"], 8);
        assert_eq!(first.framework["dropped_full"], 1);
        assert_eq!(first.silence, None);
        assert_eq!(second.silence.as_deref(), Some("testpmd did not answer"));
        assert!(second.port(Seat::In).is_empty());
    }

    #[test]
    fn a_framework_that_fails_in_the_middle_has_told_nothing() {
        let answer = parse("nsb-line 1\nin rx_packets 9\nnsb-failed\n").unwrap();
        assert!(answer.told[0].port(Seat::In).is_empty() && answer.told[0].silence.is_some());
    }

    #[test]
    fn a_counter_that_went_back_or_is_missing_counts_nothing_rather_than_zero() {
        let at = |counters: &[(&str, u64)]| {
            let mut counts = LineCounts::default();
            let sink = counters.iter().map(|(name, value)| ((*name).to_owned(), *value));
            counts.ports[Seat::Sink as usize] = sink.collect();
            counts
        };
        let sink = |before: &[(&str, u64)], after: &[(&str, u64)]| {
            between(&at(before), &at(after)).port(Seat::Sink).get("rx_packets").copied()
        };
        assert_eq!(sink(&[("rx_packets", 5)], &[("rx_packets", 9)]), Some(4));
        assert_eq!(sink(&[("rx_packets", 9)], &[("rx_packets", 5)]), None);
        assert_eq!(sink(&[], &[("rx_packets", 5)]), None);
    }

    #[test]
    fn a_speed_is_no_difference_and_counts_where_it_stayed() {
        let at = |mbps| {
            let mut counts = LineCounts::default();
            counts.ports[Seat::In as usize].insert(SPEED.to_owned(), mbps);
            counts
        };
        let speed = |before, after| between(&at(before), &at(after)).port(Seat::In).get(SPEED).copied();
        assert_eq!((speed(10_000, 10_000), speed(10_000, 1_000)), (Some(10_000), None));
    }
}
