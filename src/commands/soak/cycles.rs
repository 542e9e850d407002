//! The cycles of a soak, one after the other: load, traffic, unload, look what is left.
//!
//! Must not know what is loaded, nor judge what is left.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use super::parts::Parts;
use super::pulse::Pulse;
use super::tally::{self, Reading, Tally};
use crate::commands::Outcome;
use crate::commands::run::cell::{Bench, HostLost, LOG_LINES};
use crate::commands::run::recorded;
use crate::execute::ApplyError;
use crate::measure::arrivals;
use crate::measure::memory::{self, Caches};
use crate::measure::watch::{self, Marks, Watch};
use crate::output;
use crate::plan::Cell;
use crate::progress::{Progress, fault, note};
use crate::record::{CycleTrouble, FailedCycle, Run, Soak};
use crate::role::Role;

/// What the cycles need.
pub struct Cycles<'a> {
    /// The hosts, held.
    pub bench: &'a Bench<'a>,
    /// What is done.
    pub parts: &'a Parts,
    /// The sets of parameters, in turn.
    pub cells: &'a [Cell],
    /// How long each cycle carries traffic.
    pub traffic: Duration,
    /// Go on after trouble and failures.
    pub keep_going: bool,
    /// What listens to the kernels.
    pub watch: &'a Watch,
}

/// The name of the file of samples in the directory of raw output.
pub const SAMPLES: &str = "soak.jsonl";

impl Cycles<'_> {
    /// Sets up once, and makes all cycles; what is there once is not undone.
    pub async fn all(&self, run: &mut Run, soak: &mut Soak) -> Result<Outcome> {
        for role in self.watch.unreadable() {
            note(format!("warning: the kernel log of the {role} cannot be read: trouble there goes unnoticed"));
        }
        let begun = self.watch.marks();
        if let Some(outcome) = self.set_up(&begun, run, soak).await? {
            return Ok(outcome);
        }
        if self.trouble(0, &begun, soak).await && !self.keep_going {
            self.save(run, soak)?;
            return Ok(Outcome::FellShort);
        }
        self.go_round(run, soak).await
    }

    async fn set_up(&self, begun: &Marks, run: &mut Run, soak: &mut Soak) -> Result<Option<Outcome>> {
        let progress = Progress::start("setting up what is there in every cycle");
        let builds = self.bench.needs.builds && self.bench.asked.lab.is_none();
        let ready = tokio::select! {
            () = self.bench.interrupt.wait() => Err(anyhow!("interrupted")),
            role = self.watch.lost() => Err(HostLost(role).into()),
            ready = self.bench.set_up(&self.parts.once, builds) => ready,
        };
        let Err(error) = ready else {
            progress.done("ready");
            return Ok(None);
        };
        progress.done("failed");
        if let Some(ApplyError::Held { .. } | ApplyError::NoJournal { .. }) = error.downcast_ref() {
            return Err(error);
        }
        if self.bench.interrupt.is_set() {
            return Ok(Some(Outcome::Interrupted));
        }
        self.fail(0, "set-up", begun, &error, soak).await;
        self.save(run, soak)?;
        Ok(Some(Outcome::Failed))
    }

    async fn go_round(&self, run: &mut Run, soak: &mut Soak) -> Result<Outcome> {
        let (mut tally, mut pulse) = (Tally::default(), Pulse::start(soak.cycles_asked));
        for cycle in 1..=soak.cycles_asked {
            let begun = self.watch.marks();
            soak.cycles = cycle;
            let went = tokio::select! {
                () = self.bench.interrupt.wait() => {
                    soak.cycles = cycle - 1;
                    break;
                }
                role = self.watch.lost() => Err(HostLost(role).into()),
                went = self.cycle(cycle, soak) => went,
            };
            let mut end = None;
            match went {
                Ok((reading, caches)) => {
                    self.keep(&reading, &caches, tally.is_empty())?;
                    pulse.beat(cycle, reading.cycle_s);
                    tally.add(reading, caches);
                }
                Err(error) => {
                    let lost = self.fail(cycle, &format!("cycle {cycle}"), &begun, &error, soak).await;
                    end = (lost || !self.keep_going).then_some(Outcome::Failed);
                }
            }
            if self.trouble(cycle, &begun, soak).await && !self.keep_going {
                end = end.or(Some(Outcome::FellShort));
            }
            tally.settle(soak);
            self.save(run, soak)?;
            if let Some(outcome) = end {
                return Ok(outcome);
            }
        }
        tally.settle(soak);
        self.save(run, soak)?;
        Ok(if self.bench.interrupt.is_set() { Outcome::Interrupted } else { Outcome::Good })
    }

    /// One cycle. What was loaded is unloaded whatever happens in between, unless the host is gone.
    async fn cycle(&self, cycle: u32, soak: &mut Soak) -> Result<(Reading, Caches)> {
        let set = (cycle as usize - 1) % self.cells.len();
        let (hold, below, begun) = (self.bench.hold, self.parts.below(), Instant::now());
        let loaded = hold.apply_onto(Role::Middlebox, below, &self.parts.cycles[set]).await;
        let load_s = begun.elapsed().as_secs_f64();
        let frames = match loaded {
            Ok(()) => self.carry(set, soak).await,
            Err(error) => Err(error),
        };
        let loaded = Instant::now();
        let undone = hold.rewind_to(Role::Middlebox, below).await;
        let unload_s = loaded.elapsed().as_secs_f64();
        let frames = frames.inspect_err(|_| {
            // That is what the user has to know; this only follows from it.
            let _ = undone.as_ref().inspect_err(|error| fault(output::error_text(error)));
        })?;
        let undone = undone?;
        if undone.changes.is_none() || undone.rebooted {
            bail!("the middlebox was given back in the middle");
        }
        let (sample, caches) = memory::read(&self.bench.hosts.middlebox).await?;
        let cycle_s = begun.elapsed().as_secs_f64();
        Ok((Reading { cycle, set, load_s, unload_s, cycle_s, frames, sample }, caches))
    }

    /// Sees frames come through on every line; gives how many.
    async fn carry(&self, set: usize, soak: &mut Soak) -> Result<Vec<u64>> {
        let bench = self.bench;
        let lines = &bench.ready.testbed.lines[..self.cells[set].lines];
        let ports: Vec<_> = lines.iter().map(|line| line.sink.0.as_str()).collect();
        let frames = arrivals::count(&bench.hosts.sink, &ports, self.traffic).await?;
        let silent: Vec<_> = (1..).zip(&frames).filter(|(_, frames)| **frames < arrivals::LEAST).collect();
        if let Some((line, frames)) = silent.first() {
            let name = &self.cells[set].profile.name;
            bail!(
                "{name} was loaded, and {frames} frames came through on line {line} in {} s\nhint: nsbench topology check",
                arrivals::BOUND.as_secs()
            );
        }
        if soak.framework_facts.len() == set {
            let facts = recorded::facts(&bench.hosts.middlebox, &bench.ready.testbed, &bench.layout, &self.cells[set]);
            soak.framework_facts.push(facts.await?);
        }
        Ok(frames)
    }

    /// Writes down that a cycle failed, and says whether a host was lost with it.
    async fn fail(&self, cycle: u32, during: &str, begun: &Marks, error: &anyhow::Error, soak: &mut Soak) -> bool {
        let reason = self.bench.reason(self.watch, begun, during, error).await;
        fault(format!("{during}: {reason}"));
        soak.failed.push(FailedCycle { cycle, reason });
        error.is::<HostLost>()
    }

    /// Tells and writes down what the kernels said of trouble since `begun`; says whether they did. Cables lose their
    /// signal and find it whenever a framework takes a port. What a kernel says comes here by itself within a moment; it is
    /// waited for at the beginning and at the end, so that nothing is missed, and costs nothing in between.
    async fn trouble(&self, cycle: u32, begun: &Marks, soak: &mut Soak) -> bool {
        if cycle == 0 || cycle == soak.cycles_asked {
            self.watch.catch_up(self.bench.hosts.each()).await;
        }
        let mut troubles = self.watch.troubles(begun);
        watch::without_links(&mut troubles);
        for (role, lines) in &troubles {
            let lines: Vec<_> = lines.iter().take(LOG_LINES).map(|line| line.text.clone()).collect();
            let when = if cycle == 0 { "in the set-up".to_owned() } else { format!("in cycle {cycle}") };
            fault(format!("kernel trouble on the {role} {when}:\n  {}", lines.join("\n  ")));
            soak.troubles.push(CycleTrouble { cycle, host: role.to_string(), lines });
        }
        !troubles.is_empty()
    }

    fn keep(&self, reading: &Reading, caches: &Caches, first: bool) -> Result<()> {
        let dir = self.bench.dir;
        if first {
            dir.append_raw(SAMPLES, &serde_json::to_string(&tally::head(caches))?)?;
        }
        Ok(dir.append_raw(SAMPLES, &serde_json::to_string(reading)?)?)
    }

    fn save(&self, run: &mut Run, soak: &mut Soak) -> Result<()> {
        soak.verdict = tally::verdict(soak);
        run.soak = Some(soak.clone());
        Ok(self.bench.dir.save(run)?)
    }
}
