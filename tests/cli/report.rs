//! `nsbench report` and `nsbench results export`, of runs that come with the program.

use insta::assert_snapshot;

use crate::program::nsbench;

#[test]
fn a_page_is_written_once_more_over_itself_and_over_nothing_else() {
    let first = nsbench("report figure3 -o report.html").run();
    assert_snapshot!(first, @r"
    [exit status 0]
    --- stdout
    report.html
    ");
    assert_eq!(first.left, ["report.html"]);
    let letter = nsbench("report figure3 -o report.html").file("report.html", "dear reader").run();
    assert_snapshot!(letter, @r"
    [exit status 2]
    --- stderr
    error: `report.html` is there, and is no report of nsbench's
    hint: name another file, or replace it with --force
    ");
    let forced = nsbench("report figure3 -o report.html --force").file("report.html", "dear reader").run();
    assert_eq!(forced.status, Some(0), "{forced}");
}

#[test]
fn figures_have_names_and_a_wrong_one_is_told_the_right_ones() {
    let drawn = nsbench("report figure3 --format svg -o -").run();
    assert_eq!(drawn.status, Some(0), "{drawn}");
    assert!(drawn.stdout.starts_with("<svg ") && drawn.stdout.contains("<metadata>nsbench "), "{drawn}");
    assert_snapshot!(nsbench("report figure3 --format svg --figure pie -o x.svg").run(), @r"
    [exit status 2]
    --- stderr
    error: there is no figure `pie` of these runs
    hint: there are `throughput` (Throughput by number of lines)
    ");
    assert_snapshot!(nsbench("report figure3 --figure throughput -o x.html").run(), @r"
    [exit status 2]
    --- stderr
    error: `--figure` is for a single figure
    hint: add `--format svg` or `--format png`
    ");
}

#[test]
fn without_runs_or_a_place_for_it_there_is_no_page() {
    assert_snapshot!(nsbench("report -o report.html").run(), @r"
    [exit status 2]
    --- stderr
    error: there are no recorded runs to compare
    hint: `nsbench run --framework netslice --lines 4` records one
    ");
    let nowhere = nsbench("report figure3 -o no/such/report.html").run();
    assert_eq!((nowhere.status, nowhere.left.len()), (Some(2), 0), "{nowhere}");
    assert!(nowhere.stderr.contains("hint: mkdir -p no/such"), "{nowhere}");
}

#[test]
fn exported_trials_are_those_that_were_asked_for() {
    let all = nsbench("results export figure3").run();
    assert_eq!(all.status, Some(0), "{all}");
    let some = nsbench("results export figure3 --framework netslice --format jsonl").run();
    let objects: Vec<serde_json::Value> = some.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!objects.is_empty() && objects.len() + 1 < all.stdout.lines().count(), "{some}");
    assert!(objects.iter().all(|object| object["framework"] == "netslice"), "{some}");
    let none = nsbench("results export figure3 --testbed nowhere --format jsonl").run();
    assert_snapshot!(none, @r"
    [exit status 0]
    --- stderr
    warning: no recorded run is of that framework, testbed and time
    hint: nsbench results list
    ");
}

#[test]
fn a_list_can_be_of_one_testbed_and_a_stretch_of_time() {
    let record = include_str!("../../results/reference/figure3.json").to_owned();
    let mut run: serde_json::Value = serde_json::from_str(&record).unwrap();
    run["id"] = "a".into();
    run["started"] = "2026-11-26T08:40:10Z".into();
    let listed = |filter: &str| {
        let ended =
            nsbench(&format!("results list --format json {filter}")).file("results/a/run.json", &run.to_string()).run();
        assert_eq!(ended.status, Some(0), "{ended}");
        serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap().as_array().unwrap().len()
    };
    assert_eq!(listed("--since 2026-11-26 --until 2026-11-26"), 1);
    assert_eq!((listed("--since 2026-11-27"), listed("--until 2026-11-25"), listed("--framework none")), (0, 0, 0));
    let wrong = nsbench("results list --since yesterday").run();
    assert_eq!(wrong.status, Some(2));
    assert!(wrong.stderr.contains("write it as 2026-11-26"), "{wrong}");
}
