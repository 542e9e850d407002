//! Bars from zero with whiskers, in groups. Must not know what they measure.

use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::legend::{self, Entry, Mark};
use super::{Area, IN_MEMORY, Size, anchored, clean, colour, words};
use crate::report::figure::bars::{figure, tick};
use crate::report::figure::palette::{GRID, INK, PAPER, QUIET, SERIES};
use crate::report::figure::{Bar, Bars, Ceiling};

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// What of a group's width its bars have together.
const FILLED: f64 = 0.78;

/// Where there are no more bars than this, each has its figure above it.
const MOST_LABELS: usize = 12;

/// Height of the plot itself, at least.
const fn plot(size: Size) -> u32 {
    match size {
        Size::Wide | Size::Half => 250,
        Size::Narrow => 220,
    }
}

/// Pixels: what many bars are called, above them and below, takes nothing from their own room.
pub fn height(bars: &Bars, size: Size) -> u32 {
    let around = legend::height(&entries(bars), size) + size.letters() * 3 + names_height(bars, size).0;
    let least = if size == Size::Narrow { 380 } else { 400 };
    (plot(size) + around).max(least)
}

/// How much room the groups' names take below the axis, and whether they stand upright.
fn names_height(bars: &Bars, size: Size) -> (u32, bool) {
    let widest = bars.groups.iter().map(|group| size.width_of(group)).max().unwrap_or(0);
    let upright = widest + 4 > (size.width() - 70) / bars.groups.len().max(1) as u32;
    (if upright { widest + 12 } else { size.letters() * 2 }, upright)
}

pub fn draw(bars: &Bars, area: &Area<'_>, size: Size) {
    let letters = size.letters();
    let entries = entries(bars);
    let rest = legend::above(&entries, &bars.up, area, size);

    let highest = highest(bars);
    let (below, upright) = names_height(bars, size);
    let mut chart = ChartBuilder::on(&rest)
        .margin_right(10)
        .margin_top(letters)
        .x_label_area_size(below)
        .y_label_area_size(size.width_of(&tick(highest)) + 14)
        .build_cartesian_2d(0.0..bars.groups.len().max(1) as f64, 0.0..highest * 1.04)
        .expect(IN_MEMORY);
    mesh(&mut chart, size);
    names(bars, &chart, &rest, size, upright);
    for (number, series) in bars.series.iter().enumerate() {
        for (group, bar) in series.bars.iter().enumerate() {
            let width = FILLED / bars.series.len() as f64;
            let left = group as f64 + (1.0 - FILLED) / 2.0 + number as f64 * width;
            stand(&chart, *bar, number, [left + width * 0.04, left + width * 0.96]);
        }
    }
    for (number, ceiling) in bars.ceilings.iter().enumerate() {
        hang(&chart, ceiling, number);
    }
    label(bars, &chart, size);
}

/// The upper end of the scale: what is drawn fits below it.
fn highest(bars: &Bars) -> f64 {
    let each = bars.series.iter().flat_map(|series| &series.bars);
    let figures = each.filter_map(|bar| match bar {
        Bar::Figure { value, interval } => Some(interval.map_or(*value, |[_, high]| high)),
        Bar::Nothing | Bar::Failed => None,
    });
    let levels = bars.ceilings.iter().flat_map(|ceiling| ceiling.levels.iter().flatten().copied());
    let highest = figures.chain(levels).filter(|level| level.is_finite()).fold(0.0, f64::max);
    if highest > 0.0 { highest } else { 1.0 }
}

fn entries(bars: &Bars) -> Vec<Entry> {
    let series = bars.series.iter().zip(SERIES);
    let mut entries: Vec<_> =
        series.map(|(series, shade)| Entry { mark: Mark::Box(shade), text: series.name.clone() }).collect();
    let failed = bars.series.iter().flat_map(|series| &series.bars).any(|bar| *bar == Bar::Failed);
    if failed {
        entries.push(Entry { mark: Mark::Letter('×'), text: "failed".to_owned() });
    }
    entries.extend(bars.ceilings.iter().enumerate().map(|(number, ceiling)| Entry {
        mark: if number == 0 { Mark::Line(INK) } else { Mark::Dashes(INK) },
        text: format!("ceiling: {}", ceiling.name),
    }));
    entries
}

fn mesh(chart: &mut Chart<'_, '_>, size: Size) {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(6)
        .y_label_formatter(&|value| tick(*value))
        .light_line_style(TRANSPARENT)
        .bold_line_style(colour(GRID))
        .axis_style(colour(QUIET))
        .label_style(words(size, INK))
        .draw()
        .expect(IN_MEMORY);
}

/// The groups' names below the axis; along their columns where they would run into each other.
fn names(bars: &Bars, chart: &Chart<'_, '_>, outer: &Area<'_>, size: Size, upright: bool) {
    // They are drawn on what is around the plot: what is drawn on the plot is kept within it.
    let (across, down) = chart.plotting_area().get_pixel_range();
    let (outer_across, outer_down) = outer.get_pixel_range();
    let (left, below) = (across.start - outer_across.start, down.end - outer_down.start + 8);
    let width = f64::from(across.end - across.start);
    for (number, name) in bars.groups.iter().enumerate() {
        let middle = left + (width * (number as f64 + 0.5) / bars.groups.len() as f64) as i32;
        let style = if upright {
            anchored(&words(size, INK), HPos::Right, VPos::Center).transform(FontTransform::Rotate270)
        } else {
            anchored(&words(size, INK), HPos::Center, VPos::Top)
        };
        outer.draw(&Text::new(clean(name), (middle, below), style)).expect(IN_MEMORY);
    }
}

fn stand(chart: &Chart<'_, '_>, bar: Bar, series: usize, [left, right]: [f64; 2]) {
    let area = chart.plotting_area();
    let middle = f64::midpoint(left, right);
    match bar {
        Bar::Nothing => {}
        Bar::Failed => {
            let style = anchored(&words(Size::Wide, INK), HPos::Center, VPos::Bottom);
            area.draw(&Text::new("×", (middle, 0.0), style)).expect(IN_MEMORY);
        }
        Bar::Figure { value, interval } => {
            let shade = SERIES[series % SERIES.len()];
            area.draw(&Rectangle::new([(left, 0.0), (right, value)], colour(shade).filled())).expect(IN_MEMORY);
            if let Some([low, high]) = interval {
                let cap = (right - left) * 0.2;
                let (low, high) = (low.max(0.0), high);
                let strokes = [
                    [(middle, low), (middle, high)],
                    [(middle - cap, low), (middle + cap, low)],
                    [(middle - cap, high), (middle + cap, high)],
                ];
                // The ground shows around each stroke, so that it is seen upon its bar too.
                for (shade, thickness) in [(PAPER, 4), (INK, 2)] {
                    for stroke in strokes {
                        let style = colour(shade).stroke_width(thickness);
                        area.draw(&PathElement::new(stroke, style)).expect(IN_MEMORY);
                    }
                }
            }
        }
    }
}

fn hang(chart: &Chart<'_, '_>, ceiling: &Ceiling, number: usize) {
    for (group, level) in ceiling.levels.iter().enumerate() {
        let Some(level) = *level else { continue };
        let ends = [(group as f64 + 0.04, level), (group as f64 + 0.96, level)];
        let style = colour(INK).stroke_width(2);
        if number == 0 {
            chart.plotting_area().draw(&PathElement::new(ends, style)).expect(IN_MEMORY);
        } else {
            chart.plotting_area().draw(&DashedPathElement::new(ends, 6, 4, style)).expect(IN_MEMORY);
        }
    }
}

/// Each bar's figure above it, where there is room.
fn label(bars: &Bars, chart: &Chart<'_, '_>, size: Size) {
    let count = bars.series.len() * bars.groups.len();
    if size == Size::Narrow || count > MOST_LABELS {
        return;
    }
    let style = anchored(&words(Size::Narrow, INK), HPos::Center, VPos::Bottom);
    for (number, series) in bars.series.iter().enumerate() {
        for (group, bar) in series.bars.iter().enumerate() {
            let Bar::Figure { value, interval } = *bar else { continue };
            let width = FILLED / bars.series.len() as f64;
            let middle = group as f64 + (1.0 - FILLED) / 2.0 + (number as f64 + 0.5) * width;
            let above = interval.map_or(value, |[_, high]| high.max(value));
            let text = EmptyElement::at((middle, above)) + Text::new(figure(value), (0, -3), style.clone());
            chart.plotting_area().draw(&text).expect(IN_MEMORY);
        }
    }
}
