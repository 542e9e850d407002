//! The arguments of `nsbench soak`. Must not know what becomes of them.

use std::time::Duration;

use anyhow::Result;

use super::values::{RunFormat, parse_reboot_wait, parse_traffic};
use super::{HoldArguments, OneTestbedArgument, ResultsArgument};
use crate::commands::soak::Options;
use crate::profile::notation;

/// More would be weeks.
const MAX_CYCLES: i64 = 1_000_000;

#[derive(Debug, clap::Args)]
pub(super) struct SoakArguments {
    /// The framework: name of a shipped profile, or path of one of your own
    #[arg(short, long, value_name = "NAME")]
    framework: String,
    /// How often it is loaded and unloaded
    ///
    /// Memory is judged from 23 cycles on; a leak of one small object a cycle shows in some hundred.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_CYCLES), value_name = "N")]
    cycles: u32,
    /// Number of lines that carry traffic
    #[arg(short, long, default_value = "1", value_parser = clap::value_parser!(u16), value_name = "LINES")]
    lines: u16,
    #[command(flatten)]
    testbed: OneTestbedArgument,
    /// Value, or values, of a parameter of the framework: netslice.mode=classic,splice,ring
    ///
    /// With several the cycles take them in turn, every combination once and then again.
    #[arg(long = "set", value_name = "FRAMEWORK.PARAMETER=VALUE", value_parser = notation::setting)]
    set: Vec<(String, Vec<String>)>,
    /// How long the loaded framework carries traffic in each cycle, from the first frames on: 500ms, 10s
    #[arg(long, value_name = "DURATION", value_parser = parse_traffic, default_value = "500ms")]
    traffic: Duration,
    /// Go on after trouble in a kernel log, and after a cycle that failed; without it the soak ends there
    #[arg(long, conflicts_with = "dry_run")]
    keep_going: bool,
    #[command(flatten)]
    hold: HoldArguments,
    /// How long a host that was lost is waited for: 90s, 10min
    #[arg(long, value_parser = parse_reboot_wait, default_value = "5min", value_name = "DURATION")]
    reboot_wait: u64,
    /// Print the commands that would run, host by host, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    results: ResultsArgument,
    /// How to print what was recorded
    #[arg(long, default_value = "text")]
    format: RunFormat,
}

/// What the command is asked to do.
pub(super) fn options(arguments: SoakArguments) -> Result<Options> {
    Ok(Options {
        testbed: arguments.testbed.load()?,
        framework: arguments.framework,
        lines: usize::from(arguments.lines),
        set: arguments.set,
        cycles: arguments.cycles,
        traffic: arguments.traffic,
        keep_going: arguments.keep_going,
        results: arguments.results.results,
        deadman: arguments.hold.deadman.0,
        waiting: arguments.hold.waiting(),
        reboot_wait: Duration::from_secs(arguments.reboot_wait),
        dry_run: arguments.dry_run,
        json: arguments.format.is_json(),
    })
}
