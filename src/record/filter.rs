//! Which runs are meant, by what was measured, where and when. Must not know how a user writes it.

use jiff::Timestamp;

use super::{Run, Trial};

/// What runs have to be. An empty list, or no time, leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Frameworks, one of which was measured.
    pub frameworks: Vec<String>,
    /// Testbeds, on one of which that was.
    pub testbeds: Vec<String>,
    /// Not begun before.
    pub since: Option<Timestamp>,
    /// Not begun at that time or later.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Whether the run is meant.
    pub fn takes(&self, run: &Run) -> bool {
        let measured = || run.trials.iter().any(|trial| self.takes_trial(trial));
        let soaked = || run.soak.as_ref().is_some_and(|soak| self.frameworks.contains(&soak.framework));
        let profiled = || run.profiled.as_ref().is_some_and(|profiled| self.frameworks.contains(&profiled.framework));
        let framework = self.frameworks.is_empty() || measured() || soaked() || profiled();
        let testbed = self.testbeds.is_empty() || self.testbeds.contains(&run.testbed);
        framework && testbed && self.takes_time(run)
    }

    /// Whether a trial of such a run is meant.
    pub fn takes_trial(&self, trial: &Trial) -> bool {
        self.frameworks.is_empty() || self.frameworks.contains(&trial.framework)
    }

    /// A run that does not say when it was is not in any stretch of time.
    fn takes_time(&self, run: &Run) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let begun: Option<Timestamp> = run.started.as_ref().and_then(|time| time.parse().ok());
        let after = |begun| self.since.is_none_or(|since| since <= begun);
        let before = |begun| self.until.is_none_or(|until| begun < until);
        begun.is_some_and(|begun| after(begun) && before(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn each_condition_leaves_out_what_does_not_meet_it() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials.push(sample::trial("netslice", 1, 1, 1e8));
        let time = |text: &str| Some(text.parse().unwrap());
        let takes = |filter: Filter| filter.takes(&run);
        assert!(takes(Filter::default()));
        assert!(takes(Filter { frameworks: vec!["xdp".to_owned(), "netslice".to_owned()], ..Filter::default() }));
        assert!(!takes(Filter { frameworks: vec!["xdp".to_owned()], ..Filter::default() }));
        assert!(!takes(Filter { testbeds: vec!["fractus".to_owned()], ..Filter::default() }));
        assert!(takes(Filter { since: time("2026-11-22T09:00:00Z"), ..Filter::default() }));
        assert!(!takes(Filter { since: time("2026-11-22T09:00:01Z"), ..Filter::default() }));
        assert!(!takes(Filter { until: time("2026-11-22T09:00:00Z"), ..Filter::default() }));
        let undated = Run { started: None, ..run.clone() };
        assert!(Filter::default().takes(&undated));
        assert!(!Filter { until: time("2030-01-01T00:00:00Z"), ..Filter::default() }.takes(&undated));
    }
}
