//! Which cell of a demo comes next. Pure: frameworks and frame sizes are numbers here.
//!
//! Must not know what a framework is, nor when a turn is over.

use std::collections::BTreeSet;

use super::keys::Wish;

/// A cell, by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Index of the framework.
    pub framework: usize,
    /// How many lines, at least one.
    pub lines: usize,
    /// Index of the size of frames.
    pub frames: usize,
}

/// What becomes of the cell of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It stays.
    Same,
    /// Another one comes.
    Other,
    /// The demo ends; `interrupted` says whether it was broken off.
    End {
        /// By Ctrl-C, and not in peace.
        interrupted: bool,
    },
}

/// The cell of now, and what there is to choose from.
#[derive(Debug, Clone)]
pub struct Choice {
    at: At,
    frameworks: usize,
    most_lines: usize,
    frames: usize,
    cycles: bool,
    failed: BTreeSet<At>,
}

impl Choice {
    /// Begins with the first framework on `lines` lines, and goes on by itself. There is at least one framework, one line
    /// and one size of frames.
    pub fn new(frameworks: usize, lines: usize, most_lines: usize, frames: usize) -> Self {
        let at = At { framework: 0, lines: lines.clamp(1, most_lines), frames: 0 };
        Self { at, frameworks, most_lines, frames, cycles: true, failed: BTreeSet::new() }
    }

    /// The cell of now.
    pub const fn at(&self) -> At {
        self.at
    }

    /// Whether the next framework comes by itself.
    pub const fn cycles(&self) -> bool {
        self.cycles
    }

    /// Whether there is a framework to go on to by itself.
    pub fn has_others(&self) -> bool {
        self.following(1).is_some_and(|at| at != self.at)
    }

    /// Fulfils a wish.
    pub fn take(&mut self, wish: Wish) -> Turn {
        let before = self.at;
        let At { framework, lines, frames } = self.at;
        match wish {
            // Whoever asks for a framework by key gets it, also one that failed before.
            Wish::Next => self.at.framework = (framework + 1) % self.frameworks,
            Wish::Previous => self.at.framework = (framework + self.frameworks - 1) % self.frameworks,
            Wish::Lines(wanted) => self.at.lines = wanted.clamp(1, self.most_lines),
            Wish::MoreLines => self.at.lines = (lines + 1).min(self.most_lines),
            Wish::FewerLines => self.at.lines = lines.saturating_sub(1).max(1),
            Wish::AllLines => self.at.lines = self.most_lines,
            Wish::FrameSize => self.at.frames = (frames + 1) % self.frames,
            Wish::Stay => self.cycles = !self.cycles,
            Wish::End => return Turn::End { interrupted: false },
            Wish::Interrupt => return Turn::End { interrupted: true },
        }
        if self.at == before { Turn::Same } else { Turn::Other }
    }

    /// The cell of now failed; it gets no second turn by itself.
    pub fn failed(&mut self) {
        self.failed.insert(self.at);
    }

    /// The cell of now has a figure after all.
    pub fn succeeded(&mut self) {
        self.failed.remove(&self.at);
    }

    /// Goes on to the next framework that did not fail; says whether there is one, which may be the one of now.
    pub fn go_on(&mut self) -> bool {
        let next = self.following(1);
        self.at = next.unwrap_or(self.at);
        next.is_some()
    }

    /// The first cell from the so-manieth behind this one on, the others of the round included, that did not fail.
    fn following(&self, first: usize) -> Option<At> {
        let step = |step| At { framework: (self.at.framework + step) % self.frameworks, ..self.at };
        (first..first + self.frameworks).map(step).find(|at| !self.failed.contains(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(framework: usize, lines: usize, frames: usize) -> At {
        At { framework, lines, frames }
    }

    #[test]
    fn keys_go_round_the_frameworks_both_ways() {
        let mut choice = Choice::new(3, 1, 4, 2);
        assert_eq!((choice.take(Wish::Previous), choice.at()), (Turn::Other, at(2, 1, 0)));
        assert_eq!((choice.take(Wish::Next), choice.at()), (Turn::Other, at(0, 1, 0)));
        assert_eq!((choice.take(Wish::FrameSize), choice.at()), (Turn::Other, at(0, 1, 1)));
        assert_eq!((choice.take(Wish::FrameSize), choice.at()), (Turn::Other, at(0, 1, 0)));
    }

    #[test]
    fn lines_stay_within_those_of_the_testbed() {
        let mut choice = Choice::new(1, 9, 4, 1);
        assert_eq!(choice.at().lines, 4);
        assert_eq!(choice.take(Wish::MoreLines), Turn::Same);
        assert_eq!((choice.take(Wish::Lines(2)), choice.at().lines), (Turn::Other, 2));
        assert_eq!((choice.take(Wish::FewerLines), choice.at().lines), (Turn::Other, 1));
        assert_eq!((choice.take(Wish::FewerLines), choice.at().lines), (Turn::Same, 1));
        assert_eq!((choice.take(Wish::AllLines), choice.at().lines), (Turn::Other, 4));
        assert_eq!((choice.take(Wish::Lines(7)), choice.at().lines), (Turn::Same, 4));
    }

    #[test]
    fn what_changes_nothing_lets_the_traffic_go_on() {
        let mut choice = Choice::new(1, 1, 1, 1);
        for wish in [Wish::Next, Wish::Previous, Wish::Lines(1), Wish::AllLines, Wish::FrameSize, Wish::Stay] {
            assert_eq!(choice.take(wish), Turn::Same, "{wish:?}");
        }
        assert!(!choice.cycles());
        assert_eq!(choice.take(Wish::Stay), Turn::Same);
        assert!(choice.cycles());
        assert!(!choice.has_others());
    }

    #[test]
    fn it_ends_in_peace_or_broken_off() {
        let mut choice = Choice::new(2, 1, 1, 1);
        assert_eq!(choice.take(Wish::End), Turn::End { interrupted: false });
        assert_eq!(choice.take(Wish::Interrupt), Turn::End { interrupted: true });
    }

    #[test]
    fn by_itself_it_goes_round_those_that_did_not_fail() {
        let mut choice = Choice::new(3, 1, 2, 1);
        choice.take(Wish::Next);
        choice.failed();
        assert!(choice.go_on());
        assert_eq!(choice.at().framework, 2);
        assert!(choice.go_on() && choice.go_on());
        assert_eq!(choice.at().framework, 2, "0, and past 1");
        choice.take(Wish::Previous);
        assert_eq!(choice.at().framework, 1, "whoever asks gets it");
        choice.succeeded();
        assert!(choice.go_on() && choice.go_on() && choice.go_on());
        assert_eq!(choice.at().framework, 1);
    }

    #[test]
    fn what_failed_on_one_line_may_work_on_two() {
        let mut choice = Choice::new(1, 1, 2, 1);
        choice.failed();
        assert!(!choice.go_on());
        choice.take(Wish::MoreLines);
        assert!(choice.go_on());
        assert_eq!(choice.at(), at(0, 2, 0));
    }
}
