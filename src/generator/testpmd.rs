//! DPDK's testpmd on the source, which sends and does not receive: the sink's port counts.
//!
//! It sends over packet sockets, so that the ports stay with the kernel and need no driver of another kind; how fast that is the
//! kernel decides. Frames go to the broadcast address of the line's own network, as pktgen's do, so that nobody answers.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::sender::{self, SMALLEST};
use super::{Abilities, Job, Load, Measured, Ports, Tool, Traffic, excerpt, output, whole_seconds};
use crate::host::shell::Argv;
use crate::plan::WORK;
use crate::record::Said;
use crate::role::Role;

/// POSIX sh that starts a testpmd a line and has them send together; what it takes stands at its beginning.
const SCRIPT: &str = include_str!("testpmd.sh");

/// One process has them all, so that they begin together.
const JOB: &str = "all lines";

/// testpmd: a process a line, each with one flow.
#[derive(Debug)]
pub struct Testpmd;

impl Tool for Testpmd {
    fn abilities(&self) -> Abilities {
        sender::abilities("testpmd")
    }

    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)] {
        match role {
            Role::Source => &[("dpdk-testpmd", "dpdk-dev"), ("stdbuf", "coreutils")],
            Role::Middlebox | Role::Sink => &[],
        }
    }

    fn jobs(&self, _: usize, _: &Load) -> Vec<String> {
        vec![JOB.to_owned()]
    }

    fn commands(&self, traffic: &[Traffic]) -> Vec<Job> {
        let Some(first) = traffic.first() else { return Vec::new() };
        let size = first.frame_size.as_ref().and_then(super::Frames::size).unwrap_or(SMALLEST);
        let seconds = whole_seconds(first.sending());
        let mut words =
            ["sh", "-c", SCRIPT, "testpmd", &seconds.to_string(), &size.to_string(), WORK].map(str::to_owned).to_vec();
        for line in traffic {
            let Ports { source, sink, .. } = sender::ports(line);
            let to = sender::destination(line);
            words.extend([line.line.to_string(), line.port.clone(), line.from.to_string(), to.to_string()]);
            words.extend([line.to_mac.clone(), source.to_string(), sink.to_string()]);
        }
        vec![Job { name: JOB.to_owned(), command: Argv(words), traffic: traffic.to_vec(), root: true }]
    }

    fn getting_ready(&self) -> Duration {
        // On an emulated host with one CPU, a testpmd takes ten seconds to start.
        Duration::from_secs(120)
    }

    fn interim(&self, line: &str) -> Option<f64> {
        output::sending(line)
    }

    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>> {
        let of = |line: &Traffic| {
            let read = sent(output, line.line);
            let (elapsed_s, packets) =
                read.with_context(|| format!("testpmd's output could not be used: `{}`", excerpt(output)))?;
            let said = Said { sent_packets: Some(packets), ..Said::default() };
            Ok(sender::measured(line, elapsed_s, said))
        };
        job.traffic.iter().map(of).collect()
    }
}

/// Seconds from `start` to `stop`, and frames that testpmd handed to the kernel in them, of what the script printed of a line.
///
/// # Errors
/// A figure is missing or is no number, or nothing was sent.
pub fn sent(output: &str, line: u32) -> Result<(f64, u64)> {
    let heading = format!("== line {line}");
    let mut lines =
        output.lines().skip_while(|text| *text != heading).skip(1).take_while(|text| !text.starts_with("== "));
    let elapsed = lines.next().with_context(|| format!("it says nothing of line {line}"))?;
    let elapsed_s = elapsed.strip_prefix("elapsed ").and_then(|seconds| seconds.parse::<f64>().ok());
    let elapsed_s = elapsed_s.with_context(|| format!("`{elapsed}` is no time of line {line}"))?;
    let total =
        lines.skip_while(|text| !text.contains("Accumulated forward statistics")).find(|text| text.contains("TX-"));
    let total = total.with_context(|| format!("it does not say what it sent on line {line}"))?;
    let packets = total.trim_start().strip_prefix("TX-packets:").and_then(|rest| rest.split_whitespace().next());
    let packets = packets.and_then(|packets| packets.parse().ok());
    let packets: u64 = packets.with_context(|| format!("`{}` is no count of line {line}", total.trim()))?;
    if packets == 0 || elapsed_s <= 0.0 || !elapsed_s.is_finite() {
        bail!("it sent {packets} frames in {elapsed_s} s on line {line}");
    }
    Ok((elapsed_s, packets))
}

#[cfg(test)]
mod tests {
    use super::super::sample::traffic;
    use super::super::{Frames, Protocol};
    use super::*;

    // Of DPDK 24.11.8, over a pair of veth ports.
    const SAID: &str = include_str!("testpmd/one-line.txt");

    fn job(lines: &[u32]) -> Job {
        let frame_size = Some(Frames::Size(124));
        let of = |line: &u32| Traffic { line: *line, frame_size: frame_size.clone(), ..traffic(Protocol::Udp) };
        Testpmd.commands(&lines.iter().map(of).collect::<Vec<_>>()).remove(0)
    }

    #[test]
    fn a_line_was_sent_on_from_start_to_stop_and_the_sink_counts() {
        let said = Said { sent_packets: Some(606_208), ..Said::default() };
        let measured = Measured { line: 3, elapsed_s: 2.03, arrived_bps: None, said, reports: Vec::new() };
        assert_eq!(Testpmd.parse(SAID, &job(&[3])).unwrap(), std::slice::from_ref(&measured));
        let second = SAID.replace("== line 3", "== line 4").replace("elapsed 2.03", "elapsed 2.50");
        let both = Testpmd.parse(&format!("{SAID}{second}"), &job(&[3, 4])).unwrap();
        assert_eq!(both, [measured.clone(), Measured { line: 4, elapsed_s: 2.5, ..measured }]);
    }

    #[test]
    fn output_that_cannot_be_read_is_quoted_and_never_a_zero() {
        for (output, why) in [
            ("", "it says nothing of line 3"),
            (&SAID.replace("== line 3", "== line 13"), "it says nothing of line 3"),
            (&SAID.replace("elapsed ", "elapsed x"), "is no time of line 3"),
            (&SAID.replace("Accumulated", "Final"), "it does not say what it sent on line 3"),
            (&SAID.replace("606208", "many"), "TX-dropped: 0             TX-total: many` is no count of line 3"),
            (&SAID.replace("606208", "0"), "it sent 0 frames in"),
        ] {
            let error = format!("{:#}", Testpmd.parse(output, &job(&[3])).unwrap_err());
            assert!(error.contains(why) && error.contains("testpmd's output could not be used: `"), "{why}: {error}");
        }
    }

    #[test]
    fn all_lines_are_sent_on_between_ports_of_their_own() {
        let words = &job(&[1, 2]).command.0;
        let line = |number: &str, source: &str, sink: &str| {
            [number, "eth2", "198.18.2.1", "198.18.2.255", "02:00:00:00:00:02", source, sink].map(str::to_owned)
        };
        assert_eq!(words[3..7], ["testpmd", "10", "124", WORK]);
        assert_eq!(words[7..], [line("1", "20000", "26000"), line("2", "20001", "26001")].concat());
    }
}
