//! Which ratios of a comparison are further from 1 than chance takes them. Must not know what was compared.
//!
//! The test of each ratio is Welch's t, on the logarithm of the quotient of the two means: it is the one whose 95 % interval
//! is shown, so that p is under 0.05 just where the interval leaves 1 out, and it asks neither for equal spreads nor for
//! equal numbers of trials. Of many comparisons some look different by chance, so their p are adjusted by Holm's method
//! (Scandinavian Journal of Statistics 6, 1979): the chance that a table of equals has even one mark stays under
//! [`LEVEL`], however the cells depend on one another.

use super::Column;

/// A difference is significant where its adjusted p is under this.
///
/// Not 0.05: who measures until the mean is precise stops earlier where the spread is small by chance, and then one in
/// fifteen comparisons of a configuration with itself has a p under 0.05, of some distributions one in eight. Under
/// 0.01 it is one in a hundred, and three at the worst: `make bench` shows it.
pub const LEVEL: f64 = 0.01;

/// Adjusts the p of every ratio, and says of each whether it is significant. Returns how many ratios were tested.
pub fn judge(columns: &mut [Column]) -> usize {
    let tested = |cell: &&mut super::Cell| cell.ratio.is_some_and(|ratio| ratio.p.is_some());
    let mut cells: Vec<_> = columns.iter_mut().flat_map(|column| &mut column.cells).filter(tested).collect();
    let p: Vec<f64> = cells.iter().filter_map(|cell| cell.ratio?.p).collect();
    for (cell, adjusted) in cells.iter_mut().zip(holm(&p)) {
        cell.p_adjusted = Some(adjusted);
    }
    p.len()
}

/// Holm's adjusted p, in the order of `p`.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut so_far: f64 = 0.0;
    for (rank, place) in order.into_iter().enumerate() {
        // The smallest counts for all comparisons, the next for those that are left; none less than one before it.
        so_far = so_far.max(p[place] * (p.len() - rank) as f64).min(1.0);
        adjusted[place] = so_far;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::*;

    #[test]
    fn adjusted_p_are_those_of_the_reference() {
        for case in &reference::values().holm {
            for (ours, expected) in holm(&case.p).into_iter().zip(&case.adjusted) {
                assert!((ours - expected).abs() < 1e-12, "{ours} is not {expected}");
            }
        }
    }

    #[test]
    fn a_single_comparison_is_not_adjusted_and_none_is_no_trouble() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
