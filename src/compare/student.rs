//! Means and ratios with their 95 % intervals. Must not know what the numbers measure.
//!
//! The interval of a mean is Student's: mean ± t(0.975, n − 1) · s / √n, s the sample's standard
//! deviation with n − 1 in the denominator.

use super::distribution::{quantile, two_sided};
use super::outliers;

/// A mean, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Number of samples.
    pub n: usize,
    /// Their mean, in the samples' unit.
    pub mean: f64,
    /// The value in their middle.
    pub median: f64,
    /// The least and the greatest of them.
    pub extremes: [f64; 2],
    /// Standard deviation of the sample; none of a single one.
    pub deviation: Option<f64>,
    /// 95 % interval of the mean; none of a single sample.
    pub ci95: Option<[f64; 2]>,
}

/// A quotient of two means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Mean over baseline mean.
    pub value: f64,
    /// 95 % interval; none where one side has no spread to go by.
    pub ci95: Option<[f64; 2]>,
    /// How often chance alone would take the ratio of equal means so far from 1; none where neither side has a spread.
    pub p: Option<f64>,
}

impl Estimate {
    /// The mean of `samples` with its interval; none of no samples.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let n = samples.len();
        if n == 0 {
            return None;
        }
        let mut ordered = samples.to_vec();
        ordered.sort_by(f64::total_cmp);
        let (median, extremes) = (outliers::quantile(&ordered, 0.5), [ordered[0], ordered[n - 1]]);
        // The sum of equal figures, divided, may be the next number above them.
        let mean = (samples.iter().sum::<f64>() / n as f64).max(extremes[0]).min(extremes[1]);
        if n == 1 {
            return Some(Self { n, mean, median, extremes, deviation: None, ci95: None });
        }
        let squares: f64 = samples.iter().map(|x| (x - mean).powi(2)).sum();
        let deviation = (squares / (n - 1) as f64).sqrt();
        let half = quantile((n - 1) as f64) * deviation / (n as f64).sqrt();
        let (deviation, ci95) = (Some(deviation), Some([mean - half, mean + half]));
        Some(Self { n, mean, median, extremes, deviation, ci95 })
    }

    /// Half the width of the interval, what stands after `±`.
    pub fn half_width(&self) -> Option<f64> {
        self.ci95.map(|[low, high]| (high - low) / 2.0)
    }

    /// That in percent of the mean; nothing is a share of zero.
    pub fn precision_percent(&self) -> Option<f64> {
        self.half_width().filter(|_| self.mean > 0.0).map(|half| half / self.mean * 100.0)
    }

    /// The difference of the extremes in percent of the mean; of a single sample nothing is known.
    pub fn spread_percent(&self) -> Option<f64> {
        let [low, high] = self.extremes;
        (self.n > 1 && self.mean > 0.0).then(|| (high - low) / self.mean * 100.0)
    }

    /// Squared standard error of the mean, relative to the mean.
    fn relative_variance(&self) -> Option<f64> {
        let deviation = self.deviation?;
        Some(deviation.powi(2) / self.n as f64 / self.mean.powi(2))
    }
}

impl Ratio {
    /// `mean` over `baseline`; none where the baseline is not above zero.
    ///
    /// The interval is the delta method's for the logarithm of the quotient, which keeps both ends
    /// positive: the relative variances of the two means add up, with the degrees of freedom of
    /// Welch and Satterthwaite. The same error and degrees give p.
    pub fn of(mean: &Estimate, baseline: &Estimate) -> Option<Self> {
        if baseline.mean <= 0.0 {
            return None;
        }
        let value = mean.mean / baseline.mean;
        let Some((error, freedom)) = error(mean, baseline).filter(|_| value > 0.0) else {
            return Some(Self { value, ci95: None, p: None });
        };
        if error == 0.0 {
            // No figure varies: there is nothing to judge a difference by.
            return Some(Self { value, ci95: Some([value, value]), p: None });
        }
        let reach = quantile(freedom) * error;
        let ci95 = Some([value * (-reach).exp(), value * reach.exp()]);
        Some(Self { value, ci95, p: Some(two_sided(value.ln() / error, freedom)) })
    }
}

/// Standard error of the logarithm of a quotient, and its degrees of freedom; none where a side is a single sample.
fn error(mean: &Estimate, baseline: &Estimate) -> Option<(f64, f64)> {
    let (a, b) = (mean.relative_variance()?, baseline.relative_variance()?);
    let spread = a.powi(2) / (mean.n - 1) as f64 + b.powi(2) / (baseline.n - 1) as f64;
    Some(((a + b).sqrt(), (a + b).powi(2) / spread))
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b} within {tolerance}");
    }

    #[test]
    fn statistics_of_a_sample_are_those_of_scipy() {
        for sample in reference::values().samples {
            let estimate = Estimate::of(&sample.figures).unwrap();
            let tolerance = 1e-11 * sample.mean;
            close(estimate.mean, sample.mean, tolerance);
            close(estimate.median, sample.median, tolerance);
            close(estimate.deviation.unwrap(), sample.deviation, tolerance);
            for (ours, expected) in estimate.ci95.unwrap().into_iter().zip(sample.ci95) {
                close(ours, expected, tolerance);
            }
        }
    }

    #[test]
    fn ratios_their_intervals_and_their_p_are_those_of_scipy() {
        for case in reference::values().ratios {
            let [mean, baseline] = [&case.figures, &case.baseline].map(|figures| Estimate::of(figures).unwrap());
            let ratio = Ratio::of(&mean, &baseline).unwrap();
            close(ratio.value, case.value, 1e-12);
            for (ours, expected) in ratio.ci95.unwrap().into_iter().zip(case.ci95) {
                close(ours, expected, 1e-9);
            }
            close(ratio.p.unwrap() / case.p, 1.0, 1e-7);
        }
    }

    #[test]
    fn p_is_under_a_twentieth_just_where_the_interval_leaves_one_out() {
        for shift in 0..60 {
            let shifted = [98.0, 100.0, 102.0, 101.0].map(|figure| figure + 0.1 * f64::from(shift));
            let [mean, baseline] = [&shifted[..], &[97.0, 99.5, 103.0]].map(|figures| Estimate::of(figures).unwrap());
            let ratio = Ratio::of(&mean, &baseline).unwrap();
            let [low, high] = ratio.ci95.unwrap();
            assert_eq!(ratio.p.unwrap() < 0.05, low > 1.0 || high < 1.0, "{ratio:?}");
        }
    }

    #[test]
    fn figures_that_do_not_vary_are_not_tested() {
        let [mean, baseline] = [[100.0; 3], [200.0; 3]].map(|figures| Estimate::of(&figures).unwrap());
        assert_eq!(Ratio::of(&mean, &baseline), Some(Ratio { value: 0.5, ci95: Some([0.5, 0.5]), p: None }));
    }

    #[test]
    fn an_interval_is_the_one_computed_by_hand() {
        // Mean 10, squares 4 + 0 + 4, s = 2, t(2) = 4.3027: 4.3027 * 2 / sqrt(3) = 4.9683.
        let estimate = Estimate::of(&[8.0, 10.0, 12.0]).unwrap();
        close(estimate.mean, 10.0, 1e-12);
        close(estimate.deviation.unwrap(), 2.0, 1e-12);
        let [low, high] = estimate.ci95.unwrap();
        close(low, 5.0317, 0.0001);
        close(high, 14.9683, 0.0001);
    }

    #[test]
    fn one_sample_has_a_mean_and_no_interval_and_none_has_neither() {
        let one = Estimate::of(&[3.5]).unwrap();
        assert_eq!((one.n, one.mean, one.ci95), (1, 3.5, None));
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn intervals_hold_the_true_mean_95_times_in_100() {
        // A fixed linear congruential generator (Knuth's MMIX constants); twelve uniform values
        // less six are near enough normal.
        let mut state = 1_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut held = 0;
        for _ in 0..4000 {
            let sample: Vec<f64> = (0..5).map(|_| 7.0 + (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect();
            let [low, high] = Estimate::of(&sample).unwrap().ci95.unwrap();
            held += usize::from(low <= 7.0 && 7.0 <= high);
        }
        assert!((3740..=3860).contains(&held), "{held} of 4000");
    }

    #[test]
    fn a_ratio_has_no_interval_without_spread_on_both_sides_and_does_not_exist_over_zero() {
        let many = Estimate::of(&[8.0, 10.0, 12.0]).unwrap();
        let one = Estimate::of(&[5.0]).unwrap();
        let zero = Estimate::of(&[0.0]).unwrap();
        let ratio = Ratio::of(&many, &one).unwrap();
        assert_eq!((ratio.value, ratio.ci95), (2.0, None));
        assert_eq!(Ratio::of(&many, &zero), None);
        close(Ratio::of(&zero, &one).unwrap().value, 0.0, 0.0);
    }
}
