//! The subcommands: each a short file that wires the parts below together and says how it went.

pub mod compare;
pub mod demo;
pub mod discover;
pub mod files;
mod fix;
pub mod lab;
pub mod manual;
pub mod profile;
pub mod report;
pub mod restore;
pub mod results;
pub mod run;
pub mod schema;
mod session;
pub mod soak;
pub mod topology;

use std::path::PathBuf;

use anyhow::Result;

use crate::brought;
use crate::lab::{Lab, Options};
use crate::testbed::Testbed;
use crate::testbed::rack::Rack;

/// The testbed file that a command works on: what `-t` names, else `$NSBENCH_TESTBED`, else `./testbed.yaml`, else the
/// lab's.
pub fn rack(named: Option<&str>) -> Result<Rack> {
    let from_environment = std::env::var("NSBENCH_TESTBED").ok();
    let named = named.or(from_environment.as_deref());
    let name = match named {
        Some(name) => name,
        None if PathBuf::from("testbed.yaml").exists() => "testbed.yaml",
        None => "lab",
    };
    let own = brought::own(brought::TESTBEDS, name).map_err(Failure::mark(Outcome::BadInput))?;
    match (own, Rack::shipped(name)) {
        (None, Some(shipped)) => Ok(shipped),
        (own, _) => Rack::load(&own.unwrap_or_else(|| name.into()))
            .map_err(|error| Failure::mark(Outcome::BadInput)(error.into())),
    }
}

/// Sees to it that the hosts of `testbed` can be reached: brings up the lab if they are its guests and it is not up.
/// Gives the file for `ssh -F`.
pub fn reach(testbed: &Testbed) -> Result<Option<PathBuf>> {
    let Some(name) = &testbed.lab else { return Ok(testbed.ssh_config.clone()) };
    let lab = Lab::new(name)?;
    if lab.running().is_none() {
        crate::progress::note(format!(
            "the hosts of testbed `{}` are the lab's, which is not up: bringing it up",
            testbed.name
        ));
        lab.up(&Options::default())?;
    }
    Ok(Some(lab.ssh_config()))
}

/// How a command ended, as the exit status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done and good.
    Good = 0,
    /// It ran and fell short: a failed check, a regression.
    FellShort = 1,
    /// Bad arguments or a bad file.
    BadInput = 2,
    /// A host or the wiring is not fit to run.
    Unfit = 3,
    /// A host was lost or a framework failed in the middle.
    Failed = 4,
    /// A host could not be restored.
    NotRestored = 5,
    /// Interrupted by the user; hosts are restored.
    Interrupted = 130,
}

/// What a subcommand that touches no host leaves to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printout {
    /// The result, for standard output.
    pub stdout: String,
    /// What the user must know besides, for standard error, each without a newline at the end.
    pub warnings: Vec<String>,
    /// Exit status.
    pub outcome: Outcome,
}

/// An error that carries the exit status it deserves; one that carries none is [`Outcome::Unfit`].
#[derive(Debug)]
pub struct Failure {
    /// The exit status.
    pub outcome: Outcome,
    /// What happened, and why.
    pub error: anyhow::Error,
}

impl Failure {
    /// Marks an error with an exit status; for `map_err`.
    pub fn mark(outcome: Outcome) -> impl FnOnce(anyhow::Error) -> anyhow::Error {
        move |error| Self { outcome, error }.into()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
