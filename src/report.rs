//! What people and programs get to see of runs and comparisons. That is made from records alone: the same record
//! gives the same text, on any machine, years later. The cores are made from what a middlebox said of itself.
//!
//! Must not touch a host or the disk, nor compute a statistic.

mod ceilings;
mod cores;
mod csv;
mod details;
pub mod export;
pub mod figure;
mod flame;
mod json;
mod letters;
mod list;
mod markdown;
mod ndr_table;
pub mod page;
pub mod profile_difference;
pub mod profile_paths;
pub mod profile_table;
mod run_table;
mod sentence;
mod sheet;
mod soak_table;
mod table;
mod watched;

use std::str::FromStr;

use crate::compare::Comparison;
use crate::record::Run;
pub use cores::Cores;

/// In what form a comparison is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A table for a terminal.
    #[default]
    Text,
    /// A table for a README or an issue.
    Markdown,
    /// One row a cell, for a spreadsheet.
    Csv,
    /// For programs.
    Json,
}

impl Format {
    /// The names that a command line takes.
    pub const NAMES: [&str; 4] = ["text", "markdown", "csv", "json"];
}

/// A format that does not exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a format\nhint: the formats are `text`, `markdown`, `csv` and `json`")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "text" => Ok(Self::Text),
            "markdown" => Ok(Self::Markdown),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => Err(UnknownFormat(name.to_owned())),
        }
    }
}

/// The comparison in `format`, ending in a newline. CSV alone has no room for warnings.
pub fn render(comparison: &Comparison, format: Format) -> String {
    match format {
        Format::Text => table::render(comparison),
        Format::Markdown => markdown::render(comparison),
        Format::Csv => csv::render(comparison),
        Format::Json => json::render(comparison),
    }
}

/// What one run measured: trial by trial, line by line, with the packets at the four ports.
pub fn run_table(run: &Run) -> String {
    run_table::render(run)
}

/// One row a run.
pub fn run_list(runs: &[Run]) -> String {
    list::text(runs)
}

/// One object a run, in an array.
pub fn run_list_json(runs: &[Run]) -> String {
    list::json(runs)
}

#[cfg(test)]
#[path = "report/tests.rs"]
mod tests;
