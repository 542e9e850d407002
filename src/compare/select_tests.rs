//! Which runs are taken where nobody names any.

use super::tests::run;
use super::*;

#[test]
fn the_newest_run_of_each_framework_is_taken_and_no_other_trial_of_it() {
    let oldest = run("1", &[("netslice", 1, &[1.0]), ("bridge", 1, &[1.0])]);
    let newer = run("2", &[("netslice", 1, &[2.0])]);
    let Selection { runs, warnings } = newest(&[oldest, newer]);
    let taken: Vec<_> =
        runs.iter().flat_map(|r| r.trials.iter().map(|t| (r.id.as_str(), t.framework.as_str()))).collect();
    assert_eq!(taken, [("1", "bridge"), ("2", "netslice")]);
    assert_eq!(warnings, []);
}

#[test]
fn of_several_middleboxes_the_newest_run_of_each_is_taken_and_no_other_testbed_s() {
    let on = |id: &str, testbed: &str, middlebox: Option<&str>| Run {
        testbed: testbed.to_owned(),
        middlebox: middlebox.map(str::to_owned),
        ..run(id, &[("bridge", 1, &[1.0])])
    };
    let runs = [
        on("1", "rack", Some("old")),
        on("2", "rack", Some("new")),
        on("3", "other", Some("old")),
        on("4", "lab", None),
        on("5", "rack", Some("new")),
    ];
    let taken = |runs: &[Run]| newest(runs).runs.into_iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!(taken(&runs), ["5", "1"]);
    assert_eq!(taken(&runs[..4]), ["4"], "the newest is of a testbed with one middlebox");
}

#[test]
fn frameworks_that_were_measured_together_stay_one_run() {
    let both = run("1", &[("netslice", 1, &[1.0]), ("bridge", 1, &[1.0])]);
    let selection = newest(&[both]);
    assert_eq!(selection.runs.len(), 1);
    assert_eq!(selection.runs[0].trials.len(), 2);
}

#[test]
fn cells_that_the_newest_run_lacks_come_from_older_ones_of_the_same_conditions_and_are_named() {
    let runs = [
        run("1", &[("netslice", 1, &[1.0]), ("netslice", 2, &[1.0])]),
        run("2", &[("netslice", 2, &[2.0]), ("netslice", 3, &[2.0])]),
        run("3", &[("netslice", 4, &[3.0])]),
    ];
    let selection = newest(&runs);
    let mut cells: Vec<_> = selection.runs[0].trials.iter().map(|t| (t.lines, t.throughput_bps.unwrap())).collect();
    cells.sort_by_key(|(lines, _)| *lines);
    let rates: Vec<_> = cells.iter().map(|(lines, rate)| (*lines, rate.to_bits())).collect();
    let first = runs[0].trials[0].throughput_bps.unwrap().to_bits();
    let second = runs[1].trials[0].throughput_bps.unwrap().to_bits();
    let third = runs[2].trials[0].throughput_bps.unwrap().to_bits();
    assert_eq!(rates, [(1, first), (2, second), (3, second), (4, third)]);
    let text = selection.warnings[0].to_string();
    assert!(text.contains("2 and 3 lines in `2`, 1 line in `1`"), "{text}");
}

#[test]
fn cells_of_older_runs_of_other_conditions_are_named_with_the_command_that_shows_them() {
    let mut older = run("1", &[("netslice", 1, &[1.0])]);
    older.settings.mtu = Some(9000);
    let runs = [older, run("2", &[("netslice", 4, &[1.0])])];
    let selection = newest(&runs);
    assert_eq!(selection.runs[0].trials.len(), 1);
    let text = selection.warnings[0].to_string();
    assert!(text.ends_with("`nsbench compare 2 1`"), "{text}");
}
