//! How often a cell is measured: what is asked for, and the rule that comes of it. Pure.
//!
//! Must not know what a figure measures, nor where.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{File, Measure};
use crate::compare::student::Estimate;
use crate::profile::notation;
use crate::yaml::{Diagnostic, Document};

/// Trials of a cell whose rate is measured: Student's interval of fewer is wider than most differences between frameworks.
pub const RATES: u32 = 5;

/// Trials of a cell whose cost is counted; those are within a percent or two by themselves.
pub const COSTS: u32 = 3;

/// Searches for the highest rate of a cell: each judges its bounds by several trials of its own, and takes minutes.
pub const SEARCHES: u32 = 1;

/// The most trials of a cell, where nobody says how many.
pub const MOST: u32 = 15;

/// Half of the 95 % interval in percent of the mean, at which a cell has been measured often enough.
pub const PRECISION_PERCENT: f64 = 1.0;

/// What is asked of the number of trials; `None` where nothing is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Wish {
    /// Trials of each cell, or the least of them where a precision is asked for.
    pub trials: Option<u32>,
    /// How precise its mean is to be, half of the 95 % interval in percent of it.
    pub precision_percent: Option<f64>,
    /// The most trials to make for that.
    pub max_trials: Option<u32>,
}

/// When a cell has been measured often enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeats {
    /// Trials that are made whatever they give.
    pub least: u32,
    /// Trials after which there are no more.
    pub most: u32,
    /// Between the two: until half of the 95 % interval is no more than this, in percent of the mean.
    pub precision_percent: Option<f64>,
}

impl Wish {
    /// What is asked by `over`, and what is asked here where that says nothing. A number of trials by itself means
    /// exactly so many, whatever precision was asked for before.
    #[must_use]
    pub fn replaced_by(self, over: Self) -> Self {
        if over.trials.is_some() && over.precision_percent.is_none() && over.max_trials.is_none() {
            return over;
        }
        Self {
            trials: over.trials.or(self.trials),
            precision_percent: over.precision_percent.or(self.precision_percent),
            max_trials: over.max_trials.or(self.max_trials),
        }
    }

    /// The bounds of which the lower is above the upper, if they are.
    pub fn contradiction(self) -> Option<(u32, u32)> {
        self.trials.zip(self.max_trials).filter(|(least, most)| least > most)
    }

    /// Whether further trials would be made by default, were the hosts real: on virtual ones rates rank nothing, and no
    /// number of trials makes them precise.
    pub fn spares(self, measure: Measure, emulated: bool) -> bool {
        emulated && self == Self::default() && measure == Measure::Throughput
    }

    /// The rule for what is measured in this way. Nothing is refined that nobody asked to be: a number of trials by itself,
    /// costs, and rates of virtual hosts.
    pub fn rule(self, measure: Measure, emulated: bool) -> Repeats {
        let default = match measure {
            Measure::Throughput => RATES,
            Measure::Cost => COSTS,
            Measure::Ndr => SEARCHES,
        };
        let most = self.max_trials.unwrap_or(MOST);
        let least = self.trials.unwrap_or(default.min(most));
        let asked = self.precision_percent.is_some() || self.max_trials.is_some();
        if asked || (self.trials.is_none() && measure == Measure::Throughput && !emulated) {
            let percent = self.precision_percent.unwrap_or(PRECISION_PERCENT);
            Repeats { least, most: most.max(least), precision_percent: Some(percent) }
        } else {
            Repeats::exactly(least)
        }
    }
}

impl Repeats {
    /// So many, whatever they give.
    pub const fn exactly(trials: u32) -> Self {
        Self { least: trials, most: trials, precision_percent: None }
    }

    /// The number of the trial that a cell with these figures, by the numbers of their trials, needs beside the least:
    /// none where they are precise enough, and none where there are as many as there may be.
    pub fn next(&self, figures: &BTreeMap<u32, f64>) -> Option<u32> {
        let percent = self.precision_percent?;
        let figures_alone: Vec<f64> = figures.values().copied().collect();
        let reached = Estimate::of(&figures_alone).and_then(|estimate| estimate.precision_percent());
        if reached.is_some_and(|reached| reached <= percent) {
            return None;
        }
        (1..=self.most).find(|number| !figures.contains_key(number))
    }

    /// How many there will be, to stand after "trial 3 of".
    pub fn in_words(&self) -> String {
        if self.least == self.most { self.least.to_string() } else { format!("{} to {}", self.least, self.most) }
    }
}

/// What a file asks of the number of trials.
pub(super) fn read(document: &Document<File>) -> Result<Wish, Diagnostic> {
    let File { trials, max_trials, .. } = document.value;
    let max = notation::MAX_TRIALS;
    for (key, value) in [("trials", trials), ("max_trials", max_trials)] {
        if value.is_some_and(|trials| !(1..=max).contains(&trials)) {
            let hint = format!("write a number from 1 to {max}");
            return Err(document.at(&[key], &format!("wrong value for `{key}`"), "no number of trials", &hint));
        }
    }
    let wish = Wish { trials, precision_percent: precision_percent(document)?, max_trials };
    if let Some((least, _)) = wish.contradiction() {
        let hint = format!("write {least} or more, or fewer `trials`");
        return Err(document.at(&["max_trials"], "wrong value for `max_trials`", "less than `trials`", &hint));
    }
    Ok(wish)
}

fn precision_percent(document: &Document<File>) -> Result<Option<f64>, Diagnostic> {
    let text = match &document.value.precision {
        None => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => String::new(),
    };
    let refuse = |_| {
        let hint = "write percent of the mean, above 0 and up to 100: 1, or 0.5%";
        document.at(&["precision"], "wrong value for `precision`", "no precision", hint)
    };
    notation::precision_percent(&text).map(Some).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Wish = Wish { trials: None, precision_percent: None, max_trials: None };

    fn wish(trials: impl Into<Option<u32>>, percent: impl Into<Option<f64>>, most: impl Into<Option<u32>>) -> Wish {
        Wish { trials: trials.into(), precision_percent: percent.into(), max_trials: most.into() }
    }

    fn refined(least: u32, most: u32, percent: f64) -> Repeats {
        Repeats { least, most, precision_percent: Some(percent) }
    }

    fn figures(of: &[f64]) -> BTreeMap<u32, f64> {
        (1..).zip(of.iter().copied()).collect()
    }

    #[test]
    fn rates_of_real_hosts_are_refined_by_themselves_and_nothing_else_is() {
        let rates = Measure::Throughput;
        assert_eq!(NOTHING.rule(rates, false), refined(5, 15, 1.0));
        assert_eq!(NOTHING.rule(rates, true), Repeats::exactly(5));
        assert_eq!(NOTHING.rule(Measure::Cost, true), Repeats::exactly(3));
        assert_eq!(NOTHING.rule(Measure::Cost, false), Repeats::exactly(3));
        assert_eq!(NOTHING.rule(Measure::Ndr, false), Repeats::exactly(1));
        assert!(NOTHING.spares(rates, true) && !NOTHING.spares(rates, false) && !NOTHING.spares(Measure::Cost, true));
        assert!(!wish(5, None, None).spares(rates, true));
    }

    #[test]
    fn a_number_of_trials_is_exact_unless_a_precision_is_asked_for_too() {
        for (measure, emulated) in [(Measure::Throughput, false), (Measure::Throughput, true), (Measure::Cost, true)] {
            assert_eq!(wish(4, None, None).rule(measure, emulated), Repeats::exactly(4));
            assert_eq!(wish(4, 0.5, None).rule(measure, emulated), refined(4, 15, 0.5));
            assert_eq!(wish(20, 0.5, None).rule(measure, emulated), refined(20, 20, 0.5));
            assert_eq!(wish(4, None, 8).rule(measure, emulated), refined(4, 8, 1.0));
        }
        assert_eq!(wish(None, 2.0, 30).rule(Measure::Cost, true), refined(3, 30, 2.0));
        assert_eq!(wish(None, None, 2).rule(Measure::Throughput, false), refined(2, 2, 1.0));
    }

    #[test]
    fn the_command_line_takes_the_place_of_a_file_and_a_number_alone_of_its_precision() {
        let file = wish(5, 0.5, 20);
        assert_eq!(file.replaced_by(NOTHING), file);
        assert_eq!(file.replaced_by(wish(3, None, None)), wish(3, None, None));
        assert_eq!(file.replaced_by(wish(3, 1.0, None)), wish(3, 1.0, 20));
        assert_eq!(file.replaced_by(wish(None, None, 30)), wish(5, 0.5, 30));
        assert_eq!(wish(5, None, 4).contradiction(), Some((5, 4)));
        assert_eq!(wish(5, None, 5).contradiction(), None);
    }

    #[test]
    fn a_cell_gets_trials_until_it_is_precise_and_no_more_than_there_may_be() {
        let rule = refined(2, 4, 1.0);
        // Half of the interval of the first two is 12.7 * 0.07 / 1.41, 0.6 % of 100; of the others far more.
        assert_eq!(rule.next(&figures(&[99.95, 100.05])), None);
        assert_eq!(rule.next(&figures(&[99.0, 101.0])), Some(3));
        assert_eq!(rule.next(&figures(&[90.0, 101.0, 110.0, 99.0])), None);
        assert_eq!(Repeats::exactly(2).next(&figures(&[90.0])), None);
    }

    #[test]
    fn a_single_figure_is_never_precise_and_a_trial_without_one_is_made_again() {
        let rule = refined(1, 3, 50.0);
        assert_eq!(rule.next(&figures(&[100.0])), Some(2));
        let without_the_second = BTreeMap::from([(1, 100.0), (3, 900.0)]);
        assert_eq!(rule.next(&without_the_second), Some(2));
        assert_eq!(rule.next(&figures(&[0.0, 0.0])), Some(3), "nothing is a share of zero");
    }
}
