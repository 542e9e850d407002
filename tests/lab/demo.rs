//! A demo on the lab, shown on a terminal of its own.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use nsbench::poll;
use serde_json::Value;

use crate::bench::Bench;

/// How long a framework may take to be loaded and measured on emulated hosts.
const BOUND: Duration = Duration::from_secs(300);

/// Begins a demo on a terminal of 80 by 24, which `script` makes.
fn begin(bench: &Bench, words: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_nsbench");
    let results = bench.results();
    let line = format!("stty rows 24 cols 80; exec {program} demo --results {} {words}", results.display());
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]);
    script.env("NSBENCH_TESTBED", bench.testbed()).env("TERM", "xterm").current_dir(bench.dir.path());
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// The frameworks that have figures so far.
fn shown(bench: &Bench) -> Vec<String> {
    let Ok(runs) = fs::read_dir(bench.results()) else { return Vec::new() };
    let demos = runs.flatten().filter(|run| run.file_name().to_string_lossy().contains("-demo-"));
    let records = demos.filter_map(|run| fs::read_to_string(run.path().join("run.json")).ok());
    let ok = |record: String| {
        let record: Value = serde_json::from_str(&record).unwrap();
        let trials = record["trials"].as_array().unwrap().clone();
        trials.into_iter().filter(|trial| trial["status"] == "ok")
    };
    records.flat_map(ok).map(|trial| trial["framework"].as_str().unwrap().to_owned()).collect()
}

fn wait_for(bench: &Bench, framework: &str) {
    let there = || Ok(shown(bench).iter().any(|name| name == framework).then_some(()));
    poll::until(BOUND, &format!("a figure of {framework}"), there).unwrap();
}

/// One framework, by a key another, and the end by a key.
pub fn by_keys(bench: &mut Bench) {
    let mut demo = begin(bench, "-f bridge,xdp --duration 1s --dwell 60min");
    let (mut keys, mut stdout) = (demo.stdin.take().unwrap(), demo.stdout.take().unwrap());
    let seen = thread::spawn(move || {
        let mut seen = Vec::new();
        stdout.read_to_end(&mut seen).unwrap();
        String::from_utf8_lossy(&seen).into_owned()
    });
    wait_for(bench, "bridge");
    keys.write_all(b"n").unwrap();
    wait_for(bench, "xdp");
    keys.write_all(b"q").unwrap();
    let status = demo.wait().unwrap();
    let seen = seen.join().unwrap();
    assert!(status.success(), "{status}\n{seen}");
    let (taken, given) = (seen.find("\x1b[?1049h"), seen.rfind("\x1b[?1049l"));
    assert!(taken.is_some() && taken < given, "the terminal is as before");
    let last = &seen[given.unwrap()..];
    assert!(last.contains("bridge, lines: 1, trial 1") && last.contains("xdp (mode native), lines: 1, "), "{last}");
    assert!(last.contains("recorded in"), "{last}");
    bench.assert_pristine();
}
