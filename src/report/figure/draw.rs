//! Figures as SVG, by way of `plotters`, which no other module names. Must not know where a figure is shown.

#![allow(clippy::cast_possible_wrap)] // pixels of a page

mod bars;
mod legend;
mod points;
mod testbed;
mod times;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::palette::{self, Shade};
use super::{Figure, Plot};
use crate::report::letters;

/// For what width a figure is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A screen, or paper.
    Wide,
    /// Half of a screen.
    Half,
    /// A phone.
    Narrow,
}

/// A drawing in memory takes everything.
const IN_MEMORY: &str = "a drawing in memory takes everything";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws `figure`; with its title where that stands nowhere else.
///
/// # Panics
/// Never: a drawing in memory takes everything.
pub fn svg(figure: &Figure, size: Size, titled: bool) -> String {
    let mut text = String::new();
    let height = figure.plot.height(size) + if titled { size.title() } else { 0 };
    {
        let backend = SVGBackend::with_string(&mut text, (size.width(), height));
        let root = backend.into_drawing_area();
        root.fill(&colour(palette::PAPER)).expect(IN_MEMORY);
        let area = if titled {
            let (top, rest) = root.split_vertically(size.title());
            let mut style = anchored(&words(size, palette::INK), HPos::Left, VPos::Top);
            style.font = style.font.style(FontStyle::Bold);
            top.draw(&Text::new(clean(&figure.title), (8, 8), style)).expect(IN_MEMORY);
            rest
        } else {
            root.clone()
        };
        match &figure.plot {
            Plot::Bars(bars) => bars::draw(bars, &area, size),
            Plot::Times(times) => times::draw(times, &area, size),
            Plot::Points(points) => points::draw(points, &area, size),
            Plot::Testbed(drawing) => testbed::draw(drawing, &area, size),
        }
        root.present().expect(IN_MEMORY);
    }
    text
}

impl Plot {
    fn height(&self, size: Size) -> u32 {
        match (self, size) {
            (Self::Bars(bars), size) => bars::height(bars, size),
            (Self::Times(_) | Self::Points(_), Size::Wide | Size::Half) => 320,
            (Self::Times(_) | Self::Points(_), Size::Narrow) => 280,
            (Self::Testbed(drawing), size) => testbed::height(drawing, size),
        }
    }
}

impl Size {
    fn width(self) -> u32 {
        match self {
            Self::Wide => 760,
            Self::Half => 540,
            Self::Narrow => 350,
        }
    }

    /// Height of letters, pixels.
    fn letters(self) -> u32 {
        match self {
            Self::Wide => 14,
            Self::Half => 13,
            Self::Narrow => 12,
        }
    }

    /// Room for a title.
    fn title(self) -> u32 {
        self.letters() * 2
    }

    /// About how wide a text is; without a font nobody knows exactly.
    fn width_of(self, text: &str) -> u32 {
        (text.chars().count() as u32 * self.letters() * 58).div_ceil(100)
    }
}

fn colour(shade: Shade) -> RGBColor {
    let [red, green, blue] = shade.light;
    RGBColor(red, green, blue)
}

/// Letters of the usual height.
fn words(size: Size, shade: Shade) -> TextStyle<'static> {
    // The drawing takes a line's height and divides it by this.
    let line = f64::from(size.letters()) * 1.24;
    ("sans-serif", line).into_font().color(&colour(shade))
}

fn anchored(style: &TextStyle<'static>, across: HPos, up: VPos) -> TextStyle<'static> {
    style.pos(Pos::new(across, up))
}

/// A text of one line that every XML reader takes.
fn clean(text: &str) -> String {
    let kept = |letter: char| !letter.is_control() && !letters::is_hidden(letter);
    text.chars().map(|letter| if kept(letter) { letter } else { letters::REPLACED }).collect()
}

/// A text that is cut where it would be longer than this many letters.
fn short(text: &str, letters: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= letters {
        return text;
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}
