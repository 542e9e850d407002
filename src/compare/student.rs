//! Means and ratios with their 95 % intervals. Must not know what the numbers measure.
//!
//! The interval of a mean is Student's: mean ± t(0.975, n − 1) · s / √n, s the sample's standard
//! deviation with n − 1 in the denominator. The quantile comes from the exact finite series for the
//! distribution, Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.

use std::f64::consts::FRAC_PI_2;

/// A mean, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Number of samples.
    pub n: usize,
    /// Their mean, in the samples' unit.
    pub mean: f64,
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
}

impl Estimate {
    /// The mean of `samples` with its interval; none of no samples.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let n = samples.len();
        if n == 0 {
            return None;
        }
        let mean = samples.iter().sum::<f64>() / n as f64;
        if n == 1 {
            return Some(Self { n, mean, deviation: None, ci95: None });
        }
        let squares: f64 = samples.iter().map(|x| (x - mean).powi(2)).sum();
        let deviation = (squares / (n - 1) as f64).sqrt();
        let half = t_quantile(n - 1) * deviation / (n as f64).sqrt();
        Some(Self { n, mean, deviation: Some(deviation), ci95: Some([mean - half, mean + half]) })
    }

    /// Half the width of the interval, what stands after `±`.
    pub fn half_width(&self) -> Option<f64> {
        self.ci95.map(|[low, high]| (high - low) / 2.0)
    }

    /// That in percent of the mean; nothing is a share of zero.
    pub fn precision_percent(&self) -> Option<f64> {
        self.half_width().filter(|_| self.mean > 0.0).map(|half| half / self.mean * 100.0)
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
    /// Welch and Satterthwaite, rounded down.
    pub fn of(mean: &Estimate, baseline: &Estimate) -> Option<Self> {
        if baseline.mean <= 0.0 {
            return None;
        }
        let value = mean.mean / baseline.mean;
        Some(Self { value, ci95: Self::interval(value, mean, baseline) })
    }

    fn interval(value: f64, mean: &Estimate, baseline: &Estimate) -> Option<[f64; 2]> {
        if value <= 0.0 {
            return None;
        }
        let (a, b) = (mean.relative_variance()?, baseline.relative_variance()?);
        let variance = a + b;
        if variance == 0.0 {
            return Some([value, value]);
        }
        let spread = a.powi(2) / (mean.n - 1) as f64 + b.powi(2) / (baseline.n - 1) as f64;
        let freedom = (variance.powi(2) / spread).floor().max(1.0) as usize;
        let reach = t_quantile(freedom) * variance.sqrt();
        Some([value * (-reach).exp(), value * reach.exp()])
    }
}

/// The t that a Student-distributed value with `freedom` degrees stays within, either way, with a
/// probability of 95 %.
fn t_quantile(freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // Bisection of the angle: 60 halvings leave less than the last bit of an f64.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if probability_within(middle, freedom) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (freedom as f64).sqrt() * low.tan()
}

/// P(|T| < t) for t = √freedom · tan(`angle`): 26.7.3 for odd, 26.7.4 for even `freedom`.
fn probability_within(angle: f64, freedom: usize) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    let mut term = if odd { cos } else { 1.0 };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    // Each term is the one before times k / (k + 1) and two more cosines.
    let mut k = if odd { 2 } else { 1 };
    while k + 3 <= freedom {
        term *= k as f64 / (k + 1) as f64 * cos * cos;
        sum += term;
        k += 2;
    }
    if odd { (angle + sin * sum) / FRAC_PI_2 } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance, "{a} is not {b} within {tolerance}");
    }

    #[test]
    fn quantiles_are_those_of_the_published_table() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
        let published = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (10, 2.228),
            (29, 2.045),
            (30, 2.042),
            (60, 2.000),
            (100, 1.984),
        ];
        for (freedom, t) in published {
            close(t_quantile(freedom), t, 0.0005);
        }
        // With ever more degrees it becomes the normal distribution's 1.959964.
        close(t_quantile(1_000_000), 1.959_964, 0.000_01);
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
    fn a_ratios_interval_is_the_one_computed_by_hand() {
        // Both means have a relative standard error of 2 / sqrt(3) / 10 and / 20: 0.11547, 0.05774.
        // Sum of squares 0.016667; Welch: 0.016667^2 / (0.013333^2 / 2 + 0.003333^2 / 2) = 2.94,
        // so t(2) = 4.3027; 4.3027 * 0.129099 = 0.55547; exp gives 1.74276.
        let a = Estimate::of(&[8.0, 10.0, 12.0]).unwrap();
        let b = Estimate::of(&[18.0, 20.0, 22.0]).unwrap();
        let ratio = Ratio::of(&a, &b).unwrap();
        close(ratio.value, 0.5, 1e-12);
        let [low, high] = ratio.ci95.unwrap();
        close(high, 0.5 * 1.742_76, 0.000_1);
        close(low, 0.5 / 1.742_76, 0.000_1);
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
