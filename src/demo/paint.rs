//! Colours of the demo, which whoever has no red or no green cones tells apart; without colour, weight stands for them.
//!
//! Nothing is said by colour alone: every colour has a sign or a word beside it. Must not know what is drawn.

use ratatui::style::{Color, Modifier, Style};

/// How things are painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    colour: bool,
}

/// Okabe and Ito's sky blue, in the nearest of the 256 colours that terminals have.
const SKY: Color = Color::Indexed(74);
/// Their orange.
const ORANGE: Color = Color::Indexed(214);
/// Their yellow.
const YELLOW: Color = Color::Indexed(227);
/// Between the ground and words, on dark and on light ground alike.
const GREY: Color = Color::Indexed(244);

impl Paint {
    /// With colours, or without.
    pub const fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn or(self, colour: Color, modifier: Modifier) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new().add_modifier(modifier) }
    }

    /// What the audience came for: the rate.
    pub fn rate(self) -> Style {
        self.or(SKY, Modifier::BOLD)
    }

    /// The framework's name.
    pub fn name() -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What went wrong: lost packets, a framework that failed.
    pub fn trouble(self) -> Style {
        self.or(ORANGE, Modifier::REVERSED).add_modifier(Modifier::BOLD)
    }

    /// Work in softirqs, apart from the other.
    pub fn softirq(self) -> Style {
        self.or(YELLOW, Modifier::empty())
    }

    /// Words that matter less.
    pub fn quiet(self) -> Style {
        self.or(GREY, Modifier::DIM)
    }

    /// The names of keys.
    pub fn key() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_everything_is_told_apart_by_weight() {
        let paint = Paint::new(false);
        let styles = [paint.rate(), paint.trouble(), paint.softirq(), paint.quiet(), Paint::key()];
        assert!(styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        for (index, style) in styles.iter().enumerate() {
            assert!(!styles[..index].contains(style), "{index}");
        }
    }
}
