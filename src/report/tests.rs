//! What people and programs see, as snapshots in `snapshots/`.

use super::*;
use crate::compare::{Options, newest};
use crate::plan::cores::LineCores;
use crate::record::{
    Calibration, Ceilings, CycleTrouble, FailedCycle, Growth, Pace, Run, SlotCeiling, Soak, Verdict, reference, sample,
};

const MORNING: &str = "2026-11-22T09:00:00Z";

/// Lab runs of two frameworks, with one cell that failed and one that nobody measured.
fn lab() -> [Run; 2] {
    let mut netslice = sample::run("20261122-090000-lab", MORNING);
    for (lines, rates) in [(1, [31.2e6, 30.9e6, 31.8e6]), (4, [118.0e6, 121.5e6, 119.2e6])] {
        netslice.trials.extend(sample::trials("netslice", lines, &rates));
    }
    netslice.trials.push(sample::failed("netslice", 2, 1, "module `netslice` did not load"));
    let mut bridge = sample::run("20261122-091000-lab", "2026-11-22T09:10:00Z");
    for (lines, rate) in [(1, 41.1e6), (2, 80.4e6), (3, 111.0e6), (4, 140.0e6)] {
        let rates = [rate, rate * 1.01, rate * 0.98];
        bridge.trials.extend(sample::trials("bridge", lines, &rates));
    }
    [netslice, bridge]
}

fn compare(options: &Options) -> Comparison {
    Comparison::build(&newest(&lab()).runs, options).unwrap()
}

fn with_figure_3() -> Comparison {
    compare(&Options { references: vec![reference::named("figure3").unwrap()], ..Options::default() })
}

/// The lab's runs against an older one that was faster and had another MTU.
fn with_baseline() -> Comparison {
    let mut old = sample::run("20261101-080000-lab", "2026-11-01T08:00:00Z");
    old.settings.mtu = Some(9000);
    for lines in [1, 2, 4] {
        let rate = 40e6 * f64::from(lines);
        let rates = [rate, rate * 1.02, rate * 0.99];
        old.trials.extend(sample::trials("netslice", lines, &rates));
    }
    compare(&Options { baseline: Some(old), fail_under: Some(0.9), ..Options::default() })
}

#[test]
fn text_has_the_shape_of_figure_3_with_footnotes_and_the_emulation_warning() {
    insta::assert_snapshot!(render(&compare(&Options::default()), Format::Text));
}

#[test]
fn a_search_shows_each_goal_with_its_bounds_and_where_packets_were_lost_above() {
    let mut run = sample::run("20261122-090000-lab", MORNING);
    run.trials = vec![sample::ndr("bridge", 1, Some(8000), 9000), sample::ndr("netslice", 1, None, 9100)];
    insta::assert_snapshot!(run_table(&run));
}

#[test]
fn text_sets_a_search_goal_by_goal_beside_other_searches() {
    let mut run = sample::run("20261122-090000-lab", MORNING);
    run.trials = vec![sample::ndr("bridge", 1, Some(8000), 9000), sample::ndr("netslice", 1, None, 9100)];
    let comparison = Comparison::build(&[run], &Options::default()).unwrap();
    insta::assert_snapshot!(render(&comparison, Format::Text));
}

#[test]
fn text_sets_the_papers_figures_beside() {
    insta::assert_snapshot!(render(&with_figure_3(), Format::Text));
}

#[test]
fn text_shows_ratios_with_intervals_and_the_verdict() {
    insta::assert_snapshot!(render(&with_baseline(), Format::Text));
}

#[test]
fn markdown_escapes_the_asterisk_and_has_footnotes() {
    insta::assert_snapshot!(render(&with_figure_3(), Format::Markdown));
}

#[test]
fn csv_has_one_row_a_cell_and_units_in_the_column_names() {
    insta::assert_snapshot!(render(&with_baseline(), Format::Csv));
}

#[test]
fn json_has_the_keys_that_other_programs_rely_on() {
    insta::assert_snapshot!(render(&with_baseline(), Format::Json));
}

#[test]
fn a_table_of_the_paper_alone_is_figure_3() {
    let options = Options { references: vec![reference::named("figure3").unwrap()], ..Options::default() };
    let comparison = Comparison::build(&[], &options).unwrap();
    insta::assert_snapshot!(render(&comparison, Format::Text));
}

#[test]
fn a_bar_in_a_parameter_does_not_end_a_markdown_cell() {
    let mut run = sample::run("a", MORNING);
    for value in ["x|y", "z"] {
        let mut trial = sample::trial("netslice", 1, 1, 1e8);
        trial.params.insert("netslice.filter".to_owned(), value.to_owned());
        run.trials.push(trial);
    }
    let comparison = Comparison::build(&[run], &Options::default()).unwrap();
    let text = render(&comparison, Format::Markdown);
    assert!(text.contains(r"filter=x\|y |"), "{text}");
}

#[test]
fn a_run_shows_its_cores_where_packets_were_lost_and_which_ports_nobody_counted() {
    let mut run = sample::run("20261122-090000-lab", MORNING);
    let mut trial = sample::trial("netslice", 3, 1, 93.0e6);
    trial.params.insert("netslice.mode".to_owned(), "classic".to_owned());
    trial.per_line[0].ports.middlebox_tx_packets = Some(7_988);
    trial.per_line[0].ports.sink_rx_packets = Some(7_987);
    trial.per_line[0].ports.middlebox_rx_packets = Some(8_002);
    trial.per_line[1].ports.middlebox_rx_packets = None;
    trial.per_line[1].ports.middlebox_tx_packets = None;
    trial.warnings.push("line 1 lost 13 of 8000 packets".to_owned());
    run.trials.push(trial);
    run.cores = (1..=3).map(|line| LineCores { line, forward: 1, reverse: 0, node: None }).collect();
    run.trials.push(sample::failed("netslice", 4, 1, "module `netslice` did not load"));
    insta::assert_snapshot!(run_table(&run));
}

#[test]
fn a_run_shows_the_ceilings_of_its_figures_and_which_one_a_figure_is_near() {
    let mut run = sample::run("20261122-090000-rack", MORNING);
    run.emulated = false;
    let slot = SlotCeiling {
        host: "middlebox".to_owned(),
        slot: "0000:3b:00".to_owned(),
        gigatransfers: 8.0,
        width: 8,
        bps: 63.015e9,
        usable_bps: 53.065e9,
        lines_in: vec![1, 2],
        lines_out: vec![1, 2],
    };
    let ceilings = Ceilings {
        line_rate_bps: Some(10e9),
        line_rate_from: Some("ports".to_owned()),
        counted: Some("payload of TCP".to_owned()),
        payload_bps: Some(9.415e9),
        ip_bps: Some(9.753e9),
        frame_bps: Some(9.844e9),
        slots: vec![slot],
        calibrations: vec![
            Calibration {
                lines: 1,
                source_to_middlebox_bps: Some(9.41e9),
                middlebox_to_sink_bps: Some(9.40e9),
                source_alone_bps: Some(31.0e9),
                reason: None,
            },
            Calibration {
                lines: 2,
                reason: Some("the middlebox has no netserver".to_owned()),
                ..Calibration::default()
            },
        ],
    };
    let mut trial = sample::trial("netslice", 1, 1, 9.39e9);
    crate::measure::ceilings::mark(&mut trial, &ceilings);
    run.trials.push(trial);
    run.ceilings = Some(ceilings);
    insta::assert_snapshot!(run_table(&run));
}

#[test]
fn print_shows_as_a_run_without_pretending_to_settings_or_counts() {
    insta::assert_snapshot!(run_table(&reference::named("figure5").unwrap()));
}

#[test]
fn a_list_has_one_row_a_run() {
    insta::assert_snapshot!(run_list(&lab()));
    insta::assert_snapshot!(run_list_json(&lab()));
    assert_eq!(run_list(&[]), "no runs are recorded\n");
}

/// Costs of two frameworks with frames of two sizes.
fn costs() -> Run {
    let mut run = sample::run("20261126-090000-lab", "2026-11-26T09:00:00Z");
    run.settings =
        crate::record::Settings { generator: "nsbench".to_owned(), protocol: None, duration_s: None, ..run.settings };
    for (framework, size, figures) in
        [("bridge", 60, [6960.0, 6980.0]), ("bridge", 1514, [7100.0, 7150.0]), ("netslice", 60, [8000.0, 8010.0])]
    {
        run.trials.extend((1..).zip(figures).map(|(number, figure)| sample::cost(framework, number, size, figure)));
    }
    run
}

#[test]
fn costs_stand_in_a_table_of_their_own_that_says_what_they_are_not() {
    let comparison = Comparison::build(&[costs()], &Options::default()).unwrap();
    insta::assert_snapshot!(render(&comparison, Format::Text));
}

#[test]
fn costs_beside_rates_have_their_unit_with_them() {
    let mut runs = lab().to_vec();
    runs.push(costs());
    let comparison = Comparison::build(&newest(&runs).runs, &Options::default()).unwrap();
    insta::assert_snapshot!(render(&comparison, Format::Text));
}

#[test]
fn a_run_that_measured_costs_shows_how_far_apart_they_are() {
    insta::assert_snapshot!(run_table(&costs()));
}

#[test]
fn every_format_is_read_by_its_name_and_no_other() {
    for name in Format::NAMES {
        assert!(name.parse::<Format>().is_ok(), "{name}");
    }
    let error = "html".parse::<Format>().unwrap_err().to_string();
    assert!(error.contains("`html`") && error.contains("hint: "), "{error}");
}

/// A soak that found something of everything.
fn soak() -> Run {
    let growth = |name: &str, first: f64, per_cycle: f64, leaks: Option<bool>| Growth {
        name: name.to_owned(),
        first,
        last: first + 810.0 * per_cycle,
        per_cycle: Some(per_cycle),
        interval: Some([per_cycle - 0.1, per_cycle + 0.1]),
        bytes_per_cycle: None,
        leaks,
    };
    let pace = |median_s: f64, slows_down| Pace {
        median_s,
        first_s: median_s,
        last_s: median_s * 2.0,
        per_cycle_s: Some(0.001),
        interval_s: Some([0.0005, 0.0015]),
        slows_down: Some(slows_down),
    };
    let cache = Growth { bytes_per_cycle: Some(64.1), ..growth("kmalloc-64", 4000.0, 1.002, Some(true)) };
    let soak = Soak {
        cycles: 1000,
        frames: 123_456,
        cycle_s: Some(2.53),
        load: Some(pace(0.512, true)),
        unload: Some(pace(0.83, false)),
        warm_up: 100,
        memory: vec![
            growth("available_kib", 400_000.0, -4.012, Some(true)),
            growth("slab_reclaimable_kib", 1700.0, 0.01, None),
            growth("tasks", 70.0, 0.0, Some(false)),
        ],
        caches_watched: Some(191),
        caches: vec![cache],
        verdict: Verdict::Grows,
        ..sample::soak()
    };
    Run { soak: Some(soak), ..sample::run("20261126-090000-soak-lab", MORNING) }
}

#[test]
fn a_soak_shows_what_grows_by_how_much_a_cycle() {
    insta::assert_snapshot!(run_table(&soak()));
    assert!(run_list(&[soak()]).contains("| netslice   | 1 "), "{}", run_list(&[soak()]));
}

#[test]
fn a_soak_that_was_cut_short_shows_why_and_claims_nothing() {
    let mut run = soak();
    let whole = run.soak.take().unwrap();
    let trouble =
        CycleTrouble { cycle: 7, host: "middlebox".to_owned(), lines: vec!["BUG: x".to_owned(), "Oops".to_owned()] };
    run.soak = Some(Soak {
        cycles: 7,
        failed: vec![FailedCycle { cycle: 7, reason: "the middlebox was lost".to_owned() }],
        troubles: vec![trouble],
        verdict: Verdict::Failed,
        memory: Vec::new(),
        caches: Vec::new(),
        caches_watched: None,
        load: None,
        unload: None,
        ..whole
    });
    insta::assert_snapshot!(run_table(&run));
}
