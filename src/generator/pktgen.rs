//! pktgen, the generator inside the Linux kernel: small frames as fast as a card takes them, counted where they arrive.
//!
//! It sends and does not receive, so the sink's port counts. The frames are UDP to the broadcast address of the line's own
//! network: any kernel takes such a datagram, finds no socket and says nothing. One to the sink's own address would be
//! answered by ICMP, which would then cross the middlebox the other way.

use anyhow::{Context, Result, bail};

use super::sender::{self, SMALLEST};
use super::{
    Abilities, Frames, Job, Load, MAX_FLOWS, Measured, Ports, Protocol, Tool, Traffic, excerpt, output, whole_seconds,
};
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
        Abilities { mixes: true, most_flows: MAX_FLOWS, paces: &[Protocol::Udp], ..sender::abilities("pktgen") }
    }

    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)] {
        match role {
            Role::Source => &[("modprobe", "kmod")],
            Role::Middlebox | Role::Sink => &[],
        }
    }

    fn jobs(&self, _: usize, _: &Load) -> Vec<String> {
        vec![JOB.to_owned()]
    }

    fn commands(&self, traffic: &[Traffic]) -> Vec<Job> {
        let Some(first) = traffic.first() else { return Vec::new() };
        let (seconds, sizes) = (whole_seconds(first.sending()), sizes(first.frame_size.as_ref()));
        let (seconds, pace) = (seconds.to_string(), first.pace_pps.unwrap_or(0).to_string());
        let mut words = ["sh", "-c", SCRIPT, "pktgen", &seconds, &pace, &sizes].map(str::to_owned).to_vec();
        for line in traffic {
            let Ports { source, sink, flows } = sender::ports(line);
            let to = sender::destination(line);
            words.extend([line.line.to_string(), line.port.clone(), line.from.to_string(), to.to_string()]);
            words.extend([line.to_mac.clone(), source.to_string(), sink.to_string(), flows.to_string()]);
        }
        vec![Job { name: JOB.to_owned(), command: Argv(words), traffic: traffic.to_vec(), root: true }]
    }

    fn interim(&self, line: &str) -> Option<f64> {
        output::sending(line)
    }

    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>> {
        let of = |line: &Traffic| {
            let read = || {
                let elapsed_s = elapsed_s(output, line.line)?;
                let mixed = line.frame_size.as_ref().and_then(Frames::mix).is_some();
                Ok((elapsed_s, if mixed { mixed_sent(output, line.line)? } else { Said::default() }))
            };
            let read: Result<_> = read();
            let (elapsed_s, said) =
                read.with_context(|| format!("pktgen's output could not be used: `{}`", excerpt(output)))?;
            Ok(sender::measured(line, elapsed_s, said))
        };
        job.traffic.iter().map(of).collect()
    }

    fn remarks(&self, output: &str) -> Vec<String> {
        output::remarks(output)
    }
}

/// Bytes of the headers of Ethernet, IP and UDP.
const AROUND_PAYLOAD: u64 = 14 + 20 + 8;

/// Sizes as the script takes them: a number, or for a mix what pktgen takes, sizes and their weights. It deals sizes out in whole
/// percent, and what is lost by rounding down would all go to the last size.
fn sizes(frames: Option<&Frames>) -> String {
    match frames {
        None => SMALLEST.to_string(),
        Some(Frames::Size(size)) => size.to_string(),
        Some(Frames::Mix(mix)) => {
            let parts: Vec<_> = mix.percent().iter().map(|(size, percent)| format!("{size},{percent}")).collect();
            parts.join(" ")
        }
    }
}

/// What it said of each device that sent on a line, with the device's name.
fn devices(output: &str, line: u32) -> Vec<(&str, &str)> {
    let heading = format!("line {line} ");
    // Each begins with `== line NUMBER DEVICE`; before the first are rates.
    let parts = output.split("== ").filter_map(|part| part.strip_prefix(heading.as_str()));
    parts.map(|part| (part.lines().next().unwrap_or_default(), part)).collect()
}

/// How long pktgen sent on a line: as long as the longest of its threads.
///
/// # Errors
/// A thread did not send, or says something else.
pub fn elapsed_s(output: &str, line: u32) -> Result<f64> {
    let mut longest: Option<f64> = None;
    for (device, part) in devices(output, line) {
        let elapsed_s = sent(part).with_context(|| format!("device {device}"))?;
        longest = Some(longest.map_or(elapsed_s, |longest| longest.max(elapsed_s)));
    }
    longest.with_context(|| format!("it says nothing of line {line}"))
}

/// What it sent of each size of a mix on a line: `imix_size_counts: 60,58121 590,33902 1514,8011`.
fn mixed_sent(output: &str, line: u32) -> Result<Said> {
    let (mut packets, mut bytes) = (0, 0);
    for (device, part) in devices(output, line) {
        let counts = part.lines().find_map(|line| line.trim_start().strip_prefix("imix_size_counts: "));
        let counts = counts.with_context(|| format!("device {device}: it does not say what it sent of each size"))?;
        for word in counts.split_whitespace() {
            let read = || {
                let (size, count) = word.split_once(',')?;
                Some((size.parse::<u64>().ok()?.checked_sub(AROUND_PAYLOAD)?, count.parse::<u64>().ok()?))
            };
            let (payload, count) = read().with_context(|| format!("device {device}: `{word}` is no size and count"))?;
            packets += count;
            bytes += count * payload;
        }
    }
    Ok(Said { sent_packets: Some(packets), sent_bytes: Some(bytes), ..Said::default() })
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
    const MIXED: &str = include_str!("pktgen/mix.txt");

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

    /// The simple mix on line 3.
    fn mixed() -> Job {
        let frame_size = Some(Frames::Mix("imix".parse().unwrap()));
        Pktgen.commands(&[Traffic { line: 3, frame_size, ..traffic(Protocol::Udp) }]).remove(0)
    }

    #[test]
    fn of_a_mix_it_tells_how_much_it_sent_of_each_size() {
        // The sink's port counted 40,785 frames of 14,534,910 bytes.
        let said = Said { sent_packets: Some(40_785), sent_bytes: Some(14_534_910 - 42 * 40_785), ..Said::default() };
        let measured = Pktgen.parse(MIXED, &mixed()).unwrap();
        assert_eq!(
            measured,
            [Measured { line: 3, elapsed_s: 3.488_521, arrived_bps: None, said, reports: Vec::new() }]
        );
        let second = MIXED[MIXED.find("== ").unwrap()..].replace("eth0@0", "eth0@1");
        assert_eq!(Pktgen.parse(&format!("{MIXED}{second}"), &mixed()).unwrap()[0].said.sent_packets, Some(2 * 40_785));
        assert_eq!(mixed().command.0[6], "60,58 590,34 1514,8");
    }

    #[test]
    fn a_mix_of_which_it_does_not_tell_what_it_sent_is_an_error() {
        for (output, why) in [
            (SAID, "device eth5@0: it does not say what it sent of each size"),
            (&MIXED.replace("590,13850", "590"), "device eth0@0: `590` is no size and count"),
            (&MIXED.replace("590,13850", "590,many"), "`590,many` is no size and count"),
            (&MIXED.replace("590,13850", "41,13850"), "`41,13850` is no size and count"),
        ] {
            let error = format!("{:#}", Pktgen.parse(output, &mixed()).unwrap_err());
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
    fn a_driver_that_takes_no_frame_twice_is_told_of() {
        let told = "line 3: the driver of v0 takes no frame twice, so the source makes each anew, which is slower";
        assert_eq!(Pktgen.remarks(&format!("remark: {told}\n{SAID}")), [told]);
        assert_eq!(Pktgen.remarks(SAID), [""; 0]);
    }

    #[test]
    fn all_lines_are_sent_on_by_one_process_to_addresses_that_nobody_answers_for() {
        let traffic = [1, 2].map(|line| Traffic {
            line,
            flows: Some(4),
            frame_size: Some(Frames::Size(124)),
            ..traffic(Protocol::Udp)
        });
        let words = &Pktgen.commands(&traffic)[0].command.0;
        let line = |number: &str, source: &str, sink: &str| {
            [number, "eth2", "198.18.2.1", "198.18.2.255", "02:00:00:00:00:02", source, sink, "4"].map(str::to_owned)
        };
        assert_eq!(words[3..7], ["pktgen", "10", "0", "124"]);
        assert_eq!(words[7..], [line("1", "20000", "26000"), line("2", "20004", "26004")].concat());
    }
}
