//! What an experiment that searches for the highest rate demands of it.
//!
//! Must not know how a rate is searched for.

use serde_json::Value;

use super::{Experiment, File, Measure};
use crate::generator::Generator;
use crate::measure::search::{Goals, Method};
use crate::profile::notation;
use crate::record::{AskedRate, goal_name};
use crate::yaml::{Diagnostic, Document};

/// How far apart the bounds may be, percent of the upper one, where nobody says: on real hosts, and on virtual ones, whose
/// rates differ by more from one second to the next.
const WIDTH_PERCENT: [f64; 2] = [0.5, 5.0];

/// Seconds of the shortest trials, as long as those that count are not shorter.
const FIRST_S: u64 = 1;

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Percent of the packets that may be lost, ascending.
    pub loss_percent: Vec<f64>,
    /// How.
    pub search: Method,
    /// How far apart the bounds may be, percent of the upper one, where that was chosen.
    pub width_percent: Option<f64>,
}

impl Default for Rate {
    fn default() -> Self {
        Self { loss_percent: vec![0.0, 0.5], search: Method::default(), width_percent: None }
    }
}

impl Rate {
    /// How far apart the bounds may be, percent of the upper one.
    pub fn width_percent(&self, emulated: bool) -> f64 {
        self.width_percent.unwrap_or(WIDTH_PERCENT[usize::from(emulated)])
    }

    /// As a record says what was asked.
    pub fn asked(&self, emulated: bool) -> AskedRate {
        let width_percent = self.width_percent(emulated);
        AskedRate { loss_percent: self.loss_percent.clone(), search: self.search, width_percent }
    }

    /// The goals of the search, whose trials have this length at the end.
    pub fn goals(&self, full_s: u64, emulated: bool) -> Goals {
        Goals {
            loss_ratios: self.loss_percent.iter().map(|percent| percent / 100.0).collect(),
            width: self.width_percent(emulated) / 100.0,
            first_s: FIRST_S,
            full_s,
        }
    }

    /// What it is, for people.
    pub fn in_words(&self, emulated: bool) -> String {
        let goals: Vec<_> = self.loss_percent.iter().map(|percent| goal_name(*percent)).collect();
        let method = match self.search {
            Method::Mlr => "MLRsearch",
            Method::Binary => "the binary search of RFC 2544",
        };
        format!(
            "the highest rates with {}, within {} %, by {method}",
            goals.join(" and "),
            self.width_percent(emulated)
        )
    }
}

impl Experiment {
    /// What sends: where nobody chose, the one that is made for what is measured.
    pub fn generator(&self) -> Generator {
        self.generator.unwrap_or(if self.measure == Measure::Ndr { Generator::Pktgen } else { Generator::default() })
    }
}

/// What the file says of it.
pub(super) fn read(document: &Document<File>) -> Result<Rate, Diagnostic> {
    let File { loss, search, width, .. } = &document.value;
    let default = Rate::default();
    let loss_percent = match loss {
        None => default.loss_percent,
        Some(value) => loss_percent(value).ok_or_else(|| {
            let hint = "write percent of the packets, 0 or 0.5, or several, [0, 0.5]";
            document.at(&["loss"], "wrong value for `loss`", "no share of packets that may be lost", hint)
        })?,
    };
    let width_percent = match width {
        None => None,
        Some(value) => Some(word(value).and_then(|text| notation::width_percent(&text).ok()).ok_or_else(|| {
            let hint = "write percent of the rate, above 0 and up to 50: 0.5";
            document.at(&["width"], "wrong value for `width`", "no distance of two rates", hint)
        })?),
    };
    Ok(Rate { loss_percent, search: search.unwrap_or_default(), width_percent })
}

fn loss_percent(value: &Value) -> Option<Vec<f64>> {
    let words = match value {
        Value::Array(items) => items.iter().map(word).collect::<Option<Vec<_>>>()?.join(","),
        one => word(one)?,
    };
    notation::loss_percent(&words).ok()
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn parse(more: &str) -> Result<Experiment, String> {
        let text = format!("name: x\nsummary: y\nframeworks: bridge\n{more}");
        Experiment::parse("x.yaml", &text, Path::new("")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_says_what_may_be_lost_how_it_is_searched_for_and_how_closely() {
        let rate = parse("measure: ndr\nloss: [1, 0, 0.5%]\nsearch: binary\nwidth: 2\n").unwrap().rate;
        let expected = Rate { loss_percent: vec![0.0, 0.5, 1.0], search: Method::Binary, width_percent: Some(2.0) };
        assert_eq!(rate, expected);
        assert_eq!(parse("loss: 0.1\n").unwrap().rate.loss_percent, [0.1]);
        assert_eq!(parse("measure: ndr\n").unwrap().rate, Rate::default());
    }

    #[test]
    fn mistakes_are_refused_at_their_place() {
        for (text, said) in [
            ("loss: all\n", "x.yaml:4:7"),
            ("loss: []\n", "no share of packets"),
            ("loss: [0, { a: b }]\n", "wrong value for `loss`"),
            ("loss: 100\n", "wrong value for `loss`"),
            ("width: 0\n", "up to 50"),
            ("search: random\n", "x.yaml:4:9"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn what_nobody_chose_follows_from_what_is_measured_and_where() {
        let (rates, throughput) = (parse("measure: ndr\n").unwrap(), parse("").unwrap());
        assert_eq!((rates.generator(), throughput.generator()), (Generator::Pktgen, Generator::Netperf));
        assert_eq!(parse("measure: ndr\ngenerator: iperf3\n").unwrap().load().protocol.name(), "udp");
        assert_eq!(
            rates.rate.in_words(false),
            "the highest rates with no loss and 0.5 % loss, within 0.5 %, by MLRsearch"
        );
        assert!((rates.rate.goals(10, true).width - 0.05).abs() < 1e-12);
    }
}
