//! Whether a rate meets a goal, by all trials of it. Must not know which rates there are beside it.
//!
//! A goal demands trials of a certain length, so many seconds of them together, of which a share may lose more than allowed
//! (exceed ratio). Where fewer were made, the missing ones may still turn out either way: the rate is judged when it comes to
//! the same however they do. Shorter trials cannot make a rate good. Where more of their time was bad than the share allows,
//! the surplus counts as bad.

use super::Tried;

/// What a goal demands of the trials of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The share of the packets that may be lost.
    pub loss_ratio: f64,
    /// Seconds of a trial of full length.
    pub full_s: u64,
    /// Seconds of such trials by which a rate is judged.
    pub sum_s: u64,
    /// The share of that time in which more may be lost, below 1.
    pub exceed: f64,
}

/// What is to be thought of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    verdict: Option<bool>,
    /// Whether there are trials of full length.
    begun: bool,
    /// The share that was lost on the average of all trials.
    pub loss_ratio: f64,
}

impl Judgement {
    /// It meets the goal.
    pub fn is_lower(&self) -> bool {
        self.verdict == Some(true)
    }

    /// It does not.
    pub fn is_upper(&self) -> bool {
        self.verdict == Some(false)
    }

    /// Nobody can tell yet, though there are trials of full length.
    pub const fn is_begun(&self) -> bool {
        self.begun && self.verdict.is_none()
    }
}

impl Rule {
    /// Judges a rate by its trials.
    pub fn judge<'a>(&self, trials: impl Iterator<Item = &'a Tried>) -> Judgement {
        let trials: Vec<&Tried> = trials.collect();
        let time = |is_full: bool, is_good: bool| -> f64 {
            let counts = |tried: &&Tried| {
                (tried.asked.duration_s >= self.full_s) == is_full && (tried.loss_ratio <= self.loss_ratio) == is_good
            };
            trials.iter().copied().filter(counts).map(|tried| tried.asked.duration_s as f64).sum()
        };
        let good = time(true, true);
        let surplus = time(false, false) - time(false, true) * self.exceed / (1.0 - self.exceed);
        let bad = time(true, false) + surplus.max(0.0);
        let all = (good + bad).max(self.sum_s as f64);
        let may_be_bad = all * self.exceed;
        let verdict = if all - good <= may_be_bad {
            Some(true)
        } else if bad > may_be_bad {
            Some(false)
        } else {
            None
        };
        let loss_ratio = trials.iter().map(|tried| tried.loss_ratio).sum::<f64>() / trials.len().max(1) as f64;
        let begun = trials.iter().any(|tried| tried.asked.duration_s >= self.full_s);
        Judgement { verdict, begun, loss_ratio }
    }

    /// What is lost at a rate: in the best of its full trials, as many as have to be good, the worst. Of those that were not
    /// made because the outcome was certain the worst that was made stands in.
    pub fn loss_ratio_that_counts<'a>(&self, full: impl Iterator<Item = &'a Tried>) -> f64 {
        let mut trials: Vec<&Tried> = full.collect();
        trials.sort_by(|a, b| a.loss_ratio.total_cmp(&b.loss_ratio));
        let made: f64 = trials.iter().map(|tried| tried.asked.duration_s as f64).sum();
        let mut left = made.max(self.sum_s as f64) * (1.0 - self.exceed);
        let mut worst = 0.0;
        for tried in trials {
            worst = tried.loss_ratio;
            left -= tried.asked.duration_s as f64;
            if left <= 0.0 {
                break;
            }
        }
        worst
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ask;
    use super::*;

    const RULE: Rule = Rule { loss_ratio: 0.005, full_s: 10, sum_s: 30, exceed: 0.5 };

    fn verdict(rule: Rule, trials: &[(u64, f64)]) -> Option<bool> {
        let tried = |(duration_s, loss_ratio): &(u64, f64)| Tried {
            asked: Ask { pps: Some(1000), duration_s: *duration_s },
            offered_pps: 1000.0,
            loss_ratio: *loss_ratio,
        };
        let trials: Vec<_> = trials.iter().map(tried).collect();
        rule.judge(trials.iter()).verdict
    }

    #[test]
    fn two_of_three_trials_decide_and_the_third_is_spared_where_two_agree() {
        assert_eq!(verdict(RULE, &[]), None);
        assert_eq!(verdict(RULE, &[(10, 0.0)]), None);
        assert_eq!(verdict(RULE, &[(10, 0.0), (10, 0.005)]), Some(true));
        assert_eq!(verdict(RULE, &[(10, 0.1), (10, 0.1)]), Some(false));
        assert_eq!(verdict(RULE, &[(10, 0.0), (10, 0.1)]), None);
        assert_eq!(verdict(RULE, &[(10, 0.0), (10, 0.1), (10, 0.0)]), Some(true));
        assert_eq!(verdict(RULE, &[(10, 0.0), (10, 0.1), (10, 0.0051)]), Some(false));
    }

    #[test]
    fn short_trials_make_no_rate_good_and_a_surplus_of_bad_ones_counts_against_it() {
        assert_eq!(verdict(RULE, &[(9, 0.0); 20]), None);
        assert_eq!(verdict(RULE, &[(4, 0.1); 4]), Some(false));
        let balanced = [(4, 0.1), (4, 0.0), (4, 0.1), (4, 0.0), (4, 0.1), (4, 0.0), (4, 0.1), (4, 0.0)];
        assert_eq!(verdict(RULE, &balanced), None);
        assert_eq!(verdict(RULE, &[(1, 0.1), (10, 0.0), (10, 0.0)]), Some(true));
    }

    #[test]
    fn without_a_share_that_may_be_bad_one_bad_trial_decides() {
        let strict = Rule { sum_s: 10, exceed: 0.0, ..RULE };
        assert_eq!(verdict(strict, &[(10, 0.0)]), Some(true));
        assert_eq!(verdict(strict, &[(10, 0.0), (10, 0.1)]), Some(false));
        assert_eq!(verdict(strict, &[(1, 0.1)]), Some(false), "a loss is a loss");
    }

    #[test]
    fn the_loss_of_a_rate_is_that_of_the_trials_which_have_to_be_good() {
        let tried =
            |loss_ratio| Tried { asked: Ask { pps: Some(1000), duration_s: 10 }, offered_pps: 1000.0, loss_ratio };
        let of = |losses: &[f64]| {
            let trials: Vec<_> = losses.iter().map(|loss| tried(*loss)).collect();
            RULE.loss_ratio_that_counts(trials.iter()).to_bits()
        };
        assert_eq!(of(&[0.3, 0.001, 0.002]), 0.002_f64.to_bits());
        assert_eq!(of(&[0.003, 0.001]), 0.003_f64.to_bits());
        assert_eq!(of(&[0.3, 0.001, 0.002, 0.004]), 0.002_f64.to_bits());
    }
}
