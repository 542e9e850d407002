//! A soak from cycle to cycle: how long loading and unloading took, and how much memory was in use beside the first cycle that is
//! judged. Must not read a file, nor judge what grows.

use super::thin::thinned;
use super::{Along, Figure, MOST_SERIES, Plot, Stretch, Times, Trace};
use crate::record::cycles::Cycle;
use crate::record::{Run, Soak};
use crate::report::soak_table;

/// A soak with what each of its cycles found.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// Its run.
    pub run: &'a Run,
    /// None where the file beside the record is not there.
    pub cycles: Vec<Cycle>,
}

/// Its figures; none where nobody told of its cycles.
pub fn of(number: usize, told: &Told<'_>) -> Vec<Figure> {
    let Some(soak) = told.run.soak.as_ref().filter(|_| told.cycles.len() > 1) else { return Vec::new() };
    let name = |what: &str| if number > 1 { format!("{what}-{number}") } else { what.to_owned() };
    let pace = Figure { name: name("soak-pace"), ..pace(soak, &told.cycles) };
    let memory = memory(soak, &told.cycles).map(|figure| Figure { name: name("soak-memory"), ..figure });
    memory.into_iter().chain([pace]).collect()
}

fn trace(place: usize, name: &str, cycles: &[Cycle], value: impl Fn(&Cycle) -> Option<f64>) -> Trace {
    let stretches = cycles.iter().filter_map(|cycle| {
        let number = f64::from(cycle.number);
        Some(Stretch { from_s: number - 1.0, to_s: number, value: value(cycle)? })
    });
    Trace { name: name.to_owned(), colour: place, thin: false, stretches: stretches.collect() }
}

fn pace(soak: &Soak, cycles: &[Cycle]) -> Figure {
    let traces = vec![
        trace(0, "load", cycles, |cycle| Some(cycle.load_s * 1e3)),
        trace(1, "unload", cycles, |cycle| Some(cycle.unload_s * 1e3)),
    ];
    let title = format!("{}: how long loading and unloading took", soak.framework);
    drawn(
        title,
        "milliseconds",
        traces,
        "Line chart of how long loading and unloading took, cycle by cycle",
        Vec::new(),
    )
}

fn memory(soak: &Soak, cycles: &[Cycle]) -> Option<Figure> {
    let first = cycles.iter().find(|cycle| cycle.number > soak.warm_up)?;
    let names = soak.memory.iter().map(|growth| growth.name.as_str()).filter(|name| name.ends_with("_kib"));
    let traces = names.take(MOST_SERIES).enumerate().filter_map(|(place, name)| {
        let base = *first.figures.get(name)?;
        let words = soak_table::words(name);
        let words = words.strip_suffix(", KiB").unwrap_or(&words);
        Some(trace(place, words, cycles, |cycle| Some(cycle.figures.get(name)? - base)))
    });
    let traces: Vec<_> = traces.collect();
    if traces.is_empty() {
        return None;
    }
    let title = format!("{}: memory of the middlebox, unloaded", soak.framework);
    let mut notes = vec![format!("More than in cycle {}, or less where it is negative.", first.number)];
    if soak.warm_up > 0 {
        notes.push(format!("The first {} cycles are not judged: caches fill up in them.", soak.warm_up));
    }
    Some(drawn(title, "more in use, KiB", traces, "Line chart of the memory in use after each cycle", notes))
}

fn drawn(title: String, up: &str, traces: Vec<Trace>, opening: &str, mut notes: Vec<String>) -> Figure {
    let mut times = Times { up: up.to_owned(), along: Along::Cycles, traces, thin_are: None, window: None };
    notes.extend(thinned(&mut times));
    let alternative = times.in_words(opening);
    Figure { name: String::new(), title, alternative, notes, plot: Plot::Times(times) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::{Growth, sample};

    #[test]
    fn memory_is_told_beside_the_first_cycle_that_is_judged() {
        let growth = Growth {
            name: "slab_kib".to_owned(),
            first: 1.0,
            last: 1.0,
            per_cycle: None,
            interval: None,
            bytes_per_cycle: None,
            leaks: None,
        };
        let tasks = Growth { name: "tasks".to_owned(), ..growth.clone() };
        let soak = Soak { warm_up: 2, memory: vec![growth, tasks], ..sample::soak() };
        let run = Run { soak: Some(soak), ..sample::run("a", "2026-11-22T09:00:00Z") };
        let cycle = |number: u32| Cycle {
            number,
            load_s: 0.5,
            unload_s: 0.25,
            figures: BTreeMap::from([("slab_kib".to_owned(), 100.0 + f64::from(number) * 4.0)]),
        };
        let figures = of(2, &Told { run: &run, cycles: (1..=5).map(cycle).collect() });
        let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["soak-memory-2", "soak-pace-2"]);
        let Plot::Times(times) = &figures[0].plot else { panic!() };
        let values: Vec<_> = times.traces[0].stretches.iter().map(|stretch| stretch.value).collect();
        assert_eq!((times.traces.len(), values), (1, vec![-8.0, -4.0, 0.0, 4.0, 8.0]));
        assert!(of(1, &Told { run: &run, cycles: Vec::new() }).is_empty());
    }
}
