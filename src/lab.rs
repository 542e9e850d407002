//! The lab: the three hosts of a testbed as virtual machines on this one, wired as `testbeds/lab.yaml` says.
//!
//! A lab is a directory under the user's cache (`labs/NAME`) that holds everything it has: disks, sockets, keys'
//! configuration, consoles. Whatever QEMU process names that directory belongs to it, so that nothing
//! can be forgotten. Must not know what the hosts are used for.

pub mod accelerator;
pub mod blocks;
pub mod cache;
pub mod counted;
pub mod image;
pub mod keys;
pub mod machine;
pub mod ports;
pub mod qmp;
mod reset;
pub mod root;
pub mod snapshot;
pub mod solo;
pub mod state;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::progress::{Progress, note};
use crate::role::Role;
use accelerator::Accelerator;
use cache::Lock;
use image::Image;
use machine::{Clock, Machine};
use state::State;

/// Starts of the guests at most.
const TRIES: usize = 4;

/// Whether a start failed for no fault of anybody's: under emulation a kernel now and then dies early in boot, and a port may
/// be taken between its choice and its use.
fn is_chance(error: &anyhow::Error) -> bool {
    error.is::<machine::Panicked>() || error.is::<ports::Taken>()
}

/// How a lab is brought up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Boot anew even where a snapshot could be restored.
    pub cold: bool,
    /// Give the middlebox an IOMMU, so that its ports can be given to vfio-pci.
    pub iommu: bool,
    /// Crossed cables `(host, line a, line b)`: the ends of two lines at the source or sink are swapped.
    pub cross: Option<(Role, usize, usize)>,
}

/// A lab by its name; it need not be up.
#[derive(Debug, Clone)]
pub struct Lab {
    /// The name, `lab` unless the user chose another.
    pub name: String,
    dir: PathBuf,
}

impl Lab {
    /// Names a lab.
    pub fn new(name: &str) -> Result<Self> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 32 || !name.chars().all(fits) || name.starts_with('-') {
            bail!("`{name}` cannot name a lab\nhint: use up to 32 of a-z, 0-9 and `-`");
        }
        Ok(Self { name: name.to_owned(), dir: cache::dir()?.join("labs").join(name) })
    }

    /// The lab of one machine that measures of this one are made on, beside it. No user can give a lab this name.
    fn solo(&self) -> Self {
        let name = format!("{}_solo", self.name);
        Self { dir: self.dir.with_file_name(&name), name }
    }

    /// Client configuration for `ssh -F`, in which the hosts are called `source`, `middlebox` and `sink`.
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config")
    }

    /// The state, if the lab is up and whole.
    pub fn running(&self) -> Option<State> {
        let state = State::load(&self.dir).ok()?;
        let alive = Machine::processes(&self.dir);
        Role::ALL.iter().all(|role| alive.contains_key(role)).then_some(state)
    }

    /// Brings the lab up, or finds it up.
    pub fn up(&self, options: &Options) -> Result<State> {
        let _lock = self.lock()?;
        if let Some(state) = self.running() {
            let other_cables = options.cross.is_some() && options.cross != state.cross;
            if other_cables || (options.iommu && !state.iommu) {
                bail!(
                    "lab `{}` is already up with other {}\nhint: nsbench lab down --name {}",
                    self.name,
                    if other_cables { "cables" } else { "hardware" },
                    self.name
                );
            }
            note(format!("lab `{}` is already up", self.name));
            return Ok(state);
        }
        self.clear()?;
        require_programs()?;
        let image = Image::ensure()?;
        let accelerator = Accelerator::choose(&image)?;
        note(format!("lab `{}`: {} ({})", self.name, accelerator.name(), accelerator.reason));
        let mut tries = 1;
        loop {
            match self.start(&image, &accelerator, options) {
                Err(error) if tries < TRIES && is_chance(&error) => {
                    note(format!("{error:#}; trying again"));
                    tries += 1;
                    self.clear()?;
                }
                Err(error) => {
                    self.stop_machines()?;
                    return Err(error.context(format!(
                        "could not bring up lab `{0}`\nhint: `nsbench lab up --cold --name {0}` boots it anew; what its guests said is in {1}/console-*",
                        self.name,
                        self.dir.display()
                    )));
                }
                state => return state,
            }
        }
    }

    fn start(&self, image: &Image, accelerator: &Accelerator, options: &Options) -> Result<State> {
        cache::private(&self.dir)?;
        let keys = keys::Keys::ensure()?;
        let machine = Machine { image, accelerator, dir: &self.dir, iommu: options.iommu, clock: Clock::Time };
        let key = snapshot::key(&machine, &keys)?;
        let stored = snapshot::find(&key)?.filter(|_| !options.cold);
        let ports = ports::free()?;
        keys.write_client_files(&self.dir, &self.name, ports)?;
        let progress = Progress::start(format!(
            "lab `{}`: {} three guests",
            self.name,
            if stored.is_some() { "restoring" } else { "booting" }
        ));
        // The middlebox listens on every wire, so it goes first.
        for (role, port) in [Role::Middlebox, Role::Source, Role::Sink].into_iter().zip([ports[1], ports[0], ports[2]])
        {
            machine.launch(role, port, &keys, options.cross, stored.as_deref())?;
        }
        match &stored {
            Some(_) => machine.wait_restored()?,
            None => machine.wait_booted()?,
        }
        self.set_clocks()?;
        progress.done("up");
        if stored.is_none() {
            let progress = Progress::start("saving their state, so that the next start is a restore");
            snapshot::save(&key, &self.dir)?;
            progress.done("saved");
        }
        let state = State {
            name: self.name.clone(),
            accelerator: accelerator.name().to_owned(),
            reason: accelerator.reason.clone(),
            restored: stored.is_some(),
            ports,
            iommu: options.iommu,
            cross: options.cross,
        };
        state.save(&self.dir)?;
        Ok(state)
    }

    /// Takes the lab down; nothing of it remains. Says whether there was one.
    pub fn down(&self) -> Result<bool> {
        let left = self.clear_solo()?;
        if !self.dir.exists() && Machine::processes(&self.dir).is_empty() {
            return Ok(left);
        }
        let lock = self.lock()?;
        self.clear()?;
        lock.remove();
        Ok(true)
    }

    /// A guest's shell, or one command in it, on this terminal.
    pub fn ssh(&self, role: Role, command: &[String]) -> Result<Command> {
        if self.running().is_none() {
            bail!("lab `{}` is not up\nhint: nsbench lab up --name {}", self.name, self.name);
        }
        let mut ssh = self.ssh_command(role);
        ssh.args(command);
        Ok(ssh)
    }

    /// Resets a guest, as the button on its front would, and returns when it has booted anew.
    pub fn power_cycle(&self, role: Role) -> Result<()> {
        reset::reset(&self.dir, role)
    }

    /// Console output of a guest since it was started.
    pub fn console(&self, role: Role) -> PathBuf {
        machine::console(&self.dir, role)
    }

    fn ssh_command(&self, role: Role) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(self.ssh_config()).arg(role.name());
        ssh
    }

    /// A restored guest believes it is still the moment of the snapshot. Being let in by every guest is also the
    /// proof that the lab is up.
    fn set_clocks(&self) -> Result<()> {
        let children = Role::ALL.map(|role| {
            let now = jiff::Timestamp::now().as_second();
            let mut ssh = self.ssh_command(role);
            ssh.args(["date", "-u", "-s", &format!("@{now}")]);
            ssh.stdin(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped());
            (role, ssh.spawn())
        });
        for (role, child) in children {
            let output = child.and_then(std::process::Child::wait_with_output).context("could not run `ssh`")?;
            if !output.status.success() {
                bail!("lab guest `{role}` does not let us in: {}", String::from_utf8_lossy(&output.stderr).trim());
            }
        }
        Ok(())
    }

    fn lock(&self) -> Result<Lock> {
        Lock::acquire(&self.dir.with_extension("lock"), &format!("another command works on lab `{}`", self.name))
    }

    /// Removes what a measure on the lab of one machine left that was killed, and says whether there was something. One that
    /// is at work is left alone.
    fn clear_solo(&self) -> Result<bool> {
        let solo = self.solo();
        if !solo.dir.exists() {
            return Ok(false);
        }
        let Some(lock) = Lock::attempt(&solo.dir.with_extension("lock"))? else { return Ok(false) };
        solo.clear()?;
        lock.remove();
        Ok(true)
    }

    fn stop_machines(&self) -> Result<()> {
        Machine::kill_all(&self.dir)
    }

    /// Ends every process of this lab and removes its directory, whatever state a killed `up` left.
    fn clear(&self) -> Result<()> {
        self.stop_machines()?;
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("could not remove `{}`", self.dir.display()))
            }
            _ => Ok(()),
        }
    }
}

/// The programs without which there is no lab, and the Debian packages that have them.
const PROGRAMS: [(&str, &str); 8] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("qemu-img", "qemu-utils"),
    ("mmdebstrap", "mmdebstrap"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("unshare", "util-linux"),
    ("mke2fs", "e2fsprogs"),
    ("zstd", "zstd"),
];

fn require_programs() -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // mke2fs stands in /sbin, which is not on every user's path.
    let mut dirs: Vec<_> = std::env::split_paths(&path).collect();
    dirs.extend([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")]);
    let missing = |program: &str| !dirs.iter().any(|dir| dir.join(program).is_file());
    let mut packages: Vec<_> =
        PROGRAMS.iter().filter(|(program, _)| missing(program)).map(|(_, package)| *package).collect();
    if !nix::unistd::geteuid().is_root() && missing("newuidmap") {
        packages.push("uidmap");
    }
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    bail!("the lab needs programs that are not installed\nhint: apt-get install {}", packages.join(" "))
}
