//! Values of arguments: how they are written, and what is said of those that cannot be read.

use std::time::Duration;

use crate::execute::Waiting;
use crate::generator::{Frames, Generator, Protocol};
use crate::lab::Lab;
use crate::measure::search::Method;
use crate::output::tone::Color;
use crate::profile::experiment::Measure;
use crate::profile::notation;
use crate::record::Counting;
use crate::role::Role;
use crate::schema::Kind;

/// Numbers of lines in the order the user wrote them.
#[derive(Debug, Clone)]
pub struct Lines(pub Vec<usize>);

/// Sizes and mixes of frames in the order the user wrote them.
#[derive(Debug, Clone)]
pub struct FrameSizes(pub Vec<Frames>);

/// After how long the dead man's switch fires, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadman(pub Option<Duration>);

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum RunFormat {
    Text,
    Json,
}

impl RunFormat {
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Json)
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ColorArgument {
    Auto,
    Always,
    Never,
}

impl ColorArgument {
    pub const fn color(self) -> Color {
        match self {
            Self::Auto => Color::Auto,
            Self::Always => Color::Always,
            Self::Never => Color::Never,
        }
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum GeneratorArgument {
    Netperf,
    Iperf3,
    Pktgen,
    Testpmd,
    #[value(name = "pkt-gen")]
    PktGen,
}

impl GeneratorArgument {
    pub const fn generator(self) -> Generator {
        match self {
            Self::Netperf => Generator::Netperf,
            Self::Iperf3 => Generator::Iperf3,
            Self::Pktgen => Generator::Pktgen,
            Self::Testpmd => Generator::Testpmd,
            Self::PktGen => Generator::PktGen,
        }
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ProtocolArgument {
    Tcp,
    Udp,
}

impl ProtocolArgument {
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Tcp => Protocol::Tcp,
            Self::Udp => Protocol::Udp,
        }
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum MeasureArgument {
    Throughput,
    Cost,
    Ndr,
}

impl MeasureArgument {
    pub const fn measure(self) -> Measure {
        match self {
            Self::Throughput => Measure::Throughput,
            Self::Cost => Measure::Cost,
            Self::Ndr => Measure::Ndr,
        }
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum CountingArgument {
    Instructions,
    Samples,
}

impl CountingArgument {
    pub const fn counting(self) -> Counting {
        match self {
            Self::Instructions => Counting::Instructions,
            Self::Samples => Counting::Samples,
        }
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum SearchArgument {
    Mlr,
    Binary,
}

impl SearchArgument {
    pub const fn method(self) -> Method {
        match self {
            Self::Mlr => Method::Mlr,
            Self::Binary => Method::Binary,
        }
    }
}

/// Percents of the packets that may be lost, ascending.
#[derive(Debug, Clone)]
pub struct Losses(pub Vec<f64>);

/// What there is a schema of.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum SchemaArgument {
    /// The hosts and the lines between them
    Testbed,
    /// A framework profile
    Framework,
    /// What is to be measured
    Experiment,
    /// What was measured: run.json, and what `run --format json` prints
    Result,
}

impl SchemaArgument {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Testbed => Kind::Testbed,
            Self::Framework => Kind::Framework,
            Self::Experiment => Kind::Experiment,
            Self::Result => Kind::Result,
        }
    }
}

pub fn parse_lines(text: &str) -> Result<Lines, String> {
    notation::lines(text).map(Lines)
}

pub fn parse_losses(text: &str) -> Result<Losses, String> {
    notation::loss_percent(text).map(Losses)
}

pub fn parse_frame_sizes(text: &str) -> Result<FrameSizes, String> {
    notation::frame_sizes(text).map(FrameSizes)
}

/// How long a host is waited for, in seconds.
pub fn parse_reboot_wait(text: &str) -> Result<u64, String> {
    let usage = |_| format!("`{text}` is no time to wait; write whole seconds or minutes up to a day, 90s or 10min");
    notation::duration_s(text).map_err(usage)
}

/// The name of a lab.
pub fn parse_lab_name(text: &str) -> Result<String, String> {
    Lab::new(text).map(|lab| lab.name).map_err(|error| error.to_string())
}

pub fn parse_deadman(text: &str) -> Result<Deadman, String> {
    match text {
        "0" | "off" => Ok(Deadman(None)),
        _ => notation::time(text).map(Some).map(Deadman),
    }
}

pub fn parse_wait(text: &str) -> Result<Waiting, String> {
    match text {
        "forever" => Ok(Waiting::Forever),
        _ => notation::time(text).map(Waiting::UpTo),
    }
}

/// How long a cycle carries traffic: up to a minute, so that a heartbeat of the program is not waited for in vain.
pub fn parse_traffic(text: &str) -> Result<Duration, String> {
    let time = match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => notation::time(text).ok(),
    };
    let fits = |time: &Duration| (Duration::from_millis(1)..=Duration::from_secs(60)).contains(time);
    time.filter(fits).ok_or_else(|| format!("`{text}` is no time from 1ms to 1min; write it like 500ms or 10s"))
}

pub fn parse_role(text: &str) -> Result<Role, String> {
    Role::ALL
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| "there are source, middlebox and sink".to_owned())
}

pub fn parse_cross(text: &str) -> Result<(Role, usize, usize), String> {
    let usage = || "write it like source:1,2 or sink:3,4".to_owned();
    let (host, lines) = text.split_once(':').ok_or_else(usage)?;
    let (a, b) = lines.split_once(',').ok_or_else(usage)?;
    let line = |text: &str| text.parse().ok().filter(|line| (1..=4).contains(line)).ok_or_else(usage);
    match (parse_role(host)?, line(a)?, line(b)?) {
        (Role::Middlebox, ..) => Err("cables are crossed at the source or the sink".to_owned()),
        (_, a, b) if a == b => Err("a cable is crossed with another line's".to_owned()),
        (host, a, b) => Ok((host, a, b)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, text};

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn any_argument_is_a_value_or_refused_with_what_can_be(text in prop_oneof![text(), "(source|sink)?:?[0-9,]{0,4}"]) {
            if let Ok((host, a, b)) = parse_cross(&text) {
                prop_assert!(text.starts_with(host.name()) && (1..=4).contains(&a) && (1..=4).contains(&b) && a != b);
            }
            prop_assert!(parse_role(&text).is_ok_and(|role| role.name() == text) || parse_role(&text).is_err());
            if let Ok(name) = parse_lab_name(&text) {
                prop_assert!(!name.contains(['/', '.', ' ', '\n']) && name == text);
            }
            if let Ok(lines) = parse_lines(&text) {
                prop_assert!(!lines.0.is_empty());
            }
        }
    }

    #[test]
    fn the_dead_mans_switch_is_a_time_or_off() {
        assert_eq!(parse_deadman("5min"), Ok(Deadman(Some(Duration::from_secs(300)))));
        assert_eq!(parse_deadman("90s"), Ok(Deadman(Some(Duration::from_secs(90)))));
        for text in ["0", "off"] {
            assert_eq!(parse_deadman(text), Ok(Deadman(None)), "{text}");
        }
        for text in ["", "on", "-1", "0s", "2days"] {
            assert!(parse_deadman(text).is_err(), "{text}");
        }
    }

    #[test]
    fn traffic_goes_on_for_some_milliseconds_or_up_to_a_minute() {
        assert_eq!(parse_traffic("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_traffic("1min"), Ok(Duration::from_secs(60)));
        for text in ["", "0ms", "500", "61s", "-1ms", "1.5ms", "99999999999999999999ms"] {
            assert!(parse_traffic(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cables_are_crossed_at_the_ends_only() {
        assert_eq!(parse_cross("source:1,2"), Ok((Role::Source, 1, 2)));
        for text in ["middlebox:1,2", "source:1", "source:0,5", "source:2,2", "source"] {
            assert!(parse_cross(text).is_err(), "{text}");
        }
    }
}
