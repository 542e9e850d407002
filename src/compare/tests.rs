//! What a comparison claims, cell by cell.

use std::collections::BTreeMap;

use super::*;
use crate::generator::Layer;
use crate::record::{Cost, reference, sample};

const MORNING: &str = "2026-11-22T09:00:00Z";

/// A run on real hosts with good trials of one cell a framework.
pub(super) fn run(id: &str, cells: &[(&str, u32, &[f64])]) -> Run {
    let mut run = sample::run(id, MORNING);
    run.emulated = false;
    run.experiment = None;
    for (framework, lines, rates) in cells {
        run.trials.extend(sample::trials(framework, *lines, rates));
    }
    run
}

fn build(runs: &[Run], baseline: Option<&Run>, fail_under: Option<f64>) -> Comparison {
    let options = Options { baseline: baseline.cloned(), fail_under, ..Options::default() };
    Comparison::build(runs, &options).unwrap()
}

fn kinds(comparison: &Comparison) -> Vec<&str> {
    comparison.warnings.iter().map(Warning::kind).collect()
}

#[test]
fn trials_of_one_cell_become_their_mean_and_interval() {
    let comparison = build(&[run("a", &[("netslice", 4, &[8.0, 10.0, 12.0])])], None, None);
    let (column, cell) = comparison.cells().next().unwrap();
    assert_eq!((column.framework.as_str(), cell.lines, cell.trials()), ("netslice", 4, 3));
    let [low, high] = cell.throughput.unwrap().ci95.unwrap();
    assert!((low - 5.0317).abs() < 1e-4 && (high - 14.9683).abs() < 1e-4);
}

#[test]
fn trials_of_other_lines_parameters_measures_or_runs_are_never_pooled() {
    let mut first = run("a", &[("netslice", 1, &[1.0]), ("netslice", 2, &[2.0])]);
    let mut other = sample::trial("netslice", 1, 1, 3.0);
    other.params = BTreeMap::from([("netslice.mode".to_owned(), "ring".to_owned())]);
    first.trials.push(other.clone());
    other.measure = "ndr".to_owned();
    first.trials.push(other);
    let second = run("b", &[("netslice", 1, &[5.0])]);
    let comparison = build(&[first, second], None, None);
    assert!(comparison.cells().all(|(_, cell)| cell.trials() == 1));
    assert_eq!(comparison.cells().count(), 5);
    assert_eq!(comparison.lines, [1, 2]);
}

#[test]
fn costs_are_compared_with_costs_of_frames_of_the_same_size_and_no_rate_is_asked_of_them() {
    let mut old = run("old", &[("netslice", 1, &[5.0])]);
    old.trials.extend([sample::cost("netslice", 1, 60, 1000.0), sample::cost("netslice", 1, 1514, 4000.0)]);
    let mut new = run("new", &[]);
    new.trials.extend([sample::cost("netslice", 1, 60, 600.0), sample::cost("netslice", 1, 512, 700.0)]);
    let comparison = build(std::slice::from_ref(&new), Some(&old), None);
    let ratios: Vec<_> = comparison.cells().map(|(_, cell)| cell.ratio.map(|ratio| ratio.value)).collect();
    assert_eq!(ratios, [Some(0.6), None]);
    assert_eq!(kinds(&comparison), ["cost", "one-trial", "no-baseline-cell"]);
    let options = Options { baseline: Some(old), fail_under: Some(0.9), ..Options::default() };
    assert_eq!(Comparison::build(&[new], &options), Err(CompareError::FailUnderOfCosts));
}

#[test]
fn the_newest_run_of_one_measure_leaves_the_other_its_own() {
    let rates = run("a", &[("netslice", 1, &[5.0])]);
    let mut costs = run("b", &[]);
    costs.trials.push(sample::cost("netslice", 1, 60, 1000.0));
    let selection = newest(&[rates, costs]);
    assert_eq!(selection.runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(selection.warnings, []);
}

#[test]
fn columns_of_several_middleboxes_are_told_apart_and_their_being_several_is_no_warning() {
    let on = |id: &str, name: &str| Run { middlebox: Some(name.to_owned()), ..run(id, &[("bridge", 1, &[1.0])]) };
    let comparison = build(&[on("a", "old"), on("b", "new")], None, None);
    let headings: Vec<_> = comparison.columns.iter().map(|c| c.heading.join(" ")).collect();
    assert_eq!(headings, ["bridge on old", "bridge on new"]);
    let differ = |warning: &&Warning| matches!(warning, Warning::Differ { .. });
    assert_eq!(comparison.warnings.iter().find(differ), None);
    let alone = build(&[on("a", "old")], None, None);
    assert_eq!(alone.columns[0].heading, ["bridge"]);
    let ratio = build(&[on("b", "new")], Some(&on("a", "old")), None);
    assert_eq!(ratio.columns[0].cells[0].unlike[0].field, "middlebox");
}

#[test]
fn headings_say_only_what_tells_columns_apart() {
    let mut tuned = run("b", &[("netslice", 1, &[1.0])]);
    for (key, value) in [("netslice.mode", "ring"), ("netslice.wake", "always")] {
        tuned.trials[0].params.insert(key.into(), value.into());
    }
    let mut plain = run("a", &[("netslice", 1, &[1.0]), ("bridge", 1, &[1.0])]);
    plain.trials[0].params.insert("netslice.mode".into(), "classic".into());
    plain.trials[0].params.insert("netslice.wake".into(), "always".into());
    let again = run("c", &[("bridge", 1, &[1.0])]);
    let comparison = build(&[plain, tuned, again], None, None);
    let headings: Vec<_> = comparison.columns.iter().map(|c| c.heading.join(" ")).collect();
    assert_eq!(headings, ["netslice mode=classic", "netslice mode=ring", "bridge a", "bridge c"]);
}

#[test]
fn a_cell_whose_trials_all_failed_keeps_its_reasons_and_has_no_figure() {
    let mut run = run("a", &[]);
    for (number, reason) in [(1, "ring_num"), (2, "ring_num"), (3, "timeout")] {
        run.trials.push(sample::failed("netmap", 4, number, reason));
    }
    let comparison = build(&[run], None, None);
    let (_, cell) = comparison.cells().next().unwrap();
    assert_eq!((cell.throughput, cell.trials(), cell.failed), (None, 0, 3));
    assert_eq!(cell.reason.as_deref(), Some("ring_num; timeout"));
}

#[test]
fn a_failed_trial_beside_good_ones_is_a_remark_and_does_not_pull_the_mean_down() {
    let mut run = run("a", &[("netmap", 4, &[10.0, 10.0])]);
    run.trials.push(sample::failed("netmap", 4, 3, "timeout"));
    let comparison = build(&[run], None, None);
    let (_, cell) = comparison.cells().next().unwrap();
    assert_eq!((cell.throughput.unwrap().mean, &cell.reason), (10.0, &None));
    assert_eq!(cell.remarks, ["1 of 3 trials failed: timeout"]);
}

#[test]
fn instructions_per_packet_are_averaged_over_the_trials_that_counted_them() {
    let mut run = run("a", &[("xdp", 1, &[1.0, 1.0, 1.0])]);
    for (trial, instructions_per_packet) in run.trials.iter_mut().zip([5600.0, 5700.0]) {
        trial.cost = Some(Cost { instructions_per_packet, frame_size: 60, ..Cost::default() });
    }
    let comparison = build(&[run], None, None);
    let (_, cell) = comparison.cells().next().unwrap();
    let instructions = cell.instructions.unwrap();
    assert_eq!((instructions.n, instructions.mean), (2, 5650.0));
}

#[test]
fn a_mix_of_sizes_is_a_column_of_its_own_and_compared_with_the_same_mix_only() {
    let with = |id: &str, figures: [f64; 3]| {
        let mut run = run(id, &[("bridge", 1, &figures)]);
        let frames = [(Some(60), None), (None, Some("imix")), (None, Some("60+1514"))];
        for (trial, (size, mix)) in run.trials.iter_mut().zip(frames) {
            (trial.frame_size, trial.frame_mix) = (size, mix.map(|mix| mix.parse().unwrap()));
        }
        run
    };
    let (mut old, new) = (with("old", [1.0, 2.0, 5.0]), with("new", [3.0, 8.0, 5.0]));
    old.trials.truncate(2);
    let comparison = build(&[new], Some(&old), None);
    let cells: Vec<_> =
        comparison.cells().map(|(column, cell)| (&column.heading[1], cell.ratio.map(|r| r.value))).collect();
    let heading = ["60-byte frames", "imix frames", "60*1+1514*1 frames"].map(str::to_owned);
    assert_eq!(cells, [(&heading[0], Some(3.0)), (&heading[1], Some(4.0)), (&heading[2], None)]);
}

#[test]
fn a_ratio_is_to_the_same_cell_and_else_to_the_baselines_only_framework() {
    let old = run("old", &[("netslice", 1, &[10.0]), ("bridge", 1, &[40.0])]);
    let new = run("new", &[("netslice", 1, &[20.0]), ("bridge", 1, &[20.0])]);
    let ratios = |runs: &[Run], baseline| -> Vec<_> {
        let comparison = build(runs, Some(baseline), None);
        comparison.cells().map(|(_, c)| c.ratio.map(|r| r.value)).collect()
    };
    assert_eq!(ratios(std::slice::from_ref(&new), &old), [Some(2.0), Some(0.5)]);
    let one = run("one", &[("bridge", 1, &[5.0])]);
    assert_eq!(ratios(&[new], &one), [Some(4.0), Some(4.0)]);
}

#[test]
fn a_tuned_framework_is_compared_with_itself_untuned() {
    let baseline = reference::named("figure3").unwrap();
    let comparison = build(&[reference_as_measured("figure5")], Some(&baseline), None);
    let ratios: Vec<_> = comparison.cells().map(|(_, c)| c.ratio.unwrap().value).collect();
    assert!((ratios[3] - 32.204 / 31.8142).abs() < 1e-12);
}

#[test]
fn print_stands_beside_the_measured_column_of_its_parameters_and_else_at_the_end() {
    let print = reference::named("figure5").unwrap();
    let mut measured = run("a", &[]);
    for (name, value) in [("counters", "batched"), ("counters", "each"), ("sleep", "timeout")] {
        let mut params = print.trials[0].params.clone();
        params.insert("netslice.batch".to_owned(), "64".to_owned());
        params.insert("netslice.counters".to_owned(), "each".to_owned());
        params.insert(format!("netslice.{name}"), value.to_owned());
        measured.trials.push(crate::record::Trial { params, ..sample::trial("netslice", 4, 1, 1e9) });
    }
    let headings = |runs: &[Run], references: &[Run]| -> Vec<_> {
        let options = Options { references: references.to_vec(), ..Options::default() };
        Comparison::build(runs, &options).unwrap().columns.into_iter().map(|column| column.heading.join(", ")).collect()
    };
    let (batched, each) = ("netslice, counters=batched, sleep=schedule", "netslice, counters=each, sleep=schedule");
    let all = [batched, &format!("{batched}, paper's Figure 5"), each, "netslice, counters=each, sleep=timeout"];
    assert_eq!(headings(&[measured.clone()], std::slice::from_ref(&print)), all);
    measured.trials.remove(0);
    let bridge = run("b", &[("bridge", 1, &[1.0])]);
    let shown = headings(&[measured, bridge], &[reference::named("figure3").unwrap(), print]);
    let place = |end: &str| shown.iter().position(|heading| heading.starts_with("netslice") && heading.ends_with(end));
    assert_eq!((place("Figure 3"), place("Figure 5")), (Some(3), Some(2)), "{shown:?}");
}

fn reference_as_measured(name: &str) -> Run {
    Run { published: None, ..reference::named(name).unwrap() }
}

#[test]
fn a_cell_without_partner_in_the_baseline_has_no_ratio_and_a_warning_names_it() {
    let old = run("old", &[("netslice", 1, &[10.0])]);
    let new = run("new", &[("netslice", 1, &[10.0]), ("netslice", 2, &[20.0])]);
    let comparison = build(&[new], Some(&old), None);
    let ratios: Vec<_> = comparison.cells().map(|(_, c)| c.ratio.is_some()).collect();
    assert_eq!(ratios, [true, false]);
    let text = comparison.warnings.last().unwrap().to_string();
    assert!(text.contains("netslice on 2 lines"), "{text}");
}

#[test]
fn virtual_hosts_are_never_set_in_ratio_to_real_ones() {
    let real = run("real", &[("netslice", 1, &[10.0])]);
    let lab = Run { id: "lab".to_owned(), emulated: true, ..real.clone() };
    let comparison = build(&[lab], Some(&real), Some(0.5));
    assert!(comparison.cells().all(|(_, cell)| cell.ratio.is_none()));
    assert!(kinds(&comparison).contains(&"across-emulation"));
    assert!(!comparison.verdict.unwrap().passed());
}

#[test]
fn a_verdict_is_short_only_where_a_ratio_is_under_the_threshold() {
    let old = run("old", &[("netslice", 1, &[10.0]), ("netslice", 2, &[20.0])]);
    let new = run("new", &[("netslice", 1, &[9.5]), ("netslice", 2, &[18.0])]);
    let passed = |threshold| build(std::slice::from_ref(&new), Some(&old), Some(threshold));
    assert!(passed(0.9).verdict.unwrap().passed());
    let verdict = passed(0.95).verdict.unwrap();
    assert_eq!((verdict.judged, verdict.short.len()), (2, 1));
    assert!(verdict.to_string().contains("netslice, lines 2: ratio 0.900"));
}

#[test]
fn a_cell_that_fails_where_the_baseline_has_a_figure_falls_short() {
    let old = run("old", &[("netslice", 1, &[10.0])]);
    let mut new = run("new", &[]);
    new.trials.push(sample::failed("netslice", 1, 1, "host was lost"));
    let verdict = build(&[new], Some(&old), Some(0.5)).verdict.unwrap();
    assert!(!verdict.passed());
    assert!(verdict.to_string().contains("host was lost"));
}

#[test]
fn a_gate_that_could_judge_nothing_stays_shut() {
    let old = run("old", &[("netslice", 1, &[10.0])]);
    let new = run("new", &[("netslice", 4, &[10.0])]);
    let verdict = build(&[new], Some(&old), Some(0.5)).verdict.unwrap();
    assert_eq!((verdict.judged, verdict.passed()), (0, false));
}

#[test]
fn options_that_cannot_be_met_are_errors_and_not_ignored() {
    let runs = [run("a", &[("netslice", 1, &[1.0])])];
    let mut options = Options { fail_under: Some(0.9), ..Options::default() };
    let error = Comparison::build(&runs, &options).unwrap_err();
    assert_eq!(error, CompareError::FailUnderWithoutBaseline);
    options.baseline = Some(runs[0].clone());
    for ratio in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        options.fail_under = Some(ratio);
        let error = Comparison::build(&runs, &options).unwrap_err();
        assert!(matches!(error, CompareError::FailUnder(_)), "{ratio}");
    }
    let nothing = Comparison::build(&[], &Options::default());
    assert_eq!(nothing.unwrap_err(), CompareError::NoRuns);
}

#[test]
fn figures_of_an_emulated_testbed_are_always_said_to_rank_nothing() {
    let mut lab = run("lab-run", &[("netslice", 1, &[1.0, 1.0])]);
    assert_eq!(kinds(&build(std::slice::from_ref(&lab), None, None)), [""; 0]);
    lab.emulated = true;
    let comparison = build(&[lab], None, None);
    let text = comparison.warnings[0].to_string();
    assert!(text.contains("`lab-run`") && text.contains("rank nothing"), "{text}");
    assert!(text.contains("\nhint: "), "{text}");
}

#[test]
fn runs_that_differ_are_told_apart_field_by_field() {
    let cells: &[(&str, u32, &[f64])] = &[("netslice", 1, &[1.0, 1.0])];
    let one = run("one", cells);
    let mut two = run("two", cells);
    two.testbed = "fractus".to_owned();
    two.settings.mtu = Some(9000);
    two.settings.emulation = Some("-cpu max".to_owned());
    two.settings.duration_s = Some(2.5);
    two.settings.protocol = Some("udp".to_owned());
    two.settings.generator = "iperf3".to_owned();
    two.settings.flows = Some(8);
    two.provenance.clear();
    let comparison = build(&[one, two], None, None);
    let said: Vec<_> = comparison.warnings.iter().map(|w| w.to_string().lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        said,
        [
            "the runs differ in testbed: lab (`one`), fractus (`two`)",
            "the runs differ in MTU: 1500 (`one`), 9000 (`two`)",
            "the runs differ in emulated machine: not recorded (`one`), -cpu max (`two`)",
            "the runs differ in duration: 10 s (`one`), 2.5 s (`two`)",
            "the runs differ in protocol: tcp (`one`), udp (`two`)",
            "the runs differ in generator: netperf (`one`), iperf3 (`two`)",
            "the runs differ in flows a line: one (`one`), 8 (`two`)",
            "the runs differ in kernel of the middlebox: 6.1.0-40 (`one`), not recorded (`two`)",
        ]
    );
}

#[test]
fn bits_of_frames_have_no_ratio_to_bits_of_payload() {
    let cells: &[(&str, u32, &[f64])] = &[("netslice", 1, &[1.0, 1.0])];
    let payload = run("payload", cells);
    let mut frames = run("frames", cells);
    frames.settings.counts = Layer::Frames;
    frames.settings.generator = "pktgen".to_owned();
    let comparison = build(&[payload.clone(), frames.clone()], Some(&payload), None);
    let ratios: Vec<_> = comparison.cells().map(|(_, cell)| cell.ratio.map(|ratio| ratio.value)).collect();
    assert_eq!(ratios, [Some(1.0), None]);
    let said: Vec<_> = comparison.warnings.iter().map(ToString::to_string).collect();
    let layers = "the runs differ in layer of the rates: payload (`payload`), frames (`frames`)";
    assert!(said.iter().any(|warning| warning.starts_with(layers)), "{said:?}");
    let headings: Vec<_> = comparison.columns.iter().map(|column| column.heading.join(", ")).collect();
    assert!(headings[0].contains("bits of payload") && headings[1].contains("bits of frames"), "{headings:?}");
    let comparison = build(std::slice::from_ref(&frames), Some(&frames), None);
    assert_eq!(comparison.cells().map(|(_, cell)| cell.ratio.unwrap().value).collect::<Vec<_>>(), [1.0]);
}

#[test]
fn a_baseline_that_was_measured_otherwise_is_warned_about_too() {
    let new = run("new", &[("netslice", 1, &[1.0, 1.0])]);
    let mut old = Run { id: "old".to_owned(), ..new.clone() };
    old.settings.mtu = Some(9000);
    assert_eq!(kinds(&build(&[new], Some(&old), None)), ["differ"]);
}

#[test]
fn a_single_trial_is_warned_about_unless_it_is_print() {
    let single = run("a", &[("netslice", 1, &[1.0])]);
    assert_eq!(kinds(&build(&[single], None, None)), ["one-trial"]);
    let options = Options { references: vec![reference::named("figure3").unwrap()], ..Options::default() };
    let comparison = Comparison::build(&[], &options).unwrap();
    assert_eq!(kinds(&comparison), ["published"]);
}

#[test]
fn the_papers_columns_stand_beside_their_framework_and_are_marked() {
    let runs = [run("a", &[("bridge", 1, &[1.0]), ("netslice", 1, &[1.0])])];
    let options = Options { references: vec![reference::named("figure3").unwrap()], ..Options::default() };
    let comparison = Comparison::build(&runs, &options).unwrap();
    let headings: Vec<_> = comparison.columns.iter().map(|c| c.heading.join(", ")).collect();
    assert_eq!(
        headings,
        ["bridge", "netslice", "netslice, paper's Figure 3", "netmap, paper's Figure 3", "dpdk, paper's Figure 3",]
    );
}

#[test]
fn a_run_named_twice_is_one_column() {
    let one = run("a", &[("netslice", 1, &[1.0])]);
    assert_eq!(build(&[one.clone(), one], None, None).columns.len(), 1);
}

/// A run of netmap whose profile wants the adapter shown and says what made a fourth line possible.
fn netmap(adapter: &str) -> Run {
    let mut run = run("a", &[("netmap", 3, &[1e9, 1.1e9]), ("netmap", 4, &[2e9, 2.1e9])]);
    let profile = serde_json::json!({ "show": ["adapter"], "makes_possible": "there are rings for all ports" });
    run.profiles.insert("netmap".to_owned(), profile);
    for trial in &mut run.trials {
        trial.framework_facts.insert("adapter".to_owned(), adapter.into());
    }
    run
}

#[test]
fn a_fact_that_the_profile_wants_shown_stands_in_the_heading() {
    let comparison = build(&[netmap("generic")], None, None);
    assert_eq!(comparison.columns[0].heading, ["netmap", "generic"]);
    // A fact that could not be asked is not shown as something.
    assert_eq!(build(&[netmap("")], None, None).columns[0].heading, ["netmap"]);
}

#[test]
fn a_cell_that_the_paper_has_an_asterisk_for_says_what_made_it_possible() {
    let options = Options { references: vec![reference::named("figure3").unwrap()], ..Options::default() };
    let comparison = Comparison::build(&[netmap("generic")], &options).unwrap();
    let of = |lines| comparison.columns[0].cell(lines).unwrap().remarks.clone();
    assert_eq!(of(3), Vec::<String>::new());
    let [remark] = of(4).try_into().unwrap();
    assert!(remark.contains("only 3 netmap instances") && remark.ends_with("because there are rings for all ports"));
}
