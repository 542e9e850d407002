//! pktgen, the generator inside the Linux kernel: small frames as fast as a card takes them, counted where they arrive.
//!
//! It sends and does not receive, so the sink's port counts. The frames are UDP to the broadcast address of the line's own
//! network: any kernel takes such a datagram, finds no socket and says nothing. One to the sink's own address would be
//! answered by ICMP, which would then cross the middlebox the other way.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};

use super::{Abilities, Job, Layer, Load, Measured, Ports, Protocol, Server, Tool, Traffic, excerpt, whole_seconds};
use crate::host::shell::Argv;
use crate::record::Said;
use crate::role::Role;

/// POSIX sh that has the kernel send; what it takes stands at its beginning.
const SCRIPT: &str = include_str!("pktgen.sh");

/// It can start all its threads only, so one process sends on all lines.
const JOB: &str = "all lines";

/// pktgen: a kernel thread a line, or a flow of one where there are CPUs enough.
#[derive(Debug)]
pub struct Pktgen;

impl Tool for Pktgen {
    fn abilities(&self) -> Abilities {
        Abilities {
            name: "pktgen",
            protocols: &[Protocol::Udp],
            sized: &[Protocol::Udp],
            frame_size: Some(SMALLEST),
            layer: Layer::Frames,
            reports: &[],
            paces: &[Protocol::Udp],
        }
    }

    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)] {
        match role {
            Role::Source => &[("modprobe", "kmod")],
            Role::Middlebox | Role::Sink => &[],
        }
    }

    fn servers(&self, _: &[Ipv4Addr]) -> Vec<Server> {
        Vec::new()
    }

    fn jobs(&self, _: usize, _: &Load) -> Vec<String> {
        vec![JOB.to_owned()]
    }

    fn commands(&self, traffic: &[Traffic]) -> Vec<Job> {
        let Some(first) = traffic.first() else { return Vec::new() };
        let (seconds, size) = (whole_seconds(first.sending()), first.frame_size.unwrap_or(SMALLEST));
        let (seconds, pace, size) = (seconds.to_string(), first.pace_pps.unwrap_or(0).to_string(), size.to_string());
        let mut words = ["sh", "-c", SCRIPT, "pktgen", &seconds, &pace, &size].map(str::to_owned).to_vec();
        for line in traffic {
            let Ports { source, sink, flows } = line.ports().unwrap_or(Ports::of(line.line, 1));
            let [a, b, c, _] = line.to.octets();
            let to = Ipv4Addr::new(a, b, c, 255);
            words.extend([line.line.to_string(), line.port.clone(), line.from.to_string(), to.to_string()]);
            words.extend([line.to_mac.clone(), source.to_string(), sink.to_string(), flows.to_string()]);
        }
        vec![Job { name: JOB.to_owned(), command: Argv(words), traffic: traffic.to_vec(), root: true }]
    }

    fn interim(&self, line: &str) -> Option<f64> {
        let rate: u64 = line.strip_prefix("sending ")?.parse().ok()?;
        Some(rate as f64)
    }

    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>> {
        let of = |line: &Traffic| {
            let read = elapsed_s(output, line.line);
            let elapsed_s =
                read.with_context(|| format!("pktgen's output could not be used: `{}`", excerpt(output)))?;
            Ok(Measured { line: line.line, elapsed_s, arrived_bps: None, said: Said::default(), reports: Vec::new() })
        };
        job.traffic.iter().map(of).collect()
    }
}

/// The shortest frame that Ethernet knows, without its check sequence.
const SMALLEST: u32 = 60;

/// How long pktgen sent on a line: as long as the longest of its threads.
///
/// # Errors
/// A thread did not send, or says something else.
pub fn elapsed_s(output: &str, line: u32) -> Result<f64> {
    let heading = format!("== line {line} ");
    let mut longest: Option<f64> = None;
    for part in output.split("\n== ").map(|part| format!("== {part}")).filter(|part| part.starts_with(&heading)) {
        let device = part.lines().next().unwrap_or_default().trim_start_matches(&heading).to_owned();
        let elapsed_s = sent(&part).with_context(|| format!("device {device}"))?;
        longest = Some(longest.map_or(elapsed_s, |longest| longest.max(elapsed_s)));
    }
    longest.with_context(|| format!("it says nothing of line {line}"))
}

/// Seconds in which a thread sent, of the words of its device: `Result: OK: 3000921(c2999+d21) usec, 41031 (60byte,0frags)`.
fn sent(words: &str) -> Result<f64> {
    let result = words.lines().find_map(|line| line.strip_prefix("Result: ")).context("it has no result")?;
    let read = || {
        let (time, sent) = result.strip_prefix("OK: ")?.split_once(" usec, ")?;
        let (time_us, sent) =
            (time.split('(').next()?.parse::<u64>().ok()?, sent.split(' ').next()?.parse::<u64>().ok()?);
        Some((time_us, sent))
    };
    let (time_us, sent) = read().with_context(|| format!("its result is `{result}`"))?;
    if time_us == 0 || sent == 0 {
        bail!("it sent {sent} frames in {time_us} us");
    }
    Ok(time_us as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::super::sample::traffic;
    use super::*;

    // Of pktgen 2.75 in Linux 6.12.
    const SAID: &str = include_str!("pktgen/one-line.txt");

    fn job(lines: &[u32]) -> Job {
        let traffic: Vec<_> = lines.iter().map(|line| Traffic { line: *line, ..traffic(Protocol::Udp) }).collect();
        Pktgen.commands(&traffic).remove(0)
    }

    #[test]
    fn a_line_was_sent_on_as_long_as_its_slowest_thread_says_and_the_sink_counts() {
        let measured = Pktgen.parse(SAID, &job(&[3])).unwrap();
        assert_eq!(
            measured,
            [Measured { line: 3, elapsed_s: 1.946_066, arrived_bps: None, said: Said::default(), reports: Vec::new() }]
        );
        let second = SAID[SAID.find("== ").unwrap()..].replace("eth5@0", "eth5@1").replace("1946066(", "1946070(");
        let measured = Pktgen.parse(&format!("{SAID}{second}"), &job(&[3])).unwrap();
        assert!((measured[0].elapsed_s - 1.946_07).abs() < 1e-9);
    }

    #[test]
    fn output_that_cannot_be_read_is_quoted_and_never_a_zero() {
        for (output, why) in [
            ("", "it says nothing of line 3"),
            (&SAID.replace("line 3", "line 13"), "it says nothing of line 3"),
            (&SAID.replace("Result: OK: 1946066", "Result: Idle"), "device eth5@0: its result is `Idle(c1934588"),
            (&SAID.replace("Result: ", "Outcome: "), "device eth5@0: it has no result"),
            (&SAID.replace("486883 (60byte", "0 (60byte"), "it sent 0 frames in 1946066 us"),
        ] {
            let error = format!("{:#}", Pktgen.parse(output, &job(&[3])).unwrap_err());
            assert!(error.contains(why) && error.contains("pktgen's output could not be used: `"), "{error}");
        }
    }

    #[test]
    fn what_it_sends_meanwhile_is_a_rate_in_bits() {
        assert_eq!(Pktgen.interim("sending 115149120"), Some(115_149_120.0));
        for line in ["sending many", "sending -1", "Result: OK", ""] {
            assert_eq!(Pktgen.interim(line), None, "{line}");
        }
    }

    #[test]
    fn a_pace_is_that_of_each_line() {
        let traffic = [1, 2].map(|line| Traffic { line, pace_pps: Some(5000), ..traffic(Protocol::Udp) });
        assert_eq!(Pktgen.commands(&traffic)[0].command.0[3..7], ["pktgen", "10", "5000", "60"]);
    }

    #[test]
    fn all_lines_are_sent_on_by_one_process_to_addresses_that_nobody_answers_for() {
        let traffic =
            [1, 2].map(|line| Traffic { line, flows: Some(4), frame_size: Some(124), ..traffic(Protocol::Udp) });
        let words = &Pktgen.commands(&traffic)[0].command.0;
        let line = |number: &str, source: &str, sink: &str| {
            [number, "eth2", "198.18.2.1", "198.18.2.255", "02:00:00:00:00:02", source, sink, "4"].map(str::to_owned)
        };
        assert_eq!(words[3..7], ["pktgen", "10", "0", "124"]);
        assert_eq!(words[7..], [line("1", "20000", "26000"), line("2", "20004", "26004")].concat());
    }
}
