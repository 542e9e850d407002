//! Soaks on the lab: that a framework comes and goes under traffic, and that something left behind is found.

use nsbench::role::Role;
use serde_json::{Value, json};

use crate::bench::Bench;

/// A soak, as JSON, which must end with `status`.
fn soak(bench: &Bench, status: i32, words: &[&str]) -> Value {
    let results = bench.results();
    let all = ["soak", "--format", "json", "--results", results.to_str().unwrap()];
    bench.expect(status, &[&all[..], words].concat()).json()
}

/// Every mode of the module; the hosts are as before, and each cycle left a line.
pub fn netslice(bench: &mut Bench) {
    let run = soak(bench, 0, &["-f", "netslice", "--set", "netslice.mode=classic,splice,ring", "--cycles", "6"]);
    let soak = &run["soak"];
    assert_eq!((&soak["cycles"], &soak["verdict"]), (&json!(6), &json!("too-short")), "{soak}");
    assert_eq!((&soak["failed"], &soak["troubles"]), (&json!([]), &json!([])));
    let modes: Vec<_> = soak["framework_facts"].as_array().unwrap().iter().map(|facts| &facts["mode"]).collect();
    assert_eq!(modes, ["classic", "splice", "ring"]);
    let file = bench.results().join(run["id"].as_str().unwrap()).join(soak["samples"].as_str().unwrap());
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["caches"]["kmalloc-64"]["bytes"] == 64, "{}", lines[0]);
    let sets: Vec<_> = lines[1..].iter().map(|line| line["set"].as_u64().unwrap()).collect();
    assert_eq!(sets, [0, 1, 2, 0, 1, 2]);
    assert!(lines[1..].iter().all(|line| line["frames"][0].as_u64() >= Some(10)), "{text}");
    bench.assert_pristine();
}

/// A framework that does not forward is not taken for one that does.
pub fn silent(bench: &mut Bench) {
    let file = bench.dir.path().join("silent.yaml");
    let text =
        "name: silent\nsummary: loads a module, and forwards nothing\nload: [{ modprobe: { module: bridge } }]\n";
    std::fs::write(&file, text).unwrap();
    let run = soak(bench, 4, &["-f", file.to_str().unwrap(), "--cycles", "3"]);
    let failed = run["soak"]["failed"].as_array().unwrap();
    assert_eq!((failed.len(), &run["soak"]["verdict"]), (1, &json!("failed")), "{}", run["soak"]);
    let reason = failed[0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("silent was loaded, and ") && reason.contains("frames came through on line 1"),
        "{reason}"
    );
    assert_eq!(bench.on(Role::Source, "pgrep -x ping"), "");
    bench.assert_pristine();
}
