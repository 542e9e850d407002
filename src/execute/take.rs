//! Takes a host for a run, and asks who has it.
//!
//! Must not know what the run does there.

use std::fmt;
use std::time::Duration;

use anyhow::Result;

use super::controller::{Controller, Fate};
use super::{ApplyError, HOLD, PRELUDE, UNDO, notes, one_line, restore};
use crate::host::shell::quote;
use crate::host::{Host, Output};

/// POSIX sh that makes the journal.
const TAKE: &str = include_str!("take.sh");

/// POSIX sh that stays on the host while it is held.
const DEADMAN: &str = include_str!("deadman.sh");

/// Who takes hosts, and on what terms.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The run that they are for.
    pub run: String,
    /// Who that is, in words for others who want them.
    pub holder: String,
    /// The process that holds them.
    pub controller: Controller,
    /// After how long without a heartbeat they undo everything by themselves; never, where there is none. In whole
    /// seconds.
    pub deadman: Option<Duration>,
}

impl Claim {
    /// This process's.
    pub fn of_this_process(run: &str, deadman: Option<Duration>) -> Self {
        let controller = Controller::this();
        let user =
            std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "somebody".to_owned());
        let command: Vec<_> = std::env::args().skip(1).collect();
        let holder = format!("{user}@{} (nsbench {}, pid {})", controller.hostname, command.join(" "), controller.pid);
        Self { run: run.to_owned(), holder, controller, deadman }
    }
}

/// Who holds a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// In words; empty where the journal does not say.
    pub words: String,
    /// The process, where the journal names it.
    pub controller: Option<Controller>,
    /// The journal that it holds the host by.
    pub journal: String,
    /// Whether the host was booted since, which undid every change and ended its dead man's switch.
    pub booted: bool,
}

impl Holder {
    /// Why it is known to be dead, if it is.
    pub fn death(&self) -> Option<String> {
        // What cannot be named cannot be taken over: somebody else's might be there in the next moment.
        match self.controller.as_ref().map(Controller::fate) {
            Some(Fate::Dead(why)) if !self.journal.is_empty() => Some(why),
            _ => None,
        }
    }

    /// How one comes to the host.
    pub(super) fn way(&self, restore: &str) -> String {
        if self.booted {
            return format!("the host was booted since; should that run not wait for it, it is free after: {restore}");
        }
        format!(
            "--wait waits for it; if that run is dead, the host gives itself back in a while, unless it was begun with \
             `--deadman off`, or at once by: {restore}"
        )
    }

    fn of(output: &Output) -> Option<Self> {
        let said = |mark: &str| output.stdout.lines().find_map(|line| line.strip_prefix(mark)).map(str::trim);
        Some(Self {
            words: said("nsb held")?.to_owned(),
            controller: said("nsb controller").and_then(Controller::parse),
            journal: said("nsb journal").unwrap_or_default().to_owned(),
            booted: said("nsb booted").is_some(),
        })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.words.is_empty() { "a run that did not leave its name" } else { &self.words })
    }
}

/// Takes `host`; its journal is called `journal`. Gives what the host had done by itself before.
///
/// # Errors
/// [`ApplyError::Held`] where another has it. After any other error it may be taken all the same.
pub async fn take(host: &Host, claim: &Claim, journal: &str) -> Result<Vec<String>> {
    let here = |name: &str, text: &str| format!("{name}() {{\ncat <<'NSB_SCRIPT'\n{text}NSB_SCRIPT\n}}\n");
    let script = format!(
        "{HOLD}\n{PRELUDE}\n{TAKE}\n{}{}nsb_take {} {} {} {} {}\n",
        here("nsb_undo_script", UNDO),
        here("nsb_deadman_script", DEADMAN),
        quote(&claim.run),
        quote(journal),
        claim.deadman.map_or(0, |deadman| deadman.as_secs().max(1)),
        quote(&one_line(&claim.holder)),
        quote(&claim.controller.line()),
    );
    // A take that was cut off on the way could happen after it was given up.
    let output = host.script_undisturbed(&script, Duration::from_secs(60)).await?;
    let name = || host.name.clone();
    if let Some(holder) = Holder::of(&output) {
        return Err(ApplyError::Held { host: name(), holder, restore: restore(host) }.into());
    }
    let said = |mark: &str| output.stdout.lines().any(|line| line == mark);
    if said("nsb full") {
        return Err(ApplyError::NoJournal { host: name() }.into());
    }
    if said("nsb unwatched") {
        return Err(ApplyError::NoDeadman { host: name() }.into());
    }
    let notes = notes(&output);
    output.success(&format!("taking `{}`", host.name))?;
    Ok(notes)
}

/// Who holds `host`, if anybody does.
pub async fn look(host: &Host) -> Result<Option<Holder>> {
    let output = host.script(&format!("{HOLD}\n{PRELUDE}\n{TAKE}\nnsb_holder\n")).await?;
    let holder = Holder::of(&output);
    output.success(&format!("asking who holds `{}`", host.name))?;
    Ok(holder)
}
