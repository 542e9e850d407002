//! What one invocation of `nsbench run` has to do: cells, the order of their trials, and the directory of the record.
//!
//! Must not touch a host.

use std::collections::VecDeque;

use anyhow::{Context, Result};

use super::recorded::params;
use super::schedule::{self, Item, Visit};
use super::{Options, matrix, resume};
use crate::commands::{Failure, Outcome};
use crate::generator::Frames;
use crate::plan::Cell;
use crate::profile::Profile;
use crate::profile::experiment::repeats::Repeats;
use crate::profile::experiment::{Experiment, Measure};
use crate::progress::note;
use crate::record::store::{RunDirectory, Store, StoreError};
use crate::record::{self, PlannedCell, Run};
use crate::testbed::Testbed;
use crate::testbed::preflight::Needs;

/// What is to be measured now.
#[derive(Debug)]
pub struct Job {
    /// What was asked.
    pub experiment: Experiment,
    /// What the order was drawn with, where it is random.
    pub seed: Option<u64>,
    /// When a cell has been measured often enough.
    pub repeats: Repeats,
    /// The cells that have trials left.
    pub cells: Vec<Cell>,
    /// Their trials, in the order in which they are made.
    visits: Vec<Visit>,
    /// Trials that may become necessary after those, round by round.
    further: Vec<Item>,
    /// Where the run is recorded.
    pub dir: RunDirectory,
    /// What is recorded already, of a run that is gone on with.
    pub earlier: Option<Run>,
}

impl Job {
    /// A run from its beginning.
    pub fn begin(options: &Options, experiment: &Experiment) -> Result<Self> {
        let cells = matrix::cells(&options.testbed, experiment).map_err(Failure::mark(Outcome::BadInput))?;
        let dir = Store::new(&options.results).prepare(&stem(&options.testbed), &jiff::Zoned::now()).map_err(mark)?;
        let seed = experiment.shuffle.then(schedule::draw_seed);
        let emulated = options.testbed.lab.is_some();
        let repeats = experiment.repeats.rule(experiment.measure, emulated);
        if experiment.repeats.spares(experiment.measure, emulated) {
            note(format!(
                "rates of virtual hosts rank nothing, and no number of trials makes them precise: {} trials of each cell \
                 and no more\nhint: --precision 1 makes more of them",
                repeats.least
            ));
        }
        let items = schedule::items(cells.len(), repeats.least, seed);
        let visits = schedule::visits(&items, seed.is_none());
        let further = seed.map(|seed| schedule::further(cells.len(), repeats, seed)).unwrap_or_default();
        Ok(Self { experiment: experiment.clone(), seed, repeats, cells, visits, further, dir, earlier: None })
    }

    /// What is left of the run that is named so.
    pub fn resume(options: &Options, name: &str) -> Result<Self> {
        let (dir, run) = Store::new(&options.results).reopen(name).map_err(mark)?;
        let asked = resume::asked(&run).map_err(Failure::mark(Outcome::BadInput))?;
        let Left { cells, visits, further } = left(&run, asked).map_err(Failure::mark(Outcome::BadInput))?;
        if !cells.is_empty() {
            resume::same_testbed(&run, asked, &options.testbed).map_err(Failure::mark(Outcome::BadInput))?;
        }
        let experiment = resume::experiment(asked).map_err(Failure::mark(Outcome::BadInput))?;
        let repeats = resume::repeats(asked);
        Ok(Self { experiment, seed: asked.seed, repeats, cells, visits, further, dir, earlier: Some(run) })
    }

    /// How many trials are to be made, in words; the figures may call for more.
    pub fn trials(&self) -> String {
        let known: usize = self.visits.iter().map(|visit| visit.trials.len()).sum();
        match self.repeats.precision_percent {
            Some(percent) => format!("{known}, and more until each cell is within ±{percent} %"),
            None => known.to_string(),
        }
    }

    /// Whether every cell has all it was asked for.
    pub fn is_done(&self) -> bool {
        self.cells.is_empty()
    }

    /// The visits to be paid, one after another.
    pub fn queue(&self) -> Queue<'_> {
        Queue {
            job: self,
            visits: self.visits.iter().cloned().collect(),
            further: self.further.iter().copied().collect(),
        }
    }

    /// What is needed of the hosts; modules are built and loaded where all cells do.
    pub fn needs(&self) -> Needs {
        let builds = self.cells.iter().all(|cell| cell.profile.build.is_some());
        Needs { builds, generator: self.experiment.generator() }
    }

    /// What the record of a new run says was asked.
    pub fn asked(&self, testbed_lines: usize, emulated: bool) -> record::Experiment {
        let experiment = &self.experiment;
        let rate = || experiment.rate.asked(emulated);
        record::Experiment {
            name: experiment.name.clone(),
            frameworks: experiment.frameworks.clone(),
            lines: experiment.lines.iter().map(|lines| *lines as u32).collect(),
            trials: self.repeats.least,
            precision_percent: self.repeats.precision_percent,
            max_trials: self.repeats.precision_percent.map(|_| self.repeats.most),
            duration_s: experiment.duration_s,
            warmup_s: experiment.around_s[0],
            cooldown_s: experiment.around_s[1],
            generator: experiment.generator().name().to_owned(),
            protocol: experiment.load().protocol.name().to_owned(),
            flows: experiment.flows,
            set: experiment.set.iter().cloned().collect(),
            sets: experiment.sets.iter().map(|group| group.iter().cloned().collect()).collect(),
            measure: experiment.measure.name().to_owned(),
            frame_sizes: experiment.frame_sizes.iter().filter_map(Frames::size).collect(),
            frame_mixes: experiment.frame_sizes.iter().filter_map(Frames::mix).cloned().collect(),
            rate: (experiment.measure == Measure::Ndr).then(rate),
            shuffle: experiment.shuffle,
            seed: self.seed,
            testbed_lines: testbed_lines as u32,
            cells: self.cells.iter().map(planned).collect(),
        }
    }
}

/// What a testbed's runs are called by.
fn stem(testbed: &Testbed) -> String {
    testbed.middlebox_name.as_ref().map_or_else(|| testbed.name.clone(), |name| format!("{}-{name}", testbed.name))
}

/// A run that somebody else writes to is no mistake of the user's.
fn mark(error: StoreError) -> anyhow::Error {
    let outcome = if matches!(error, StoreError::Busy { .. }) { Outcome::Unfit } else { Outcome::BadInput };
    Failure::mark(outcome)(error.into())
}

/// Visits that are to be paid. Which cells the later rounds hold depends on the figures of the earlier ones.
#[derive(Debug)]
pub struct Queue<'a> {
    job: &'a Job,
    visits: VecDeque<Visit>,
    further: VecDeque<Item>,
}

impl Queue<'_> {
    /// The next one, of a run that has come this far.
    pub fn next(&mut self, run: &Run) -> Option<Visit> {
        while self.visits.is_empty() && !self.further.is_empty() {
            let mut round = schedule::take_round(&mut self.further);
            round.retain(|item| wants(run, &planned(&self.job.cells[item.cell]), self.job.repeats, item.trial));
            self.visits = schedule::visits(&round, false).into();
        }
        self.visits.pop_front()
    }
}

/// Whether this further trial of a cell is to be made.
fn wants(run: &Run, cell: &PlannedCell, repeats: Repeats, number: u32) -> bool {
    let figures = run.figures(cell);
    !figures.contains_key(&number) && repeats.next(&figures).is_some()
}

/// What is left of a run.
struct Left {
    cells: Vec<Cell>,
    visits: Vec<Visit>,
    further: Vec<Item>,
}

/// The cells that lack figures, and the trials that do, in the order in which they would have been made.
fn left(run: &Run, asked: &record::Experiment) -> Result<Left> {
    let (seed, repeats) = (asked.seed.filter(|_| asked.shuffle), resume::repeats(asked));
    let count = asked.cells.len();
    let mut items = schedule::items(count, repeats.least, seed);
    items.retain(|item| !run.has_figure(&asked.cells[item.cell], item.trial));
    let mut further = seed.map(|seed| schedule::further(count, repeats, seed)).unwrap_or_default();
    further.retain(|item| wants(run, &asked.cells[item.cell], repeats, item.trial));
    if seed.is_none() {
        // A cell after the other: one that has its least may still go on by itself.
        let all_there = |cell: &usize| items.iter().all(|item| item.cell != *cell);
        let next = |cell| Some(Item { cell, trial: repeats.next(&run.figures(&asked.cells[cell]))? });
        let more: Vec<_> = (0..count).filter(all_there).filter_map(next).collect();
        items.extend(more);
        items.sort_by_key(|item| item.cell);
    }
    let mut indices: Vec<_> = items.iter().chain(&further).map(|item| item.cell).collect();
    indices.sort_unstable();
    indices.dedup();
    let renumber = |items: Vec<Item>| -> Vec<Item> {
        let place = |cell| indices.partition_point(|index| *index < cell);
        items.into_iter().map(|item| Item { cell: place(item.cell), ..item }).collect()
    };
    let visits = schedule::visits(&renumber(items), seed.is_none());
    let cells = indices.iter().map(|index| cell(run, &asked.cells[*index]));
    Ok(Left { cells: cells.collect::<Result<_>>()?, visits, further: renumber(further) })
}

/// A cell as the record has it.
pub fn planned(cell: &Cell) -> PlannedCell {
    let name = &cell.profile.name;
    PlannedCell {
        framework: name.clone(),
        lines: cell.lines as u32,
        params: params(cell),
        frame_size: cell.frame_size.as_ref().and_then(Frames::size),
        frame_mix: cell.frame_size.as_ref().and_then(Frames::mix).cloned(),
    }
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
    Ok(Cell { params: params.collect(), lines: planned.lines as usize, profile, frame_size: planned.frames() })
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
        let Left { cells, visits, .. } = left(run, run.experiment.as_ref().unwrap()).unwrap();
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
        let rest: Vec<_> = schedule::visits(&whole[3..], false).into_iter().map(|v| (v.cell, v.trials)).collect();
        assert_eq!(left_of(&run).1, rest);
    }

    /// That run, to be refined to 1 % with at most five trials.
    fn refined(seed: Option<u64>, figures: [&[f64]; 2]) -> Run {
        let mut run = run(seed);
        let asked = run.experiment.as_mut().unwrap();
        (asked.precision_percent, asked.max_trials) = (Some(1.0), Some(5));
        for (cell, figures) in figures.into_iter().enumerate() {
            let planned = run.experiment.as_ref().unwrap().cells[cell].clone();
            for trial in sample::trials(&planned.framework, planned.lines, figures) {
                run.add(record::Trial { params: planned.params.clone(), ..trial });
            }
        }
        run
    }

    #[test]
    fn a_cell_that_is_not_precise_yet_goes_on_and_one_that_is_has_no_trial_left() {
        let precise = [100.0, 100.1, 99.9];
        let run = refined(None, [&[100.0, 120.0, 90.0], &precise]);
        assert_eq!(left_of(&run), (vec!["netslice on 1 line".to_owned()], vec![(0, vec![4])]));
        let run = refined(None, [&[100.0, 120.0, 90.0, 99.0, 101.0], &precise]);
        assert_eq!(left_of(&run).0, Vec::<String>::new(), "as many as there may be");
        let run = refined(None, [&[100.0], &[100.0, 120.0, 90.0, 99.0]]);
        assert_eq!(left_of(&run).1, [(0, vec![2, 3]), (1, vec![5])]);
    }

    #[test]
    fn further_rounds_of_a_shuffled_run_hold_only_the_cells_that_still_need_them() {
        let run = refined(Some(5), [&[100.0, 120.0, 90.0], &[100.0, 100.1, 99.9]]);
        let Left { cells, visits, further } = left(&run, run.experiment.as_ref().unwrap()).unwrap();
        assert_eq!((cells.len(), visits.len()), (1, 0));
        assert_eq!(further, [4, 5].map(|trial| Item { cell: 0, trial }));
        let run = refined(Some(5), [&[100.0, 120.0, 90.0], &[100.0, 120.0]]);
        let Left { visits, further, .. } = left(&run, run.experiment.as_ref().unwrap()).unwrap();
        assert_eq!(visits, [Visit { cell: 1, trials: vec![3], goes_on: false }]);
        assert_eq!(further, schedule::further(2, resume::repeats(run.experiment.as_ref().unwrap()), 5));
    }

    #[test]
    fn the_queue_of_a_shuffled_run_asks_the_figures_before_each_further_round() {
        let store = tempfile::tempdir().unwrap();
        let mut run = refined(Some(5), [&[100.0, 120.0, 90.0], &[100.0, 120.0, 90.0]]);
        let asked = run.experiment.clone().unwrap();
        let Left { cells, visits, further } = left(&run, &asked).unwrap();
        let job = Job {
            experiment: resume::experiment(&asked).unwrap(),
            seed: asked.seed,
            repeats: resume::repeats(&asked),
            cells,
            visits,
            further,
            dir: Store::new(store.path()).prepare("lab", &jiff::Zoned::now()).unwrap(),
            earlier: None,
        };
        let mut queue = job.queue();
        let mut paid = Vec::new();
        while let Some(visit) = queue.next(&run) {
            paid.push((visit.cell, visit.trials.clone()));
            // The first cell becomes precise with what is measured now, the second does not.
            let cell = asked.cells[visit.cell].clone();
            for number in 1..=visit.first() {
                let rate = if visit.cell == 0 { 100.0 } else { 90.0 + 10.0 * f64::from(number) };
                run.trials.retain(|trial| trial.framework != cell.framework || trial.trial != number);
                let trial = sample::trial(&cell.framework, cell.lines, number, rate);
                run.add(record::Trial { params: cell.params.clone(), ..trial });
            }
        }
        paid.sort();
        assert_eq!(paid, [(0, vec![4]), (1, vec![4]), (1, vec![5])]);
    }

    #[test]
    fn a_recorded_cell_is_the_cell_that_was_recorded() {
        for name in Profile::names() {
            let profile = Profile::find(name).unwrap();
            let params = profile.parameters(&BTreeMap::new()).unwrap();
            for frames in [None, Some(Frames::Size(512)), Some(Frames::Mix("imix".parse().unwrap()))] {
                let original =
                    Cell { profile: profile.clone(), params: params.clone(), lines: 3, frame_size: frames.clone() };
                let mut run = sample::run("r", "2026-11-22T12:00:00Z");
                let text = serde_json::to_string(&profile).unwrap();
                run.profiles = BTreeMap::from([(name.to_owned(), serde_json::from_str(&text).unwrap())]);
                assert_eq!(cell(&run, &planned(&original)).unwrap(), original);
            }
        }
    }
}
