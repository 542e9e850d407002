//! A host that was lost in a run, brought back: its power cycled where the user says how, waited for, and what was
//! changed there undone.
//!
//! Must not know what it was lost in.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{sleep, timeout};

use crate::execute::{self, Undone};
use crate::host::Host;
use crate::lab::Lab;
use crate::role::Role;
use crate::testbed::{HostSpec, Testbed};

/// How long one attempt to reach a host may take.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a power command may take.
const POWER_BOUND: Duration = Duration::from_secs(60);

/// How the power of a host is cycled.
#[derive(Debug, Clone)]
pub enum Power {
    /// By a command line of the user's.
    Command(String),
    /// As the reset button of a lab's guest.
    Lab(Lab),
}

impl Power {
    /// Of the host that plays `role`, if anybody has said how. What the file says comes before what the lab can do.
    pub fn of(testbed: &Testbed, role: Role) -> Result<Option<Self>> {
        if let Some(power) = &testbed.host(role).power {
            return Ok(Some(Self::Command(power.cycle.clone())));
        }
        Ok(testbed.lab.as_deref().map(Lab::new).transpose()?.map(Self::Lab))
    }

    /// Cycles it; gives what was said.
    pub async fn cycle(&self, role: Role) -> Result<String> {
        match self {
            Self::Command(command) => run(command, POWER_BOUND).await,
            Self::Lab(lab) => {
                let lab = lab.clone();
                tokio::task::spawn_blocking(move || lab.power_cycle(role)).await??;
                Ok("the guest was reset\n".to_owned())
            }
        }
    }
}

/// Runs a command line of the user's on this machine, its output in a file: what it leaves running in the background
/// must not be waited for.
async fn run(command: &str, bound: Duration) -> Result<String> {
    let output = tempfile::NamedTempFile::new().context("could not make a file for the power command's output")?;
    let mut sh = tokio::process::Command::new("sh");
    sh.args(["-c", command]).stdin(Stdio::null()).process_group(0).kill_on_drop(true);
    let file = output.reopen()?;
    sh.stdout(file.try_clone()?).stderr(file);
    let mut child = sh.spawn().context("could not run `sh`")?;
    let group = child.id().map(|id| Pid::from_raw(id.cast_signed()));
    let ended = timeout(bound, child.wait()).await;
    let said = String::from_utf8_lossy(&std::fs::read(output.path())?).into_owned();
    let Ok(status) = ended else {
        if let Some(group) = group {
            let _ = killpg(group, Signal::SIGKILL);
        }
        bail!("the power command did not end within {} s: {}", bound.as_secs(), said.trim())
    };
    let status = status.context("could not wait for the power command")?;
    if !status.success() {
        bail!("the power command failed ({status}): {}", said.trim());
    }
    Ok(said)
}

/// A host that was lost.
#[derive(Debug)]
pub struct Missing<'a> {
    /// Its part.
    pub role: Role,
    /// How it is reached.
    pub spec: &'a HostSpec,
    /// The configuration it is reached by.
    pub ssh_config: Option<&'a Path>,
    /// Its boot id before.
    pub boot_id: &'a str,
    /// The journal that is to be undone, if it was held by one.
    pub journal: Option<&'a str>,
    /// How long it is waited for.
    pub bound: Duration,
}

/// A host that is back, as it was before the run.
#[derive(Debug)]
pub struct Back {
    /// A new connection to it.
    pub host: Host,
    /// Whether it was booted in between.
    pub rebooted: bool,
    /// What undoing its journal came to.
    pub undone: Undone,
}

impl Missing<'_> {
    /// Whether it can be reached after all: a link that was broken for a moment is no reason to cycle anybody's power.
    pub async fn answers(&self) -> bool {
        self.connect().await.is_ok()
    }

    /// Waits until it answers, and undoes what was changed there. With `cycled` it counts only when it has been booted
    /// anew: before the power is off, it may still answer.
    pub async fn back(&self, cycled: bool) -> Result<Back> {
        let begun = Instant::now();
        loop {
            let why = match self.connect().await {
                Ok((host, boot_id)) => {
                    let rebooted = boot_id != self.boot_id;
                    if rebooted || !cycled {
                        let undone = match self.journal {
                            Some(journal) => execute::undo(&host, Some(journal)).await?,
                            None => Undone::default(),
                        };
                        return Ok(Back { host, rebooted, undone });
                    }
                    "it answers, and was not rebooted by its power command".to_owned()
                }
                Err(error) => format!("{error:#}"),
            };
            if begun.elapsed() >= self.bound {
                let why = why.lines().next().unwrap_or_default();
                bail!("`{}` did not come back within {} s: {why}", self.spec.ssh, self.bound.as_secs());
            }
            sleep(PAUSE.min(self.bound)).await;
        }
    }

    /// One attempt: a connection, and the boot id.
    async fn connect(&self) -> Result<(Host, String)> {
        let attempt = async {
            let host = Host::connect_within(self.role, self.spec, self.ssh_config, ATTEMPT).await?;
            let said = host.script_within("cat /proc/sys/kernel/random/boot_id", ATTEMPT).await?;
            let boot_id = said.success("reading the boot id")?.trim().to_owned();
            Ok((host, boot_id))
        };
        // A host in the middle of its boot may let one in and say nothing more.
        match timeout(ATTEMPT * 3, attempt).await {
            Ok(result) => result,
            Err(_) => bail!("`{}` did not answer within {} s", self.spec.ssh, (ATTEMPT * 3).as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_power_command_is_the_shells_and_what_it_says_is_kept() {
        let said = run("echo off >&2; echo on; sleep 5 &", Duration::from_secs(20)).await.unwrap();
        assert_eq!(said, "off\non\n");
        let error = run("echo no such outlet; exit 3", Duration::from_secs(20)).await.unwrap_err().to_string();
        assert_eq!(error, "the power command failed (exit status: 3): no such outlet");
    }

    #[tokio::test]
    async fn a_power_command_that_hangs_is_ended_with_its_children() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let command = format!("echo waiting; sh -c 'echo $$ >{}; sleep 1000' & wait", file.path().display());
        let error = run(&command, Duration::from_secs(5)).await.unwrap_err().to_string();
        assert_eq!(error, "the power command did not end within 5 s: waiting");
        let pid: i32 = std::fs::read_to_string(file.path()).unwrap().trim().parse().unwrap();
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            Ok((stat.is_empty() || stat.contains(") Z ")).then_some(()))
        };
        crate::poll::until(Duration::from_secs(10), "the child to end", gone).unwrap();
    }

    #[test]
    fn what_the_file_says_comes_before_what_the_lab_can_do() {
        let mut testbed = Testbed::shipped("lab").unwrap();
        assert!(matches!(Power::of(&testbed, Role::Sink).unwrap(), Some(Power::Lab(_))));
        testbed.sink.power = Some(crate::testbed::Power { cycle: "true".to_owned() });
        assert!(matches!(Power::of(&testbed, Role::Sink).unwrap(), Some(Power::Command(command)) if command == "true"));
        assert!(Power::of(&Testbed::shipped("fractus").unwrap(), Role::Sink).unwrap().is_none());
    }
}
