//! The search for the highest rate at which a device loses no more than it may: which rate to try next and for how long, and
//! what came out, of one or more such goals in one pass.
//!
//! Pure: trials in, the next trial out. What is asked next follows from what was tried and from nothing else. Must not know
//! hosts, generators or records. Rates are packets a second of one line.
//!
//! The method is multiple loss ratio search (`MLRsearch`, draft-ietf-bmwg-mlrsearch): the bounds of all goals are narrowed with
//! short trials first and confirmed with longer ones; every trial counts for every goal; a rate is judged by several trials,
//! of which a share may lose more than the goal allows, so that one unlucky moment does not decide. The other one is the
//! binary search of RFC 2544 (section 26.1): long trials only, each judges its rate by itself, goal after goal.

mod binary;
mod judge;
mod mlr;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use judge::{Judgement, Rule};

/// How the rates are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Multiple loss ratio search.
    #[default]
    Mlr,
    /// Binary search as RFC 2544 has it.
    Binary,
}

impl Method {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Mlr, Self::Binary];

    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mlr => "mlr",
            Self::Binary => "binary",
        }
    }
}

/// A search never makes more trials than this, whatever the device does. One with two goals takes about 20.
pub const MOST_TRIALS: usize = 200;

/// A trial that offered less than this share of what was intended says nothing of the intended rate.
pub const OFFERED: f64 = 0.99;

/// Rounds by which the width and the length of trials come down to what is asked.
const ROUNDS: u32 = 3;

/// Trials of full length by which `MLRsearch` judges a rate at the end, where they disagree; two that agree are enough.
const CONFIRMATIONS: u64 = 3;

/// The share of those that may lose more than the goal allows.
const EXCEED: f64 = 0.5;

/// Times that a rate falls short before it is taken to be out of the generator's reach, and the same once another rate was.
const SHORT: [usize; 2] = [3, 2];

/// The same of a rate that was reached before: that it can be is known.
const SHORT_OF_REACHED: usize = 5;

/// The lowest rate that is tried is this share of the highest, and no lower than so many packets a second.
const LEAST: (u64, u64) = (1000, 100);

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Goals {
    /// The shares of the packets that may be lost, from 0 to 1, ascending.
    pub loss_ratios: Vec<f64>,
    /// How far apart the bounds may be at the end, as a share of the upper one.
    pub width: f64,
    /// Seconds of the shortest trials.
    pub first_s: u64,
    /// Seconds of the trials that count at the end.
    pub full_s: u64,
}

/// A trial to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// Packets a second; `None` is as fast as the generator can.
    pub pps: Option<u64>,
    /// Seconds of traffic.
    pub duration_s: u64,
}

/// A trial that was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// What was asked.
    pub asked: Ask,
    /// Packets a second that the source really sent.
    pub offered_pps: f64,
    /// The share of them that did not arrive, from 0 to 1.
    pub loss_ratio: f64,
}

impl Tried {
    /// The rate that it is a trial of. What was sent without a pace is one of what was sent.
    pub fn pps(&self) -> u64 {
        self.asked.pps.unwrap_or(self.offered_pps as u64)
    }

    /// Whether the source did not send as fast as it was to: it is no trial of that rate.
    pub fn is_short(&self) -> bool {
        self.asked.pps.is_some_and(|pps| self.offered_pps < OFFERED * pps as f64)
    }
}

/// How the search for one goal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The bounds are as near to one another as was asked.
    Found,
    /// The generator sends no faster than the lower bound, so the device may carry more.
    GeneratorLimited,
    /// Even the lowest rate lost more than it may.
    NotFound,
    /// There were as many trials as there may be before the bounds were near enough.
    Unsettled,
}

/// A rate that was judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Packets a second that were to be sent.
    pub pps: u64,
    /// Packets a second that were sent, in the trial that sent fewest.
    pub offered_pps: f64,
    /// The share of them that was lost in those trials which the goal requires to be good, in the worst of them.
    pub loss_ratio: f64,
    /// Trials of full length.
    pub trials: usize,
}

/// What was found for one goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The share of the packets that may be lost.
    pub loss_ratio: f64,
    /// How it ended.
    pub verdict: Verdict,
    /// The highest rate that meets the goal, below the lowest that does not.
    pub lower: Option<Bound>,
    /// The lowest rate that does not.
    pub upper: Option<Bound>,
}

impl Found {
    /// What arrives at the lower bound, packets a second (conditional throughput): never more than was sent there.
    pub fn throughput_pps(&self) -> Option<f64> {
        self.lower.map(|bound| bound.offered_pps.min(bound.pps as f64) * (1.0 - bound.loss_ratio))
    }
}

/// A search, as far as it has come.
#[derive(Debug, Clone)]
pub struct Search {
    method: Method,
    goals: Goals,
    tried: Vec<Tried>,
}

/// The rates between which can be tried.
#[derive(Debug, Clone, Copy)]
struct Reach {
    least: u64,
    most: u64,
}

/// What a goal demands in one round of the search.
#[derive(Debug, Clone, Copy)]
struct Round {
    rule: Rule,
    width: f64,
}

/// What one round knows: each rate that was tried, and its bounds.
#[derive(Debug, Default)]
struct View {
    rates: BTreeMap<u64, Judgement>,
    lower: Option<u64>,
    upper: Option<u64>,
}

impl Search {
    /// One that has not begun.
    pub const fn new(method: Method, goals: Goals) -> Self {
        Self { method, goals, tried: Vec::new() }
    }

    /// The next trial, if there is one to be made.
    pub fn next(&self) -> Option<Ask> {
        if self.tried.is_empty() {
            let duration_s = self.durations_s().first().copied()?;
            return Some(Ask { pps: None, duration_s });
        }
        if self.tried.len() >= MOST_TRIALS {
            return None;
        }
        let rounds = 0..self.durations_s().len();
        rounds.flat_map(|round| self.goals.loss_ratios.iter().map(move |goal| (round, *goal))).find_map(
            |(round, goal)| {
                let duration_s = self.durations_s()[round];
                self.propose(round, goal).map(|pps| Ask { pps: Some(pps), duration_s })
            },
        )
    }

    /// Takes a trial that was made.
    pub fn take(&mut self, tried: Tried) {
        self.tried.push(tried);
    }

    /// What was made so far.
    pub fn tried(&self) -> &[Tried] {
        &self.tried
    }

    /// What is known of each goal, in their order.
    pub fn found(&self) -> Vec<Found> {
        self.goals.loss_ratios.iter().map(|goal| self.found_of(*goal)).collect()
    }

    fn found_of(&self, goal: f64) -> Found {
        let last = self.durations_s().len() - 1;
        let round = self.round(last, goal);
        let view = self.view(&round);
        let bound = |pps: Option<u64>| {
            let pps = pps?;
            let full = || self.trials_of(pps).filter(|tried| tried.asked.duration_s >= round.rule.full_s);
            Some(Bound {
                pps,
                offered_pps: full().map(|tried| tried.offered_pps).fold(f64::INFINITY, f64::min),
                loss_ratio: round.rule.loss_ratio_that_counts(full()),
                trials: full().count(),
            })
        };
        let open = || (0..=last).any(|round| self.propose(round, goal).is_some());
        let verdict = match (view.lower, view.upper) {
            (Some(lower), Some(upper)) if near(lower, upper, round.width) => Verdict::Found,
            _ if self.tried.is_empty() || open() => Verdict::Unsettled,
            (None, _) => Verdict::NotFound,
            (Some(_), _) => Verdict::GeneratorLimited,
        };
        Found { loss_ratio: goal, verdict, lower: bound(view.lower), upper: bound(view.upper) }
    }

    /// Seconds of the trials of each round. A binary search has one round.
    fn durations_s(&self) -> Vec<u64> {
        let (first, full) = (self.goals.first_s.min(self.goals.full_s) as f64, self.goals.full_s as f64);
        let of = |round: u32| (first * (full / first).powf(f64::from(round) / f64::from(ROUNDS - 1))).round() as u64;
        match self.method {
            Method::Mlr => (0..ROUNDS).map(of).collect(),
            Method::Binary => vec![self.goals.full_s],
        }
    }

    fn round(&self, round: usize, loss_ratio: f64) -> Round {
        let durations_s = self.durations_s();
        let (full_s, rounds_after) = (durations_s[round], durations_s.len() - 1 - round);
        let (sum_s, exceed) = match (self.method, rounds_after) {
            (Method::Mlr, 0) => (CONFIRMATIONS * full_s, EXCEED),
            (Method::Mlr, _) => (full_s, EXCEED),
            (Method::Binary, _) => (full_s, 0.0),
        };
        let width = (self.goals.width * f64::from(1 << rounds_after)).min(0.5);
        Round { rule: Rule { loss_ratio, full_s, sum_s, exceed }, width }
    }

    /// The rate that a round needs next for a goal; `None` where it has what it needs, or can get no more.
    fn propose(&self, number: usize, goal: f64) -> Option<u64> {
        let (round, reach) = (self.round(number, goal), self.reach());
        let view = self.view(&round);
        match self.method {
            Method::Mlr => {
                let before = number.checked_sub(1).map(|before| self.view(&self.round(before, goal)));
                mlr::propose(&view, before.as_ref(), reach, round.width)
            }
            Method::Binary => binary::propose(&view, reach, round.width),
        }
    }

    fn view(&self, round: &Round) -> View {
        let mut rates: BTreeMap<u64, Judgement> = BTreeMap::new();
        for pps in self.tried.iter().filter(|tried| !tried.is_short()).map(Tried::pps) {
            rates.entry(pps).or_insert_with(|| round.rule.judge(self.trials_of(pps)));
        }
        let upper = rates.iter().find(|(_, judged)| judged.is_upper()).map(|(pps, _)| *pps);
        let below = |pps: u64| upper.is_none_or(|upper| pps < upper);
        let lower = rates.iter().rfind(|(pps, judged)| judged.is_lower() && below(**pps)).map(|(pps, _)| *pps);
        View { rates, lower, upper }
    }

    fn trials_of(&self, pps: u64) -> impl Iterator<Item = &Tried> + Clone {
        self.tried.iter().filter(move |tried| tried.pps() == pps && !tried.is_short())
    }

    /// The first trial shows how fast the generator is. Paced it may be slower than that, and one slow moment is no limit.
    fn reach(&self) -> Reach {
        let first = self.tried.first().map_or(1, Tried::pps).max(1);
        let paced: Vec<&Tried> = self.tried.iter().filter(|tried| tried.asked.pps.is_some()).collect();
        let (mut most, mut seen) = (first, Vec::new());
        for pps in paced.iter().filter(|tried| tried.is_short()).map(|tried| tried.pps()) {
            if seen.contains(&pps) {
                continue;
            }
            seen.push(pps);
            let short: Vec<_> = paced.iter().filter(|tried| tried.is_short() && tried.pps() == pps).collect();
            let reached = paced.iter().any(|tried| !tried.is_short() && tried.pps() >= pps);
            let bearable = if reached { SHORT_OF_REACHED } else { SHORT[usize::from(most < first)] };
            if short.len() >= bearable {
                let slowest = short.iter().map(|tried| tried.offered_pps as u64).min();
                most = most.min(slowest.unwrap_or(first).max(1));
            }
        }
        Reach { least: (first / LEAST.0).max(LEAST.1).min(most), most }
    }
}

impl View {
    /// Rates of which this round has trials, and not enough of them to judge.
    fn begun(&self, between: impl std::ops::RangeBounds<u64>) -> impl DoubleEndedIterator<Item = u64> {
        self.rates.range(between).filter(|(_, judged)| judged.is_begun()).map(|(pps, _)| *pps)
    }

    fn is_judged(&self, pps: u64) -> bool {
        self.rates.get(&pps).is_some_and(|judged| judged.is_lower() || judged.is_upper())
    }
}

/// Whether two bounds are as near as they are to be, or as packets a second can be.
fn near(lower: u64, upper: u64, width: f64) -> bool {
    upper - lower <= 1 || (upper - lower) as f64 <= width * upper as f64
}
