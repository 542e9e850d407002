//! Experiments: which frameworks are measured, on how many lines, how often and in which order, as data.
//!
//! Must not know hosts, nor what a framework does: its name is passed on as it is written.

mod load;
mod rate;
pub mod repeats;
mod schema;
mod settings;
mod times;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{is_path, notation};
use crate::brought;
use crate::generator::{Frames, Generator, MAX_FLOWS, Protocol};
use crate::measure::search::Method;
use crate::yaml::{self, Diagnostic, Document};
pub use rate::Rate;
use repeats::Wish;
pub use settings::Setting;

/// What is to be measured: read from a file, or put together on the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// What its file calls it, if it is from one.
    pub name: Option<String>,
    /// One line for people; empty where there is no file.
    pub summary: String,
    /// Framework profiles by name or path.
    pub frameworks: Vec<String>,
    /// Numbers of lines.
    pub lines: Vec<usize>,
    /// How often each cell is measured.
    pub repeats: Wish,
    /// Seconds of traffic a trial that count.
    pub duration_s: u64,
    /// Seconds of traffic before those and after them.
    pub around_s: [u64; 2],
    /// What sends, where that was chosen.
    pub generator: Option<Generator>,
    /// Transport protocol, where one was chosen.
    pub protocol: Option<Protocol>,
    /// Flows a line, where their ports are to be the same every time.
    pub flows: Option<u32>,
    /// Parameters to set, each value a cell of its own, in every combination.
    pub set: Vec<Setting>,
    /// Groups of more parameters to set, each group for itself; one without parameters is `set` alone.
    pub sets: Vec<Vec<Setting>>,
    /// What is measured.
    pub measure: Measure,
    /// Which frames are sent, each a cell of its own; empty where nothing is said of them.
    pub frame_sizes: Vec<Frames>,
    /// What is searched for, where the highest rate is.
    pub rate: Rate,
    /// Whether the trials are made in random order.
    pub shuffle: bool,
}

/// What is measured of a framework.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// How much it carries.
    #[default]
    Throughput,
    /// How many instructions of the middlebox a packet takes.
    Cost,
    /// The highest rates at which no more is lost than allowed.
    Ndr,
}

impl Measure {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Throughput, Self::Cost, Self::Ndr];

    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Cost => "cost",
            Self::Ndr => "ndr",
        }
    }
}

impl Default for Experiment {
    /// No framework yet, and what holds wherever neither file nor command line says otherwise.
    fn default() -> Self {
        Self {
            name: None,
            summary: String::new(),
            frameworks: Vec::new(),
            lines: vec![1],
            repeats: Wish::default(),
            duration_s: 10,
            around_s: [1, 1],
            generator: None,
            protocol: None,
            flows: None,
            set: Vec::new(),
            sets: Vec::new(),
            measure: Measure::default(),
            frame_sizes: Vec::new(),
            rate: Rate::default(),
            shuffle: false,
        }
    }
}

/// The experiments that nsbench brings along, by name.
const SHIPPED: [(&str, &str); 3] = [
    ("figure3", include_str!("../../profiles/experiments/figure3.yaml")),
    ("figure5", include_str!("../../profiles/experiments/figure5.yaml")),
    ("smoke", include_str!("../../profiles/experiments/smoke.yaml")),
];

/// An experiment: which frameworks are measured, on how many lines, how often and in which order.
// A `Value` may be written in several ways; `schema` has them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an experiment: the keys `name`, `summary` and `frameworks`")]
pub(crate) struct File {
    /// What records call it.
    name: String,
    /// One line for people.
    summary: String,
    /// Names of frameworks, paths of profiles relative to this file, or `all`.
    #[schemars(schema_with = "schema::frameworks")]
    frameworks: Value,
    /// Numbers of lines that carry traffic: 4, or [1, 2, 4], or 1..4; without it 1.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::lines")]
    lines: Option<Value>,
    /// Trials of each cell, exactly so many unless `precision` or `max_trials` asks for more; without it 5 and then as many
    /// as the precision takes, of costs 3, of ndr 1.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(range(min = 1, max = notation::MAX_TRIALS))]
    trials: Option<u32>,
    /// Further trials are made until half of the 95 % interval of a cell's mean is no more than so many percent of it, 0.5
    /// or 0.5%; without it 1 where `trials` says nothing either.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::precision")]
    precision: Option<Value>,
    /// The most trials that are made for the sake of precision; without it 15.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(range(min = 1, max = notation::MAX_TRIALS))]
    max_trials: Option<u32>,
    /// Time of traffic of each trial, whole seconds or minutes: 10s, 2min; without it 10s.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::duration")]
    duration: Option<Value>,
    /// Time of traffic before that, which does not count, whole seconds or 0; without it 1s.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::around")]
    warmup: Option<Value>,
    /// Time of traffic after it, which does not count; without it 1s.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::around")]
    cooldown: Option<Value>,
    /// What sends; without it netperf, and pktgen where `measure` is ndr.
    #[serde(default, deserialize_with = "yaml::present")]
    generator: Option<Generator>,
    /// What the generator sends; without it tcp, or what the generator can.
    #[serde(default, deserialize_with = "yaml::present")]
    protocol: Option<Protocol>,
    /// Flows a line, between ports that are the same every time; without it one, from a port that the kernel chooses.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(range(min = 1, max = MAX_FLOWS))]
    flows: Option<u32>,
    /// Values to try of parameters of the frameworks, each a cell of its own: `netslice.batch: [16, 64]`.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::settings")]
    set: Option<Map<String, Value>>,
    /// Groups of such parameters, each tried by itself and not in combination with the others; `{}` is the group that sets
    /// nothing.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::sets")]
    sets: Option<Vec<Map<String, Value>>>,
    /// What is measured; without it throughput.
    #[serde(default, deserialize_with = "yaml::present")]
    measure: Option<Measure>,
    /// Bytes of the frames to send, without the check sequence: 60, or [60, 512], or rfc2544; or a mix of sizes with their
    /// weights, imix or 60*7+1514*1; without it 60 where the lab measures the cost and with pktgen and testpmd, else as the MTU lets them
    /// be.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::frame_sizes")]
    frame_size: Option<Value>,
    /// Where `measure` is ndr, percent of the packets that may be lost, a goal each: 0, or [0, 0.5]; without it those two.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::loss")]
    loss: Option<Value>,
    /// How it searches for the rates; without it mlr.
    #[serde(default, deserialize_with = "yaml::present")]
    search: Option<Method>,
    /// How far apart the bounds of a rate may be at the end, percent of the upper one; without it 0.5, on virtual hosts 5.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(schema_with = "schema::width")]
    width: Option<Value>,
    /// Make the trials in random order, every cell once and then again; without it a cell after the other.
    #[serde(default, deserialize_with = "yaml::present")]
    shuffle: Option<bool>,
}

impl Experiment {
    /// The experiment that `--experiment` names: a shipped one, or a YAML file by its path.
    /// The user's own file of that name goes before a shipped one.
    pub fn find(name: &str) -> Result<Self> {
        if let Some(path) = brought::own(brought::EXPERIMENTS, name)? {
            return Self::find(&path.to_string_lossy());
        }
        if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            return Ok(Self::parse(&format!("profiles/experiments/{name}.yaml"), text, Path::new(""))?);
        }
        let names = Self::names().join(", ");
        if !is_path(name) {
            bail!("there is no experiment `{name}`\nhint: there are {names}; or give the path of one, FILE.yaml");
        }
        let text = fs::read_to_string(name)
            .with_context(|| format!("could not read the experiment `{name}`\nhint: nsbench brings along {names}"))?;
        Ok(Self::parse(name, &text, Path::new(name).parent().unwrap_or(Path::new("")))?)
    }

    /// Names of the shipped experiments, and the files themselves.
    pub fn shipped_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        SHIPPED.into_iter()
    }

    /// Names of the shipped experiments.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// Reads an experiment, whose paths of profiles are relative to `folder`, and checks it.
    pub fn parse(origin: &str, text: &str, folder: &Path) -> Result<Self, Diagnostic> {
        let document = yaml::read::<File>(origin, text)?;
        let default = Self::default();
        let frameworks = frameworks(&document)?;
        let set = settings::set(&document, &frameworks)?;
        let sets = settings::sets(&document, &frameworks)?;
        let in_folder =
            |name: String| if is_path(&name) { folder.join(name).to_string_lossy().into_owned() } else { name };
        Ok(Self {
            lines: lines(&document)?.unwrap_or(default.lines),
            repeats: repeats::read(&document)?,
            duration_s: times::duration_s(&document)?.unwrap_or(default.duration_s),
            around_s: times::around_s(&document, default.around_s)?,
            frameworks: frameworks.into_iter().map(in_folder).collect(),
            set,
            sets,
            flows: load::flows(&document)?,
            measure: document.value.measure.unwrap_or(default.measure),
            frame_sizes: frame_sizes(&document)?.unwrap_or(default.frame_sizes),
            rate: rate::read(&document)?,
            name: Some(document.value.name),
            summary: document.value.summary,
            generator: document.value.generator,
            protocol: document.value.protocol,
            shuffle: document.value.shuffle.unwrap_or(default.shuffle),
        })
    }
}

fn frameworks(document: &Document<File>) -> Result<Vec<String>, Diagnostic> {
    let hint = "write names of frameworks or paths of profiles, [bridge, mine.yaml], or all";
    words(document, &["frameworks"], &document.value.frameworks, hint)
}

fn lines(document: &Document<File>) -> Result<Option<Vec<usize>>, Diagnostic> {
    let Some(value) = &document.value.lines else { return Ok(None) };
    let hint = "write a number of lines, 4, or several, [1, 2, 4] or 1..4";
    let mut lines = Vec::new();
    for (index, word) in words(document, &["lines"], value, hint)?.iter().enumerate() {
        let refuse =
            |_| document.at(&["lines", &index.to_string()], "wrong value for `lines`", "no number of lines", hint);
        lines.extend(notation::lines(word).map_err(refuse)?);
    }
    Ok(Some(lines))
}

fn frame_sizes(document: &Document<File>) -> Result<Option<Vec<Frames>>, Diagnostic> {
    let Some(value) = &document.value.frame_size else { return Ok(None) };
    let hint = "write the bytes of a frame without its check sequence, 60, or several, [60, 512, 1514], or rfc2544; or a mix, imix or 60*7+1514*1";
    let mut sizes = Vec::new();
    for (index, word) in words(document, &["frame_size"], value, hint)?.iter().enumerate() {
        let path = ["frame_size", &index.to_string()];
        let refuse = |_| document.at(&path, "wrong value for `frame_size`", "no size of a frame", hint);
        sizes.extend(notation::frame_sizes(word).map_err(refuse)?);
    }
    Ok(Some(sizes))
}

/// The words at `path`: one, or a list of them.
fn words(document: &Document<File>, path: &[&str], value: &Value, hint: &str) -> Result<Vec<String>, Diagnostic> {
    let refuse = |path: &[&str], label: &str| {
        let key = path.iter().filter(|step| step.parse::<usize>().is_err()).copied().collect::<Vec<_>>().join(".");
        document.at(path, &format!("wrong value for `{key}`"), label, hint)
    };
    let Value::Array(items) = value else {
        return Ok(vec![word(value).ok_or_else(|| refuse(path, "neither a word nor a list of words"))?]);
    };
    if items.is_empty() {
        return Err(refuse(path, "an empty list"));
    }
    let item = |(index, item): (usize, &Value)| {
        word(item).ok_or_else(|| refuse(&[path, &[&index.to_string()]].concat(), "not a word"))
    };
    items.iter().enumerate().map(item).collect()
}

/// A text or a whole number. Whatever else YAML makes of an unquoted word (1.50, yes) is not what was written.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains('\0') => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "experiment/tests.rs"]
mod tests;
