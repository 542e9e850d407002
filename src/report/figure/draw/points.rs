//! Single findings in order, a shape and a colour a kind, with what they came to as lines across. Must not know what they
//! measure.

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::legend::{self, Entry, Mark};
use super::{Area, IN_MEMORY, Size, colour, words};
use crate::report::figure::Points;
use crate::report::figure::bars::tick;
use crate::report::figure::palette::{GRID, INK, QUIET, SERIES, Shade};

pub fn draw(points: &Points, area: &Area<'_>, size: Size) {
    let letters = size.letters();
    let rest = legend::above(&entries(points), &points.up, area, size);
    let highest = points.points.iter().map(|point| point.value).filter(|value| value.is_finite()).fold(0.0, f64::max);
    let highest = points.levels.iter().map(|level| level.value).fold(highest, f64::max);
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let last = points.points.len().max(1) as f64;
    let mut chart = ChartBuilder::on(&rest)
        .margin_right(16)
        .margin_top(letters / 2)
        .x_label_area_size(letters * 3)
        .y_label_area_size(size.width_of(&tick(highest)) + 14)
        .build_cartesian_2d(0.5..last + 0.5, 0.0..highest * 1.08)
        .expect(IN_MEMORY);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(if size == Size::Narrow { 6 } else { 12 })
        .y_labels(5)
        .x_label_formatter(&|number| if number.fract() == 0.0 { tick(*number) } else { String::new() })
        .y_label_formatter(&|value| tick(*value))
        .x_desc(points.along.as_str())
        .light_line_style(TRANSPARENT)
        .bold_line_style(colour(GRID))
        .axis_style(colour(QUIET))
        .label_style(words(size, INK))
        .draw()
        .expect(IN_MEMORY);
    for (number, level) in points.levels.iter().enumerate() {
        let ends = [(0.5, level.value), (last + 0.5, level.value)];
        let style = colour(SERIES[number % SERIES.len()]).stroke_width(1);
        chart.plotting_area().draw(&DashedPathElement::new(ends, 6, 4, style)).expect(IN_MEMORY);
    }
    for (number, point) in (1..).zip(&points.points) {
        // Where the plot has it, counted from the corner of what is around: there a shape is not cut at the plot's edge.
        let (x, y) = chart.backend_coord(&(f64::from(number), point.value));
        let (left, top) = (rest.get_pixel_range().0.start, rest.get_pixel_range().1.start);
        shape(point.kind, (x - left, y - top), SERIES[point.kind % SERIES.len()], &rest);
    }
}

/// Draws the shape of a kind: shapes differ as colours do, for whoever does not see these.
pub fn shape(kind: usize, at: (i32, i32), shade: Shade, area: &Area<'_>) {
    let shade = colour(shade);
    match kind % 4 {
        0 => area.draw(&Circle::new(at, 5, shade.filled())),
        1 => area.draw(&TriangleMarker::new(at, 7, shade.filled())),
        2 => area.draw(&Cross::new(at, 5, shade.stroke_width(2))),
        _ => area.draw(&Circle::new(at, 5, shade.stroke_width(2))),
    }
    .expect(IN_MEMORY);
}

fn entries(points: &Points) -> Vec<Entry> {
    let kinds = points.kinds.iter().enumerate();
    let used = kinds.filter(|(kind, _)| points.points.iter().any(|point| point.kind == *kind));
    let mut entries: Vec<_> = used
        .map(|(kind, name)| {
            let shade = SERIES[kind % SERIES.len()];
            Entry { mark: Mark::Shape(kind, shade), text: name.clone() }
        })
        .collect();
    let level = |(number, level): (usize, &crate::report::figure::Level)| Entry {
        mark: Mark::Dashes(SERIES[number % SERIES.len()]),
        text: level.name.clone(),
    };
    entries.extend(points.levels.iter().enumerate().map(level));
    entries
}
