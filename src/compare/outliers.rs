//! Which figures of a cell lie far from the others. They stay in every mean: a rule that drops what it dislikes makes an
//! interval too narrow. Must not know what the figures measure.
//!
//! The rule is Tukey's (Exploratory Data Analysis, 1977): beyond the outer fences, three times the distance of the
//! quartiles outside of them, is "far out". His inner fences, one and a half times, call out a third of all cells of
//! five normal figures; the outer ones 14 % of those, and 3 % of cells of 15. Quartiles are interpolated between the
//! ordered figures (type 7 of Hyndman and Fan, The American Statistician 50, 1996, as in R and `NumPy`).

/// Fewer figures have no quartiles to speak of.
pub const LEAST: usize = 5;

/// Distances of the quartiles from them to the fences.
const FENCE: f64 = 3.0;

/// Places in `figures` of those that are far out.
pub fn far_out(figures: &[f64]) -> Vec<usize> {
    if figures.len() < LEAST {
        return Vec::new();
    }
    let mut ordered = figures.to_vec();
    ordered.sort_by(f64::total_cmp);
    let (low, high) = (quantile(&ordered, 0.25), quantile(&ordered, 0.75));
    let reach = FENCE * (high - low);
    let is_far = |figure: f64| figure < low - reach || figure > high + reach;
    (0..figures.len()).filter(|place| is_far(figures[*place])).collect()
}

/// The value below which this share of `ordered`, which must not be empty, lies.
pub fn quantile(ordered: &[f64], share: f64) -> f64 {
    let place = share * (ordered.len() - 1) as f64;
    let (below, above) = (ordered[place.floor() as usize], ordered[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::*;

    #[test]
    fn quartiles_are_those_of_numpy() {
        for sample in &reference::values().samples {
            let mut ordered = sample.figures.clone();
            ordered.sort_by(f64::total_cmp);
            for (share, expected) in [(0.25, sample.quartiles[0]), (0.75, sample.quartiles[1])] {
                let ours = quantile(&ordered, share);
                assert!((ours - expected).abs() <= 1e-12 * expected.abs(), "{ours} is not {expected}");
            }
        }
    }

    #[test]
    fn a_figure_far_from_the_others_is_named_on_either_side_and_no_other_is() {
        assert_eq!(far_out(&[10.0, 10.1, 9.9, 10.05, 5.0, 9.95]), [4]);
        assert_eq!(far_out(&[20.0, 10.1, 9.9, 10.05, 10.0, 1.0, 9.95]), [0, 5]);
        assert_eq!(far_out(&[10.0, 10.1, 9.9, 10.05, 9.95]), [0; 0]);
    }

    #[test]
    fn the_fences_themselves_are_not_outside_and_few_figures_have_none() {
        // Quartiles 1 and 2, so that the fences are -2 and 5.
        assert_eq!(far_out(&[1.0, 1.0, 2.0, 2.0, 5.0]), [0; 0]);
        assert_eq!(far_out(&[1.0, 1.0, 2.0, 2.0, 5.01]), [4]);
        assert_eq!(far_out(&[1.0, 1.0, 1.0, 900.0]), [0; 0]);
    }
}
