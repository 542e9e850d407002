//! Hosts that are watched: their kernels are heard, their loss is noticed, and nothing of it stays there.

use std::time::Duration;

use nsbench::generator::Generator;
use nsbench::host::{Host, Lost};
use nsbench::interrupt::Interrupt;
use nsbench::measure::trouble::Trouble;
use nsbench::measure::watch::Watch;
use nsbench::measure::{self, Hosts, TrialError};
use nsbench::plan::WORK;
use nsbench::role::Role;
use nsbench::testbed::Testbed;
use tokio::time::timeout;

use crate::awake::{Awake, within};
use crate::plans::said;
use crate::sshd::{Setup, Sshd, until};
use crate::three::traffic;

const FOLLOW: &str = include_str!("../../src/measure/follow.sh");

/// What is promised of a host that is lost.
const NOTICED: Duration = Duration::from_secs(10);

fn with_kernel_log() -> Setup {
    Setup { kernel_log: true, ..Setup::default() }
}

/// The middlebox on a server of its own, source and sink on another.
async fn hosts(middlebox: &Sshd, ends: &Sshd) -> Hosts {
    Hosts {
        source: ends.connect_as(Role::Source).await,
        middlebox: middlebox.connect_as(Role::Middlebox).await,
        sink: ends.connect_as(Role::Sink).await,
    }
}

/// What may be left of a watch.
async fn left(host: &Host) -> String {
    said(host, "pgrep -x cat || :; pgrep -x timeout || :").await
}

#[tokio::test]
async fn what_a_kernel_says_from_now_on_is_heard_and_afterwards_nothing_runs_there() {
    let Some(middlebox) = Sshd::start_as(&with_kernel_log()) else { return };
    let Some(ends) = Sshd::start() else { return };
    let hosts = hosts(&middlebox, &ends).await;
    middlebox.kernel_says(5_000_000, "BUG: an old one");
    let watch = Watch::start(hosts.each()).await.unwrap();
    let begun = watch.marks();
    middlebox.kernel_says(6_000_000, "netslice: 4 slices");
    middlebox.kernel_says(7_000_000, "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [ksoftirqd/1:23]");
    watch.catch_up(hosts.each()).await;
    let lines = &watch.troubles(&begun)[&Role::Middlebox];
    assert_eq!((lines.len(), lines[0].trouble), (1, Trouble::SoftLockup));
    assert_eq!(watch.last_words(Role::Middlebox, &begun).len(), 2);
    let later = watch.marks();
    assert_eq!(watch.last_words(Role::Middlebox, &later), [""; 0]);
    assert_eq!(watch.end().await, [""; 0]);
    assert_eq!(left(&hosts.middlebox).await + &left(&hosts.source).await, "");
}

#[tokio::test]
async fn a_watch_that_nobody_wants_any_more_leaves_nothing_behind_in_every_shell() {
    // The minute that the script waits for a heartbeat takes one second here.
    let short = FOLLOW.replace("timeout 60 ", "timeout 1 ");
    assert_ne!(short, FOLLOW);
    for sh in ["/bin/dash", "/bin/bash", "/bin/busybox"] {
        let setup = Setup { sh: Some(sh), ..with_kernel_log() };
        let Some(sshd) = Sshd::start_as(&setup) else { continue };
        let host = sshd.connect().await;
        let mut process = host.spawn_script(&short).await.unwrap();
        let mut lines = Vec::new();
        let listen = async {
            while let Some(line) = process.line().await.unwrap() {
                lines.push(line);
            }
        };
        timeout(Duration::from_secs(20), listen).await.unwrap();
        assert_eq!(process.wait().await.unwrap().0, 0, "{sh}");
        // busybox has a `dmesg` of its own, which knows this machine's log.
        lines.retain(|line| !line.starts_with("nsb up ") && !line.starts_with("nsb last "));
        assert_eq!(lines, ["nsb begin", "nsb end"], "{sh}");
        assert_eq!(left(&host).await, "", "{sh}");
    }
}

#[tokio::test]
async fn a_kernel_log_that_cannot_be_read_is_told_and_its_host_watched_all_the_same() {
    let Some(middlebox) = Sshd::start_as(&with_kernel_log()) else { return };
    let Some(ends) = Sshd::start() else { return };
    let hosts = hosts(&middlebox, &ends).await;
    said(&hosts.middlebox, "umount /dev/kmsg; mount --bind /run /dev; ls /dev").await;
    let watch = Watch::start(hosts.each()).await.unwrap();
    assert_eq!(watch.unreadable(), [Role::Middlebox]);
    middlebox.cut_connections();
    assert_eq!(within(NOTICED, "the loss", watch.lost()).await, Role::Middlebox);
}

#[tokio::test]
async fn a_connection_that_ends_is_noticed_at_once_and_its_host_named_with_the_kernels_last_words() {
    let Some(middlebox) = Sshd::start_as(&with_kernel_log()) else { return };
    let Some(ends) = Sshd::start() else { return };
    let hosts = hosts(&middlebox, &ends).await;
    middlebox.kernel_says(5_000_000, "old");
    let watch = Watch::start(hosts.each()).await.unwrap();
    let begun = watch.marks();
    middlebox.kernel_says(6_000_000, "general protection fault: 0000 [#1] SMP");
    watch.catch_up(hosts.each()).await;
    let cut = Awake::start();
    middlebox.cut_connections();
    assert_eq!(within(NOTICED, "the loss", watch.lost()).await, Role::Middlebox);
    let (role, why) = watch.find_lost(hosts.each()).await.unwrap();
    assert!(cut.elapsed() < NOTICED, "{:?}", cut.elapsed());
    assert!(role == Role::Middlebox && why.starts_with("lost the connection to `middlebox`"), "{why}");
    assert_eq!(watch.last_words(role, &begun), ["general protection fault: 0000 [#1] SMP"]);
    assert_eq!(watch.end().await, [""; 0]);
    let again = middlebox.connect().await;
    until("the reader to end", async || left(&again).await.is_empty()).await;
}

#[tokio::test]
async fn a_host_that_hangs_without_a_word_is_noticed_within_ten_seconds() {
    let Some(middlebox) = Sshd::start() else { return };
    let Some(ends) = Sshd::start() else { return };
    let hosts = hosts(&middlebox, &ends).await;
    let watch = Watch::start(hosts.each()).await.unwrap();
    let script = hosts.middlebox.script_within("sleep 100", Duration::from_secs(90));
    let noticed = async {
        until("a command", async || middlebox.has_a_command("sleep")).await;
        middlebox.hang();
        assert_eq!(within(NOTICED, "the loss", watch.lost()).await, Role::Middlebox);
    };
    let (script, ()) = tokio::join!(script, noticed);
    assert!(script.unwrap_err().is::<Lost>());
    assert_eq!(watch.find_lost(hosts.each()).await.unwrap().0, Role::Middlebox);
}

#[tokio::test]
async fn a_trial_whose_middlebox_is_lost_ends_at_once_and_its_generators_with_it() {
    let netperf = "#!/bin/sh\nexec sleep 1000\n";
    let Some(middlebox) = Sshd::start() else { return };
    let Some(ends) = Sshd::start_as(&Setup { programs: vec![("netperf", netperf)], ..Setup::default() }) else {
        return;
    };
    let hosts = hosts(&middlebox, &ends).await;
    said(&hosts.source, &format!("mkdir -p {WORK}")).await;
    let watch = Watch::start(hosts.each()).await.unwrap();
    let testbed = Testbed::shipped("fractus").unwrap();
    let traffic = [traffic(&testbed, Duration::from_secs(60))];
    let interrupt = Interrupt::listen().unwrap();
    let traffic = (Generator::Netperf, &traffic[..]);
    let trial = measure::trial(&testbed, &hosts, traffic, &[], &watch, &interrupt);
    let cut = async {
        until("the generator", async || ends.has_a_command("sleep")).await;
        middlebox.cut_connections();
        Awake::start()
    };
    let (trial, cut) = tokio::join!(trial, cut);
    assert!(cut.elapsed() < NOTICED, "{:?}", cut.elapsed());
    let Err(TrialError::Failed { error, .. }) = trial else { panic!("{trial:?}") };
    assert_eq!(error.to_string(), "the middlebox was lost");
    assert_eq!(watch.find_lost(hosts.each()).await.unwrap().0, Role::Middlebox);
    until("the generator to end", async || !ends.has_a_command("sleep")).await;
}

#[tokio::test]
async fn a_host_that_answers_is_not_lost() {
    let Some(sshd) = Sshd::start() else { return };
    let hosts = hosts(&sshd, &sshd).await;
    let watch = Watch::start(hosts.each()).await.unwrap();
    assert_eq!(watch.find_lost(hosts.each()).await, None);
    assert!(timeout(Duration::from_millis(200), watch.lost()).await.is_err());
    assert_eq!(watch.end().await, [""; 0]);
}
