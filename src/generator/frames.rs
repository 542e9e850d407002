//! Frames of a chosen size, or of several sizes mixed.
//!
//! Must not know which generator sends them. All sizes are without the frame check sequence.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes that a frame may have without its check sequence: the least that Ethernet knows, and what fits the longest IPv4
/// packet.
pub const FRAME_SIZES: std::ops::RangeInclusive<u32> = 60..=65_549;

/// The word for the simple mix.
pub const IMIX: &str = "imix";

/// What that word stands for, a size and its weight each: of twelve packets, seven of 40 bytes of IP, four of 576, one of 1500.
/// This is the "simple IMIX" that vendors of test equipment agree on, 64, 594 and 1518 bytes with the check sequence, a packet
/// of 40 bytes being padded. No standard fixes it: RFC 6985 only gives mixes a notation, and some have 570 in place of 594.
const SIMPLE: [(u32, u32); 3] = [(60, 7), (590, 4), (1514, 1)];

/// The most sizes of one mix, and the largest weight: what is dealt in whole percent needs no finer ones.
const MOST_PARTS: usize = 8;
const MOST_WEIGHT: u32 = 1000;

/// What frames are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frames {
    /// All of so many bytes.
    Size(u32),
    /// Several sizes in random order.
    Mix(Mix),
}

impl Frames {
    /// What a record has of them: one of the two keys.
    pub fn recorded(size: Option<u32>, mix: Option<&Mix>) -> Option<Self> {
        mix.map(|mix| Self::Mix(mix.clone())).or(size.map(Self::Size))
    }

    /// Their size, where they all have one.
    pub const fn size(&self) -> Option<u32> {
        match self {
            Self::Size(size) => Some(*size),
            Self::Mix(_) => None,
        }
    }

    /// Their mix, where they are of several sizes.
    pub const fn mix(&self) -> Option<&Mix> {
        match self {
            Self::Size(_) => None,
            Self::Mix(mix) => Some(mix),
        }
    }

    /// Bytes of the longest.
    pub fn longest(&self) -> u32 {
        match self {
            Self::Size(size) => *size,
            Self::Mix(mix) => mix.parts.iter().map(|(size, _)| *size).max().unwrap_or(0),
        }
    }

    /// Bytes of one on average.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Size(size) => f64::from(*size),
            Self::Mix(mix) => mix.mean(),
        }
    }

    /// What stands in front of a noun: `60-byte`, `imix`.
    pub fn adjective(&self) -> String {
        match self {
            Self::Size(size) => format!("{size}-byte"),
            Self::Mix(mix) => mix.name(),
        }
    }
}

impl fmt::Display for Frames {
    /// What stands behind `frames of`: `60 bytes`, `mixed sizes, imix 60*7+590*4+1514*1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => write!(f, "{size} bytes"),
            Self::Mix(mix) if mix.is_simple() => write!(f, "mixed sizes, {IMIX} {mix}"),
            Self::Mix(mix) => write!(f, "mixed sizes, {mix}"),
        }
    }
}

/// Sizes of frames, each with its weight; written `60*7+590*4+1514*1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Mix {
    parts: Vec<(u32, u32)>,
}

impl Mix {
    /// The sizes and their weights, in the order in which they were written.
    pub fn parts(&self) -> &[(u32, u32)] {
        &self.parts
    }

    /// What it is called in a table.
    pub fn name(&self) -> String {
        if self.is_simple() { IMIX.to_owned() } else { self.to_string() }
    }

    fn is_simple(&self) -> bool {
        self.parts == SIMPLE
    }

    fn mean(&self) -> f64 {
        let weighed: u64 = self.parts.iter().map(|(size, weight)| u64::from(*size) * u64::from(*weight)).sum();
        weighed as f64 / self.weights() as f64
    }

    /// How far sizes are from their mean, the standard deviation in bytes.
    pub fn deviation(&self) -> f64 {
        let (mean, all) = (self.mean(), self.weights() as f64);
        let part = |(size, weight): &(u32, u32)| (f64::from(*size) - mean).powi(2) * f64::from(*weight) / all;
        self.parts.iter().map(part).sum::<f64>().sqrt()
    }

    fn weights(&self) -> u64 {
        self.parts.iter().map(|(_, weight)| u64::from(*weight)).sum()
    }

    /// The same in whole percent, for whoever deals in these: rounded so that the mean stays as near as it can.
    pub fn percent(&self) -> Vec<(u32, u32)> {
        let all = self.weights();
        let floor = |weight: u32| (u64::from(weight) * 100 / all) as u32;
        let floors: Vec<_> = self.parts.iter().map(|(size, weight)| (*size, floor(*weight))).collect();
        let left = 100 - floors.iter().map(|(_, percent)| *percent).sum::<u32>();
        let rounded = |up: u32| -> Vec<(u32, u32)> {
            let one = |(place, (size, percent)): (usize, &(u32, u32))| (*size, percent + (up >> place & 1));
            floors.iter().enumerate().map(one).collect()
        };
        // As many are rounded up as percents are left; which ones decides about the mean.
        let ways = (0..1_u32 << floors.len()).filter(|up| up.count_ones() == left).map(rounded);
        let apart = |parts: &Vec<(u32, u32)>| {
            let mean = parts.iter().map(|(size, percent)| f64::from(*size) * f64::from(*percent)).sum::<f64>() / 100.0;
            (mean - self.mean()).abs()
        };
        ways.min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap_or(floors)
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (size, weight)) in self.parts.iter().enumerate() {
            let between = if number == 0 { "" } else { "+" };
            write!(f, "{between}{size}*{weight}")?;
        }
        Ok(())
    }
}

impl FromStr for Mix {
    type Err = String;

    /// Reads `imix`, or sizes and weights: `60*7+590*4+1514`, one without a weight having 1.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == IMIX {
            return Ok(Self { parts: SIMPLE.to_vec() });
        }
        let part = |part: &str| {
            let (size, weight) = part.split_once('*').unwrap_or((part, "1"));
            let size = size.trim().parse().ok().filter(|size| FRAME_SIZES.contains(size))?;
            let weight = weight.trim().parse().ok().filter(|weight| (1..=MOST_WEIGHT).contains(weight))?;
            Some((size, weight))
        };
        let parts: Vec<(u32, u32)> = text.split('+').map(part).collect::<Option<_>>().unwrap_or_default();
        let mut sizes: Vec<_> = parts.iter().map(|(size, _)| *size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.len() != parts.len() || !(2..=MOST_PARTS).contains(&parts.len()) {
            return Err(format!(
                "`{text}` is no mix of frames; write two to {MOST_PARTS} different sizes from {} on, each with a weight from 1 \
                 to {MOST_WEIGHT}: 60*7+590*4+1514*1; or {IMIX}, which is that",
                FRAME_SIZES.start()
            ));
        }
        let mix = Self { parts };
        match mix.percent().iter().find(|(_, percent)| *percent == 0) {
            Some((size, _)) => Err(format!(
                "`{text}` has less than one frame of {size} bytes in a hundred, and mixes are dealt in whole percent"
            )),
            None => Ok(mix),
        }
    }
}

impl TryFrom<String> for Mix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Mix> for String {
    fn from(mix: Mix) -> Self {
        mix.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, text};

    fn mix(text: &str) -> Mix {
        text.parse().unwrap()
    }

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn what_is_read_as_a_mix_is_written_so_that_it_is_read_alike_and_is_a_hundred_percent(
            text in prop_oneof![text(), r"[0-9]{2,4}(\*[0-9]{1,3})?(\+[0-9]{2,4}(\*[0-9]{1,3})?){0,8}"]
        ) {
            if let Ok(mix) = text.parse::<Mix>() {
                prop_assert_eq!(mix.to_string().parse(), Ok(mix.clone()));
                let percent = mix.percent();
                prop_assert_eq!(percent.iter().map(|(_, percent)| percent).sum::<u32>(), 100);
                prop_assert!(percent.iter().all(|(_, percent)| *percent > 0), "{:?}", percent);
            }
        }
    }

    #[test]
    fn the_simple_mix_is_362_bytes_on_average_with_check_sequences() {
        let simple = Frames::Mix(mix(IMIX));
        assert!((simple.mean() + 4.0 - 4342.0 / 12.0).abs() < 1e-9, "{}", simple.mean());
        assert_eq!((simple.longest(), simple.size()), (1514, None));
        assert_eq!(simple.to_string(), "mixed sizes, imix 60*7+590*4+1514*1");
        assert_eq!(simple.adjective(), "imix");
        assert_eq!(mix("60*7+590*4+1514"), mix(IMIX));
        assert!((mix("60+1514").deviation() - 727.0).abs() < 1e-9);
    }

    #[test]
    fn in_whole_percent_the_mean_stays_as_near_as_it_can() {
        assert_eq!(mix(IMIX).percent(), [(60, 58), (590, 34), (1514, 8)]);
        assert_eq!(mix("60+1514").percent(), [(60, 50), (1514, 50)]);
        assert_eq!(mix("60+512+1514").percent(), [(60, 33), (512, 34), (1514, 33)]);
    }

    #[test]
    fn what_is_no_mix_is_refused() {
        for text in
            ["", "60", "60*7", "60*7+60*4", "59+60", "60+1514*0", "60+1514*x", "60++1514", "60+1514*1001", "imix+60"]
        {
            assert!(text.parse::<Mix>().unwrap_err().contains("is no mix of frames"), "{text}");
        }
        assert!("60*1000+1514".parse::<Mix>().unwrap_err().contains("less than one frame of 1514 bytes"));
        assert!("60+61+62+63+64+65+66+67+68".parse::<Mix>().is_err(), "nine sizes");
    }

    #[test]
    fn a_record_has_a_size_or_a_mix_as_text() {
        assert_eq!(serde_json::to_string(&mix(IMIX)).unwrap(), "\"60*7+590*4+1514*1\"");
        assert_eq!(serde_json::from_str::<Mix>("\"60*7+590*4+1514*1\"").unwrap(), mix(IMIX));
        assert!(serde_json::from_str::<Mix>("\"lots\"").is_err());
        assert_eq!(Frames::recorded(Some(60), None), Some(Frames::Size(60)));
        assert_eq!(Frames::recorded(None, Some(&mix(IMIX))), Some(Frames::Mix(mix(IMIX))));
        assert_eq!(Frames::recorded(None, None), None);
    }
}
