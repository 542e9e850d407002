//! What a packet costs, on a middlebox of its own beside the lab.

use std::process::Child;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nsbench::poll;

use crate::bench::{Bench, Said};

/// Instructions a packet that could be true: less than any framework's drivers take, more than a slow one takes.
const PLAUSIBLE: std::ops::Range<f64> = 2_000.0..30_000.0;

/// Two trials of one cell are no farther apart. How close they are is the benchmark's to tell (`make bench`); this finds a
/// mistake of method, which had them 40 % apart.
const APART: f64 = 0.08;

/// Bridge and netslice at 60 bytes, each twice, netslice in two builds.
pub fn repeats(bench: &mut Bench) {
    let results = bench.dir.path().join("cost");
    let results = results.to_str().unwrap();
    let lab = bench.processes();
    let words = ["run", "--measure", "cost", "-f", "bridge,netslice", "--trials", "2", "--format", "json", "--results"];
    let builds = [results, "--set", "netslice.optimize=O2,O3"];
    let run = bench.expect(0, &[&words[..], &builds].concat()).json();
    assert_eq!(run["settings"]["generator"], "nsbench");
    let mut costs = Vec::new();
    for trial in run["trials"].as_array().unwrap() {
        assert_eq!((&trial["status"], &trial["measure"]), (&"ok".into(), &"cost".into()), "{trial}");
        let cost = &trial["cost"];
        let (lost, packets) = (cost["lost_share"].as_f64().unwrap(), cost["packets"].as_f64().unwrap());
        assert!(lost < 0.001, "{trial}");
        // All that are wanted, or fewer where the machine was slow while it warmed up, in five parts of whole bursts.
        let sent = (packets / (1.0 - lost)).round();
        assert!((6_400.0..=51_200.0).contains(&sent) && sent % (5.0 * 64.0) == 0.0, "{trial}");
        assert_eq!(cost["frame_size"], 60, "{trial}");
        let figure = cost["instructions_per_packet"].as_f64().unwrap();
        assert!(PLAUSIBLE.contains(&figure), "{trial}");
        costs.push(figure);
        // What the loaded module says of itself is what was asked for.
        assert_eq!(trial["framework_facts"]["optimize"], trial["params"]["netslice.optimize"], "{trial}");
    }
    let &[bridge, again, netslice, once_more, optimized, twice] = costs.as_slice() else { panic!("{costs:?}") };
    for (one, other) in [(bridge, again), (netslice, once_more), (optimized, twice)] {
        assert!((one - other).abs() < APART * one, "{costs:?}");
    }
    assert_eq!((bench.processes(), bench.solo_dir().exists()), (lab, false), "the middlebox is not gone");
    let table = bench.expect(0, &["compare", "--results", results]).stdout;
    for text in ["Instructions a packet", "60-byte frames", "no cache misses, no contention"] {
        assert!(table.contains(text), "`{text}` is missing:\n{table}");
    }
}

/// What was begun and killed leaves no process, and its files go with the next one; what was interrupted leaves nothing.
pub fn killed(bench: &mut Bench) {
    let dir = bench.solo_dir();
    let is_there = |there: bool| {
        let what = if there { "the middlebox" } else { "the middlebox to end" };
        let is = || Ok(((Bench::processes_in(&dir) > 0) == there).then_some(()));
        poll::until(Duration::from_secs(60), what, is).unwrap();
    };
    let mut child = begun(bench);
    is_there(true);
    child.kill().unwrap();
    child.wait().unwrap();
    is_there(false);
    let child = begun(bench);
    is_there(true);
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGHUP).unwrap();
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, 130, "{}", said.stderr);
    is_there(false);
    assert!(!dir.exists(), "the middlebox left its files");
}

fn begun(bench: &Bench) -> Child {
    let results = bench.dir.path().join("cost");
    let words = ["run", "--measure", "cost", "-f", "bridge", "--results", results.to_str().unwrap()];
    bench.command(&words).spawn().unwrap()
}
