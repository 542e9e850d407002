//! What a packet costs, a colour a framework. Must not know how it is drawn, nor compute a statistic.

use super::{Bar, Bars, Figure, MOST_SERIES, Plot, Series};
use crate::compare::{Column, Comparison};

/// The costs of `comparison`, in groups by the size of frames and number of lines; none where there are none.
pub fn of(comparison: &Comparison) -> Vec<Figure> {
    let columns: Vec<&Column> = comparison.columns.iter().filter(|column| column.is_cost()).collect();
    if columns.iter().flat_map(|column| &column.cells).all(|cell| cell.instructions.is_none()) {
        return Vec::new();
    }
    let mut groups: Vec<Group> =
        columns.iter().flat_map(|column| column.cells.iter().map(|cell| (column.frame_size, cell.lines))).collect();
    groups.sort_unstable();
    groups.dedup();
    let kinds = kinds(&columns);
    let parts = kinds.chunks(MOST_SERIES);
    let count = parts.len();
    (1..).zip(parts).map(|(number, kinds)| figure(kinds, &groups, (number, count))).collect()
}

/// Bytes of a frame, and lines.
type Group = (Option<u32>, u32);

/// Columns that differ in nothing but the size of their frames have one colour.
fn kinds<'a>(columns: &[&'a Column]) -> Vec<Vec<&'a Column>> {
    let key = |column: &Column| (column.run.clone(), column.framework.clone(), column.params.clone());
    let mut kinds: Vec<Vec<&Column>> = Vec::new();
    for column in columns {
        match kinds.iter_mut().find(|kind| key(kind[0]) == key(column)) {
            Some(kind) => kind.push(column),
            None => kinds.push(vec![column]),
        }
    }
    kinds
}

fn figure(kinds: &[Vec<&Column>], groups: &[Group], (number, count): (usize, usize)) -> Figure {
    let series = kinds
        .iter()
        .map(|kind| Series { name: name(kind[0]), bars: groups.iter().map(|group| bar(kind, *group)).collect() });
    let several = groups.iter().any(|(_, lines)| *lines != groups[0].1);
    let bars = Bars {
        up: "instructions a packet".to_owned(),
        groups: groups.iter().map(|group| in_words(*group, several)).collect(),
        series: series.collect(),
        ceilings: Vec::new(),
    };
    let part = if count > 1 { format!(", part {number} of {count}") } else { String::new() };
    Figure {
        name: if number > 1 { format!("cost-{number}") } else { "cost".to_owned() },
        title: format!("Instructions a packet at the middlebox{part}"),
        alternative: bars.in_words("Bar chart of instructions a packet, a bar a framework; lower is better"),
        notes: Vec::new(),
        plot: Plot::Bars(bars),
    }
}

/// The heading without the size of frames, by which bars are grouped.
fn name(column: &Column) -> String {
    let size = column.frame_size.map(|size| format!("{size}-byte frames"));
    let parts: Vec<_> = column.heading.iter().filter(|part| Some(*part) != size.as_ref()).cloned().collect();
    parts.join(", ")
}

fn bar(kind: &[&Column], (size, lines): Group) -> Bar {
    let cell = kind.iter().filter(|column| column.frame_size == size).find_map(|column| column.cell(lines));
    match cell.map(|cell| cell.instructions) {
        None => Bar::Nothing,
        Some(None) => Bar::Failed,
        Some(Some(figure)) => Bar::Figure { value: figure.mean, interval: figure.ci95 },
    }
}

fn in_words((size, lines): Group, several: bool) -> String {
    let size = size.map_or_else(|| "all frames".to_owned(), |size| format!("{size}-byte frames"));
    if several { format!("{size}, {lines} Line") } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Options;
    use crate::record::sample;

    #[test]
    fn sizes_of_frames_are_groups_and_a_framework_keeps_its_colour() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        for (framework, size, figures) in
            [("bridge", 60, [6960.0, 6980.0]), ("bridge", 1514, [7100.0, 7150.0]), ("xdp", 60, [5600.0, 5610.0])]
        {
            run.trials.extend((1..).zip(figures).map(|(number, figure)| sample::cost(framework, number, size, figure)));
        }
        let figures = of(&Comparison::build(&[run], &Options::default()).unwrap());
        assert_eq!(figures.len(), 1);
        let Plot::Bars(bars) = &figures[0].plot else { panic!("{figures:?}") };
        assert_eq!(bars.groups, ["60-byte frames", "1514-byte frames"]);
        let names: Vec<_> = bars.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["bridge", "xdp"]);
        assert!(matches!(bars.series[1].bars[..], [Bar::Figure { interval: Some(_), .. }, Bar::Nothing]));
    }
}
