//! What a line carried over the time of a trial. Must not know how it is drawn.

use super::{Figure, Names, Plot, Stretch, Table, Times, Trace, bars};
use crate::record::{Interim, Run, Status, Trial};

/// A trace has no more stretches than this: more do not fit into its width.
const MOST_STRETCHES: usize = 240;

/// No more cells than this are drawn: a page with more is read by nobody.
pub const MOST_FIGURES: usize = 24;

/// A figure a cell, of that trial whose rate is in the middle of the cell's. Says how many cells there are beyond those.
pub fn of(runs: &[Run]) -> (Vec<Figure>, usize) {
    let names = Names::among(runs);
    let mut cells: Vec<(String, Vec<&Trial>)> = Vec::new();
    for run in runs {
        for trial in run.trials.iter().filter(|trial| has_interim(trial)) {
            let name = names.of(run, trial);
            match cells.iter_mut().find(|(known, _)| *known == name) {
                Some((_, trials)) => trials.push(trial),
                None => cells.push((name, vec![trial])),
            }
        }
    }
    let beyond = cells.len().saturating_sub(MOST_FIGURES);
    let figures =
        (1..).zip(cells.iter().take(MOST_FIGURES)).map(|(number, (name, trials))| figure(number, name, trials));
    (figures.collect(), beyond)
}

fn has_interim(trial: &Trial) -> bool {
    trial.status == Status::Ok && trial.per_line.iter().any(|line| !line.interim.is_empty())
}

fn figure(number: usize, name: &str, trials: &[&Trial]) -> Figure {
    let mut ordered = trials.to_vec();
    let rate = |trial: &Trial| trial.throughput_bps.unwrap_or(0.0);
    ordered.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
    // There is one at least, or the cell would not be here.
    let trial = ordered[(ordered.len() - 1) / 2];
    let most = trial.per_line.iter().flat_map(|line| &line.interim).map(|each| each.throughput_bps).fold(0.0, f64::max);
    let (unit, bps) = if most >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) };
    let traces = trial
        .per_line
        .iter()
        .map(|line| Trace { name: format!("line {}", line.line), stretches: self::stretches(&line.interim, bps) });
    let times = Times {
        up: format!("payload, {unit}"),
        traces: traces.collect(),
        window: trial.window.map(|window| [window.from_s, window.from_s + window.duration_s]),
    };
    let which = match trials.len() {
        1 => format!("Trial {}.", trial.trial),
        count => format!("Trial {}, whose rate is in the middle of {count}.", trial.trial),
    };
    let mut notes = vec![which];
    if trial.window.is_some() {
        notes.push("The shaded stretch is what counts.".to_owned());
    }
    Figure {
        name: if number > 1 { format!("over-time-{number}") } else { "over-time".to_owned() },
        title: format!("{name}, line by line over time"),
        alternative: times.in_words("Line chart of what each line carried over the time of a trial"),
        notes,
        plot: Plot::Times(times),
    }
}

fn stretches(interim: &[Interim], bps: f64) -> Vec<Stretch> {
    let each = interim.iter().map(|each| Stretch {
        from_s: each.from_s,
        to_s: each.from_s + each.duration_s,
        value: each.throughput_bps / bps,
    });
    fewer(&each.collect::<Vec<_>>())
}

/// The same stretches, with neighbours put together where there are too many to be seen.
pub(super) fn fewer(stretches: &[Stretch]) -> Vec<Stretch> {
    let together = stretches.len().div_ceil(MOST_STRETCHES).max(1);
    let joined = stretches.chunks(together).filter_map(|chunk| {
        let (first, last) = (chunk.first()?, chunk.last()?);
        let length = |each: &Stretch| each.to_s - each.from_s;
        let time: f64 = chunk.iter().map(length).sum();
        let sum: f64 = chunk.iter().map(|each| each.value * length(each)).sum();
        let value = if time > 0.0 { sum / time } else { first.value };
        Some(Stretch { from_s: first.from_s, to_s: last.to_s, value })
    });
    joined.collect()
}

impl Times {
    /// A row a stretch of a trace.
    pub fn table(&self) -> Table {
        let headings = ["", "from, s", "to, s", &self.up].map(str::to_owned).to_vec();
        let rows = self.traces.iter().flat_map(|trace| {
            trace.stretches.iter().map(|stretch| {
                let Stretch { from_s, to_s, value } = stretch;
                vec![trace.name.clone(), format!("{from_s:.2}"), format!("{to_s:.2}"), bars::figure(*value)]
            })
        });
        Table { headings, rows: rows.collect() }
    }

    /// The same as sentences: between what each trace stays.
    pub(super) fn in_words(&self, opening: &str) -> String {
        let each = self.traces.iter().filter(|trace| !trace.stretches.is_empty()).map(|trace| {
            let values = || trace.stretches.iter().map(|stretch| stretch.value);
            let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
            format!("{} between {} and {}", trace.name, bars::figure(low), bars::figure(high))
        });
        format!("{opening}; {}. {}.", self.up, each.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Window, sample};

    fn steady(seconds: usize, bps: f64) -> Vec<Interim> {
        (0..seconds).map(|s| Interim { from_s: s as f64, duration_s: 1.0, throughput_bps: bps }).collect()
    }

    #[test]
    fn the_trial_in_the_middle_is_drawn_and_named() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        for (number, rate) in [(1, 3e9), (2, 1e9), (3, 2e9)] {
            let mut trial = sample::trial("netslice", 1, number, rate);
            trial.per_line[0].interim = steady(4, rate);
            trial.window = Some(Window { from_s: 1.0, duration_s: 2.0 });
            run.trials.push(trial);
        }
        run.trials.push(sample::trial("bridge", 1, 1, 1e9));
        let (figures, beyond) = of(&[run]);
        assert_eq!((figures.len(), beyond), (1, 0), "the bridge's trial has no series");
        assert!(figures[0].notes[0].starts_with("Trial 3,"), "{:?}", figures[0].notes);
        let Plot::Times(times) = &figures[0].plot else { panic!() };
        assert_eq!(times.window, Some([1.0, 3.0]));
        assert_eq!(times.traces[0].stretches[3], Stretch { from_s: 3.0, to_s: 4.0, value: 2.0 });
    }

    #[test]
    fn an_hour_of_seconds_is_drawn_in_no_more_stretches_than_fit_and_keeps_its_mean() {
        let mut interim = steady(3600, 1e6);
        interim[7].throughput_bps = 16e6;
        let drawn = stretches(&interim, 1e6);
        assert!(drawn.len() <= MOST_STRETCHES && (drawn.last().unwrap().to_s - 3600.0).abs() < 1e-9);
        assert!((drawn[0].value - 2.0).abs() < 1e-9, "15 seconds: one of 16, else 1: {}", drawn[0].value);
    }
}
