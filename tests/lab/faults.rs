//! The fault matrix: the controller killed with -9 after every step of a set-up, and what `nsbench restore` makes of it.
//!
//! The killed controller is this test program again, started with the word `crash`; it applies the plan of a run with one
//! more step in the middle, which never ends.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use nsbench::execute::{self, Claim};
use nsbench::host::Host;
use nsbench::plan::layout::Layout;
use nsbench::plan::{Cell, Step, plan};
use nsbench::poll;
use nsbench::profile::Profile;
use nsbench::role::Role;
use nsbench::sources;
use nsbench::testbed::Testbed;
use nsbench::testbed::check::ask;

use crate::bench::{Bench, Said};

/// The word by which this program knows that it is to be the controller that is killed.
pub const CRASH: &str = "crash";

/// A file on each host that says that the steps so far are done.
const HERE: &str = "/run/nsbench-test-here";

/// What is killed in the middle: frameworks, on one line each.
const FRAMEWORKS: [&str; 3] = ["bridge", "netslice", "dpdk"];

/// The steps of `framework` on one line by host, and connections to the hosts.
async fn steps(testbed: &Path, framework: &str) -> anyhow::Result<Vec<(Host, Vec<Step>)>> {
    let testbed = Testbed::load(testbed)?;
    let lab = nsbench::lab::Lab::new(testbed.lab.as_deref().context("the testbed is no lab")?)?;
    let config = lab.ssh_config();
    let [source, middlebox, sink] = Host::connect_all(&testbed, Some(&config)).await;
    let (source, middlebox, sink) = (source?, middlebox?, sink?);
    let profile = Profile::find(framework)?;
    let cell = Cell { params: profile.parameters(&std::collections::BTreeMap::new())?, profile, lines: 1 };
    let layout = Layout::of(&ask(&middlebox).await?);
    let mut plan = plan(&testbed, &layout, &cell, &sources::artifacts(&cell, true, false)?)?;
    let hosts = [source, middlebox, sink].into_iter();
    hosts.map(|host| plan.steps.remove(&host.role).context("a host without steps").map(|steps| (host, steps))).collect()
}

/// Takes the hosts and applies the steps of `framework` up to number `after` on each, and then one that never ends.
pub fn crash(testbed: &str, framework: &str, after: usize) -> anyhow::Result<()> {
    let claim = Claim::of_this_process("crash", Some(Duration::from_secs(300)));
    let apply = async |(host, mut steps): (Host, Vec<Step>)| {
        let never = Step {
            title: "a step that never ends".to_owned(),
            save: format!("echo 'rm -f {HERE}'"),
            apply: format!(": >{HERE}; sleep 600"),
            verify: ":".to_owned(),
            payload: None,
        };
        steps.insert(after.min(steps.len()), never);
        execute::take(&host, &claim, "crash").await?;
        execute::apply(&host, "crash", &steps).await
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut hosts = steps(Path::new(testbed), framework).await?.into_iter().map(apply);
        let mut next = || hosts.next().context("three hosts");
        tokio::try_join!(next()?, next()?, next()?).map(drop)
    })
}

/// How many steps the set-up of `framework` has on the host that has most.
fn count(bench: &Bench, framework: &str) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hosts = runtime.block_on(steps(&bench.testbed(), framework)).unwrap();
    hosts.iter().map(|(_, steps)| steps.len()).max().unwrap()
}

/// Kills a controller that has applied `after` steps on each host and hangs in the next.
fn kill_after(bench: &Bench, framework: &str, after: usize) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([CRASH, bench.testbed().to_str().unwrap(), framework, &after.to_string()]);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let what = format!("{after} steps of {framework} to be applied");
    poll::until(Duration::from_secs(120), &what, || {
        anyhow::ensure!(child.try_wait()?.is_none(), "the controller ended by itself");
        Ok(bench.on_each(&format!("ls {HERE} 2>/dev/null")).iter().all(|said| said.contains(HERE)).then_some(()))
    })
    .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How many hosts are as they were; shows in what the others differ.
fn equal(bench: &Bench, before: &[String; 3], what: &str) -> usize {
    let now = bench.states();
    let same = |(before, now): (&String, &String)| {
        if before != now {
            println!("{what}:\n{}", crate::bench::difference(before, now));
        }
        usize::from(before == now)
    };
    before.iter().zip(&now).map(same).sum()
}

pub fn killed_after_every_step(bench: &mut Bench) {
    let before = bench.states();
    let (mut equals, mut all) = (0, 0);
    for framework in FRAMEWORKS {
        for after in 0..=count(bench, framework) {
            kill_after(bench, framework, after);
            bench.expect(0, &["restore"]);
            equals += equal(bench, &before, &format!("{framework}, killed after {after} steps"));
            all += before.len();
        }
    }
    println!("fault matrix, kill -9 after every step: {equals} of {all} equal");
    assert_eq!(equals, all);
}

/// The power of the middlebox goes as well, in the middle of a set-up and at its end.
pub fn reset_in_the_middle(bench: &mut Bench) {
    let before = bench.states();
    let (mut equals, mut all) = (0, 0);
    for (framework, share) in FRAMEWORKS.into_iter().zip([1, 2, 1]) {
        let after = count(bench, framework) / share;
        kill_after(bench, framework, after);
        bench.lab().power_cycle(Role::Middlebox).unwrap();
        poll::until(Duration::from_secs(240), "the middlebox to be restored after its reset", || {
            let said = Said::of(bench.command(&["restore"]).output()?);
            Ok((said.status == 0).then_some(()))
        })
        .unwrap();
        equals += equal(bench, &before, &format!("{framework}, reset after {after} steps"));
        all += before.len();
    }
    println!("fault matrix, the middlebox reset: {equals} of {all} equal");
    assert_eq!(equals, all);
}

/// The middlebox lets nothing of ssh in or out for a while, in the middle of a run. Nobody cycles its power, so it gives
/// itself back, and the run finds it when the rule is gone.
pub fn cut_by_a_firewall(bench: &mut Bench) {
    let (machines, results) = (bench.machines(), bench.results());
    let words = ["run", "-f", "bridge", "-l", "1", "--trials", "1", "--duration", "60s", "--deadman", "15s", "-t"];
    let more = [machines.to_str().unwrap(), "--format", "json", "--results", results.to_str().unwrap()];
    let child = bench.command(&[&words[..], &more].concat()).spawn().unwrap();
    bench.wait_for_traffic();
    let rule = "nft 'add table inet cut; add chain inet cut in { type filter hook input priority 0; }; \
                add rule inet cut in tcp dport 22 drop'";
    bench.on(
        Role::Middlebox,
        &format!("(sleep 1; {rule}; sleep 45; nft flush ruleset; modprobe -r nf_tables) >/run/cut 2>&1 </dev/null &"),
    );
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, 4, "{}\n{}", said.stdout, said.stderr);
    let run = said.json();
    let reason = run["trials"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("the middlebox was lost during the trial"), "{reason}");
    assert!(said.stderr.contains("was undone by this host itself"), "{}", said.stderr);
    assert_eq!(bench.on(Role::Middlebox, "cat /run/cut; rm /run/cut"), "");
    bench.assert_pristine();
}

/// The second says who has the hosts; the third waits until they are free.
pub fn two_at_once(bench: &mut Bench) {
    let results = bench.results();
    let run = |framework: &str, duration: &str, more: &[&str]| {
        let words = ["run", "-f", framework, "-l", "1", "--trials", "1", "--duration", duration, "--format", "json"];
        bench.command(&[&words[..], &["--results", results.to_str().unwrap()], more].concat())
    };
    let first = run("bridge", "25s", &[]).spawn().unwrap();
    bench.wait_for_traffic();
    let (second, third) = (run("netslice", "2s", &[]), run("netslice", "2s", &["--wait"]).spawn().unwrap());
    let second = Said::of({ second }.output().unwrap());
    assert_eq!(second.status, 3, "{}\n{}", second.stdout, second.stderr);
    let holder = format!("pid {}), run ", first.id());
    assert!(second.stderr.contains("is held by ") && second.stderr.contains(&holder), "{}", second.stderr);
    for (child, framework) in [(first, "bridge"), (third, "netslice")] {
        let said = Said::of(child.wait_with_output().unwrap());
        assert_eq!(said.status, 0, "{}\n{}", said.stdout, said.stderr);
        let run = said.json();
        assert_eq!((&run["trials"][0]["framework"], &run["trials"][0]["status"]), (&framework.into(), &"ok".into()));
    }
    bench.assert_pristine();
}

pub fn middlebox_dies(bench: &mut Bench) {
    let results = bench.results();
    let words = ["run", "-f", "bridge,netslice", "-l", "1", "--trials", "1", "--duration", "15s", "--keep-going"];
    let more = ["--format", "json", "--results", results.to_str().unwrap()];
    let child = bench.command(&[&words[..], &more].concat()).spawn().unwrap();
    bench.wait_for_traffic();
    // A panic, after which the guest boots again; the connection must not have to wait for the answer.
    bench.on(Role::Middlebox, "(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 </dev/null &");
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, 4, "{}\n{}", said.stdout, said.stderr);
    let run = said.json();
    let reason = run["trials"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("middlebox") && reason.contains("lost"), "{reason}");
    // It came back, and the experiment went on.
    assert_eq!(run["trials"][1]["framework"], "netslice");
    assert_eq!(run["trials"][1]["status"], "ok", "{run}");
    bench.assert_pristine();
}
