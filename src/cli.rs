//! The command line.

use std::process::ExitCode;

/// Parses, runs, and picks the exit status.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
