//! In which order the trials of a run are made. Pure: cells are numbers here.
//!
//! Must not know what a cell is, nor where it is measured.

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
pub fn visits(items: &[Item]) -> Vec<Visit> {
    let of = |items: &[Item]| Visit { cell: items[0].cell, trials: items.iter().map(|item| item.trial).collect() };
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
        let visits = visits(&items(3, 2, None));
        assert_eq!(visits, [0, 1, 2].map(|cell| Visit { cell, trials: vec![1, 2] }));
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
        let grouped = visits(&[item(1, 1), item(0, 1), item(0, 2), item(1, 2), item(0, 3)]);
        let visit = |cell, trials: &[u32]| Visit { cell, trials: trials.to_vec() };
        assert_eq!(grouped, [visit(1, &[1]), visit(0, &[1, 2]), visit(1, &[2]), visit(0, &[3])]);
        assert_eq!(visits(&[]), []);
        assert_eq!(visits(&items(1, 4, Some(3))), [visit(0, &[1, 2, 3, 4])]);
    }
}
