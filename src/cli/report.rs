//! The arguments of `nsbench report`.

use std::path::PathBuf;

use super::ResultsArgument;
use crate::commands::compare;
use crate::commands::report::{Format, Options};

#[derive(Debug, clap::Args)]
pub struct ReportArguments {
    /// Runs by id, beginning of an id, or path; without any, the newest of each framework
    runs: Vec<String>,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What to write: a page, or a single figure
    #[arg(long, default_value = "html")]
    format: FormatArgument,
    /// Of svg and png, the figure to draw, like throughput, ndr, cost, cpu, soak-memory; a wrong name is told all there are
    #[arg(long, value_name = "NAME")]
    figure: Option<String>,
    /// The run whose cells are 1
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// Set published figures beside: figure3, figure5
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    reference: Vec<String>,
    /// Replace the file even if it is no report of nsbench's
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    results: ResultsArgument,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FormatArgument {
    Html,
    Svg,
    Png,
}

impl FormatArgument {
    const fn format(self) -> Format {
        match self {
            Self::Html => Format::Html,
            Self::Svg => Format::Svg,
            Self::Png => Format::Png,
        }
    }
}

pub fn options(arguments: ReportArguments) -> Options {
    let compared = compare::Options {
        results: arguments.results.results,
        runs: arguments.runs,
        baseline: arguments.baseline,
        references: arguments.reference,
        ..compare::Options::default()
    };
    Options {
        compared,
        format: arguments.format.format(),
        figure: arguments.figure,
        output: arguments.output,
        force: arguments.force,
    }
}
