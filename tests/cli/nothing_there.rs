//! Commands that find nothing to work on say so, and what to do.

use insta::assert_snapshot;

use crate::program::nsbench;

#[test]
fn compare_without_results_says_how_to_get_some() {
    assert_snapshot!(nsbench("compare").run(), @r"
    [exit status 2]
    --- stderr
    error: there are no recorded runs to compare
    hint: `nsbench run --framework netslice --lines 4` records one
    ");
}

#[test]
fn compare_of_a_run_that_is_not_there_says_how_to_find_one() {
    assert_snapshot!(nsbench("compare 2026-nothing").run(), @r"
    [exit status 2]
    --- stderr
    error: no run is named `2026-nothing` under `results`
    hint: `nsbench results list` names the runs
    ");
}

#[test]
fn a_list_of_no_results_is_empty_and_good() {
    assert_snapshot!(nsbench("results list").run(), @r"
    [exit status 0]
    --- stdout
    no runs are recorded
    ");
    assert_snapshot!(nsbench("results list --format json").run(), @r"
    [exit status 0]
    --- stdout
    []
    ");
}

#[test]
fn a_run_that_is_not_there_cannot_be_shown() {
    assert_snapshot!(nsbench("results show nothing").run(), @r"
    [exit status 2]
    --- stderr
    error: no run is named `nothing` under `results`
    hint: `nsbench results list` names the runs
    ");
}

#[test]
fn a_lab_that_is_down_is_told_and_not_brought_up() {
    assert_snapshot!(nsbench("lab status").run(), @r"
    [exit status 0]
    --- stdout
    lab `lab` is down
    ");
    assert_snapshot!(nsbench("lab down").run(), @r"
    [exit status 0]
    --- stdout
    lab `lab` was not up
    ");
    assert_snapshot!(nsbench("lab ssh sink").run(), @r"
    [exit status 3]
    --- stderr
    error: lab `lab` is not up
    hint: nsbench lab up --name lab
    ");
    assert_snapshot!(nsbench("lab ssh sink --name other -- uname -r").run(), @r"
    [exit status 3]
    --- stderr
    error: lab `other` is not up
    hint: nsbench lab up --name other
    ");
    let restore = nsbench("restore").run();
    assert!(!restore.left.contains(&"cache".to_owned()), "{restore}");
    assert_snapshot!(restore, @r"
    [exit status 0]
    --- stdout
    lab `lab` is not up: there is nothing to restore
    ");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let ended = nsbench("results show figure3").run_unread();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
}
