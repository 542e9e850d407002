//! Traces over time, each level as long as it lasted. Must not know what they measure.

use plotters::prelude::*;

use super::legend::{self, Entry, Mark};
use super::{Area, IN_MEMORY, Size, colour, words};
use crate::report::figure::bars::tick;
use crate::report::figure::palette::{FIELD, GRID, INK, QUIET, SERIES};
use crate::report::figure::thin::fewer;
use crate::report::figure::{Along, Stretch, Times, Trace};

/// Steps of a trace on a phone.
const MOST_NARROW: usize = 100;

pub fn draw(times: &Times, area: &Area<'_>, size: Size) {
    let letters = size.letters();
    let entries = entries(times);
    let rest = legend::above(&entries, &times.up, area, size);

    let Extent { first, last, lowest, highest } = extent(times);
    let (floor, roof) = (lowest * 1.05, highest * 1.05);
    let mut chart = ChartBuilder::on(&rest)
        .margin_right(16)
        .margin_top(letters / 2)
        .x_label_area_size(letters * 3)
        .y_label_area_size(size.width_of(&tick(highest)).max(size.width_of(&tick(lowest))) + 14)
        .build_cartesian_2d(first..last, floor..roof)
        .expect(IN_MEMORY);
    if let Some([from, to]) = times.window {
        let corners = [(from.max(first), floor), (to.min(last), roof)];
        chart.plotting_area().draw(&Rectangle::new(corners, colour(FIELD).filled())).expect(IN_MEMORY);
    }
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(if size == Size::Narrow { 5 } else { 10 })
        .y_labels(5)
        .x_label_formatter(&|seconds| tick(*seconds))
        .y_label_formatter(&|value| tick(*value))
        .x_desc(times.along.name())
        .light_line_style(TRANSPARENT)
        .bold_line_style(colour(GRID))
        .axis_style(colour(QUIET))
        .label_style(words(size, INK))
        .draw()
        .expect(IN_MEMORY);
    if first < 0.0 && times.along == Along::Seconds {
        let rule = [(0.0, floor), (0.0, roof)];
        chart.plotting_area().draw(&PathElement::new(rule, colour(QUIET).stroke_width(1))).expect(IN_MEMORY);
    }
    for trace in &times.traces {
        let style = colour(SERIES[trace.colour % SERIES.len()]).stroke_width(if trace.thin { 1 } else { 2 });
        for run in unbroken(&seen(trace, size)) {
            chart.plotting_area().draw(&PathElement::new(run, style)).expect(IN_MEMORY);
        }
    }
}

/// What of a trace can be seen: a phone has no room for as many steps as a screen.
fn seen(trace: &Trace, size: Size) -> Vec<Stretch> {
    let most = if size == Size::Narrow { MOST_NARROW } else { usize::MAX };
    fewer(&trace.stretches, trace.stretches.len().div_ceil(most))
}

fn entries(times: &Times) -> Vec<Entry> {
    let own = times.traces.iter().filter(|trace| !trace.thin || times.thin_are.is_none());
    let mut entries: Vec<_> = own
        .map(|trace| {
            let shade = SERIES[trace.colour % SERIES.len()];
            let mark = if trace.thin { Mark::Thin(shade) } else { Mark::Line(shade) };
            Entry { mark, text: trace.name.clone() }
        })
        .collect();
    entries.extend(times.thin_are.iter().map(|text| Entry { mark: Mark::Thin(INK), text: text.clone() }));
    if times.window.is_some() {
        entries.push(Entry { mark: Mark::Box(FIELD), text: "counts".to_owned() });
    }
    entries
}

/// What a plot has to have room for.
struct Extent {
    first: f64,
    last: f64,
    /// Zero, unless something is negative.
    lowest: f64,
    highest: f64,
}

fn extent(times: &Times) -> Extent {
    let all = || times.traces.iter().flat_map(|trace| &trace.stretches);
    let values = || all().map(|stretch| stretch.value).filter(|value| value.is_finite());
    let first = all().map(|stretch| stretch.from_s).fold(f64::INFINITY, f64::min);
    let last = all().map(|stretch| stretch.to_s).fold(f64::NEG_INFINITY, f64::max);
    let (lowest, highest) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let [first, last] = if last - first > 0.0 { [first.min(0.0), last] } else { [0.0, 1.0] };
    Extent { first, last, lowest, highest: if highest > lowest { highest } else { 1.0 } }
}

/// The levels of a trace with steps between them; where a stretch was not reported there is a gap.
fn unbroken(stretches: &[Stretch]) -> Vec<Vec<(f64, f64)>> {
    let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut reached = f64::NEG_INFINITY;
    for Stretch { from_s, to_s, value } in stretches {
        let length = to_s - from_s;
        match runs.last_mut() {
            // Clocks are read a little late: what lies between two reports is no stretch of its own.
            Some(run) if from_s - reached < length * 0.5 => run.push((*from_s, *value)),
            _ => runs.push(vec![(*from_s, *value)]),
        }
        if let Some(run) = runs.last_mut() {
            run.push((*to_s, *value));
        }
        reached = *to_s;
    }
    runs
}
