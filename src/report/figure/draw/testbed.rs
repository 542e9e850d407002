//! Three hosts side by side and a cable pair a line. Must not know more of a testbed than the drawing has.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, IN_MEMORY, Size, anchored, colour, short, words};
use crate::report::figure::Drawing;
use crate::report::figure::palette::{FIELD, INK, QUIET, SERIES};

/// Height of a host's heading.
const HEADING: i32 = 52;

/// Lines that are drawn; of more the rest is in the table.
const MOST_LINES: usize = 32;

const fn row(size: Size) -> i32 {
    match size {
        Size::Wide | Size::Half => 34,
        Size::Narrow => 30,
    }
}

/// Pixels.
pub fn height(drawing: &Drawing, size: Size) -> u32 {
    (HEADING + 24 + row(size) * drawing.lines.len().min(MOST_LINES) as i32) as u32
}

pub fn draw(drawing: &Drawing, area: &Area<'_>, size: Size) {
    let boxes = boxes(size);
    let bottom = height(drawing, size) as i32 - 6;
    for ((role, host), [left, right]) in ["source", "middlebox", "sink"].iter().zip(&drawing.hosts).zip(boxes) {
        let corners = [(left, 6), (right, bottom)];
        area.draw(&Rectangle::new(corners, colour(FIELD).filled())).expect(IN_MEMORY);
        area.draw(&Rectangle::new(corners, colour(QUIET))).expect(IN_MEMORY);
        let middle = i32::midpoint(left, right);
        let mut heading = anchored(&words(size, INK), HPos::Center, VPos::Center);
        let quiet = anchored(&words(size, QUIET), HPos::Center, VPos::Center);
        heading.font = heading.font.style(FontStyle::Bold);
        area.draw(&Text::new(*role, (middle, 20), heading)).expect(IN_MEMORY);
        area.draw(&Text::new(fitting(host, right - left, size), (middle, 40), quiet)).expect(IN_MEMORY);
    }
    for (number, line) in drawing.lines.iter().take(MOST_LINES).enumerate() {
        let y = HEADING + 12 + row(size) * number as i32 + row(size) / 2;
        cables(number, line, boxes, y, area, size);
    }
}

/// Left and right side of each host.
fn boxes(size: Size) -> [[i32; 2]; 3] {
    match size {
        Size::Wide | Size::Half => [[8, 158], [290, 470], [602, 752]],
        Size::Narrow => [[2, 88], [118, 232], [262, 348]],
    }
}

fn fitting(text: &str, width: i32, size: Size) -> String {
    let letters = (width - 10) * 100 / 58 / size.letters() as i32;
    short(text, letters.max(2) as usize)
}

fn cables(number: usize, ports: &[String; 4], boxes: [[i32; 2]; 3], y: i32, area: &Area<'_>, size: Size) {
    let [source, middlebox, sink] = boxes;
    let shade = SERIES[number % SERIES.len()];
    let cable = colour(shade).stroke_width(2);
    for [from, to] in [[source[1], middlebox[0]], [middlebox[1], sink[0]]] {
        area.draw(&PathElement::new([(from, y), (to - 8, y)], cable)).expect(IN_MEMORY);
        let tip = vec![(to - 9, y - 5), (to, y), (to - 9, y + 5)];
        area.draw(&Polygon::new(tip, colour(shade))).expect(IN_MEMORY);
        let name = anchored(&words(size, INK), HPos::Center, VPos::Bottom);
        let name_at = (i32::midpoint(from, to - 8), y - 4);
        let text = if size == Size::Narrow { (number + 1).to_string() } else { format!("line {}", number + 1) };
        area.draw(&Text::new(text, name_at, name)).expect(IN_MEMORY);
    }
    let half = (middlebox[1] - middlebox[0]) / 2 - 6;
    let whole = source[1] - source[0] - 6;
    let seats = [
        (&ports[0], source[1] - 6, HPos::Right, whole),
        (&ports[1], middlebox[0] + 6, HPos::Left, half),
        (&ports[2], middlebox[1] - 6, HPos::Right, half),
        (&ports[3], sink[0] + 6, HPos::Left, whole),
    ];
    for (port, x, side, width) in seats {
        let style = anchored(&words(size, INK), side, VPos::Center);
        area.draw(&Text::new(fitting(port, width, size), (x, y), style)).expect(IN_MEMORY);
    }
}
