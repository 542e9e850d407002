//! One cell of a run on the hosts: set up, prove that it forwards, measure, give back. The three kernels are listened to
//! all the while.

mod back;
mod calibrate;
mod ndr;
mod streams;
mod trial;

pub(in crate::commands) use trial::LOG_LINES;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use super::course::Visited;
use super::recorded::unrecorded;
use super::schedule::Visit;
use crate::commands::{Failure, Outcome};
use crate::execute::{ApplyError, Hold};
use crate::interrupt::Interrupt;
use crate::measure::Hosts;
use crate::measure::kernel_log::with_last_words;
use crate::measure::live::Feed;
use crate::measure::watch::{self, Marks, Watch};
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, Cell, Plan};
use crate::profile::experiment::Experiment;
use crate::profile::experiment::repeats::Repeats;
use crate::progress::{Progress, fault, note};
use crate::record::store::RunDirectory;
use crate::record::{Run, Trial};
use crate::role::Role;
use crate::testbed::Testbed;
use crate::testbed::preflight::{Needs, Ready};
use back::GivenBack;

/// What the measurement of every cell needs. Between two cells the connection of a host that was lost is replaced, here
/// and in the hold, which shares it.
pub struct Bench<'a> {
    /// What was asked.
    pub experiment: &'a Experiment,
    /// When a cell has been measured often enough.
    pub repeats: Repeats,
    /// The testbed as its file has it.
    pub asked: &'a Testbed,
    /// The testbed, ports resolved, and what its hosts are.
    pub ready: Ready,
    /// The middlebox's hardware.
    pub layout: Layout,
    /// Its hosts.
    pub hosts: Hosts,
    /// What they are held by.
    pub hold: &'a Hold<'a>,
    /// What is needed of the hosts.
    pub needs: Needs,
    /// Where the run is recorded.
    pub dir: &'a RunDirectory,
    /// How long a host that was lost is waited for.
    pub reboot_wait: Duration,
    /// Whether the user wants an end.
    pub interrupt: &'a Interrupt,
    /// Who looks on, if anybody does.
    pub audience: Option<&'a dyn Audience>,
}

/// Who hears of trials while they are made, and may end a cell by its interrupt.
pub trait Audience {
    /// The trial of that number begins; the feed tells what goes on in it.
    fn begins(&self, number: u32, live: Feed);
    /// A trial was recorded, whatever it gave; so is a set-up that failed.
    fn ends(&self, trial: &Trial);
}

/// What files of a cell's are called by.
pub(in crate::commands) fn label(cell: &Cell) -> String {
    format!("{}-{}lines", cell.profile.name, cell.lines)
}

/// Why a set-up came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("the {0} was lost")]
pub(in crate::commands) struct HostLost(pub Role);

impl Bench<'_> {
    /// Sets the hosts up for one cell, makes the trials of this visit, and gives the hosts back whatever happened; one that
    /// was lost is brought back.
    pub async fn measure(
        &mut self,
        cell: &Cell,
        visit: &Visit,
        artifacts: &Result<Artifacts>,
        run: &mut Run,
    ) -> Result<Visited> {
        let artifacts = match artifacts {
            Ok(artifacts) => artifacts,
            Err(error) => {
                self.record_failure(cell, run, visit.first(), &output::error_text(error))?;
                return Ok(Visited { outcome: Outcome::Failed, lost: false });
            }
        };
        let plan = plan::plan(&self.ready.testbed, &self.layout, cell, artifacts, &self.experiment.load())
            .map_err(Failure::mark(Outcome::BadInput))?;
        let builds = matches!(artifacts, Artifacts::OnHost(_));
        let (outcome, given) = match Watch::start(self.hosts.each()).await {
            Ok(watch) => {
                let outcome = self.measure_set_up(cell, visit, (&plan, builds), &watch, run).await;
                let marks = watch.marks();
                let given = self.give_back(&label(cell)).await;
                self.end_watch(watch, &marks).await;
                (outcome, given)
            }
            Err(error) => {
                let reason = output::error_text(&error);
                let recorded = self.record_failure(cell, run, visit.first(), &reason);
                (recorded.map(|()| Outcome::Failed), self.give_back(&label(cell)).await)
            }
        };
        self.settle(cell, outcome, given, run).await.map_err(unrecorded)
    }

    /// Brings lost hosts back. A host that is not as it was outweighs all that a run can say besides.
    pub(in crate::commands) async fn settle(
        &mut self,
        cell: &Cell,
        outcome: Result<Outcome>,
        given: GivenBack,
        run: &mut Run,
    ) -> Result<Visited> {
        let back = self.bring_back(&label(cell), &given.lost).await;
        let mut errors: Vec<_> = given.failure.into_iter().chain(back.err()).collect();
        let outcome = outcome.unwrap_or_else(|error| {
            errors.push(error);
            Outcome::Failed
        });
        let mut errors = errors.into_iter();
        if let Some(error) = errors.next() {
            errors.for_each(|error| fault(output::error_text(&error)));
            return Err(error);
        }
        if let (Outcome::Good, Some(role), Some(last)) = (outcome, given.lost.first(), run.trials.last_mut()) {
            last.warnings.push(format!("the {role} was lost after this trial, before it was given back"));
            self.dir.save(run)?;
        }
        Ok(Visited { outcome, lost: !given.lost.is_empty() })
    }

    async fn measure_set_up(
        &self,
        cell: &Cell,
        visit: &Visit,
        (plan, builds): (&Plan, bool),
        watch: &Watch,
        run: &mut Run,
    ) -> Result<Outcome> {
        let name = cell.title();
        for role in watch.unreadable() {
            note(format!("warning: the kernel log of the {role} cannot be read: trouble there goes unnoticed"));
        }
        let progress = Progress::start(format!("setting up {name}"));
        let begun = watch.marks();
        // A set-up that nobody waits for any more is stopped by the undo that follows.
        let ready = tokio::select! {
            () = self.interrupt.wait() => Err(anyhow!("interrupted")),
            role = watch.lost() => Err(HostLost(role).into()),
            ready = async { self.set_up(plan, builds).await?; self.prove_forwarding(cell).await } => ready,
        };
        if let Err(error) = ready {
            progress.done("failed");
            if let Some(ApplyError::Held { .. } | ApplyError::NoJournal { .. }) = error.downcast_ref() {
                return Err(error);
            }
            if self.interrupt.is_set() {
                return Ok(Outcome::Interrupted);
            }
            let reason = self.reason(watch, &begun, "set-up", &error).await;
            let mut troubles = watch.troubles(&begun);
            watch::without_links(&mut troubles);
            let failed = self.failed(cell, visit.first(), reason, &troubles);
            self.record(cell, run, failed)?;
            return Ok(Outcome::Failed);
        }
        progress.done("ready");
        let streams = self.watch_hosts(cell).await;
        let outcome = self.trials(cell, visit, (watch, &streams, &begun), run).await;
        streams.end().await.iter().for_each(|remark| note(format!("warning: {remark}")));
        outcome
    }

    /// Applies a plan; `builds` says that the middlebox takes its time.
    pub(in crate::commands) async fn set_up(&self, plan: &Plan, builds: bool) -> Result<()> {
        let apply = |role| self.hold.apply(role, plan.steps.get(&role).map_or(&[], Vec::as_slice));
        let [source, middlebox, sink] = Role::ALL;
        // A port has its carrier when the other end is up, so nobody waits for a middlebox that builds for minutes.
        if builds {
            apply(middlebox).await?;
        }
        // All come to their end before anything is said: an undo must not meet a set-up that still runs.
        let middlebox = async { if builds { Ok(()) } else { apply(middlebox).await } };
        let (source, middlebox, sink) = tokio::join!(apply(source), middlebox, apply(sink));
        middlebox.and(source).and(sink)
    }

    /// Why something failed: a host that was lost or gave itself back, else what was said; with the last words of the
    /// kernel in question.
    pub(in crate::commands) async fn reason(
        &self,
        watch: &Watch,
        since: &Marks,
        during: &str,
        error: &anyhow::Error,
    ) -> String {
        if let Some((role, why)) = watch.find_lost(self.hosts.each()).await {
            return with_last_words(
                format!("the {role} was lost during the {during} ({why})"),
                &watch.last_words(role, since),
            );
        }
        watch.catch_up(self.hosts.each()).await;
        let given_back = self.hold.loss().await;
        with_last_words(
            output::error_text(given_back.as_ref().unwrap_or(error)),
            &watch.last_words(Role::Middlebox, since),
        )
    }

    /// Ends what listens to the kernels, and tells what they said while the hosts were given back.
    pub(in crate::commands) async fn end_watch(&self, watch: Watch, since: &Marks) {
        watch.catch_up(self.hosts.each()).await;
        let mut troubles = watch.troubles(since);
        watch::without_links(&mut troubles);
        let told = watch::sentences(&troubles, "when it was given back");
        for remark in told.into_iter().chain(watch.end().await) {
            note(format!("warning: {remark}"));
        }
    }

    /// Every line carries a packet there and back before it carries a measurement.
    pub(in crate::commands) async fn prove_forwarding(&self, cell: &Cell) -> Result<()> {
        let mut script = String::new();
        for number in 1..=cell.lines {
            let (from, to) = self.ready.testbed.addresses(number);
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
}
