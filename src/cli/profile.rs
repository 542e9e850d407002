//! The arguments of `nsbench profile`. Must not know what becomes of them.

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;

use super::values::{CountingArgument, RunFormat, parse_reboot_wait};
use super::{HoldArguments, OneTestbedArgument, ResultsArgument};
use crate::commands::profile::{Options, compare};
use crate::profile::notation;

/// More samples a second than the kernel of most hosts takes.
const MAX_FREQUENCY_HZ: i64 = 25_000;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ProfileArguments {
    #[command(subcommand)]
    pub command: Option<ProfileCommand>,
    #[command(flatten)]
    pub profile: Profile,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// Two profiles side by side: which functions take more in the second, and which less
    Compare {
        /// The one, by id, beginning of its id, or path
        #[arg(value_name = "A")]
        one: String,
        /// The other
        #[arg(value_name = "B")]
        other: String,
        #[command(flatten)]
        results: ResultsArgument,
        /// How to print
        #[arg(long, default_value = "text")]
        format: RunFormat,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Profile {
    /// The framework: name of a shipped profile, or path of one of your own
    #[arg(short, long, value_name = "NAME", required = true)]
    framework: Option<String>,
    /// Number of lines that carry traffic
    #[arg(short, long, default_value = "1", value_parser = clap::value_parser!(u16), value_name = "LINES")]
    lines: u16,
    #[command(flatten)]
    testbed: OneTestbedArgument,
    /// Value of a parameter of the framework: netslice.mode=ring
    #[arg(long = "set", value_name = "FRAMEWORK.PARAMETER=VALUE", value_parser = notation::setting)]
    set: Vec<(String, Vec<String>)>,
    /// Count every instruction, or take samples with perf [default: instructions for one line of the lab, else samples]
    ///
    /// Instructions are counted on a middlebox of its own, by the emulator, while a fixed number of frames goes through it;
    /// the middlebox notices nothing of that. Samples need perf on the middlebox: of CPU cycles where its CPUs count them, by a
    /// timer elsewhere. The same traffic is sent without perf as well, before and after, which shows what looking costs.
    #[arg(long)]
    by: Option<CountingArgument>,
    /// Time of traffic that counts, where samples are taken: 10s, 2min
    #[arg(long, value_parser = notation::duration_s, default_value = "10s", value_name = "DURATION")]
    duration: u64,
    /// Samples a second and CPU [default: 997; 199 on virtual hosts]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_FREQUENCY_HZ), value_name = "HZ")]
    frequency: Option<u32>,
    /// Bytes of the frames, without the check sequence [default: 60 where instructions are counted, else what fills the MTU]
    #[arg(long, value_name = "BYTES")]
    frame_size: Option<u32>,
    /// Show as well what each source line of this function took
    #[arg(long, value_name = "FUNCTION")]
    annotate: Option<String>,
    /// Print these functions alone, all of which are recorded; * stands for anything: netslice_*,nsl_*
    ///
    /// A framework's profile may have a name for several at once: of netslice, `paper` stands for the functions that the paper
    /// suspected before it measured.
    #[arg(long, value_delimiter = ',', value_name = "FUNCTION")]
    functions: Vec<String>,
    /// Print what would be done, host by host, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    hold: HoldArguments,
    /// How long a host that was lost is waited for: 90s, 10min
    #[arg(long, value_parser = parse_reboot_wait, default_value = "5min", value_name = "DURATION")]
    reboot_wait: u64,
    #[command(flatten)]
    results: ResultsArgument,
    /// How to print what was recorded
    #[arg(long, default_value = "text")]
    format: RunFormat,
}

/// What `nsbench profile compare` is asked to do.
pub(super) fn compare_options(command: ProfileCommand) -> compare::Options {
    let ProfileCommand::Compare { one, other, results, format } = command;
    compare::Options { results: results.results, runs: [one, other], json: format.is_json() }
}

/// What `nsbench profile` is asked to do.
pub(super) fn options(arguments: Profile) -> Result<Options> {
    Ok(Options {
        testbed: arguments.testbed.load()?,
        framework: arguments.framework.unwrap_or_default(),
        lines: usize::from(arguments.lines),
        set: arguments.set,
        by: arguments.by.map(CountingArgument::counting),
        duration_s: arguments.duration,
        frequency_hz: arguments.frequency,
        frame_size: arguments.frame_size,
        annotate: arguments.annotate,
        functions: arguments.functions,
        dry_run: arguments.dry_run,
        results: arguments.results.results,
        deadman: arguments.hold.deadman.0,
        waiting: arguments.hold.waiting(),
        reboot_wait: Duration::from_secs(arguments.reboot_wait),
        json: arguments.format.is_json(),
    })
}
