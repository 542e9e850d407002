//! netperf, in its omni form with keyed output: what it prints is read by name, and what it does not print is an error.

mod said;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Measured, Protocol, Report, Traffic};
use crate::host::shell::Argv;
use crate::plan::NETSERVER_PORT;

/// Seconds over the duration after which netperf is ended from outside; it waits for ever when its control connection dies.
const GRACE_S: u64 = 20;

/// What netperf says at its end. UDP counts what arrived, not what was sent.
const SELECTORS: &str = "THROUGHPUT,THROUGHPUT_UNITS,ELAPSED_TIME,REMOTE_RECV_THROUGHPUT,LOCAL_SEND_THROUGHPUT";

/// The netperf command of one line, bound to the line's port by the address of that port.
pub fn command(traffic: &Traffic) -> Argv {
    let test = match traffic.protocol {
        Protocol::Tcp => "TCP_STREAM",
        Protocol::Udp => "UDP_STREAM",
    };
    let seconds = traffic.sending().as_secs().max(1);
    let mut words: Vec<String> = vec!["timeout".into(), (seconds + GRACE_S).to_string(), "netperf".into()];
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    option("-t", test.to_owned());
    option("-H", traffic.to.to_string());
    option("-L", traffic.from.to_string());
    option("-p", NETSERVER_PORT.to_string());
    option("-l", seconds.to_string());
    option("-D", "1".to_owned());
    option("-f", "m".to_owned());
    words.push("--".to_owned());
    if traffic.protocol == Protocol::Udp {
        // 20 bytes of IPv4 and 8 of UDP fill the MTU without fragments.
        words.extend(["-m".to_owned(), (traffic.mtu - 28).to_string()]);
    }
    words.extend(["-k".to_owned(), format!("{SELECTORS},{}", said::SELECTORS)]);
    Argv(words)
}

/// The command as a program that announces itself and then waits for a line of input, so that all lines start
/// together whatever it took to start each. The first output is `nsbench-pid PID`.
pub fn gated(traffic: &Traffic) -> Argv {
    let gate = "echo \"nsbench-pid $$\"; read -r go || exit 1; exec \"$@\"";
    let mut words = vec!["sh".to_owned(), "-c".to_owned(), gate.to_owned(), "netperf".to_owned()];
    words.extend(command(traffic).0);
    Argv(words)
}

/// Rate of the last interval, bits a second, if `line` is one of netperf's interim reports.
pub fn interim(line: &str) -> Option<f64> {
    let (key, value) = line.split_once('=')?;
    let megabits: f64 = key.starts_with("NETPERF_INTERIM_RESULT").then(|| value.trim().parse().ok())??;
    (megabits.is_finite() && megabits >= 0.0).then_some(megabits * 1e6)
}

/// Reads what netperf printed in all.
///
/// # Errors
/// Quotes the output where a figure is missing or is not a number, or nothing arrived.
pub fn parse(output: &str, protocol: Protocol) -> Result<Measured> {
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
        let reports = match protocol {
            Protocol::Tcp => reports(output),
            // On the way netperf tells what was sent; what arrived of it, only at the end.
            Protocol::Udp => Vec::new(),
        };
        let said = said::read(output, protocol)?;
        Ok(Measured { throughput_bps: megabits * 1e6, elapsed_s, said, reports })
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

/// How long netperf is waited for.
pub fn bound(duration: Duration) -> Duration {
    duration + Duration::from_secs(GRACE_S + 15)
}

/// The end of an output, in one line.
fn excerpt(output: &str) -> String {
    let lines: Vec<_> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(8)..];
    if last.is_empty() { "(nothing)".to_owned() } else { last.join(" | ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "MIGRATED TCP STREAM TEST from 198.18.1.1 () port 0 AF_INET to 198.18.1.2 () port 0 AF_INET : demo\n\
        NETPERF_INTERIM_RESULT[0]=93.73\nNETPERF_UNITS[0]=10^6bits/s\nNETPERF_INTERVAL[0]=1.004\n\
        THROUGHPUT=76.07\nTHROUGHPUT_UNITS=10^6bits/s\nELAPSED_TIME=5.13\nREMOTE_RECV_THROUGHPUT=75.80\nLOCAL_SEND_THROUGHPUT=76.07\n";

    fn traffic(protocol: Protocol) -> Traffic {
        let (from, to) = (Ipv4Addr::new(198, 18, 2, 1), Ipv4Addr::new(198, 18, 2, 2));
        Traffic {
            line: 2,
            from,
            to,
            protocol,
            duration: Duration::from_secs(10),
            around: [Duration::from_secs(1); 2],
            mtu: 1500,
        }
    }

    use std::net::Ipv4Addr;

    #[test]
    fn tcp_takes_the_throughput_and_udp_what_arrived() {
        let measured = parse(TCP, Protocol::Tcp).unwrap();
        assert_eq!((measured.throughput_bps, measured.elapsed_s), (76.07e6, 5.13));
        assert!((parse(TCP, Protocol::Udp).unwrap().throughput_bps - 75.80e6).abs() < 1.0);
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
        assert_eq!(interim("NETPERF_INTERIM_RESULT[3]=53.97"), Some(53.97e6));
        for line in ["NETPERF_UNITS[3]=10^6bits/s", "NETPERF_INTERIM_RESULT[3]=inf", "NETPERF_INTERIM_RESULT[3]=-nan"] {
            assert_eq!(interim(line), None, "{line}");
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
        assert_eq!(parse(&(said.to_owned() + TCP), Protocol::Udp).unwrap().reports, [], "they tell what was sent");
    }

    #[test]
    fn a_line_is_bound_to_its_port_and_to_its_time() {
        let words = command(&traffic(Protocol::Udp)).to_string();
        assert_eq!(
            words,
            "timeout 32 netperf -t UDP_STREAM -H 198.18.2.2 -L 198.18.2.1 -p 18865 -l 12 -D 1 -f m -- -m 1472 -k \
             THROUGHPUT,THROUGHPUT_UNITS,ELAPSED_TIME,REMOTE_RECV_THROUGHPUT,LOCAL_SEND_THROUGHPUT,\
             LOCAL_BYTES_SENT,REMOTE_BYTES_RECVD,LOCAL_SEND_CALLS,REMOTE_RECV_CALLS,LOCAL_TRANSPORT_RETRANS,TRANSPORT_MSS"
        );
    }
}
