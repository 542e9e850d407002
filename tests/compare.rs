//! `nsbench compare` and `nsbench results` as a user has them: records on disk in, text and exit
//! status out.

use std::fs;
use std::path::Path;

use nsbench::commands::Outcome;
use nsbench::commands::compare::{Options, run};
use nsbench::commands::results::{ListOptions, ShowOptions, list, show};
use nsbench::record::filter::Filter;
use nsbench::report::Format;
use serde_json::{Value, json};

/// Writes a record with one good trial a line count.
fn record(results: &Path, id: &str, framework: &str, started: &str, rates_bps: &[f64]) {
    let trials: Vec<Value> = (1..)
        .zip(rates_bps)
        .map(|(lines, bps)| {
            json!({
                "framework": framework, "lines": lines, "params": {}, "measure": "throughput",
                "trial": 1, "started": started, "status": "ok", "reason": null, "warnings": [],
                "throughput_bps": bps,
            })
        })
        .collect();
    let run = json!({
        "schema": 1, "id": id, "started": started, "testbed": "lab", "emulated": true,
        "settings": {
            "generator": "netperf", "protocol": "tcp", "duration_s": 10.0, "trials": 1, "mtu": 1500
        },
        "provenance": {}, "trials": trials,
    });
    fs::create_dir_all(results.join(id)).unwrap();
    fs::write(results.join(id).join("run.json"), run.to_string()).unwrap();
}

/// Results with an old and a new netslice run, and one of the bridge in between.
fn results() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    record(path, "a-old", "netslice", "2026-11-20T10:00:00Z", &[40e6, 80e6, 120e6, 160e6]);
    record(path, "b-bridge", "bridge", "2026-11-21T10:00:00Z", &[50e6, 90e6, 130e6, 170e6]);
    record(path, "c-new", "netslice", "2026-11-22T10:00:00Z", &[42e6, 80e6, 90e6, 161e6]);
    directory
}

fn options(results: &Path) -> Options {
    Options { results: results.to_owned(), ..Options::default() }
}

fn cells(text: &str) -> Vec<Value> {
    let whole: Value = serde_json::from_str(text).unwrap();
    whole["cells"].as_array().unwrap().clone()
}

#[test]
fn without_arguments_the_newest_run_of_each_framework_fills_four_cells_each() {
    let results = results();
    let outcome = run(&Options { format: Format::Json, ..options(results.path()) }).unwrap();
    let found = cells(&outcome.stdout);
    let runs: Vec<_> = found.iter().map(|c| c["run"].as_str().unwrap()).collect();
    assert_eq!(runs, [["b-bridge"; 4], ["c-new"; 4]].concat());
    assert_eq!(found[7]["throughput_bps"], 161e6);
    assert_eq!((outcome.outcome, outcome.warnings.len()), (Outcome::Good, 0));
}

#[test]
fn the_lab_is_called_emulation_in_every_format() {
    let results = results();
    for name in Format::NAMES {
        let format = name.parse().unwrap();
        let outcome = run(&Options { format, ..options(results.path()) }).unwrap();
        let said = outcome.stdout + &outcome.warnings.join("\n");
        assert!(said.contains("rank nothing"), "{name}: {said}");
    }
}

#[test]
fn the_papers_figure_3_stands_beside_with_its_own_digits() {
    let results = results();
    let with = Options { references: vec!["figure3".to_owned()], ..options(results.path()) };
    let text = run(&with).unwrap().stdout;
    for printed in ["9.2617", "17.6279", "27.9451", "31.8142", "29.33638814", "19.76"] {
        assert!(text.contains(&format!(" {printed}")), "{printed}: {text}");
    }
}

#[test]
fn a_ratio_under_the_threshold_is_exit_status_1_and_above_it_0() {
    let results = results();
    let mut options = Options {
        runs: vec!["c-new".to_owned()],
        baseline: Some("a-old".to_owned()),
        fail_under: Some(0.8),
        ..options(results.path())
    };
    let outcome = run(&options).unwrap();
    assert_eq!(outcome.outcome, Outcome::FellShort);
    assert!(outcome.stdout.contains("netslice, lines 3: ratio 0.750"), "{}", outcome.stdout);
    options.fail_under = Some(0.7);
    assert_eq!(run(&options).unwrap().outcome, Outcome::Good);
}

#[test]
fn without_a_threshold_a_low_ratio_is_no_failure() {
    let results = results();
    let baseline = Some("a-old".to_owned());
    let outcome = run(&Options { baseline, ..options(results.path()) }).unwrap();
    assert_eq!(outcome.outcome, Outcome::Good);
}

#[test]
fn a_broken_record_is_skipped_with_a_warning_and_refused_by_name() {
    let results = results();
    fs::write(results.path().join("c-new/run.json"), "{ \"schema\": 1,").unwrap();
    let outcome = run(&options(results.path())).unwrap();
    assert!(outcome.warnings[0].contains("c-new/run.json"), "{:?}", outcome.warnings);
    assert!(!outcome.stdout.contains("c-new"));
    let named = Options { runs: vec!["c-new".to_owned()], ..options(results.path()) };
    assert!(run(&named).unwrap_err().to_string().contains("c-new/run.json"));
    let listed =
        list(&ListOptions { results: results.path().to_owned(), filter: Filter::default(), json: false }).unwrap();
    assert_eq!(listed.warnings, outcome.warnings);
    assert!(listed.stdout.contains("b-bridge"));
}

#[test]
fn where_nothing_is_recorded_the_way_to_record_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let error = run(&options(empty.path())).unwrap_err();
    assert!(format!("{error:#}").contains("hint: `nsbench run"), "{error:#}");
}

#[test]
fn where_all_records_are_broken_the_error_names_them() {
    let results = tempfile::tempdir().unwrap();
    record(results.path(), "only", "netslice", "2026-11-22T10:00:00Z", &[1e6]);
    fs::write(results.path().join("only/run.json"), "").unwrap();
    let error = format!("{:#}", run(&options(results.path())).unwrap_err());
    assert!(error.contains("only/run.json") && error.contains("no recorded runs"), "{error}");
}

#[test]
fn a_run_that_is_not_there_is_an_error_that_quotes_it() {
    let results = results();
    for name in ["yesterday", "results/none"] {
        let named = Options { runs: vec![name.to_owned()], ..options(results.path()) };
        assert!(run(&named).unwrap_err().to_string().contains(name));
    }
}

#[test]
fn showing_a_run_as_json_gives_its_record_and_a_reference_is_one_too() {
    let results = results();
    for name in ["c-new", "figure5"] {
        let results = results.path().to_owned();
        let outcome = show(&ShowOptions { results, run: name.to_owned(), json: true }).unwrap();
        let value: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!((&value["id"], &value["schema"]), (&json!(name), &json!(1)));
    }
}

/// Writes the record of a soak.
fn record_soak(results: &Path, id: &str) {
    record(results, id, "netslice", "2026-11-23T10:00:00Z", &[]);
    let file = results.join(id).join("run.json");
    let mut run: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    run["soak"] = json!({
        "framework": "netslice", "lines": 1, "params": [{ "netslice.mode": "ring" }], "framework_facts": [],
        "cycles_asked": 1000, "cycles": 1000, "traffic_ms": 500, "frames": 123_456, "failed": [], "troubles": [],
        "cycle_s": 2.5, "load": null, "unload": null, "warm_up": 100, "memory": [
            { "name": "tasks", "first": 70.0, "last": 71.0, "per_cycle": 0.0, "interval": [0.0, 0.0], "leaks": false }
        ],
        "caches_watched": 190, "caches": [], "verdict": "clean", "samples": "raw/soak.jsonl",
    });
    fs::write(file, run.to_string()).unwrap();
}

#[test]
fn a_soak_is_listed_and_shown_and_compare_says_that_it_has_no_rates() {
    let results = results();
    let path = results.path();
    record_soak(path, "d-soak");
    let listed = list(&ListOptions { results: path.to_owned(), filter: Filter::default(), json: true }).unwrap();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&listed[3]["frameworks"], &listed[3]["lines"]), (&json!(["netslice"]), &json!([1])));
    let show = |json| show(&ShowOptions { results: path.to_owned(), run: "d-soak".to_owned(), json }).unwrap().stdout;
    assert!(
        show(false).contains("clean: 1000 cycles, no trouble in the kernel logs, and nothing grows"),
        "{}",
        show(false)
    );
    assert_eq!(serde_json::from_str::<Value>(&show(true)).unwrap()["soak"]["verdict"], "clean");
    let outcome = run(&options(path)).unwrap();
    assert!(!outcome.stdout.contains("d-soak") && outcome.warnings.is_empty(), "{outcome:?}");
    let named = |runs: &[&str]| run(&Options { runs: runs.iter().map(|r| (*r).to_owned()).collect(), ..options(path) });
    let outcome = named(&["c-new", "d-soak"]).unwrap();
    assert_eq!(outcome.warnings, ["left out: `d-soak` is a soak, which has no rates to compare"]);
    let error = named(&["d-soak"]).unwrap_err().to_string();
    assert_eq!(error, "`d-soak` is a soak, which has no rates to compare\nhint: nsbench results show d-soak");
}
