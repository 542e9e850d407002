//! Experiments as files, and runs that are gone on with, as far as they go without a host.

use insta::assert_snapshot;
use nsbench::record::store::Store;
use serde_json::{Value, json};

use crate::program::{Ended, Program, nsbench};

/// Standard output of a dry run, which must leave nothing behind.
fn planned(program: Program) -> String {
    let ended = program.run();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    ended.stdout
}

#[test]
fn a_shipped_experiment_is_what_one_would_type() {
    let file = planned(nsbench("run -e smoke --dry-run"));
    assert_eq!(file, planned(nsbench("run -f bridge,netslice -l 1,4 --duration 3s --dry-run")));
    let titles: Vec<_> = file.lines().filter(|line| line.starts_with("# ") && line.contains(" on ")).collect();
    let cells = ["bridge on 1 line", "bridge on 4 lines", "netslice on 1 line", "netslice on 4 lines"];
    assert!(cells.iter().all(|cell| titles.contains(&format!("# {cell}").as_str())), "{titles:?}");
}

#[test]
fn the_papers_attempts_are_planned_one_by_one_beside_its_module() {
    let cells = |arguments: &str| -> Vec<String> {
        let plan = planned(nsbench(&format!("run -e figure5 --dry-run {arguments}")));
        let told = plan.lines().filter(|line| line.starts_with("# netslice on ") || line.starts_with("insmod "));
        told.map(|line| line.replace("/var/lib/nsbench/work/", "").replace(" queue_len=4096", "")).collect()
    };
    let module = "insmod netslice.ko counters=each mode=classic sleep=schedule wakeup=always";
    let attempts = [
        "# netslice on 2 lines",
        module,
        "# netslice on 2 lines, optimize=O3",
        module,
        "# netslice on 2 lines, sleep=timeout",
        &module.replace("schedule", "timeout"),
        "# netslice on 2 lines, counters=batched",
        &module.replace("each", "batched"),
    ];
    assert_eq!(cells("-l 2"), attempts);
    assert_eq!(cells("-l 2 --set netslice.counters=each"), attempts[..6]);
    assert_eq!(cells("").len(), 4 * attempts.len());
    let cost = cells("--measure cost -l 1");
    assert_eq!(cost[2], "# netslice on 1 line, frames of 60 bytes, optimize=O3");
    let there = planned(nsbench("run -e figure5 --dry-run -l 1 -t fractus"));
    let builds: Vec<_> = there.lines().filter(|line| line.starts_with("make ")).collect();
    assert_eq!(builds.iter().filter(|make| make.ends_with("'OPTIMIZE=O3'")).count(), 1, "{builds:?}");
}

#[test]
fn an_order_that_is_yet_to_be_drawn_does_not_show_in_the_plans() {
    assert_eq!(planned(nsbench("run -e smoke --shuffle --dry-run")), planned(nsbench("run -e smoke --dry-run")));
}

#[test]
fn the_command_line_takes_the_place_of_what_the_file_says_piece_by_piece() {
    let text = "name: mine\nsummary: for a test\nframeworks: [bridge, netslice]\nlines: 1..4\n\
                set: { netslice.batch: [16, 32] }\n";
    let plans = |arguments: &str, same: &str| {
        let program = nsbench(&format!("run --dry-run -e mine.yaml {arguments}")).file("mine.yaml", text);
        assert_eq!(planned(program), planned(nsbench(&format!("run --dry-run {same}"))), "{arguments}");
    };
    plans("", "-f bridge,netslice -l 1..4 --set netslice.batch=16,32");
    plans("-l 2", "-f bridge,netslice -l 2 --set netslice.batch=16,32");
    plans("--set netslice.batch=48", "-f bridge,netslice -l 1..4 --set netslice.batch=48");
    plans("-f bridge", "-f bridge -l 1..4");
}

#[test]
fn a_profile_in_an_experiment_is_found_beside_the_experiment() {
    let experiment = "name: e\nsummary: for a test\nframeworks: own.yaml\n";
    let profile = "name: own\nsummary: for a test\nline:\n  - command: { do: [tell, '{line}'] }\n";
    let program = nsbench("run --dry-run -e there/e.yaml").file("there/e.yaml", experiment);
    assert!(planned(program.file("there/own.yaml", profile)).contains("\ntell 1\n"));
}

#[test]
fn experiments_that_are_not_there_or_not_sound_are_refused() {
    assert_snapshot!(nsbench("run -e figure4").run(), @r"
    [exit status 2]
    --- stderr
    error: there is no experiment `figure4`
    hint: there are figure3, figure5, smoke; or give the path of one, FILE.yaml
    ");
    assert_snapshot!(nsbench("run -e mine.yaml").run(), @r"
    [exit status 2]
    --- stderr
    error: could not read the experiment `mine.yaml`: No such file or directory (os error 2)
    hint: nsbench brings along figure3, figure5, smoke
    ");
    let text = "name: mine\nsummary: for a test\nframeworks: bridge\nlines: [1, 5..3]\n";
    assert_snapshot!(nsbench("run -e mine.yaml").file("mine.yaml", text).run(), @r"
    [exit status 2]
    --- stderr
    error: wrong value for `lines`
     --> mine.yaml:4:12
      |
    4 | lines: [1, 5..3]
      |            ^^^^ no number of lines
      |
      = hint: write a number of lines, 4, or several, [1, 2, 4] or 1..4
    ");
    let text = "name: mine\nsummary: for a test\nframeworks: click\n";
    assert_snapshot!(nsbench("run -e mine.yaml").file("mine.yaml", text).run(), @r"
    [exit status 2]
    --- stderr
    error: there is no framework `click`
    hint: there are bridge, bridge-firewall, dpdk, dpdk-af_packet, dpdk-af_xdp, dpdk-firewall, netmap, netmap-firewall, netslice, netslice-firewall, xdp; or give the path of a profile, FILE.yaml
    ");
}

#[test]
fn what_a_run_was_begun_with_cannot_be_changed_when_it_goes_on() {
    assert_snapshot!(nsbench("run --resume x --framework bridge").run(), @r"
    [exit status 2]
    --- stderr
    error: the argument '--resume <RUN>' cannot be used with '--framework <NAME>'

    Usage: nsbench run --resume <RUN>

    For more information, try '--help'.
    ");
    for option in
        ["-l 1", "-e smoke", "--trials 2", "--duration 2s", "--protocol udp", "--set a.b=c", "--shuffle", "--dry-run"]
    {
        let ended = nsbench(&format!("run --resume x {option}")).run();
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{ended}");
        assert!(ended.stderr.contains("cannot be used with"), "{ended}");
    }
}

#[test]
fn a_run_that_is_not_there_is_not_gone_on_with() {
    assert_snapshot!(nsbench("run --resume 2026-nothing").run(), @r"
    [exit status 2]
    --- stderr
    error: no run is named `2026-nothing` under `results`
    hint: `nsbench results list` names the runs
    ");
}

/// The record of a run of the bridge on one line of the lab, three trials, of which the first `done` were made.
fn record(done: u32) -> Value {
    let trial = |number: u32| {
        json!({ "framework": "bridge", "lines": 1, "params": {}, "measure": "throughput", "trial": number,
                "started": null, "status": "ok", "reason": null, "throughput_bps": 1e8 })
    };
    json!({
        "schema": 1, "id": "20261122-120000-lab", "started": "2026-11-22T12:00:00Z", "testbed": "lab", "emulated": true,
        "nsbench_version": env!("CARGO_PKG_VERSION"),
        "profiles": { "bridge": { "name": "bridge", "summary": "" } },
        "settings": { "generator": "netperf", "protocol": "tcp", "duration_s": 10.0, "trials": 3, "mtu": 1500 },
        "experiment": {
            "name": null, "frameworks": ["bridge"], "lines": [1], "trials": 3, "duration_s": 10, "protocol": "tcp",
            "generator": "netperf", "set": {}, "measure": "throughput", "shuffle": false, "seed": null, "testbed_lines": 4,
            "cells": [{ "framework": "bridge", "lines": 1, "params": {} }],
        },
        "provenance": {}, "trials": (1..=done).map(trial).collect::<Vec<_>>(),
    })
}

fn resumed(arguments: &str, record: &Value) -> Ended {
    let path = "results/20261122-120000-lab/run.json";
    nsbench(&format!("run --resume 2026 {arguments}")).file(path, &record.to_string()).run()
}

#[test]
fn where_nothing_is_left_to_do_the_table_is_printed_and_no_host_is_asked() {
    assert_snapshot!(resumed("", &record(3)), @r"
    [exit status 0]
    --- stdout
    20261122-120000-lab on testbed `lab` (emulated): netperf, protocol tcp, duration 10 s, MTU 1500

    bridge, lines: 1, trial 1
    total 100.0 Mb/s, lines not recorded

    bridge, lines: 1, trial 2
    total 100.0 Mb/s, lines not recorded

    bridge, lines: 1, trial 3
    total 100.0 Mb/s, lines not recorded

    bridge, lines: 1: 100.0 Mb/s, 3 trials within 0.00 %, median 100.0 Mb/s, mean known to ±0.00 %

    warning: emulation: measured on virtual hosts, whose rates rank nothing
    --- stderr
    nothing is left to do: `20261122-120000-lab` has every figure it was asked for
    ");
    let json = resumed("--format json", &record(3));
    let printed: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(printed["experiment"], record(3)["experiment"]);
}

#[test]
fn groups_of_parameters_stay_in_the_record_of_a_run_that_goes_on() {
    let mut grouped = record(3);
    grouped["experiment"]["sets"] = json!([{}, { "netslice.counters": ["batched"] }]);
    let printed: Value = serde_json::from_str(&resumed("--format json", &grouped).stdout).unwrap();
    assert_eq!(printed["experiment"], grouped["experiment"]);
}

#[test]
fn a_record_that_does_not_say_what_was_asked_is_not_gone_on_with() {
    let mut older = record(1);
    older.as_object_mut().unwrap().remove("experiment");
    assert_snapshot!(resumed("", &older), @r"
    [exit status 2]
    --- stderr
    error: the record of `20261122-120000-lab` does not say what was asked, as one of a demo, a soak, or an older nsbench
    hint: begin a new run; `nsbench compare` sets several runs side by side
    ");
}

#[test]
fn a_run_goes_on_only_where_it_was_begun() {
    assert_snapshot!(resumed("-t fractus", &record(1)), @r"
    [exit status 2]
    --- stderr
    error: `20261122-120000-lab` was begun on another testbed: name: lab then, fractus now; MTU: 1500 then, 9000 now; virtual hosts: true then, false now
    hint: name its testbed with -t, or begin a new run
    ");
}

#[test]
fn a_run_that_another_process_measures_is_left_to_it() {
    let program = nsbench("run --resume 2026");
    let program = program.file("results/20261122-120000-lab/run.json", &record(1).to_string());
    let held = Store::new(program.path().join("results")).reopen("2026").unwrap();
    assert_snapshot!(program.run(), @r"
    [exit status 3]
    --- stderr
    error: the run `20261122-120000-lab` is being measured by another nsbench
    hint: wait until that one has ended
    ");
    drop(held);
}
