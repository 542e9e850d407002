//! Packets and bytes at the four ports of every line, from the kernel's counters.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::Hosts;
use crate::host::Host;
use crate::host::shell::quote;
use crate::record::PortCounts;
use crate::testbed::Testbed;

/// One round trip a host; a port that is not there (a user-space driver has it) prints nothing.
const SCRIPT: &str = r#"for port in "$@"; do
	for counter in rx_packets tx_packets rx_bytes tx_bytes; do
		file=/sys/class/net/$port/statistics/$counter
		[ ! -r "$file" ] || printf '%s %s %s\n' "$port" "$counter" "$(cat "$file")"
	done
done
"#;

type Counters = BTreeMap<(String, String), u64>;

/// Readings at most, until two agree.
const READINGS: usize = 6;

/// Counters of the first `lines` lines when nothing is under way any more: two readings in a row agree. The last packets
/// of a connection are still on their way when the generator has ended, and would seem lost to the one port and made
/// from nothing by the other. Where other traffic never rests, the last reading counts.
pub async fn read_at_rest(testbed: &Testbed, hosts: &Hosts, lines: usize) -> Result<Vec<PortCounts>> {
    let mut before = read(testbed, hosts, lines).await?;
    for _ in 1..READINGS {
        let now = read(testbed, hosts, lines).await?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// Counters of the first `lines` lines, since the ports came to be.
async fn read(testbed: &Testbed, hosts: &Hosts, lines: usize) -> Result<Vec<PortCounts>> {
    let used = &testbed.lines[..lines];
    let source: Vec<_> = used.iter().map(|line| line.source.0.as_str()).collect();
    let middlebox: Vec<_> = used.iter().flat_map(|line| [line.input.0.as_str(), line.output.0.as_str()]).collect();
    let sink: Vec<_> = used.iter().map(|line| line.sink.0.as_str()).collect();
    let (source, middlebox, sink) = tokio::try_join!(
        read_host(&hosts.source, &source),
        read_host(&hosts.middlebox, &middlebox),
        read_host(&hosts.sink, &sink)
    )?;
    let get = |counters: &Counters, port: &str, name: &str| counters.get(&(port.to_owned(), name.to_owned())).copied();
    let lines = used.iter().map(|line| PortCounts {
        source_tx_packets: get(&source, &line.source.0, "tx_packets"),
        middlebox_rx_packets: get(&middlebox, &line.input.0, "rx_packets"),
        middlebox_tx_packets: get(&middlebox, &line.output.0, "tx_packets"),
        sink_rx_packets: get(&sink, &line.sink.0, "rx_packets"),
        source_tx_bytes: get(&source, &line.source.0, "tx_bytes"),
        middlebox_rx_bytes: get(&middlebox, &line.input.0, "rx_bytes"),
        middlebox_tx_bytes: get(&middlebox, &line.output.0, "tx_bytes"),
        sink_rx_bytes: get(&sink, &line.sink.0, "rx_bytes"),
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
    let source: Vec<_> = used.iter().map(|line| line.source.0.as_str()).collect();
    let sink: Vec<_> = used.iter().map(|line| line.sink.0.as_str()).collect();
    let (at_source, at_sink) = tokio::try_join!(read_host(&hosts.source, &source), read_host(&hosts.sink, &sink))?;
    let sum = |name: &str| {
        let counts = |counters: &Counters, ports: &[&str]| {
            let all = ports.iter().map(|port| counters.get(&((*port).to_owned(), name.to_owned())).copied());
            all.sum::<Option<u64>>()
        };
        let sum = counts(&at_source, &source).zip(counts(&at_sink, &sink)).map(|(source, sink)| source + sink);
        sum.with_context(|| format!("a test port of source or sink has no `{name}`"))
    };
    Ok(BothWays { sent_packets: sum("tx_packets")?, arrived_packets: sum("rx_packets")?, sent_bytes: sum("tx_bytes")? })
}

async fn read_host(host: &Host, ports: &[&str]) -> Result<Counters> {
    let words: Vec<_> = ports.iter().map(|port| quote(port)).collect();
    let script = format!("set -- {}\n{SCRIPT}", words.join(" "));
    let text = host.script(&script).await?.success(&format!("reading the port counters of `{}`", host.name))?;
    parse(&text).with_context(|| format!("could not understand the port counters of `{}`", host.name))
}

fn parse(text: &str) -> Result<Counters> {
    let lines = text.lines().map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            [port, name, value] => {
                let value = value.parse().with_context(|| format!("`{line}` has no count"))?;
                Ok(((String::from(*port), String::from(*name)), value))
            }
            _ => anyhow::bail!("`{line}` is not a port, a counter and a count"),
        }
    });
    lines.collect()
}

/// What was counted from `before` to `after`; nothing where either is not known or the counter began anew.
pub fn between(before: &PortCounts, after: &PortCounts) -> PortCounts {
    let count = |of: fn(&PortCounts) -> Option<u64>| of(after)?.checked_sub(of(before)?);
    PortCounts {
        source_tx_packets: count(|ports| ports.source_tx_packets),
        middlebox_rx_packets: count(|ports| ports.middlebox_rx_packets),
        middlebox_tx_packets: count(|ports| ports.middlebox_tx_packets),
        sink_rx_packets: count(|ports| ports.sink_rx_packets),
        source_tx_bytes: count(|ports| ports.source_tx_bytes),
        middlebox_rx_bytes: count(|ports| ports.middlebox_rx_bytes),
        middlebox_tx_bytes: count(|ports| ports.middlebox_tx_bytes),
        sink_rx_bytes: count(|ports| ports.sink_rx_bytes),
    }
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
                Ok(counters) => prop_assert!(counters.len() <= text.lines().count()),
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
        let counters = parse("eth1 rx_packets 12\neth1 tx_bytes 18446744073709551615\n").unwrap();
        assert_eq!(counters[&("eth1".to_owned(), "rx_packets".to_owned())], 12);
        assert!(parse("eth1 rx_packets\n").unwrap_err().to_string().contains("`eth1 rx_packets`"));
        assert!(parse("eth1 rx_packets many\n").is_err());
    }

    #[test]
    fn a_counter_that_went_back_or_is_missing_counts_nothing_rather_than_zero() {
        let at = |rx: Option<u64>| PortCounts { sink_rx_packets: rx, ..PortCounts::default() };
        assert_eq!(between(&at(Some(5)), &at(Some(9))).sink_rx_packets, Some(4));
        assert_eq!(between(&at(Some(9)), &at(Some(5))).sink_rx_packets, None);
        assert_eq!(between(&at(None), &at(Some(5))).sink_rx_packets, None);
    }
}
