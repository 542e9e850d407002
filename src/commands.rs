//! One function a subcommand: wires the parts, and gives back what to print and the exit status.
//!
//! Must not know how arguments are spelled.

pub mod compare;
pub mod results;

/// What a subcommand leaves to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The result, for standard output.
    pub stdout: String,
    /// What the user must know besides, for standard error, each without a newline at the end.
    pub warnings: Vec<String>,
    /// Exit status: 0 or 1. An error is 2, a bad argument or a bad file.
    pub status: u8,
}
