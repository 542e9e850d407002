//! Cells of runs by the names that figures give them, and which trial of each is shown over time. Must not know what is drawn.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Run, Status, Trial};

/// A cell with its good trials.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    /// What tells it from the others: `netslice, mode=classic, 4 Line`.
    pub name: String,
    /// Its run.
    pub run: &'a Run,
    /// The trial whose figure is in the middle of the cell's.
    pub trial: &'a Trial,
    /// Trials that it is the middle of.
    pub count: usize,
}

impl Cell<'_> {
    /// Which trial it is, as a sentence.
    pub fn which(&self) -> String {
        match self.count {
            1 => format!("Trial {}.", self.trial.trial),
            count => format!("Trial {}, whose figure is in the middle of {count}.", self.trial.trial),
        }
    }
}

/// The cells whose trials gave a figure and have what `has` asks for, in the order in which they were measured.
pub fn of<'a>(runs: &'a [Run], has: impl Fn(&Trial) -> bool) -> Vec<Cell<'a>> {
    let names = Names::among(runs);
    let mut cells: Vec<(&Run, Vec<&Trial>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for run in runs {
        for trial in run.trials.iter().filter(|trial| trial.status == Status::Ok && has(trial)) {
            let name = names.of(run, trial);
            let place = *places.entry(name.clone()).or_insert_with(|| {
                order.push(name);
                cells.push((run, Vec::new()));
                cells.len() - 1
            });
            cells[place].1.push(trial);
        }
    }
    let cell = |(name, (run, mut trials)): (String, (&'a Run, Vec<&'a Trial>))| {
        let rate = |trial: &Trial| trial.figure().unwrap_or(0.0);
        trials.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
        // There is one at least, or the cell would not be here.
        Cell { name, run, trial: trials[(trials.len() - 1) / 2], count: trials.len() }
    };
    order.into_iter().zip(cells).map(cell).collect()
}

/// Cells in words. A parameter is named where it tells cells apart, and so are the middlebox, the measure and the run.
pub struct Names<'a> {
    /// By framework and parameter.
    values: BTreeMap<(&'a str, &'a str), BTreeSet<&'a str>>,
    middleboxes: bool,
    measures: bool,
    runs: bool,
}

impl<'a> Names<'a> {
    /// The names that tell cells of these runs apart.
    pub fn among(runs: &'a [Run]) -> Self {
        let mut values: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        let mut measures = BTreeSet::new();
        for trial in runs.iter().flat_map(|run| &run.trials) {
            measures.insert(&trial.measure);
            for (name, value) in &trial.params {
                values.entry((trial.framework.as_str(), name.as_str())).or_default().insert(value);
            }
        }
        let machines: BTreeSet<_> = runs.iter().map(|run| &run.middlebox).collect();
        Self { values, middleboxes: machines.len() > 1, measures: measures.len() > 1, runs: runs.len() > 1 }
    }

    /// That of a trial's cell.
    pub fn of(&self, run: &Run, trial: &Trial) -> String {
        let mut parts = vec![trial.framework.clone()];
        parts.extend(run.middlebox.as_ref().filter(|_| self.middleboxes).map(|name| format!("on {name}")));
        let prefix = format!("{}.", trial.framework);
        for (name, value) in &trial.params {
            let differs = self.values.get(&(trial.framework.as_str(), name.as_str())).is_some_and(|all| all.len() > 1);
            if differs {
                parts.push(format!("{}={value}", name.strip_prefix(&prefix).unwrap_or(name)));
            }
        }
        if self.measures {
            parts.push(trial.measure.clone());
        }
        parts.push(format!("{} Line", trial.lines));
        parts.extend(trial.frames().map(|frames| format!("{} frames", frames.adjective())));
        if self.runs {
            parts.push(run.id.clone());
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn of_a_cell_the_trial_in_the_middle_is_shown() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials = sample::trials("bridge", 1, &[3e8, 1e8, 2e8]);
        run.trials.push(sample::failed("bridge", 1, 4, "it fell"));
        let runs = [run];
        let cells = of(&runs, |_| true);
        assert_eq!((cells[0].name.as_str(), cells[0].trial.trial, cells[0].count), ("bridge, 1 Line", 3, 3));
        assert!(of(&runs, |trial| trial.trial > 3).is_empty(), "a failed one has nothing to show");
    }

    #[test]
    fn machines_are_named_where_there_are_several() {
        let on = |id: &str, name: &str| {
            let mut run = sample::run(id, "2026-11-22T09:00:00Z");
            run.middlebox = Some(name.to_owned());
            run.trials = sample::trials("bridge", 1, &[1e8]);
            run
        };
        let runs = [on("a", "old"), on("b", "new")];
        let names: Vec<_> = of(&runs, |_| true).into_iter().map(|cell| cell.name).collect();
        assert_eq!(names, ["bridge, on old, 1 Line, a", "bridge, on new, 1 Line, b"]);
        assert_eq!(of(&runs[..1], |_| true)[0].name, "bridge, 1 Line");
    }
}
