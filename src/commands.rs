//! The subcommands: each a short file that wires the parts below together and says how it went.

pub mod compare;
pub mod lab;
pub mod results;

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
