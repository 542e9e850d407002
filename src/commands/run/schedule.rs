//! In which order the trials of a run are made, and when a cell has enough of them. Pure: cells are numbers here.
//!
//! Must not know what a cell is, nor where it is measured.

use std::collections::{BTreeMap, VecDeque};

use crate::profile::experiment::repeats::Repeats;

/// One measurement that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// Index of the cell.
    pub cell: usize,
    /// Number of the trial in its cell, from 1.
    pub trial: u32,
}

/// Trials of one cell that share a set-up of the hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Index of the cell.
    pub cell: usize,
    /// Numbers of the trials, at least one.
    pub trials: Vec<u32>,
    /// Whether the cell is measured on in this set-up until its figures are precise enough. In random order it is not: its
    /// further trials have rounds of their own.
    pub goes_on: bool,
}

impl Visit {
    /// The number of the trial that stands for those that could not be made.
    pub fn first(&self) -> u32 {
        self.trials.first().copied().unwrap_or(1)
    }
}

/// The numbers of the trials of one visit, of which there may become more while it lasts.
#[derive(Debug)]
pub struct Numbers {
    left: VecDeque<u32>,
    goes_on: bool,
    repeats: Repeats,
}

impl Numbers {
    /// Those of `visit`.
    pub fn of(visit: &Visit, repeats: Repeats) -> Self {
        Self { left: visit.trials.iter().copied().collect(), goes_on: visit.goes_on, repeats }
    }

    /// The next trial of a cell with these figures so far.
    pub fn next(&mut self, figures: &BTreeMap<u32, f64>) -> Option<u32> {
        self.left.pop_front().or_else(|| self.repeats.next(figures).filter(|_| self.goes_on))
    }
}

/// The trials of all cells that are made for the sake of precision, in rounds after the others: each round holds the
/// cells that still need one, which nobody knows before.
pub fn further(cells: usize, repeats: Repeats, seed: u64) -> Vec<Item> {
    // The rounds up to here are drawn as well, so that these are the same ones whatever was made when.
    let mut all = items(cells, repeats.most, Some(seed));
    all.retain(|item| item.trial > repeats.least);
    all
}

/// Takes the first round off `further`.
pub fn take_round(further: &mut VecDeque<Item>) -> Vec<Item> {
    let Some(first) = further.front() else { return Vec::new() };
    let end = further.partition_point(|item| item.trial <= first.trial);
    further.drain(..end).collect()
}

/// All trials of all cells.
///
/// Without a seed, a cell after the other. With one, in randomized blocks: every cell once in random order, then every
/// cell again, so that a machine that drifts in the meantime drifts for all cells alike. The same seed gives the same
/// order.
pub fn items(cells: usize, trials: u32, seed: Option<u64>) -> Vec<Item> {
    let Some(seed) = seed else {
        return (0..cells).flat_map(|cell| (1..=trials).map(move |trial| Item { cell, trial })).collect();
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let block = |trial| {
        let mut block: Vec<_> = (0..cells).map(|cell| Item { cell, trial }).collect();
        random.shuffle(&mut block);
        block
    };
    (1..=trials).flat_map(block).collect()
}

/// Groups what follows one another in the same cell.
pub fn visits(items: &[Item], goes_on: bool) -> Vec<Visit> {
    let numbers = |items: &[Item]| items.iter().map(|item| item.trial).collect();
    let of = |items: &[Item]| Visit { cell: items[0].cell, trials: numbers(items), goes_on };
    items.chunk_by(|a, b| a.cell == b.cell).map(of).collect()
}

/// A seed that nobody chose; short enough to be read out, and exact in every reader of JSON.
pub fn draw_seed() -> u64 {
    u64::from(fastrand::u32(..))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SEEDS: [Option<u64>; 4] = [None, Some(0), Some(1), Some(u64::MAX)];

    #[test]
    fn every_trial_of_every_cell_is_made_exactly_once() {
        for seed in SEEDS {
            for (cells, trials) in [(0, 3), (1, 1), (1, 5), (12, 5), (7, 1)] {
                let all = items(cells, trials, seed);
                assert_eq!(all.len(), cells * trials as usize);
                assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
                assert!(all.iter().all(|item| item.cell < cells && (1..=trials).contains(&item.trial)));
            }
        }
    }

    #[test]
    fn without_a_seed_each_cell_is_visited_once_in_the_order_that_was_asked_for() {
        let visits = visits(&items(3, 2, None), true);
        assert_eq!(visits, [0, 1, 2].map(|cell| Visit { cell, trials: vec![1, 2], goes_on: true }));
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_another_one_another() {
        assert_eq!(items(12, 5, Some(7)), items(12, 5, Some(7)));
        assert_ne!(items(12, 5, Some(7)), items(12, 5, Some(8)));
        assert_ne!(items(12, 5, Some(7)), items(12, 5, None));
    }

    #[test]
    fn rounds_are_blocks_of_all_cells_and_each_is_shuffled_anew() {
        let all = items(12, 5, Some(7));
        let rounds: Vec<Vec<usize>> =
            all.chunks(12).map(|round| round.iter().map(|item| item.cell).collect()).collect();
        for (number, round) in (1..).zip(all.chunks(12)) {
            assert!(round.iter().all(|item| item.trial == number), "{round:?}");
        }
        assert_eq!(rounds.iter().collect::<BTreeSet<_>>().len(), 5, "{rounds:?}");
    }

    #[test]
    fn every_cell_comes_first_about_equally_often() {
        let mut first = [0; 4];
        for seed in 0..4000 {
            first[items(4, 1, Some(seed))[0].cell] += 1;
        }
        assert!(first.iter().all(|count| (850..1150).contains(count)), "{first:?}");
    }

    #[test]
    fn trials_of_a_cell_that_follow_one_another_share_a_set_up() {
        let item = |cell, trial| Item { cell, trial };
        let grouped = visits(&[item(1, 1), item(0, 1), item(0, 2), item(1, 2), item(0, 3)], false);
        let visit = |cell, trials: &[u32]| Visit { cell, trials: trials.to_vec(), goes_on: false };
        assert_eq!(grouped, [visit(1, &[1]), visit(0, &[1, 2]), visit(1, &[2]), visit(0, &[3])]);
        assert_eq!(visits(&[], false), []);
        assert_eq!(visits(&items(1, 4, Some(3)), false), [visit(0, &[1, 2, 3, 4])]);
    }

    const RULE: Repeats = Repeats { least: 2, most: 4, precision_percent: Some(1.0) };

    fn figures(of: &[f64]) -> BTreeMap<u32, f64> {
        (1..).zip(of.iter().copied()).collect()
    }

    #[test]
    fn a_visit_that_goes_on_gets_trials_until_the_figures_are_precise_and_another_one_does_not() {
        let (rough, precise) = ([90.0, 110.0, 100.0], [100.0, 100.01, 99.99]);
        for (goes_on, measured, numbers) in
            [(true, rough, vec![1, 2, 3, 4]), (true, precise, vec![1, 2]), (false, rough, vec![1, 2])]
        {
            let mut left = Numbers::of(&Visit { cell: 0, trials: vec![1, 2], goes_on }, RULE);
            let mut made = Vec::new();
            while let Some(number) = left.next(&figures(&measured[..made.len().min(3)])) {
                made.push(number);
                if number == RULE.most {
                    assert_eq!(left.next(&figures(&[90.0, 110.0, 100.0, 95.0])), None);
                    break;
                }
            }
            assert_eq!(made, numbers, "{goes_on} {measured:?}");
        }
    }

    #[test]
    fn further_rounds_go_on_in_the_order_that_the_seed_draws() {
        let mut left: VecDeque<_> = further(6, RULE, 7).into();
        assert_eq!(left, items(6, 4, Some(7)).split_off(12));
        let rounds = [take_round(&mut left), take_round(&mut left), take_round(&mut left)];
        assert!(rounds[0].iter().all(|item| item.trial == 3) && rounds[1].iter().all(|item| item.trial == 4));
        assert_eq!(rounds.map(|round| round.len()), [6, 6, 0]);
        assert_eq!(further(6, Repeats::exactly(3), 7), []);
    }
}
