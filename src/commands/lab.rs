//! `nsbench lab up|down|status|ssh`.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use super::Outcome;
use crate::lab::{Lab, Options};
use crate::output;
use crate::role::Role;

/// Brings the lab up and says how to get in.
pub fn up(name: &str, options: &Options) -> Result<Outcome> {
    let lab = Lab::new(name)?;
    let state = lab.up(options)?;
    let how = if state.restored { "restored" } else { "booted" };
    output::line(&format!("lab `{name}` is up ({how}; {}: {})", state.accelerator, state.reason))?;
    Ok(Outcome::Good)
}

/// Takes the lab down.
pub fn down(name: &str) -> Result<Outcome> {
    let was_there = Lab::new(name)?.down()?;
    output::line(&format!("lab `{name}` {}", if was_there { "is down" } else { "was not up" }))?;
    Ok(Outcome::Good)
}

/// Says whether the lab is up, what runs it and where its guests answer.
pub fn status(name: &str) -> Result<Outcome> {
    let lab = Lab::new(name)?;
    let Some(state) = lab.running() else {
        output::line(&format!("lab `{name}` is down"))?;
        return Ok(Outcome::Good);
    };
    output::line(&format!("lab `{name}` is up under {} ({})", state.accelerator, state.reason))?;
    for (role, port) in Role::ALL.into_iter().zip(state.ports) {
        output::line(&format!("  {role:<9}  ssh 127.0.0.1:{port}  console {}", lab.console(role).display()))?;
    }
    if state.iommu {
        output::line("  the middlebox has an IOMMU")?;
    }
    if let Some((host, a, b)) = state.cross {
        output::line(&format!("  crossed at the {host}: lines {a} and {b}"))?;
    }
    output::line(&format!("  ssh -F {} HOST", lab.ssh_config().display()))?;
    Ok(Outcome::Good)
}

/// Becomes an `ssh` to a guest; comes back only when that fails.
pub fn ssh(name: &str, role: Role, command: &[String]) -> Result<Outcome> {
    let error = Lab::new(name)?.ssh(role, command)?.exec();
    Err(error).context("could not run `ssh`")
}
