//! The dead man's switch: a host that does not hear from its controller any more undoes everything by itself; one that
//! does is left alone; and nothing of the switch is left.
//!
//! Where a switch may fire, the hosts' time is the test's: a machine that stands still must not fire it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nsbench::execute::{self, ApplyError, Claim, Hold, Waiting};
use nsbench::host::{Host, Lost};
use nsbench::interrupt::Interrupt;
use nsbench::plan::Step;
use nsbench::role::Role;
use nsbench::testbed::HostSpec;

use crate::plans::{claim, comes_to_say, is_as_found, said, steps};
use crate::sshd::{Setup, Sshd, until};
use crate::three::Testbed;

/// Changes that are gone when the host was given back, and a program that runs until then. Each undo leaves a trace.
pub const CHANGES: &str = r"
  - command: { do: [mkdir, /run/first], undo: [sh, -c, 'echo first >>/run/undos; rmdir /run/first'] }
  - command: { do: [mkdir, /run/second], undo: [sh, -c, 'echo second >>/run/undos; rmdir /run/second'] }
  - daemon: { name: d, command: [sh, -c, 'echo ready; exec sleep 1000'], ready: ready }
";

/// What there is of the changes.
const LOOK: &str =
    "ls -d /run/first /run/second 2>/dev/null; pgrep -x sleep; cat /var/lib/nsbench/journal/id 2>/dev/null; :";

/// Processes of the switch.
pub const SWITCHES: &str = "pgrep -f nsbench/journal/deadman; :";

pub const SHELLS: [&str; 3] = ["/bin/dash", "/bin/bash", "/bin/busybox"];

/// A server with that shell, and where it is busybox, with its `setsid` as well, which is another.
pub fn server(sh: &'static str) -> Option<Sshd> {
    let setsid = ("setsid", "#!/bin/sh\nexec /bin/busybox setsid \"$@\"\n");
    let programs = if sh.ends_with("busybox") { vec![setsid] } else { Vec::new() };
    Sshd::start_as(&Setup { sh: Some(sh), programs, ..with_clock() })
}

pub fn with_clock() -> Setup {
    Setup { clock: true, ..Setup::default() }
}

/// How long these switches wait, in seconds of their hosts.
const SILENCE_S: u64 = 3;

/// Longer than that.
pub const TOO_LONG_S: u64 = 10;

/// Three times as long, second by second.
const A_WHILE_S: u64 = 9;

fn deadman() -> Claim {
    Claim { deadman: Some(Duration::from_secs(SILENCE_S)), ..claim("run", "ann@desk") }
}

/// Takes the host as the journal `run`, and applies.
pub async fn held(host: &Host, steps: &[Step]) {
    execute::take(host, &deadman(), "run").await.unwrap();
    execute::apply(host, "run", steps).await.unwrap();
}

/// When the switch was last told of its controller.
async fn heard(host: &Host) -> String {
    said(host, "cat /var/lib/nsbench/journal/alive 2>/dev/null || :").await.trim().to_owned()
}

/// Waits until the switch, which sleeps between its looks, has looked once more.
async fn looks(host: &Host) {
    let sleeper = "read -r pid rest </var/lib/nsbench/journal/deadman.pid; pgrep -P \"$pid\"; :";
    let mut before = String::new();
    until("the switch to look", async || {
        let now = said(host, sleeper).await;
        if before.is_empty() {
            before = now;
            return false;
        }
        !now.is_empty() && now != before
    })
    .await;
}

/// Lets a while pass second by second, in which a heartbeat comes every time.
async fn is_heard_from(sshd: &Sshd, host: &Host) {
    for _ in 0..A_WHILE_S {
        sshd.passes(1);
        execute::beat(host, "run", Duration::from_secs(20)).await.unwrap();
    }
    looks(host).await;
    assert!(said(host, LOOK).await.ends_with("run\n"));
}

/// Lets seconds pass one by one, in each of which these hosts hear from their controller by themselves.
async fn are_heard_from(hosts: &[(&Sshd, &Host)], seconds: u64) {
    for _ in 0..seconds {
        for (sshd, _) in hosts {
            sshd.passes(1);
        }
        for (sshd, host) in hosts {
            until("a heartbeat", async || heard(host).await == sshd.uptime()).await;
        }
    }
    for (_, host) in hosts {
        looks(host).await;
        assert!(!said(host, LOOK).await.is_empty(), "it was given back while it was heard from");
    }
}

/// Lets time pass in which nobody beats, until the host has undone everything and the switch is gone as well.
async fn gives_itself_back(sshd: &Sshd, host: &Host) {
    until("the switch to fire", async || {
        // A heartbeat that was under way may come late.
        if heard(host).await == sshd.uptime() {
            sshd.passes(TOO_LONG_S);
        }
        said(host, LOOK).await.is_empty()
    })
    .await;
    until("the switch to end", async || said(host, SWITCHES).await.is_empty()).await;
}

async fn told_once(host: &Host, changes: usize) {
    let undone = execute::undo(host, Some("run")).await.unwrap();
    let [note] = undone.notes.as_slice() else { panic!("{undone:?}") };
    assert!(note.starts_with("run run was undone by this host itself at 20"), "{note}");
    let end = format!(" s after its controller was last heard from: {changes} changes undone");
    assert!(note.ends_with(&end), "{note}");
    assert_eq!(execute::undo(host, None).await.unwrap(), execute::Undone::default());
    assert!(is_as_found(host).await);
}

#[tokio::test]
async fn a_host_whose_connection_was_cut_undoes_everything_by_itself_once_and_says_so_once_in_every_shell() {
    for sh in SHELLS {
        let Some(sshd) = server(sh) else { continue };
        let host = sshd.connect().await;
        held(&host, &steps(CHANGES)).await;
        assert!(!said(&host, SWITCHES).await.is_empty(), "{sh}");
        sshd.cut_connections();
        let host = sshd.connect().await;
        gives_itself_back(&sshd, &host).await;
        assert_eq!(said(&host, "cat /run/undos").await, "second\nfirst\n", "{sh}");
        told_once(&host, 4).await;
    }
}

#[tokio::test]
async fn a_host_that_is_heard_from_stays_as_it_is_in_every_shell() {
    for sh in SHELLS {
        let Some(sshd) = server(sh) else { continue };
        let host = sshd.connect().await;
        held(&host, &steps(CHANGES)).await;
        // Also on a disk that has become full meanwhile.
        said(&host, "cat /dev/zero 2>/dev/null >/var/lib/filler; :").await;
        is_heard_from(&sshd, &host).await;
        said(&host, "rm /var/lib/filler").await;
        gives_itself_back(&sshd, &host).await;
        told_once(&host, 4).await;
    }
}

#[tokio::test]
async fn after_an_undo_no_process_of_the_switch_is_left_and_no_file() {
    for sh in SHELLS {
        let Some(sshd) = server(sh) else { continue };
        let host = sshd.connect().await;
        held(&host, &steps(CHANGES)).await;
        let undone = execute::undo(&host, Some("run")).await.unwrap();
        assert_eq!((undone.changes, undone.notes), (Some(4), Vec::new()), "{sh}");
        comes_to_say(&host, &format!("{SWITCHES}; pgrep -x sleep; :"), "").await;
        assert!(is_as_found(&host).await);
    }
}

#[tokio::test]
async fn a_host_that_is_rewound_stays_held_and_watched() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let host = sshd.connect().await;
    held(&host, &steps(CHANGES)).await;
    let undone = execute::rewind(&host, "run").await.unwrap();
    assert_eq!((undone.changes, undone.said.as_str()), (Some(4), "/var/lib/nsbench/work/d.log:\nready\n"));
    assert_eq!(
        said(&host, "ls -d /run/first /var/lib/nsbench/work 2>/dev/null; cat /var/lib/nsbench/journal/id").await,
        "run\n"
    );
    execute::beat(&host, "run", Duration::from_secs(5)).await.unwrap();
    execute::apply(&host, "run", &steps(CHANGES)).await.unwrap();
    gives_itself_back(&sshd, &host).await;
    told_once(&host, 4).await;
}

#[tokio::test]
async fn what_the_wall_clock_says_decides_nothing() {
    // A day further each time that somebody asks.
    let date = "#!/bin/sh\necho x >>/run/asked\nexec /bin/date \"$@\" -d \"$(wc -l </run/asked) days\"\n";
    let Some(sshd) = Sshd::start_as(&Setup { programs: vec![("date", date)], ..with_clock() }) else { return };
    let host = sshd.connect().await;
    held(&host, &steps(CHANGES)).await;
    for _ in 0..20 {
        said(&host, "date").await;
        execute::beat(&host, "run", Duration::from_secs(20)).await.unwrap();
    }
    is_heard_from(&sshd, &host).await;
    gives_itself_back(&sshd, &host).await;
    told_once(&host, 4).await;
}

#[tokio::test]
async fn a_hangup_or_an_interrupt_does_not_end_the_switch() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let host = sshd.connect().await;
    held(&host, &steps("[]")).await;
    said(&host, "read -r pid rest </var/lib/nsbench/journal/deadman.pid; kill -HUP -$pid; kill -INT -$pid").await;
    gives_itself_back(&sshd, &host).await;
    told_once(&host, 1).await;
}

#[tokio::test]
async fn a_set_up_that_nobody_waits_for_is_stopped_by_the_switch() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let host = sshd.connect().await;
    let endless = steps(
        "[{ command: { do: [sh, -c, 'mkdir /run/first; trap \"\" HUP PIPE; sleep 1000; mkdir /run/second'], undo: [rmdir, /run/first] } }]",
    );
    execute::take(&host, &deadman(), "run").await.unwrap();
    let watch = async {
        until("the slow step", async || said(&host, "ls /run").await.contains("first")).await;
        sshd.cut_connections();
    };
    let (applied, ()) = tokio::join!(execute::apply(&host, "run", &endless), watch);
    assert!(applied.is_err());
    let host = sshd.connect().await;
    gives_itself_back(&sshd, &host).await;
    told_once(&host, 2).await;
}

#[tokio::test]
async fn what_the_switch_could_not_undo_stays_in_the_journal_and_it_does_not_try_again() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let host = sshd.connect().await;
    held(&host, &steps(CHANGES)).await;
    said(&host, "touch /run/second/in-the-way").await;
    sshd.passes(TOO_LONG_S);
    until("the note", async || !said(&host, "cat /var/lib/nsbench/undone 2>/dev/null; :").await.is_empty()).await;
    until("the switch to end", async || said(&host, SWITCHES).await.is_empty()).await;
    assert_eq!(said(&host, "cat /run/undos; ls -d /run/first 2>/dev/null; :").await, "second\nfirst\n");
    said(&host, "rm /run/second/in-the-way").await;
    let undone = execute::undo(&host, None).await.unwrap();
    assert_eq!(undone.changes, Some(1));
    let end = ": 3 changes undone, 1 could not be undone and are in the journal";
    assert!(undone.notes[0].ends_with(end), "{undone:?}");
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn the_switch_leaves_a_journal_alone_that_is_not_its_own_and_ends() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let host = sshd.connect().await;
    held(&host, &steps("[]")).await;
    // As if it had been undone, and another run had come, before the switch looked again.
    said(&host, "rm -r /var/lib/nsbench").await;
    execute::take(&host, &claim("another", "bob@desk"), "another").await.unwrap();
    execute::apply(&host, "another", &steps("[{ command: { do: [mkdir, /run/first] } }]")).await.unwrap();
    sshd.passes(TOO_LONG_S);
    until("the switch to end", async || said(&host, SWITCHES).await.is_empty()).await;
    assert_eq!(said(&host, LOOK).await, "/run/first\nanother\n");
}

#[tokio::test]
async fn a_run_whose_host_gave_itself_back_is_told_so_before_it_measures() {
    let Some(testbed) = Testbed::start_as(&with_clock()) else { return };
    let hosts = testbed.connect().await;
    let all: Vec<_> = testbed.servers.iter().zip(&hosts).collect();
    let (claim, interrupt) = (deadman(), Interrupt::listen().unwrap());
    let hold = Hold::take([&hosts[0], &hosts[1], &hosts[2]], &claim, Waiting::Forever, &interrupt).await.unwrap();
    hold.beating(async {
        are_heard_from(&all, A_WHILE_S).await;
        hold.check().await.unwrap();
    })
    .await;
    // Nobody beats now, as if the link were down.
    gives_itself_back(&testbed.servers[1], &hosts[1]).await;
    let lost = hold.loss().await.unwrap();
    let Some(ApplyError::Lost { why, .. }) = lost.downcast_ref() else { panic!("{lost:#}") };
    assert!(why.contains("was undone by this host itself at 20"), "{why}");
    // The next cell takes it again.
    hold.apply(Role::Middlebox, &steps(CHANGES)).await.unwrap();
    assert!(said(&hosts[1], LOOK).await.starts_with("/run/first\n"));
    hold.release().await.unwrap();
    for host in &hosts {
        assert!(is_as_found(host).await);
    }
}

#[tokio::test]
async fn a_host_that_was_lost_is_held_again_over_its_new_connection_and_the_others_are_held_all_the_while() {
    let Some(testbed) = Testbed::start_as(&with_clock()) else { return };
    let hosts = testbed.connect().await;
    let [source, middlebox, sink] = &testbed.servers[..] else { panic!("{:?}", testbed.servers) };
    let (claim, interrupt) = (deadman(), Interrupt::listen().unwrap());
    let hold = Hold::take([&hosts[0], &hosts[1], &hosts[2]], &claim, Waiting::Forever, &interrupt).await.unwrap();
    hold.beating(async {
        for role in Role::ALL {
            hold.apply(role, &steps(CHANGES)).await.unwrap();
        }
        middlebox.cut_connections();
        assert!(hold.rewind(Role::Middlebox).await.unwrap_err().is::<Lost>());
        let journal = hold.let_go(Role::Middlebox).unwrap();
        let back = middlebox.connect().await;
        gives_itself_back(middlebox, &back).await;
        // For longer than a host waits that hears nothing.
        are_heard_from(&[(source, &hosts[0]), (sink, &hosts[2])], SILENCE_S + 1).await;
        assert_eq!(execute::undo(&back, Some(&journal)).await.unwrap().notes.len(), 1);
        hold.renew(Role::Middlebox, &back).await.unwrap();
        are_heard_from(&[(source, &hosts[0]), (middlebox, &back), (sink, &hosts[2])], SILENCE_S + 1).await;
        hold.check().await.unwrap();
        hold.apply(Role::Middlebox, &steps(CHANGES)).await.unwrap();
        for host in [&hosts[0], &back, &hosts[2]] {
            assert!(said(host, LOOK).await.starts_with("/run/first\n/run/second\n"));
        }
        // Another one is lost, and does not come back.
        sink.cut_connections();
        hold.let_go(Role::Sink).unwrap();
        hold.release().await.unwrap();
        for host in [&hosts[0], &back] {
            assert!(is_as_found(host).await);
        }
    })
    .await;
    gives_itself_back(sink, &sink.connect().await).await;
}

#[tokio::test]
async fn a_host_whose_controller_was_killed_gives_itself_back() {
    let Some(testbed) = Testbed::start_as(&with_clock()) else { return };
    let hosts = testbed.connect().await;
    let all: Vec<_> = testbed.servers.iter().zip(&hosts).collect();
    let (source, host) = all[0];
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "--ignored", "deadman::hold_in_a_process_of_its_own"]);
    let configs: Vec<_> = testbed.servers.iter().map(|server| server.client_config().display().to_string()).collect();
    // What it leaves behind here goes with the test.
    program.env("TMPDIR", testbed.servers[0].dir());
    program.env(CONFIGS, configs.join(":")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = program.spawn().unwrap();
    until("the host to be held", async || said(host, LOOK).await.starts_with("/run/first\n")).await;
    are_heard_from(&all, A_WHILE_S).await;
    assert!(said(host, LOOK).await.starts_with("/run/first\n"), "it was given back while it was heard from");
    program.kill().unwrap();
    program.wait().unwrap();
    gives_itself_back(source, host).await;
}

/// Tells the test below which servers to talk to.
const CONFIGS: &str = "NSBENCH_TEST_SSH_CONFIGS";

#[tokio::test]
#[ignore = "the test above runs it, in a process that may be killed"]
async fn hold_in_a_process_of_its_own() {
    let Some(configs) = std::env::var(CONFIGS).ok() else {
        println!("skipped: the test above has to run it");
        return;
    };
    let mut hosts = Vec::new();
    for config in configs.split(':').map(PathBuf::from) {
        let spec = HostSpec { ssh: "box".to_owned(), sudo: None, power: None };
        hosts.push(Host::connect(Role::Middlebox, &spec, Some(&config)).await.unwrap());
    }
    let (claim, interrupt) = (deadman(), Interrupt::listen().unwrap());
    let hold = Hold::take([&hosts[0], &hosts[1], &hosts[2]], &claim, Waiting::Forever, &interrupt).await.unwrap();
    hold.beating(async {
        hold.apply(Role::Source, &steps(CHANGES)).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
}
