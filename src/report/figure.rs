//! Figures: what a plot shows, apart from how it is drawn. Each has words and a table that say the same, for whoever
//! does not see it.
//!
//! Must not know of pixels or markup, nor compute a statistic.

mod bars;
pub mod calibration;
pub mod cells;
pub mod cost;
pub mod cpu;
mod draw;
pub mod losses;
pub mod ndr;
pub mod palette;
pub mod png;
mod points;
pub mod soak;
pub mod testbed;
mod thin;
pub mod throughput;
pub mod times;

use super::letters;
use crate::compare::Comparison;
use crate::record::Run;
pub use draw::{Size, svg};

/// Series in one figure: as many as there are colours that can be told apart.
pub const MOST_SERIES: usize = 8;

/// A figure, ready to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// By what a command line asks for it: `throughput`.
    pub name: String,
    /// What it shows, as a heading.
    pub title: String,
    /// What it shows, for whoever does not see it: the kind of plot, and the figures that matter.
    pub alternative: String,
    /// What must be known beside it, each a sentence.
    pub notes: Vec<String>,
    /// What it shows.
    pub plot: Plot,
}

/// The kinds of plots.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    /// Bars in groups.
    Bars(Bars),
    /// Traces over time.
    Times(Times),
    /// Single findings.
    Points(Points),
    /// Hosts and the lines between them.
    Testbed(Drawing),
}

/// Bars from zero, in groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bars {
    /// What the bars measure, with its unit.
    pub up: String,
    /// A name a group.
    pub groups: Vec<String>,
    /// A series a colour; each has a bar a group.
    pub series: Vec<Series>,
    /// What bars cannot be higher than.
    pub ceilings: Vec<Ceiling>,
}

/// Bars of one colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What they are of.
    pub name: String,
    /// One a group.
    pub bars: Vec<Bar>,
}

/// What stands in a group for a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// Nobody tried.
    Nothing,
    /// It was tried, and gave no figure.
    Failed,
    /// A figure, with the interval that its mean lies in where that is known.
    Figure {
        /// The mean.
        value: f64,
        /// Its 95 % interval.
        interval: Option<[f64; 2]>,
    },
}

/// A level that a group's bars cannot exceed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ceiling {
    /// Whose.
    pub name: String,
    /// The level a group, where it is known.
    pub levels: Vec<Option<f64>>,
}

/// Traces over the time of a trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Times {
    /// What they measure, with its unit.
    pub up: String,
    /// What passes from left to right: seconds, where nothing else is said.
    pub along: Along,
    /// The traces.
    pub traces: Vec<Trace>,
    /// What the thin ones have in common, where that is more than being further ones.
    pub thin_are: Option<String>,
    /// The stretch that counts, seconds, where not all of the time does.
    pub window: Option<[f64; 2]>,
}

/// What a trace is drawn along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Along {
    /// Seconds after the traffic began; what was before is negative.
    #[default]
    Seconds,
    /// Cycles of a soak.
    Cycles,
}

/// One trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// What it is of.
    pub name: String,
    /// Which colour of the palette it has.
    pub colour: usize,
    /// A thin line, to tell it from another of the same colour.
    pub thin: bool,
    /// In the order of time.
    pub stretches: Vec<Stretch>,
}

/// A stretch of time with its mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// When it begins, seconds.
    pub from_s: f64,
    /// When it ends, seconds.
    pub to_s: f64,
    /// The mean in it.
    pub value: f64,
}

/// Single findings, one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Points {
    /// What they measure, with its unit.
    pub up: String,
    /// What passes from left to right.
    pub along: String,
    /// What kinds there are, each with a colour and a shape.
    pub kinds: Vec<String>,
    /// In order; the first stands at 1.
    pub points: Vec<Point>,
    /// What they came to.
    pub levels: Vec<Level>,
    /// Headings of what else is known of each.
    pub headings: Vec<String>,
}

/// What findings came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// What it is.
    pub name: String,
    /// How high it is.
    pub value: f64,
}

/// A finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// How high it stands.
    pub value: f64,
    /// Its kind, by the place in [`Points::kinds`].
    pub kind: usize,
    /// What its row in the table has beside its number, kind and height.
    pub row: Vec<String>,
}

/// A testbed: source, middlebox and sink, and a row a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawing {
    /// How the three are reached, in the order of the traffic.
    pub hosts: [String; 3],
    /// Ports of each line, in the order of the traffic: source, in, out, sink.
    pub lines: Vec<[String; 4]>,
    /// What a line has: its rate and MTU.
    pub about: String,
}

/// The figures behind a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// A heading a column.
    pub headings: Vec<String>,
    /// A label, and an entry for each further column.
    pub rows: Vec<Vec<String>>,
}

impl Figure {
    /// Its figures as a table.
    pub fn table(&self) -> Table {
        match &self.plot {
            Plot::Bars(bars) => bars.table(),
            Plot::Times(times) => times.table(),
            Plot::Points(points) => points.table(),
            Plot::Testbed(drawing) => drawing.table(),
        }
    }
}

/// By these words near its beginning a drawing is known as one of nsbench's.
pub const MARK: &str = "<metadata>nsbench ";

/// The figure as a file of its own, with its title and its words for whoever does not see it.
///
/// # Panics
/// Never: a drawing has a beginning.
pub fn standalone(figure: &Figure) -> String {
    let drawing = svg(figure, Size::Wide, true);
    let (opening, rest) = drawing.split_once('>').expect("a drawing begins with its element");
    let clean = |text: &str| text.replace(letters::is_hidden, "\u{fffd}");
    let words = maud::html! {
        metadata { "nsbench " (env!("CARGO_PKG_VERSION")) }
        title { (clean(&figure.title)) }
        desc { (clean(&figure.alternative)) }
    };
    format!("{opening}>{}{rest}", words.into_string())
}

/// All figures that there are of runs, in the order of a page.
pub fn all(comparison: &Comparison, runs: &[Run], soaks: &[soak::Told<'_>], watches: &[cpu::Watch]) -> Vec<Figure> {
    let mut figures = testbed::of(runs.iter().chain(soaks.iter().map(|soak| soak.run)));
    figures.extend(throughput::of(comparison, runs));
    figures.extend(cost::of(comparison));
    figures.extend(ndr::rates(comparison));
    figures.extend(ndr::searches(runs).0);
    figures.extend(calibration::of(runs));
    figures.extend(times::of(runs, watches).0);
    figures.extend(cpu::of(watches));
    figures.extend(losses::of(runs));
    figures.extend((1..).zip(soaks).flat_map(|(number, soak)| soak::of(number, soak)));
    figures
}
