//! The paper's Figure 3 as a plot: throughput by number of lines, a colour a framework, under its ceilings.
//!
//! Must not know how it is drawn, nor compute a statistic.

use super::{Bar, Bars, Ceiling, Figure, MOST_SERIES, Plot, Series, ndr};
use crate::ceiling::Limit;
use crate::compare::{Cell, Column, Comparison};
use crate::measure::ceilings as bounds;
use crate::record::Run;
use crate::units::BitsPerSecond;

/// A ceiling that is this many times the highest bar would leave no room for the bars.
const FAR: f64 = 5.0;

/// Rates in one unit.
struct Unit {
    name: &'static str,
    bps: f64,
}

/// The rates of `comparison`; several figures where there are more columns than colours, none where there are no rates.
pub fn of(comparison: &Comparison, runs: &[Run]) -> Vec<Figure> {
    let columns: Vec<&Column> =
        comparison.columns.iter().filter(|column| !column.is_cost() && !ndr::is_of(column)).collect();
    let rates = columns.iter().flat_map(|column| &column.cells).filter_map(|cell| cell.throughput);
    let most = rates.map(|rate| rate.mean).fold(0.0, f64::max);
    if most <= 0.0 {
        return Vec::new();
    }
    let unit = if most >= 1e9 { Unit { name: "Gb/s", bps: 1e9 } } else { Unit { name: "Mb/s", bps: 1e6 } };
    let mut lines: Vec<u32> = columns.iter().flat_map(|column| column.cells.iter().map(|cell| cell.lines)).collect();
    lines.sort_unstable();
    lines.dedup();
    let parts = columns.chunks(MOST_SERIES);
    let count = parts.len();
    (1..).zip(parts).map(|(number, columns)| figure(columns, &lines, &unit, (number, count), runs)).collect()
}

fn figure(columns: &[&Column], lines: &[u32], unit: &Unit, (number, count): (usize, usize), runs: &[Run]) -> Figure {
    let series = columns.iter().map(|column| Series {
        name: column.heading.join(", "),
        bars: lines.iter().map(|lines| bar(column.cell(*lines), unit)).collect(),
    });
    let means = columns.iter().flat_map(|column| &column.cells).filter_map(|cell| cell.throughput);
    let most = means.map(|rate| rate.mean).fold(0.0, f64::max);
    let (ceilings, mut notes) = drawn(ceilings(columns, lines, runs), most, unit);
    notes.extend((!ceilings.is_empty()).then(|| of_some(columns, runs)).flatten());
    let bars = Bars {
        up: format!("throughput, {}", unit.name),
        groups: lines.iter().map(|lines| format!("{lines} Line")).collect(),
        series: series.collect(),
        ceilings,
    };
    let part = if count > 1 { format!(", part {number} of {count}") } else { String::new() };
    Figure {
        name: if number > 1 { format!("throughput-{number}") } else { "throughput".to_owned() },
        title: format!("Throughput by number of lines{part}"),
        alternative: bars.in_words("Bar chart of throughput by number of lines, a bar a framework"),
        notes,
        plot: Plot::Bars(bars),
    }
}

fn bar(cell: Option<&Cell>, unit: &Unit) -> Bar {
    match cell.map(|cell| cell.throughput) {
        None => Bar::Nothing,
        Some(None) => Bar::Failed,
        Some(Some(rate)) => Bar::Figure {
            value: rate.mean / unit.bps,
            interval: rate.ci95.map(|interval| interval.map(|end| end / unit.bps)),
        },
    }
}

/// What the runs of these columns could not exceed, bits a second: a kind with its level a number of lines. Where columns
/// differ in one there is no single level to draw.
fn ceilings(columns: &[&Column], lines: &[u32], runs: &[Run]) -> Vec<(&'static str, Vec<Option<f64>>)> {
    let kinds = [
        ("what the cables carry", Limit::LinkLimited),
        ("without forwarding", Limit::GeneratorLimited),
        ("what the narrowest slot leaves, an estimate", Limit::PcieLimited),
    ];
    // A column is under the ceilings of its own run, and of the frames that were sent in it.
    let of_column = |column: &Column, kind: Limit, count: u32| {
        let run = runs.iter().find(|run| run.id == column.run && run.middlebox == column.middlebox)?;
        let all = bounds::all(run.ceilings.as_ref()?, count, column.frames().as_ref());
        all.into_iter().find(|(limit, ..)| *limit == kind).map(|(_, bps, _)| bps)
    };
    let agreed = |kind: Limit, count: u32| {
        let mut levels = columns.iter().filter_map(|column| of_column(column, kind, count));
        let first = levels.next()?;
        levels.all(|level| (level - first).abs() <= first * 1e-6).then_some(first)
    };
    let ceiling = |(name, kind): (&'static str, Limit)| {
        (name, lines.iter().map(|count| agreed(kind, *count)).collect::<Vec<_>>())
    };
    kinds.into_iter().map(ceiling).filter(|(_, levels)| levels.iter().any(Option::is_some)).collect()
}

/// Says whose the ceilings are, where not all runs have any.
fn of_some(columns: &[&Column], runs: &[Run]) -> Option<String> {
    let has = |column: &&&Column| runs.iter().any(|run| run.id == column.run && run.ceilings.is_some());
    let measured = || columns.iter().filter(|column| !column.published);
    let mut known: Vec<_> = measured().filter(has).map(|column| format!("`{}`", column.run)).collect();
    known.dedup();
    (measured().filter(has).count() < columns.len()).then(|| format!("The ceilings are those of {}.", known.join(", ")))
}

/// Parts them into those that are drawn, and those so far above all bars that these would be flat under them, as a sentence.
fn drawn(all: Vec<(&'static str, Vec<Option<f64>>)>, most_bps: f64, unit: &Unit) -> (Vec<Ceiling>, Vec<String>) {
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for (name, levels) in all {
        let lowest = levels.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        if lowest > FAR * most_bps {
            far.push(format!("Above the plot: {name}, from {} on.", BitsPerSecond(lowest)));
        } else {
            let levels = levels.iter().map(|level| level.map(|bps| bps / unit.bps)).collect();
            near.push(Ceiling { name: name.to_owned(), levels });
        }
    }
    (near, far)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Options;
    use crate::record::{Calibration, Ceilings, sample};

    fn runs() -> Vec<Run> {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        for lines in [1, 4] {
            run.trials.extend(sample::trials(
                "netslice",
                lines,
                &[9e9, 9.2e9, 9.1e9].map(|bps| bps * f64::from(lines)),
            ));
        }
        run.trials.push(sample::failed("bridge", 4, 1, "it fell"));
        run.trials.extend(sample::trials("bridge", 1, &[5e9]));
        run.ceilings = Some(Ceilings {
            counted: Some("payload of TCP".to_owned()),
            line_rate_bps: Some(10e9),
            payload_bps: Some(9.4e9),
            frame_bps: Some(9.8e9),
            calibrations: vec![Calibration {
                lines: 4,
                source_to_middlebox_bps: Some(37e9),
                middlebox_to_sink_bps: Some(36e9),
                ..Calibration::default()
            }],
            ..Ceilings::default()
        });
        vec![run]
    }

    fn bars(figure: &Figure) -> &Bars {
        match &figure.plot {
            Plot::Bars(bars) => bars,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_failed_cell_one_that_nobody_tried_and_a_single_trial_are_three_things() {
        let runs = runs();
        let mut comparison = Comparison::build(&runs, &Options::default()).unwrap();
        comparison.columns[0].cells.remove(1);
        let figures = of(&comparison, &runs);
        let bars = bars(&figures[0]);
        let of = |name: &str| &bars.series.iter().find(|series| series.name == name).unwrap().bars;
        assert!(matches!(of("netslice")[..], [Bar::Figure { interval: Some(_), .. }, Bar::Nothing]), "{bars:?}");
        assert!(matches!(of("bridge")[..], [Bar::Figure { value: 5.0, interval: None }, Bar::Failed]), "{bars:?}");
    }

    #[test]
    fn ceilings_grow_with_the_lines_and_are_not_drawn_where_runs_disagree() {
        let mut runs = runs();
        let ceilings = |runs: &[Run]| {
            let figures = of(&Comparison::build(runs, &Options::default()).unwrap(), runs);
            bars(&figures[0]).ceilings.clone()
        };
        let found = ceilings(&runs);
        assert_eq!(found[0].levels, [Some(9.4), Some(37.6)]);
        assert_eq!(found[1].levels, [None, Some(36.0)]);
        let mut other = Run { id: "b".to_owned(), ..runs[0].clone() };
        other.ceilings.as_mut().unwrap().payload_bps = Some(0.94e9);
        runs.push(other);
        assert_eq!(ceilings(&runs).len(), 1, "the calibrations agree, the cables do not");
    }

    #[test]
    fn more_columns_than_colours_go_into_further_figures() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        for number in 0..9 {
            run.trials.extend(sample::trials(&format!("f{number}"), 1, &[1e8]));
        }
        let figures = of(&Comparison::build(&[run.clone()], &Options::default()).unwrap(), &[run]);
        let names: Vec<_> = figures.iter().map(|figure| (figure.name.as_str(), bars(figure).series.len())).collect();
        assert_eq!(names, [("throughput", 8), ("throughput-2", 1)]);
        assert!(figures[1].title.ends_with("part 2 of 2"));
    }

    #[test]
    fn without_a_rate_there_is_no_figure() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials.push(sample::failed("bridge", 1, 1, "it fell"));
        let comparison = Comparison::build(&[run], &Options::default()).unwrap();
        assert_eq!(of(&comparison, &[]), []);
    }
}
