//! How busy each CPU of a host was over the time of a trial, softirqs apart, from the series that watching it left. Must not
//! read a file.

use super::cells::Cell;
use super::thin::{thinned, within};
use super::{Along, Figure, MOST_SERIES, Plot, Stretch, Times, Trace};
use crate::record::streams::{Stream, Ticks};

/// From which mean share on softirqs have a trace of their own, per cent.
const WORTH_PERCENT: f64 = 1.0;

/// What a host did in a trial.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The cell, as [`super::cells`] names it.
    pub cell: String,
    /// The trial.
    pub trial: u32,
    /// The series.
    pub stream: Stream,
    /// The stretch of the trial that counts, seconds.
    pub window: Option<[f64; 2]>,
}

impl Watch {
    /// Whether it is of the trial that is shown of a cell.
    pub fn is_of(&self, cell: &Cell<'_>) -> bool {
        self.cell == cell.name && self.trial == cell.trial.trial
    }
}

/// A figure a host and trial. Of more CPUs than colours those that were busiest are drawn.
pub fn of(watches: &[Watch]) -> Vec<Figure> {
    let told: Vec<_> = watches.iter().filter(|watch| !watch.stream.samples.is_empty()).collect();
    let number = |place: usize| told[..=place].iter().filter(|w| w.stream.host == told[place].stream.host).count();
    told.iter().enumerate().map(|(place, watch)| figure(number(place), watch)).collect()
}

/// Of the host in whose name all figures of that kind are: `cpu`, `cpu-source`, `cpu-2`.
fn name(host: &str, number: usize) -> String {
    let mut name = "cpu".to_owned();
    if host != "middlebox" {
        name = format!("{name}-{host}");
    }
    if number > 1 { format!("{name}-{number}") } else { name }
}

fn figure(number: usize, watch: &Watch) -> Figure {
    let stream = &watch.stream;
    let mut busy: Vec<(u32, Vec<Stretch>)> =
        stream.cpus.iter().map(|cpu| (*cpu, stretches(stream, *cpu, Ticks::busy))).collect();
    let all = busy.len();
    busy.sort_by(|a, b| mean(&b.1).total_cmp(&mean(&a.1)));
    busy.truncate(MOST_SERIES);
    busy.sort_by_key(|(cpu, _)| *cpu);
    let mut traces = Vec::new();
    for (colour, (cpu, stretches)) in busy.into_iter().enumerate() {
        traces.push(Trace { name: format!("CPU {cpu}"), colour, thin: false, stretches });
        let softirq = self::stretches(stream, cpu, |ticks| ticks.softirq);
        if mean(&softirq) >= WORTH_PERCENT {
            traces.push(Trace { name: format!("CPU {cpu}, softirqs"), colour, thin: true, stretches: softirq });
        }
    }
    let thin_are = traces.iter().any(|trace| trace.thin).then(|| "of that in softirqs".to_owned());
    let mut times =
        Times { up: "busy, per cent".to_owned(), along: Along::Seconds, traces, thin_are, window: watch.window };
    let mut notes = vec![format!("Trial {}.", watch.trial)];
    if all > MOST_SERIES {
        notes.push(format!("The {MOST_SERIES} busiest of {all} CPUs."));
    }
    if watch.window.is_some() {
        notes.push("The shaded stretch is what counts.".to_owned());
    }
    within(&mut times);
    notes.extend(thinned(&mut times));
    Figure {
        name: name(&stream.host, number),
        title: format!("CPUs of the {}: {}", stream.host, watch.cell),
        alternative: times
            .in_words(&format!("Line chart of how busy each CPU of the {} was over the time of a trial", stream.host)),
        notes,
        plot: Plot::Times(times),
    }
}

/// A part of a CPU's time, per cent.
fn stretches(stream: &Stream, cpu: u32, part: impl Fn(&Ticks) -> u64) -> Vec<Stretch> {
    let index = stream.cpus.iter().position(|known| *known == cpu);
    let told = stream.samples.iter().filter_map(|sample| {
        let ticks = index.and_then(|index| sample.cpus[index]).filter(|ticks| ticks.all() > 0)?;
        let value = part(&ticks) as f64 / ticks.all() as f64 * 100.0;
        Some(Stretch { from_s: sample.from_s, to_s: sample.until_s, value })
    });
    told.collect()
}

/// Over what was seen of the traffic.
fn mean(stretches: &[Stretch]) -> f64 {
    let shown = stretches.iter().filter(|stretch| stretch.to_s > 0.0);
    // A sample of a machine that stood still is longer than the others.
    let (sum, seconds) = shown.fold((0.0, 0.0), |(sum, seconds), stretch| {
        let length = stretch.to_s - stretch.from_s;
        (sum + stretch.value * length, seconds + length)
    });
    if seconds > 0.0 { sum / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::streams::Sample;

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
        let watch = |cpus| Watch { cell: "bridge, 1 Line".to_owned(), trial: 1, stream: stream(cpus), window: None };
        let figures = of(&[watch(2), watch(20)]);
        let Plot::Times(few) = &figures[0].plot else { panic!() };
        assert_eq!(few.traces[1].stretches[0], Stretch { from_s: 0.0, to_s: 1.0, value: 4.0 });
        let Plot::Times(many) = &figures[1].plot else { panic!() };
        let solid = many.traces.iter().filter(|trace| !trace.thin);
        let names: Vec<_> = solid.map(|trace| trace.name.as_str()).collect();
        assert_eq!((names.len(), names[0], names[7]), (8, "CPU 12", "CPU 19"));
        assert_eq!((figures[1].name.as_str(), figures[1].notes[1].as_str()), ("cpu-2", "The 8 busiest of 20 CPUs."));
    }

    #[test]
    fn softirqs_stand_apart_in_the_colour_of_their_cpu() {
        let watch = Watch { cell: String::new(), trial: 1, stream: stream(2), window: None };
        let Plot::Times(times) = &of(&[watch])[0].plot.clone() else { panic!() };
        let told: Vec<_> = times.traces.iter().map(|trace| (trace.name.as_str(), trace.colour, trace.thin)).collect();
        let softirqs = ("CPU 1, softirqs", 1, true);
        assert_eq!(told, [("CPU 0", 0, false), ("CPU 1", 1, false), softirqs], "CPU 0 had none");
        assert_eq!(times.thin_are.as_deref(), Some("of that in softirqs"));
    }

    #[test]
    fn each_host_has_figures_of_its_own_name() {
        let watch = |host: &str| {
            let stream = Stream { host: host.to_owned(), ..stream(1) };
            Watch { cell: "bridge, 1 Line".to_owned(), trial: 1, stream, window: None }
        };
        let figures = of(&["source", "middlebox", "sink", "source"].map(watch));
        let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["cpu-source", "cpu", "cpu-sink", "cpu-source-2"]);
    }

    #[test]
    fn a_series_without_samples_has_no_figure() {
        let stream = Stream { samples: Vec::new(), ..stream(2) };
        assert_eq!(of(&[Watch { cell: String::new(), trial: 1, stream, window: None }]), []);
    }
}
