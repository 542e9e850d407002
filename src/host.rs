//! A host one can run commands on.
//!
//! [`Host`] hides whether commands travel over OpenSSH or come from a recorded dialogue. Must not know what the
//! commands are for.

use anyhow::Result;

use crate::role::Role;
use crate::testbed::HostSpec;

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status; a command killed by a signal has 128 + its number, as the shell has it.
    pub status: i32,
    /// Standard output, lossily decoded.
    pub stdout: String,
    /// Standard error, lossily decoded.
    pub stderr: String,
}

/// A connected host.
#[derive(Debug)]
pub struct Host {
    /// What it does on the testbed.
    pub role: Role,
    /// How the user wrote it: the destination given to `ssh`.
    pub name: String,
}

impl Host {
    /// Connects over the system's OpenSSH, and finds out whether `sudo -n` is needed and works.
    pub async fn connect(_role: Role, _spec: &HostSpec, _ssh_config: Option<&std::path::Path>) -> Result<Self> {
        anyhow::bail!("not connected")
    }

    /// Runs a POSIX sh script as root in one round trip; the script travels over standard input.
    pub async fn script(&self, _script: &str) -> Result<Output> {
        anyhow::bail!("not connected")
    }

    /// Writes a file as root, atomically, with `mode`; missing directories are made.
    pub async fn write_file(&self, _path: &str, _contents: &[u8], _mode: u32) -> Result<()> {
        anyhow::bail!("not connected")
    }
}
