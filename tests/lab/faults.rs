//! The fault matrix: the controller killed with -9 after every step of a set-up, and what `nsbench restore` makes of it.
//!
//! The killed controller is this test program again, started with the word `crash`; it applies the plan of a run with one
//! more step in the middle, which never ends.

use std::path::Path;
use std::process::{Child, Command, Stdio};
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

/// A file on the middlebox that says that the steps so far are done.
const HERE: &str = "/run/nsbench-test-here";

/// The middlebox's steps of `framework` on one line, and the connection that asked for its hardware.
async fn steps(testbed: &Path, framework: &str) -> anyhow::Result<(Host, Vec<Step>)> {
    let testbed = Testbed::load(testbed)?;
    let lab = nsbench::lab::Lab::new(testbed.lab.as_deref().context("the testbed is no lab")?)?;
    let host = Host::connect(Role::Middlebox, testbed.host(Role::Middlebox), Some(&lab.ssh_config())).await?;
    let profile = Profile::find(framework)?;
    let cell =
        Cell { params: profile.parameters(&std::collections::BTreeMap::new())?, profile, lines: 1, frame_size: None };
    let layout = Layout::of(&ask(&host).await?);
    let mut plan = plan(&testbed, &layout, &cell, &sources::artifacts(&cell, true, false)?)?;
    Ok((host, plan.steps.remove(&Role::Middlebox).context("there is no middlebox in the plan")?))
}

/// Applies the steps of `framework` up to number `after`, and then one that never ends.
pub fn crash(testbed: &str, framework: &str, after: usize) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let (host, mut steps) = steps(Path::new(testbed), framework).await?;
        let never = Step {
            title: "a step that never ends".to_owned(),
            save: format!("echo 'rm -f {HERE}'"),
            apply: format!(": >{HERE}; sleep 600"),
            verify: ":".to_owned(),
            payload: None,
        };
        steps.insert(after, never);
        let claim = Claim::of_this_process("crash", Some(Duration::from_secs(300)));
        execute::take(&host, &claim, "crash").await?;
        execute::apply(&host, "crash", &steps).await
    })
}

/// How many steps the set-up of `framework` has on the middlebox.
fn count(bench: &Bench, framework: &str) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(steps(&bench.testbed(), framework)).unwrap().1.len()
}

/// A controller that has applied `after` steps and hangs in the next.
fn hanging(bench: &Bench, framework: &str, after: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([CRASH, bench.testbed().to_str().unwrap(), framework, &after.to_string()]);
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let what = format!("{after} steps of {framework} to be applied");
    poll::until(Duration::from_secs(120), &what, || {
        anyhow::ensure!(child.try_wait()?.is_none(), "the controller ended by itself");
        Ok(bench.on(Role::Middlebox, &format!("ls {HERE} 2>/dev/null")).contains(HERE).then_some(()))
    })
    .unwrap();
    child
}

pub fn killed_after_every_step(bench: &mut Bench) {
    let before = bench.state_of(Role::Middlebox);
    let (mut equal, mut all) = (0, 0);
    for framework in ["bridge", "netslice", "dpdk"] {
        for after in 0..=count(bench, framework) {
            let mut controller = hanging(bench, framework, after);
            controller.kill().unwrap();
            controller.wait().unwrap();
            bench.expect(0, &["restore"]);
            let now = bench.state_of(Role::Middlebox);
            all += 1;
            if now == before {
                equal += 1;
            } else {
                println!("{framework}, killed after {after} steps:\n{}", crate::bench::difference(&before, &now));
            }
        }
    }
    println!("fault matrix: {equal} of {all} equal");
    assert_eq!(equal, all);
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
