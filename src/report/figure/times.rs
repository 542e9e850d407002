//! What a line carried over the time of a trial: as its generator reported it, else as the sink's port counted it. Must not
//! know how it is drawn.

use super::cells::{self, Cell};
use super::cpu::Watch;
use super::thin::{thinned, within};
use super::{Along, Figure, MOST_SERIES, Plot, Stretch, Table, Times, Trace, bars};
use crate::record::{Interim, Run, Trial};

/// No more cells than this are drawn: a page with more is read by nobody.
pub const MOST_FIGURES: usize = 24;

/// Lines in one figure: each colour twice, the second time as a thin line.
const MOST_LINES: usize = 2 * MOST_SERIES;

/// Where the levels come from.
enum From<'a> {
    Generator,
    Port(&'a Watch),
}

/// A figure a cell, of that trial whose rate is in the middle of the cell's. Says how many cells there are beyond those.
pub fn of(runs: &[Run], watches: &[Watch]) -> (Vec<Figure>, usize) {
    let cells = cells::of(runs, |trial| trial.throughput_bps.is_some() && trial.ndr.is_none());
    let told: Vec<_> = cells.iter().filter_map(|cell| Some((cell, from(cell, watches)?))).collect();
    let beyond = told.len().saturating_sub(MOST_FIGURES);
    let figures = (1..).zip(told.iter().take(MOST_FIGURES)).map(|(number, (cell, from))| figure(number, cell, from));
    (figures.collect(), beyond)
}

fn from<'a>(cell: &Cell<'_>, watches: &'a [Watch]) -> Option<From<'a>> {
    if has_interim(cell.trial) {
        return Some(From::Generator);
    }
    let counts = |watch: &&Watch| watch.is_of(cell) && watch.stream.host == "sink" && !seen(watch).is_empty();
    watches.iter().find(counts).map(From::Port)
}

fn has_interim(trial: &Trial) -> bool {
    trial.per_line.iter().any(|line| !line.interim.is_empty())
}

fn figure(number: usize, cell: &Cell<'_>, from: &From<'_>) -> Figure {
    let (lines, what, source) = match from {
        From::Generator => (reported(cell.trial), "payload", "The generator's own reports."),
        From::Port(watch) => (
            seen(watch),
            "frames",
            "The generator reports nothing on the way: what the sink's port took in, ten times a second.",
        ),
    };
    let window = cell.trial.window.map(|window| [window.from_s, window.from_s + window.duration_s]);
    let mut notes = vec![cell.which(), source.to_owned()];
    let lines = fewer_lines(lines, &mut notes);
    let most = lines.iter().flat_map(|(_, stretches)| stretches).map(|each| each.value).fold(0.0, f64::max);
    let (unit, bps) = if most >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) };
    let trace = |(place, (line, stretches)): (usize, &(u32, Vec<Stretch>))| Trace {
        name: format!("line {line}"),
        colour: place % MOST_SERIES,
        thin: place >= MOST_SERIES,
        stretches: stretches.iter().map(|each| Stretch { value: each.value / bps, ..*each }).collect(),
    };
    let mut times = Times {
        up: format!("{what}, {unit}"),
        along: Along::Seconds,
        traces: lines.iter().enumerate().map(trace).collect(),
        thin_are: None,
        window,
    };
    if window.is_some() {
        notes.push("The shaded stretch is what counts.".to_owned());
    }
    within(&mut times);
    notes.extend(thinned(&mut times));
    Figure {
        name: if number > 1 { format!("over-time-{number}") } else { "over-time".to_owned() },
        title: format!("{}, line by line over time", cell.name),
        alternative: times.in_words("Line chart of what each line carried over the time of a trial"),
        notes,
        plot: Plot::Times(times),
    }
}

/// Bits of payload a second of each line, by the generator.
fn reported(trial: &Trial) -> Vec<(u32, Vec<Stretch>)> {
    let stretch = |each: &Interim| Stretch {
        from_s: each.from_s,
        to_s: each.from_s + each.duration_s,
        value: each.throughput_bps,
    };
    trial.per_line.iter().map(|line| (line.line, line.interim.iter().map(stretch).collect())).collect()
}

/// Bits of frames a second of each line, by the port at its end. A port that a user-space driver holds counts nothing.
fn seen(watch: &Watch) -> Vec<(u32, Vec<Stretch>)> {
    let stream = &watch.stream;
    let of_line = |line: u32| {
        let port = stream.port_of(line, "sink")?;
        let index = stream.ports.iter().position(|known| known == port)?;
        let stretch = |sample: &crate::record::streams::Sample| {
            let value = sample.ports[index]?.rx_bytes as f64 * 8.0 / sample.duration_s();
            Some(Stretch { from_s: sample.from_s, to_s: sample.until_s, value })
        };
        let stretches: Vec<_> = stream.samples.iter().filter_map(stretch).collect();
        (!stretches.is_empty()).then_some((line, stretches))
    };
    stream.lines.keys().filter_map(|line| of_line(*line)).collect()
}

/// Of more lines than can be told apart those that carried least: the others are like one another, or better.
fn fewer_lines(mut lines: Vec<(u32, Vec<Stretch>)>, notes: &mut Vec<String>) -> Vec<(u32, Vec<Stretch>)> {
    let all = lines.len();
    if all > MOST_LINES {
        let carried = |(_, stretches): &(u32, Vec<Stretch>)| -> f64 {
            stretches.iter().map(|each| each.value * (each.to_s - each.from_s)).sum()
        };
        lines.sort_by(|a, b| carried(a).total_cmp(&carried(b)));
        lines.truncate(MOST_LINES);
        lines.sort_by_key(|(line, _)| *line);
        notes.push(format!("The {MOST_LINES} lines of {all} that carried least."));
    }
    lines
}

impl Times {
    /// A row a stretch, with a column a trace where all traces have the same stretches; else a row a stretch of a trace.
    pub fn table(&self) -> Table {
        let Some(first) = self.traces.first().filter(|_| self.together()) else { return self.long_table() };
        let [from, to] = self.along.ends();
        let mut headings = vec![from.to_owned(), to.to_owned()];
        headings.extend(self.traces.iter().map(|trace| format!("{}: {}", trace.name, self.up)));
        let row = |(place, stretch): (usize, &Stretch)| {
            let mut row = self.along.times(stretch).to_vec();
            row.extend(self.traces.iter().map(|trace| bars::figure(trace.stretches[place].value)));
            row
        };
        Table { headings, rows: first.stretches.iter().enumerate().map(row).collect() }
    }

    fn together(&self) -> bool {
        let ends = |trace: &Trace| trace.stretches.iter().map(|each| (each.from_s, each.to_s)).collect::<Vec<_>>();
        self.traces.windows(2).all(|two| ends(&two[0]) == ends(&two[1]))
    }

    fn long_table(&self) -> Table {
        let [from, to] = self.along.ends();
        let headings = ["", from, to, &self.up].map(str::to_owned).to_vec();
        let row = |name: &str, stretch: &Stretch| {
            let [from, to] = self.along.times(stretch);
            vec![name.to_owned(), from, to, bars::figure(stretch.value)]
        };
        let of_trace = |trace: &Trace| trace.stretches.iter().map(|each| row(&trace.name, each)).collect::<Vec<_>>();
        Table { headings, rows: self.traces.iter().flat_map(of_trace).collect() }
    }

    /// The same as sentences: between what each trace stays.
    pub(super) fn in_words(&self, opening: &str) -> String {
        let each = self.traces.iter().filter(|trace| !trace.stretches.is_empty()).map(|trace| {
            let values = || trace.stretches.iter().map(|stretch| stretch.value);
            let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
            format!("{} between {} and {}", trace.name, bars::figure(low), bars::figure(high))
        });
        format!("{opening}; {}. {}.", self.up, each.collect::<Vec<_>>().join(", "))
    }
}

impl Along {
    /// What an axis is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Cycles => "cycle",
        }
    }

    /// Headings of where a stretch begins and ends.
    const fn ends(self) -> [&'static str; 2] {
        match self {
            Self::Seconds => ["from, s", "to, s"],
            Self::Cycles => ["from cycle", "to cycle"],
        }
    }

    /// Where it does.
    fn times(self, stretch: &Stretch) -> [String; 2] {
        match self {
            Self::Seconds => [stretch.from_s, stretch.to_s].map(|second| format!("{second:.2}")),
            Self::Cycles => [stretch.from_s, stretch.to_s].map(|cycle| format!("{cycle:.0}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Window, sample, streams};

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
        let (figures, beyond) = of(&[run], &[]);
        assert_eq!((figures.len(), beyond), (1, 0), "the bridge's trial has no series");
        assert!(figures[0].notes[0].starts_with("Trial 3,"), "{:?}", figures[0].notes);
        let Plot::Times(times) = &figures[0].plot else { panic!() };
        assert_eq!(times.window, Some([1.0, 3.0]));
        assert_eq!(times.traces[0].stretches[3], Stretch { from_s: 3.0, to_s: 4.0, value: 2.0 });
    }

    #[test]
    fn of_a_silent_generator_the_sinks_port_tells_and_the_figure_says_so() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials.push(sample::trial("bridge", 1, 2, 1e6));
        let text = concat!(
            r#"{"stream":1,"host":"sink","zero_s":10.0,"from_s":9.9,"lines":{"1":{"sink":"eth1"}}}"#,
            "\n",
            r#"{"hoststream":1,"t":9.9,"w":1.0,"every_ms":100,"cpu":[0],"port":["eth1"],"pause":[null],"temp":[]}"#,
            "\n",
            r#"{"t":10.0,"w":1.1,"cpu":[[0,0,0,0,10,0]],"irq":[1,0,0],"mem":1,"port":[[0,0,0,0,0,0,0,0]],"self":1}"#,
            "\n",
            r#"{"t":10.1,"w":1.2,"cpu":[[0,0,0,0,10,0]],"irq":[1,0,0],"mem":1,"port":[[25000,9,0,0,0,0,0,0]],"self":1}"#,
        );
        let watch = |trial| Watch {
            cell: "bridge, 1 Line".to_owned(),
            trial,
            stream: streams::Stream::parse(text).unwrap(),
            window: None,
        };
        let (figures, _) = of(&[run.clone()], &[watch(2)]);
        assert!(figures[0].notes.iter().any(|note| note.contains("sink's port")), "{:?}", figures[0].notes);
        let Plot::Times(times) = &figures[0].plot else { panic!() };
        assert_eq!(times.up, "frames, Mb/s");
        assert!((times.traces[0].stretches.last().unwrap().value - 2.0).abs() < 1e-6, "{times:?}");
        assert_eq!(of(&[run], &[watch(1)]).0, [], "the series of another trial is not its");
    }

    #[test]
    fn of_more_lines_than_can_be_told_apart_those_that_carried_least_are_drawn() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        let mut trial = sample::trial("netslice", 20, 1, 2e9);
        for line in &mut trial.per_line {
            line.interim = steady(3, 1e8 * f64::from(line.line));
        }
        run.trials.push(trial);
        let (figures, _) = of(&[run], &[]);
        let Plot::Times(times) = &figures[0].plot else { panic!() };
        let last = times.traces.last().unwrap();
        assert_eq!((times.traces.len(), last.name.as_str(), last.thin), (16, "line 16", true));
        assert!(figures[0].notes.iter().any(|note| note == "The 16 lines of 20 that carried least."));
        let table = times.table();
        assert_eq!((table.rows.len(), table.headings.len()), (3, 18), "a row a second, a column a line");
    }
}
