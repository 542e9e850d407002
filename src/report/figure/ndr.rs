//! The highest rates with no more than a certain loss, and the searches for them. Must not know how a rate is searched for,
//! nor how it is drawn.

use super::cells::{self, Cell};
use super::{Bar, Bars, Figure, Level, MOST_SERIES, Plot, Point, Points, Series, Table};
use crate::compare::{Column, Comparison};
use crate::record::{NDR, Ndr, Run, Searched, goal_name};
use crate::report::ndr_table;

/// Searches that are drawn, one a cell.
const MOST_SEARCHES: usize = 12;

/// Whether a column is of such rates.
pub fn is_of(column: &Column) -> bool {
    column.measure == NDR
}

/// The rates by goal and number of lines, a colour a framework; none where none were searched for.
pub fn rates(comparison: &Comparison) -> Vec<Figure> {
    let columns: Vec<&Column> = comparison.columns.iter().filter(|column| is_of(column)).collect();
    let means = columns.iter().flat_map(|column| &column.cells).filter_map(|cell| cell.throughput);
    let most = means.map(|rate| rate.mean).fold(0.0, f64::max);
    if most <= 0.0 {
        return Vec::new();
    }
    let mut groups: Vec<Group> =
        columns.iter().flat_map(|column| column.cells.iter().map(|cell| group(column, cell.lines))).collect();
    groups.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    groups.dedup();
    let unit = if most >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) };
    let kinds = kinds(&columns);
    let parts = kinds.chunks(MOST_SERIES);
    let count = parts.len();
    (1..).zip(parts).map(|(number, kinds)| of_kinds(kinds, &groups, unit, (number, count))).collect()
}

/// Lines, and percent that may be lost.
type Group = (u32, f64);

fn group(column: &Column, lines: u32) -> Group {
    (lines, column.loss_percent.unwrap_or(0.0))
}

/// Columns that differ in nothing but what may be lost have one colour.
fn kinds<'a>(columns: &[&'a Column]) -> Vec<(String, Vec<&'a Column>)> {
    let mut kinds: Vec<(String, Vec<&Column>)> = Vec::new();
    for column in columns {
        let goal = column.loss_percent.map(goal_name);
        let parts: Vec<_> = column.heading.iter().filter(|part| Some(*part) != goal.as_ref()).cloned().collect();
        let name = parts.join(", ");
        match kinds.iter_mut().find(|(known, of)| *known == name && of[0].run == column.run) {
            Some((_, of)) => of.push(column),
            None => kinds.push((name, vec![column])),
        }
    }
    kinds
}

fn of_kinds(
    kinds: &[(String, Vec<&Column>)],
    groups: &[Group],
    (unit, bps): (&str, f64),
    (number, count): (usize, usize),
) -> Figure {
    let bar = |of: &[&Column], (lines, loss): Group| {
        let column = of.iter().find(|column| group(column, lines).1.total_cmp(&loss).is_eq());
        match column.and_then(|column| column.cell(lines)).map(|cell| cell.throughput) {
            None => Bar::Nothing,
            Some(None) => Bar::Failed,
            Some(Some(rate)) => Bar::Figure {
                value: rate.mean / bps,
                interval: rate.ci95.map(|interval| interval.map(|end| end / bps)),
            },
        }
    };
    let series = kinds
        .iter()
        .map(|(name, of)| Series { name: name.clone(), bars: groups.iter().map(|group| bar(of, *group)).collect() });
    let bars = Bars {
        up: format!("throughput, {unit}"),
        groups: groups.iter().map(|(lines, loss)| format!("{lines} Line, {}", goal_name(*loss))).collect(),
        series: series.collect(),
        ceilings: Vec::new(),
    };
    let part = if count > 1 { format!(", part {number} of {count}") } else { String::new() };
    Figure {
        name: if number > 1 { format!("ndr-{number}") } else { "ndr".to_owned() },
        title: format!("Highest rates with no more than a certain loss{part}"),
        alternative: bars
            .in_words("Bar chart of the highest rates with no more than a certain loss, a bar a framework"),
        notes: Vec::new(),
        plot: Plot::Bars(bars),
    }
}

/// A figure a cell: every rate that was tried, in the order of the search. Says how many cells there are beyond those.
pub fn searches(runs: &[Run]) -> (Vec<Figure>, usize) {
    let cells = cells::of(runs, |trial| trial.ndr.as_ref().is_some_and(|ndr| !ndr.searched.is_empty()));
    let beyond = cells.len().saturating_sub(MOST_SEARCHES);
    let figures = (1..).zip(cells.iter().take(MOST_SEARCHES));
    (figures.filter_map(|(number, cell)| Some(search(number, cell, cell.trial.ndr.as_ref()?))).collect(), beyond)
}

fn search(number: usize, cell: &Cell<'_>, ndr: &Ndr) -> Figure {
    // The kinds of all searches are in one order, so that a colour says the same in each.
    let least = ndr.goals.iter().map(|goal| goal.loss_percent).fold(f64::INFINITY, f64::min);
    let most = ndr.goals.iter().map(|goal| goal.loss_percent).fold(0.0, f64::max);
    let kind = |trial: &Searched| match trial {
        trial if trial.short => 3,
        trial if trial.loss_percent <= least => 0,
        trial if trial.loss_percent <= most => 1,
        _ => 2,
    };
    let point = |trial: &Searched| Point { value: trial.offered_pps, kind: kind(trial), row: row(trial) };
    let level = |goal: &crate::record::NdrGoal| {
        let value = goal.lower?.intended_pps as f64;
        Some(Level { name: format!("found: {}", goal.name()), value })
    };
    let points = Points {
        up: "packets a second sent on each line".to_owned(),
        along: "trial of the search".to_owned(),
        kinds: vec![
            format!("a rate with {}", within(least)),
            format!("a rate with {}", within(most)),
            "a rate that loses more".to_owned(),
            "sent too slowly to say anything".to_owned(),
        ],
        points: ndr.searched.iter().map(point).collect(),
        levels: ndr.goals.iter().filter_map(level).collect(),
        headings: ["to be sent", "seconds", "lost, per cent", "where"].map(str::to_owned).to_vec(),
    };
    Figure {
        name: if number > 1 { format!("ndr-search-{number}") } else { "ndr-search".to_owned() },
        title: format!("Search: {}", cell.name),
        alternative: points.in_words("Chart of the rates that a search tried, in order"),
        notes: vec![cell.which(), format!("Found {}.", ndr_table::took(ndr, cell.trial.lines))],
        plot: Plot::Points(points),
    }
}

fn within(loss_percent: f64) -> String {
    if loss_percent == 0.0 { "no loss".to_owned() } else { format!("at most {loss_percent} % loss") }
}

fn row(trial: &Searched) -> Vec<String> {
    vec![
        trial.intended_pps.map_or_else(|| "as many as go".to_owned(), |pps| pps.to_string()),
        trial.duration_s.to_string(),
        format!("{:.3}", trial.loss_percent),
        ndr_table::lost_on(&trial.per_line).unwrap_or_else(|| "-".to_owned()),
    ]
}

/// A row a trial and goal: figure, bounds, what was lost above, verdict.
pub fn table(runs: &[Run]) -> Table {
    let names = cells::Names::among(runs);
    let mut headings = vec!["cell".to_owned(), "trial".to_owned()];
    headings.extend(ndr_table::HEADINGS.map(str::to_owned));
    headings.push("trials".to_owned());
    let mut rows = Vec::new();
    for (run, trial) in runs.iter().flat_map(|run| run.trials.iter().map(move |trial| (run, trial))) {
        let Some(ndr) = &trial.ndr else { continue };
        for goal in ndr_table::rows(ndr, ("Mb/s", 1e6)) {
            let mut row = vec![names.of(run, trial), trial.trial.to_string()];
            row.extend(goal);
            row.push(ndr.trials.to_string());
            rows.push(row);
        }
    }
    Table { headings, rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Options;
    use crate::record::sample;

    fn run() -> Run {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials = vec![sample::ndr("bridge", 1, Some(8000), 9000), sample::ndr("netslice", 1, None, 9100)];
        run
    }

    #[test]
    fn goals_are_groups_and_one_that_was_not_reached_failed() {
        let figures = rates(&Comparison::build(&[run()], &Options::default()).unwrap());
        let Plot::Bars(bars) = &figures[0].plot else { panic!("{figures:?}") };
        assert_eq!(bars.groups, ["1 Line, no loss", "1 Line, 0.5 % loss"]);
        let names: Vec<_> = bars.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["bridge, 60-byte frames", "netslice, 60-byte frames"]);
        assert!(matches!(bars.series[1].bars[..], [Bar::Failed, Bar::Figure { .. }]), "{bars:?}");
    }

    #[test]
    fn a_search_shows_each_rate_that_it_tried_by_what_it_says() {
        let mut run = run();
        let searched = &mut run.trials[0].ndr.as_mut().unwrap().searched;
        let tried = |loss_percent: f64, short: bool| Searched { loss_percent, short, ..searched[0].clone() };
        *searched = vec![tried(0.0, false), tried(0.4, false), tried(3.0, false), tried(0.0, true)];
        let (figures, beyond) = searches(&[run]);
        assert_eq!((figures.len(), beyond, figures[1].name.as_str()), (2, 0, "ndr-search-2"));
        let Plot::Points(points) = &figures[0].plot else { panic!("{figures:?}") };
        assert_eq!(points.points.iter().map(|point| point.kind).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(points.levels[0], Level { name: "found: no loss".to_owned(), value: 8000.0 });
        let row = &points.table().rows[2];
        assert_eq!(row[row.len() - 2..], ["31 in the framework", "a rate that loses more"]);
    }

    #[test]
    fn the_table_has_the_bounds_of_each_goal() {
        let table = table(&[run()]);
        assert_eq!(table.rows.len(), 4);
        assert_eq!(table.rows[0][..3], ["bridge, 1 Line, 60-byte frames", "1", "no loss"]);
        assert!(table.rows[2].contains(&"even the lowest rate loses more".to_owned()), "{:?}", table.rows[2]);
    }
}
