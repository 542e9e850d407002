//! Quantities with their units in the type, and how they are written for people.
//!
//! Must not know where a number came from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A rate in bits per second, counted at the layer the holder names.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BitsPerSecond(pub f64);

impl fmt::Display for BitsPerSecond {
    /// Four significant digits with an SI prefix: `9.262 Gb/s`, `118.4 Mb/s`, `0 b/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0.abs() {
            r if r >= 1e9 => (self.0 / 1e9, "Gb/s"),
            r if r >= 1e6 => (self.0 / 1e6, "Mb/s"),
            r if r >= 1e3 => (self.0 / 1e3, "kb/s"),
            _ => (self.0, "b/s"),
        };
        let decimals = match value.abs() {
            v if v >= 1000.0 => 0,
            v if v >= 100.0 => 1,
            v if v >= 10.0 => 2,
            v if v > 0.0 => 3,
            _ => 0,
        };
        f.pad(&format!("{value:.decimals$} {unit}"))
    }
}

/// A share in percent, of what should be none.
#[derive(Debug, Clone, Copy)]
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    /// Three digits behind the point: `0.125 %`. What is more than nothing never looks like nothing: `under 0.001 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            little if little > 0.0 && little < 0.0005 => f.write_str("under 0.001 %"),
            share => write!(f, "{share:.3} %"),
        }
    }
}

/// A number with so many digits behind the point, or more where it would else look like the `limit` that it is beside.
pub fn beside(value: f64, digits: usize, limit: f64) -> String {
    let written = |digits| format!("{value:.digits$}");
    let tells =
        |text: &String| text.parse().ok().and_then(|shown: f64| shown.partial_cmp(&limit)) == value.partial_cmp(&limit);
    (digits..digits + 12).map(written).find(tells).unwrap_or_else(|| written(digits))
}

/// A rate that could not be read, with what was read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a rate; write a number and a unit, like `10Gbps` or `100Mbps`")]
pub struct ParseRateError(String);

impl FromStr for BitsPerSecond {
    type Err = ParseRateError;

    /// Reads `10Gbps`, `2.5 Gb/s`, `100Mbps`, `64kbps`, `1000bps`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseRateError(text.to_owned());
        let trimmed = text.trim();
        let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(error)?;
        let number: f64 = trimmed[..digits].parse().map_err(|_| error())?;
        let unit = trimmed[digits..].trim().to_ascii_lowercase();
        let factor = match unit.strip_suffix("bps").or_else(|| unit.strip_suffix("b/s")) {
            Some("") => 1.0,
            Some("k") => 1e3,
            Some("m") => 1e6,
            Some("g") => 1e9,
            Some("t") => 1e12,
            _ => return Err(error()),
        };
        let rate = number * factor;
        if rate.is_finite() { Ok(Self(rate)) } else { Err(error()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_with_four_significant_digits() {
        let shown = [31.8142e9, 9.2617e9, 118.44e6, 12.0e3, 0.0].map(|r| BitsPerSecond(r).to_string());
        assert_eq!(shown, ["31.81 Gb/s", "9.262 Gb/s", "118.4 Mb/s", "12.00 kb/s", "0 b/s"]);
    }

    #[test]
    fn a_share_that_is_more_than_nothing_never_looks_like_nothing() {
        let shown = [0.0, 1e-7, 0.000_49, 0.0005, 0.125, 100.0].map(|share| Percent(share).to_string());
        assert_eq!(shown, ["0.000 %", "under 0.001 %", "under 0.001 %", "0.001 %", "0.125 %", "100.000 %"]);
    }

    #[test]
    fn a_number_that_is_beside_a_limit_never_looks_like_it() {
        let shown = [0.7448, 0.9496, 0.949_999, 0.95, 0.9504].map(|ratio| beside(ratio, 3, 0.95));
        assert_eq!(shown, ["0.745", "0.9496", "0.949999", "0.950", "0.9504"]);
    }

    #[test]
    fn rates_are_read_in_the_spellings_people_use() {
        for (text, bits) in [("10Gbps", 1e10), ("2.5 Gb/s", 2.5e9), ("100Mbps", 1e8), ("8bps", 8.0)] {
            assert_eq!(text.parse(), Ok(BitsPerSecond(bits)), "{text}");
        }
        for text in ["", "10", "fast", "10GB", "1.2.3Gbps"] {
            assert!(text.parse::<BitsPerSecond>().is_err(), "{text}");
        }
    }
}
