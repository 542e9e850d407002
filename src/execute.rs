//! Runs a plan on hosts: one script a host, each change journaled on that host before it is made, and undone in
//! reverse. The journal is the lock as well: who made it holds the host.
//!
//! Must not know what the steps mean.

mod controller;
mod hold;
mod take;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::host::shell::quote;
use crate::host::{Host, Output};
use crate::output::one_line;
use crate::plan::{Payload, Step};
pub use controller::{Controller, Fate};
pub use hold::{Hold, Interrupted, Waiting};
pub use take::{Claim, Holder, look, take};

/// POSIX sh: whether the host is held.
const HOLD: &str = include_str!("execute/hold.sh");

/// POSIX sh that every script begins with, but the shortest.
const PRELUDE: &str = include_str!("execute/prelude.sh");

/// POSIX sh that undoes a host's journal.
const UNDO: &str = include_str!("execute/undo.sh");

/// A build on the host may be among the steps.
const APPLY_BOUND: Duration = Duration::from_secs(900);

/// POSIX sh that puts a journal aside.
const KEEP: &str = include_str!("execute/keep.sh");

/// Undoing waits for programs to end, and for another undo.
const UNDO_BOUND: Duration = Duration::from_secs(330);

/// Why a plan could not be applied on a host.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The host is in use, or was left in the middle.
    #[error("host `{host}` is held by {holder}\nhint: {}", .holder.way(.restore))]
    Held {
        /// The host.
        host: String,
        /// Who holds it.
        holder: Holder,
        /// The command that ends this.
        restore: String,
    },
    /// It was held, and is not any more.
    #[error("host `{host}` was given back in the middle: {why}")]
    Lost {
        /// The host.
        host: String,
        /// What is known of it.
        why: String,
    },
    /// The journal cannot be written.
    #[error(
        "host `{host}` has no room or no right to write /var/lib/nsbench, where the undo of every change is kept\n\
         hint: see there: df /var/lib; findmnt -T /var/lib; id"
    )]
    NoJournal {
        /// The host.
        host: String,
    },
    /// Nothing would undo the changes if the controller died.
    #[error(
        "the dead man's switch of host `{host}` did not start\n\
         hint: it needs `setsid` there; `--deadman off` goes without"
    )]
    NoDeadman {
        /// The host.
        host: String,
    },
    /// A step failed.
    #[error("`{step}` failed on `{host}`: {said}")]
    Step {
        /// The host.
        host: String,
        /// The step's title.
        step: String,
        /// What its commands said.
        said: String,
    },
}

/// A host that is not as it was found.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` is not restored: {why}\nhint: {hint}")]
pub struct NotRestored {
    host: String,
    why: String,
    hint: String,
}

/// Applies `steps` on `host`, which was taken as `journal`. On an error some steps may have been applied; [`undo`] takes
/// them back.
pub async fn apply(host: &Host, journal: &str, steps: &[Step]) -> Result<()> {
    apply_onto(host, journal, 0, steps).await
}

/// Like [`apply`], on top of the first `below` changes, which are there.
pub async fn apply_onto(host: &Host, journal: &str, below: usize, steps: &[Step]) -> Result<()> {
    let mut script = format!("{HOLD}\n{PRELUDE}\nnsb_enter {} {below}\n", quote(journal));
    for (number, step) in steps.iter().enumerate() {
        script.push_str(&step_script(below + number + 1, step)?);
    }
    let output = host.script_within(&script, APPLY_BOUND).await?;
    judge(host, below, steps, &output)
}

/// Gives back a host that was taken as `journal` with its changes in place: nobody holds it then, and [`undo`] of no
/// journal in particular finds them when there is no other.
pub async fn keep(host: &Host, journal: &str) -> Result<()> {
    let script = format!("{HOLD}\n{PRELUDE}\n{KEEP}\nnsb_keep {}\n", quote(journal));
    let output = host.script_undisturbed(&script, Duration::from_secs(60)).await?;
    if let Some(lost) = lost(host, &output) {
        return Err(lost.into());
    }
    output.success(&format!("keeping the changes of `{}`", host.name)).map(drop)
}

/// Tells a host that was taken as `journal` that its controller is there.
///
/// # Errors
/// [`ApplyError::Lost`] where it is not held any more.
pub async fn beat(host: &Host, journal: &str, bound: Duration) -> Result<()> {
    let output = host.script_within(&format!("{HOLD}\nnsb_beat {}\n", quote(journal)), bound).await?;
    if let Some(lost) = lost(host, &output) {
        return Err(lost.into());
    }
    output.success(&format!("the heartbeat of `{}`", host.name)).map(drop)
}

/// The host is not held any more; why, by its own account if there is one.
fn lost(host: &Host, output: &Output) -> Option<ApplyError> {
    let why = output.stdout.lines().find_map(|line| line.strip_prefix("nsb lost "))?;
    let notes = notes(output).join("; ");
    let why = if notes.is_empty() { why.to_owned() } else { notes };
    Some(ApplyError::Lost { host: host.name.clone(), why })
}

/// What the host did by itself.
fn notes(output: &Output) -> Vec<String> {
    output.stdout.lines().filter_map(|line| line.strip_prefix("nsb note ")).map(str::to_owned).collect()
}

/// The command by which a user restores the host: by its name only where that name is enough for `ssh`.
pub fn restore(host: &Host) -> String {
    let what = if host.ssh_config.is_none() { quote(&host.name) } else { "-t TESTBED".to_owned() };
    format!("nsbench restore {what}")
}

/// One step as sh. Its parts are functions, so that they can be one line or twenty.
fn step_script(number: usize, step: &Step) -> Result<String> {
    let is_idle = |text: &str| matches!(text.trim(), "" | ":");
    let body = |text: &str| if is_idle(text) { ":".to_owned() } else { text.trim_end().to_owned() };
    let mut text = format!(
        "nsb_save() {{\n{}\n}}\nnsb_apply() {{\n{}\n}}\nnsb_verify() {{\n{}\n}}\n",
        body(&step.save),
        body(&step.apply),
        body(&step.verify)
    );
    let idle = [("save", &step.save), ("verify", &step.verify)].into_iter().filter(|(_, part)| is_idle(part));
    writeln!(text, "nsb_idle={}", quote(&idle.map(|(name, _)| name).collect::<Vec<_>>().join(" ")))?;
    match &step.payload {
        None => text.push_str("nsb_payload=no\n"),
        Some(payload) => {
            let bytes = match payload {
                Payload::Bytes(bytes) => bytes.clone(),
                Payload::File(path) => {
                    std::fs::read(path).with_context(|| format!("could not read `{}`", path.display()))?
                }
            };
            write!(
                text,
                "nsb_payload=yes\nnsb_feed() {{\nbase64 -d <<'NSB_PAYLOAD'\n{}\nNSB_PAYLOAD\n}}\n",
                BASE64.encode(bytes)
            )?;
        }
    }
    writeln!(text, "nsb_step {number:04} {}", quote(&one_line(&step.title)))?;
    Ok(text)
}

fn judge(host: &Host, below: usize, steps: &[Step], output: &Output) -> Result<()> {
    let name = || host.name.clone();
    let done = output.stdout.lines().filter(|line| line.starts_with("nsb ok ")).count();
    if output.status == 0 && done == steps.len() {
        return Ok(());
    }
    if let Some(lost) = lost(host, output) {
        return Err(lost.into());
    }
    for line in output.stdout.lines() {
        let failed = line.strip_prefix("nsb failed ").and_then(|number| number.parse::<usize>().ok());
        if let Some(step) = failed.and_then(|number| steps.get(number.checked_sub(below + 1)?)) {
            let said = output.stdout.split_once(line).map_or("", |(_, said)| said).trim().to_owned();
            return Err(ApplyError::Step { host: name(), step: step.title.clone(), said }.into());
        }
    }
    bail!(
        "the set-up of `{}` ended with exit status {} after {done} of {} steps: {}",
        host.name,
        output.status,
        steps.len(),
        output.stderr.trim()
    )
}

/// What undoing a host's journal came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Changes undone; `None` where there was no journal.
    pub changes: Option<usize>,
    /// Whether the host had been booted since, which undid everything.
    pub rebooted: bool,
    /// What the undo's commands said, daemons' last words among it.
    pub said: String,
    /// What the host had done by itself before.
    pub notes: Vec<String>,
}

/// Undoes everything the journal of `host` says, last change first, and gives the host back; an error names what could
/// not be undone. With `only`, any other journal is left alone; without, and where there is none, the newest is undone that
/// was put aside by [`keep`].
pub async fn undo(host: &Host, only: Option<&str>) -> Result<Undone> {
    undo_as(host, &format!("nsb_only={}\n", quote(only.unwrap_or_default()))).await
}

/// Like [`undo`], of a host that stays held.
pub async fn rewind(host: &Host, journal: &str) -> Result<Undone> {
    rewind_to(host, journal, 0).await
}

/// Like [`rewind`], but for the first `below` changes, which stay.
pub async fn rewind_to(host: &Host, journal: &str, below: usize) -> Result<Undone> {
    undo_as(host, &format!("nsb_only={}\nnsb_keep=yes\nnsb_below={below}\n", quote(journal))).await
}

async fn undo_as(host: &Host, how: &str) -> Result<Undone> {
    let script = format!("{how}{UNDO}");
    let output = host.script_undisturbed(&script, UNDO_BOUND).await.context("could not restore the host")?;
    let marks: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("nsb ")).collect();
    let said: String =
        output.stdout.lines().filter(|line| !line.starts_with("nsb ")).flat_map(|line| [line, "\n"]).collect();
    let failed = |why: String, hint: String| NotRestored { host: host.name.clone(), why, hint };
    let kept: Vec<_> = marks.iter().filter_map(|mark| mark.strip_prefix("kept ")?.split_once(' ')).collect();
    if !kept.is_empty() {
        let list: Vec<_> = kept.iter().map(|(file, change)| format!("`{change}` (kept in {file})")).collect();
        let why = format!("could not undo {}: {}", list.join(", "), said.trim());
        return Err(failed(why, format!("mend the cause and run: {}", restore(host))).into());
    }
    if let Some(process) = marks.iter().find_map(|mark| mark.strip_prefix("busy ")) {
        let why = format!("another undo is at work there and does not end, process {process}");
        return Err(failed(why, format!("see there: ps -fg {process}")).into());
    }
    if output.status != 0 {
        let why = format!("the undo ended with exit status {}: {}", output.status, output.stderr.trim());
        return Err(failed(why, restore(host)).into());
    }
    let changes = marks.iter().find_map(|mark| mark.strip_prefix("undone ")).and_then(|count| count.parse().ok());
    Ok(Undone { changes, rebooted: marks.contains(&"rebooted"), said, notes: notes(&output) })
}
