//! netmap's pkt-gen on the source, which sends past the kernel's stack and does not receive: the sink's port counts.
//!
//! It needs a source on which netmap is installed, module and pkt-gen both. Frames go to the broadcast address of the line's own
//! network, as pktgen's do, so that nobody answers.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::sender::{self, SMALLEST};
use super::{Abilities, Job, Load, Measured, Ports, Protocol, Tool, Traffic, excerpt, whole_seconds};
use crate::host::shell::Argv;
use crate::plan::WORK;
use crate::record::Said;
use crate::role::Role;

/// POSIX sh that has it send for so long; what it takes stands at its beginning.
const SCRIPT: &str = include_str!("pkt_gen.sh");

/// Seconds for which it waits until the port is there again that netmap has taken.
const WAIT_S: u64 = 2;

/// It keeps a pace by pausing between bursts: so many a second, of at most so many frames, which are its own most.
const BURSTS_PER_S: u64 = 1000;
const MOST_AT_ONCE: u64 = 512;

/// pkt-gen: a process a line, each with one flow.
#[derive(Debug)]
pub struct PktGen;

impl Tool for PktGen {
    fn abilities(&self) -> Abilities {
        Abilities { paces: &[Protocol::Udp], ..sender::abilities("pkt-gen") }
    }

    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)] {
        match role {
            Role::Source => &[("pkt-gen", "netmap")],
            Role::Middlebox | Role::Sink => &[],
        }
    }

    fn jobs(&self, lines: usize, _: &Load) -> Vec<String> {
        (1..=lines).map(|line| format!("line {line}")).collect()
    }

    fn commands(&self, traffic: &[Traffic]) -> Vec<Job> {
        let job = |line: &Traffic| Job {
            name: format!("line {}", line.line),
            command: command(line),
            traffic: vec![line.clone()],
            root: true,
        };
        traffic.iter().map(job).collect()
    }

    fn getting_ready(&self) -> Duration {
        // An emulated host takes seconds until netmap has the port.
        Duration::from_secs(WAIT_S + 30)
    }

    fn interim(&self, line: &str) -> Option<f64> {
        // `… pps (… pkts 480000 bps in 1000000 usec) …`, in plain units.
        let (before, _) = line.split_once(" bps in ")?;
        before.split_whitespace().last()?.parse().ok()
    }

    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>> {
        let of = |line: &Traffic| {
            let (elapsed_s, packets) =
                sent(output).with_context(|| format!("pkt-gen's output could not be used: `{}`", excerpt(output)))?;
            let said = Said { sent_packets: Some(packets), ..Said::default() };
            Ok(sender::measured(line, elapsed_s, said))
        };
        job.traffic.iter().map(of).collect()
    }
}

fn command(line: &Traffic) -> Argv {
    let Ports { source, sink, .. } = sender::ports(line);
    let size = line.frame_size.as_ref().and_then(super::Frames::size).unwrap_or(SMALLEST);
    let seconds = whole_seconds(line.sending());
    let mut words = ["sh", "-c", SCRIPT, "pkt-gen"].map(str::to_owned).to_vec();
    words.extend([seconds.to_string(), format!("{WORK}/pkt-gen-{}.log", line.line)]);
    let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
    say("-i", format!("netmap:{}", line.port));
    say("-f", "tx".to_owned());
    say("-n", "0".to_owned());
    say("-w", WAIT_S.to_string());
    say("-T", "1000".to_owned());
    say("-l", size.to_string());
    say("-s", format!("{}:{source}", line.from));
    say("-d", format!("{}:{sink}", sender::destination(line)));
    say("-D", line.to_mac.clone());
    if let Some(pace) = line.pace_pps {
        say("-R", pace.to_string());
        say("-b", (pace / BURSTS_PER_S).clamp(1, MOST_AT_ONCE).to_string());
    }
    words.push("-N".to_owned());
    Argv(words)
}

/// Seconds for which it sent, and the frames that it gave to netmap in them, of its last words.
///
/// # Errors
/// A figure is missing or is no number, or nothing was sent.
pub fn sent(output: &str) -> Result<(f64, u64)> {
    let last = output.lines().rev().find_map(|line| line.trim().strip_prefix("Sent "));
    let last = last.context("it does not say what it sent")?;
    if last.starts_with("nothing") {
        bail!("it sent nothing");
    }
    let packets = last.split_once(" packets ").and_then(|(packets, _)| packets.parse().ok());
    let packets: u64 = packets.with_context(|| format!("`Sent {last}` has no count of packets"))?;
    let elapsed_s = last.split_once(" each in ").and_then(|(_, rest)| rest.split_once(" seconds"));
    let elapsed_s = elapsed_s.and_then(|(seconds, _)| seconds.parse::<f64>().ok());
    let elapsed_s = elapsed_s.with_context(|| format!("`Sent {last}` has no time"))?;
    if packets == 0 || elapsed_s <= 0.0 || !elapsed_s.is_finite() {
        bail!("it sent {packets} frames in {elapsed_s} s");
    }
    Ok((elapsed_s, packets))
}

#[cfg(test)]
mod tests {
    use super::super::Frames;
    use super::super::sample::traffic;
    use super::*;

    // Of netmap of 2026, in its emulation over a virtio card.
    const SAID: &str = include_str!("pkt_gen/one-line.txt");

    fn job() -> Job {
        let frame_size = Some(Frames::Size(124));
        PktGen.commands(&[Traffic { frame_size, pace_pps: Some(5000), ..traffic(Protocol::Udp) }]).remove(0)
    }

    #[test]
    fn what_it_sent_and_for_how_long_are_its_last_words() {
        let (elapsed_s, packets) = sent(SAID).unwrap();
        let said = Said { sent_packets: Some(packets), ..Said::default() };
        assert!(packets > 0 && elapsed_s > 1.0, "{packets} {elapsed_s}");
        let measured = Measured { line: 2, elapsed_s, arrived_bps: None, said, reports: Vec::new() };
        assert_eq!(PktGen.parse(SAID, &job()).unwrap(), [measured]);
        assert!(SAID.lines().any(|line| PktGen.interim(line).is_some_and(|bps| bps > 0.0)), "{SAID}");
    }

    #[test]
    fn output_that_cannot_be_read_is_quoted_and_never_a_zero() {
        for (output, why) in [
            ("", "it does not say what it sent"),
            ("Sent nothing.\n", "it sent nothing"),
            (&SAID.replace(" packets ", " parcels "), "has no count of packets"),
            (&SAID.replace(" each in ", " each for "), "has no time"),
            ("Sent 0 packets 0 bytes 0 events 60 bytes each in 1.00 seconds.", "it sent 0 frames in 1 s"),
        ] {
            let error = format!("{:#}", PktGen.parse(output, &job()).unwrap_err());
            assert!(error.contains(why) && error.contains("pkt-gen's output could not be used: `"), "{why}: {error}");
        }
    }

    #[test]
    fn it_sends_between_fixed_ports_at_a_chosen_pace() {
        assert_eq!(
            job().command.0[6..].join(" "),
            "-i netmap:eth2 -f tx -n 0 -w 2 -T 1000 -l 124 -s 198.18.2.1:20001 -d 198.18.2.255:26001 \
             -D 02:00:00:00:00:02 -R 5000 -b 5 -N"
        );
    }
}
