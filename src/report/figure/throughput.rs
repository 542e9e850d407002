//! The paper's Figure 3 as a plot: throughput by number of lines, a colour a framework, under its ceilings.
//!
//! Must not know how it is drawn, nor compute a statistic.

use super::{Bar, Bars, Ceiling, Figure, MOST_SERIES, Plot, Series};
use crate::compare::{Cell, Column, Comparison};
use crate::generator::Layer;
use crate::record::Run;

/// Rates in one unit.
struct Unit {
    name: &'static str,
    bps: f64,
}

/// The rates of `comparison`; several figures where there are more columns than colours, none where there are no rates.
pub fn of(comparison: &Comparison, runs: &[Run]) -> Vec<Figure> {
    let columns: Vec<&Column> = comparison.columns.iter().filter(|column| !column.is_cost()).collect();
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
    let bars = Bars {
        up: format!("throughput, {}", unit.name),
        groups: lines.iter().map(|lines| format!("{lines} Line")).collect(),
        series: series.collect(),
        ceilings: ceilings(columns, lines, unit, runs),
    };
    let part = if count > 1 { format!(", part {number} of {count}") } else { String::new() };
    Figure {
        name: if number > 1 { format!("throughput-{number}") } else { "throughput".to_owned() },
        title: format!("Throughput by number of lines{part}"),
        alternative: bars.in_words("Bar chart of throughput by number of lines, a bar a framework"),
        notes: Vec::new(),
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

/// What a run could not exceed on so many lines, bits a second.
type Level = fn(&Run, u32) -> Option<f64>;

/// What the runs of these columns could not exceed. Where runs differ in one there is no single level to draw.
fn ceilings(columns: &[&Column], lines: &[u32], unit: &Unit, runs: &[Run]) -> Vec<Ceiling> {
    let shown = |run: &&Run| columns.iter().any(|column| column.run == run.id);
    let shown: Vec<&Run> = runs.iter().filter(shown).collect();
    let agreed = |of: Level, count: u32| {
        let mut levels = shown.iter().filter_map(|run| of(run, count));
        let first = levels.next()?;
        levels.all(|level| (level - first).abs() <= first * 1e-6).then_some(first / unit.bps)
    };
    let kinds: [(&str, Level); 2] = [("what the cables carry", cables), ("without forwarding", unforwarded)];
    let ceiling = |(name, of): (&str, Level)| Ceiling {
        name: name.to_owned(),
        levels: lines.iter().map(|count| agreed(of, *count)).collect(),
    };
    let drawn = |ceiling: &Ceiling| ceiling.levels.iter().any(Option::is_some);
    kinds.into_iter().map(ceiling).filter(drawn).collect()
}

fn cables(run: &Run, lines: u32) -> Option<f64> {
    let ceilings = run.ceilings.as_ref()?;
    let per_line = match run.settings.counts {
        Layer::Payload => ceilings.payload_bps,
        Layer::Frames => ceilings.frame_bps,
    };
    Some(per_line? * f64::from(lines))
}

fn unforwarded(run: &Run, lines: u32) -> Option<f64> {
    let calibrations = &run.ceilings.as_ref()?.calibrations;
    calibrations.iter().find(|calibration| calibration.lines == lines)?.bound_bps()
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
            payload_bps: Some(9.4e9),
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
