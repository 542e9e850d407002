//! Runs a plan on hosts: one script a host, each change journaled on that host before it is made, and undone in
//! reverse. The journal is the lock as well: who made it holds the host.
//!
//! Must not know what the steps mean.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::host::shell::quote;
use crate::host::{Host, Output};
use crate::output::one_line;
use crate::plan::{Payload, Step};

/// POSIX sh that every script begins with.
const PRELUDE: &str = include_str!("execute/prelude.sh");

/// POSIX sh that undoes a host's journal.
const UNDO: &str = include_str!("execute/undo.sh");

/// A build on the host may be among the steps.
const APPLY_BOUND: Duration = Duration::from_secs(900);

/// Undoing waits for programs to end.
const UNDO_BOUND: Duration = Duration::from_secs(180);

/// Why a plan could not be applied on a host.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The host is in use, or was left in the middle.
    #[error("host `{host}` is held by {holder}\nhint: if that run is dead: {restore}")]
    Held {
        /// The host.
        host: String,
        /// Who holds it.
        holder: String,
        /// The command that ends this.
        restore: String,
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

/// Applies `steps` on `host` as `run`, which `holder` describes to others. On an error some steps may have been
/// applied; [`undo`] takes them back.
pub async fn apply(host: &Host, run: &str, holder: &str, steps: &[Step]) -> Result<()> {
    let mut script = format!("{PRELUDE}\nnsb_undo_script() {{\ncat <<'NSB_UNDO'\n{UNDO}NSB_UNDO\n}}\n");
    writeln!(script, "nsb_open {} {}", quote(run), quote(&one_line(holder)))?;
    for (number, step) in steps.iter().enumerate() {
        script.push_str(&step_script(number + 1, step)?);
    }
    let output = host.script_within(&script, APPLY_BOUND).await?;
    judge(host, steps, &output)
}

/// The command by which a user restores the host: by its name only where that name is enough for `ssh`.
pub fn restore(host: &Host) -> String {
    let what = if host.ssh_config.is_none() { quote(&host.name) } else { "-t TESTBED".to_owned() };
    format!("nsbench restore {what}")
}

/// One step as sh. Its parts are functions, so that they can be one line or twenty.
fn step_script(number: usize, step: &Step) -> Result<String> {
    let body = |text: &str| if text.trim().is_empty() { ":".to_owned() } else { text.trim_end().to_owned() };
    let mut text = format!(
        "nsb_save() {{\n{}\n}}\nnsb_apply() {{\n{}\n}}\nnsb_verify() {{\n{}\n}}\n",
        body(&step.save),
        body(&step.apply),
        body(&step.verify)
    );
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

fn judge(host: &Host, steps: &[Step], output: &Output) -> Result<()> {
    let name = || host.name.clone();
    let done = output.stdout.lines().filter(|line| line.starts_with("nsb ok ")).count();
    if output.status == 0 && done == steps.len() {
        return Ok(());
    }
    for line in output.stdout.lines() {
        if let Some(holder) = line.strip_prefix("nsb held ") {
            let holder = if holder.is_empty() { "a run that has hardly begun" } else { holder };
            return Err(ApplyError::Held { host: name(), holder: holder.to_owned(), restore: restore(host) }.into());
        }
        if line == "nsb full" {
            return Err(ApplyError::NoJournal { host: name() }.into());
        }
        let failed = line.strip_prefix("nsb failed ").and_then(|number| number.parse::<usize>().ok());
        if let Some(step) = failed.and_then(|number| steps.get(number.checked_sub(1)?)) {
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Changes undone; `None` where there was no journal.
    pub changes: Option<usize>,
    /// Whether the host had been booted since, which undid everything.
    pub rebooted: bool,
    /// What the undo's commands said, daemons' last words among it.
    pub said: String,
}

/// Undoes everything the journal of `host` says, last change first; an error names what could not be undone. With
/// `only`, a journal that another run made is left alone.
pub async fn undo(host: &Host, only: Option<&str>) -> Result<Undone> {
    let script = format!("nsb_only={}\n{UNDO}", quote(only.unwrap_or_default()));
    let output = host.script_undisturbed(&script, UNDO_BOUND).await.context("could not restore the host")?;
    let marks: Vec<_> = output.stdout.lines().filter_map(|line| line.strip_prefix("nsb ")).collect();
    let said: String =
        output.stdout.lines().filter(|line| !line.starts_with("nsb ")).flat_map(|line| [line, "\n"]).collect();
    let kept: Vec<_> = marks.iter().filter_map(|mark| mark.strip_prefix("kept ")?.split_once(' ')).collect();
    if !kept.is_empty() {
        let list: Vec<_> = kept.iter().map(|(file, change)| format!("`{change}` (kept in {file})")).collect();
        bail!(
            "`{}` is not restored: could not undo {}: {}\nhint: mend the cause and run: {}",
            host.name,
            list.join(", "),
            said.trim(),
            restore(host)
        );
    }
    if output.status != 0 {
        bail!(
            "`{}` is not restored: the undo ended with exit status {}: {}\nhint: {}",
            host.name,
            output.status,
            output.stderr.trim(),
            restore(host)
        );
    }
    let changes = marks.iter().find_map(|mark| mark.strip_prefix("undone ")).and_then(|count| count.parse().ok());
    Ok(Undone { changes, rebooted: marks.contains(&"rebooted"), said })
}
