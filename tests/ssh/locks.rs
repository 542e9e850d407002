//! The lock on a host: who holds it is told, one who waits gets it, and what a dead run left behind is taken over.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nsbench::execute::{self, ApplyError, Claim, Controller, Fate, Hold, Interrupted, Waiting};
use nsbench::host::Host;
use nsbench::interrupt::Interrupt;
use nsbench::role::Role;

use crate::awake::Awake;
use crate::plans::{claim, is_as_found, said, steps};
use crate::sshd::until;
use crate::three::{NAMES, Testbed, ended};

const CHANGE: &str = "[{ command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] } }]";

/// A run of this machine's whose process is `child`.
fn claim_of(child: &Child) -> Claim {
    let pid = child.id().cast_signed();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let started = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().to_owned();
    let claim = Claim { controller: Controller { pid, started, ..Controller::this() }, ..claim("dead", "ann@desk") };
    assert_eq!(claim.controller.fate(), Fate::Alive);
    claim
}

fn program() -> Child {
    Command::new("sleep").arg("1000").stdout(Stdio::null()).spawn().unwrap()
}

/// Leaves the host behind as a run of this machine's does that was killed.
async fn left_behind(host: &Host) {
    let mut child = program();
    execute::take(host, &claim_of(&child), "dead").await.unwrap();
    execute::apply(host, "dead", &steps(CHANGE)).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn all_as_found(hosts: &[Host; 3]) {
    for host in hosts {
        assert!(is_as_found(host).await);
    }
}

fn of(hosts: &[Host; 3]) -> [&Host; 3] {
    [&hosts[0], &hosts[1], &hosts[2]]
}

#[tokio::test]
async fn hosts_are_taken_all_or_none() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    let (claim, interrupt) = (claim("run", "ann@desk"), Interrupt::listen().unwrap());
    execute::take(&hosts[2], &crate::plans::claim("other", "bob@desk"), "other").await.unwrap();
    let error = Hold::take(of(&hosts), &claim, Waiting::NOT_AT_ALL, &interrupt).await.unwrap_err();
    let Some(ApplyError::Held { holder, .. }) = error.downcast_ref() else { panic!("{error:#}") };
    assert!(holder.words.starts_with("bob@desk, run other, since 20"), "{holder}");
    assert!(is_as_found(&hosts[0]).await && is_as_found(&hosts[1]).await);
    assert_eq!(execute::look(&hosts[2]).await.unwrap().unwrap().journal, "other");

    execute::undo(&hosts[2], None).await.unwrap();
    let hold = Hold::take(of(&hosts), &claim, Waiting::NOT_AT_ALL, &interrupt).await.unwrap();
    for host in &hosts {
        assert!(execute::look(host).await.unwrap().unwrap().words.starts_with("ann@desk, run run, since 20"));
    }
    hold.release().await.unwrap();
    all_as_found(&hosts).await;
}

#[tokio::test]
async fn two_runs_that_wait_for_the_same_hosts_get_them_one_after_the_other() {
    let Some(testbed) = Testbed::start() else { return };
    let (first, second) = (testbed.connect().await, testbed.connect().await);
    let interrupt = Interrupt::listen().unwrap();
    let (ann, bob) = (claim("ann", "ann@desk"), claim("bob", "bob@desk"));
    let run = async |hosts: &[Host; 3], claim: &Claim| {
        let hold = Hold::take(of(hosts), claim, Waiting::Forever, &interrupt).await.unwrap();
        // Whoever else were on it would find that this cannot be made.
        hold.apply(Role::Source, &steps(CHANGE)).await.unwrap();
        hold.check().await.unwrap();
        hold.release().await.unwrap();
    };
    let both = async { tokio::join!(run(&first, &ann), run(&second, &bob)) };
    tokio::time::timeout(Duration::from_secs(30), Box::pin(both)).await.expect("they wait for each other");
    all_as_found(&first).await;
}

#[tokio::test]
async fn one_who_waits_gets_the_host_when_it_is_given_back() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    let interrupt = Interrupt::listen().unwrap();
    execute::take(&hosts[1], &claim("other", "bob@desk"), "other").await.unwrap();
    let claim = claim("run", "ann@desk");
    let other = testbed.servers[1].connect().await;
    let taken = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(execute::look(&other).await.unwrap().unwrap().journal, "other");
        execute::undo(&other, Some("other")).await.unwrap();
    };
    let (hold, ()) = tokio::join!(Hold::take(of(&hosts), &claim, Waiting::Forever, &interrupt), taken);
    hold.unwrap().release().await.unwrap();
    all_as_found(&hosts).await;
}

#[tokio::test]
async fn a_host_that_a_dead_run_of_this_machine_left_behind_is_taken_over() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    left_behind(&hosts[1]).await;
    let (claim, interrupt) = (claim("run", "ann@desk"), Interrupt::listen().unwrap());
    let hold = Hold::take(of(&hosts), &claim, Waiting::NOT_AT_ALL, &interrupt).await.unwrap();
    assert_eq!(said(&hosts[1], "ls -d /run/first 2>/dev/null; :").await, "");
    hold.release().await.unwrap();
    all_as_found(&hosts).await;
}

#[tokio::test]
async fn a_host_that_another_took_while_it_was_lost_is_not_taken_from_it() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    let (ours, interrupt) = (claim("run", "ann@desk"), Interrupt::listen().unwrap());
    let hold = Hold::take(of(&hosts), &ours, Waiting::Forever, &interrupt).await.unwrap();
    let journal = hold.let_go(Role::Middlebox).unwrap();
    execute::undo(&hosts[1], Some(&journal)).await.unwrap();
    execute::take(&hosts[1], &claim("other", "bob@desk"), "other").await.unwrap();
    let error = hold.renew(Role::Middlebox, &hosts[1]).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(ApplyError::Held { .. })), "{error:#}");
    assert!(hold.loss().await.is_some());
    hold.release().await.unwrap();
    execute::beat(&hosts[1], "other", Duration::from_secs(5)).await.unwrap();
    for host in [&hosts[0], &hosts[2]] {
        assert!(is_as_found(host).await);
    }
}

#[tokio::test]
async fn a_host_whose_holder_lives_or_cannot_be_asked_is_not_taken_over() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    let interrupt = Interrupt::listen().unwrap();
    let mut child = program();
    for other in [claim_of(&child), claim("elsewhere", "bob@far")] {
        execute::take(&hosts[1], &other, "other").await.unwrap();
        execute::apply(&hosts[1], "other", &steps(CHANGE)).await.unwrap();
        let claim = claim("run", "ann@desk");
        let error = Hold::take(of(&hosts), &claim, Waiting::NOT_AT_ALL, &interrupt).await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ApplyError::Held { .. })), "{error:#}");
        assert_eq!(said(&hosts[1], "ls -d /run/first").await, "/run/first\n");
        execute::undo(&hosts[1], None).await.unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_run_takes_over_what_a_dead_one_left_behind_and_restore_says_the_same() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    left_behind(&hosts[2]).await;
    // It gets as far as the ports, which are not there.
    let (status, _, stderr) = testbed.nsbench("run -f bridge");
    assert_eq!(status, 3, "{stderr}");
    let told = format!("host `{}` was left behind by a run that is dead (its process ", NAMES[2]);
    assert!(stderr.contains(&told) && stderr.contains("): restoring it first\n  it was held by ann@desk"), "{stderr}");
    assert!(stderr.contains("error: the hosts are not fit for this run"), "{stderr}");
    all_as_found(&hosts).await;

    left_behind(&hosts[2]).await;
    let (status, stdout, stderr) = testbed.nsbench("restore");
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.ends_with(&format!("{}: 2 changes undone\n", NAMES[2])), "{stdout}");
    assert!(stderr.starts_with(&told) && stderr.contains("): restoring it\n"), "{stderr}");
    all_as_found(&hosts).await;
}

#[tokio::test]
async fn what_a_host_did_by_itself_is_reported_by_the_next_command_once() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    let deadman = Claim { deadman: Some(Duration::from_secs(1)), ..claim("lonely", "ann@desk") };
    for command in ["restore", "run -f bridge"] {
        execute::take(&hosts[1], &deadman, "lonely").await.unwrap();
        until("the switch to fire", async || execute::look(&hosts[1]).await.unwrap().is_none()).await;
        let told = format!("{}: run lonely was undone by this host itself at 20", NAMES[1]);
        let (_, _, stderr) = testbed.nsbench(command);
        assert!(stderr.contains(&told), "{stderr}");
        let (_, _, stderr) = testbed.nsbench(command);
        assert!(!stderr.contains("by this host itself"), "{stderr}");
    }
    all_as_found(&hosts).await;
}

#[tokio::test]
async fn without_wait_a_held_host_is_status_3_and_with_a_bound_after_that_time() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    execute::take(&hosts[1], &claim("other", "bob@far"), "other").await.unwrap();
    let (status, stdout, stderr) = testbed.nsbench("run -f bridge");
    assert_eq!((status, stdout.as_str()), (3, ""), "{stderr}");
    let held = format!("error: host `{}` is held by bob@far, run other, since 20", NAMES[1]);
    assert!(stderr.contains(&held), "{stderr}");
    assert!(stderr.ends_with(": nsbench restore -t TESTBED\n"), "{stderr}");

    let (begun, awake) = (Instant::now(), Awake::start());
    let (status, _, stderr) = testbed.nsbench("run -f bridge --wait 2s");
    assert_eq!(status, 3, "{stderr}");
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(awake.elapsed() < Duration::from_secs(15), "{:?}", awake.elapsed());
    let waited = format!("waiting for host `{}`, which is held by bob@far, run other, since 20", NAMES[1]);
    assert_eq!(stderr.matches(&waited).count(), 1, "{stderr}");
    let told = stderr.split_once("error: waited ").and_then(|(_, rest)| rest.split_once(" s in vain: host `"));
    // Less than all that it did took.
    let all = begun.elapsed().as_secs();
    assert!(told.is_some_and(|(seconds, _)| (2..=all).contains(&seconds.parse().unwrap())), "{stderr}");
    // Of the others nothing was kept.
    assert!(is_as_found(&hosts[0]).await && is_as_found(&hosts[2]).await);
}

#[tokio::test]
async fn a_run_that_waits_ends_on_an_interrupt_with_status_130() {
    let Some(testbed) = Testbed::start() else { return };
    let hosts = testbed.connect().await;
    execute::take(&hosts[0], &claim("other", "bob@far"), "other").await.unwrap();
    let log = testbed.servers[0].dir().join("stderr-of-run");
    let mut command = testbed.command("run -f bridge --wait");
    let child = command.stdout(Stdio::piped()).stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
    let says = || fs::read_to_string(&log).unwrap();
    until("it to wait", async || says().contains("waiting for host")).await;
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let (status, _, _) = ended(child.wait_with_output().unwrap());
    assert_eq!(status, 130, "{}", says());
    assert!(says().contains(&Interrupted.to_string()), "{}", says());
    assert_eq!(execute::look(&hosts[0]).await.unwrap().unwrap().journal, "other");
}
