//! Whether a run goes on after what has become of its cells so far. Pure: cells are numbers here.
//!
//! Must not know what a cell is, nor where it is measured.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::commands::Outcome;

/// What became of one visit to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visited {
    /// Whether its trials have figures.
    pub outcome: Outcome,
    /// Whether a host was lost. All of them are back.
    pub lost: bool,
}

/// A run so far.
#[derive(Debug)]
pub struct Course {
    keep_going: bool,
    outcome: Outcome,
    failed: BTreeSet<usize>,
}

impl Course {
    /// A run that has just begun; `keep_going` says whether it outlives the loss of a host.
    pub const fn new(keep_going: bool) -> Self {
        Self { keep_going, outcome: Outcome::Good, failed: BTreeSet::new() }
    }

    /// Whether a cell is worth another visit: one that failed fails again.
    pub fn wants(&self, cell: usize) -> bool {
        !self.failed.contains(&cell)
    }

    /// Takes what became of a visit to `cell`; breaks where the run ends with it. A framework that fails is its own
    /// affair; a machine that died is its owner's, who may want to look at it before the next one dies.
    pub fn take(&mut self, cell: usize, visited: Visited) -> ControlFlow<Outcome> {
        match visited.outcome {
            Outcome::Good if !visited.lost => return ControlFlow::Continue(()),
            Outcome::Good => self.outcome = Outcome::Failed,
            Outcome::Interrupted => return ControlFlow::Break(Outcome::Interrupted),
            other => {
                self.outcome = other;
                self.failed.insert(cell);
            }
        }
        if visited.lost && !self.keep_going { ControlFlow::Break(self.outcome) } else { ControlFlow::Continue(()) }
    }

    /// How the run ended.
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Visited = Visited { outcome: Outcome::Good, lost: false };
    const FAILED: Visited = Visited { outcome: Outcome::Failed, lost: false };
    const LOST: Visited = Visited { outcome: Outcome::Failed, lost: true };

    #[test]
    fn a_framework_that_fails_keeps_no_other_from_its_turn_and_gets_no_second() {
        let mut course = Course::new(false);
        assert_eq!(course.take(0, FAILED), ControlFlow::Continue(()));
        assert!(!course.wants(0) && course.wants(1));
        assert_eq!(course.take(1, GOOD), ControlFlow::Continue(()));
        assert!(course.wants(1));
        assert_eq!(course.outcome(), Outcome::Failed);
    }

    #[test]
    fn a_lost_host_ends_the_run_unless_it_is_to_keep_going() {
        assert_eq!(Course::new(false).take(0, LOST), ControlFlow::Break(Outcome::Failed));
        let mut course = Course::new(true);
        assert_eq!(course.take(0, LOST), ControlFlow::Continue(()));
        assert!(!course.wants(0) && course.wants(1));
        assert_eq!(course.outcome(), Outcome::Failed);
    }

    #[test]
    fn a_host_lost_when_its_figures_were_there_leaves_the_cell_its_other_trials() {
        let lost = Visited { lost: true, ..GOOD };
        assert_eq!(Course::new(false).take(0, lost), ControlFlow::Break(Outcome::Failed));
        let mut course = Course::new(true);
        assert_eq!(course.take(0, lost), ControlFlow::Continue(()));
        assert!(course.wants(0));
        assert_eq!(course.outcome(), Outcome::Failed);
    }

    #[test]
    fn an_interrupt_ends_the_run_whatever_else_there_was() {
        for keep_going in [false, true] {
            let interrupted = Visited { outcome: Outcome::Interrupted, lost: true };
            assert_eq!(Course::new(keep_going).take(0, interrupted), ControlFlow::Break(Outcome::Interrupted));
        }
    }
}
