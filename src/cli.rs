//! The command line. Nothing below this module knows clap.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::commands::{self, Failure, Outcome};
use crate::lab;
use crate::role::Role;

/// Which packet-processing framework should this machine run, how fast is it really, and what holds it back?
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Three virtual hosts on this machine: source, middlebox and sink, with four lines between them
    #[command(subcommand)]
    Lab(LabCommand),
}

#[derive(Debug, Subcommand)]
enum LabCommand {
    /// Bring the lab up; the first time this makes the guests' image
    Up {
        #[command(flatten)]
        lab: LabName,
        /// Boot anew even where a saved state could be restored
        #[arg(long)]
        cold: bool,
        /// Swap the cables of two lines at one host, to see what `topology check` says: source:1,2
        #[arg(long, value_name = "HOST:LINE,LINE", value_parser = parse_cross)]
        cross: Option<(Role, usize, usize)>,
    },
    /// Take the lab down; nothing of it remains running
    Down {
        #[command(flatten)]
        lab: LabName,
    },
    /// Say whether the lab is up, what runs it, and how to get in
    Status {
        #[command(flatten)]
        lab: LabName,
    },
    /// A shell on a guest, or one command: nsbench lab ssh sink -- uname -r
    Ssh {
        #[command(flatten)]
        lab: LabName,
        /// source, middlebox or sink
        #[arg(value_parser = parse_role)]
        host: Role,
        /// The command and its arguments
        #[arg(last = true)]
        command: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
struct LabName {
    /// Name of the lab; labs with different names do not meet
    #[arg(long, default_value = "lab")]
    name: String,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| "there are source, middlebox and sink".to_owned())
}

fn parse_cross(text: &str) -> Result<(Role, usize, usize), String> {
    let usage = || "write it like source:1,2 or sink:3,4".to_owned();
    let (host, lines) = text.split_once(':').ok_or_else(usage)?;
    let (a, b) = lines.split_once(',').ok_or_else(usage)?;
    let line = |text: &str| text.parse().ok().filter(|line| (1..=4).contains(line)).ok_or_else(usage);
    match (parse_role(host)?, line(a)?, line(b)?) {
        (Role::Middlebox, ..) => Err("cables are crossed at the source or the sink".to_owned()),
        (host, a, b) => Ok((host, a, b)),
    }
}

/// Parses, runs, prints an error where there is one, and picks the exit status.
pub fn main() -> ExitCode {
    let outcome = run(Cli::parse().command).unwrap_or_else(|error| {
        eprintln!("error: {}", render(&error));
        error.downcast_ref::<Failure>().map_or(Outcome::Unfit, |failure| failure.outcome)
    });
    ExitCode::from(outcome as u8)
}

/// An error with its causes, the ways out (`hint: …`) last.
fn render(error: &anyhow::Error) -> String {
    let (mut causes, mut hints) = (Vec::new(), Vec::new());
    for cause in error.chain() {
        let text = cause.to_string();
        let (hint, said): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("hint: "));
        causes.push(said.join("\n"));
        hints.extend(hint.into_iter().map(str::to_owned));
    }
    std::iter::once(causes.join(": ")).chain(hints).collect::<Vec<_>>().join("\n")
}

fn run(command: Command) -> Result<Outcome> {
    match command {
        Command::Lab(LabCommand::Up { lab, cold, cross }) => commands::lab::up(&lab.name, &lab::Options { cold, cross }),
        Command::Lab(LabCommand::Down { lab }) => commands::lab::down(&lab.name),
        Command::Lab(LabCommand::Status { lab }) => commands::lab::status(&lab.name),
        Command::Lab(LabCommand::Ssh { lab, host, command }) => commands::lab::ssh(&lab.name, host, &command),
    }
}
