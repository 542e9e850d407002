//! Standard output and standard error, whose reader may have gone away: hosts must be given back all the same.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// Writes a result to standard output. A reader that has seen enough (`| head`) is no error.
pub fn result(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write to standard output"),
    }
}

/// Writes a line of a result.
pub fn line(text: &str) -> Result<()> {
    result(&format!("{text}\n"))
}

/// Writes a remark to standard error. After a terminal was closed nobody reads it, and nothing is lost with it.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
