//! After a cell: the hosts given back, and those brought back that were lost.

use anyhow::{Result, bail};

use super::Bench;
use crate::commands::session::not_taken;
use crate::commands::{Failure, Outcome};
use crate::execute::Undone;
use crate::host::Lost;
use crate::output;
use crate::progress::{Progress, fault, note};
use crate::recovery::{Back, Missing, Power};
use crate::role::Role;

/// What giving the hosts back came to.
#[derive(Debug, Default)]
pub struct GivenBack {
    /// Hosts that could not be reached for it.
    pub lost: Vec<Role>,
    /// Why a host that can be reached is not as it was, or what was not kept of it.
    pub failure: Option<anyhow::Error>,
}

impl Bench<'_> {
    /// Undoes every change on every host, which stays held; keeps what the daemons said.
    ///
    /// What they said is kept under the name `label`.
    pub(in crate::commands) async fn give_back(&self, label: &str) -> GivenBack {
        let progress = Progress::start("giving the hosts back");
        let [source, middlebox, sink] = Role::ALL;
        let undo = |role| self.hold.rewind(role);
        let (source, middlebox, sink) = tokio::join!(undo(source), undo(middlebox), undo(sink));
        let mut given = GivenBack::default();
        for (role, undone) in Role::ALL.into_iter().zip([source, middlebox, sink]) {
            match undone {
                Ok(undone) => {
                    if let Err(error) = self.keep(label, role, &undone) {
                        given.failure.get_or_insert(error);
                    }
                }
                Err(error) if error.is::<Lost>() => given.lost.push(role),
                Err(error) => {
                    fault(output::error_text(&error));
                    given.failure = Some(Failure::mark(Outcome::NotRestored)(error));
                }
            }
        }
        let lost: Vec<_> = given.lost.iter().map(|role| format!("the {role} is lost")).collect();
        progress.done(match (&given.failure, lost.is_empty()) {
            (Some(_), _) => "failed",
            (None, true) => "as they were",
            (None, false) => "as they were, but for what is lost",
        });
        lost.iter().for_each(note);
        given
    }

    fn keep(&self, label: &str, role: Role, undone: &Undone) -> Result<()> {
        if !undone.said.is_empty() {
            let name = format!("{label}-{role}-log.txt");
            self.dir.save_raw(&name, undone.said.as_bytes())?;
        }
        Ok(())
    }

    /// Brings the lost hosts back, all at once, and takes them again over their new connections.
    ///
    /// # Errors
    /// A host that does not come back or is not as it was is [`Outcome::NotRestored`]; one that came back as another is
    /// not fit to go on with.
    pub(super) async fn bring_back(&mut self, label: &str, lost: &[Role]) -> Result<()> {
        let [source, middlebox, sink] = Role::ALL.map(|role| {
            let wanted = lost.contains(&role);
            let bench = &*self;
            async move { if wanted { Some(bench.bring_one_back(role).await) } else { None } }
        });
        let (source, middlebox, sink) = tokio::join!(source, middlebox, sink);
        let mut failure = None;
        for back in [source, middlebox, sink].into_iter().flatten() {
            let took = match back {
                Ok(back) => self.take_back(label, back).await,
                Err(error) => Err(Failure::mark(Outcome::NotRestored)(error)),
            };
            if let Err(error) = took {
                // Of several the last is told at the end.
                failure.replace(error).iter().for_each(|error| fault(output::error_text(error)));
            }
        }
        failure.map_or(Ok(()), Err)
    }

    async fn bring_one_back(&self, role: Role) -> Result<Back> {
        let host = self.hosts.host(role);
        // Its connection is of no use any more: should it not come back, nobody waits for it at the end.
        let journal = self.hold.let_go(role);
        let missing = Missing {
            role,
            spec: self.asked.host(role),
            ssh_config: host.ssh_config.as_deref(),
            boot_id: &self.ready.facts[&role].boot_id,
            journal: journal.as_deref(),
            bound: self.reboot_wait,
        };
        let hint = || format!("hint: {}", self.hold.way_out(role));
        let progress = Progress::start(format!("waiting for the {role} `{}` to come back", host.name));
        let back = async {
            let cycled = !missing.answers().await && self.cycle_power(role).await;
            missing.back(cycled).await
        };
        let back = tokio::select! {
            () = self.interrupt.wait() => Err(anyhow::anyhow!("the {role} `{}` was not waited for any longer", host.name)),
            back = back => back,
        };
        match back {
            Ok(back) => {
                progress.done(if back.rebooted { "rebooted, and as it was" } else { "as it was; it was not rebooted" });
                Ok(back)
            }
            Err(error) => {
                progress.done("failed");
                let text = output::error_text(&error);
                if text.contains("\nhint: ") { Err(error) } else { bail!("{text}\n{}", hint()) }
            }
        }
    }

    /// Cycles the power of a host, if that can be done; says whether it was.
    async fn cycle_power(&self, role: Role) -> bool {
        let power = match Power::of(self.asked, role) {
            Ok(None) => return false,
            Ok(Some(power)) => power,
            Err(error) => {
                fault(output::error_text(&error));
                return false;
            }
        };
        note(format!("cycling the power of the {role}"));
        let cycled = power.cycle(role).await;
        let said = cycled.as_ref().map_or_else(output::error_text, Clone::clone);
        if let Err(error) = self.dir.save_raw(&format!("power-{role}.txt"), said.as_bytes()) {
            fault(output::error_text(&error.into()));
        }
        if let Err(error) = &cycled {
            fault(output::error_text(error));
        }
        cycled.is_ok()
    }

    /// Takes a host that is back for the one that was lost, holds it again, and asks it anew what it is.
    async fn take_back(&mut self, label: &str, back: Back) -> Result<()> {
        let Back { host, rebooted, undone } = back;
        self.keep(label, host.role, &undone)?;
        for said in &undone.notes {
            note(format!("{}: {said}", host.name));
        }
        // Before it is looked at, as at the beginning of the run.
        self.hold.renew(host.role, &host).await.map_err(not_taken)?;
        if rebooted && self.asked.lab.is_some() {
            // A guest that was restored from a saved state boots with the clock of that moment.
            let now = jiff::Timestamp::now().as_second();
            host.script(&format!("date -u -s @{now}")).await?.success("setting the clock of a lab guest")?;
        }
        self.ready.ask_again(self.asked, &host, self.needs).await?;
        self.layout = crate::plan::layout::Layout::of(&self.ready.facts[&Role::Middlebox]);
        self.hosts.replace(host);
        Ok(())
    }
}
