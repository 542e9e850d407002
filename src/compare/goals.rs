//! A search for the highest rates has a figure for each goal, and so it is several trials here: one a goal.
//!
//! Must not know of columns or cells.

use std::borrow::Cow;

use crate::record::{NDR, Run, Status, Trial};

/// A trial, and what may be lost in it in percent, where that is what was searched for.
pub type OfGoal<'r> = (Option<f64>, Cow<'r, Trial>);

/// The trials of `run`, those of a search goal by goal.
pub fn of(run: &Run) -> Vec<OfGoal<'_>> {
    run.trials.iter().flat_map(|trial| of_trial(run, trial)).collect()
}

fn of_trial<'r>(run: &'r Run, trial: &'r Trial) -> Vec<OfGoal<'r>> {
    if trial.measure != NDR {
        return vec![(None, Cow::Borrowed(trial))];
    }
    let asked = run.experiment.as_ref().and_then(|asked| asked.rate.as_ref());
    match (&trial.ndr, asked) {
        (Some(ndr), _) => ndr.goals.iter().map(|goal| (Some(goal.loss_percent), of_goal(trial, goal))).collect(),
        (None, Some(asked)) => asked.loss_percent.iter().map(|loss| (Some(*loss), Cow::Borrowed(trial))).collect(),
        (None, None) => vec![(None, Cow::Borrowed(trial))],
    }
}

fn of_goal<'r>(trial: &'r Trial, goal: &crate::record::NdrGoal) -> Cow<'r, Trial> {
    let base = Trial { ndr: None, ..trial.clone() };
    if trial.status == Status::Failed {
        return Cow::Owned(base);
    }
    let status = if goal.throughput_bps.is_some() { Status::Ok } else { Status::Failed };
    // What is said of one goal begins with its name, and so does what is said of another.
    let others = trial.ndr.iter().flat_map(|ndr| &ndr.goals).filter(|other| *other != goal);
    let others: Vec<_> =
        others.flat_map(|other| [format!("{}: ", other.name())].into_iter().chain(other.reason())).collect();
    let own = |warning: &&String| !others.iter().any(|other| warning.starts_with(other.as_str()));
    let warnings = trial.warnings.iter().filter(own).filter(|warning| Some(*warning) != goal.reason().as_ref());
    Cow::Owned(Trial {
        status,
        reason: goal.reason(),
        warnings: warnings.cloned().collect(),
        throughput_bps: goal.throughput_bps,
        limited_by: goal.limited_by,
        ..base
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparison, Options};
    use crate::record::{AskedRate, sample};

    fn run(trials: Vec<Trial>) -> Run {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        let search = crate::measure::search::Method::Mlr;
        let rate = AskedRate { loss_percent: vec![0.0, 0.5], search, width_percent: 0.5 };
        run.experiment.as_mut().unwrap().rate = Some(rate);
        run.trials = trials;
        run
    }

    #[test]
    fn each_goal_is_a_column_of_its_own_and_one_that_was_not_reached_says_why() {
        let run = run(vec![sample::ndr("bridge", 1, None, 9000), sample::trial("bridge", 1, 1, 3e6)]);
        let comparison = Comparison::build(&[run], &Options::default()).unwrap();
        let columns: Vec<_> = comparison.columns.iter().map(|column| column.heading.join(", ")).collect();
        let frames = "60-byte frames";
        assert_eq!(
            columns[..2],
            [format!("bridge, ndr, no loss, {frames}"), format!("bridge, ndr, 0.5 % loss, {frames}")]
        );
        let cell = |column: usize| &comparison.columns[column].cells[0];
        assert_eq!(
            cell(0).reason.as_deref(),
            Some("no rate with no loss was found: even 100 packets/s a line lost 3.000 %")
        );
        assert_eq!((cell(0).throughput, cell(0).remarks.len()), (None, 0));
        assert!((cell(1).throughput.unwrap().mean - 9000.0 * 480.0).abs() < 1e-6);
        assert_eq!((cell(1).reason.as_ref(), cell(1).remarks.len()), (None, 0), "the other's reason is not its own");
    }

    #[test]
    fn rates_with_more_and_with_less_loss_have_no_ratio_to_one_another() {
        let baseline = run(vec![sample::ndr("bridge", 1, Some(8000), 9000)]);
        let faster = Run { id: "f".to_owned(), ..run(vec![sample::ndr("bridge", 1, Some(8800), 18_000)]) };
        let options = Options { baseline: Some(baseline), ..Options::default() };
        let comparison = Comparison::build(&[faster], &options).unwrap();
        let ratios: Vec<_> = comparison.cells().map(|(_, cell)| cell.ratio.unwrap().value).collect();
        assert!((ratios[0] - 1.1).abs() < 1e-9 && (ratios[1] - 2.0).abs() < 1e-9, "{ratios:?}");
    }

    #[test]
    fn a_search_that_never_began_failed_for_all_its_goals() {
        let trial = Trial { measure: NDR.to_owned(), ..sample::failed("bridge", 1, 1, "did not load") };
        let run = run(vec![trial]);
        let goals: Vec<_> = of(&run).iter().map(|(loss, trial)| (*loss, trial.reason.clone())).collect();
        let why = Some("did not load".to_owned());
        assert_eq!(goals, [(Some(0.0), why.clone()), (Some(0.5), why)]);
    }
}
