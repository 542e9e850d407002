//! Student's distribution, of any number of degrees of freedom, fractional ones too. Must not know what is compared.
//!
//! P(|T| > t) with ν degrees is the regularized incomplete beta function I(ν/2, 1/2) at ν / (ν + t²): NIST Digital Library
//! of Mathematical Functions (DLMF) 8.17, whose continued fraction 8.17.22 is evaluated by the modified method of Lentz.
//! The logarithm of the gamma function is Stirling's series, DLMF 5.11.1. `tests/statistics` sets them beside `SciPy`'s.

use std::f64::consts::{FRAC_PI_2, TAU};

/// The probability that a Student-distributed value with `freedom` degrees is farther from 0 than `t`, on either side.
pub fn two_sided(t: f64, freedom: f64) -> f64 {
    let square = t * t;
    if !square.is_finite() {
        return 0.0;
    }
    // Both shares are made from t, so that neither loses its digits to the subtraction from 1.
    beta(freedom / 2.0, 0.5, freedom / (freedom + square), square / (freedom + square))
}

/// The t that such a value stays within, either way, with a probability of 95 %.
pub fn quantile(freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    // Bisection of the angle whose tangent is t / √ν: 60 halvings leave less than the last bit of an f64.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let (sin, cos) = middle.sin_cos();
        if beta(freedom / 2.0, 0.5, cos * cos, sin * sin) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    freedom.sqrt() * low.tan()
}

/// I(a, b) at `x`, of which `rest` is what it lacks of 1.
fn beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 || rest <= 0.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges fast on one side of the mean; the other side is its mirror image (DLMF 8.17.4).
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, rest, x);
    }
    let scale = a * x.ln() + b * rest.ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    (scale.exp() / (a * fraction(a, b, x))).clamp(0.0, 1.0)
}

/// The denominator 1 + d₁/(1 + d₂/(1 + …)) of DLMF 8.17.22.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let apart = |value: f64| if value.abs() < TINY { TINY } else { value };
    // Lentz's two quotients of neighbouring convergents, of numerators and of denominators.
    let (mut value, mut above, mut below) = (1.0, 1.0, 0.0);
    for number in 1..10_000 {
        let m = f64::from(number / 2);
        let term = if number % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        below = 1.0 / apart(1.0 + term * below);
        above = apart(1.0 + term / above);
        let step: f64 = above * below;
        value *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// ln Γ of a positive number: moved up to where five terms of the series are exact to the last digits.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut factors) = (x, 1.0);
    while x < 16.0 {
        factors *= x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let terms = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0];
    let series = terms.iter().rev().fold(0.0, |sum, term| sum * inverse + term) / x;
    (x - 0.5) * x.ln() - x + TAU.ln() / 2.0 + series - factors.ln()
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::*;

    #[test]
    fn probabilities_are_those_of_scipy_also_with_fractional_degrees_of_freedom() {
        let cases = &reference::values().two_sided;
        assert!(cases.len() > 50);
        for case in cases {
            let p = two_sided(case.t, case.freedom);
            let off = (p - case.p).abs() / case.p;
            assert!(off < 1e-8, "t {} with {}: {p} is not {}", case.t, case.freedom, case.p);
        }
        assert_eq!((two_sided(0.0, 3.5), two_sided(f64::INFINITY, 3.5)), (1.0, 0.0));
    }

    #[test]
    fn quantiles_are_those_of_scipy() {
        for case in &reference::values().quantiles {
            let t = quantile(case.freedom);
            assert!((t - case.t).abs() / case.t < 1e-9, "{}: {t} is not {}", case.freedom, case.t);
        }
    }

    #[test]
    fn quantiles_are_those_of_the_published_table() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
        let published =
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042), (100.0, 1.984)];
        for (freedom, t) in published {
            assert!((quantile(freedom) - t).abs() < 0.0005, "{freedom}");
        }
        // With ever more degrees it becomes the normal distribution's 1.959964.
        assert!((quantile(1_000_000.0) - 1.959_964).abs() < 0.000_01);
    }
}
