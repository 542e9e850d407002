//! What one invocation of `nsbench run` has to do: cells, the order of their trials, and the directory of the record.
//!
//! Must not touch a host.

use anyhow::{Context, Result};

use super::recorded::params;
use super::schedule::{self, Item, Visit};
use super::{Options, matrix, resume};
use crate::commands::{Failure, Outcome};
use crate::plan::Cell;
use crate::profile::Profile;
use crate::profile::experiment::Experiment;
use crate::record::store::{RunDirectory, Store, StoreError};
use crate::record::{self, PlannedCell, Run};

/// What is to be measured now.
#[derive(Debug)]
pub struct Job {
    /// What was asked.
    pub experiment: Experiment,
    /// What the order was drawn with, where it is random.
    pub seed: Option<u64>,
    /// The cells that have trials left.
    pub cells: Vec<Cell>,
    /// Their trials, in the order in which they are made.
    pub visits: Vec<Visit>,
    /// Where the run is recorded.
    pub dir: RunDirectory,
    /// What is recorded already, of a run that is gone on with.
    pub earlier: Option<Run>,
}

impl Job {
    /// A run from its beginning.
    pub fn begin(options: &Options, experiment: &Experiment) -> Result<Self> {
        let cells = matrix::cells(&options.testbed, experiment).map_err(Failure::mark(Outcome::BadInput))?;
        let dir = Store::new(&options.results).prepare(&options.testbed.name, &jiff::Zoned::now()).map_err(mark)?;
        let seed = experiment.shuffle.then(schedule::draw_seed);
        let visits = schedule::visits(&schedule::items(cells.len(), experiment.trials, seed));
        Ok(Self { experiment: experiment.clone(), seed, cells, visits, dir, earlier: None })
    }

    /// What is left of the run that is named so.
    pub fn resume(options: &Options, name: &str) -> Result<Self> {
        let (dir, run) = Store::new(&options.results).reopen(name).map_err(mark)?;
        let asked = resume::asked(&run).map_err(Failure::mark(Outcome::BadInput))?;
        let (cells, visits) = left(&run, asked).map_err(Failure::mark(Outcome::BadInput))?;
        if !visits.is_empty() {
            resume::same_testbed(&run, asked, &options.testbed).map_err(Failure::mark(Outcome::BadInput))?;
        }
        let experiment = resume::experiment(asked).map_err(Failure::mark(Outcome::BadInput))?;
        Ok(Self { experiment, seed: asked.seed, cells, visits, dir, earlier: Some(run) })
    }

    /// How many trials are to be made.
    pub fn trials(&self) -> usize {
        self.visits.iter().map(|visit| visit.trials.len()).sum()
    }

    /// Whether modules are to be built and loaded.
    pub fn builds(&self) -> bool {
        self.cells.iter().all(|cell| cell.profile.build.is_some())
    }

    /// What the record of a new run says was asked.
    pub fn asked(&self, testbed_lines: usize) -> record::Experiment {
        let experiment = &self.experiment;
        record::Experiment {
            name: experiment.name.clone(),
            frameworks: experiment.frameworks.clone(),
            lines: experiment.lines.iter().map(|lines| *lines as u32).collect(),
            trials: experiment.trials,
            duration_s: experiment.duration_s,
            protocol: experiment.protocol.name().to_owned(),
            set: experiment.set.iter().cloned().collect(),
            sets: experiment.sets.iter().map(|group| group.iter().cloned().collect()).collect(),
            measure: experiment.measure.name().to_owned(),
            frame_sizes: experiment.frame_sizes.clone(),
            shuffle: experiment.shuffle,
            seed: self.seed,
            testbed_lines: testbed_lines as u32,
            cells: self.cells.iter().map(planned).collect(),
        }
    }
}

/// A run that somebody else writes to is no mistake of the user's.
fn mark(error: StoreError) -> anyhow::Error {
    let outcome = if matches!(error, StoreError::Busy { .. }) { Outcome::Unfit } else { Outcome::BadInput };
    Failure::mark(outcome)(error.into())
}

/// The cells that lack figures, and the trials that do, in the order in which they would have been made.
fn left(run: &Run, asked: &record::Experiment) -> Result<(Vec<Cell>, Vec<Visit>)> {
    let seed = asked.seed.filter(|_| asked.shuffle);
    let mut items = schedule::items(asked.cells.len(), asked.trials, seed);
    items.retain(|item| !run.has_figure(&asked.cells[item.cell], item.trial));
    let mut indices: Vec<_> = items.iter().map(|item| item.cell).collect();
    indices.sort_unstable();
    indices.dedup();
    let renumbered =
        items.iter().map(|item| Item { cell: indices.partition_point(|index| *index < item.cell), ..*item });
    let visits = schedule::visits(&renumbered.collect::<Vec<_>>());
    let cells = indices.iter().map(|index| cell(run, &asked.cells[*index]));
    Ok((cells.collect::<Result<_>>()?, visits))
}

/// A cell as the record has it.
fn planned(cell: &Cell) -> PlannedCell {
    let name = &cell.profile.name;
    PlannedCell { framework: name.clone(), lines: cell.lines as u32, frame_size: cell.frame_size, params: params(cell) }
}

/// A recorded cell, with the profile as it was when the run began.
fn cell(run: &Run, planned: &PlannedCell) -> Result<Cell> {
    let name = &planned.framework;
    let profile = run.profiles.get(name).with_context(|| format!("`{}` does not hold the profile `{name}`", run.id))?;
    let profile: Profile = serde_json::from_value(profile.clone()).with_context(|| {
        format!(
            "this nsbench cannot read the profile `{name}` of `{}`\nhint: go on with the nsbench that began it",
            run.id
        )
    })?;
    let of = format!("{name}.");
    let params =
        planned.params.iter().map(|(key, value)| (key.strip_prefix(&of).unwrap_or(key).to_owned(), value.clone()));
    Ok(Cell { params: params.collect(), lines: planned.lines as usize, profile, frame_size: planned.frame_size })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::sample;

    /// A run of netslice and bridge on one line each, three trials, nothing measured yet.
    fn run(seed: Option<u64>) -> Run {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        let profiles = ["netslice", "bridge"].map(|name| Profile::find(name).unwrap());
        let cells = profiles.iter().map(|profile| {
            planned(&Cell {
                params: profile.parameters(&BTreeMap::new()).unwrap(),
                lines: 1,
                profile: profile.clone(),
                frame_size: None,
            })
        });
        let asked =
            record::Experiment { cells: cells.collect(), shuffle: seed.is_some(), seed, ..sample::experiment() };
        run.profiles = profiles.iter().map(|p| (p.name.clone(), serde_json::to_value(p).unwrap())).collect();
        run.experiment = Some(asked);
        run
    }

    fn measured(run: &mut Run, cell: usize, number: u32) {
        let planned = run.experiment.as_ref().unwrap().cells[cell].clone();
        let trial = sample::trial(&planned.framework, planned.lines, number, 1e8);
        run.add(record::Trial { params: planned.params, ..trial });
    }

    fn left_of(run: &Run) -> (Vec<String>, Vec<(usize, Vec<u32>)>) {
        let (cells, visits) = left(run, run.experiment.as_ref().unwrap()).unwrap();
        let visits = visits.into_iter().map(|visit| (visit.cell, visit.trials)).collect();
        (cells.iter().map(Cell::title).collect(), visits)
    }

    #[test]
    fn what_was_measured_is_left_out_and_a_cell_with_all_its_figures_is_none() {
        let mut run = run(None);
        measured(&mut run, 0, 2);
        let titles = ["netslice on 1 line", "bridge on 1 line"].map(str::to_owned);
        assert_eq!(left_of(&run), (titles.to_vec(), vec![(0, vec![1, 3]), (1, vec![1, 2, 3])]));
        measured(&mut run, 0, 1);
        measured(&mut run, 0, 3);
        assert_eq!(left_of(&run), (vec![titles[1].clone()], vec![(0, vec![1, 2, 3])]));
        for number in 1..=3 {
            measured(&mut run, 1, number);
        }
        assert_eq!(left_of(&run), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_trial_that_failed_is_left_to_do() {
        let mut run = run(None);
        measured(&mut run, 1, 1);
        let cell = run.experiment.as_ref().unwrap().cells[1].clone();
        run.add(record::Trial { params: cell.params, ..sample::failed("bridge", 1, 2, "no") });
        assert_eq!(left_of(&run).1, [(0, vec![1, 2, 3]), (1, vec![2, 3])]);
    }

    #[test]
    fn a_shuffled_run_goes_on_in_the_order_that_was_drawn_for_it() {
        let whole: Vec<_> = schedule::items(2, 3, Some(5));
        let mut run = run(Some(5));
        for item in &whole[..3] {
            measured(&mut run, item.cell, item.trial);
        }
        let rest: Vec<_> = schedule::visits(&whole[3..]).into_iter().map(|v| (v.cell, v.trials)).collect();
        assert_eq!(left_of(&run).1, rest);
    }

    #[test]
    fn a_recorded_cell_is_the_cell_that_was_recorded() {
        for name in Profile::names() {
            let profile = Profile::find(name).unwrap();
            let params = profile.parameters(&BTreeMap::new()).unwrap();
            let original = Cell { profile: profile.clone(), params, lines: 3, frame_size: Some(512) };
            let mut run = sample::run("r", "2026-11-22T12:00:00Z");
            let text = serde_json::to_string(&profile).unwrap();
            run.profiles = BTreeMap::from([(name.to_owned(), serde_json::from_str(&text).unwrap())]);
            assert_eq!(cell(&run, &planned(&original)).unwrap(), original);
        }
    }
}
