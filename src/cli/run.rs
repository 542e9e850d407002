//! The arguments of `nsbench run`. Must not know what becomes of them.

use std::time::Duration;

use anyhow::{Result, bail};

use super::values::{
    FrameSizes, GeneratorArgument, Lines, Losses, MeasureArgument, ProtocolArgument, RunFormat, SearchArgument,
    parse_frame_sizes, parse_lines, parse_losses, parse_reboot_wait,
};
use super::{HoldArguments, MiddleboxArgument, ResultsArgument, TestbedArgument};
use crate::commands::run::Request;
use crate::commands::{self, Failure, Outcome};
use crate::generator::MAX_FLOWS;
use crate::profile::experiment::repeats::Wish;
use crate::profile::experiment::{Experiment, Measure, Rate};
use crate::profile::{app, notation};
use crate::testbed::rack::Rack;

#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// Frameworks, or `all`: names of shipped profiles, or paths of profiles of your own
    #[arg(short, long, value_delimiter = ',', value_name = "NAME", conflicts_with = "resume")]
    #[arg(required_unless_present_any = ["experiment", "resume"])]
    framework: Vec<String>,
    /// Numbers of lines: 4, or 1,2,4, or 1..4 [default: 1]
    #[arg(short, long, value_parser = parse_lines, value_name = "LINES", conflicts_with = "resume")]
    lines: Option<Lines>,
    #[command(flatten)]
    testbed: TestbedArgument,
    #[command(flatten)]
    middlebox: MiddleboxArgument,
    /// Experiment file, or the name of a shipped one: figure3, figure5, smoke
    ///
    /// What the command line says besides takes the place of what the file says.
    #[arg(short, long, value_name = "FILE", conflicts_with = "resume")]
    experiment: Option<String>,
    /// Measurements of each cell, exactly so many unless --precision or --max-trials asks for more
    /// [default: 5, and then until --precision is reached; 3 where the cost is measured, 1 where rates are
    /// searched for]
    ///
    /// On virtual hosts rates rank nothing, and no number of measurements makes them precise: by default it stays with 5.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(notation::MAX_TRIALS)))]
    #[arg(conflicts_with = "resume")]
    trials: Option<u32>,
    /// Measure a cell again until half of the 95 % interval of its mean is no more than this share of it: 1, or 0.5%
    /// [default: 1]
    #[arg(long, value_name = "PERCENT", value_parser = notation::precision_percent, conflicts_with = "resume")]
    precision: Option<f64>,
    /// The most measurements of a cell that are made for the sake of precision [default: 15]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(notation::MAX_TRIALS)))]
    #[arg(conflicts_with = "resume")]
    max_trials: Option<u32>,
    /// Time of traffic of each measurement that counts, whole seconds or minutes: 10s, 2min [default: 10s]
    #[arg(long, value_parser = notation::duration_s, conflicts_with = "resume")]
    duration: Option<u64>,
    /// Time of traffic before that, which does not count; 0 for none [default: 1s]
    ///
    /// What counts is the stretch in which all lines were sending, without this much of its beginning and --cooldown of its end.
    /// Of UDP all counts, but with iperf3: how much arrived, netperf tells only at the end.
    #[arg(long, value_name = "DURATION", value_parser = notation::around_s, conflicts_with = "resume")]
    warmup: Option<u64>,
    /// Time of traffic after it, which does not count; 0 for none [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = notation::around_s, conflicts_with = "resume")]
    cooldown: Option<u64>,
    /// What is measured: what a framework carries, the instructions that a packet takes at the middlebox, or the highest
    /// rates at which no more is lost than --loss [default: throughput]
    ///
    /// In the lab a middlebox of its own is booted for the cost, whose clock counts instructions, and a fixed number of
    /// frames of our own goes through it: --duration and --protocol say nothing there. On real hosts `perf stat` counts
    /// while the generator sends. The highest rates (`ndr`) are searched for with trials of up to --duration each, all lines at
    /// the same rate; a search is one trial here.
    #[arg(long, conflicts_with = "resume")]
    measure: Option<MeasureArgument>,
    /// With --measure ndr, percent of a line's packets that may be lost, a goal each: 0, or 0,0.5 [default: 0,0.5]
    #[arg(long, value_parser = parse_losses, value_name = "PERCENT", conflicts_with = "resume")]
    loss: Option<Losses>,
    /// With --measure ndr, how the rates that are tried are chosen: mlr, or RFC 2544's binary search [default: mlr]
    #[arg(long, conflicts_with = "resume")]
    search: Option<SearchArgument>,
    /// With --measure ndr, how far apart the bounds of a rate may be at the end, percent of it [default: 0.5; 5 on virtual
    /// hosts]
    #[arg(long, value_parser = notation::width_percent, value_name = "PERCENT", conflicts_with = "resume")]
    width: Option<f64>,
    /// Sizes of the frames that are sent, each a cell of its own: 60,512,1514 or rfc2544 or imix
    ///
    /// Bytes without the check sequence: what RFC 2544 calls 64 is 60 here, and `rfc2544` stands for its list,
    /// 60,124,252,508,1020,1276,1514. A mix of sizes with their weights is one cell, with pktgen only: 60*7+590*4+1514*1, for
    /// which `imix` is short. Without it, the lab's measure of cost, pktgen and testpmd send 60; the others fill the MTU, and
    /// can be given a size over UDP only.
    #[arg(long, value_parser = parse_frame_sizes, value_name = "BYTES", conflicts_with = "resume")]
    frame_size: Option<FrameSizes>,
    /// What makes the traffic [default: netperf; pktgen with --measure ndr]
    #[arg(long, conflicts_with = "resume")]
    generator: Option<GeneratorArgument>,
    /// What the generator sends [default: tcp, where it can]
    #[arg(long, conflicts_with = "resume")]
    protocol: Option<ProtocolArgument>,
    /// Flows a line, between ports that are the same every time, so that cards deal them out to their queues alike
    ///
    /// Without it, one flow, from a port that the source's kernel chooses.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_FLOWS)), conflicts_with = "resume")]
    flows: Option<u32>,
    /// Value, or values to try, of a framework's parameter: netslice.batch=16,64
    #[arg(long = "set", value_name = "FRAMEWORK.PARAMETER=VALUE", value_parser = notation::setting)]
    #[arg(conflicts_with = "resume")]
    set: Vec<(String, Vec<String>)>,
    /// Application that the frameworks run: bridge, which forwards and no more, or firewall; or both [default: bridge]
    #[arg(long, value_delimiter = ',', value_name = "NAME", conflicts_with = "resume")]
    app: Vec<String>,
    /// File of rules of the firewall, or several, each a cell of its own
    #[arg(long, value_delimiter = ',', value_name = "FILE", conflicts_with = "resume")]
    rules: Vec<String>,
    /// Make the trials in random order, each in a set-up of its own: every cell once, then every cell again
    ///
    /// `--shuffle=false` where an experiment file says `shuffle: true`.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    #[arg(hide_possible_values = true, conflicts_with = "resume")]
    shuffle: Option<bool>,
    /// Go on with a recorded run, by its id, the beginning of its id, or its path
    ///
    /// Measures what has no figure yet, trials that failed among it, as the record says it was asked.
    #[arg(long, value_name = "RUN", conflicts_with = "dry_run")]
    resume: Option<String>,
    #[command(flatten)]
    hold: HoldArguments,
    /// Go on with the next cell after a host was lost and came back; without it the run ends there
    #[arg(long, conflicts_with = "dry_run")]
    keep_going: bool,
    /// How long a host that was lost is waited for: 90s, 10min
    #[arg(long, value_parser = parse_reboot_wait, default_value = "5min", value_name = "DURATION")]
    reboot_wait: u64,
    /// Measure first what source and sink do without the middlebox's forwarding
    ///
    /// Each half of the way by itself, with netperf on the middlebox as its other end, and the source to itself. A figure
    /// within 2 % of the smaller half is marked `generator-limited`: it may not be the framework's.
    #[arg(long, conflicts_with = "resume")]
    calibrate: bool,
    /// Print the commands that would run, host by host, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    results: ResultsArgument,
    /// How to print what was recorded
    #[arg(long, default_value = "text")]
    format: RunFormat,
}

/// What `nsbench run` is asked for, and on which testbeds; the options name the first of them.
pub(super) fn options(mut arguments: RunArguments) -> Result<(Rack, commands::run::Options)> {
    let request = match arguments.resume.take() {
        Some(run) => Request::Resume(run),
        None => Request::New(Box::new(experiment(&mut arguments).map_err(Failure::mark(Outcome::BadInput))?)),
    };
    let rack = arguments.middlebox.of(&arguments.testbed.load()?)?;
    let options = commands::run::Options {
        testbed: rack.testbeds()[0].clone(),
        testbed_argument: arguments.testbed.testbed,
        request,
        results: arguments.results.results,
        deadman: arguments.hold.deadman.0,
        waiting: arguments.hold.waiting(),
        dry_run: arguments.dry_run,
        calibrate: arguments.calibrate,
        keep_going: arguments.keep_going,
        reboot_wait: Duration::from_secs(arguments.reboot_wait),
        json: arguments.format.is_json(),
    };
    Ok((rack, options))
}

/// What the file says, and in its place what the command line says.
fn experiment(arguments: &mut RunArguments) -> Result<Experiment> {
    let mut experiment = arguments.experiment.as_deref().map(Experiment::find).transpose()?.unwrap_or_default();
    if !arguments.framework.is_empty() {
        experiment.replace_frameworks(std::mem::take(&mut arguments.framework));
    }
    if !arguments.app.is_empty() {
        experiment.frameworks = app::on(&experiment.frameworks, &arguments.app)?;
    }
    if !arguments.rules.is_empty() {
        for name in app::that_take_rules(&experiment.frameworks)? {
            experiment.replace_setting(name, arguments.rules.clone());
        }
    }
    for (name, values) in std::mem::take(&mut arguments.set) {
        experiment.replace_setting(name, values);
    }
    let RunArguments { trials, precision: precision_percent, max_trials, .. } = *arguments;
    let repeats = experiment.repeats.replaced_by(Wish { trials, precision_percent, max_trials });
    if let Some((least, most)) = repeats.contradiction() {
        bail!(
            "at most {most} trials are fewer than the {least} that are to be made\nhint: --max-trials {least} or more"
        );
    }
    let measure = arguments.measure.map_or(experiment.measure, MeasureArgument::measure);
    let asks = arguments.loss.is_some() || arguments.search.is_some() || arguments.width.is_some();
    if asks && measure != Measure::Ndr {
        bail!(
            "`--loss`, `--search` and `--width` say how the highest rates are searched for, and {} is measured\n\
             hint: add --measure ndr, or leave them out",
            measure.name()
        );
    }
    Ok(Experiment {
        lines: arguments.lines.take().map_or(experiment.lines, |lines| lines.0),
        repeats,
        duration_s: arguments.duration.unwrap_or(experiment.duration_s),
        around_s: [
            arguments.warmup.unwrap_or(experiment.around_s[0]),
            arguments.cooldown.unwrap_or(experiment.around_s[1]),
        ],
        generator: arguments.generator.map(GeneratorArgument::generator).or(experiment.generator),
        protocol: arguments.protocol.map(ProtocolArgument::protocol).or(experiment.protocol),
        flows: arguments.flows.or(experiment.flows),
        measure,
        rate: Rate {
            loss_percent: arguments.loss.take().map_or(experiment.rate.loss_percent, |losses| losses.0),
            search: arguments.search.map_or(experiment.rate.search, SearchArgument::method),
            width_percent: arguments.width.or(experiment.rate.width_percent),
        },
        frame_sizes: arguments.frame_size.take().map_or(experiment.frame_sizes, |sizes| sizes.0),
        shuffle: arguments.shuffle.unwrap_or(experiment.shuffle),
        ..experiment
    })
}
