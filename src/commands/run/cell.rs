//! One cell of a run on the hosts: set up, prove that it forwards, measure, give back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use crate::commands::{Failure, Outcome};
use crate::execute::{ApplyError, Hold};
use crate::generator::{Traffic, netperf};
use crate::host::Host;
use crate::host::shell::Argv;
use crate::interrupt::Interrupt;
use crate::measure::kernel_log::{self, Moment};
use crate::measure::{self, Hosts, TrialError, TrialOutcome};
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, Cell, Plan};
use crate::profile::Fact;
use crate::profile::experiment::Experiment;
use crate::progress::{Progress, note};
use crate::record::store::RunDirectory;
use crate::record::{Run, Status, Trial};
use crate::role::Role;
use crate::testbed::Testbed;
use crate::units::BitsPerSecond;

/// What the measurement of every cell needs.
pub struct Bench<'a> {
    /// What was asked.
    pub experiment: &'a Experiment,
    /// The testbed, ports resolved.
    pub testbed: &'a Testbed,
    /// The middlebox's hardware.
    pub layout: &'a Layout,
    /// Its hosts.
    pub hosts: &'a Hosts,
    /// What they are held by.
    pub hold: &'a Hold<'a>,
    /// Where the run is recorded.
    pub dir: &'a RunDirectory,
    /// Whether the user wants an end.
    pub interrupt: &'a Interrupt,
}

impl Bench<'_> {
    /// Sets the hosts up for one cell, makes these of its trials, and gives the hosts back whatever happened.
    pub async fn measure(
        &self,
        cell: &Cell,
        trials: &[u32],
        artifacts: &Result<Artifacts>,
        run: &mut Run,
    ) -> Result<Outcome> {
        let artifacts = match artifacts {
            Ok(artifacts) => artifacts,
            Err(error) => {
                self.record_failure(cell, run, first(trials), &output::error_text(error))?;
                return Ok(Outcome::Failed);
            }
        };
        let plan = plan::plan(self.testbed, self.layout, cell, artifacts).map_err(Failure::mark(Outcome::BadInput))?;
        let builds = matches!(artifacts, Artifacts::OnHost(_));
        let outcome = self.measure_set_up(cell, trials, (&plan, builds), run).await;
        self.give_back(cell).await?;
        outcome
    }

    async fn measure_set_up(
        &self,
        cell: &Cell,
        trials: &[u32],
        (plan, builds): (&Plan, bool),
        run: &mut Run,
    ) -> Result<Outcome> {
        let name = cell.title();
        let progress = Progress::start(format!("setting up {name}"));
        let begun = kernel_log::now(&self.hosts.middlebox).await?;
        // A set-up that nobody waits for any more is stopped by the undo that follows.
        let ready = tokio::select! {
            () = self.interrupt.wait() => Err(anyhow!("interrupted")),
            ready = self.set_up(plan, cell, builds) => ready,
        };
        if let Err(error) = ready {
            progress.done("failed");
            if let Some(ApplyError::Held { .. } | ApplyError::NoJournal { .. }) = error.downcast_ref() {
                return Err(error);
            }
            if self.interrupt.is_set() {
                return Ok(Outcome::Interrupted);
            }
            let error = self.hold.loss().await.unwrap_or(error);
            let reason = self.with_last_words(output::error_text(&error), begun).await;
            self.record_failure(cell, run, first(trials), &reason)?;
            return Ok(Outcome::Failed);
        }
        progress.done("ready");
        self.trials(cell, trials, run).await
    }

    async fn set_up(&self, plan: &Plan, cell: &Cell, builds: bool) -> Result<()> {
        let apply = |host| {
            let host: &Host = host;
            self.hold.apply(host, plan.steps.get(&host.role).map_or(&[], Vec::as_slice))
        };
        let [source, middlebox, sink] = self.hosts.each();
        // A port has its carrier when the other end is up, so nobody waits for a middlebox that builds for minutes.
        if builds {
            apply(middlebox).await?;
        }
        // All come to their end before anything is said: an undo must not meet a set-up that still runs.
        let middlebox = async { if builds { Ok(()) } else { apply(middlebox).await } };
        let (source, middlebox, sink) = tokio::join!(apply(source), middlebox, apply(sink));
        middlebox.and(source).and(sink)?;
        self.prove_forwarding(cell).await
    }

    /// A reason with what the middlebox's kernel said meanwhile.
    async fn with_last_words(&self, reason: String, since: Moment) -> String {
        let words = kernel_log::last_words(&self.hosts.middlebox, since).await;
        if words.is_empty() { reason } else { format!("{reason}\nthe kernel's last words: {}", words.join(" | ")) }
    }

    /// Every line carries a packet there and back before it carries a measurement.
    async fn prove_forwarding(&self, cell: &Cell) -> Result<()> {
        let mut script = String::new();
        for number in 1..=cell.lines {
            let (from, to) = self.testbed.addresses(number);
            let ping = |count: u32| format!("ping -c {count} -W 2 -I {from} {to} >/dev/null 2>&1");
            writeln!(script, "({} || {} || echo {number}) &", ping(1), ping(5))?;
        }
        script += "wait\n";
        let dead = self.hosts.source.script(&script).await?.success("trying the lines")?;
        let dead: Vec<_> = dead.lines().collect();
        if dead.is_empty() {
            return Ok(());
        }
        bail!(
            "{} does not forward on line {}: ping from source to sink was not answered\nhint: nsbench topology check",
            cell.profile.name,
            dead.join(", ")
        )
    }

    async fn trials(&self, cell: &Cell, trials: &[u32], run: &mut Run) -> Result<Outcome> {
        let (name, of) = (cell.title(), self.experiment.trials);
        let facts = self.facts(cell).await?;
        for &number in trials {
            if self.interrupt.is_set() {
                return Ok(Outcome::Interrupted);
            }
            let progress = Progress::start(format!("{name}: trial {number} of {of}"));
            let begun = kernel_log::now(&self.hosts.middlebox).await?;
            let started = jiff::Timestamp::now().to_string();
            let traffic = self.traffic(cell.lines);
            match self.trial(&traffic).await {
                Ok(trial) => {
                    self.save_raw(cell, number, &trial.raw)?;
                    let total = trial.lines.iter().map(|line| line.throughput_bps).sum::<f64>();
                    progress.done(&BitsPerSecond(total).to_string());
                    run.add(Trial {
                        started: Some(started),
                        status: Status::Ok,
                        throughput_bps: Some(total),
                        per_line: trial.lines,
                        framework_facts: facts.clone(),
                        ..self.blank(cell, number)
                    });
                    self.dir.save(run)?;
                }
                Err(TrialError::Interrupted) => {
                    progress.done("interrupted");
                    return Ok(Outcome::Interrupted);
                }
                Err(TrialError::Failed { error, raw }) => {
                    progress.done("failed");
                    self.save_raw(cell, number, &raw)?;
                    let reason = self.with_last_words(output::error_text(&error), begun).await;
                    self.record_failure(cell, run, number, &reason)?;
                    return Ok(Outcome::Failed);
                }
            }
        }
        Ok(Outcome::Good)
    }

    /// One trial on hosts that are held from its beginning to its end. One that gave itself back in between forwards
    /// nothing, or something else.
    async fn trial(&self, traffic: &[Traffic]) -> Result<TrialOutcome, TrialError> {
        let failed = |error, raw| TrialError::Failed { error, raw };
        self.hold.check().await.map_err(|error| failed(error, BTreeMap::new()))?;
        match measure::trial(self.testbed, self.hosts, traffic, self.interrupt).await {
            Ok(trial) => match self.hold.loss().await {
                None => Ok(trial),
                Some(error) => Err(failed(error, trial.raw)),
            },
            Err(TrialError::Failed { error, raw }) => Err(failed(self.hold.loss().await.unwrap_or(error), raw)),
            Err(interrupted) => Err(interrupted),
        }
    }

    /// What the loaded framework says of itself, as its profile asks. What cannot be asked is not known: a fact is no
    /// reason to lose a measurement.
    async fn facts(&self, cell: &Cell) -> Result<BTreeMap<String, Value>> {
        let words = plan::words(self.testbed, self.layout, cell)?;
        let mut facts = BTreeMap::new();
        for (name, fact) in &cell.profile.facts {
            let command = match fact {
                Fact::File(path) => Argv::new(["cat", &words.fill(path)?]),
                Fact::Command(command) => words.argv(command)?,
            };
            let answer = self.hosts.middlebox.script(&command.to_string()).await?;
            match answer.success(&format!("asking for `{name}` of {}", cell.profile.name)) {
                Ok(text) => facts.insert(name.clone(), json!(text.trim())),
                Err(error) => {
                    note(format!("warning: {error:#}"));
                    facts.insert(name.clone(), Value::Null)
                }
            };
        }
        Ok(facts)
    }

    fn traffic(&self, lines: usize) -> Vec<Traffic> {
        let traffic = (1..=lines).map(|number| {
            let (from, to) = self.testbed.addresses(number);
            Traffic {
                line: number as u32,
                from,
                to,
                protocol: self.experiment.protocol,
                duration: Duration::from_secs(self.experiment.duration_s),
                mtu: self.testbed.mtu,
            }
        });
        traffic.collect()
    }

    fn save_raw(&self, cell: &Cell, number: u32, raw: &BTreeMap<u32, String>) -> Result<()> {
        for (line, output) in raw {
            let name = format!("{}-{}lines-trial{number}-line{line}-netperf.txt", cell.profile.name, cell.lines);
            self.dir.save_raw(&name, output.as_bytes())?;
        }
        Ok(())
    }

    fn record_failure(&self, cell: &Cell, run: &mut Run, number: u32, reason: &str) -> Result<()> {
        note(format!("{}: {reason}", cell.title()));
        run.add(Trial { reason: Some(reason.to_owned()), ..self.blank(cell, number) });
        Ok(self.dir.save(run)?)
    }

    fn blank(&self, cell: &Cell, number: u32) -> Trial {
        let name = &cell.profile.name;
        let commands = self.traffic(cell.lines);
        Trial {
            framework: name.clone(),
            lines: cell.lines as u32,
            params: cell.params.iter().map(|(key, value)| (format!("{name}.{key}"), value.clone())).collect(),
            measure: "throughput".to_owned(),
            trial: number,
            started: None,
            status: Status::Failed,
            reason: None,
            warnings: Vec::new(),
            throughput_bps: None,
            cost: None,
            per_line: Vec::new(),
            framework_facts: BTreeMap::new(),
            commands: commands.iter().map(|traffic| netperf::command(traffic).to_string()).collect(),
        }
    }

    /// Undoes every change on every host; keeps what the daemons said.
    async fn give_back(&self, cell: &Cell) -> Result<()> {
        let progress = Progress::start("giving the hosts back");
        let [source, middlebox, sink] = self.hosts.each();
        let undo = |host| self.hold.rewind(host);
        let (source, middlebox, sink) = tokio::join!(undo(source), undo(middlebox), undo(sink));
        let mut failure = None;
        for (role, undone) in Role::ALL.into_iter().zip([source, middlebox, sink]) {
            match undone {
                Ok(undone) if undone.said.is_empty() => {}
                Ok(undone) => {
                    let name = format!("{}-{}lines-{role}-log.txt", cell.profile.name, cell.lines);
                    self.dir.save_raw(&name, undone.said.as_bytes())?;
                }
                Err(error) => {
                    note(output::error_text(&error));
                    failure = Some(error);
                }
            }
        }
        progress.done(if failure.is_some() { "failed" } else { "as they were" });
        failure.map_or(Ok(()), |error| Err(Failure::mark(Outcome::NotRestored)(error)))
    }
}

/// The number of the trial that stands for those that could not be made.
fn first(trials: &[u32]) -> u32 {
    trials.first().copied().unwrap_or(1)
}
