//! What the colours and marks of a plot stand for, in rows above it. Must not know what the plot shows.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, IN_MEMORY, Size, anchored, clean, colour, short, words};
use crate::report::figure::palette::{INK, QUIET, Shade};

/// An entry.
pub struct Entry {
    pub mark: Mark,
    pub text: String,
}

/// What stands before an entry's text.
pub enum Mark {
    Box(Shade),
    Line(Shade),
    Thin(Shade),
    Dashes(Shade),
    Letter(char),
    /// One of the four of single findings.
    Shape(usize, Shade),
}

const MARK: i32 = 16;

/// Where each entry stands, and how high they are together.
fn places(entries: &[Entry], size: Size) -> (Vec<(i32, i32)>, u32) {
    let row = (size.letters() * 3 / 2) as i32;
    let (mut x, mut y) = (8, 0);
    let mut places = Vec::new();
    for entry in entries {
        let width = MARK + 6 + size.width_of(&fitting(&entry.text, size)) as i32 + 14;
        if x > 8 && x + width > size.width() as i32 {
            (x, y) = (8, y + row);
        }
        places.push((x, y));
        x += width;
    }
    let height = if entries.is_empty() { 0 } else { y + row };
    (places, height as u32)
}

fn fitting(text: &str, size: Size) -> String {
    short(text, ((size.width() - 60) * 100 / 58 / size.letters()) as usize)
}

/// Draws it above a plot, with what the plot's height counts below it. Gives the area that is left.
pub fn above<'a>(entries: &[Entry], up: &str, area: &Area<'a>, size: Size) -> Area<'a> {
    let height = height(entries, size) + size.letters() * 2;
    let (top, rest) = area.split_vertically(height);
    draw(entries, &top, size);
    let quiet = anchored(&words(size, QUIET), HPos::Left, VPos::Bottom);
    top.draw(&Text::new(clean(up), (8, height as i32 - 2), quiet)).expect(IN_MEMORY);
    rest
}

/// Height of the legend, pixels.
pub fn height(entries: &[Entry], size: Size) -> u32 {
    places(entries, size).1
}

/// Draws it into the top of `area`.
fn draw(entries: &[Entry], area: &Area<'_>, size: Size) {
    let row = (size.letters() * 3 / 2) as i32;
    let style = anchored(&words(size, INK), HPos::Left, VPos::Center);
    for (entry, (x, y)) in entries.iter().zip(places(entries, size).0) {
        let middle = y + row / 2;
        let line = [(x, middle), (x + MARK, middle)];
        match entry.mark {
            Mark::Box(shade) => {
                let square = Rectangle::new([(x + 2, middle - 6), (x + 14, middle + 6)], colour(shade).filled());
                area.draw(&square).expect(IN_MEMORY);
            }
            Mark::Line(shade) => {
                area.draw(&PathElement::new(line, colour(shade).stroke_width(2))).expect(IN_MEMORY);
            }
            Mark::Thin(shade) => {
                area.draw(&PathElement::new(line, colour(shade).stroke_width(1))).expect(IN_MEMORY);
            }
            Mark::Dashes(shade) => {
                let dashes = [[(x, middle), (x + 6, middle)], [(x + 10, middle), (x + MARK, middle)]];
                for dash in dashes {
                    area.draw(&PathElement::new(dash, colour(shade).stroke_width(2))).expect(IN_MEMORY);
                }
            }
            Mark::Shape(kind, shade) => {
                super::points::shape(kind, (x + MARK / 2, middle), shade, area);
            }
            Mark::Letter(letter) => {
                area.draw(&Text::new(letter.to_string(), (x + 4, middle), style.clone())).expect(IN_MEMORY);
            }
        }
        area.draw(&Text::new(fitting(&entry.text, size), (x + MARK + 6, middle), style.clone())).expect(IN_MEMORY);
    }
}
