//! What a comparison says of how sure it is, and of what it sets beside one another.

use serde_json::json;

use super::*;
use crate::plan::cores::LineCores;
use crate::record::{Trial, sample};

/// A run on real hosts with good trials of one cell a framework.
fn run(id: &str, cells: &[(&str, u32, &[f64])]) -> Run {
    let trials = cells.iter().flat_map(|(framework, lines, rates)| sample::trials(framework, *lines, rates));
    Run { emulated: false, trials: trials.collect(), ..sample::run(id, "2026-11-22T09:00:00Z") }
}

fn against(run: &Run, baseline: &Run) -> Comparison {
    let options = Options { baseline: Some(baseline.clone()), ..Options::default() };
    Comparison::build(std::slice::from_ref(run), &options).unwrap()
}

fn fields(comparison: &Comparison) -> Vec<String> {
    comparison.columns[0].cells[0].unlike.iter().map(|unlike| unlike.field.clone()).collect()
}

const ONE: &[f64] = &[100.0, 101.0, 99.0, 100.5, 99.5];
const TWO: &[f64] = &[102.6, 103.4, 101.4, 102.0, 103.0];

#[test]
fn a_difference_counts_for_less_among_many() {
    let cells = |rates| [("netslice", 1, rates), ("netslice", 2, ONE), ("netslice", 3, ONE), ("netslice", 4, ONE)];
    let first = |count: usize| {
        let comparison = against(&run("new", &cells(TWO)[..count]), &run("old", &cells(ONE)[..count]));
        assert_eq!(comparison.tested, count);
        comparison.columns[0].cells[0].clone()
    };
    let (alone, among_four) = (first(1), first(4));
    assert_eq!((alone.p_adjusted, alone.is_significant()), (alone.ratio.unwrap().p, Some(true)));
    assert!((among_four.p_adjusted.unwrap() / alone.p_adjusted.unwrap() - 4.0).abs() < 1e-9);
    let nothing = against(&run("new", &cells(ONE)), &run("old", &cells(ONE)));
    assert!(nothing.cells().all(|(_, cell)| cell.is_significant() == Some(false)));
}

#[test]
fn a_single_trial_and_a_run_beside_itself_are_not_tested() {
    let single = against(&run("new", &[("netslice", 1, &[1.0])]), &run("old", &[("netslice", 1, ONE)]));
    let own = run("own", &[("netslice", 1, ONE)]);
    for comparison in [single, against(&own, &own)] {
        let (_, cell) = comparison.cells().next().unwrap();
        assert!(cell.ratio.is_some());
        assert_eq!((comparison.tested, cell.p_adjusted, cell.is_significant()), (0, None, None));
    }
}

#[test]
fn a_figure_far_from_the_others_is_named_by_its_trial_and_stays_in_the_mean() {
    let comparison = against(
        &run("new", &[("netslice", 1, &[100.0, 101.0, 50.0, 99.0, 100.0, 100.0])]),
        &run("old", &[("netslice", 1, ONE)]),
    );
    let (_, cell) = comparison.cells().next().unwrap();
    assert_eq!(cell.outliers, [(3, 50.0)]);
    assert!((cell.throughput.unwrap().mean - 550.0 / 6.0).abs() < 1e-9);
    assert_eq!(cell.remarks, ["trial 3 lies far from the others (Tukey's outer fences); it is in the mean"]);
}

#[test]
fn cells_that_are_not_as_precise_as_was_asked_are_named_with_what_they_reached() {
    let mut run = run("a", &[("netslice", 1, ONE), ("bridge", 1, &[100.0, 100.1, 99.9, 100.0, 100.0])]);
    run.experiment.as_mut().unwrap().precision_percent = Some(0.5);
    let comparison = Comparison::build(&[run], &Options::default()).unwrap();
    let precise: Vec<_> = comparison.cells().map(|(column, cell)| column.is_precise(cell)).collect();
    assert_eq!(precise, [Some(false), Some(true)]);
    let text = comparison.warnings[0].to_string();
    assert!(
        text.contains("netslice, lines 1: ±0.98 % after 5 trials, not ±0.5 %") && !text.contains("bridge"),
        "{text}"
    );
    assert!(text.contains("\nhint: "), "{text}");
}

#[test]
fn a_ratio_of_unlike_to_unlike_names_each_field() {
    let old = run("old", &[("netslice", 1, ONE)]);
    assert_eq!(fields(&against(&run("new", &[("netslice", 1, TWO)]), &old)), [""; 0]);
    let changed = |change: fn(&mut Run)| {
        let mut new = run("new", &[("netslice", 1, TWO)]);
        change(&mut new);
        let comparison = against(&new, &old);
        let kinds: Vec<_> = comparison.warnings.iter().map(Warning::kind).collect();
        (fields(&comparison).join(", "), kinds.join(", "))
    };
    let differ = |field: &str| (field.to_owned(), "differ".to_owned());
    assert_eq!(changed(|run| run.settings.mtu = Some(9000)), differ("MTU"));
    assert_eq!(changed(|run| run.settings.duration_s = Some(2.0)), differ("duration"));
    assert_eq!(changed(|run| run.settings.protocol = Some("udp".to_owned())), differ("protocol"));
    assert_eq!(changed(|run| run.settings.generator = "iperf3".to_owned()), differ("generator"));
    assert_eq!(changed(|run| run.testbed = "rack".to_owned()), differ("testbed"));
    let kernel = |run: &mut Run| drop(run.provenance.insert("sink".to_owned(), json!({ "kernel": "6.12" })));
    assert_eq!(changed(kernel), differ("kernel of the sink"));
    let cores = |run: &mut Run| run.cores = vec![LineCores { line: 1, forward: 1, reverse: 0, node: None }];
    assert_eq!(changed(cores), differ("queue map of the middlebox"));
}

#[test]
fn other_rings_and_other_parameters_are_unlike_too() {
    let old = run("old", &[("netslice", 1, ONE)]);
    let mut rings = run("new", &[("netslice", 1, TWO)]);
    let queues = json!([{ "interface": "i", "rx": 1, "tx": 1, "rx_slots": 256, "tx_slots": 256 }]);
    rings.testbed_resolved = json!({ "lines": [{ "in": "i", "out": "o" }] });
    rings.provenance.insert("middlebox".to_owned(), json!({ "kernel": "6.1.0-40", "queues": queues }));
    let comparison = against(&rings, &old);
    assert_eq!(fields(&comparison), ["queues of the middlebox", "ring sizes of the middlebox"]);
    let unlike = &comparison.columns[0].cells[0].unlike[1];
    assert_eq!((unlike.here.as_str(), unlike.baseline.as_str()), ("rx 256, tx 256", "not recorded"));
    let mut batch = run("new", &[("netslice", 1, TWO)]);
    for trial in &mut batch.trials {
        trial.params.insert("netslice.batch".to_owned(), "16".to_owned());
    }
    let comparison = against(&batch, &old);
    // No warning about the runs: to see what a parameter does is why they are set side by side.
    assert_eq!((fields(&comparison), comparison.warnings), (vec!["netslice.batch".to_owned()], Vec::new()));
}

#[test]
fn another_build_of_the_module_is_another_condition() {
    let with = |id: &str, version: &str| {
        let mut run = run(id, &[("netslice", 1, ONE)]);
        let fact = |trial: &mut Trial| drop(trial.framework_facts.insert("srcversion".to_owned(), json!(version)));
        run.trials.iter_mut().for_each(fact);
        run
    };
    let comparison = against(&with("new", "B"), &with("old", "A"));
    let field = "module of netslice (srcversion)".to_owned();
    let expected = Unlike { field, here: "B".to_owned(), baseline: "A".to_owned() };
    assert_eq!(comparison.columns[0].cells[0].unlike, [expected]);
}

#[test]
fn a_verdict_over_unlike_runs_says_in_what_they_differ() {
    let mut new = run("new", &[("netslice", 1, ONE)]);
    new.settings.mtu = Some(9000);
    let options =
        Options { baseline: Some(run("old", &[("netslice", 1, ONE)])), fail_under: Some(0.9), ..Options::default() };
    let verdict = Comparison::build(&[new], &options).unwrap().verdict.unwrap();
    assert_eq!(verdict.to_string(), "passed: no ratio of 1 is under 0.9; not like to like in MTU");
}
