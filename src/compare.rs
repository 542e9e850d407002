//! From recorded runs to comparable cells: means, intervals, ratios, and what speaks against them.
//!
//! Pure: runs in, a [`Comparison`] out. Must not touch a file or a host, nor know how it is shown.

mod column;
mod conditions;
mod differences;
mod distribution;
mod goals;
pub mod outliers;
#[cfg(test)]
mod reference;
mod select;
pub mod significance;
pub mod spread;
pub mod student;
mod verdict;
mod warning;

pub use crate::record::COST;
pub use column::{Cell, Column};
pub use differences::Unlike;
pub use select::{Selection, newest};
pub use verdict::Verdict;
pub use warning::Warning;

use crate::record::Run;
use student::Ratio;

/// What to compare the runs with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The run whose cells are 1.
    pub baseline: Option<Run>,
    /// Published runs to set beside the measured ones.
    pub references: Vec<Run>,
    /// Least acceptable ratio to the baseline.
    pub fail_under: Option<f64>,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum CompareError {
    /// Neither a run nor a reference.
    #[error(
        "there are no recorded runs to compare\n\
         hint: `nsbench run --framework netslice --lines 4` records one"
    )]
    NoRuns,
    /// A threshold for ratios without ratios.
    #[error("`--fail-under` needs a run to be the measure\nhint: name it with `--baseline RUN`")]
    FailUnderWithoutBaseline,
    /// A threshold for what is better the lower it is.
    #[error(
        "`--fail-under` is for rates: of costs, the lower ratio is the better one\n\
         hint: name runs that measured throughput, or leave it out"
    )]
    FailUnderOfCosts,
    /// A threshold that no ratio can meet or miss.
    #[error("`{0}` is not a ratio to fail under\nhint: write a number above 0, like `0.95`")]
    FailUnder(f64),
}

/// Cells of several runs side by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// A column a framework and parameters, each with its cells by number of lines.
    pub columns: Vec<Column>,
    /// The numbers of lines that occur, ascending: the rows.
    pub lines: Vec<u32>,
    /// Id of the baseline run.
    pub baseline: Option<String>,
    /// How many ratios were tested for significance.
    pub tested: usize,
    /// What the reader must know before believing the figures.
    pub warnings: Vec<Warning>,
    /// Whether the ratios are high enough, where that was asked.
    pub verdict: Option<Verdict>,
}

impl Comparison {
    /// Compares `runs`, each named once, with one another and with what `options` name.
    pub fn build(runs: &[Run], options: &Options) -> Result<Self, CompareError> {
        check(runs, options)?;
        let runs = without_repeats(runs);
        let references = without_repeats(&options.references);
        let mut columns = column::of_runs(runs.iter().chain(&references).copied());
        column::note_possible(&mut columns);
        let mut warnings = differences::warnings(&runs, &references, options.baseline.as_ref());
        if options.fail_under.is_some() && columns.iter().any(Column::is_cost) {
            return Err(CompareError::FailUnderOfCosts);
        }
        warnings.extend(column::warnings(&columns));
        if let Some(baseline) = &options.baseline {
            warnings.extend(set_ratios(&mut columns, &runs, baseline));
        }
        let tested = significance::judge(&mut columns);
        let verdict = options.fail_under.map(|threshold| Verdict::of(&columns, threshold));
        let mut lines: Vec<u32> = cells(&columns).map(|(_, cell)| cell.lines).collect();
        lines.sort_unstable();
        lines.dedup();
        let baseline = options.baseline.as_ref().map(|run| run.id.clone());
        Ok(Self { columns, lines, baseline, tested, warnings, verdict })
    }

    /// Every cell with its column, column by column.
    pub fn cells(&self) -> impl Iterator<Item = (&Column, &Cell)> {
        cells(&self.columns)
    }
}

fn check(runs: &[Run], options: &Options) -> Result<(), CompareError> {
    if runs.is_empty() && options.references.is_empty() {
        return Err(CompareError::NoRuns);
    }
    match options.fail_under {
        Some(_) if options.baseline.is_none() => Err(CompareError::FailUnderWithoutBaseline),
        Some(ratio) if !(ratio.is_finite() && ratio > 0.0) => Err(CompareError::FailUnder(ratio)),
        _ => Ok(()),
    }
}

fn without_repeats(runs: &[Run]) -> Vec<&Run> {
    let mut kept: Vec<&Run> = Vec::new();
    for run in runs {
        if kept.iter().all(|k| *k != run) {
            kept.push(run);
        }
    }
    kept
}

fn cells(columns: &[Column]) -> impl Iterator<Item = (&Column, &Cell)> {
    columns.iter().flat_map(|column| column.cells.iter().map(move |cell| (column, cell)))
}

/// Sets each measured cell's ratio to the cell of `baseline` that it answers to.
fn set_ratios(columns: &mut [Column], runs: &[&Run], baseline: &Run) -> Vec<Warning> {
    let against = column::of_runs([baseline]);
    let mut without = Vec::new();
    let mut across = Vec::new();
    for column in columns.iter_mut().filter(|c| !c.published) {
        if column.emulated != baseline.emulated {
            across.push(column.run.clone());
            continue;
        }
        let partner = partner(column, &against);
        let own = column.run == baseline.id;
        let cost = column.is_cost();
        let unlike = if own { Vec::new() } else { unlike(column, partner, runs, baseline) };
        for cell in &mut column.cells {
            let other = partner.and_then(|p| p.cell(cell.lines));
            // A baseline of zero has no ratio to it; it counts as having no figure.
            let figure = other.and_then(|c| if cost { c.instructions } else { c.throughput });
            cell.baseline = figure.filter(|base| base.mean > 0.0);
            match (if cost { cell.instructions } else { cell.throughput }, cell.baseline) {
                (Some(_), Some(_)) if own => {
                    cell.ratio = Some(Ratio { value: 1.0, ci95: None, p: None });
                }
                (Some(mean), Some(base)) => {
                    cell.ratio = Ratio::of(&mean, &base);
                    cell.unlike.clone_from(&unlike);
                }
                (_, None) => without.push((column.heading.join(", "), cell.lines)),
                (None, Some(_)) => {}
            }
        }
    }
    across.dedup();
    let mut warnings = Vec::new();
    if !across.is_empty() {
        warnings.push(Warning::AcrossEmulation { runs: across, baseline: baseline.id.clone() });
    }
    if !without.is_empty() {
        warnings.push(Warning::NoBaselineCell { baseline: baseline.id.clone(), cells: without });
    }
    warnings
}

/// In what `column` was measured otherwise than the baseline's column that it answers to.
fn unlike(column: &Column, partner: Option<&Column>, runs: &[&Run], baseline: &Run) -> Vec<Unlike> {
    // Print does not say its conditions; that is a warning of its own.
    let measured = |run: &&&Run| run.id == column.run && baseline.published.is_none();
    let mut found = runs.iter().find(measured).map_or(Vec::new(), |run| differences::between(run, baseline));
    // Two frameworks have no parameter in common.
    let same = partner.filter(|partner| partner.framework == column.framework && !partner.published);
    found.extend(same.map_or(Vec::new(), |partner| differences::parameters(&column.params, &partner.params)));
    found
}

/// The baseline's column that `column` answers to: the same framework and parameters, else its only
/// column of the framework, else its only column at all.
fn partner<'a>(column: &Column, against: &'a [Column]) -> Option<&'a Column> {
    // Bits of frames and of payload have no ratio, and neither have frames of two sizes or mixes, or rates with more or less loss.
    let kind = |c: &Column| {
        (c.measure.clone(), c.frames(), c.loss_percent.map(f64::to_bits), c.is_cost() || c.counts == column.counts)
    };
    let same = |c: &&Column| kind(c) == kind(column);
    let mut of_measure = against.iter().filter(same);
    let mut of_framework = of_measure.clone().filter(|c| c.framework == column.framework);
    let only = |one: Option<&'a Column>, two: Option<&'a Column>| one.filter(|_| two.is_none());
    of_framework
        .clone()
        .find(|c| c.params == column.params)
        .or_else(|| only(of_framework.next(), of_framework.next()))
        .or_else(|| only(of_measure.next(), of_measure.next()))
}

#[cfg(test)]
#[path = "compare/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "compare/select_tests.rs"]
mod select_tests;

#[cfg(test)]
#[path = "compare/statistics_tests.rs"]
mod statistics_tests;
