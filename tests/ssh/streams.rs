//! Hosts watched by a program that stays: what it sees comes here, and nothing of it stays there.

use std::time::{Duration, Instant};

use nsbench::host::Host;
use nsbench::measure::streams::{Sent, Streams};
use nsbench::record::streams::{Sample, Stream};
use nsbench::role::Role;
use nsbench::testbed::Testbed;
use tokio::time::timeout;

use crate::plans::said;
use crate::sshd::{Setup, Sshd, until};

/// The paper's, with ports that every machine has.
fn testbed() -> Testbed {
    let mut testbed = Testbed::shipped("fractus").unwrap();
    "lo".clone_into(&mut testbed.lines[0].source.0);
    "lo".clone_into(&mut testbed.lines[0].input.0);
    "nowhere".clone_into(&mut testbed.lines[0].output.0);
    testbed
}

async fn hosts(sshd: &Sshd) -> [Host; 3] {
    [sshd.connect_as(Role::Source).await, sshd.connect_as(Role::Middlebox).await, sshd.connect_as(Role::Sink).await]
}

async fn start(hosts: &[Host; 3]) -> Streams {
    Streams::start(hosts.each_ref(), &testbed(), 1, &[0]).await
}

async fn left(host: &Host) -> String {
    said(host, "pgrep -f /var/lib/nsbench/work/hoststrea[m] || :").await
}

/// A trial of this length, of which nothing but the time is told.
async fn sent(seconds: u64) -> Sent {
    let sending = Duration::from_secs(seconds);
    tokio::time::sleep(sending).await;
    Sent { begin_s: None, ended: Instant::now(), sending }
}

/// How much of the first `seconds` samples came too late for.
fn late_s(stream: &Stream, seconds: f64) -> f64 {
    let within = |sample: &Sample| sample.until_s.min(seconds) - sample.from_s.max(0.0);
    stream.samples.iter().map(|sample| (within(sample) - 0.1).max(0.0)).sum()
}

#[tokio::test]
async fn hosts_are_watched_ten_times_a_second_and_afterwards_nothing_runs_there() {
    let Some(sshd) = Sshd::start() else { return };
    let hosts = hosts(&sshd).await;
    let streams = start(&hosts).await;
    assert_eq!(streams.unwatched(), [""; 0]);
    streams.begin();
    // A virtual machine may stand still for the half second that a look is of: then nothing was sent in it.
    until("the connections' own traffic to be told of", async || streams.live().now().lines[0].sent_bps > Some(0.0))
        .await;
    let sent = sent(3).await;
    let live = streams.live().now();
    for role in Role::ALL {
        assert!(live.cpus[&role].iter().any(|cpu| cpu.busy.is_some()), "{live:?}");
    }
    assert!(live.lines[0].rate_bps.is_none(), "{live:?}");
    let seen = streams.take(Some(&sent), None).await;
    for (role, seen) in &seen {
        let watched = &seen.watched;
        assert_eq!((&watched.reason, &seen.remark), (&None, &None), "{role}");
        let stream = Stream::parse(seen.text.as_ref().unwrap()).unwrap();
        // A machine that does other work besides may be late now and then, or stand still.
        let enough = 5.0 * (3.0 - late_s(&stream, 3.0));
        let samples = watched.samples.unwrap();
        assert!(samples <= 31 && samples as f64 >= enough, "{role}: {enough} {watched:?}");
        assert!(watched.longest_gap_s.is_some(), "{role}: {watched:?}");
        assert!(watched.cpus.iter().all(|cpu| cpu.busy_mean.is_some() && cpu.busy_max >= cpu.busy_mean), "{watched:?}");
        assert!(watched.memory_available_min_kib > Some(0) && watched.interrupts_per_s > Some(0.0), "{watched:?}");
        let share = watched.own_share.unwrap();
        println!("watching the {role} took {:.2} % of a CPU, natively", share * 100.0);
        assert!(share > 0.0, "{watched:?}");
        assert_eq!(stream.host, role.name());
    }
    // The connections themselves go over this port.
    let stream = Stream::parse(seen[&Role::Middlebox].text.as_ref().unwrap()).unwrap();
    assert_eq!((stream.port_of(1, "in"), stream.port_of(1, "out")), (Some("lo"), Some("nowhere")));
    assert!(stream.port("lo").iter().any(|rate| rate.rx_bps > 0.0 && rate.tx_pps > 0.0));
    assert!(stream.port("nowhere").is_empty(), "as of a port that a user-space driver holds");
    assert!(seen[&Role::Middlebox].watched.ports.contains_key("lo"));
    assert_eq!(streams.end().await, [""; 0]);
    assert_eq!(left(&hosts[0]).await, "");
}

#[tokio::test]
async fn a_controller_that_is_gone_and_a_connection_that_is_cut_leave_nothing_behind() {
    let Some(sshd) = Sshd::start() else { return };
    let hosts = hosts(&sshd).await;
    let streams = start(&hosts).await;
    assert_eq!(left(&hosts[0]).await.lines().count(), 3);
    drop(streams);
    until("the programs to end", async || left(&hosts[0]).await.is_empty()).await;
    let streams = start(&hosts).await;
    sshd.cut_connections();
    let again = sshd.connect().await;
    until("the programs to end", async || left(&again).await.is_empty()).await;
    let seen = timeout(Duration::from_secs(20), streams.take(None, None)).await.unwrap();
    assert!(seen[&Role::Source].remark.as_ref().unwrap().ends_with(": the host was lost"), "{seen:?}");
    assert_eq!(streams.end().await, [""; 0]);
}

#[tokio::test]
async fn a_program_that_dies_in_a_trial_is_told_with_what_it_had_seen() {
    let Some(sshd) = Sshd::start() else { return };
    let hosts = hosts(&sshd).await;
    let streams = start(&hosts).await;
    streams.begin();
    // They come ten at a time, unless they are asked for.
    until("samples", async || streams.take(None, None).await[&Role::Middlebox].text.is_some()).await;
    said(&hosts[0], "pkill -KILL -f hoststream-middlebo[x]").await;
    let sent = sent(1).await;
    let seen = streams.take(Some(&sent), None).await;
    let middlebox = &seen[&Role::Middlebox];
    let remark = middlebox.remark.as_ref().unwrap();
    assert!(
        remark.starts_with("the middlebox was not watched to the end of the trial: `hoststream` ended"),
        "{remark}"
    );
    assert!(middlebox.text.is_some());
    assert_eq!(seen[&Role::Sink].remark, None);
    assert_eq!(streams.end().await, [""; 0]);
}

#[tokio::test]
async fn a_host_that_cannot_run_the_program_is_gone_without() {
    let setup = Setup { var_lib: "size=16m,noexec", ..Setup::default() };
    let Some(sshd) = Sshd::start_as(&setup) else { return };
    let hosts = hosts(&sshd).await;
    let streams = start(&hosts).await;
    let why = streams.unwatched();
    assert_eq!(why.len(), 3, "{why:?}");
    assert!(why[1].starts_with("the middlebox is not watched") && why[1].contains("Permission denied"), "{}", why[1]);
    let seen = streams.take(None, None).await;
    assert_eq!((&seen[&Role::Middlebox].text, &seen[&Role::Middlebox].remark), (&None, &None));
    assert!(seen[&Role::Middlebox].watched.reason.is_some());
    assert_eq!(streams.end().await, [""; 0]);
}
