//! How far apart the figures of one cell are, of a run that counted instructions. Must not know how it is shown.

use std::fmt::Write as _;

use crate::record::Run;

/// The costs of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The framework, its frames and parameters, in words.
    pub cell: String,
    /// Mean of instructions a packet.
    pub mean: f64,
    /// How many were measured, two at least.
    pub trials: usize,
    /// The difference of the extremes over the mean.
    pub share: f64,
}

/// The spread of each cell that was measured more than once, in the order of the run.
pub fn of_costs(run: &Run) -> Vec<Spread> {
    let mut cells: Vec<(String, Vec<f64>)> = Vec::new();
    for trial in &run.trials {
        let Some(cost) = &trial.cost else { continue };
        let mut name = format!("{}, lines: {}, {}-byte frames", trial.framework, trial.lines, cost.frame_size);
        for (parameter, value) in &trial.params {
            let _ = write!(name, ", {parameter}={value}");
        }
        match cells.iter_mut().find(|(known, _)| *known == name) {
            Some((_, figures)) => figures.push(cost.instructions_per_packet),
            None => cells.push((name, vec![cost.instructions_per_packet])),
        }
    }
    cells.into_iter().filter(|(_, figures)| figures.len() > 1).map(|(cell, figures)| spread(cell, &figures)).collect()
}

fn spread(cell: String, figures: &[f64]) -> Spread {
    let mean = figures.iter().sum::<f64>() / figures.len() as f64;
    let low = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let high = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let share = if mean > 0.0 { (high - low) / mean } else { 0.0 };
    Spread { cell, mean, trials: figures.len(), share }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Cost, sample};

    #[test]
    fn a_cell_is_as_far_apart_as_its_extremes_and_a_single_trial_says_nothing() {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        for (framework, cost) in [("bridge", 990.0), ("xdp", 500.0), ("bridge", 1010.0), ("bridge", 1000.0)] {
            let cost = Cost { instructions_per_packet: cost, frame_size: 60, ..Cost::default() };
            run.trials.push(crate::record::Trial { cost: Some(cost), ..sample::trial(framework, 1, 1, 0.0) });
        }
        let spreads = of_costs(&run);
        assert_eq!(spreads.len(), 1);
        assert_eq!((spreads[0].cell.as_str(), spreads[0].trials), ("bridge, lines: 1, 60-byte frames", 3));
        assert!((spreads[0].share - 0.02).abs() < 1e-9 && (spreads[0].mean - 1000.0).abs() < 1e-9);
    }
}
