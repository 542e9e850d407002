//! netperf, in its omni form with keyed output: what it prints is read by name, and what it does not print is an error.

mod said;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};

use super::{
    Abilities, Job, Layer, Load, MAX_FLOWS, Measured, Protocol, Report, Server, Tool, Traffic, bounded, excerpt,
    job_name, whole_seconds,
};
use crate::host::shell::Argv;
use crate::role::Role;

/// Port of the netserver on the sink: not netperf's own, which may be somebody's.
const PORT: u16 = 18865;

/// What netperf says at its end. UDP counts what arrived, not what was sent.
const SELECTORS: &str = "THROUGHPUT,THROUGHPUT_UNITS,ELAPSED_TIME,REMOTE_RECV_THROUGHPUT,LOCAL_SEND_THROUGHPUT";

/// netperf: a process a flow, all served by one netserver.
#[derive(Debug)]
pub struct Netperf;

impl Tool for Netperf {
    fn abilities(&self) -> Abilities {
        Abilities {
            name: "netperf",
            protocols: &[Protocol::Tcp, Protocol::Udp],
            sized: &[Protocol::Udp],
            mixes: false,
            reports_flows: false,
            most_flows: MAX_FLOWS,
            frame_size: None,
            layer: Layer::Payload,
            reports: &[Protocol::Tcp],
            // Only a netperf that was built with intervals could (`-b`, `-w`), and the packaged ones are not.
            paces: &[],
        }
    }

    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)] {
        match role {
            Role::Source => &[("netperf", "netperf")],
            Role::Middlebox => &[],
            Role::Sink => &[("netserver", "netperf")],
        }
    }

    fn servers(&self, _: &[Ipv4Addr]) -> Vec<Server> {
        let command = Argv::new(["netserver", "-D", "-p", &PORT.to_string()]);
        vec![Server { name: "netserver".to_owned(), command, port: PORT }]
    }

    fn jobs(&self, lines: usize, load: &Load) -> Vec<String> {
        let flows = load.flows.unwrap_or(1);
        let of_line = |line| (1..=flows).map(move |flow| job_name(line, flow, flows));
        (1..=lines as u32).flat_map(of_line).collect()
    }

    fn commands(&self, traffic: &[Traffic]) -> Vec<Job> {
        let of_line = |line: &Traffic| {
            let job = |number, flows, ports| Job {
                name: job_name(line.line, number, flows),
                command: command(line, ports),
                traffic: vec![line.clone()],
                root: false,
            };
            match line.ports() {
                None => vec![job(1, 1, None)],
                Some(ports) => {
                    (1..).zip(ports.each()).map(|(number, pair)| job(number, ports.flows, Some(pair))).collect()
                }
            }
        };
        traffic.iter().flat_map(of_line).collect()
    }

    fn interim(&self, line: &str) -> Option<f64> {
        let (key, value) = line.split_once('=')?;
        let megabits: f64 = key.starts_with("NETPERF_INTERIM_RESULT").then(|| value.trim().parse().ok())??;
        (megabits.is_finite() && megabits >= 0.0).then_some(megabits * 1e6)
    }

    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>> {
        let read = |line: &Traffic| {
            let (arrived_bps, elapsed_s) = parse(output, line.protocol)?;
            let reports = match line.protocol {
                Protocol::Tcp => reports(output),
                // On the way netperf tells what was sent; what arrived of it, only at the end.
                Protocol::Udp => Vec::new(),
            };
            let unusable = || format!("netperf's output could not be used: `{}`", excerpt(output));
            let said = said::read(output, line.protocol).with_context(unusable)?;
            Ok(Measured { line: line.line, elapsed_s, arrived_bps: Some(arrived_bps), said, reports })
        };
        job.traffic.iter().map(read).collect()
    }
}

/// The netperf command of one flow, bound to the line's port by the address of that port, and to ports where they are
/// fixed.
fn command(traffic: &Traffic, ports: Option<(u32, u32)>) -> Argv {
    let test = match traffic.protocol {
        Protocol::Tcp => "TCP_STREAM",
        Protocol::Udp => "UDP_STREAM",
    };
    let mut words: Vec<String> = bounded(traffic.sending()).into();
    words.push("netperf".to_owned());
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    option("-t", test.to_owned());
    option("-H", traffic.to.to_string());
    option("-L", traffic.from.to_string());
    option("-p", PORT.to_string());
    option("-l", whole_seconds(traffic.sending()).to_string());
    option("-D", "1".to_owned());
    option("-f", "m".to_owned());
    words.push("--".to_owned());
    if let Some((source, sink)) = ports {
        words.extend(["-P".to_owned(), format!("{source},{sink}")]);
    }
    if traffic.protocol == Protocol::Udp {
        words.extend(["-m".to_owned(), traffic.datagram().to_string()]);
    }
    words.extend(["-k".to_owned(), format!("{SELECTORS},{}", said::SELECTORS)]);
    Argv(words)
}

/// Bits a second that arrived and seconds of traffic, of all that netperf printed.
///
/// # Errors
/// Quotes the output where a figure is missing or is not a number, or nothing arrived.
pub fn parse(output: &str, protocol: Protocol) -> Result<(f64, f64)> {
    let field = |name: &str| {
        let mut values = output.lines().filter_map(|line| line.split_once('=')).filter(|(key, _)| *key == name);
        let (_, value) = values.next_back().with_context(|| format!("netperf printed no {name}"))?;
        Ok::<_, anyhow::Error>(value.trim())
    };
    let number = |name: &str| {
        let value = field(name)?;
        let parsed = value.parse::<f64>().ok().filter(|number| number.is_finite());
        parsed.with_context(|| format!("netperf's {name} is `{value}`, which is no number"))
    };
    let read = || {
        let units = field("THROUGHPUT_UNITS")?;
        if units != "10^6bits/s" {
            bail!("netperf counts in `{units}`, not in 10^6bits/s");
        }
        let megabits = match protocol {
            Protocol::Tcp => number("THROUGHPUT")?,
            Protocol::Udp => number("REMOTE_RECV_THROUGHPUT")?,
        };
        let elapsed_s = number("ELAPSED_TIME")?;
        if megabits <= 0.0 || elapsed_s <= 0.0 {
            bail!("netperf measured {megabits} 10^6bits/s in {elapsed_s} s: nothing arrived");
        }
        Ok((megabits * 1e6, elapsed_s))
    };
    read().with_context(|| format!("netperf's output could not be used: `{}`", excerpt(output)))
}

/// The interim reports, each of them three lines with a number of its own. One that is no report (a rate of `inf` over no
/// time) is left out; whoever needs them all sees the gap.
fn reports(output: &str) -> Vec<Report> {
    let numbered = |name: &str| -> BTreeMap<&str, f64> {
        let lines = output.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('[')?.split_once("]="));
        let values = lines.filter_map(|(number, value)| Some((number, value.trim().parse::<f64>().ok()?)));
        values.filter(|(_, value)| value.is_finite() && *value >= 0.0).collect()
    };
    let rates = numbered("NETPERF_INTERIM_RESULT");
    let (lengths, times) = (numbered("NETPERF_INTERVAL"), numbered("NETPERF_ENDING"));
    let report = |(number, megabits): (&&str, &f64)| {
        let (end_s, duration_s) = (*times.get(number)?, *lengths.get(number)?);
        (duration_s > 0.0).then_some(Report { end_s, duration_s, throughput_bps: megabits * 1e6 })
    };
    let mut reports: Vec<_> = rates.iter().filter_map(report).collect();
    reports.sort_by(|a, b| a.end_s.total_cmp(&b.end_s));
    reports
}

#[cfg(test)]
mod tests {
    use super::super::Frames;
    use super::super::sample::traffic;
    use super::*;

    const TCP: &str = "MIGRATED TCP STREAM TEST from 198.18.1.1 () port 0 AF_INET to 198.18.1.2 () port 0 AF_INET : demo\n\
        NETPERF_INTERIM_RESULT[0]=93.73\nNETPERF_UNITS[0]=10^6bits/s\nNETPERF_INTERVAL[0]=1.004\n\
        THROUGHPUT=76.07\nTHROUGHPUT_UNITS=10^6bits/s\nELAPSED_TIME=5.13\nREMOTE_RECV_THROUGHPUT=75.80\nLOCAL_SEND_THROUGHPUT=76.07\n";

    #[test]
    fn tcp_takes_the_throughput_and_udp_what_arrived() {
        assert_eq!(parse(TCP, Protocol::Tcp).unwrap(), (76.07e6, 5.13));
        assert!((parse(TCP, Protocol::Udp).unwrap().0 - 75.80e6).abs() < 1.0);
    }

    #[test]
    fn output_that_cannot_be_read_is_quoted_and_never_a_zero() {
        for (output, why) in [
            ("", "(nothing)"),
            ("establish control: are you sure there is a netserver listening on 198.18.2.2", "are you sure"),
            (&TCP.replace("THROUGHPUT=76.07", "THROUGHPUT=nan"), "`nan`"),
            (&TCP.replace("THROUGHPUT=76.07", "THROUGHPUT=0.00"), "nothing arrived"),
            (&TCP.replace("THROUGHPUT_UNITS=10^6bits/s", "THROUGHPUT_UNITS=KBytes/s"), "`KBytes/s`"),
        ] {
            let error = format!("{:#}", parse(output, Protocol::Tcp).unwrap_err());
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn interim_reports_are_rates_in_bits() {
        assert_eq!(Netperf.interim("NETPERF_INTERIM_RESULT[3]=53.97"), Some(53.97e6));
        for line in ["NETPERF_UNITS[3]=10^6bits/s", "NETPERF_INTERIM_RESULT[3]=inf", "NETPERF_INTERIM_RESULT[3]=-nan"] {
            assert_eq!(Netperf.interim(line), None, "{line}");
        }
    }

    #[test]
    fn reports_on_the_way_are_read_by_their_numbers_and_what_is_none_is_left_out() {
        // netperf 2.7.0 over the loopback device, -l 4 -D 1; the last stretch is as long as the end leaves it.
        let said = "NETPERF_INTERIM_RESULT[0]=14141.34\nNETPERF_UNITS[0]=10^6bits/s\nNETPERF_INTERVAL[0]=1.006\n\
                    NETPERF_ENDING[0]=1795671680.412\nNETPERF_INTERIM_RESULT[1]=18037.96\nNETPERF_UNITS[1]=10^6bits/s\n\
                    NETPERF_INTERVAL[1]=1.061\nNETPERF_ENDING[1]=1795671681.472\nNETPERF_INTERIM_RESULT[10]=inf\n\
                    NETPERF_INTERVAL[10]=0.000\nNETPERF_ENDING[10]=1795671681.472\n";
        let report = |rate: f64, duration_s, end_s| Report { end_s, duration_s, throughput_bps: rate * 1e6 };
        let expected = [report(14141.34, 1.006, 1_795_671_680.412), report(18037.96, 1.061, 1_795_671_681.472)];
        assert_eq!(reports(said), expected);
        let udp = Netperf.commands(&[traffic(Protocol::Udp)]).remove(0);
        assert_eq!(Netperf.parse(&(said.to_owned() + TCP), &udp).unwrap()[0].reports, [], "they tell what was sent");
    }

    #[test]
    fn a_line_is_bound_to_its_port_and_to_its_time() {
        let words = command(&traffic(Protocol::Udp), None).to_string();
        assert_eq!(
            words,
            "timeout 30 netperf -t UDP_STREAM -H 198.18.2.2 -L 198.18.2.1 -p 18865 -l 10 -D 1 -f m -- -m 1472 -k \
             THROUGHPUT,THROUGHPUT_UNITS,ELAPSED_TIME,REMOTE_RECV_THROUGHPUT,LOCAL_SEND_THROUGHPUT,\
             LOCAL_BYTES_SENT,REMOTE_BYTES_RECVD,LOCAL_SEND_CALLS,REMOTE_RECV_CALLS,LOCAL_TRANSPORT_RETRANS,TRANSPORT_MSS"
        );
    }

    #[test]
    fn each_flow_is_a_process_with_ports_of_its_own_and_the_size_that_was_asked_for() {
        let traffic = Traffic { flows: Some(2), frame_size: Some(Frames::Size(508)), ..traffic(Protocol::Udp) };
        let jobs = Netperf.commands(&[traffic]);
        let names: Vec<_> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(names, ["line 2 flow 1", "line 2 flow 2"]);
        for (job, ports) in jobs.iter().zip(["20002,26002", "20003,26003"]) {
            let words = job.command.to_string();
            assert!(words.contains(&format!("-- -P {ports} -m 466 -k ")), "{words}");
        }
    }
}
