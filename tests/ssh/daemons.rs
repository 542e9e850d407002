//! Programs that stay: they become ready or are told, and they end, themselves and nobody else.

use std::time::{Duration, Instant};

use nsbench::execute::{self, ApplyError};

use crate::awake::Awake;
use crate::plans::{apply, comes_to_say, is_as_found, said, steps};
use crate::sshd::Sshd;

/// A daemon that runs `script`, which must not have single quotes.
fn daemon(script: &str, stop: &str) -> String {
    format!(
        "[{{ daemon: {{ name: d, command: [sh, -c, '{script}'], ready: ready, ready_within_s: 5, stop: {stop} }} }}]"
    )
}

/// How many processes of the host are called `sleep`.
const SLEEPERS: &str = "pgrep -x sleep | wc -l";

#[tokio::test]
async fn a_daemon_that_never_becomes_ready_fails_with_the_end_of_its_log_and_is_ended() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let error = apply(&host, &steps(&daemon("echo still looking; exec sleep 1000", "TERM"))).await.unwrap_err();
    let Some(ApplyError::Step { said: why, .. }) = error.downcast_ref() else { panic!("{error:#}") };
    assert_eq!(why, "it was not ready within 5 s; its last words:\nstill looking");
    comes_to_say(&host, SLEEPERS, "1\n").await;
    execute::undo(&host, None).await.unwrap();
    comes_to_say(&host, SLEEPERS, "0\n").await;
}

#[tokio::test]
async fn a_daemon_that_ends_at_once_fails_without_being_waited_for() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let begun = Awake::start();
    let error = apply(&host, &steps(&daemon("echo no such port; exit 1", "TERM"))).await.unwrap_err().to_string();
    assert!(error.ends_with("failed on `box`: it ended; its last words:\nno such port"), "{error}");
    // One that said it was ready and died of it is not ready.
    execute::undo(&host, None).await.unwrap();
    let error = apply(&host, &steps(&daemon("echo ready; exit 1", "TERM"))).await.unwrap_err().to_string();
    assert!(error.ends_with("it ended; its last words:\nready"), "{error}");
    execute::undo(&host, None).await.unwrap();
    let absent = "[{ daemon: { name: d, command: [/no/such/program], ready: ready } }]";
    let error = apply(&host, &steps(absent)).await.unwrap_err().to_string();
    assert!(error.contains("/no/such/program: not found"), "{error}");
    execute::undo(&host, None).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn a_daemon_that_ignores_the_signal_is_killed_with_its_children() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let stubborn = "trap \"\" TERM; sleep 1000 & echo ready; while :; do sleep 1000; done";
    apply(&host, &steps(&daemon(stubborn, "TERM"))).await.unwrap();
    comes_to_say(&host, SLEEPERS, "2\n").await;
    let begun = Instant::now();
    execute::undo(&host, None).await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(4), "it was not given the time to end by itself");
    comes_to_say(&host, SLEEPERS, "0\n").await;
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn children_that_outlive_their_daemon_are_ended_too() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let script = "(trap \"\" TERM; exec sleep 1000) & echo ready; exec sleep 1000";
    apply(&host, &steps(&daemon(script, "TERM"))).await.unwrap();
    comes_to_say(&host, SLEEPERS, "2\n").await;
    execute::undo(&host, None).await.unwrap();
    comes_to_say(&host, SLEEPERS, "0\n").await;
}

#[tokio::test]
async fn a_daemon_gets_the_signal_of_its_profile_and_its_last_words_are_kept() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let script = "trap \"echo interrupted; exit 0\" INT; echo ready; while :; do sleep 0.1; done";
    apply(&host, &steps(&daemon(script, "INT"))).await.unwrap();
    let begun = Awake::start();
    let undone = execute::undo(&host, None).await.unwrap();
    assert_eq!(undone.said, "/var/lib/nsbench/work/d.log:\nready\ninterrupted\n");
    assert!(begun.elapsed() < Duration::from_secs(4), "it was killed, or waited for in vain");
}

#[tokio::test]
async fn a_daemon_that_has_ended_already_is_no_error_at_undo() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    apply(&host, &steps(&daemon("echo ready; exec sleep 1000", "TERM"))).await.unwrap();
    said(&host, "read -r pid rest </var/lib/nsbench/work/d.pid; kill -s KILL $pid").await;
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, Some(2));
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn a_process_that_got_the_number_of_a_daemon_is_left_alone() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    apply(&host, &steps(&daemon("echo ready; exec sleep 1000", "TERM"))).await.unwrap();
    // Another process, the leader of its group as a daemon is, that began at another time.
    let other = "read -r pid rest </var/lib/nsbench/work/d.pid; kill $pid\n\
                 setsid -f sh -c 'echo $$ >/run/other; exec sleep 2000' >/dev/null 2>&1\n\
                 while [ ! -s /run/other ]; do sleep 0.1; done\n\
                 read -r pid </run/other; read -r stat </proc/$pid/stat; stat=${stat##*) }\n\
                 start=$(echo \"$stat\" | cut -d' ' -f20)\n\
                 echo \"$pid $stat\" | sed \"s/ $start / $((start - 1)) /\" >/var/lib/nsbench/work/d.pid";
    said(&host, other).await;
    execute::undo(&host, None).await.unwrap();
    assert_eq!(said(&host, "read -r pid </run/other; tr '\\0' ' ' </proc/$pid/cmdline").await, "sleep 2000 ");
}
