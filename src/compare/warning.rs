//! What speaks against believing a comparison. Each text names the cause, and on a line of its own
//! the cure. Must not know how warnings are shown.

use std::fmt;

/// Something that the reader must know before believing the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Runs on virtual hosts.
    Emulated {
        /// Their ids.
        runs: Vec<String>,
    },
    /// Instructions were counted.
    Cost {
        /// Whether in emulation.
        emulated: bool,
    },
    /// Runs that were measured under different conditions.
    Differ {
        /// What differs: `MTU`, `kernel of the middlebox`.
        field: String,
        /// Run id and value, run by run.
        values: Vec<(String, String)>,
    },
    /// Figures taken from print.
    Published {
        /// The reference's name.
        name: String,
        /// Where they were printed, and what the print does not say.
        source: String,
    },
    /// A ratio of virtual to real hosts was asked for.
    AcrossEmulation {
        /// The runs without a ratio.
        runs: Vec<String>,
        /// Id of the baseline.
        baseline: String,
    },
    /// Cells to which no cell of the baseline answers.
    NoBaselineCell {
        /// Id of the baseline.
        baseline: String,
        /// Column and number of lines.
        cells: Vec<(String, u32)>,
    },
    /// Cells of a single trial.
    OneTrial,
    /// Cells whose means are not as precise as was asked.
    Imprecise {
        /// Each in words, with what it reached.
        cells: Vec<String>,
    },
    /// Cells that the newest run lacks were taken from older ones of the same conditions.
    FilledCells {
        /// The framework.
        framework: String,
        /// The newest run.
        newest: String,
        /// Older runs, with the numbers of lines that were taken from each.
        older: Vec<(String, Vec<u32>)>,
    },
    /// Older runs hold cells that the newest run of the framework does not.
    OlderCells {
        /// The framework.
        framework: String,
        /// The run that was taken.
        newest: String,
        /// Older runs, with the numbers of lines that only they have.
        older: Vec<(String, Vec<u32>)>,
    },
}

impl Warning {
    /// A name for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Emulated { .. } => "emulated",
            Self::Cost { .. } => "cost",
            Self::Differ { .. } => "differ",
            Self::Published { .. } => "published",
            Self::AcrossEmulation { .. } => "across-emulation",
            Self::NoBaselineCell { .. } => "no-baseline-cell",
            Self::OneTrial => "one-trial",
            Self::Imprecise { .. } => "imprecise",
            Self::FilledCells { .. } => "filled-cells",
            Self::OlderCells { .. } => "older-cells",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Emulated { runs } => write!(
                f,
                "emulation: {} {} measured on virtual hosts, whose rates rank nothing; they show \
                 that the frameworks forward, not how fast\nhint: measure on real hosts with \
                 `nsbench run -t TESTBED`",
                quoted(runs),
                if runs.len() == 1 { "was" } else { "were" },
            ),
            Self::Cost { emulated: true } => f.write_str(
                "instructions a packet are its cost, not its time: no cache misses, no contention between CPUs and no \
                 hardware are in them\nhint: measure on real hosts with `nsbench run --measure cost -t TESTBED`",
            ),
            Self::Cost { emulated: false } => f.write_str(
                "instructions a packet are its cost, not its time: how long each took, and who waited for whom, is not in \
                 them\nhint: cycles and cache misses are in the record, `nsbench results show RUN`",
            ),
            Self::Differ { field, values } => {
                let each: Vec<_> = values.iter().map(|(run, v)| format!("{v} (`{run}`)")).collect();
                write!(
                    f,
                    "the runs differ in {field}: {}\nhint: measure again with one {field}, or \
                     compare only runs that share it",
                    each.join(", ")
                )
            }
            Self::Published { name, source } => {
                write!(f, "`{name}` is print, measured on real hosts: {source}")
            }
            Self::AcrossEmulation { runs, baseline } => write!(
                f,
                "no ratio of {} to `{baseline}`: one is measured on virtual hosts, the other on \
                 real ones\nhint: name a baseline of the same testbed",
                quoted(runs)
            ),
            Self::NoBaselineCell { baseline, cells } => {
                let each: Vec<_> =
                    cells.iter().map(|(column, lines)| format!("{column} on {}", in_words(&[*lines]))).collect();
                write!(
                    f,
                    "`{baseline}` has no figure to compare with {}\nhint: measure the baseline on \
                     the same lines",
                    each.join("; ")
                )
            }
            Self::OneTrial => write!(
                f,
                "a figure without ± is a single trial, and how far it would vary is not known\n\
                 hint: measure with `--trials 3` or more"
            ),
            Self::Imprecise { cells } => write!(
                f,
                "not as precise as was asked: {}\nhint: find out what varies, or measure with more `--max-trials` or a longer \
                 `--duration`",
                cells.join("; ")
            ),
            Self::FilledCells { framework, newest, older } => {
                let each: Vec<_> = older.iter().map(|(run, lines)| format!("{} in `{run}`", in_words(lines))).collect();
                write!(
                    f,
                    "{framework}: `{newest}` is the newest run; of the same conditions, and shown with it: {}",
                    each.join(", ")
                )
            }
            Self::OlderCells { framework, newest, older } => {
                let each: Vec<_> = older.iter().map(|(run, lines)| format!("{} in `{run}`", in_words(lines))).collect();
                let names: Vec<_> = older.iter().map(|(run, _)| run.as_str()).collect();
                write!(
                    f,
                    "only the newest run of {framework} is shown, `{newest}`; older ones also have \
                     {}\nhint: name the runs: `nsbench compare {newest} {}`",
                    each.join(", "),
                    names.join(" ")
                )
            }
        }
    }
}

fn quoted(names: &[String]) -> String {
    let each: Vec<_> = names.iter().map(|n| format!("`{n}`")).collect();
    each.join(", ")
}

/// `1 line`, `1, 2 and 4 lines`.
fn in_words(lines: &[u32]) -> String {
    let each: Vec<String> = lines.iter().map(u32::to_string).collect();
    match each.split_last() {
        None => "no lines".to_owned(),
        Some((one, [])) if one == "1" => "1 line".to_owned(),
        Some((one, [])) => format!("{one} lines"),
        Some((last, rest)) => format!("{} and {last} lines", rest.join(", ")),
    }
}
