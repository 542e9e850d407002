//! How busy each CPU of a host was over the time of a trial, from the series that watching it left. Must not read a file.

use super::times::fewer;
use super::{Figure, MOST_SERIES, Plot, Stretch, Times, Trace};
use crate::record::streams::Stream;

/// What a host did in a trial.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The cell and the trial, in words.
    pub trial: String,
    /// The series.
    pub stream: Stream,
    /// The stretch of the trial that counts, seconds.
    pub window: Option<[f64; 2]>,
}

/// A figure a host and trial. Of more CPUs than colours those that were busiest are drawn.
pub fn of(watches: &[Watch]) -> Vec<Figure> {
    let told = watches.iter().filter(|watch| !watch.stream.samples.is_empty());
    (1..).zip(told).map(|(number, watch)| figure(number, watch)).collect()
}

fn figure(number: usize, watch: &Watch) -> Figure {
    let mut traces: Vec<(f64, u32, Trace)> = watch.stream.cpus.iter().map(|cpu| trace(&watch.stream, *cpu)).collect();
    let all = traces.len();
    traces.sort_by(|a, b| b.0.total_cmp(&a.0));
    traces.truncate(MOST_SERIES);
    traces.sort_by_key(|(_, cpu, _)| *cpu);
    let times = Times {
        up: "busy, per cent".to_owned(),
        traces: traces.into_iter().map(|(.., trace)| trace).collect(),
        window: watch.window,
    };
    let mut notes = Vec::new();
    if all > MOST_SERIES {
        notes.push(format!("The {MOST_SERIES} busiest of {all} CPUs."));
    }
    if watch.window.is_some() {
        notes.push("The shaded stretch is what counts.".to_owned());
    }
    Figure {
        name: if number > 1 { format!("cpu-{number}") } else { "cpu".to_owned() },
        title: format!("CPUs of the {}: {}", watch.stream.host, watch.trial),
        alternative: times.in_words("Line chart of how busy each CPU was over the time of a trial"),
        notes,
        plot: Plot::Times(times),
    }
}

/// A CPU's trace, with its mean before it.
fn trace(stream: &Stream, cpu: u32) -> (f64, u32, Trace) {
    let index = stream.cpus.iter().position(|known| *known == cpu);
    let told = stream.samples.iter().filter_map(|sample| {
        let ticks = index.and_then(|index| sample.cpus[index]).filter(|ticks| ticks.all() > 0)?;
        let value = ticks.busy() as f64 / ticks.all() as f64 * 100.0;
        Some(Stretch { from_s: sample.from_s, to_s: sample.until_s, value })
    });
    let stretches: Vec<Stretch> = told.collect();
    let mean = stretches.iter().map(|stretch| stretch.value).sum::<f64>() / stretches.len().max(1) as f64;
    (mean, cpu, Trace { name: format!("CPU {cpu}"), stretches: fewer(&stretches) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::streams::{Sample, Ticks};

    fn stream(cpus: u32) -> Stream {
        let sample = |second: u32| Sample {
            from_s: f64::from(second),
            until_s: f64::from(second + 1),
            cpus: (0..cpus)
                .map(|cpu| {
                    Some(Ticks { softirq: u64::from(cpu) * 4, idle: 100 - u64::from(cpu) * 4, ..Ticks::default() })
                })
                .collect(),
            ports: Vec::new(),
            interrupts: None,
            memory_available_kib: None,
            frequencies_mhz: Vec::new(),
            temperatures_c: Vec::new(),
            own_us: None,
        };
        Stream {
            host: "middlebox".to_owned(),
            cpus: (0..cpus).collect(),
            ports: Vec::new(),
            lines: std::collections::BTreeMap::new(),
            thermometers: Vec::new(),
            samples: (0..3).map(sample).collect(),
        }
    }

    #[test]
    fn the_busiest_cpus_are_drawn_in_the_order_of_their_numbers() {
        let watch = |cpus| Watch { trial: "bridge, 1 Line, trial 1".to_owned(), stream: stream(cpus), window: None };
        let figures = of(&[watch(2), watch(20)]);
        let Plot::Times(few) = &figures[0].plot else { panic!() };
        assert_eq!(few.traces[1].stretches[0], Stretch { from_s: 0.0, to_s: 1.0, value: 4.0 });
        let Plot::Times(many) = &figures[1].plot else { panic!() };
        let names: Vec<_> = many.traces.iter().map(|trace| trace.name.as_str()).collect();
        assert_eq!((names.len(), names[0], names[7]), (8, "CPU 12", "CPU 19"));
        assert_eq!((figures[1].name.as_str(), figures[1].notes[0].as_str()), ("cpu-2", "The 8 busiest of 20 CPUs."));
    }

    #[test]
    fn a_series_without_samples_has_no_figure() {
        let stream = Stream { samples: Vec::new(), ..stream(2) };
        assert_eq!(of(&[Watch { trial: String::new(), stream, window: None }]), []);
    }
}
