//! A profile on three hosts: the same traffic without perf, with it, while wake-ups are counted, and without it again.
//!
//! What the two without it carried says what looking did to the result.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;

use super::job::Job;
use crate::commands::run::cell::{Bench, label};
use crate::commands::run::recorded;
use crate::commands::session::{self, Terms};
use crate::commands::{Failure, Outcome};
use crate::execute::Hold;
use crate::interrupt::Interrupt;
use crate::measure::hot::sampled::{Sampler, Seen};
use crate::measure::hot::scheduling::Counting as Events;
use crate::measure::hot::{functions, lines};
use crate::measure::watch::Watch;
use crate::measure::{self, Hosts, TrialError, TrialOutcome, counters};
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, cores};
use crate::profile::experiment::repeats::Repeats;
use crate::progress::{Progress, note};
use crate::record::{Counting, Looking, Profiled, Run, Scheduling};
use crate::role::Role;
use crate::sources;
use crate::testbed::preflight::Needs;
use crate::units::BitsPerSecond;

/// Samples a second and CPU; a prime, so that nothing that happens every so often is met every time.
const FREQUENCY_HZ: u32 = 997;

/// Chains that stand in the record; all of them are in a file beside it.
const CHAINS: usize = 1000;

/// The same where the hosts are emulated: each sample takes an emulated CPU a good part of a millisecond.
const EMULATED_HZ: u32 = 199;

/// Profiles the job's cell; `None` where the user wants an end.
pub async fn profile(job: &Job<'_>) -> Result<Option<Run>> {
    let options = job.options;
    let needs = Needs { builds: job.cell.profile.build.is_some(), generator: job.experiment.generator() };
    let terms = Terms {
        testbed: &options.testbed,
        lines: options.lines,
        needs,
        run: job.dir.id(),
        deadman: options.deadman,
        waiting: options.waiting,
    };
    let build = || sources::artifacts(&job.cell, options.testbed.lab.is_some(), false);
    session::with_hosts(&terms, build, async |artifacts, hosts: Hosts, hold: &Hold<'_>, interrupt: &Interrupt| {
        let artifacts: Artifacts = artifacts.map_err(Failure::mark(Outcome::Failed))?;
        let ready = session::fitness(&terms, &hosts).await?;
        // Before minutes are spent on what cannot be looked at.
        drop(Sampler::start(&hosts.middlebox, FREQUENCY_HZ).await.map_err(Failure::mark(Outcome::Unfit))?.end().await?);
        let layout = Layout::of(&ready.facts[&Role::Middlebox]);
        let mut run = job.new_run(&ready, Counting::Samples)?;
        run.cores = cores::map(&ready.testbed, &layout);
        let mut bench = Bench {
            experiment: &job.experiment,
            repeats: Repeats::exactly(1),
            asked: &options.testbed,
            ready,
            layout,
            hosts,
            hold,
            needs,
            dir: &job.dir,
            reboot_wait: options.reboot_wait,
            interrupt,
            audience: None,
        };
        let watch = Watch::start(bench.hosts.each()).await?;
        let looked = Looker { job, bench: &bench, artifacts: &artifacts, watch: &watch }.set_up_and_look().await;
        let marks = watch.marks();
        let given = bench.give_back(&label(&job.cell)).await;
        bench.end_watch(watch, &marks).await;
        let (outcome, profiled) = match looked {
            Ok(Some(profiled)) => (Ok(Outcome::Good), Some(profiled)),
            Ok(None) => (Ok(Outcome::Interrupted), None),
            Err(error) => (Err(error), None),
        };
        bench.settle(&job.cell, outcome, given, &mut run).await.map_err(Failure::mark(Outcome::Failed))?;
        let Some(profiled) = profiled else { return Ok(None) };
        run.profiled = Some(profiled);
        job.dir.save(&run)?;
        Ok(Some(run))
    })
    .await
}

/// What is needed to look at hosts that are held.
struct Looker<'a> {
    job: &'a Job<'a>,
    bench: &'a Bench<'a>,
    artifacts: &'a Artifacts,
    watch: &'a Watch,
}

/// A trial with what was seen meanwhile.
struct Looked<T> {
    trial: TrialOutcome,
    seen: T,
    packets: Option<u64>,
}

impl<T> Looked<T> {
    fn bps(&self) -> f64 {
        self.trial.lines.iter().map(|line| line.throughput_bps).sum()
    }
}

impl Looker<'_> {
    async fn set_up_and_look(&self) -> Result<Option<Profiled>> {
        let (job, bench) = (self.job, self.bench);
        let plan = plan::plan(&bench.ready.testbed, &bench.layout, &job.cell, self.artifacts, &job.experiment.load())
            .map_err(Failure::mark(Outcome::BadInput))?;
        let progress = Progress::start(format!("setting up {}", job.cell.title()));
        tokio::select! {
            () = bench.interrupt.wait() => return Ok(None),
            role = self.watch.lost() => bail!("the {role} was lost"),
            ready = async {
                bench.set_up(&plan, matches!(self.artifacts, Artifacts::OnHost(_))).await?;
                bench.prove_forwarding(&job.cell).await
            } => ready?,
        }
        progress.done("ready");
        let begun = self.watch.marks();
        match self.look().await {
            Err(error) if bench.interrupt.is_set() => {
                drop(error);
                Ok(None)
            }
            Err(error) => {
                let reason = bench.reason(self.watch, &begun, "profile", &error).await;
                Err(error.context(reason))
            }
            Ok(profiled) => Ok(Some(profiled)),
        }
    }

    async fn look(&self) -> Result<Profiled> {
        let (job, bench) = (self.job, self.bench);
        let middlebox = &bench.hosts.middlebox;
        let facts = recorded::facts(middlebox, &bench.ready.testbed, &bench.layout, &job.cell).await?;
        let nothing = async || Ok(());
        let before = self.trial("without perf", nothing, async |()| Ok(())).await?;
        let emulated = job.options.testbed.lab.is_some();
        let frequency = job.options.frequency_hz.unwrap_or(if emulated { EMULATED_HZ } else { FREQUENCY_HZ });
        let looked = self
            .trial(
                "with perf",
                async || Sampler::start(middlebox, frequency).await,
                async |sampler: Sampler| sampler.end().await,
            )
            .await?;
        let counted = self
            .trial(
                "counting wake-ups",
                async || Events::start(middlebox).await,
                async |events: Option<Events>| {
                    Ok(match events {
                        Some(events) => Some(events.end().await?),
                        None => None,
                    })
                },
            )
            .await?;
        let after = self.trial("without perf, again", nothing, async |()| Ok(())).await?;
        let mut profiled = job.blank(Counting::Samples, &looked.seen.event, facts);
        profiled.packets = looked.packets;
        profiled.looking =
            Some(Looking { before_bps: before.bps(), profiled_bps: looked.bps(), after_bps: after.bps() });
        profiled.scheduling = counted.seen.map(|seen| Scheduling { packets: counted.packets, ..seen });
        self.put_together(&mut profiled, &looked).await?;
        Ok(profiled)
    }

    /// One trial, during which something else is done on the middlebox, from before it to after it.
    async fn trial<B, T>(
        &self,
        what: &str,
        begin: impl AsyncFnOnce() -> Result<B>,
        end: impl AsyncFnOnce(B) -> Result<T>,
    ) -> Result<Looked<T>> {
        let (bench, cell) = (self.bench, &self.job.cell);
        let (testbed, hosts) = (&bench.ready.testbed, &bench.hosts);
        let progress = Progress::start(format!("{}: {what}", cell.title()));
        bench.hold.check().await?;
        let counts = plan::counts(testbed, &bench.layout, cell)?;
        let traffic = recorded::traffic(testbed, bench.ready.facts.get(&Role::Sink), bench.experiment, cell);
        let before = counters::both_ways(testbed, hosts, cell.lines).await?;
        let looking = begin().await?;
        let traffic = (bench.experiment.generator(), traffic.as_slice());
        let trial = measure::trial(testbed, hosts, traffic, &counts, self.watch, bench.interrupt).await;
        let seen = end(looking).await;
        let trial = trial.map_err(|error| match error {
            TrialError::Failed { error, .. } => error,
            TrialError::Interrupted => anyhow::anyhow!("interrupted"),
        })?;
        let after = counters::both_ways(testbed, hosts, cell.lines).await?;
        let packets = after.arrived_packets.checked_sub(before.arrived_packets).filter(|packets| *packets > 0);
        let looked = Looked { trial, seen: seen?, packets };
        progress.done(&BitsPerSecond(looked.bps()).to_string());
        looked.trial.remarks.iter().for_each(|remark| note(format!("warning: {remark}")));
        Ok(looked)
    }

    /// Puts samples down to functions, and keeps what perf printed.
    async fn put_together(&self, profiled: &mut Profiled, looked: &Looked<Seen>) -> Result<()> {
        let (dir, seen) = (&self.job.dir, &looked.seen);
        dir.save_raw("perf-script.txt", seen.printed.as_bytes())?;
        let samples = seen.samples(window(self.job, looked), &self.job.own())?;
        (profiled.total, profiled.functions) = functions(samples.tally.clone(), None);
        profiled.idle = Some(samples.idle);
        if profiled.total <= 0.0 {
            bail!(
                "perf saw no CPU of the middlebox at work while packets flowed: {} samples of idle ones\nhint: a longer \
                 --duration, or a higher --frequency",
                samples.idle
            );
        }
        dir.save_raw("stacks.folded", samples.folded().as_bytes())?;
        profiled.stacks = Some("raw/stacks.folded".to_owned());
        profiled.chains = samples.most_seen(CHAINS);
        profiled.paths = samples.calls.paths(None, false);
        profiled.spins = Some(samples.calls.spins());
        if let Some(looking) = profiled.looking.filter(|looking| looking.moved().abs() > Looking::BEARABLE) {
            profiled.warnings.push(format!(
                "looking moved the result by {:+.0} %: {} with perf, {} and {} without; the shares may be moved as well",
                looking.moved() * 100.0,
                BitsPerSecond(looking.profiled_bps),
                BitsPerSecond(looking.before_bps),
                BitsPerSecond(looking.after_bps)
            ));
        }
        if let Some(function) = &self.job.options.annotate {
            let fetched = tempfile::tempdir().context("could not make a temporary directory")?;
            let modules = self.modules(&fetched).await?;
            let tree = sources::tree(&self.job.cell)?;
            let object = profiled.functions.iter().find(|known| known.name == *function);
            let object = object.map(|known| known.object.as_str());
            profiled.annotated = lines::of_offsets(function, &samples.offsets, object, (&modules, tree.path()))
                .map_err(Failure::mark(Outcome::BadInput))?;
        }
        Ok(())
    }

    /// The modules with their debug information: those that were built here, or copies of those on the middlebox.
    async fn modules(&self, into: &tempfile::TempDir) -> Result<Vec<PathBuf>> {
        if let Artifacts::Here(_) = self.artifacts {
            return Ok(super::counted::debug_files(self.artifacts));
        }
        let mut modules = Vec::new();
        let files = self.job.cell.profile.load.iter().filter_map(|action| action.insmod.as_ref());
        for file in files.map(|insmod| &insmod.file) {
            let path = crate::host::shell::quote(&format!("{}/{file}", plan::WORK));
            let text = self.bench.hosts.middlebox.script(&format!("base64 -w 0 <{path}")).await?;
            let text = text.success(&format!("reading `{file}` of the middlebox"))?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim());
            let copy = into.path().join(file);
            std::fs::write(&copy, bytes.with_context(|| format!("`{file}` of the middlebox came in pieces"))?)?;
            modules.push(copy);
        }
        Ok(modules)
    }
}

/// The stretch of the traffic that counts, by the middlebox's clock.
fn window(job: &Job<'_>, looked: &Looked<Seen>) -> [f64; 2] {
    let Some(sent) = looked.trial.sent else { return [f64::NEG_INFINITY, f64::INFINITY] };
    let ended = looked.seen.at(sent.ended);
    let [warmup, cooldown] = job.experiment.effective_around_s().map(Duration::from_secs);
    [ended - (sent.sending.saturating_sub(warmup)).as_secs_f64(), ended - cooldown.as_secs_f64()]
}
