//! A host one can run commands on, over the system's OpenSSH.
//!
//! Must not know what the commands are for.

mod master;
mod refusal;
pub mod shell;
mod ssh;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::output::one_line;
use crate::role::Role;
use crate::testbed::HostSpec;
use shell::Argv;
use ssh::Interruptible;
pub use ssh::Process;

/// How long to wait for a host to answer at all, unless its caller knows better.
const CONNECT_BOUND: Duration = Duration::from_secs(30);

/// How long a script may take unless its caller knows better.
const BOUND: Duration = Duration::from_secs(120);

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status; for a command killed by a signal 255, or 128 + its number where a shell saw it.
    pub status: i32,
    /// Standard output, lossily decoded.
    pub stdout: String,
    /// Standard error, lossily decoded.
    pub stderr: String,
}

impl Output {
    /// Standard output, or an error that quotes what the command said.
    pub fn success(self, what: &str) -> Result<String> {
        if self.status == 0 {
            return Ok(self.stdout);
        }
        let said = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        bail!("{what} failed with exit status {}: {}", self.status, said.trim())
    }
}

/// How commands of this host become root's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// The login is root.
    Root,
    /// Through `sudo -n`.
    Sudo,
    /// There is no way; commands run as the login.
    None,
}

/// The connection to a host is gone: the host is dead, or the way to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("lost the connection to `{name}`{said}")]
pub struct Lost {
    /// The host.
    pub name: String,
    /// What `ssh` said, behind a colon.
    said: String,
}

/// A connected host. A clone is the same connection.
#[derive(Debug, Clone)]
pub struct Host {
    /// What it does on the testbed.
    pub role: Role,
    /// How the user wrote it: the destination given to `ssh`.
    pub name: String,
    /// How its commands become root's.
    pub privilege: Privilege,
    /// The configuration it is reached by, where that is not the user's own.
    pub ssh_config: Option<PathBuf>,
    link: ssh::Link,
}

impl Host {
    /// Connects, and finds out whether `sudo -n` is needed and works.
    pub async fn connect(role: Role, spec: &HostSpec, ssh_config: Option<&Path>) -> Result<Self> {
        Self::connect_within(role, spec, ssh_config, CONNECT_BOUND).await
    }

    /// Like [`Host::connect`], to a host that need not answer: `ssh` itself gives up after `bound`, and is not left
    /// behind by a caller that does.
    pub async fn connect_within(
        role: Role,
        spec: &HostSpec,
        ssh_config: Option<&Path>,
        bound: Duration,
    ) -> Result<Self> {
        let link = ssh::Link::open(&spec.ssh, ssh_config, bound).await?;
        let ssh_config = ssh_config.map(Path::to_owned);
        let mut host = Self { role, name: spec.ssh.clone(), privilege: Privilege::Root, ssh_config, link };
        host.privilege = host.find_privilege(spec.sudo).await?;
        Ok(host)
    }

    /// Asks who the login is. What login scripts print stands before the answer.
    async fn find_privilege(&self, sudo: Option<bool>) -> Result<Privilege> {
        // Root is asked for sudo only where the user wants it: it takes its time, and writes to logs.
        let unwanted = if sudo == Some(true) { "false" } else { "[ \"$id\" = 0 ]" };
        let probe = format!(
            "id=$(id -u); echo \"nsbench-uid $id\"; {unwanted} || {{ sudo -n true 2>/dev/null && echo nsbench-sudo; }}"
        );
        let said = self.link.run(&["sh", "-c", &probe], None, BOUND, Interruptible::Yes).await?;
        let Some(id) = said.stdout.lines().find_map(|line| line.strip_prefix("nsbench-uid ")) else {
            let words = said.stdout.lines().chain(said.stderr.lines()).next().map(one_line).unwrap_or_default();
            bail!(
                "`{}` runs no commands: it says `{words}`\nhint: give that login a POSIX shell there (chsh), and see \
                 ForceCommand in /etc/ssh/sshd_config",
                self.name
            )
        };
        let (root, may) = (id == "0", said.stdout.lines().any(|line| line == "nsbench-sudo"));
        Ok(match (root, sudo.unwrap_or(!root) && may) {
            (_, true) => Privilege::Sudo,
            (true, false) => Privilege::Root,
            (false, false) => Privilege::None,
        })
    }

    /// Connects to the three hosts of a testbed at once, in the order of [`Role::ALL`].
    pub async fn connect_all(testbed: &crate::testbed::Testbed, ssh_config: Option<&Path>) -> [Result<Self>; 3] {
        let connect = |role| Self::connect(role, testbed.host(role), ssh_config);
        let (source, middlebox, sink) =
            tokio::join!(connect(Role::Source), connect(Role::Middlebox), connect(Role::Sink));
        [source, middlebox, sink]
    }

    /// Runs a POSIX sh script as root in one round trip; the script travels over standard input.
    pub async fn script(&self, script: &str) -> Result<Output> {
        self.script_within(script, BOUND).await
    }

    /// Like [`Host::script`], for scripts that may take `bound`.
    pub async fn script_within(&self, script: &str, bound: Duration) -> Result<Output> {
        self.run_script(script, bound, Interruptible::Yes).await
    }

    /// Like [`Host::script_within`], for scripts that a user's Ctrl-C on the terminal must not cut off.
    pub async fn script_undisturbed(&self, script: &str, bound: Duration) -> Result<Output> {
        self.run_script(script, bound, Interruptible::No).await
    }

    async fn run_script(&self, script: &str, bound: Duration, interruptible: Interruptible) -> Result<Output> {
        let script = whole(script);
        self.link.run(&["sh", "-c", self.shell()], Some(script.as_bytes()), bound, interruptible).await
    }

    /// Starts a script as root and leaves it running; see [`Process`]. What is written to the process is the script's
    /// input, once it has said something. A user's Ctrl-C on the terminal does not reach it.
    pub async fn spawn_script(&self, script: &str) -> Result<Process> {
        let mut process = self.link.spawn(&Argv::new(["sh", "-c", self.shell()]), Interruptible::No)?;
        process.write(&whole(script)).await?;
        Ok(process)
    }

    /// The same as the login, which may be cut off.
    pub async fn spawn_login_script(&self, script: &str) -> Result<Process> {
        let mut process = self.link.spawn(&Argv::new(["sh", "-c", "exec sh -s"]), Interruptible::Yes)?;
        process.write(&whole(script)).await?;
        Ok(process)
    }

    /// A shell command that reads a script from standard input as root. The address of the client is
    /// passed on, because it tells which port carries the connection.
    const fn shell(&self) -> &'static str {
        match self.privilege {
            Privilege::Sudo => "exec sudo -n env SSH_CONNECTION=\"${SSH_CONNECTION-}\" sh -s",
            Privilege::Root | Privilege::None => "exec sh -s",
        }
    }

    /// Writes a file as root, whole or not at all, with `mode`; missing directories are made. A connection that breaks
    /// looks like the end of the file to `cat`, so the size tells.
    pub async fn write_file(&self, path: &str, contents: &[u8], mode: u32) -> Result<()> {
        let (path, new) = (shell::quote(path), shell::quote(&format!("{path}.new")));
        let script = format!(
            "umask 022; mkdir -p \"$(dirname {path})\" && (umask 077; cat >{new}) && [ \"$(wc -c <{new})\" -eq {} ] && chmod {mode:o} {new} && \
             mv {new} {path} || {{ rm -f {new}; exit 1; }}",
            contents.len()
        );
        let words: &[&str] = match self.privilege {
            Privilege::Sudo => &["sudo", "-n", "sh", "-c", &script],
            Privilege::Root | Privilege::None => &["sh", "-c", &script],
        };
        let output = self.link.run(words, Some(contents), BOUND, Interruptible::Yes).await?;
        output.success(&format!("writing {path} on `{}`", self.name)).map(drop)
    }

    /// Starts a program as the login and leaves it running; see [`Process`].
    #[expect(clippy::unused_async, reason = "being async, it can be called only where a runtime reads the output")]
    pub async fn spawn(&self, argv: &Argv) -> Result<Process> {
        self.link.spawn(argv, Interruptible::Yes)
    }

    /// Ends the connection.
    pub async fn close(self) -> Result<()> {
        self.link.close().await
    }
}

/// In braces the shell reads all of it before it does anything: what is cut off on the way does not run in part, and no
/// command takes the rest of the script for its input.
fn whole(script: &str) -> String {
    format!("{{\n:\n{script}\n}}\n")
}
