//! A middlebox by itself, whose clock counts instructions: what is measured is what forwarding costs, and source and sink
//! are two ends of its wires in this process.
//!
//! It is this process's alone and dies with it, however that ends. Must not know what it forwards.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::accelerator::Accelerator;
use super::blocks::Blocks;
use super::cache::{self, Lock};
use super::image::Image;
use super::keys::Keys;
use super::machine::{Clock, Machine, QEMU, close_sockets, console, pidfile, wire};
use super::ports::{self, Taken};
use super::qmp::connect_short;
use super::{Lab, TRIES, is_chance, require_programs};
use crate::interrupt::Interrupt;
use crate::progress::{Progress, fault, note};
use crate::role::Role;

/// Emulation that counts its instructions boots slowly.
const BOOT_BOUND: Duration = Duration::from_secs(300);

/// A middlebox that runs.
#[derive(Debug)]
pub struct Solo {
    lab: Lab,
    mtu: u32,
    image: Image,
    blocks: Option<Blocks>,
    qemu: Option<Child>,
    // Held as long as the machine is there.
    lock: Option<Lock>,
}

impl Solo {
    /// Makes ready for the middlebox that belongs to the lab `name`, which need not be up and is not touched, and whose ports
    /// are to take frames of `mtu` bytes. Another process that has it is waited for; what one that was killed left behind is removed.
    pub fn prepare(name: &str, mtu: u32) -> Result<Self> {
        require_programs()?;
        let image = Image::ensure()?;
        let lab = Lab::new(name)?.solo();
        let lock = lab.lock()?;
        lab.clear()?;
        Ok(Self { lab, mtu, image, blocks: None, qemu: None, lock: Some(lock) })
    }

    /// Has the emulator count, from the boot on, how often each block of the guest's code is run.
    ///
    /// # Errors
    /// It takes no plugins.
    pub fn count_blocks(&mut self) -> Result<Blocks> {
        cache::private(&self.lab.dir)?;
        Ok(self.blocks.insert(Blocks::prepare(&self.lab.dir)?).clone())
    }

    /// Boots it; false where the user did not want to wait for it.
    ///
    /// Must be called on a thread that lives as long as this process: the guest ends with it.
    pub async fn boot(&mut self, interrupt: &Interrupt) -> Result<bool> {
        let progress = Progress::start("booting a middlebox whose clock counts instructions");
        let mut left = TRIES;
        loop {
            left -= 1;
            match self.start(interrupt).await {
                Err(error) if left > 0 && is_chance(&error) => {
                    note(format!("{error:#}; trying again"));
                    self.end();
                    self.lab.clear()?;
                }
                started => {
                    progress.done(match &started {
                        Ok(true) => "up",
                        Ok(false) => "interrupted",
                        Err(_) => "failed",
                    });
                    return started;
                }
            }
        }
    }

    async fn start(&mut self, interrupt: &Interrupt) -> Result<bool> {
        let dir = self.lab.dir.clone();
        cache::private(&dir)?;
        if self.blocks.is_some() {
            // A boot that failed has taken the plugin with it.
            self.blocks = Some(Blocks::prepare(&dir)?);
        }
        let keys = Keys::ensure()?;
        let accelerator = Accelerator { kvm: false, reason: "instructions are counted".to_owned() };
        let machine = Machine {
            image: &self.image,
            accelerator: &accelerator,
            dir: &dir,
            iommu: false,
            clock: Clock::Instructions { mtu: self.mtu },
        };
        let ports = ports::free()?;
        keys.write_client_files(&dir, &self.lab.name, ports)?;
        let mut bound = Command::new("setpriv");
        bound.args(["--pdeathsig", "KILL", "taskset", "--cpu-list", &last_cpu()?, "chrt", "--batch", "0", QEMU]);
        let mut qemu = machine.command(bound, (Role::Middlebox, ports[1]), &keys, None, None)?;
        let log = fs::File::create(dir.join("qemu.log")).context("could not write down what QEMU says")?;
        // Without it a kernel that panics boots anew, and seems to be there yet.
        qemu.arg("-no-reboot");
        qemu.args(self.blocks.iter().flat_map(Blocks::arguments));
        // A terminal's Ctrl-C is for this program, which gives the guest back first.
        qemu.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let qemu = self.qemu.insert(qemu.spawn().with_context(|| format!("could not run `setpriv` and `{QEMU}`"))?);
        let begun = Instant::now();
        loop {
            if let Some(status) = qemu.try_wait()? {
                let said = fs::read_to_string(dir.join("qemu.log")).unwrap_or_default();
                let error = anyhow!("`{QEMU}` ended ({status}): {}", said.trim());
                return Err(Taken::of(&said).map_or(error, Into::into));
            }
            // Until it has written its pid file it may be one of the programs that begin it, and not be known as QEMU.
            if pidfile(&dir, Role::Middlebox).exists() && machine.is_booted(Role::Middlebox)? {
                close_sockets(&dir).context("could not close the sockets of the middlebox to others")?;
                return Ok(true);
            }
            if begun.elapsed() > BOOT_BOUND {
                let last = said(&dir).pop().unwrap_or_default();
                bail!("the middlebox did not boot within {} s; it said last: {last}", BOOT_BOUND.as_secs());
            }
            tokio::select! {
                () = interrupt.wait() => return Ok(false),
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        }
    }

    /// Client configuration for `ssh -F`, in which it is called `middlebox`.
    pub fn ssh_config(&self) -> PathBuf {
        self.lab.ssh_config()
    }

    /// This machine's end of the wire at a port of the middlebox's. Each can be taken once.
    pub fn wire(&self, port: &str) -> Result<UnixStream> {
        let number = port.strip_prefix("eth").and_then(|number| number.parse().ok()).filter(|number| *number > 0);
        let number: usize = number.with_context(|| format!("port `{port}` of the lab's middlebox has no wire"))?;
        let path = self.lab.dir.join(wire(number));
        let there = fs::metadata(&path).is_ok_and(|meta| meta.file_type().is_socket());
        ensure!(there, "port `{port}` of the lab's middlebox has no wire");
        connect_short(&path).with_context(|| format!("could not get hold of the wire at `{port}` of the middlebox"))
    }

    /// What its kernel said on its console, oldest first.
    pub fn console(&self) -> Vec<String> {
        said(&self.lab.dir)
    }

    /// Whether it runs.
    pub fn is_alive(&mut self) -> bool {
        self.qemu.as_mut().is_some_and(|qemu| matches!(qemu.try_wait(), Ok(None)))
    }

    fn end(&mut self) {
        if let Some(mut qemu) = self.qemu.take() {
            let _ = qemu.kill();
            let _ = qemu.wait();
        }
    }
}

/// The CPU for all threads of QEMU, of those that this process may use. Where they take turns, and none interrupts another
/// (`chrt --batch`), a burst that a wire hands over in one go is all there when the guest looks at its card; else that
/// depends on what this machine does besides.
fn last_cpu() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status").context("could not read which CPUs are to be used")?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).map(str::trim);
    let last = allowed.and_then(|list| list.rsplit([',', '-']).next());
    last.filter(|cpu| !cpu.is_empty())
        .map(str::to_owned)
        .with_context(|| format!("could not tell which CPUs are to be used from `{}`", allowed.unwrap_or_default()))
}

fn said(dir: &Path) -> Vec<String> {
    let text = fs::read(console(dir, Role::Middlebox)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

impl Drop for Solo {
    fn drop(&mut self) {
        self.end();
        if let Err(error) = self.lab.clear() {
            fault(crate::output::error_text(&error));
        }
        if let Some(lock) = self.lock.take() {
            lock.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cpu_is_named_of_those_that_may_be_used() {
        let cpu: usize = last_cpu().unwrap().parse().unwrap();
        assert!(Path::new(&format!("/sys/devices/system/cpu/cpu{cpu}")).exists(), "{cpu}");
    }
}
