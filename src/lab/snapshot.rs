//! Saved states of freshly booted guests, so that a lab need boot only once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::keys::Keys;
use super::machine::{self, Machine};
use super::qmp::Qmp;
use super::{cache, root};
use crate::host::shell::quote;
use crate::poll;
use crate::role::Role;

const KIND: &str = "snapshots";

/// Names the snapshot that fits these machines: a state can be loaded only by the same QEMU into the same hardware,
/// and it holds the keys its guests were booted with.
pub fn key(machine: &Machine<'_>, keys: &Keys) -> Result<String> {
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.arg("--version");
    let mut parts = vec![machine.image.key.clone(), root::run(qemu)?, keys.fingerprint()?];
    parts.extend(Role::ALL.iter().flat_map(|role| machine.hardware(*role)));
    if machine.accelerator.kvm {
        parts.push(fs::read_to_string("/proc/cpuinfo").unwrap_or_default().lines().take(9).collect());
    }
    Ok(cache::key(parts))
}

/// The snapshot named `key`, if there is one. The memory of a guest holds its keys.
pub fn find(key: &str) -> Result<Option<PathBuf>> {
    let found = cache::find(KIND, key)?;
    found.iter().try_for_each(|dir| cache::private(dir))?;
    Ok(found)
}

/// Saves the guests of the lab in `dir`; they stand still meanwhile and go on afterwards.
pub fn save(key: &str, dir: &Path) -> Result<()> {
    cache::ensure(KIND, key, |output| {
        cache::private(output)?;
        Role::ALL.iter().try_for_each(|role| save_guest(*role, dir, output))
    })?;
    Ok(())
}

fn save_guest(role: Role, dir: &Path, output: &Path) -> Result<()> {
    let mut qmp = Qmp::connect(&machine::monitor(dir, role))?;
    qmp.execute("stop", &Value::Null)?;
    let state = output.join(format!("{role}.state.zst"));
    let uri = format!("exec:zstd -1 -q > {}", quote(&state.to_string_lossy()));
    qmp.execute("migrate", &json!({ "uri": uri }))?;
    poll::until(Duration::from_secs(60), &format!("the state of lab guest `{role}` to be written"), || {
        let answer = qmp.execute("query-migrate", &Value::Null)?;
        match answer["status"].as_str() {
            Some("completed") => Ok(Some(())),
            Some("failed" | "cancelled") => bail!("QEMU could not save lab guest `{role}`: {answer}"),
            _ => Ok(None),
        }
    })?;
    // QEMU has written everything to the disk image when the state is complete.
    fs::copy(machine::overlay(dir, role), output.join(format!("{role}.qcow2")))
        .context("could not copy a guest's disk")?;
    qmp.execute("cont", &Value::Null)?;
    Ok(())
}
