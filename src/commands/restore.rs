//! `nsbench restore`: gives hosts back as they were found, from the journals on their own disks.

use std::path::PathBuf;

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use super::{Failure, Outcome};
use crate::execute::{self, Controller, Fate, Undone};
use crate::host::{Host, Privilege};
use crate::interrupt::Interrupt;
use crate::output;
use crate::role::Role;
use crate::testbed::HostSpec;
use crate::testbed::rack::Rack;

/// Restores the hosts of a testbed, all its middleboxes among them.
pub async fn rack(rack: &Rack) -> Result<Outcome> {
    // The lab's guests are those of one testbed.
    let testbed = &rack.testbeds()[0];
    if let Some(name) = &testbed.lab
        && crate::lab::Lab::new(name)?.running().is_none()
    {
        output::line(&format!("lab `{name}` is not up: there is nothing to restore"))?;
        return Ok(Outcome::Good);
    }
    let config = super::reach(testbed)?;
    let hosts = rack.hosts().into_iter().map(|(role, spec)| (role, spec.clone())).collect();
    restore(hosts, config).await
}

/// Restores hosts by their `ssh` destinations, without a testbed file.
pub async fn hosts(destinations: &[String]) -> Result<Outcome> {
    // The role is not known and does not matter to an undo.
    let of = |ssh: &String| (Role::Middlebox, HostSpec { ssh: ssh.clone(), sudo: None, power: None });
    restore(destinations.iter().map(of).collect(), None).await
}

/// Restores all at the same time; one host that cannot be restored must not keep the others from it. What there is to say
/// is said host by host.
async fn restore(hosts: Vec<(Role, HostSpec)>, config: Option<PathBuf>) -> Result<Outcome> {
    // An undo is not cut off in the middle: it is short, and half of it is the worst.
    let _heard = Interrupt::listen()?;
    let mut undos = JoinSet::new();
    for (place, (role, spec)) in hosts.into_iter().enumerate() {
        let config = config.clone();
        undos.spawn(async move {
            let mut remarks = Vec::new();
            let restored = match Host::connect(role, &spec, config.as_deref()).await {
                Ok(host) => undo(&host, &mut remarks).await,
                Err(error) => Err(error),
            };
            (place, remarks, restored)
        });
    }
    let mut outcome = Outcome::Good;
    let mut told = undos.join_all().await;
    told.sort_by_key(|(place, ..)| *place);
    for (_, remarks, restored) in told {
        for remark in &remarks {
            output::remark(remark);
        }
        match restored {
            Ok(line) => output::line(&line)?,
            Err(error) => {
                output::remark(&format!("error: {}", output::error_text(&error)));
                outcome = Outcome::NotRestored;
            }
        }
    }
    Ok(outcome)
}

/// Undoes what is there to undo; says how that went.
async fn undo(host: &Host, remarks: &mut Vec<String>) -> Result<String> {
    if host.privilege == Privilege::None {
        bail!(
            "cannot restore `{}`: the login is not root and `sudo -n` does not work\n\
             hint: log in as root (`nsbench restore root@HOST`), or let the user use sudo without a password",
            host.name
        );
    }
    tell_holder(host, remarks).await;
    // A run's changes, and below them settings that were changed to stay, each set by its own journal.
    let (mut sum, mut journals, mut booted) = (0, 0, 0);
    loop {
        let undone = execute::undo(host, None).await.map_err(Failure::mark(Outcome::NotRestored))?;
        let Undone { changes, rebooted, notes, .. } = undone;
        remarks.extend(notes.iter().map(|said| format!("{}: {said}", host.name)));
        let Some(count) = changes else { break };
        (sum, journals, booted) = (sum + count, journals + 1, booted + usize::from(rebooted));
    }
    Ok(match journals {
        0 => format!("{}: nothing to restore", host.name),
        _ if booted == journals => format!("{}: a reboot had undone every change; the journal is closed", host.name),
        _ => format!("{}: {sum} changes undone", host.name),
    })
}

/// Says whose changes are undone, where that run is one of this machine's. What cannot be told is no reason not to.
async fn tell_holder(host: &Host, remarks: &mut Vec<String>) {
    let Ok(Some(holder)) = execute::look(host).await else { return };
    let name = &host.name;
    match holder.controller.as_ref().map_or(Fate::Unknown, Controller::fate) {
        Fate::Dead(why) => {
            remarks.push(format!("host `{name}` was left behind by a run that is dead ({why}): restoring it"));
            remarks.push(format!("  it was held by {holder}"));
        }
        Fate::Alive => {
            remarks.push(format!("warning: the run that holds `{name}` is alive and will fail: {holder}"));
        }
        Fate::Unknown => {}
    }
}
