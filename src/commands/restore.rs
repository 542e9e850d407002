//! `nsbench restore`: gives hosts back as they were found, from the journals on their own disks.

use anyhow::{Result, bail};

use super::{Failure, Outcome};
use crate::execute::{self, Controller, Fate, Undone};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::output;
use crate::role::Role;
use crate::testbed::{HostSpec, Testbed};

/// Restores the hosts of a testbed.
pub async fn testbed(testbed: &Testbed) -> Result<Outcome> {
    if let Some(name) = &testbed.lab
        && crate::lab::Lab::new(name)?.running().is_none()
    {
        output::line(&format!("lab `{name}` is not up: there is nothing to restore"))?;
        return Ok(Outcome::Good);
    }
    let config = super::reach(testbed)?;
    // An undo is not cut off in the middle: it is short, and half of it is the worst.
    let _heard = Interrupt::listen()?;
    Ok(restore(Host::connect_all(testbed, config.as_deref()).await).await)
}

/// Restores hosts by their `ssh` destinations, without a testbed file.
pub async fn hosts(destinations: &[String]) -> Result<Outcome> {
    let _heard = Interrupt::listen()?;
    let mut hosts = Vec::new();
    for destination in destinations {
        let spec = HostSpec { ssh: destination.clone(), sudo: None, power: None };
        // The role is not known and does not matter to an undo.
        hosts.push(Host::connect(Role::Middlebox, &spec, None).await);
    }
    Ok(restore(hosts).await)
}

/// Restores each; one host that cannot be restored must not keep the others from it.
async fn restore(hosts: impl IntoIterator<Item = Result<Host>>) -> Outcome {
    let mut outcome = Outcome::Good;
    for host in hosts {
        if let Err(error) = report(host).await {
            output::remark(&format!("error: {}", output::error_text(&error)));
            outcome = Outcome::NotRestored;
        }
    }
    outcome
}

async fn report(host: Result<Host>) -> Result<()> {
    let host = host?;
    if host.privilege == crate::host::Privilege::None {
        bail!(
            "cannot restore `{}`: the login is not root and `sudo -n` does not work\n\
             hint: log in as root (`nsbench restore root@HOST`), or let the user use sudo without a password",
            host.name
        );
    }
    tell_holder(&host).await;
    let Undone { changes, rebooted, notes, .. } =
        execute::undo(&host, None).await.map_err(Failure::mark(Outcome::NotRestored))?;
    for said in notes {
        output::remark(&format!("{}: {said}", host.name));
    }
    match (changes, rebooted) {
        (None, _) => output::line(&format!("{}: nothing to restore", host.name))?,
        (Some(_), true) => {
            output::line(&format!("{}: a reboot had undone every change; the journal is closed", host.name))?;
        }
        (Some(count), false) => output::line(&format!("{}: {count} changes undone", host.name))?,
    }
    Ok(())
}

/// Says whose changes are undone, where that run is one of this machine's. What cannot be told is no reason not to.
async fn tell_holder(host: &Host) {
    let Ok(Some(holder)) = execute::look(host).await else { return };
    let name = &host.name;
    match holder.controller.as_ref().map_or(Fate::Unknown, Controller::fate) {
        Fate::Dead(why) => {
            output::remark(&format!("host `{name}` was left behind by a run that is dead ({why}): restoring it"));
            output::remark(&format!("  it was held by {holder}"));
        }
        Fate::Alive => {
            output::remark(&format!("warning: the run that holds `{name}` is alive and will fail: {holder}"));
        }
        Fate::Unknown => {}
    }
}
