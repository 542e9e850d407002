//! What makes a record sound, beyond its keys and types.
//!
//! A record that says less than it seems to is refused: nobody would notice it in a table.

use jiff::Timestamp;

use super::{Run, Status, Trial};
use crate::profile::notation::MAX_TRIALS;

/// What is wrong with a record, if anything is.
pub fn check(run: &Run) -> Result<(), String> {
    if run.schema == 0 {
        return Err("there is no format version 0".to_owned());
    }
    if let Some(started) = run.started.as_ref().filter(|started| started.parse::<Timestamp>().is_err()) {
        return Err(format!("`{started}` in `started` is not an RFC 3339 time"));
    }
    if let Some(asked) = &run.experiment {
        let trials = asked.trials.max(asked.max_trials.unwrap_or(0));
        if trials > MAX_TRIALS {
            return Err(format!("a cell has at most {MAX_TRIALS} trials, not {trials}"));
        }
        if let Some(percent) = asked.precision_percent.filter(|percent| !(*percent > 0.0 && *percent <= 100.0)) {
            return Err(format!("`{percent}` percent is no precision that can be asked for"));
        }
    }
    for (number, trial) in (1..).zip(&run.trials) {
        check_trial(trial).map_err(|why| format!("item {number} of `trials`: {why}"))?;
    }
    Ok(())
}

fn check_trial(trial: &Trial) -> Result<(), String> {
    let rates_of_goals =
        trial.ndr.iter().flat_map(|ndr| ndr.goals.iter().filter_map(|goal| goal.throughput_bps.as_ref()));
    if trial.status == Status::Ok && trial.figure().is_none() && trial.cost.is_none() && trial.throughput_bps.is_none()
    {
        return Err("`status` is `ok` and nothing was measured".to_owned());
    }
    let rates = trial.throughput_bps.iter().chain(trial.per_line.iter().map(|line| &line.throughput_bps));
    let costs = trial.cost.iter().map(|cost| &cost.instructions_per_packet);
    match rates.chain(costs).chain(rates_of_goals).find(|figure| !figure.is_finite() || **figure < 0.0) {
        Some(figure) => Err(format!("`{figure}` is no figure that can be measured")),
        None => Ok(()),
    }
}
