//! The search for a cell's highest rates (`--measure ndr`): trial after trial, each on disk before the next begins.
//!
//! Must not know how the next rate is chosen.

use std::time::{Duration, Instant};

use super::Bench;
use crate::ceiling::Limit;
use crate::generator::Traffic;
use crate::measure::ceilings;
use crate::measure::paced;
use crate::measure::search::{Ask, Bound, Found, Search, Verdict};
use crate::measure::streams::Sent;
use crate::measure::traffic::Raw;
use crate::measure::watch::Watch;
use crate::measure::{TrialError, TrialOutcome};
use crate::plan::{self, Cell};
use crate::progress::note;
use crate::record::{Ceilings, Ndr, NdrGoal, RateBound, Run, Searched, Status, Trial};
use crate::units::{BitsPerSecond, Percent};

impl Bench<'_> {
    /// Searches to the end. What was found so far is in the record all the while, as a trial that failed.
    pub(super) async fn search(
        &self,
        cell: &Cell,
        number: u32,
        watch: &Watch,
        run: &mut Run,
    ) -> Result<TrialOutcome, TrialError> {
        // Whoever wants an end may have ended a connection with it.
        let failed = |error| {
            if self.interrupt.is_set() {
                TrialError::Interrupted
            } else {
                TrialError::Failed { error, raw: Raw::new() }
            }
        };
        let (testbed, experiment) = (&self.ready.testbed, self.experiment);
        let rate = &experiment.rate;
        let goals = rate.goals(experiment.duration_s, testbed.lab.is_some());
        let counts = plan::counts(testbed, &self.layout, cell).map_err(failed)?;
        let (since, started) = (Instant::now(), jiff::Timestamp::now().to_string());
        let (mut searched, mut line_rate_bps) = (Vec::new(), None);
        let mut search = Search::new(rate.search, goals);
        while let Some(asked) = search.next() {
            if self.interrupt.is_set() {
                return Err(TrialError::Interrupted);
            }
            self.hold.check().await.map_err(failed)?;
            let traffic = self.paced(cell, asked);
            let load = (experiment.generator(), traffic.as_slice(), asked);
            let outcome = paced::trial(testbed, &self.hosts, load, &counts, watch, self.interrupt).await?;
            if let Some(error) = self.hold.loss().await {
                return Err(TrialError::Failed { error, raw: outcome.raw });
            }
            search.take(outcome.tried);
            line_rate_bps = outcome.line_rate_bps.or(line_rate_bps);
            note(format!("  {}", in_words(&outcome.searched)));
            searched.push(outcome.searched);
            let trial = format!("trial{number}-search{}", searched.len());
            self.save_raw(cell, &trial, &outcome.raw).map_err(failed)?;
            let ndr = self.ndr(&search, cell, &searched, since.elapsed());
            let reason = format!("the search had not ended after {} trials", ndr.trials);
            let blank = Trial { reason: Some(reason), started: Some(started.clone()), ..self.blank(cell, number) };
            run.add(Trial { ndr: Some(ndr), ..blank });
            self.dir.save(run).map_err(|error| failed(error.into()))?;
        }
        let ndr = self.ndr(&search, cell, &searched, since.elapsed());
        // What the hosts did is summed up over the whole search, the pauses between its trials among it.
        let sent = Some(Sent { begin_s: None, ended: Instant::now(), sending: since.elapsed() });
        Ok(TrialOutcome { ndr: Some(ndr), line_rate_bps, sent, ..TrialOutcome::default() })
    }

    /// What is sent on every line.
    fn paced(&self, cell: &Cell, asked: Ask) -> Vec<Traffic> {
        let duration = Duration::from_secs(asked.duration_s);
        let line = |line| Traffic { duration, around: [Duration::ZERO; 2], pace_pps: asked.pps, ..line };
        self.traffic(cell).into_iter().map(line).collect()
    }

    fn ndr(&self, search: &Search, cell: &Cell, searched: &[Searched], took: Duration) -> Ndr {
        let frame_size = self.traffic(cell).first().map_or(0.0, Traffic::mean_frame);
        let rate = &self.experiment.rate;
        let per_packet = frame_size * 8.0;
        let goals = search.found().into_iter().zip(&rate.loss_percent);
        Ndr {
            search: rate.search,
            width_percent: rate.width_percent(self.ready.testbed.lab.is_some()),
            frame_size: frame_size.round() as u32,
            goals: goals.map(|(found, percent)| goal(&found, *percent, cell.lines, per_packet)).collect(),
            trials: searched.len() as u32,
            seconds: took.as_secs_f64(),
            searched: searched.to_vec(),
        }
    }
}

/// A goal as it is recorded: its figure is of all lines, its bounds of one.
fn goal(found: &Found, loss_percent: f64, lines: usize, bits_per_packet: f64) -> NdrGoal {
    let packets_per_s = found.throughput_pps().map(|pps| pps * lines as f64);
    let bound = |bound: Bound| RateBound {
        intended_pps: bound.pps,
        offered_pps: (bound.trials > 0).then_some(bound.offered_pps),
        loss_percent: (bound.trials > 0).then_some(bound.loss_ratio * 100.0),
        trials: bound.trials as u32,
    };
    NdrGoal {
        loss_percent,
        verdict: found.verdict,
        packets_per_s,
        throughput_bps: packets_per_s.map(|pps| pps * bits_per_packet),
        limited_by: None,
        lower: found.lower.map(bound),
        upper: found.upper.map(bound),
    }
}

/// What one trial of the search gave, for people.
fn in_words(searched: &Searched) -> String {
    let sent = match searched.intended_pps {
        Some(pps) => format!("{pps} packets/s a line"),
        None => format!("as fast as it can, {:.0} packets/s a line", searched.offered_pps),
    };
    let short = if searched.short {
        format!("; only {:.0} were sent, which says nothing of that rate", searched.offered_pps)
    } else {
        String::new()
    };
    format!("{sent} for {} s: {} lost{short}", searched.duration_s, Percent(searched.loss_percent))
}

/// What came out, for people.
pub(super) fn figure(ndr: &Ndr) -> String {
    let goal = |goal: &NdrGoal| match goal.throughput_bps {
        Some(bps) => format!("{} {}", goal.name(), BitsPerSecond(bps)),
        None => format!("{} not found", goal.name()),
    };
    ndr.goals.iter().map(goal).collect::<Vec<_>>().join(", ")
}

/// Makes of what was found the trial's figure: a search without any is a trial that failed.
pub(super) fn settle(trial: Trial) -> Trial {
    let Some(ndr) = &trial.ndr else { return trial };
    let reasons: Vec<_> = ndr.goals.iter().filter_map(NdrGoal::reason).collect();
    let throughput_bps = ndr.goals.first().and_then(|goal| goal.throughput_bps);
    if reasons.len() == ndr.goals.len() {
        return Trial { status: Status::Failed, reason: Some(reasons.join("; ")), throughput_bps: None, ..trial };
    }
    let mut warnings = trial.warnings.clone();
    warnings.extend(reasons);
    let unsettled = |goal: &&NdrGoal| goal.verdict == Verdict::Unsettled && goal.packets_per_s.is_some();
    warnings.extend(ndr.goals.iter().filter(unsettled).map(|goal| {
        format!("{}: its bounds are further apart than asked, and {} trials were the most", goal.name(), ndr.trials)
    }));
    Trial { warnings, throughput_bps, ..trial }
}

/// Marks each goal whose figure is near a ceiling that is not the framework's, the generator's among them.
pub(super) fn mark(trial: &mut Trial, ceilings: Option<&Ceilings>) {
    let Some(mut ndr) = trial.ndr.take() else { return };
    for goal in &mut ndr.goals {
        let mut alone = Trial { throughput_bps: goal.throughput_bps, warnings: Vec::new(), ..trial.clone() };
        if let Some(ceilings) = ceilings {
            ceilings::mark(&mut alone, ceilings);
        }
        if let (None, Verdict::GeneratorLimited, Some(lower)) = (alone.limited_by, goal.verdict, goal.lower) {
            alone.limited_by = Some(Limit::GeneratorLimited);
            let limit = Limit::GeneratorLimited.name();
            alone.warnings.push(format!(
                "{limit}: the source sends no more than {} packets/s a line, and those were forwarded: a faster generator \
                 may show more",
                lower.intended_pps
            ));
        }
        goal.limited_by = alone.limited_by;
        trial.warnings.extend(alone.warnings.iter().map(|warning| format!("{}: {warning}", goal.name())));
    }
    trial.limited_by = ndr.goals.first().and_then(|goal| goal.limited_by);
    trial.ndr = Some(ndr);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn the_figure_is_of_all_lines_and_the_bounds_are_of_one() {
        let bound = |pps: u64, trials| Bound { pps, offered_pps: pps as f64 - 5.0, loss_ratio: 0.001, trials };
        let found = Found {
            loss_ratio: 0.005,
            verdict: Verdict::Found,
            lower: Some(bound(1000, 2)),
            upper: Some(bound(1010, 0)),
        };
        let goal = goal(&found, 0.5, 4, 480.0);
        assert!((goal.packets_per_s.unwrap() - 4.0 * 995.0 * 0.999).abs() < 1e-9, "{goal:?}");
        assert!((goal.throughput_bps.unwrap() - goal.packets_per_s.unwrap() * 480.0).abs() < 1e-6);
        assert_eq!(goal.lower.unwrap().intended_pps, 1000);
        assert_eq!(goal.upper.unwrap().offered_pps, None, "no trial of full length was made there");
    }

    #[test]
    fn a_search_with_one_of_two_goals_has_a_figure_and_one_with_none_has_failed() {
        let one = settle(Trial { warnings: Vec::new(), ..sample::ndr("bridge", 1, None, 9000) });
        assert_eq!((one.status, one.throughput_bps, one.warnings.len()), (Status::Ok, None, 1));
        assert!((one.figure().unwrap() - 9000.0 * 480.0).abs() < 1e-6);
        let mut none = sample::ndr("bridge", 1, None, 9000);
        none.ndr.as_mut().unwrap().goals.truncate(1);
        let none = settle(none);
        assert_eq!((none.status, none.figure()), (Status::Failed, None));
        assert!(none.reason.unwrap().contains("even 100 packets/s a line lost 3.000 %"));
    }

    #[test]
    fn a_goal_at_the_generators_limit_is_marked_and_the_other_is_not() {
        let mut trial = sample::ndr("bridge", 1, Some(8000), 9000);
        trial.ndr.as_mut().unwrap().goals[1].verdict = Verdict::GeneratorLimited;
        mark(&mut trial, None);
        let limits: Vec<_> = trial.ndr.unwrap().goals.iter().map(|goal| goal.limited_by).collect();
        assert_eq!((limits, trial.limited_by), (vec![None, Some(Limit::GeneratorLimited)], None));
        assert_eq!(
            trial.warnings,
            ["0.5 % loss: generator-limited: the source sends no more than 9000 packets/s a line, and those were \
              forwarded: a faster generator may show more"]
        );
    }

    #[test]
    fn a_goal_near_what_the_line_carries_is_the_links() {
        let mut trial = sample::ndr("bridge", 1, Some(14_800_000), 9000);
        let line_rate_bps = Some(10e9);
        let ceilings = Ceilings { line_rate_bps, counted: Some("frames".to_owned()), ..Ceilings::default() };
        mark(&mut trial, Some(&ceilings));
        assert_eq!(trial.limited_by, Some(Limit::LinkLimited));
        assert!(trial.warnings[0].starts_with("no loss: link-limited: 7.104 Gb/s is 99.5 %"), "{:?}", trial.warnings);
    }
}
