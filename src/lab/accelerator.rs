//! KVM or TCG: what a guest really boots under.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::cache;
use super::image::Image;
use super::machine::ALIVE;
use crate::progress::Progress;

/// A guest under KVM prints its first line within a second; one that hangs never does.
const BOUND: Duration = Duration::from_secs(15);

/// How guests are run, and why so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accelerator {
    /// True for KVM.
    pub kvm: bool,
    /// The reason, for people.
    pub reason: String,
}

impl Accelerator {
    /// `KVM` or `TCG`.
    pub const fn name(&self) -> &'static str {
        if self.kvm { "KVM" } else { "TCG" }
    }

    /// QEMU's arguments. The guests' 6.12 kernel dies at random early in boot under TCG of QEMU 7.2 unless the CPU
    /// lacks cmpxchg16b. With a thread a CPU it dies now and then as well, of a breakpoint in code that another CPU has
    /// patched already: translations of the old bytes may be made between their removal and the store.
    pub const fn arguments(&self) -> [&'static str; 4] {
        if self.kvm {
            ["-accel", "kvm", "-cpu", "host"]
        } else {
            ["-accel", "tcg,thread=single", "-cpu", "max,cx16=off"]
        }
    }

    /// KVM where a guest boots under it, else TCG. `NSBENCH_ACCEL=kvm|tcg` decides without a look.
    ///
    /// The device can be opened on machines where a guest then hangs without a word; so one is booted. What came
    /// of it is remembered until this machine boots anew.
    pub fn choose(image: &Image) -> Result<Self> {
        if let Ok(asked) = std::env::var("NSBENCH_ACCEL") {
            let kvm = match asked.as_str() {
                "kvm" => true,
                "tcg" => false,
                _ => anyhow::bail!("NSBENCH_ACCEL is `{asked}`\nhint: set it to `kvm` or `tcg`"),
            };
            return Ok(Self { kvm, reason: "NSBENCH_ACCEL says so".to_owned() });
        }
        if let Err(error) = fs::OpenOptions::new().read(true).write(true).open("/dev/kvm") {
            return Ok(Self { kvm: false, reason: format!("/dev/kvm: {error}") });
        }
        let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").context("could not read the boot id")?;
        let key = cache::key([boot_id.as_str(), &image.key]);
        let dir = cache::ensure("kvm", &key, |dir| {
            let verdict = if probe(image)? { "boots" } else { "hangs" };
            fs::write(dir.join("verdict"), verdict).context("could not write the verdict on KVM")
        })?;
        let kvm = fs::read_to_string(dir.join("verdict"))? == "boots";
        let reason = if kvm {
            "a guest boots under it".to_owned()
        } else {
            format!("/dev/kvm is there, but a guest under it did not start within {} s", BOUND.as_secs())
        };
        Ok(Self { kvm, reason })
    }
}

/// Boots the image's kernel and initramfs under KVM and looks for its first words.
fn probe(image: &Image) -> Result<bool> {
    let progress = Progress::start(format!("trying whether a guest boots under KVM (at most {} s)", BOUND.as_secs()));
    let mut child = Command::new("qemu-system-x86_64")
        .args(["-nodefaults", "-display", "none", "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "256"])
        .args(["-serial", "stdio", "-no-reboot", "-append", "console=ttyS0 quiet", "-kernel"])
        .arg(image.dir.join("vmlinuz"))
        .arg("-initrd")
        .arg(image.dir.join("initrd"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("could not run `qemu-system-x86_64`")?;
    let console = BufReader::new(child.stdout.take().context("QEMU has no console")?);
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let alive = console.lines().map_while(Result::ok).any(|line| line.contains(ALIVE));
        let _ = sender.send(alive);
    });
    let alive = receiver.recv_timeout(BOUND).unwrap_or(false);
    child.kill().context("could not end the probing guest")?;
    child.wait()?;
    let _ = reader.join();
    progress.done(if alive { "it does" } else { "it does not" });
    Ok(alive)
}
