//! The arguments of `nsbench demo`. Must not know what becomes of them.

use std::time::Duration;

use anyhow::Result;

use super::values::{FrameSizes, GeneratorArgument, RunFormat, parse_frame_sizes, parse_reboot_wait};
use super::{HoldArguments, OneTestbedArgument, ResultsArgument};
use crate::commands::demo::Options;
use crate::generator::Generator;
use crate::profile::{self, notation};

#[derive(Debug, clap::Args)]
pub(super) struct DemoArguments {
    /// Frameworks in the order of their turns, or `all`: names of shipped profiles, or paths of your own
    #[arg(short, long, value_delimiter = ',', value_name = "NAME", default_value = profile::ALL)]
    framework: Vec<String>,
    /// Number of lines to begin with; keys change it
    #[arg(short, long, default_value = "1", value_parser = clap::value_parser!(u16), value_name = "LINES")]
    lines: u16,
    #[command(flatten)]
    testbed: OneTestbedArgument,
    /// What makes the traffic [default: netperf]
    #[arg(long)]
    generator: Option<GeneratorArgument>,
    /// Sizes of frames that the key f goes through, bytes without the check sequence: 60,512,1514 or imix
    ///
    /// Without it, 60,512,1514 of a generator that sends raw frames, and what the MTU lets be of the others, which can be
    /// given a size too and then send UDP.
    #[arg(long, value_parser = parse_frame_sizes, value_name = "BYTES")]
    frame_size: Option<FrameSizes>,
    /// How long each framework stays, whole trials of it, before the next one comes by itself
    #[arg(long, value_name = "DURATION", value_parser = notation::time, default_value = "30s")]
    dwell: Duration,
    /// Time of traffic of each trial that counts, whole seconds or minutes: trials follow one another, and each is a figure
    #[arg(long, value_name = "DURATION", value_parser = notation::duration_s, default_value = "10s")]
    duration: u64,
    /// End by itself after this long: 30s, 5min [default: never]
    #[arg(long = "for", value_name = "DURATION", value_parser = notation::time)]
    length: Option<Duration>,
    /// Show no picture, but say in lines what goes on; for scripts, and where there is no terminal
    ///
    /// There are no keys then: it ends with --for, with Ctrl-C, or by SIGTERM.
    #[arg(long)]
    no_screen: bool,
    #[command(flatten)]
    hold: HoldArguments,
    /// How long a host that was lost is waited for: 90s, 10min
    #[arg(long, value_parser = parse_reboot_wait, default_value = "5min", value_name = "DURATION")]
    reboot_wait: u64,
    /// Print the commands that would run for the first cell of each framework, host by host, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    results: ResultsArgument,
    /// How to print what was recorded, at the end
    #[arg(long, default_value = "text")]
    format: RunFormat,
}

/// What the command is asked to do.
pub(super) fn options(arguments: DemoArguments) -> Result<Options> {
    Ok(Options {
        testbed: arguments.testbed.load()?,
        frameworks: arguments.framework,
        lines: usize::from(arguments.lines),
        generator: arguments.generator.map_or_else(Generator::default, GeneratorArgument::generator),
        frame_sizes: arguments.frame_size.map_or_else(Vec::new, |sizes| sizes.0),
        dwell: arguments.dwell,
        duration_s: arguments.duration,
        length: arguments.length,
        results: arguments.results.results,
        deadman: arguments.hold.deadman.0,
        waiting: arguments.hold.waiting(),
        reboot_wait: Duration::from_secs(arguments.reboot_wait),
        screen: !arguments.no_screen,
        dry_run: arguments.dry_run,
        json: arguments.format.is_json(),
    })
}
