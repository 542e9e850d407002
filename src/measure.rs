//! One trial: counters at every port before and after, traffic on all lines at once in between.
//!
//! Must not know which framework forwards the traffic.

pub mod counters;
pub mod kernel_log;
pub mod traffic;
pub mod trouble;
pub mod watch;

use std::collections::BTreeMap;

use anyhow::Result;

use crate::generator::{Measured, Traffic};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::record::LineResult;
use crate::role::Role;
use crate::testbed::Testbed;
use watch::Watch;

/// What a trial gave, with what the tools printed.
#[derive(Debug)]
pub struct TrialOutcome {
    /// Each line, or why there is no figure.
    pub lines: Vec<LineResult>,
    /// Output of each line's generator.
    pub raw: BTreeMap<u32, String>,
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
    Ok(TrialOutcome { lines: lines.collect(), raw })
}
