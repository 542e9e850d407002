//! Where packets were lost on the way from source to sink, a colour a cell. Must not know how it is drawn.

use std::collections::BTreeMap;

use super::cells::Names;
use super::{Bar, Bars, Figure, MOST_SERIES, Plot, Series};
use crate::record::loss::Lost;
use crate::record::{Run, Trial};

/// The places of [`Lost::places`], as short as an axis wants them.
const PLACES: [&str; 9] = [
    "source",
    "source's port",
    "cable in",
    "receiving port",
    "framework",
    "sending port",
    "cable out",
    "sink's port",
    "sink",
];

/// The packets of a cell, over its trials and lines.
struct Cell {
    name: String,
    lost: [Option<i64>; 9],
    answers: [Option<i64>; 9],
    sent: Option<u64>,
}

/// Packets lost by place. None where no trial counted any; where more cells lost packets than there are colours, those that
/// lost most are drawn, and all are in the table of [`rows`].
pub fn of(runs: &[Run]) -> Option<Figure> {
    let mut cells = cells(runs);
    if !cells.iter().any(|cell| cell.lost.iter().any(Option::is_some)) {
        return None;
    }
    let total = |cell: &Cell| cell.lost.iter().flatten().map(|lost| (*lost).max(0)).sum::<i64>();
    let lossy = cells.iter().filter(|cell| total(cell) > 0).count();
    cells.sort_by_key(|cell| std::cmp::Reverse(total(cell)));
    let drawn = &cells[..cells.len().min(MOST_SERIES)];
    let bars = Bars {
        up: "packets lost".to_owned(),
        groups: PLACES.map(str::to_owned).to_vec(),
        series: drawn.iter().map(series).collect(),
        ceilings: Vec::new(),
    };
    let mut notes = Vec::new();
    if lossy > MOST_SERIES {
        notes.push(format!("The {MOST_SERIES} cells that lost most of {lossy} that lost packets; the table has all."));
    } else if lossy == 0 {
        notes.push("No packet was lost where packets were counted.".to_owned());
    }
    notes.push("From source to sink, over all trials and lines of a cell. A place without a bar lost none, or nobody counted there.".to_owned());
    Some(Figure {
        name: "losses".to_owned(),
        title: "Where packets were lost".to_owned(),
        alternative: bars
            .in_words("Bar chart of packets lost, by place on the way from source to sink, a colour a cell"),
        notes,
        plot: Plot::Bars(bars),
    })
}

/// A row a cell: packets sent, and lost by place, in both directions. `-` is what nobody counted.
pub fn rows(runs: &[Run]) -> super::Table {
    let mut headings = vec!["cell".to_owned(), "sent".to_owned()];
    headings.extend(PLACES.map(str::to_owned));
    let unknown = || "-".to_owned();
    let mut rows = Vec::new();
    for cell in cells(runs) {
        let counted = |lost: &[Option<i64>; 9]| lost.map(|lost| lost.map_or_else(unknown, |lost| lost.to_string()));
        let mut row = vec![cell.name.clone(), cell.sent.map_or_else(unknown, |sent| sent.to_string())];
        row.extend(counted(&cell.lost));
        rows.push(row);
        if cell.answers.iter().flatten().any(|lost| *lost != 0) {
            let mut row = vec![format!("{}, answers", cell.name), unknown()];
            row.extend(counted(&cell.answers));
            rows.push(row);
        }
    }
    super::Table { headings, rows }
}

fn series(cell: &Cell) -> Series {
    let bar = |lost: &Option<i64>| match lost {
        None => Bar::Nothing,
        // More left than entered: frames of other programs, and no loss.
        Some(lost) => Bar::Figure { value: (*lost).max(0) as f64, interval: None },
    };
    Series { name: cell.name.clone(), bars: cell.lost.iter().map(bar).collect() }
}

/// The cells whose trials counted packets, in the order in which they were measured.
fn cells(runs: &[Run]) -> Vec<Cell> {
    let names = Names::among(runs);
    let mut order: Vec<String> = Vec::new();
    let mut by_name: BTreeMap<String, Cell> = BTreeMap::new();
    for run in runs {
        for trial in run.trials.iter().filter(|trial| !trial.per_line.is_empty()) {
            let name = names.of(run, trial);
            let cell = by_name.entry(name.clone()).or_insert_with(|| {
                order.push(name.clone());
                Cell { name, lost: [None; 9], answers: [None; 9], sent: None }
            });
            add(cell, trial);
        }
    }
    order.iter().filter_map(|name| by_name.remove(name)).collect()
}

fn add(cell: &mut Cell, trial: &Trial) {
    let into = |sums: &mut [Option<i64>; 9], lost: &Lost| {
        for (sum, (_, lost)) in sums.iter_mut().zip(lost.places()) {
            // What one line does not know does not make unknown what another counted.
            *sum = match (*sum, lost) {
                (Some(sum), Some(lost)) => Some(sum.saturating_add(lost)),
                (known, None) | (None, known) => known,
            };
        }
    };
    for line in &trial.per_line {
        let [forward, reverse] = line.losses();
        into(&mut cell.lost, &forward);
        into(&mut cell.answers, &reverse);
        if let Some(sent) = line.ports.source_tx_packets {
            cell.sent = Some(cell.sent.unwrap_or(0).saturating_add(sent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn run() -> Run {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        for number in 1..=2 {
            let mut trial = sample::trial("netslice", 2, number, 1e8);
            trial.per_line[0].ports.middlebox_tx_packets = Some(7_990);
            trial.per_line[0].ports.sink_rx_packets = Some(7_990);
            run.trials.push(trial);
        }
        run
    }

    #[test]
    fn losses_are_summed_over_lines_and_trials_and_stay_at_their_place() {
        let table = rows(&[run()]);
        let row = &table.rows[0];
        assert_eq!((row[0].as_str(), row[1].as_str()), ("netslice, 2 Line", "32000"));
        let framework = 2 + PLACES.iter().position(|place| *place == "framework").unwrap();
        assert_eq!((row[framework].as_str(), row[framework - 2].as_str(), row[2].as_str()), ("20", "0", "-"));
        let Plot::Bars(bars) = of(&[run()]).unwrap().plot else { panic!() };
        assert_eq!(bars.series[0].bars[framework - 2], Bar::Figure { value: 20.0, interval: None });
        assert_eq!(bars.series[0].bars[0], Bar::Nothing, "nobody counted in the source");
    }

    #[test]
    fn short_names_of_places_stand_in_the_order_of_the_long_ones() {
        for (short, (long, _)) in PLACES.iter().zip(Lost::default().places()) {
            let word = short.split(' ').next_back().unwrap();
            let word = if word == "in" { "source and middlebox" } else { word };
            let word = if word == "out" { "middlebox and sink" } else { word };
            assert!(long.contains(word), "{short} is not {long}");
        }
    }

    #[test]
    fn a_run_without_counts_has_no_figure() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials.push(sample::failed("bridge", 1, 1, "it fell"));
        assert_eq!(of(&[run]), None);
    }
}
