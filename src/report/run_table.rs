//! What one run measured: a table a trial, with the packets at the four ports of each line and the
//! place where packets were lost. Must not know of other runs.

use std::fmt::Write as _;

use serde_json::Value;

use super::ceilings;
use super::ndr_table;
use super::sheet::decimals;
use super::table::grid;
use super::watched;
use super::{profile_table, soak_table};
use crate::compare::COST;
use crate::compare::spread::{self, Spread};
use crate::generator::Layer;
use crate::plan::cores::LineCores;
use crate::record::loss::BESIDE;
use crate::record::{Cost, Counting, LineResult, Run, Status, Trial};
use crate::units::{BitsPerSecond, Percent, beside};

/// The run, trial by trial, in the order they were made.
pub fn render(run: &Run) -> String {
    let mut text = title(run);
    for trial in &run.trials {
        let show = run.profiles.get(&trial.framework).and_then(|profile| profile.get("show"));
        let _ = write!(text, "\n{}", trial_table(trial, show));
    }
    if let Some(soak) = &run.soak {
        let _ = write!(text, "\n{}", soak_table::render(soak));
    } else if let Some(profiled) = &run.profiled {
        let _ = write!(text, "\n{}", profile_table::render(profiled, None));
    } else if run.trials.is_empty() {
        text.push_str("\nno trial was recorded\n");
    }
    let spreads = spreads(run);
    if !spreads.is_empty() {
        let _ = write!(text, "\n{spreads}");
    }
    if run.trials.iter().any(|trial| trial.cost.is_some()) {
        text.push_str(
            "\nwarning: instructions a packet are its cost, not its time: no cache misses and no contention are in them\n",
        );
    }
    let sampled = run.profiled.as_ref().is_some_and(|profiled| profiled.by == Counting::Samples);
    if run.emulated && sampled {
        text.push_str("\nwarning: emulation: samples of virtual hosts tell where emulation spends its time, not where a processor would\n");
    }
    if run.emulated && run.trials.iter().any(|trial| trial.measure != COST) {
        text.push_str("\nwarning: emulation: measured on virtual hosts, whose rates rank nothing\n");
    }
    text
}

fn title(run: &Run) -> String {
    let settings = &run.settings;
    let unknown = || "not recorded".to_owned();
    let mut text = format!(
        "{} on testbed `{}`{}{}: {}{}, MTU {}\n",
        run.id,
        run.testbed,
        run.middlebox.as_ref().map_or(String::new(), |name| format!(", middlebox `{name}`")),
        if run.emulated { " (emulated)" } else { "" },
        settings.generator,
        // Our own generator has neither.
        if settings.generator == "nsbench" {
            "'s own generator".to_owned()
        } else {
            let protocol = settings.protocol.clone().unwrap_or_else(unknown);
            let duration = settings.duration_s.map_or_else(unknown, |s| format!("{s} s"));
            let flows = settings.flows.map_or(String::new(), |flows| format!(", {flows} flows a line"));
            let layer = match settings.counts {
                Layer::Payload => "",
                Layer::Frames => ", rates are of frames without their check sequence",
            };
            let around = [(settings.warmup_s, "warm-up"), (settings.cooldown_s, "cool-down")];
            let around = around.into_iter().filter_map(|(seconds, what)| Some((seconds.filter(|s| *s > 0.0)?, what)));
            let mut text = format!(", protocol {protocol}{flows}{layer}, duration {duration}");
            for (seconds, what) in around {
                let _ = write!(text, " + {seconds} s of {what}");
            }
            text
        },
        settings.mtu.map_or_else(unknown, |m| m.to_string()),
    );
    if let Some(publication) = &run.published {
        let _ = writeln!(text, "{}: {}", publication.label, publication.source);
    }
    if !run.cores.is_empty() {
        let pair = |cores: &LineCores| format!("line {}: {}/{}", cores.line, cores.forward, cores.reverse);
        let pairs: Vec<_> = run.cores.iter().map(pair).collect();
        let _ = writeln!(text, "cores of the middlebox, forward/reverse: {}", pairs.join(", "));
    }
    text + &run.ceilings.as_ref().map(ceilings::sentences).unwrap_or_default()
}

/// `show` names the facts that stand beside the framework's name.
fn trial_table(trial: &Trial, show: Option<&Value>) -> String {
    let mut text = trial.framework.clone();
    for name in show.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if let Some(value) = trial.framework_facts.get(name).and_then(Value::as_str) {
            let _ = write!(text, " ({name} {value})");
        }
    }
    let _ = write!(text, ", lines: {}", trial.lines);
    for (name, value) in &trial.params {
        let _ = write!(text, ", {name}={value}");
    }
    if let Some(frames) = trial.frames() {
        let _ = write!(text, ", frames of {frames}");
    }
    let _ = write!(text, ", trial {}", trial.trial);
    match (trial.status, &trial.reason) {
        (Status::Ok, _) => {}
        (Status::Failed, Some(reason)) => {
            let _ = write!(text, ": failed: {reason}");
        }
        (Status::Failed, None) => text.push_str(": failed, no reason was recorded"),
    }
    text.push('\n');
    match (trial.per_line.is_empty(), trial.throughput_bps) {
        (false, _) => {
            text.push_str(&lines_table(trial));
            text.push('\n');
        }
        (true, Some(bps)) if trial.ndr.is_none() => {
            let _ = writeln!(text, "total {}, lines not recorded", BitsPerSecond(bps));
        }
        (true, _) => {}
    }
    if let Some(ndr) = trial.ndr.as_ref().filter(|ndr| ndr.trials > 0) {
        text.push_str(&ndr_table::render(ndr, trial.lines));
    }
    text.push_str(&watched::line(&trial.hosts));
    if let Some(cost) = &trial.cost {
        text.push_str(&cost_lines(cost));
    }
    for warning in &trial.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    text
}

/// What a packet cost, and what that was made from.
fn cost_lines(cost: &Cost) -> String {
    let mut text = format!("{:.0} instructions a packet", cost.instructions_per_packet);
    let others = [
        (cost.cycles_per_packet, "cycles"),
        (cost.l2_misses_per_packet, "misses of the second-level cache"),
        (cost.llc_misses_per_packet, "misses of the last-level cache"),
    ];
    for (figure, what) in others {
        if let Some(figure) = figure {
            let _ = write!(text, ", {figure:.*} {what}", decimals(figure));
        }
    }
    if let Some(packets) = cost.packets {
        let _ = write!(text, "; {packets} packets");
    }
    if let Some(share) = cost.lost_share {
        let _ = write!(text, ", {} lost", Percent(share * 100.0));
    }
    if let (Some(idle), Some(packets)) = (cost.idle_instructions, cost.packets.filter(|packets| *packets > 0)) {
        let _ = write!(text, "; {:.0} a packet of an idle middlebox are subtracted", idle / packets as f64);
    }
    text.push('\n');
    text
}

/// How far apart the figures of each cell are, and how sure their mean is.
fn spreads(run: &Run) -> String {
    spread::of_cells(run).iter().map(spread_lines).collect()
}

fn spread_lines(spread: &Spread) -> String {
    let Spread { cell, is_cost, figures, outliers, missed_percent } = spread;
    let figure = |value: f64| if *is_cost { format!("{value:.0}") } else { BitsPerSecond(value).to_string() };
    let what = if *is_cost { " instructions a packet" } else { "" };
    let mut text = format!("{cell}: {}{what}, {} trials", figure(figures.mean), figures.n);
    let shares = (figures.spread_percent(), figures.precision_percent());
    if let (Some(spread), Some(precision)) = shares {
        let median = figure(figures.median);
        let precision = missed_percent.map_or_else(|| format!("{precision:.2}"), |asked| beside(precision, 2, asked));
        let _ = write!(text, " within {spread:.2} %, median {median}, mean known to ±{precision} %");
    }
    text.push('\n');
    if !outliers.is_empty() {
        let numbers: Vec<_> = outliers.iter().map(u32::to_string).collect();
        let _ = writeln!(
            text,
            "  far from the others (Tukey's outer fences), and in the mean: trial {}",
            numbers.join(", ")
        );
    }
    if let Some(asked) = missed_percent {
        let _ = writeln!(text, "warning: {cell}: that is not as precise as was asked, ±{asked} %");
    }
    text
}

fn lines_table(trial: &Trial) -> String {
    let rates = trial.per_line.iter().map(|l| l.throughput_bps);
    let most = rates.chain(trial.throughput_bps).fold(0.0, f64::max);
    let (unit, scale) = if most >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) };
    let rate = |bps: f64| format!("{:.*}", decimals(bps / scale), bps / scale);
    let header = ["line", unit, "source sent", "middlebox in", "middlebox out", "sink received", "packets lost"];
    let mut rows: Vec<Vec<String>> = trial.per_line.iter().map(|line| row(line, &rate)).collect();
    if let Some(total) = trial.throughput_bps {
        let mut row = vec!["total".to_owned(), rate(total)];
        row.resize(header.len(), String::new());
        rows.push(row);
    }
    grid(header.map(str::to_owned).to_vec(), rows, 1..6)
}

fn row(line: &LineResult, rate: &impl Fn(f64) -> String) -> Vec<String> {
    let ports = &line.ports;
    let counts =
        [ports.source_tx_packets, ports.middlebox_rx_packets, ports.middlebox_tx_packets, ports.sink_rx_packets];
    let mut row = vec![line.line.to_string(), rate(line.throughput_bps)];
    row.extend(counts.map(|c| c.map_or_else(|| "not counted".to_owned(), |c| c.to_string())));
    row.push(losses(line));
    row
}

/// Where there is nothing to tell of a loss, an unknown one between two ports is told.
const BETWEEN: [&str; 3] = ["between source and middlebox", "in the framework", "between middlebox and sink"];

/// `12 in the framework`; a place a line.
fn losses(line: &LineResult) -> String {
    let [forward, reverse] = line.losses();
    let mut found = Vec::new();
    // A framework that takes the ports from the kernel and does not count leaves nobody to count there.
    let uncounted = line.ports.middlebox_rx_packets.is_none() && line.ports.middlebox_tx_packets.is_none();
    let on_the_way = line.lost_on_the_way().filter(|_| uncounted);
    if let Some(lost) = on_the_way.filter(|lost| *lost != 0) {
        found.push(if lost > 0 {
            format!("{lost} between source and sink")
        } else {
            format!("{} more than sent between source and sink", -lost)
        });
    }
    for (place, lost) in forward.places() {
        let at_an_end = place == "in the source" || place == "in the sink";
        match lost {
            Some(0) => {}
            Some(beside) if at_an_end && beside.abs() <= BESIDE => {}
            Some(lost @ 1..) => found.push(format!("{lost} {place}")),
            // A bridge speaks too: frames of its own come out where none went in.
            Some(more) if -more <= BESIDE => {}
            Some(more) => found.push(format!("{} more than sent {place}", -more)),
            None if BETWEEN.contains(&place) && on_the_way.is_none() => found.push(format!("unknown {place}")),
            None => {}
        }
    }
    for (place, lost) in reverse.places() {
        if let Some(lost @ 1..) = lost {
            found.push(format!("{lost} of the answers {place}"));
        }
    }
    found.extend(line.framework_counters.iter().map(|(name, count)| format!("the framework says: {name} {count}")));
    if found.is_empty() { "none".to_owned() } else { found.join("\n") }
}
