//! The cost of a packet, in the lab: a middlebox of its own whose clock counts instructions, and both ends of its line in
//! this process.
//!
//! Nobody else can want that middlebox, so it is not waited for, and nothing has to be heard of it while it is measured.

pub(in crate::commands) mod bench;

use std::ops::ControlFlow;

use anyhow::{Context, Result, anyhow};

use super::course::Course;
use super::job::Job;
use super::{Options, earlier_run, new_run, resume};
use crate::commands::{Failure, Outcome};
use crate::execute::{self, Claim};
use crate::generator::wire::End;
use crate::host::{Host, Privilege};
use crate::interrupt::Interrupt;
use crate::lab::solo::Solo;
use crate::measure::cost::Ends;
use crate::output;
use crate::plan::cores;
use crate::plan::layout::Layout;
use crate::progress::{Progress, fault};
use crate::record::Run;
use crate::role::Role;
use crate::sources;
use crate::testbed::preflight::{Ready, preflight_middlebox};
use bench::Bench;

/// Measures every cell of `job` on a middlebox that is booted for it, and taken down whatever comes.
pub async fn measure_all(options: &Options, job: &Job) -> Result<(Run, Outcome)> {
    let artifacts: Vec<_> = job
        .cells
        .iter()
        .map(|cell| cell.profile.require_cost().and_then(|()| sources::artifacts(cell, true, false)))
        .collect();
    let lab = options.testbed.lab.as_deref().context("the cost is counted in the lab only")?;
    let mut solo = Solo::prepare(lab, options.testbed.mtu)?;
    // Until here an interrupt may end the program on the spot; from here on there is a guest to take down.
    let interrupt = Interrupt::listen()?;
    if !solo.boot(&interrupt).await? {
        return Err(Failure::mark(Outcome::Interrupted)(anyhow!("interrupted")));
    }
    let config = solo.ssh_config();
    let host = Host::connect(Role::Middlebox, options.testbed.host(Role::Middlebox), Some(&config)).await?;
    let progress = Progress::start("looking whether it is fit");
    let ready = preflight_middlebox(&options.testbed, &host, job.needs()).await?;
    progress.done("it is");
    if host.privilege == Privilege::None {
        return Err(anyhow!("commands on the lab's middlebox do not run as root"));
    }
    let claim = Claim::of_this_process(job.dir.id(), None);
    execute::take(&host, &claim, bench::JOURNAL).await?;
    let ends = ends(&solo, &ready)?;
    let mut run = match &job.earlier {
        Some(run) => earlier_run(run, &ready, job)?,
        None => new_run(options, &ready, job)?,
    };
    let layout = Layout::of(&ready.facts[&Role::Middlebox]);
    run.cores = cores::map(&ready.testbed, &layout);
    let mut bench = Bench {
        experiment: &job.experiment,
        repeats: job.repeats,
        ready,
        layout,
        host,
        dir: &job.dir,
        interrupt: &interrupt,
        ends: Some(ends),
        solo,
    };
    let mut course = Course::new(false);
    let mut ended = None;
    let mut queue = job.queue();
    while let Some(visit) = queue.next(&run) {
        if !course.wants(visit.cell) {
            continue;
        }
        let visited = bench.measure(&job.cells[visit.cell], &visit, &artifacts[visit.cell], &mut run).await?;
        if let ControlFlow::Break(outcome) = course.take(visit.cell, visited) {
            if outcome == Outcome::Failed {
                let again = resume::command(options, &job.dir);
                fault(format!("the middlebox is lost, so the run ends here\nhint: `{again}` goes on with another one"));
            }
            ended = Some(outcome);
            break;
        }
    }
    // It is thrown away, so nothing on it has to be given back any more.
    if let (true, Err(error)) = (bench.solo.is_alive(), bench.host.close().await) {
        fault(output::error_text(&error));
    }
    Ok((run, ended.unwrap_or_else(|| course.outcome())))
}

/// Takes hold of both wires of the first line.
pub(in crate::commands) fn ends(solo: &Solo, ready: &Ready) -> Result<Ends> {
    let line = ready.testbed.lines.first().context("the testbed has no line")?;
    Ok(Ends { near: End::new(solo.wire(&line.input.0)?)?, far: End::new(solo.wire(&line.output.0)?)? })
}
