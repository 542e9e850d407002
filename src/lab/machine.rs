//! The QEMU processes of a lab: their arguments, finding them, ending them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::accelerator::Accelerator;
use super::counted;
use super::image::Image;
use super::keys::Keys;
use super::ports::Taken;
use super::qmp::Qmp;
use super::root;
use crate::poll;
use crate::role::Role;

/// Lines of the lab, as many as the paper's testbed has.
const LINES: usize = 4;

/// What runs the guests.
pub const QEMU: &str = "qemu-system-x86_64";

/// First words of a guest's boot.
pub const ALIVE: &str = "nsbench: guest alive";

/// What the kernel of a guest says that died.
pub const PANIC: &str = "Kernel panic";

/// Last words of a guest's boot.
pub const READY: &str = "nsbench: guest ready";

/// A guest whose kernel gave up while it booted.
#[derive(Debug, thiserror::Error)]
#[error("the kernel of lab guest `{role}` died while it booted: {why}")]
pub struct Panicked {
    role: Role,
    why: String,
}

/// What every machine of a lab is made from.
#[derive(Debug)]
pub struct Machine<'a> {
    /// What the guests boot.
    pub image: &'a Image,
    /// What runs them.
    pub accelerator: &'a Accelerator,
    /// The lab's directory.
    pub dir: &'a Path,
    /// Whether the middlebox has an IOMMU, and its test ports are behind it.
    pub iommu: bool,
    /// What the guests' clocks count.
    pub clock: Clock,
}

/// What makes a guest's time pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// This machine's time.
    Time,
    /// Every instruction is a nanosecond, whatever else this machine does meanwhile; in a guest that waits, time passes as
    /// it does here. Takes emulation, and a single CPU.
    Instructions {
        /// Of the frames that its cards are to take.
        mtu: u32,
    },
}

/// Makes all sockets in a directory their owner's alone.
pub(super) fn close_sockets(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_socket() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

impl Machine<'_> {
    /// Starts the guest `role`, cold or from the snapshot in `stored`, and returns when QEMU has opened its sockets.
    ///
    /// # Errors
    /// [`Taken`] where `ssh_port` is not free.
    pub fn launch(
        &self,
        role: Role,
        ssh_port: u16,
        keys: &Keys,
        cross: Option<(Role, usize, usize)>,
        stored: Option<&Path>,
    ) -> Result<()> {
        let mut qemu = self.command(Command::new(QEMU), (role, ssh_port), keys, cross, stored)?;
        qemu.arg("-daemonize");
        root::run(qemu)
            .map_err(|error| Taken::of(&error.to_string()).map_or(error, Into::into))
            .with_context(|| format!("could not start lab guest `{role}`"))?;
        // QEMU makes them as its own umask has it, which leaves something to the group.
        close_sockets(self.dir).context("could not close the lab's sockets to others")
    }

    /// The command line of the guest `role`, put behind that of `qemu`, and the files that it needs.
    pub(super) fn command(
        &self,
        mut qemu: Command,
        (role, ssh_port): (Role, u16),
        keys: &Keys,
        cross: Option<(Role, usize, usize)>,
        stored: Option<&Path>,
    ) -> Result<Command> {
        let overlay = overlay(self.dir, role);
        let initrd = self.dir.join(format!("initrd-{role}"));
        keys.write_initrd(&self.image.dir.join("initrd"), role, &initrd)?;
        // Sockets are named relative to the lab's directory, because their names must be short.
        qemu.current_dir(self.dir).args(self.hardware(role)).args(wires(role, cross));
        qemu.arg("-pidfile").arg(pidfile(self.dir, role));
        qemu.arg("-kernel").arg(self.image.dir.join("vmlinuz")).arg("-initrd").arg(&initrd);
        qemu.arg("-drive").arg(option("if=none,id=disk,format=qcow2,cache=unsafe,file=", &overlay));
        qemu.arg("-chardev").arg(option("file,id=console,path=", &console(self.dir, role)));
        qemu.arg("-netdev").arg(format!("user,id=management,hostfwd=tcp:127.0.0.1:{ssh_port}-:22"));
        qemu.arg("-qmp").arg(format!("unix:qmp-{role},server=on,wait=off"));
        match stored {
            Some(snapshot) => {
                fs::copy(snapshot.join(format!("{role}.qcow2")), &overlay).context("could not copy a guest's disk")?;
                let state = snapshot.join(format!("{role}.state.zst"));
                qemu.arg("-incoming")
                    .arg(format!("exec:zstd -dcq {}", crate::host::shell::quote(&state.to_string_lossy())));
            }
            None => self.create_overlay(&overlay)?,
        }
        Ok(qemu)
    }

    fn create_overlay(&self, overlay: &Path) -> Result<()> {
        let mut create = Command::new("qemu-img");
        create
            .args(["create", "-q", "-f", "qcow2", "-F", "raw", "-b"])
            .arg(self.image.dir.join("disk.img"))
            .arg(overlay);
        root::run(create).map(drop)
    }

    /// The part of the arguments that a snapshot depends on.
    pub fn hardware(&self, role: Role) -> Vec<String> {
        let (memory_mib, cpus) = match role {
            Role::Middlebox if self.clock == Clock::Time => ("1024", "2"),
            Role::Middlebox => ("1024", "1"),
            Role::Source | Role::Sink => ("384", "1"),
        };
        let mut arguments: Vec<String> =
            ["-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35", "-m", memory_mib, "-smp", cpus]
                .map(str::to_owned)
                .into();
        arguments.extend(match self.clock {
            Clock::Time => self.accelerator.arguments().map(str::to_owned).to_vec(),
            Clock::Instructions { .. } => counted::INSTRUCTION_CLOCK.map(str::to_owned).to_vec(),
        });
        let iommu = self.iommu && role == Role::Middlebox;
        let mut kernel = vec![kernel_arguments(role)];
        kernel.extend(iommu.then(|| "intel_iommu=on".to_owned()));
        // Emulation translates a program anew for every address that it is loaded at: a process takes 50 ms where they
        // differ, 20 ms where they do not, and a reset, which drops all translations one by one, minutes instead of seconds.
        kernel.extend((!self.accelerator.kvm).then(|| "norandmaps".to_owned()));
        arguments.extend(["-append".to_owned(), kernel.join(" ")]);
        // It must be there before what it is to translate for.
        arguments.extend(iommu.then_some(["-device", "intel-iommu"]).into_iter().flatten().map(str::to_owned));
        let behind = if iommu { ",disable-legacy=on,iommu_platform=on" } else { "" };
        for device in [
            "virtio-net-pci,netdev=management,romfile=,mac=52:54:00:5e:00:00",
            "virtio-blk-pci,drive=disk",
            "virtio-rng-pci",
            "isa-serial,chardev=console",
            "vmgenid,guid=auto",
        ] {
            arguments.extend(["-device".to_owned(), device.to_owned()]);
        }
        let buffers = match self.clock {
            Clock::Time => "",
            Clock::Instructions { mtu } => counted::card(mtu),
        };
        for port in 1..=ports(role) {
            let mac = format!("52:54:00:5e:{:02x}:{port:02x}", role as u8 + 1);
            let device = format!("virtio-net-pci,netdev=port{port},romfile=,mac={mac}{behind}{buffers}");
            arguments.extend(["-device".to_owned(), device]);
        }
        arguments
    }

    /// Waits until every guest says on its console that it can be reached.
    pub fn wait_booted(&self) -> Result<()> {
        for role in Role::ALL {
            let what = format!("lab guest `{role}` to boot (console: {})", console(self.dir, role).display());
            poll::until(Duration::from_secs(180), &what, || Ok(self.is_booted(role)?.then_some(())))?;
        }
        Ok(())
    }

    /// Whether the guest says on its console that it can be reached.
    ///
    /// # Errors
    /// It will not come to that.
    pub fn is_booted(&self, role: Role) -> Result<bool> {
        let text = fs::read(console(self.dir, role)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        if let Some(why) = text.lines().find(|line| line.contains(PANIC)) {
            let why = why.split_once("] ").map_or(why, |(_, why)| why).to_owned();
            return Err(Panicked { role, why }.into());
        }
        if text.contains("guest failed") {
            let last: Vec<_> = text.lines().rev().take(15).collect();
            let last = last.into_iter().rev().collect::<Vec<_>>().join("\n  ");
            bail!("lab guest `{role}` did not boot:\n  {last}");
        }
        self.require_alive(role)?;
        Ok(text.contains(READY))
    }

    /// Waits until every guest's state is loaded, and lets them run.
    pub fn wait_restored(&self) -> Result<()> {
        for role in Role::ALL {
            let what = format!("lab guest `{role}` to be restored");
            let mut monitor = poll::until(Duration::from_secs(60), &what, || {
                self.require_alive(role)?;
                let mut qmp = Qmp::connect(&monitor(self.dir, role))?;
                let status = qmp.execute("query-status", &Value::Null)?;
                Ok((status["status"] != "inmigrate").then_some(qmp))
            })?;
            monitor.execute("cont", &Value::Null)?;
        }
        Ok(())
    }

    fn require_alive(&self, role: Role) -> Result<()> {
        if Self::processes(self.dir).contains_key(&role) {
            return Ok(());
        }
        bail!("the QEMU process of lab guest `{role}` ended")
    }

    /// The QEMU processes that belong to the lab in `dir`, found by the pid file they were told to write: a
    /// process cannot be missed because a record of it was never made, nor mistaken for one that reuses its number.
    pub fn processes(dir: &Path) -> BTreeMap<Role, Pid> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
            let mut arguments = line.split(|byte| *byte == 0).skip_while(|argument| *argument != b"-pidfile").skip(1);
            let Some(path) = arguments.next() else { continue };
            if let Some(role) = Role::ALL.into_iter().find(|role| pidfile(dir, *role).as_os_str().as_bytes() == path) {
                found.insert(role, Pid::from_raw(pid));
            }
        }
        found
    }

    /// Ends every process of the lab in `dir`, kindly at first.
    pub fn kill_all(dir: &Path) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (signal, bound) in [(Signal::SIGTERM, 5), (Signal::SIGKILL, 10)] {
            let waited = poll::until(Duration::from_secs(bound), "the lab's QEMU processes to end", || {
                let processes = Self::processes(dir);
                for pid in processes.values() {
                    let _ = kill(*pid, signal);
                    seen.insert(*pid);
                }
                // A process that is ending has no command line any more, and is still there.
                Ok((processes.is_empty() && !seen.iter().any(|pid| is_running(*pid))).then_some(()))
            });
            if waited.is_ok() {
                return Ok(());
            }
        }
        bail!("the QEMU processes of the lab do not end: {:?}", Self::processes(dir).values())
    }
}

/// Whether a process is there and not merely waiting for its parent to look at its exit status.
fn is_running(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn kernel_arguments(role: Role) -> String {
    format!("console=ttyS0 quiet root=/dev/vda net.ifnames=0 mitigations=off nokaslr panic=-1 nsbench.role={role}")
}

/// Test ports of a guest; the middlebox has two a line.
const fn ports(role: Role) -> usize {
    match role {
        Role::Middlebox => 2 * LINES,
        Role::Source | Role::Sink => LINES,
    }
}

/// The wires end in unix sockets: the middlebox listens, the others connect. Line `n` is `wire-source-n` and
/// `wire-sink-n`; `eth(2n-1)` and `eth(2n)` at the middlebox, as in `testbeds/lab.yaml`.
fn wires(role: Role, cross: Option<(Role, usize, usize)>) -> Vec<String> {
    let crossed = |line: usize| match cross {
        Some((host, a, b)) if host == role && line == a => b,
        Some((host, a, b)) if host == role && line == b => a,
        _ => line,
    };
    let mut arguments = Vec::new();
    for port in 1..=ports(role) {
        let (wire, server) = match role {
            Role::Middlebox => (wire(port), "on"),
            Role::Source | Role::Sink => (format!("wire-{role}-{}", crossed(port)), "off"),
        };
        arguments.push("-netdev".to_owned());
        arguments.push(format!("stream,id=port{port},server={server},addr.type=unix,addr.path={wire}"));
    }
    arguments
}

/// The socket in which the wire at port `eth<port>` of the middlebox ends.
pub fn wire(port: usize) -> String {
    let end = if port % 2 == 1 { Role::Source } else { Role::Sink };
    format!("wire-{end}-{}", port.div_ceil(2))
}

/// The disk of a guest.
pub fn overlay(dir: &Path, role: Role) -> PathBuf {
    dir.join(format!("{role}.qcow2"))
}

/// The monitor socket of a guest.
pub fn monitor(dir: &Path, role: Role) -> PathBuf {
    dir.join(format!("qmp-{role}"))
}

/// The console of a guest, as text.
pub fn console(dir: &Path, role: Role) -> PathBuf {
    dir.join(format!("console-{role}"))
}

pub(super) fn pidfile(dir: &Path, role: Role) -> PathBuf {
    dir.join(format!("{role}.pid"))
}

/// `prefix` and a path as one option argument of QEMU's, which doubles commas in values.
fn option(prefix: &str, path: &Path) -> OsString {
    let mut bytes = prefix.as_bytes().to_vec();
    for byte in path.as_os_str().as_bytes() {
        bytes.push(*byte);
        if *byte == b',' {
            bytes.push(b',');
        }
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(role: Role, cross: Option<(Role, usize, usize)>) -> Vec<String> {
        let wires = wires(role, cross).into_iter().filter_map(|a| a.split("addr.path=").nth(1).map(str::to_owned));
        wires.collect()
    }

    #[test]
    fn every_wire_of_the_middlebox_has_its_other_end() {
        let mut ends = paths(Role::Source, None);
        ends.extend(paths(Role::Sink, None));
        ends.sort();
        let mut sockets = paths(Role::Middlebox, None);
        sockets.sort();
        assert_eq!(sockets, ends);
        assert_eq!(sockets.len(), 2 * LINES);
    }

    #[test]
    fn crossing_swaps_the_ends_of_two_lines_at_one_host_only() {
        let cross = Some((Role::Source, 1, 3));
        let at_source = ["wire-source-3", "wire-source-2", "wire-source-1", "wire-source-4"];
        assert_eq!(paths(Role::Source, cross), at_source);
        assert_eq!(paths(Role::Sink, cross), paths(Role::Sink, None));
    }

    #[test]
    fn commas_in_paths_do_not_end_a_qemu_option() {
        assert_eq!(option("file=", Path::new("/a,b")), "file=/a,,b");
    }
}
