//! The fault matrix: the controller killed with -9 after every step of a set-up, and what `nsbench restore` makes of it.
//!
//! The killed controller is this test program again, started with the word `crash`; it applies the plan of a run with one
//! more step in the middle, which never ends.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::Signal;
use nsbench::execute::{self, Claim};
use nsbench::generator::Load;
use nsbench::host::Host;
use nsbench::plan::layout::Layout;
use nsbench::plan::{Cell, Step, plan};
use nsbench::poll;
use nsbench::profile::Profile;
use nsbench::role::Role;
use nsbench::sources;
use nsbench::testbed::Testbed;
use nsbench::testbed::facts::{self, Facts};

use crate::bench::{Bench, Said};
use crate::cases;

/// The word by which this program knows that it is to be the controller that is killed.
pub const CRASH: &str = "crash";

/// A file on each host that says that the steps so far are done.
const HERE: &str = "/run/nsbench-test-here";

/// What is killed in the middle: frameworks, on one line each.
const FRAMEWORKS: [&str; 3] = ["bridge", "netslice", "dpdk"];

/// What a host is, kept in a file: to ask for it takes an emulated guest seconds, and there are dozens of controllers.
async fn facts(host: &Host, file: &Path) -> anyhow::Result<Facts> {
    if let Ok(answer) = std::fs::read_to_string(file) {
        return Ok(Facts::parse(&answer)?);
    }
    let answer = host.script(facts::SCRIPT).await?.stdout;
    std::fs::write(file, &answer)?;
    Ok(Facts::parse(&answer)?)
}

/// The steps of `framework` on one line by host, and connections to the hosts.
async fn steps(testbed_file: &Path, framework: &str) -> anyhow::Result<Vec<(Host, Vec<Step>)>> {
    let testbed = Testbed::load(testbed_file)?;
    let lab = nsbench::lab::Lab::new(testbed.lab.as_deref().context("the testbed is no lab")?)?;
    let config = lab.ssh_config();
    let [source, middlebox, sink] = Host::connect_all(&testbed, Some(&config)).await;
    let (source, middlebox, sink) = (source?, middlebox?, sink?);
    let profile = Profile::find(framework)?;
    let cell =
        Cell { params: profile.parameters(&std::collections::BTreeMap::new())?, profile, lines: 1, frame_size: None };
    let layout = Layout::of(&facts(&middlebox, &testbed_file.with_extension("facts")).await?);
    let mut plan = plan(&testbed, &layout, &cell, &sources::artifacts(&cell, true, false)?, &Load::default())?;
    let hosts = [source, middlebox, sink].into_iter();
    hosts.map(|host| plan.steps.remove(&host.role).context("a host without steps").map(|steps| (host, steps))).collect()
}

/// Takes the hosts and applies the steps of `framework` up to number `after` on each, and then one that never ends.
pub fn crash(testbed: &str, framework: &str, after: usize) -> anyhow::Result<()> {
    // Longer than anybody waits for the steps: a host must not undo itself before this process is killed.
    let claim = Claim::of_this_process("crash", Some(Duration::from_secs(900)));
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

/// How many steps a set-up has on the host that has most.
fn most(hosts: &[Vec<Step>]) -> usize {
    hosts.iter().map(Vec::len).max().unwrap()
}

/// The steps of `framework` on each host.
fn set_up(bench: &Bench, framework: &str) -> Vec<Vec<Step>> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hosts = runtime.block_on(steps(&bench.testbed(), framework)).unwrap();
    hosts.into_iter().map(|(_, steps)| steps).collect()
}

/// Kills a controller that has applied `after` steps on each host and hangs in the next.
fn kill_after(bench: &Bench, framework: &str, after: usize) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([CRASH, bench.testbed().to_str().unwrap(), framework, &after.to_string()]);
    // What it leaves behind here goes with the test.
    let mut child = command.env("TMPDIR", bench.dir.path()).stdin(Stdio::null()).spawn().unwrap();
    let what = format!("{after} steps of {framework} to be applied");
    poll::until(Duration::from_secs(300), &what, || {
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

/// A step that two frameworks have in common is the last one before a kill once.
pub fn killed_after_every_step(bench: &mut Bench) {
    let before = bench.states();
    let (mut equals, mut all) = (0, 0);
    let mut seen = HashSet::new();
    for framework in FRAMEWORKS {
        let hosts = set_up(bench, framework);
        for after in 0..=most(&hosts) {
            let last = hosts.iter().enumerate().map(|(host, steps)| {
                let step = after.min(steps.len()).checked_sub(1).map(|last| &steps[last]);
                (host, step.map(|step| format!("{}\n{}\n{}", step.title, step.save, step.apply)))
            });
            let news: Vec<_> = last.filter(|step| !seen.contains(step)).collect();
            if news.is_empty() {
                continue;
            }
            seen.extend(news);
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
        let after = most(&set_up(bench, framework)) / share;
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
        &format!(
            "(sleep 1; {rule}; sleep 45; nft flush ruleset; modprobe -r nf_tables) >/run/cut 2>&1 </dev/null & \
             echo $! >/run/cut.pid"
        ),
    );
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, 4, "{}\n{}", said.stdout, said.stderr);
    let run = said.json();
    let reason = run["trials"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("the middlebox was lost during the trial"), "{reason}");
    assert!(said.stderr.contains("was undone by this host itself"), "{}", said.stderr);
    // It opens the door first, and takes the module out behind it.
    poll::until(Duration::from_secs(60), "the end of the firewall", || {
        let there = bench.on(Role::Middlebox, "kill -0 $(cat /run/cut.pid) 2>&1 || :").is_empty();
        Ok((!there).then_some(()))
    })
    .unwrap();
    assert_eq!(bench.on(Role::Middlebox, "cat /run/cut; rm /run/cut /run/cut.pid"), "");
    bench.assert_pristine();
}

/// The disk with the results is full after the first trial: the run ends, and what was recorded is kept.
pub fn disk_fills_up(bench: &mut Bench) {
    let (small, kept) = (bench.dir.path().join("small"), bench.dir.path().join("kept"));
    std::fs::create_dir(&small).unwrap();
    let words = ["run", "-f", "bridge,netslice", "-l", "1", "--trials", "2", "--duration", "2s", "--results"];
    let run = bench.command(&[&words[..], &[small.to_str().unwrap()]].concat());
    let script = "mount -t tmpfs -o size=4m tmpfs \"$1\" || { echo no small disk; exit 99; }\n\
                  small=$1 kept=$2; shift 2; \"$@\"; status=$?; cp -r \"$small\" \"$kept\"; exit $status";
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "--map-root-user", "sh", "-c", script, "sh"]).args([&small, &kept]);
    shell.arg(run.get_program()).args(run.get_args()).current_dir(bench.dir.path());
    shell.envs(run.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
    let mut child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let seen = Path::new("/proc").join(child.id().to_string()).join("root").join(small.strip_prefix("/").unwrap());
    let recorded = poll::until(Duration::from_secs(180), "the first trial to be recorded", || {
        let runs = std::fs::read_dir(&seen).into_iter().flatten().flatten();
        Ok(child.try_wait()?.is_some() || runs.into_iter().any(|run| run.path().join("run.json").exists()))
            .map(|yes| yes.then_some(()))
    });
    recorded.unwrap();
    let mut fill = std::fs::File::create(seen.join("fill")).unwrap();
    while std::io::Write::write_all(&mut fill, &[0; 4096]).is_ok() {}
    let said = Said::of(child.wait_with_output().unwrap());
    if said.status == 99 {
        println!("skipped: no mount namespace for a small disk: {}", said.stderr);
        return;
    }
    assert_eq!(said.status, 4, "{}\n{}", said.stdout, said.stderr);
    assert!(
        said.stderr.contains("No space left on device") && said.stderr.contains("hint: free some space"),
        "{}",
        said.stderr
    );
    let run = std::fs::read_dir(&kept).unwrap().flatten().find(|run| run.path().is_dir()).unwrap().path();
    let run: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["trials"][0]["status"], "ok", "{run}");
    bench.assert_pristine();
}

/// The second says who has the hosts; the third waits until they are free. The first sends for as long as the others may
/// take on busy guests to come to that, and is told to end then.
pub fn two_at_once(bench: &mut Bench) {
    let results = bench.results();
    let run = |framework: &str, duration: &str, more: &[&str]| {
        let words = ["run", "-f", framework, "-l", "1", "--trials", "1", "--duration", duration, "--format", "json"];
        bench.command(&[&words[..], &["--results", results.to_str().unwrap()], more].concat())
    };
    let first = run("bridge", "120s", &[]).spawn().unwrap();
    bench.wait_for_traffic();
    let (second, third) = (run("netslice", "2s", &[]), run("netslice", "2s", &["--wait"]).spawn().unwrap());
    let check = bench.command(&["topology", "check"]).spawn().unwrap();
    let second = Said::of({ second }.output().unwrap());
    assert_eq!(second.status, 3, "{}\n{}", second.stdout, second.stderr);
    let holder = format!("pid {}), run ", first.id());
    assert!(second.stderr.contains("is held by ") && second.stderr.contains(&holder), "{}", second.stderr);
    let check = Said::of(check.wait_with_output().unwrap());
    let held = check.stdout.contains("is held by another run") && check.stdout.contains(&holder);
    assert!(check.status == 3 && held && !check.stdout.contains("wired"), "{}\n{}", check.stdout, check.stderr);
    cases::signal(&first, Signal::SIGINT);
    let first = Said::of(first.wait_with_output().unwrap());
    assert_eq!(first.status, 130, "{}\n{}", first.stdout, first.stderr);
    let third = Said::of(third.wait_with_output().unwrap());
    assert_eq!(third.status, 0, "{}\n{}", third.stdout, third.stderr);
    let run = third.json();
    assert_eq!((&run["trials"][0]["framework"], &run["trials"][0]["status"]), (&"netslice".into(), &"ok".into()));
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
