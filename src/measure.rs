//! One trial: counters at every port before and after, traffic on all lines at once in between.
//!
//! Must not know which framework forwards the traffic.

pub mod arrivals;
pub mod cost;
pub mod counters;
pub mod kernel_log;
pub mod memory;
pub mod perf;
pub mod traffic;
pub mod trouble;
pub mod watch;

use std::collections::BTreeMap;

use anyhow::Result;

use crate::generator::{Measured, Traffic};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::record::{Cost, LineResult};
use crate::role::Role;
use crate::testbed::Testbed;
use watch::Watch;

/// What a trial gave, with what the tools printed.
#[derive(Debug, Default)]
pub struct TrialOutcome {
    /// Each line, or why there is no figure.
    pub lines: Vec<LineResult>,
    /// Output of each line's generator.
    pub raw: BTreeMap<u32, String>,
    /// What a packet cost, where that was measured.
    pub cost: Option<Cost>,
    /// What the reader of that must know.
    pub remarks: Vec<String>,
}

/// Why a trial gave no figure.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The user wants an end.
    #[error("interrupted")]
    Interrupted,
    /// Something failed; the tools' output so far is kept.
    #[error("{error:#}")]
    Failed {
        /// What.
        error: anyhow::Error,
        /// Output of each line's generator.
        raw: BTreeMap<u32, String>,
    },
}

/// The three hosts, in the order of the traffic.
#[derive(Debug)]
pub struct Hosts {
    /// Generates.
    pub source: Host,
    /// Forwards.
    pub middlebox: Host,
    /// Receives.
    pub sink: Host,
}

impl Hosts {
    /// All of them.
    pub const fn each(&self) -> [&Host; 3] {
        [&self.source, &self.middlebox, &self.sink]
    }

    /// The one that plays `role`.
    pub const fn host(&self, role: Role) -> &Host {
        self.each()[role as usize]
    }

    /// Puts `host` in the place of the one that played its role: a connection that is gone cannot be mended.
    pub fn replace(&mut self, host: Host) {
        match host.role {
            Role::Source => self.source = host,
            Role::Middlebox => self.middlebox = host,
            Role::Sink => self.sink = host,
        }
    }
}

/// Runs one trial.
pub async fn trial(
    testbed: &Testbed,
    hosts: &Hosts,
    traffic: &[Traffic],
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<TrialOutcome, TrialError> {
    let failed = |error| TrialError::Failed { error, raw: BTreeMap::new() };
    let before = counters::read_at_rest(testbed, hosts, traffic.len()).await.map_err(failed)?;
    let (measured, raw) = traffic::run(&hosts.source, traffic, watch, interrupt).await?;
    let after = match counters::read_at_rest(testbed, hosts, traffic.len()).await {
        Ok(after) => after,
        Err(error) => return Err(TrialError::Failed { error, raw }),
    };
    let lines = traffic.iter().zip(measured).zip(before.iter().zip(&after));
    let lines = lines.map(|((traffic, Measured { throughput_bps, elapsed_s }), (before, after))| LineResult {
        line: traffic.line,
        throughput_bps,
        elapsed_s,
        ports: counters::between(before, after),
    });
    Ok(TrialOutcome { lines: lines.collect(), raw, ..TrialOutcome::default() })
}

/// Runs one trial while the middlebox counts its instructions; `rests` says whether it has nothing to do when no packet
/// comes.
///
/// Packets are those that went through in either direction: acknowledgements cost as well. Source and sink count them,
/// because a middlebox whose ports a user-space driver holds does not.
pub async fn trial_with_cost(
    testbed: &Testbed,
    hosts: &Hosts,
    traffic: &[Traffic],
    rests: bool,
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<TrialOutcome, TrialError> {
    let failed = |error| TrialError::Failed { error, raw: BTreeMap::new() };
    let idle = perf::idle(&hosts.middlebox).await.map_err(failed)?;
    let before = counters::both_ways(testbed, hosts, traffic.len()).await.map_err(failed)?;
    let counting = perf::Perf::start(&hosts.middlebox).await.map_err(failed)?;
    let mut outcome = trial(testbed, hosts, traffic, watch, interrupt).await?;
    let raw = std::mem::take(&mut outcome.raw);
    let cost = async {
        let counts = counting.end().await?;
        let after = counters::both_ways(testbed, hosts, traffic.len()).await?;
        perf::cost(if rests { counts.less_idle(&idle) } else { counts }, &before, &after)
    };
    let cost = match cost.await {
        Ok(cost) => cost,
        Err(error) => return Err(TrialError::Failed { error, raw }),
    };
    if !rests {
        let remark = "the framework polls: what it executes while there is no packet is in the instructions a packet";
        outcome.remarks.push(remark.to_owned());
    }
    let share = cost.lost_share.unwrap_or(0.0);
    if share > cost::BEARABLE {
        let percent = share * 100.0;
        outcome.remarks.push(format!("{percent:.2} % of the packets were lost, whose cost is put down to the others"));
    }
    let cost = rests
        .then_some(idle.instructions)
        .map_or(cost, |idle_instructions| Cost { idle_instructions: Some(idle_instructions), ..cost });
    Ok(TrialOutcome { raw, cost: Some(cost), ..outcome })
}
