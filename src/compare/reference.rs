//! What a reference implementation makes of fixed numbers, for tests: `tests/statistics/reference.json`, made by
//! `tests/statistics/reference.py` with `SciPy`. Must not compute anything itself.

use serde::Deserialize;

/// All of them.
#[derive(Debug, Deserialize)]
pub struct Values {
    pub two_sided: Vec<TwoSided>,
    pub quantiles: Vec<Quantile>,
    pub samples: Vec<Sample>,
    pub ratios: Vec<Ratio>,
    pub holm: Vec<Holm>,
}

#[derive(Debug, Deserialize)]
pub struct TwoSided {
    pub t: f64,
    pub freedom: f64,
    pub p: f64,
}

#[derive(Debug, Deserialize)]
pub struct Quantile {
    pub freedom: f64,
    pub t: f64,
}

#[derive(Debug, Deserialize)]
pub struct Sample {
    pub figures: Vec<f64>,
    pub mean: f64,
    pub median: f64,
    pub deviation: f64,
    pub ci95: [f64; 2],
    pub quartiles: [f64; 2],
}

#[derive(Debug, Deserialize)]
pub struct Ratio {
    pub figures: Vec<f64>,
    pub baseline: Vec<f64>,
    pub value: f64,
    pub p: f64,
    pub ci95: [f64; 2],
}

#[derive(Debug, Deserialize)]
pub struct Holm {
    pub p: Vec<f64>,
    pub adjusted: Vec<f64>,
}

/// What the file holds.
pub fn values() -> Values {
    serde_json::from_str(include_str!("../../tests/statistics/reference.json")).unwrap()
}
