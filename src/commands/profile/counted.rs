//! A profile in the lab: a middlebox of its own whose emulator counts every instruction, and both ends of its line in this
//! process.
//!
//! The guest notices nothing of it, so that looking costs nothing by its clock.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

use super::job::Job;
use crate::commands::run::cost::{bench, ends};
use crate::commands::run::recorded;
use crate::commands::{Failure, Outcome};
use crate::execute::{self, Claim};
use crate::generator::wire::Frame;
use crate::host::{Host, Privilege};
use crate::interrupt::Interrupt;
use crate::lab::blocks::{Blocks, Counts};
use crate::lab::solo::Solo;
use crate::measure::cost::{self, Ends};
use crate::measure::hot::symbols::{self, Symbols};
use crate::measure::hot::{followed, functions, lines};
use crate::output;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, cores};
use crate::progress::{Progress, note};
use crate::record::{Counting, Profiled, Run};
use crate::report::profile_table;
use crate::role::Role;
use crate::sources;
use crate::testbed::preflight::{Needs, Ready, preflight_middlebox};

/// How far the sum over the functions may be from what the guest's own clock says.
const APART: f64 = 0.1;

/// Bursts whose calls are followed: each takes some hundred thousand events of eight bytes.
const FOLLOWED: u64 = 50;

/// Chains of calls that stand in the record.
const CHAINS: usize = 1000;

/// From which share of returns without a call on there is a warning.
const UNKNOWN: f64 = 0.01;

/// The middlebox, ready to be profiled.
struct Guest<'a> {
    job: &'a Job<'a>,
    ready: Ready,
    layout: Layout,
    host: Host,
    blocks: Blocks,
    interrupt: &'a Interrupt,
    artifacts: &'a Artifacts,
}

/// Profiles the job's cell; `None` where the user wants an end.
pub async fn profile(job: &Job<'_>) -> Result<Option<Run>> {
    let artifacts = sources::artifacts(&job.cell, true, false).map_err(Failure::mark(Outcome::Failed))?;
    let testbed = &job.options.testbed;
    let lab = testbed.lab.as_deref().context("instructions are counted in the lab only")?;
    let mut solo = Solo::prepare(lab, testbed.mtu)?;
    let blocks = solo.count_blocks()?;
    // From here on there is a guest to take down.
    let interrupt = Interrupt::listen()?;
    if !solo.boot(&interrupt).await? {
        return Ok(None);
    }
    let config = solo.ssh_config();
    let host = Host::connect(Role::Middlebox, testbed.host(Role::Middlebox), Some(&config)).await?;
    let needs = Needs { builds: job.cell.profile.build.is_some(), ..Needs::default() };
    let ready = preflight_middlebox(testbed, &host, needs).await?;
    if host.privilege == Privilege::None {
        return Err(anyhow!("commands on the lab's middlebox do not run as root"));
    }
    execute::take(&host, &Claim::of_this_process(job.dir.id(), None), bench::JOURNAL).await?;
    let ends = ends(&solo, &ready)?;
    let layout = Layout::of(&ready.facts[&Role::Middlebox]);
    let guest = Guest { job, ready, layout, host, blocks, interrupt: &interrupt, artifacts: &artifacts };
    let measured = guest.measure(ends).await;
    // It is thrown away, so nothing on it has to be given back.
    if let (true, Err(error)) = (solo.is_alive(), guest.host.clone().close().await) {
        note(output::error_text(&error));
    }
    measured
}

impl Guest<'_> {
    async fn measure(&self, ends: Ends) -> Result<Option<Run>> {
        let Self { job, ready, layout, host, .. } = self;
        let cell = &job.cell;
        let mut run = job.new_run(ready, Counting::Instructions)?;
        run.cores = cores::map(&ready.testbed, layout);
        let plan = plan::plan(&ready.testbed, layout, cell, self.artifacts, &job.experiment.load())
            .map_err(Failure::mark(Outcome::BadInput))?;
        let steps = plan.steps.get(&Role::Middlebox).map_or(&[][..], Vec::as_slice);
        let progress = Progress::start(format!("setting up {}", cell.title()));
        tokio::select! {
            () = self.interrupt.wait() => return Ok(None),
            applied = execute::apply(host, bench::JOURNAL, steps) => applied.map_err(Failure::mark(Outcome::Failed))?,
        };
        progress.done("ready");
        let facts = recorded::facts(host, &ready.testbed, layout, cell).await?;
        let mut profiled = job.blank(Counting::Instructions, "instructions", facts);
        let frame = bench::frame(&ready.testbed, cell);
        let progress = Progress::start(format!("{}: what a packet takes, by the middlebox's clock", cell.title()));
        let (Some(ends), counted) = cost::trial(host, ends, frame, None, self.interrupt).await else {
            return counted_nothing();
        };
        let Some(counted) = counted.map_err(Failure::mark(Outcome::Failed))? else { return Ok(None) };
        let by_clock = counted.cost.instructions_per_packet;
        profiled.instructions_per_packet = Some(by_clock);
        progress.done(&format!("{by_clock:.0} instructions"));
        let progress = Progress::start(format!("{}: counting every instruction", cell.title()));
        let series = cost::series(ends, frame, || self.blocks.read(), self.interrupt).await;
        let Some((ends, series, [before, after])) = series.map_err(Failure::mark(Outcome::Failed))? else {
            return Ok(None);
        };
        profiled.packets = Some(series.arrived);
        let symbols = self.put_together(&mut profiled, [&before, &after]).await?;
        progress.done("counted");
        let progress = Progress::start(format!("{}: following calls", cell.title()));
        if !self.follow(&mut profiled, ends, frame, &symbols).await? {
            return Ok(None);
        }
        progress.done("followed");
        run.profiled = Some(profiled);
        job.dir.save(&run)?;
        Ok(Some(run))
    }

    /// Puts instructions down to functions, and to the lines of one of them where that was asked for.
    async fn put_together(&self, profiled: &mut Profiled, [before, after]: [&Counts; 2]) -> Result<Symbols> {
        let executed = before.until(after)?;
        let printed = self.host.script(symbols::SCRIPT).await?.success("reading the middlebox's symbols")?;
        let mut symbols = Symbols::parse(&printed)?;
        symbols.learn(&products(self.artifacts));
        let own = self.job.own();
        (profiled.total, profiled.functions) = functions(symbols.tally(&executed, &own), profiled.packets);
        let each = profiled.packets.filter(|packets| *packets > 0).map(|packets| profiled.total / packets as f64);
        if let (Some(each), Some(clock)) = (each, profiled.instructions_per_packet)
            && (each / clock - 1.0).abs() > APART
        {
            profiled.warnings.push(format!(
                "the functions add up to {each:.0} instructions a packet, and the middlebox's clock says {clock:.0}"
            ));
        }
        if let Some(function) = &self.job.options.annotate {
            let modules = debug_files(self.artifacts);
            let tree = sources::tree(&self.job.cell)?;
            profiled.annotated = lines::of_kernel(function, &symbols, &executed, (&modules, tree.path()))
                .map_err(Failure::mark(Outcome::BadInput))?;
        }
        Ok(symbols)
    }

    /// Has the emulator write down which block follows which, for a while, and tells from that who called whom; false where the
    /// user wants an end.
    async fn follow(&self, profiled: &mut Profiled, ends: Ends, frame: Frame, symbols: &Symbols) -> Result<bool> {
        self.blocks.follow(true)?;
        let followed = cost::series_of(FOLLOWED, ends, frame, || self.blocks.events(), self.interrupt).await;
        self.blocks.follow(false)?;
        let Some((_, series, [from, until])) = followed.map_err(Failure::mark(Outcome::Failed))? else {
            return Ok(false);
        };
        let order = self.blocks.order()?.until(until);
        let followed = followed::follow(&order, from, symbols, &self.job.own())?;
        let packets = series.arrived;
        profiled.paths = followed.calls.paths(Some(packets), true);
        profiled.chains = followed.calls.chains(CHAINS);
        let each = followed.calls.total() / packets.max(1) as f64;
        if let Some(counted) = profile_table::per_packet(profiled).filter(|all| (each / all - 1.0).abs() > APART) {
            profiled.warnings.push(format!(
                "the paths add up to {each:.0} instructions a packet, and the functions to {counted:.0}"
            ));
        }
        if followed.lost_share > UNKNOWN {
            profiled.warnings.push(format!(
                "of the returns {:.1} % belong to no call that was seen: the paths may be those of others",
                followed.lost_share * 100.0
            ));
        }
        Ok(true)
    }
}

fn counted_nothing() -> Result<Option<Run>> {
    Err(anyhow!("the wires to the middlebox are gone"))
}

/// What was built here.
fn products(artifacts: &Artifacts) -> Vec<PathBuf> {
    match artifacts {
        Artifacts::Here(products) => products.iter().map(|product| product.path.clone()).collect(),
        _ => Vec::new(),
    }
}

/// Where the debug information of modules stands that were built here.
pub fn debug_files(artifacts: &Artifacts) -> Vec<PathBuf> {
    let debug = |module: PathBuf| {
        let mut name = module.into_os_string();
        name.push(".debug");
        PathBuf::from(name)
    };
    products(artifacts).into_iter().map(debug).collect()
}
