//! Counting what a middlebox executes, with a `perf` that says what a test wants it to say, and with this machine's own.

use std::time::Duration;

use nsbench::generator::Generator;
use nsbench::interrupt::Interrupt;
use nsbench::measure::perf::{self, Perf};
use nsbench::measure::watch::Watch;
use nsbench::measure::{self, Hosts, TrialError, TrialOutcome};
use nsbench::plan::WORK;
use nsbench::record::CountedBy;
use nsbench::role::Role;
use nsbench::testbed::{Port, Seat, Testbed};

use crate::plans::said;
use crate::sshd::{Setup, Sshd};
use crate::three::traffic;

/// Knows no event of an AMD or ARM CPU, and no misses by their generic name; counts until its command ends.
const COUNTS: &str = r#"#!/bin/sh
events=
while [ "$1" != -- ]; do
	case $1 in -e) events=$2 ;; esac
	shift
done
shift
case $events in l2_cache* | l2d_cache*) echo "event syntax error: '$events'"; exit 129 ;; esac
"$@"
status=$?
{
	echo "1000,,instructions,100,100.00,,"
	echo "900,,cycles,100,100.00,,"
	case $events in *,l2_rqsts.miss*) echo "7,,l2_rqsts.miss,100,100.00,," ;; esac
	case $events in *LLC-load-misses*) echo "<not supported>,,LLC-load-misses,0,100.00,," ;; esac
} >&2
exit $status
"#;

const FORBIDDEN: &str = r#"#!/bin/sh
echo "Error:" >&2
echo "Access to performance monitoring and observability operations is limited." >&2
echo "perf_event_paranoid setting is 4:" >&2
exit 255
"#;

/// Has no counters in hardware, like one in a virtual machine.
const NONE: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
"$@"
for event in instructions cycles cache-misses; do echo "<not supported>,,$event,0,100.00,," >&2; done
"#;

fn with(perf: &'static str) -> Setup {
    Setup { programs: vec![("perf", perf)], ..Setup::default() }
}

/// What is left running.
const LEFT: &str = "pgrep -x perf || :";

#[tokio::test]
async fn what_perf_counts_from_the_beginning_to_the_end_is_read_and_nothing_is_left_running() {
    let Some(sshd) = Sshd::start_as(&with(COUNTS)) else { return };
    let host = sshd.connect().await;
    let counting = Perf::start(&host).await.unwrap();
    let counts = counting.end().await.unwrap();
    assert!((counts.instructions - 1000.0).abs() < f64::EPSILON);
    assert_eq!((counts.cycles, counts.l2_misses, counts.llc_misses), (Some(900.0), Some(7.0), None));
    assert_eq!(said(&host, LEFT).await, "");
}

/// Ends at once, having measured what it was written to.
const NETPERF: &str = r"#!/bin/sh
echo THROUGHPUT=76.07
echo THROUGHPUT_UNITS=10^6bits/s
echo ELAPSED_TIME=1.00
echo REMOTE_RECV_THROUGHPUT=75.80
";

/// A trial on three hosts that are one, whose test ports are all its loopback: what comes to this test over it is counted.
async fn trial(perf: &'static str, rests: bool) -> Option<Result<TrialOutcome, TrialError>> {
    let programs = vec![("perf", perf), ("netperf", NETPERF)];
    let sshd = Sshd::start_as(&Setup { programs, ..Setup::default() })?;
    let hosts = Hosts {
        source: sshd.connect_as(Role::Source).await,
        middlebox: sshd.connect_as(Role::Middlebox).await,
        sink: sshd.connect_as(Role::Sink).await,
    };
    said(&hosts.source, &format!("mkdir -p {WORK}")).await;
    let mut testbed = Testbed::shipped("fractus").unwrap();
    for seat in Seat::ALL {
        *testbed.lines[0].port_mut(seat) = Port("lo".to_owned());
    }
    let traffic = [traffic(&testbed, Duration::from_secs(1))];
    let (watch, interrupt) = (Watch::start(hosts.each()).await.unwrap(), Interrupt::listen().unwrap());
    let traffic = (Generator::Netperf, &traffic[..]);
    Some(measure::trial_with_cost(&testbed, &hosts, traffic, &[], rests, &watch, &interrupt).await)
}

#[tokio::test]
async fn a_trial_whose_middlebox_counts_has_throughput_and_cost_and_says_of_a_poller_that_it_polls() {
    let Some(outcome) = trial(COUNTS, false).await else { return };
    let outcome = outcome.unwrap();
    let cost = outcome.cost.unwrap();
    let packets = cost.packets.unwrap() as f64;
    assert!((cost.instructions_per_packet * packets - 1000.0).abs() < 1e-6 && packets > 0.0, "{cost:?}");
    assert!((cost.cycles_per_packet.unwrap() * packets - 900.0).abs() < 1e-6, "{cost:?}");
    assert_eq!((cost.counted_by, cost.idle_instructions), (Some(CountedBy::PerfStat), None));
    assert!(
        (outcome.lines[0].throughput_bps - 76.07e6).abs() < 1.0 && outcome.raw["line 1"].contains("THROUGHPUT=76.07")
    );
    assert!(outcome.remarks.iter().any(|remark| remark.contains("polls")), "{:?}", outcome.remarks);
}

#[tokio::test]
async fn a_trial_whose_middlebox_cannot_count_fails_with_the_cure() {
    let Some(outcome) = trial(NONE, true).await else { return };
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("counts no instructions") && error.contains("hint: "), "{error}");
}

#[tokio::test]
async fn a_middlebox_without_perf_is_told_how_to_get_it() {
    // Its shell finds itself, and no other program.
    let sh = "#!/bin/sh\nPATH=${0%/*} exec /bin/sh \"$@\"\n";
    let Some(sshd) = Sshd::start_as(&Setup { programs: vec![("sh", sh)], ..Setup::default() }) else { return };
    let host = sshd.connect().await;
    let error = Perf::start(&host).await.unwrap_err().to_string();
    assert!(error.contains("has no `perf`") && error.contains("hint: install it on the middlebox"), "{error}");
}

#[tokio::test]
async fn perf_that_may_not_count_is_quoted_with_the_cure() {
    let Some(sshd) = Sshd::start_as(&with(FORBIDDEN)) else { return };
    let error = Perf::start(&sshd.connect().await).await.unwrap_err().to_string();
    assert!(error.contains("operations is limited"), "{error}");
    assert!(error.contains("hint: there, as root: sysctl kernel.perf_event_paranoid=-1"), "{error}");
}

#[tokio::test]
async fn a_cpu_that_counts_no_instructions_is_no_zero() {
    let Some(sshd) = Sshd::start_as(&with(NONE)) else { return };
    let counting = Perf::start(&sshd.connect().await).await.unwrap();
    let error = format!("{:#}", counting.end().await.unwrap_err());
    assert!(error.contains("counts no instructions") && error.contains("<not supported>"), "{error}");
    assert!(error.contains("hint: "), "{error}");
}

#[tokio::test]
async fn this_machines_own_perf_counts_or_is_refused_with_a_cure() {
    if !std::path::Path::new("/usr/bin/perf").exists() {
        println!("skipped: there is no perf on this machine");
        return;
    }
    let Some(sshd) = Sshd::start() else { return };
    match perf::idle(&sshd.connect().await).await {
        Ok(counts) => assert!(counts.instructions > 0.0 && counts.elapsed_s >= 2.0, "{counts:?}"),
        Err(error) => assert!(format!("{error:#}").contains("hint: "), "{error:#}"),
    }
}
