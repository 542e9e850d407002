//! Figures: what a plot shows, apart from how it is drawn. Each has words and a table that say the same, for whoever
//! does not see it.
//!
//! Must not know of pixels or markup, nor compute a statistic.

mod bars;
mod draw;
pub mod palette;
pub mod throughput;

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
    /// What it shows.
    pub plot: Plot,
}

/// The kinds of plots.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    /// Bars in groups.
    Bars(Bars),
}

/// Bars from zero, in groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bars {
    /// What the groups are: `lines`.
    pub across: String,
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
        }
    }
}
