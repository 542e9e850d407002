//! More at once on a connection than the host takes sessions: ten, unless its sshd is told otherwise.

use std::time::Instant;

use nsbench::host::shell::Argv;
use nsbench::host::{Host, Process};

use crate::sshd::{Sshd, until};

/// So many sessions that there can be no other, each for so long.
async fn occupied(sshd: &Sshd, host: &Host, seconds: u32) -> Vec<Process> {
    let mut all = Vec::new();
    for _ in 0..10 {
        let command = format!("echo here; exec sleep {seconds}");
        let mut process = host.spawn(&Argv::new(["sh", "-c", &command])).await.unwrap();
        assert_eq!(process.line().await.unwrap().as_deref(), Some("here"));
        all.push(process);
    }
    until("the sessions", async || sshd.has_a_command("sleep")).await;
    all
}

#[tokio::test]
async fn a_command_waits_for_a_session_where_the_host_has_none_left() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let begun = Instant::now();
    let _occupied = occupied(&sshd, &host, 4).await;
    let output = host.script("echo done").await.unwrap();
    assert_eq!((output.status, output.stdout.as_str()), (0, "done\n"), "{}", output.stderr);
    assert!(begun.elapsed().as_secs() >= 3, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_host_that_never_has_a_session_left_is_an_error_that_says_which_setting_it_is() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let _occupied = occupied(&sshd, &host, 60).await;
    let error = host.script("echo done").await.unwrap_err().to_string();
    let waited = error.strip_prefix("`box` took no further session on its connection within ");
    let waited = waited.and_then(|rest| rest.split_once(" s: ")?.0.parse::<u64>().ok());
    assert!(waited.is_some_and(|seconds| seconds >= 10), "{error}");
    assert!(error.contains("Session open refused by peer\nhint: see `MaxSessions`"), "{error}");
}

#[tokio::test]
async fn a_command_that_ends_like_ssh_does_is_run_once() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let ran = sshd.dir().join("ran");
    let script = format!("echo x >>{}; echo 'mux_client_request_session: none' >&2; exit 255", ran.display());
    assert_eq!(host.script(&script).await.unwrap().status, 255);
    assert_eq!(std::fs::read_to_string(ran).unwrap(), "x\n");
}
