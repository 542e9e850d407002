//! One cell on the middlebox: set up, measured with every trial, given back.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::super::course::Visited;
use super::super::job::planned;
use super::super::recorded::{self, unrecorded};
use super::super::schedule::{Numbers, Visit};
use crate::commands::{Failure, Outcome};
use crate::execute;
use crate::generator::Frames;
use crate::generator::wire::{BURST, Frame};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::lab::solo::Solo;
use crate::measure::cost::{self, Counted, Ends};
use crate::measure::kernel_log::with_last_words;
use crate::measure::trouble::Trouble;
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, Cell, Step};
use crate::profile::experiment::Experiment;
use crate::profile::experiment::repeats::Repeats;
use crate::progress::{Progress, fault, note};
use crate::record::store::RunDirectory;
use crate::record::{Run, Status, Trial};
use crate::role::Role;
use crate::testbed::Testbed;
use crate::testbed::preflight::Ready;

/// What the middlebox is held by.
pub const JOURNAL: &str = "cost";

/// Hardware addresses of the source's and the sink's ports, of those that nobody was given.
const SOURCE: [u8; 6] = [0x02, 0, 0, 0, 0, 1];
const SINK: [u8; 6] = [0x02, 0, 0, 0, 0, 2];

/// What the measurement of every cell needs.
pub struct Bench<'a> {
    /// What was asked.
    pub experiment: &'a Experiment,
    /// When a cell has been measured often enough.
    pub repeats: Repeats,
    /// The testbed, ports resolved, and what the middlebox is.
    pub ready: Ready,
    /// Its hardware.
    pub layout: Layout,
    /// The middlebox.
    pub host: Host,
    /// Where the run is recorded.
    pub dir: &'a RunDirectory,
    /// Whether the user wants an end.
    pub interrupt: &'a Interrupt,
    /// Both ends of the line, while nothing goes through.
    pub ends: Option<Ends>,
    /// What runs the middlebox, and ends with this.
    pub solo: Solo,
}

impl Bench<'_> {
    /// Sets the middlebox up for one cell, makes the trials of this visit, and undoes the set-up.
    pub async fn measure(
        &mut self,
        cell: &Cell,
        visit: &Visit,
        artifacts: &Result<Artifacts>,
        run: &mut Run,
    ) -> Result<Visited> {
        let first = visit.first();
        let artifacts = match artifacts {
            Ok(artifacts) => artifacts,
            Err(error) => {
                self.fail(cell, first, output::error_text(error), run)?;
                return Ok(Visited { outcome: Outcome::Failed, lost: false });
            }
        };
        let plan = plan::plan(&self.ready.testbed, &self.layout, cell, artifacts, &self.experiment.load())
            .map_err(Failure::mark(Outcome::BadInput))?;
        let steps = plan.steps.get(&Role::Middlebox).map_or(&[][..], Vec::as_slice);
        let measured = self.measure_set_up(cell, steps, visit, run).await;
        let given_back = if self.solo.is_alive() { self.give_back(cell).await } else { Ok(()) };
        let outcome = measured.map_err(unrecorded)?;
        if outcome == Outcome::Interrupted {
            return Ok(Visited { outcome, lost: false });
        }
        // What cannot be undone spoils the next cell, and nobody but this run has that middlebox.
        given_back.map_err(Failure::mark(Outcome::NotRestored))?;
        Ok(Visited { outcome, lost: !self.solo.is_alive() })
    }

    async fn measure_set_up(&mut self, cell: &Cell, steps: &[Step], visit: &Visit, run: &mut Run) -> Result<Outcome> {
        let first = visit.first();
        let progress = Progress::start(format!("setting up {}", cell.title()));
        let begun = self.kernel_lines().await.len();
        let ready = tokio::select! {
            () = self.interrupt.wait() => return Ok(Outcome::Interrupted),
            ready = execute::apply(&self.host, JOURNAL, steps) => ready,
        };
        if let Err(error) = ready {
            progress.done("failed");
            return self.failed(cell, first, (begun, &error), run).await;
        }
        progress.done("ready");
        let facts = recorded::facts(&self.host, &self.ready.testbed, &self.layout, cell).await?;
        let counts = self.counts(cell)?;
        let (planned, of) = (planned(cell), self.repeats.in_words());
        let mut numbers = Numbers::of(visit, self.repeats);
        while let Some(number) = numbers.next(&run.figures(&planned)) {
            let progress = Progress::start(format!("{}: trial {number} of {of}", cell.title()));
            let begun = self.kernel_lines().await.len();
            let started = jiff::Timestamp::now().to_string();
            let ends = self.ends.take().context("the wires are gone")?;
            let (ends, counted) =
                cost::trial(&self.host, ends, frame(&self.ready.testbed, cell), counts.as_deref(), self.interrupt)
                    .await;
            self.ends = ends;
            match counted {
                Ok(None) => {
                    progress.done("interrupted");
                    return Ok(Outcome::Interrupted);
                }
                Ok(Some(counted)) => {
                    progress.done(&format!("{:.0} instructions a packet", counted.cost.instructions_per_packet));
                    let mut said = self.kernel_lines().await;
                    let said = said.split_off(begun.min(said.len()));
                    let blank = Trial { framework_facts: facts.clone(), ..self.blank(cell, number) };
                    let trial = measured(blank, started, counted, &said);
                    trial.warnings.iter().for_each(|warning| note(format!("warning: {warning}")));
                    run.add(trial);
                    self.dir.save(run)?;
                }
                Err(error) => {
                    progress.done("failed");
                    return self.failed(cell, number, (begun, &error), run).await;
                }
            }
        }
        Ok(Outcome::Good)
    }

    /// Records why a cell has no figure, with what the kernel has said since.
    async fn failed(
        &mut self,
        cell: &Cell,
        number: u32,
        (begun, error): (usize, &anyhow::Error),
        run: &mut Run,
    ) -> Result<Outcome> {
        let last = if self.solo.is_alive() {
            let mut said = self.kernel_lines().await;
            said.split_off(begun.min(said.len()))
        } else {
            self.solo.console()
        };
        let reason = with_last_words(output::error_text(error), &last[last.len().saturating_sub(6)..]);
        self.fail(cell, number, reason, run)?;
        Ok(Outcome::Failed)
    }

    fn fail(&self, cell: &Cell, number: u32, reason: String, run: &mut Run) -> Result<()> {
        fault(format!("{}: {reason}", cell.title()));
        run.add(Trial { reason: Some(reason), ..self.blank(cell, number) });
        Ok(self.dir.save(run)?)
    }

    async fn give_back(&self, cell: &Cell) -> Result<()> {
        let progress = Progress::start("giving the middlebox back");
        let undone = match execute::rewind(&self.host, JOURNAL).await {
            Ok(undone) => undone,
            Err(error) => {
                progress.done("failed");
                return Err(error);
            }
        };
        progress.done("as it was");
        if !undone.said.is_empty() {
            let name = format!("{}-middlebox-log.txt", cell.profile.name);
            self.dir.save_raw(&name, undone.said.as_bytes())?;
        }
        Ok(())
    }

    /// What the kernel has said since it booted; nothing where it cannot be asked.
    async fn kernel_lines(&self) -> Vec<String> {
        let said = self.host.script("dmesg").await.map(|output| output.stdout).unwrap_or_default();
        said.lines().map(|line| line.split_once("] ").map_or(line, |(_, text)| text).to_owned()).collect()
    }

    /// The script that prints what the framework counts itself, where it does.
    fn counts(&self, cell: &Cell) -> Result<Option<String>> {
        let Some(own) = cell.profile.cost.as_ref().filter(|own| !own.counts.is_empty()) else { return Ok(None) };
        let words = plan::line_words(&self.ready.testbed, &self.layout, cell, 1)?;
        Ok(Some(words.argv(&own.counts)?.to_string()))
    }

    fn blank(&self, cell: &Cell, number: u32) -> Trial {
        let size = size(cell);
        let command = format!("nsbench's own generator: frames of {size} bytes, {BURST} at a time");
        recorded::blank(self.experiment, cell, number, vec![command])
    }
}

/// The frames of a cell.
pub fn frame(testbed: &Testbed, cell: &Cell) -> Frame {
    let (source, sink) = testbed.addresses(1);
    Frame { to: SINK, from: SOURCE, addresses: (source.octets(), sink.octets()), size: size(cell) }
}

/// Bytes of its frames, which are all alike: others are refused.
fn size(cell: &Cell) -> u32 {
    cell.frame_size.as_ref().and_then(Frames::size).unwrap_or_default()
}

/// A trial with its figure, which is suspect where the kernel told of trouble.
fn measured(blank: Trial, started: String, counted: Counted, said: &[String]) -> Trial {
    let trouble: Vec<_> = said.iter().filter(|line| Trouble::of(line).is_some()).cloned().collect();
    let warning =
        trouble.first().map(|first| format!("kernel trouble on the middlebox: {first}; the figure is suspect"));
    let kernel_log = if trouble.is_empty() { BTreeMap::new() } else { [("middlebox".to_owned(), trouble)].into() };
    Trial {
        started: Some(started),
        status: Status::Ok,
        cost: Some(counted.cost),
        warnings: warning.into_iter().collect(),
        kernel_log,
        ..blank
    }
}
