//! nsbench or the link to it gone in the middle of a set-up: what still runs there is stopped, then all is taken back.

use std::future::Future;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use nsbench::execute;
use nsbench::host::Host;
use nsbench::interrupt::Interrupt;
use nsbench::role::Role;
use nsbench::testbed::HostSpec;

use crate::plans::{GO, apply, comes_to_say, is_as_found, said, steps};
use crate::sshd::{Sshd, until};

/// One change, then one that takes until [`GO`] and would go on to make another.
const SLOW: &str = r#"
  - command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] }
  - command:
      do: [sh, -c, 'trap "" HUP PIPE; mkdir /run/second; until [ -e /run/go ]; do sleep 0.1; done; mkdir /run/late']
      undo: [rmdir, /run/second]
  - command: { do: [mkdir, /run/third], undo: [rmdir, /run/third] }
"#;

/// Applies [`SLOW`] until its slow step is at work; then `end` comes in between.
async fn interrupted<F: Future<Output = ()>>(host: &Host, other: &Host, end: impl FnOnce() -> F) {
    let steps = steps(SLOW);
    let watch = async {
        until("the slow step", async || said(other, "ls /run").await.contains("second")).await;
        end().await;
    };
    tokio::select! {
        result = async { let result = apply(host, &steps).await; tokio::time::sleep(Duration::from_secs(20)).await; result } =>
            panic!("nobody ended it: {result:?}"),
        () = watch => {}
    }
}

/// Lets the slow step come to its end, should it still be there, and looks.
async fn nothing_goes_on(host: &Host) {
    said(host, GO).await;
    comes_to_say(host, "pgrep -f '[r]un/go'; pgrep -x sleep || :", "").await;
    assert_eq!(said(host, "ls /run | grep -v -e mount -e sshd -x -e go || :").await, "");
}

async fn everything_is_taken_back(host: &Host) {
    assert_eq!(execute::undo(host, Some("run")).await.unwrap().changes, Some(3));
    nothing_goes_on(host).await;
    assert!(is_as_found(host).await);
}

#[tokio::test]
async fn when_nobody_waits_for_a_set_up_any_more_undo_stops_it_and_takes_everything_back() {
    let Some(sshd) = Sshd::start() else { return };
    let (host, other) = (sshd.connect().await, sshd.connect().await);
    interrupted(&host, &other, async || {}).await;
    everything_is_taken_back(&host).await;
}

#[tokio::test]
async fn when_the_link_breaks_during_a_set_up_a_new_connection_stops_it_and_takes_everything_back() {
    let Some(sshd) = Sshd::start() else { return };
    let (host, other) = (sshd.connect().await, sshd.connect().await);
    interrupted(&host, &other, async || sshd.cut_connections()).await;
    let lost = format!("{:#}", host.script("true").await.unwrap_err());
    assert!(lost.starts_with("lost the connection to `box`"), "{lost}");
    everything_is_taken_back(&sshd.connect().await).await;
}

#[tokio::test]
async fn an_undo_by_hand_stops_a_set_up_that_still_runs() {
    let Some(sshd) = Sshd::start() else { return };
    let (host, other) = (sshd.connect().await, sshd.connect().await);
    interrupted(&host, &other, async || {
        assert!(said(&other, "sh /var/lib/nsbench/journal/undo").await.ends_with("nsb undone 3\n"));
    })
    .await;
    nothing_goes_on(&host).await;
}

#[tokio::test]
async fn an_undo_leaves_a_process_alone_that_got_the_number_of_a_set_up_that_is_over() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    apply(&host, &steps("[]")).await.unwrap();
    let bystander = "setsid -f sh -c 'echo $$ >/run/other; exec sleep 1000' >/dev/null 2>&1\n\
                     while [ ! -s /run/other ]; do sleep 0.1; done; cp /run/other /var/lib/nsbench/journal/applying";
    said(&host, bystander).await;
    execute::undo(&host, None).await.unwrap();
    assert_eq!(said(&host, "pgrep -x sleep | wc -l").await, "1\n");
}

#[tokio::test]
async fn a_terminals_interrupt_does_not_cut_off_an_undo() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let slow = "[{ command: { do: [mkdir, /run/first], undo: [sh, -c, \
                'touch /run/undoing; until [ -e /run/go ]; do sleep 0.1; done; rmdir /run/first'] } }]";
    apply(&host, &steps(slow)).await.unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "--ignored", "lost::undo_in_a_process_of_its_own"]).process_group(0);
    program.env(CONFIG, sshd.client_config()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let program = program.spawn().unwrap();
    until("the undo", async || said(&host, "ls /run").await.contains("undoing")).await;
    // What a terminal does on Ctrl-C: everything in the group gets it, the `ssh` of a command as well.
    killpg(Pid::from_raw(program.id().cast_signed()), Signal::SIGINT).unwrap();
    said(&host, GO).await;
    let output = program.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(said(&host, "ls -d /run/first 2>/dev/null || :").await, "");
    assert!(is_as_found(&host).await);
}

/// Tells the test below which server to talk to.
const CONFIG: &str = "NSBENCH_TEST_SSH_CONFIG";

#[tokio::test]
#[ignore = "the test above runs it, in a process that may be interrupted"]
async fn undo_in_a_process_of_its_own() {
    let Some(config) = std::env::var_os(CONFIG).map(PathBuf::from) else {
        println!("skipped: the test above has to run it");
        return;
    };
    let interrupt = Interrupt::listen().unwrap();
    let spec = HostSpec { ssh: "box".to_owned(), sudo: None, power: None };
    let host = Host::connect(Role::Middlebox, &spec, Some(&config)).await.unwrap();
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, Some(2));
    assert!(interrupt.is_set(), "the test above did not interrupt");
}
