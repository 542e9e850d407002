//! How far apart the figures of each cell of one run are. Must not know how it is shown.

use super::column::{self, Cell, Column};
use super::student::Estimate;
use crate::record::{Run, goal_name};

/// The figures of one cell that was measured more than once.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The framework, its frames and parameters, in words.
    pub cell: String,
    /// Whether they are instructions a packet, and not bits a second.
    pub is_cost: bool,
    /// Their mean and spread.
    pub figures: Estimate,
    /// Numbers of trials whose figures lie far from the others.
    pub outliers: Vec<u32>,
    /// How precise the mean was to be, in percent, where that was asked and not reached.
    pub missed_percent: Option<f64>,
}

/// The spread of each cell that was measured more than once, in the order of the run.
pub fn of_cells(run: &Run) -> Vec<Spread> {
    let columns = column::of_runs([run]);
    let cells = columns.iter().flat_map(|column| column.cells.iter().map(move |cell| (column, cell)));
    cells.filter_map(|(column, cell)| spread(column, cell)).collect()
}

fn spread(column: &Column, cell: &Cell) -> Option<Spread> {
    let figures = column.figure(cell).filter(|figures| figures.n > 1)?;
    let mut name = format!("{}, lines: {}", column.framework, cell.lines);
    name.extend(column.frames().map(|frames| format!(", {} frames", frames.adjective())));
    name.extend(column.loss_percent.map(|loss| format!(", {}", goal_name(loss))));
    name.extend(column.params.iter().map(|(parameter, value)| format!(", {parameter}={value}")));
    Some(Spread {
        cell: name,
        is_cost: column.is_cost(),
        figures,
        outliers: cell.outliers.iter().map(|(number, _)| *number).collect(),
        missed_percent: column.precision_percent.filter(|_| column.is_precise(cell) == Some(false)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn a_cell_is_as_far_apart_as_its_extremes_and_a_single_trial_says_nothing() {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        for (number, framework, cost) in
            [(1, "bridge", 990.0), (1, "xdp", 500.0), (2, "bridge", 1010.0), (3, "bridge", 1000.0)]
        {
            run.trials.push(sample::cost(framework, number, 60, cost));
        }
        let spreads = of_cells(&run);
        assert_eq!(spreads.len(), 1);
        let Spread { cell, is_cost, figures, missed_percent, .. } = &spreads[0];
        assert_eq!((cell.as_str(), is_cost, figures.n), ("bridge, lines: 1, 60-byte frames", &true, 3));
        assert!((figures.spread_percent().unwrap() - 2.0).abs() < 1e-9 && (figures.mean - 1000.0).abs() < 1e-9);
        assert_eq!(*missed_percent, None, "nobody asked for a precision");
    }

    #[test]
    fn a_cell_that_missed_its_precision_says_which_and_one_that_reached_it_does_not() {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        run.experiment.as_mut().unwrap().precision_percent = Some(1.0);
        run.trials.extend(sample::trials("netslice", 4, &[1e8, 1.2e8, 0.9e8, 1e8, 1e8]));
        run.trials.extend(sample::trials("bridge", 4, &[1e8, 1.001e8, 0.999e8, 1e8, 2e8]));
        run.trials.last_mut().unwrap().throughput_bps = Some(1.0002e8);
        let missed: Vec<_> = of_cells(&run).iter().map(|spread| spread.missed_percent).collect();
        assert_eq!(missed, [Some(1.0), None]);
    }
}
