use super::*;
use crate::commands::demo::sample;
use crate::interrupt::Interrupt;
use crate::record;

/// A demo of bridge and netslice whose time for each is up at once.
fn stage(dwell: Duration, length: Option<Duration>) -> (Stage, Interrupt, Cells) {
    let options = Options { dwell, length, ..sample::options() };
    let cells = Cells::of(&options).unwrap();
    let leave = ByHand::new();
    let interrupt = leave.interrupt();
    (Stage::new(&options, &cells, leave), interrupt, cells)
}

fn load(stage: &Stage, cells: &Cells) {
    stage.load(&cells.all()[cells.index(stage.at())], "full frames, netperf tcp", &[], Vec::new());
}

const LONG: Duration = Duration::from_secs(1000);

#[test]
fn a_framework_stays_for_its_time_and_the_next_one_comes() {
    let (stage, leave, cells) = stage(Duration::ZERO, None);
    load(&stage, &cells);
    assert_eq!(stage.scene().phase, Phase::Loading);
    stage.begins(1, Feed::default());
    assert_eq!(stage.scene().phase, Phase::Traffic(1));
    assert!(!leave.is_set());
    stage.ends(&record::sample::trial("bridge", 1, 1, 2e9));
    assert!(leave.is_set());
    assert_eq!(stage.scene().phase, Phase::Unloading);
    assert!(stage.left(false));
    load(&stage, &cells);
    assert!(!leave.is_set(), "the next one is not left at once");
    let scene = stage.scene();
    assert_eq!((scene.framework.as_str(), scene.league[0].mean_bps), ("netslice", Some(2e9)));
}

#[test]
fn whoever_stays_sees_one_trial_after_another() {
    let (stage, leave, cells) = stage(Duration::ZERO, None);
    load(&stage, &cells);
    stage.wish(Wish::Stay);
    for (number, rate) in [(1, 1e9), (2, 3e9)] {
        stage.begins(number, Feed::default());
        stage.ends(&record::sample::trial("bridge", 1, number, rate));
        assert_eq!(stage.scene().phase, Phase::Between);
    }
    assert!(!leave.is_set() && !stage.scene().cycles);
    let place = &stage.scene().league[0];
    assert_eq!((place.mean_bps, place.trials), (Some(2e9), 2));
}

#[test]
fn a_key_ends_the_cell_of_now_and_its_figure_stays_with_its_framework() {
    let (stage, leave, cells) = stage(LONG, None);
    load(&stage, &cells);
    stage.begins(1, Feed::default());
    stage.wish(Wish::Next);
    assert!(leave.is_set());
    // A trial that was at its end when the key was pressed.
    stage.ends(&record::sample::trial("bridge", 1, 1, 2e9));
    let scene = stage.scene();
    assert_eq!((scene.league[0].trials, scene.league[1].trials, &scene.phase), (1, 0, &Phase::Unloading));
    assert!(stage.left(false));
    assert_eq!(stage.at().framework, 1, "once, not twice");
}

#[test]
fn a_framework_that_fails_says_why_and_gets_no_second_turn_by_itself() {
    let (stage, _, cells) = stage(LONG, None);
    load(&stage, &cells);
    stage.ends(&record::sample::failed("bridge", 1, 1, "no such module\nhint: build it"));
    assert!(stage.left(true));
    assert_eq!(stage.scene().league[0].failed.as_deref(), Some("no such module"));
    load(&stage, &cells);
    assert_eq!(stage.at().framework, 1);
    stage.ends(&record::sample::failed("netslice", 1, 1, "nor this"));
    assert!(!stage.left(true), "nothing is left to be shown");
}

#[test]
fn figures_of_an_earlier_turn_count() {
    let (stage, _, cells) = stage(LONG, None);
    stage.load(&cells.all()[0], "", &[], vec![1e9, 2e9]);
    assert_eq!((stage.scene().league[0].mean_bps, stage.scene().league[0].trials), (Some(1.5e9), 2));
}

#[test]
fn it_ends_when_its_time_is_over_and_stays_ended() {
    let (stage, leave, cells) = stage(LONG, Some(Duration::ZERO));
    load(&stage, &cells);
    assert_eq!(stage.scene().left, Some(Duration::ZERO));
    stage.look_at_the_clock();
    assert!(leave.is_set());
    assert_eq!(stage.end(), Some(Turn::End { interrupted: false }));
    stage.wish(Wish::Interrupt);
    stage.wish(Wish::Next);
    assert_eq!((stage.end(), stage.scene().phase), (Some(Turn::End { interrupted: false }), Phase::Ending));
    load(&stage, &cells);
    assert!(leave.is_set(), "nothing is begun any more");
}

#[test]
fn what_was_said_is_kept_and_the_last_is_shown_in_a_line() {
    let (stage, ..) = stage(LONG, None);
    stage.hear("warning: one".to_owned());
    stage.hear("two\nthree".to_owned());
    assert_eq!(stage.scene().remark, "two three");
    assert_eq!(stage.said(), ["warning: one", "two\nthree"]);
}
