//! The trials of a cell whose hosts are set up, and how each is recorded.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::job::planned;
use super::super::recorded;
use super::super::schedule::{Numbers, Visit};
use super::{Bench, ndr};
use crate::commands::Outcome;
use crate::generator::Traffic;
use crate::measure::streams::Streams;
use crate::measure::traffic::Raw;
use crate::measure::watch::{self, Marks, Troubles, Watch};
use crate::measure::{self, TrialError, TrialOutcome, ceilings};
use crate::plan::{self, Cell};
use crate::profile::experiment::Measure;
use crate::progress::{Progress, fault, note};
use crate::record::{Run, Status, Trial};
use crate::role::Role;
use crate::units::BitsPerSecond;

/// Lines of one host's kernel log that are kept with what was measured.
pub(in crate::commands) const LOG_LINES: usize = 20;

impl Bench<'_> {
    pub(super) async fn trials(
        &self,
        cell: &Cell,
        visit: &Visit,
        (watch, streams, set_up): (&Watch, &Streams, &Marks),
        run: &mut Run,
    ) -> Result<Outcome> {
        let (name, planned) = (cell.title(), planned(cell));
        // How many an audience wants to see nobody knows.
        let of = if self.audience.is_some() { String::new() } else { format!(" of {}", self.repeats.in_words()) };
        let facts = recorded::facts(&self.hosts.middlebox, &self.ready.testbed, &self.layout, cell).await?;
        watch.catch_up(self.hosts.each()).await;
        let mut earlier = watch.troubles(set_up);
        watch::without_links(&mut earlier);
        let mut numbers = Numbers::of(visit, self.repeats);
        while let Some(number) = numbers.next(&run.figures(&planned)) {
            if self.interrupt.is_set() {
                return Ok(Outcome::Interrupted);
            }
            let progress = Progress::start(format!("{name}: trial {number}{of}"));
            let begun = watch.marks();
            let started = jiff::Timestamp::now().to_string();
            let traffic = self.traffic(cell);
            streams.begin();
            self.audience.iter().for_each(|audience| audience.begins(number, streams.live()));
            let view = self.view(streams, &traffic);
            let trial = match self.experiment.measure {
                Measure::Ndr => self.search(cell, number, watch, run).await,
                _ => self.trial(&traffic, cell, watch).await,
            };
            drop(view);
            match trial {
                Ok(trial) => {
                    self.save_raw(cell, &format!("trial{number}"), &trial.raw)?;
                    watch.catch_up(self.hosts.each()).await;
                    let blank = Trial { framework_facts: facts.clone(), ..self.blank(cell, number) };
                    let (rate, sent) = (trial.line_rate_bps, trial.sent);
                    let mut trial = measured(blank, started, trial, (&earlier, &watch.troubles(&begun)));
                    self.record_hosts(cell, streams, sent.as_ref(), &mut trial).await?;
                    if let Some(ceilings) = &mut run.ceilings {
                        let (mtu, protocol) = (self.ready.testbed.mtu, self.experiment.load().protocol);
                        ceilings::learn(ceilings, rate, mtu, protocol);
                        if trial.ndr.is_none() {
                            ceilings::mark(&mut trial, ceilings);
                        }
                    }
                    ndr::mark(&mut trial, run.ceilings.as_ref());
                    progress.done(&figure(&trial));
                    trial.warnings.iter().for_each(|warning| note(format!("warning: {warning}")));
                    let failed = trial.status == Status::Failed;
                    if let Some(reason) = trial.reason.as_ref().filter(|_| failed) {
                        fault(format!("{name}: {reason}"));
                    }
                    self.audience.iter().for_each(|audience| audience.ends(&trial));
                    run.add(trial);
                    self.dir.save(run)?;
                    if failed {
                        return Ok(Outcome::Failed);
                    }
                }
                Err(TrialError::Interrupted) => {
                    progress.done("interrupted");
                    return Ok(Outcome::Interrupted);
                }
                Err(TrialError::Failed { error, raw }) => {
                    progress.done("failed");
                    self.save_raw(cell, &format!("trial{number}"), &raw)?;
                    let reason = self.reason(watch, &begun, "trial", &error).await;
                    let mut failed = self.failed(cell, number, reason, &watch.troubles(&begun));
                    // What a search had found stays in the record beside why it ended.
                    failed.ndr = run.unfinished(&planned, number);
                    self.record_hosts(cell, streams, None, &mut failed).await?;
                    self.record(cell, run, failed)?;
                    return Ok(Outcome::Failed);
                }
            }
        }
        Ok(Outcome::Good)
    }

    /// One trial on hosts that are held from its beginning to its end. One that gave itself back in between forwards
    /// nothing, or something else.
    async fn trial(&self, traffic: &[Traffic], cell: &Cell, watch: &Watch) -> Result<TrialOutcome, TrialError> {
        let failed = |error, raw| TrialError::Failed { error, raw };
        self.hold.check().await.map_err(|error| failed(error, Raw::new()))?;
        let (testbed, hosts) = (&self.ready.testbed, &self.hosts);
        let counts = plan::counts(testbed, &self.layout, cell).map_err(|error| failed(error, Raw::new()))?;
        let traffic = (self.experiment.generator(), traffic);
        let trial = match self.experiment.measure {
            Measure::Throughput | Measure::Ndr => {
                measure::trial(testbed, hosts, traffic, &counts, watch, self.interrupt).await?
            }
            Measure::Cost => {
                let rests = cell.profile.cost.is_none();
                measure::trial_with_cost(testbed, hosts, traffic, &counts, rests, watch, self.interrupt).await?
            }
        };
        match self.hold.loss().await {
            None => Ok(trial),
            Some(error) => Err(failed(error, trial.raw)),
        }
    }

    pub(super) fn traffic(&self, cell: &Cell) -> Vec<Traffic> {
        recorded::traffic(&self.ready.testbed, self.ready.facts.get(&Role::Sink), self.experiment, cell)
    }

    /// Keeps what the generator printed in `trial`, by that name.
    pub(super) fn save_raw(&self, cell: &Cell, trial: &str, raw: &Raw) -> Result<()> {
        let generator = self.experiment.generator();
        for (job, output) in raw {
            let job = job.replace("line ", "line").replace(' ', "-");
            let name = format!("{}-{}lines-{trial}-{job}-{generator}.txt", cell.profile.name, cell.lines);
            self.dir.save_raw(&name, output.as_bytes())?;
        }
        Ok(())
    }

    /// A trial without a figure, and what the kernels said of trouble.
    pub(super) fn failed(&self, cell: &Cell, number: u32, reason: String, troubles: &Troubles) -> Trial {
        Trial { reason: Some(reason), kernel_log: kernel_log(troubles), ..self.blank(cell, number) }
    }

    /// Records a trial that failed.
    pub(super) fn record(&self, cell: &Cell, run: &mut Run, failed: Trial) -> Result<()> {
        fault(format!("{}: {}", cell.title(), failed.reason.as_deref().unwrap_or_default()));
        self.audience.iter().for_each(|audience| audience.ends(&failed));
        run.add(failed);
        Ok(self.dir.save(run)?)
    }

    pub(super) fn record_failure(&self, cell: &Cell, run: &mut Run, number: u32, reason: &str) -> Result<()> {
        self.record(cell, run, self.failed(cell, number, reason.to_owned(), &Troubles::new()))
    }

    pub(super) fn blank(&self, cell: &Cell, number: u32) -> Trial {
        let jobs = self.experiment.generator().tool().commands(&self.traffic(cell));
        let commands = jobs.iter().map(|job| job.command.to_string()).collect();
        recorded::blank(self.experiment, cell, number, commands)
    }
}

/// A trial with its figures. What a kernel said of trouble makes them suspect, in the trial or in the set-up before it.
fn measured(blank: Trial, started: String, outcome: TrialOutcome, (set_up, trial): (&Troubles, &Troubles)) -> Trial {
    let mut warnings = watch::sentences(set_up, "during the set-up");
    let remarks = outcome.remarks;
    warnings.extend(watch::sentences(trial, "during the trial"));
    for warning in &mut warnings {
        warning.push_str("; the figure is suspect");
    }
    warnings.extend(remarks);
    let mut troubles = set_up.clone();
    for (role, lines) in trial {
        troubles.entry(*role).or_default().extend_from_slice(lines);
    }
    let trial = Trial {
        started: Some(started),
        status: Status::Ok,
        throughput_bps: Some(outcome.lines.iter().map(|line| line.throughput_bps).sum()),
        window: outcome.window,
        per_line: outcome.lines,
        warnings,
        cost: outcome.cost,
        ndr: outcome.ndr,
        kernel_log: kernel_log(&troubles),
        ..blank
    };
    ndr::settle(trial)
}

/// What came out, for people.
fn figure(trial: &Trial) -> String {
    match (trial.cost, &trial.ndr) {
        (Some(cost), _) => format!("{:.0} instructions a packet", cost.instructions_per_packet),
        (None, Some(ndr)) => ndr::figure(ndr),
        (None, None) => BitsPerSecond(trial.throughput_bps.unwrap_or(0.0)).to_string(),
    }
}

fn kernel_log(troubles: &Troubles) -> BTreeMap<String, Vec<String>> {
    let texts = troubles
        .iter()
        .map(|(role, lines)| (role.to_string(), lines.iter().take(LOG_LINES).map(|line| line.text.clone()).collect()));
    texts.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::measure::kernel_log::Line;
    use crate::measure::trouble::Trouble;
    use crate::record::sample;

    #[test]
    fn a_figure_made_in_trouble_says_so_and_keeps_the_lines() {
        let line = |trouble, text: &str| Line { trouble, text: text.to_owned() };
        let set_up = Troubles::from([(Role::Middlebox, vec![line(Trouble::Warning, "WARNING: x")])]);
        let lockup = vec![line(Trouble::SoftLockup, "BUG: soft lockup"); 30];
        let trial = Troubles::from([(Role::Middlebox, lockup), (Role::Sink, vec![line(Trouble::Link, "link down")])]);
        let sample = sample::trial("netslice", 2, 1, 2e8);
        let outcome = TrialOutcome { lines: sample.per_line.clone(), ..TrialOutcome::default() };
        let blank = sample::failed("netslice", 2, 1, "");
        let trial = measured(blank, String::new(), outcome, (&set_up, &trial));
        assert_eq!((trial.status, trial.throughput_bps), (Status::Ok, Some(2e8)));
        assert_eq!(
            trial.warnings,
            [
                "kernel trouble on the middlebox during the set-up (kernel warning): WARNING: x; the figure is suspect",
                "kernel trouble on the middlebox during the trial (soft lockup): BUG: soft lockup (and 29 more); the \
                 figure is suspect",
                "kernel trouble on the sink during the trial (link change): link down; the figure is suspect",
            ]
        );
        assert_eq!(trial.kernel_log["sink"], ["link down"]);
        assert_eq!(trial.kernel_log["middlebox"].len(), LOG_LINES);
        assert_eq!(trial.kernel_log["middlebox"][..2], ["WARNING: x", "BUG: soft lockup"]);
        assert!(serde_json::to_string(&trial).unwrap().contains(r#""kernel_log":{"middlebox":["WARNING: x","#));
    }

    #[test]
    fn a_figure_made_in_peace_has_no_warning_and_an_empty_log() {
        let outcome = TrialOutcome::default();
        let quiet = (&Troubles::new(), &Troubles::new());
        let trial = measured(sample::failed("bridge", 1, 1, ""), String::new(), outcome, quiet);
        assert!(trial.warnings.is_empty());
        assert_eq!(serde_json::to_value(&trial).unwrap()["kernel_log"], json!({}));
    }
}
