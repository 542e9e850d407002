//! iperf3, read from its JSON: what arrived, as its server says, in all and in each second.
//!
//! The server tells when a second of its test was, and not when the test was; that it begins when its client does is true but for
//! the moments of a connection.
//!
//! A server of iperf3 serves one test at a time, so each line has one, on a port of its own.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{
    Abilities, Job, Layer, Load, MAX_FLOWS, Measured, Protocol, Report, Server, Tool, Traffic, bounded, excerpt,
    job_name, whole_seconds,
};
use crate::host::shell::Argv;
use crate::record::Said;
use crate::role::Role;

/// The port of line n's server is this and n: none of them iperf3's own, which may be somebody's.
const PORTS: u16 = 18_870;

/// sh that says when it begins, and then is what it is told. Many a busybox's `date` knows whole seconds only: there it begins
/// with the next one.
const BEGIN: &str = "now=$(date +%s.%N); case $now in *. | *[!0-9.]*) old=$(date +%s); until now=$(date +%s); [ \"$now\" != \"$old\" ]; \
                     do sleep 0.01; done ;; esac; echo \"begin $now\"; exec \"$0\" \"$@\"";

/// iperf3: a process a line, its flows in one.
#[derive(Debug)]
pub struct Iperf3;

impl Tool for Iperf3 {
    fn abilities(&self) -> Abilities {
        Abilities {
            name: "iperf3",
            protocols: &[Protocol::Tcp, Protocol::Udp],
            sized: &[Protocol::Udp],
            mixes: false,
            most_flows: MAX_FLOWS,
            reports_flows: true,
            frame_size: None,
            layer: Layer::Payload,
            reports: &[Protocol::Tcp, Protocol::Udp],
            paces: &[Protocol::Udp],
        }
    }

    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)] {
        match role {
            Role::Source | Role::Sink => &[("iperf3", "iperf3")],
            Role::Middlebox => &[],
        }
    }

    fn servers(&self, sinks: &[Ipv4Addr]) -> Vec<Server> {
        let server = |(line, sink): (u32, &Ipv4Addr)| {
            let port = port(line);
            let command =
                ["iperf3", "-4", "-s", "-J", "-p", &port.to_string(), "-B", &sink.to_string()].map(str::to_owned);
            Server { name: format!("iperf3-{line}"), command: Argv::new(command), port }
        };
        (1..).zip(sinks).map(server).collect()
    }

    fn jobs(&self, lines: usize, _: &Load) -> Vec<String> {
        (1..=lines as u32).map(|line| job_name(line, 1, 1)).collect()
    }

    fn commands(&self, traffic: &[Traffic]) -> Vec<Job> {
        let job = |line: &Traffic| Job {
            name: job_name(line.line, 1, 1),
            command: command(line),
            traffic: vec![line.clone()],
            root: false,
        };
        traffic.iter().map(job).collect()
    }

    /// With `-J` it speaks at its end only; `--json-stream`, which would tell, is younger than what most hosts have.
    fn interim(&self, _: &str) -> Option<f64> {
        None
    }

    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>> {
        let read = |line: &Traffic| {
            let (arrived_bps, elapsed_s, reports) = parse(output, line.protocol, line.flows.unwrap_or(1))?;
            let said = Said { sending_us: sending_us(output), ..Said::default() };
            Ok(Measured { line: line.line, elapsed_s, arrived_bps: Some(arrived_bps), said, reports })
        };
        job.traffic.iter().map(read).collect()
    }

    fn complaint(&self, output: &str) -> String {
        let (_, json) = parts(output);
        let error = serde_json::from_str::<Value>(json).ok().and_then(|json| error(&json).map(str::to_owned));
        error.unwrap_or_else(|| excerpt(output))
    }
}

fn port(line: u32) -> u16 {
    PORTS + line as u16
}

fn command(traffic: &Traffic) -> Argv {
    let mut words: Vec<String> = bounded(traffic.sending()).into();
    words.extend(["sh", "-c", BEGIN, "iperf3", "-4", "-J", "--get-server-output"].map(str::to_owned));
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    option("-c", traffic.to.to_string());
    option("-p", port(traffic.line).to_string());
    option("-B", traffic.from.to_string());
    option("-t", whole_seconds(traffic.sending()).to_string());
    if let Some(ports) = traffic.ports() {
        // The flows have this port and those that follow.
        option("--cport", ports.source.to_string());
        option("-P", ports.flows.to_string());
    }
    if traffic.protocol == Protocol::Udp {
        option("-l", traffic.datagram().to_string());
        // Bits of payload a second of each flow, 0 for all that it can; without it, it sends a megabit.
        let pace = |pps: u64| pps * u64::from(traffic.datagram()) * 8 / u64::from(traffic.flows.unwrap_or(1));
        option("-b", traffic.pace_pps.map_or(0, |pps| pace(pps).max(1)).to_string());
        words.push("-u".to_owned());
    }
    Argv(words)
}

/// Bits a second that arrived, seconds of traffic, and what arrived in each of them, of the JSON that iperf3 printed.
///
/// # Errors
/// Quotes the output where it is something else, a figure is missing or is not a number, or nothing arrived.
pub fn parse(output: &str, protocol: Protocol, flows: u32) -> Result<(f64, f64, Vec<Report>)> {
    let read = || {
        let (begin, json) = parts(output);
        let json: Value = serde_json::from_str(json).context("iperf3 printed no JSON")?;
        if let Some(error) = error(&json) {
            bail!("iperf3 failed: {error}");
        }
        let sent = json.pointer("/start/test_start/protocol").and_then(Value::as_str);
        if sent.map(str::to_lowercase).as_deref() != Some(protocol.name()) {
            bail!("iperf3 says that it sent `{}`, not {}", sent.unwrap_or("(nothing)"), protocol.name());
        }
        let streams = json.pointer("/end/streams").and_then(Value::as_array).map_or(0, Vec::len);
        if streams != flows as usize {
            bail!("iperf3 has figures of {streams} flows, not of {flows}");
        }
        let number = |place: &str| {
            let number = json.pointer(place).and_then(Value::as_f64);
            number.with_context(|| format!("iperf3 printed no number at `{place}`"))
        };
        let (bytes, elapsed_s) = (number("/end/sum_received/bytes")?, number("/end/sum_received/seconds")?);
        if bytes <= 0.0 || elapsed_s <= 0.0 {
            bail!("iperf3 measured {bytes} bytes in {elapsed_s} s: nothing arrived");
        }
        let begin_s = begin.and_then(|begin| begin.parse().ok()).context("it is not known when iperf3 began")?;
        Ok((bytes * 8.0 / elapsed_s, elapsed_s, reports(&json, begin_s)?))
    };
    read().with_context(|| format!("iperf3's output could not be used: `{}`", excerpt(output)))
}

/// Microseconds in which its client sent. Its server's time begins earlier and ends later.
fn sending_us(output: &str) -> Option<u64> {
    let json: Value = serde_json::from_str(parts(output).1).ok()?;
    let seconds = json.pointer("/end/sum_sent/seconds")?.as_f64()?;
    Some((seconds * 1e6).round() as u64)
}

/// When it began, and its JSON.
fn parts(output: &str) -> (Option<&str>, &str) {
    let parts = output.split_once('\n').and_then(|(first, json)| Some((first.strip_prefix("begin ")?, json)));
    parts.map_or((None, output), |(begin, json)| (Some(begin), json))
}

/// What arrived in each second of a test that began at `begin_s`, as the server says. The last of them may be of no time at all.
fn reports(json: &Value, begin_s: f64) -> Result<Vec<Report>> {
    let intervals = json.pointer("/server_output_json/intervals").and_then(Value::as_array);
    let intervals = intervals.context("iperf3's server did not tell what arrived in each second")?;
    let report = |interval: &Value| {
        let number = |key: &str| {
            let number = interval.get("sum").and_then(|sum| sum.get(key)).and_then(Value::as_f64);
            number.with_context(|| format!("iperf3's server printed no number as `{key}` of an interval"))
        };
        let (from, until, bytes) = (number("start")?, number("end")?, number("bytes")?);
        Ok(Report { end_s: begin_s + until, duration_s: until - from, throughput_bps: bytes * 8.0 / (until - from) })
    };
    let reports: Vec<Report> = intervals.iter().map(report).collect::<Result<_>>()?;
    Ok(reports.into_iter().filter(|report| report.duration_s > 0.0).collect())
}

/// Why it failed, by its own words.
fn error(json: &Value) -> Option<&str> {
    json.get("error").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::Frames;
    use super::super::sample::traffic;
    use super::*;

    // Of iperf3 3.18, two flows, what is said of each of them in an interval left out; 3.12 has the same keys.
    const TCP: &str = include_str!("iperf3/tcp.json");
    const UDP: &str = include_str!("iperf3/udp.json");
    const REFUSED: &str = include_str!("iperf3/refused.json");

    fn job(traffic: Traffic) -> Job {
        Iperf3.commands(&[traffic]).remove(0)
    }

    #[test]
    fn what_arrived_is_the_sum_of_the_flows_at_the_receiver() {
        let two = |protocol| job(Traffic { flows: Some(2), ..traffic(protocol) });
        let measured = Iperf3.parse(TCP, &two(Protocol::Tcp)).unwrap();
        let [Measured { line: 2, elapsed_s, arrived_bps: Some(arrived_bps), .. }] = measured[..] else {
            panic!("{measured:?}")
        };
        assert_eq!(measured[0].said.sending_us, Some(3_003_301), "its client's time");
        assert!((elapsed_s - 3.021_993).abs() < 1e-9 && (arrived_bps - 18.339_019e9).abs() < 1e4, "{measured:?}");
        // 75,000 datagrams were sent, of 500 bytes each; those that were lost do not count.
        let measured = Iperf3.parse(UDP, &two(Protocol::Udp)).unwrap();
        assert!((measured[0].arrived_bps.unwrap() - 37_441_500.0 * 8.0 / 3.000_632).abs() < 1.0, "{measured:?}");
    }

    #[test]
    fn what_arrived_in_each_second_is_told_by_the_server_for_all_flows_together() {
        for (said, protocol, begin_s, ends_s, bytes) in [
            (
                TCP,
                Protocol::Tcp,
                1_795_685_360.777_644_6,
                vec![1.016_682, 2.023_891, 3.001_449, 3.021_993],
                6_927_548_416.0,
            ),
            (UDP, Protocol::Udp, 1_795_685_363.835_583_6, vec![1.001_201, 2.001_941, 3.000_174], 37_441_500.0),
        ] {
            let (.., reports) = parse(said, protocol, 2).unwrap();
            let ends: Vec<_> = reports.iter().map(|report| report.end_s - begin_s).collect();
            assert!(
                ends.iter().zip(&ends_s).all(|(a, b)| (a - b).abs() < 1e-5) && ends.len() == ends_s.len(),
                "{ends:?}"
            );
            // Together they are what arrived in all.
            let sum: f64 = reports.iter().map(|report| report.throughput_bps * report.duration_s / 8.0).sum();
            assert!((sum - bytes).abs() < 1.0, "{sum}");
        }
    }

    #[test]
    fn output_that_cannot_be_read_is_quoted_and_never_a_zero() {
        for (output, why) in [
            ("", "(nothing)"),
            ("iperf3: error - out of memory", "printed no JSON: expected value"),
            (REFUSED, "iperf3 failed: unable to connect to server"),
            (&TCP.replace("sum_received", "sum_got"), "no number at `/end/sum_received/bytes`"),
            (&TCP.replace("6927548416", "0"), "nothing arrived"),
            (&TCP.replace("6927548416", "\"many\""), "no number at `/end/sum_received/bytes`"),
            (&TCP.replace("begin ", "began "), "printed no JSON"),
            (&TCP.replace("begin 1", "begin x"), "it is not known when iperf3 began"),
            (&TCP.replace("server_output_json", "server_output_text"), "did not tell what arrived in each second"),
            (&TCP.replace("4171628544", "null"), "printed no number as `bytes` of an interval"),
            (&TCP.replace("\"TCP\"", "\"SCTP\""), "that it sent `SCTP`, not tcp"),
        ] {
            let error = format!("{:#}", parse(output, Protocol::Tcp, 2).unwrap_err());
            assert!(error.contains(why), "{why}: {error}");
        }
        let error = format!("{:#}", parse(TCP, Protocol::Tcp, 3).unwrap_err());
        assert!(error.contains("figures of 2 flows, not of 3"), "{error}");
    }

    #[test]
    fn every_shell_and_every_date_tell_when_it_began() {
        use std::process::Command;
        // Of GNU, of busybox as Debian builds it, and one that leaves out what it does not know.
        let dates = ["", "date() { busybox date \"$@\"; }\n", "date() { command date \"${1%N}\" | sed 's/%$//'; }\n"];
        for date in dates {
            if date.contains("busybox") && Command::new("busybox").arg("true").status().is_err() {
                println!("skipped: there is no busybox");
                continue;
            }
            let before = jiff::Timestamp::now().as_second();
            let script = format!("{date}{BEGIN}");
            let output = Command::new("sh").args(["-c", &script, "echo", "{}"]).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let (begin, json) = parts(&said);
            let begin_s: f64 = begin.unwrap().parse().unwrap();
            assert_eq!(json, "{}\n");
            let after = jiff::Timestamp::now().as_second() + 1;
            assert!((before as f64..=after as f64).contains(&begin_s), "{said}");
        }
    }

    #[test]
    fn its_failure_is_told_in_its_own_words() {
        assert!(Iperf3.complaint(REFUSED).starts_with("unable to connect to server - "));
        assert_eq!(Iperf3.complaint("Segmentation fault\n"), "Segmentation fault");
    }

    #[test]
    fn each_line_has_a_server_on_a_port_of_its_own_and_flows_have_fixed_ports() {
        let servers = Iperf3.servers(&[Ipv4Addr::new(198, 18, 1, 2), Ipv4Addr::new(198, 18, 2, 2)]);
        let shown: Vec<_> = servers.iter().map(|server| server.command.to_string()).collect();
        assert_eq!(shown, ["iperf3 -4 -s -J -p 18871 -B 198.18.1.2", "iperf3 -4 -s -J -p 18872 -B 198.18.2.2"]);
        let words = job(Traffic { flows: Some(4), frame_size: Some(Frames::Size(60)), ..traffic(Protocol::Udp) })
            .command
            .to_string();
        assert_eq!(
            words,
            "timeout 30 sh -c 'now=$(date +%s.%N); case $now in *. | *[!0-9.]*) old=$(date +%s); until now=$(date +%s); \
             [ \"$now\" != \"$old\" ]; do sleep 0.01; done ;; esac; echo \"begin $now\"; exec \"$0\" \"$@\"' iperf3 -4 -J --get-server-output -c 198.18.2.2 -p 18872 -B 198.18.2.1 -t 10 --cport 20004 -P 4 -l 18 -b 0 -u"
        );
        let paced = Traffic {
            flows: Some(2),
            frame_size: Some(Frames::Size(60)),
            pace_pps: Some(1000),
            ..traffic(Protocol::Udp)
        };
        assert!(job(paced).command.to_string().ends_with(" -P 2 -l 18 -b 72000 -u"));
        let words = job(traffic(Protocol::Tcp)).command.0[5..].join(" ");
        assert_eq!(words, "iperf3 -4 -J --get-server-output -c 198.18.2.2 -p 18872 -B 198.18.2.1 -t 10");
    }
}
