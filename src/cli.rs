//! The command line. Nothing below this module knows clap.

mod completions;
mod demo;
mod discover;
mod examples;
mod import;
mod manual;
mod profile;
mod report;
mod results;
mod run;
mod soak;
mod topology;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::{self, Failure, Outcome, Printout};
use crate::execute::Waiting;
use crate::role::Role;
use crate::testbed::Testbed;
use crate::testbed::rack::Rack;
use crate::{lab, output};
use demo::DemoArguments;
use profile::ProfileArguments;
use report::ReportArguments;
use results::ResultsCommand;
use run::RunArguments;
use soak::SoakArguments;
use topology::TopologyCommand;
use values::{
    ColorArgument, Deadman, SchemaArgument, parse_cross, parse_deadman, parse_lab_name, parse_role, parse_wait,
};

/// Which packet-processing framework should this machine run, how fast is it really, and what holds it back?
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    speech: Speech,
    #[command(subcommand)]
    command: Command,
}

/// How every command speaks.
#[derive(Debug, clap::Args)]
struct Speech {
    /// Whether to speak in colour: on terminals alone, always or never
    ///
    /// `auto` heeds the environment variables `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR` and `TERM`.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN", help_heading = "Global options")]
    color: ColorArgument,
    /// Say nothing on standard error but warnings and errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure frameworks: load each on the middlebox, send traffic through it, record what came through
    Run(Box<RunArguments>),
    /// Load a framework, send traffic through it and unload it, again and again: is the kernel log clean, does memory grow?
    ///
    /// Traffic, a flood of pings, goes on all the time, also while the framework is loaded and unloaded. After each cycle
    /// the middlebox is asked what its kernel has in use. The exit status is 1 where a kernel told of trouble or something
    /// grows from cycle to cycle.
    Soak(SoakArguments),
    /// Show frameworks to an audience: each under steady traffic on a full screen, one after the other or as keys say
    ///
    /// Keys: ← → or p n another framework, 1-9 so many lines, + - one line more or less, 0 all lines, f another size of
    /// frames, space stay with this framework or go on by itself, q the end. What was measured is recorded as a run is, and
    /// the hosts are given back however it ends.
    Demo(DemoArguments),
    /// Where a framework's time goes: the functions of the middlebox, and what each takes while packets flow
    Profile(Box<ProfileArguments>),
    /// Recorded runs side by side, in the shape of the paper's Figure 3
    Compare(CompareArguments),
    /// A page of recorded runs, with plots: one file that needs nothing else
    ///
    /// The page has no scripts and loads nothing: it is read offline, sent by mail, or printed as a poster.
    Report(ReportArguments),
    /// The hosts and the lines between them
    #[command(subcommand)]
    Topology(TopologyCommand),
    /// Give hosts back as they were found, from the journals on their own disks
    Restore {
        /// Restore the hosts of this testbed
        #[arg(short, long, value_name = "FILE", conflicts_with = "hosts")]
        testbed: Option<String>,
        /// ssh destinations; without any, the default testbed's hosts
        #[arg(value_name = "HOST")]
        hosts: Vec<String>,
    },
    /// Three virtual hosts on this machine: source, middlebox and sink, with four lines between them
    #[command(subcommand)]
    Lab(LabCommand),
    /// What was recorded
    #[command(subcommand)]
    Results(ResultsCommand),
    /// Print the JSON Schema of a kind of file, by which editors check and complete it
    ///
    /// The first line of a YAML file says to the editor where its schema is:
    ///
    /// # yaml-language-server: $schema=testbed.schema.json
    Schema {
        /// The kind of file
        kind: SchemaArgument,
    },
    /// List or print the files that travel in the program, or write them somewhere to start from
    ///
    /// A file of one's own takes the place of one of these, by the same name: in ~/.config/nsbench, or in the directory that
    /// the environment variable `NSBENCH_FILES` names. testbeds/NAME.yaml, profiles/frameworks/NAME.yaml,
    /// profiles/experiments/NAME.yaml and kernel-module/ are looked for.
    Files {
        /// A file, which is printed, or a folder, of which the files are listed
        name: Option<String>,
        /// Write them into this directory instead
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// Print the script by which a shell completes commands, options and names
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, or write that of every command into a directory
    Man {
        /// Write them there: nsbench.1, nsbench-run.1, …
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
struct CompareArguments {
    /// Runs by id, beginning of an id, or path; without any, the newest of each framework
    runs: Vec<String>,
    /// The run whose cells are 1
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// Set published figures beside: figure3, figure5
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    reference: Vec<String>,
    /// text, markdown, csv or json
    #[arg(long, default_value = "text")]
    format: crate::report::Format,
    /// Exit with status 1 where a ratio to the baseline is under this
    #[arg(long, value_name = "RATIO", requires = "baseline")]
    fail_under: Option<f64>,
    #[command(flatten)]
    results: ResultsArgument,
}

#[derive(Debug, clap::Args)]
struct TestbedArgument {
    /// Testbed file, or the name of a shipped one: lab, fractus
    ///
    /// Without it, what the environment variable `NSBENCH_TESTBED` names, else `./testbed.yaml`, else the lab.
    #[arg(short, long, value_name = "FILE")]
    testbed: Option<String>,
}

impl TestbedArgument {
    fn load(&self) -> Result<Rack> {
        commands::rack(self.testbed.as_deref())
    }
}

/// A testbed of which one middlebox is meant.
#[derive(Debug, clap::Args)]
struct OneTestbedArgument {
    #[command(flatten)]
    testbed: TestbedArgument,
    /// The middlebox, of a testbed with several
    #[arg(long, value_name = "NAME")]
    middlebox: Option<String>,
}

impl OneTestbedArgument {
    fn load(&self) -> Result<Testbed> {
        let chosen = self.testbed.load()?.with(self.middlebox.as_slice());
        let one = chosen.and_then(|chosen| chosen.only().cloned());
        one.map_err(Failure::mark(Outcome::BadInput))
    }
}

/// Which of a testbed's middleboxes are meant.
#[derive(Debug, clap::Args)]
struct MiddleboxArgument {
    /// Of a testbed with several middleboxes those of these names, one after the other [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    middlebox: Vec<String>,
}

impl MiddleboxArgument {
    fn of(&self, rack: &Rack) -> Result<Rack> {
        rack.with(&self.middlebox).map_err(Failure::mark(Outcome::BadInput))
    }
}

/// How hosts are held.
#[derive(Debug, clap::Args)]
struct HoldArguments {
    /// The hosts undo everything by themselves when they have not heard from nsbench for this long; 0 or off: never
    #[arg(long, default_value = "5min", value_name = "DURATION", value_parser = parse_deadman)]
    deadman: Deadman,
    /// Wait for hosts that another run holds, for as long as it takes or up to this long
    ///
    /// Without it, such a run is named, and the exit status is 3.
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "forever", value_parser = parse_wait)]
    wait: Option<Waiting>,
}

impl HoldArguments {
    fn waiting(&self) -> Waiting {
        self.wait.unwrap_or(Waiting::NOT_AT_ALL)
    }
}

#[derive(Debug, clap::Args)]
struct ResultsArgument {
    /// Directory of the recorded runs
    #[arg(long, default_value = "results", value_name = "DIR")]
    results: PathBuf,
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
        /// Give the middlebox an IOMMU, so that DPDK's cards go to vfio-pci
        #[arg(long)]
        iommu: bool,
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
    #[arg(long, default_value = "lab", value_parser = parse_lab_name)]
    name: String,
}

/// The command line as it is parsed and explained, with examples.
pub fn described() -> clap::Command {
    examples::beside(Cli::command(), "")
}

/// What was asked for. Ends the program where it is to explain itself, or cannot be understood: then with what to type.
fn parse() -> Cli {
    let arguments: Vec<_> = std::env::args_os().collect();
    let mut command = described();
    let matches = command.try_get_matches_from_mut(&arguments);
    let parsed =
        matches.and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
    parsed.unwrap_or_else(|error| {
        let words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
        let Some(example) = examples::instead(&command, &error, words) else { error.exit() };
        // Whoever does not read it has closed standard error.
        let _ = error.print();
        output::remark(&format!("hint: {example}"));
        std::process::exit(error.exit_code())
    })
}

/// Parses, runs, prints an error where there is one, and picks the exit status.
pub fn main() -> ExitCode {
    let Cli { speech, command } = parse();
    output::tone::set(speech.color.color(), speech.quiet);
    let outcome = execute(command).unwrap_or_else(|error| {
        output::remark(&format!("error: {}", output::error_text(&error)));
        error.downcast_ref::<Failure>().map_or(Outcome::Unfit, |failure| failure.outcome)
    });
    ExitCode::from(outcome as u8)
}

fn execute(command: Command) -> Result<Outcome> {
    match command {
        Command::Run(arguments) => {
            let (rack, options) = run::options(*arguments)?;
            block_on(commands::run::each(&rack, &options))
        }
        Command::Soak(arguments) => block_on(commands::soak::run(&soak::options(arguments)?)),
        Command::Demo(arguments) => block_on(commands::demo::run(&demo::options(arguments)?)),
        Command::Profile(arguments) => profiled(*arguments),
        Command::Compare(arguments) => print(commands::compare::run(&compare_options(arguments))),
        Command::Report(arguments) => print(commands::report::run(&report::options(arguments))),
        Command::Topology(command) => topology::run(command),
        Command::Restore { testbed, hosts } if hosts.is_empty() => {
            block_on(commands::restore::rack(&commands::rack(testbed.as_deref())?))
        }
        Command::Schema { kind } => commands::schema::run(kind.kind()),
        Command::Files { name, into } => commands::files::run(name.as_deref(), into.as_deref()),
        Command::Completions { shell } => {
            output::result(&completions::script(described(), shell))?;
            Ok(Outcome::Good)
        }
        Command::Man { directory } => commands::manual::run(&manual::pages(described()), directory.as_deref()),
        Command::Restore { hosts, .. } => block_on(commands::restore::hosts(&hosts)),
        Command::Lab(LabCommand::Up { lab, cold, iommu, cross }) => {
            commands::lab::up(&lab.name, &lab::Options { cold, iommu, cross })
        }
        Command::Lab(LabCommand::Down { lab }) => commands::lab::down(&lab.name),
        Command::Lab(LabCommand::Status { lab }) => commands::lab::status(&lab.name),
        Command::Lab(LabCommand::Ssh { lab, host, command }) => commands::lab::ssh(&lab.name, host, &command),
        Command::Results(command) => print(results::run(command)),
    }
}

fn profiled(arguments: ProfileArguments) -> Result<Outcome> {
    match arguments.command {
        Some(command) => print(commands::profile::compare::run(&profile::compare_options(command))),
        None => block_on(commands::profile::run(&profile::options(arguments.profile)?)),
    }
}

fn compare_options(arguments: CompareArguments) -> commands::compare::Options {
    commands::compare::Options {
        results: arguments.results.results,
        runs: arguments.runs,
        baseline: arguments.baseline,
        references: arguments.reference,
        format: arguments.format,
        fail_under: arguments.fail_under,
    }
}

/// Commands that talk to hosts wait for three of them at once.
fn block_on(work: impl Future<Output = Result<Outcome>>) -> Result<Outcome> {
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(work);
    // Nobody who has pressed Ctrl-C waits for a thread that waits for a guest to boot.
    runtime.shutdown_background();
    result
}

/// Prints what a command that touches no host found; its errors are bad input.
fn print(printout: Result<Printout>) -> Result<Outcome> {
    let printout = printout.map_err(Failure::mark(Outcome::BadInput))?;
    for warning in &printout.warnings {
        output::remark(&format!("warning: {warning}"));
    }
    output::result(&printout.stdout)?;
    Ok(printout.outcome)
}
