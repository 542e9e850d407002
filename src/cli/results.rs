//! The arguments of `nsbench results`.

use anyhow::Result;
use clap::Subcommand;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::ResultsArgument;
use super::values::RunFormat;
use crate::commands::{Printout, results};
use crate::record::filter::Filter;

#[derive(Debug, Subcommand)]
pub enum ResultsCommand {
    /// The recorded runs, newest last
    List {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        results: ResultsArgument,
        /// How to print
        #[arg(long, default_value = "text")]
        format: RunFormat,
    },
    /// One run: throughput and packets by line and port
    Show {
        /// Its id, the beginning of its id, or its path
        run: String,
        #[command(flatten)]
        results: ResultsArgument,
        /// How to print
        #[arg(long, default_value = "text")]
        format: RunFormat,
    },
    /// Every trial for other programs
    ///
    /// As CSV a row a trial and line: a spreadsheet, R and pandas read it. As JSON lines each trial whole, as run.json
    /// has it, with its run's id and settings.
    Export {
        /// Runs by id, beginning of an id, or path; without any, all of them
        runs: Vec<String>,
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        results: ResultsArgument,
        /// How to write it
        #[arg(long, default_value = "csv")]
        format: ExportFormat,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ExportFormat {
    Csv,
    Jsonl,
}

/// Which runs are meant.
#[derive(Debug, clap::Args)]
pub struct FilterArguments {
    /// Only where one of these frameworks was measured
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    framework: Vec<String>,
    /// Only on one of these testbeds
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    testbed: Vec<String>,
    /// Only runs that began on this day or later: 2026-11-26, or a time like 2026-11-26T08:40:00Z (days are those of UTC)
    #[arg(long, value_name = "DAY", value_parser = since)]
    since: Option<Timestamp>,
    /// Only runs that began on this day or before, or before a time
    #[arg(long, value_name = "DAY", value_parser = until)]
    until: Option<Timestamp>,
}

impl FilterArguments {
    fn filter(self) -> Filter {
        Filter { frameworks: self.framework, testbeds: self.testbed, since: self.since, until: self.until }
    }
}

/// The command's result.
pub fn run(command: ResultsCommand) -> Result<Printout> {
    match command {
        ResultsCommand::List { filter, results, format } => results::list(&results::ListOptions {
            results: results.results,
            filter: filter.filter(),
            json: format.is_json(),
        }),
        ResultsCommand::Show { run, results, format } => {
            results::show(&results::ShowOptions { results: results.results, run, json: format.is_json() })
        }
        ResultsCommand::Export { runs, filter, results, format } => results::export(&results::ExportOptions {
            results: results.results,
            runs,
            filter: filter.filter(),
            json_lines: matches!(format, ExportFormat::Jsonl),
        }),
    }
}

fn since(text: &str) -> Result<Timestamp, String> {
    time(text, 0)
}

/// The end of a day that is named.
fn until(text: &str) -> Result<Timestamp, String> {
    time(text, 1)
}

fn time(text: &str, days_after: i64) -> Result<Timestamp, String> {
    let usage = || format!("`{text}` is no day; write it as 2026-11-26, or a time as 2026-11-26T08:40:00Z");
    // A time begins with a day too, which alone would be read.
    if text.contains(['T', 't', ' ']) {
        return text.parse().map_err(|_| usage());
    }
    let day: Date = text.parse().map_err(|_| usage())?;
    let day = day.checked_add(days_after.days()).map_err(|_| usage())?;
    day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| usage())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_a_day_is_until_its_end_and_a_time_is_itself() {
        let parsed = |result: Result<Timestamp, String>| result.unwrap().to_string();
        assert_eq!(parsed(since("2026-11-26")), "2026-11-26T00:00:00Z");
        assert_eq!(parsed(until("2026-11-26")), "2026-11-27T00:00:00Z");
        assert_eq!(parsed(until("2026-11-26T08:40:00+01:00")), "2026-11-26T07:40:00Z");
        for text in ["", "yesterday", "2026-13-01", "2026-11-26T08:40", "26.11.2026"] {
            assert!(since(text).unwrap_err().contains("write it as 2026-11-26"), "{text}");
        }
    }
}
