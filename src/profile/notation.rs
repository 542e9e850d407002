//! How numbers of lines, times and settings are written: alike on the command line and in an experiment file.
//!
//! Must not know which of the two a text comes from.

use std::time::Duration;

use crate::generator::{FRAME_SIZES, Frames, IMIX};

/// The most trials that one cell may have.
pub const MAX_TRIALS: u32 = 1000;

/// Numbers of lines in the order in which they are written: `4`, `1,2,4`, `1..4`.
pub fn lines(text: &str) -> Result<Vec<usize>, String> {
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|lines| *lines > 0 && *lines < 255);
    let mut lines = Vec::new();
    for part in text.split(',') {
        let range = part.split_once("..").map_or((number(part), number(part)), |(a, b)| (number(a), number(b)));
        match range {
            (Some(first), Some(last)) if first <= last => lines.extend(first..=last),
            _ => return Err(format!("`{part}` is no number of lines; write 4, or 1,2,4, or 1..4")),
        }
    }
    Ok(lines)
}

/// A word for the frame sizes that RFC 2544 (section 9.1) has for Ethernet. It counts the check sequence of four bytes as
/// well, 64 to 1518.
pub const RFC2544: &str = "rfc2544";
const RFC2544_SIZES: [u32; 7] = [60, 124, 252, 508, 1020, 1276, 1514];

/// Sizes of frames and mixes of them in the order in which they are written: `60`, `60,512,1514`, `rfc2544`, `imix`,
/// `60*7+1514`.
pub fn frame_sizes(text: &str) -> Result<Vec<Frames>, String> {
    let mut sizes = Vec::new();
    for part in text.split(',') {
        match part.trim() {
            RFC2544 => sizes.extend(RFC2544_SIZES.map(Frames::Size)),
            word if word == IMIX || word.contains(['*', '+']) => sizes.push(Frames::Mix(word.parse()?)),
            word => sizes.push(word.parse().ok().filter(|size| FRAME_SIZES.contains(size)).map(Frames::Size).ok_or_else(|| {
                format!(
                    "`{part}` is no size of a frame; write bytes without the check sequence, from 60: 60,512,1514; or \
                     {RFC2544}; or a mix, {IMIX} or 60*7+1514*1"
                )
            })?),
        }
    }
    Ok(sizes)
}

/// Percent of a mean, of `1`, `0.5` or `0.5%`.
pub fn precision_percent(text: &str) -> Result<f64, String> {
    let percent = percent(text).filter(|percent| *percent > 0.0 && *percent <= 100.0);
    percent.ok_or_else(|| {
        format!("`{text}` is no precision; write percent of the mean, above 0 and up to 100: 1, or 0.5%")
    })
}

/// Percents of the packets that may be lost, ascending and each once, of `0,0.5` or `0,0.5%`.
pub fn loss_percent(text: &str) -> Result<Vec<f64>, String> {
    let read = |part: &str| {
        percent(part).filter(|percent| *percent < 100.0).ok_or_else(|| {
            format!("`{part}` is no share of the packets; write percent from 0 to below 100: 0, or 0,0.5")
        })
    };
    let mut percents = text.split(',').map(read).collect::<Result<Vec<_>, _>>()?;
    percents.sort_by(f64::total_cmp);
    percents.dedup();
    Ok(percents)
}

/// How far apart two rates may be, percent of the upper one, of `0.5` or `0.5%`.
pub fn width_percent(text: &str) -> Result<f64, String> {
    let width = percent(text).filter(|percent| *percent > 0.0 && *percent <= 50.0);
    width.ok_or_else(|| format!("`{text}` is no distance of two rates; write percent, above 0 and up to 50: 0.5"))
}

/// Percent, of `1`, `0.5` or `0.5%`.
fn percent(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_suffix('%').unwrap_or(text).trim_end();
    // What else Rust reads as a number (1e-3, inf, +1) nobody means.
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    digits.parse::<f64>().ok().filter(|_| plain)
}

/// Whole seconds of a measurement, of `10s`, `10` or `2min`; netperf knows no shorter time.
pub fn duration_s(text: &str) -> Result<u64, String> {
    up_to_a_day(text, "a measurement takes")
}

/// Whole seconds of traffic before or after a measurement; 0 is none.
pub fn around_s(text: &str) -> Result<u64, String> {
    match text.trim() {
        "0" | "0s" => Ok(0),
        text => match up_to_a_day(text, "this takes") {
            Ok(seconds) if seconds <= 3600 => Ok(seconds),
            Ok(_) => Err("this takes an hour at most".to_owned()),
            Err(error) => Err(error),
        },
    }
}

/// A time of waiting, written in the same way.
pub fn time(text: &str) -> Result<Duration, String> {
    up_to_a_day(text, "this takes").map(Duration::from_secs)
}

fn up_to_a_day(text: &str, what: &str) -> Result<u64, String> {
    let usage = || format!("`{text}` is no duration; write whole seconds or minutes, 10s or 2min");
    let (number, factor) = if let Some(minutes) = text.strip_suffix("min") {
        (minutes, 60)
    } else {
        (text.strip_suffix('s').unwrap_or(text), 1)
    };
    let seconds = number.trim().parse::<u64>().map_err(|_| usage())?.checked_mul(factor).ok_or_else(usage)?;
    if (1..=86_400).contains(&seconds) { Ok(seconds) } else { Err(format!("{what} between 1 s and a day")) }
}

/// A parameter and the values to try, of `netslice.batch=16,64`.
pub fn setting(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, values) = text.split_once('=').ok_or("write FRAMEWORK.PARAMETER=VALUE")?;
    if !name.contains('.') || values.is_empty() {
        return Err("write FRAMEWORK.PARAMETER=VALUE".to_owned());
    }
    Ok((name.to_owned(), values.split(',').map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbers_lists_and_ranges() {
        for (text, expected) in
            [("4", vec![4]), ("1,2,4", vec![1, 2, 4]), ("1..4", vec![1, 2, 3, 4]), ("3,1..2", vec![3, 1, 2])]
        {
            assert_eq!(lines(text).unwrap(), expected, "{text}");
        }
        for text in ["", "0", "4..1", "1..", "four", "-1", "1,,2", "300"] {
            assert!(lines(text).is_err(), "{text}");
        }
    }

    #[test]
    fn frames_have_sizes_that_ethernet_knows() {
        assert_eq!(frame_sizes("60, 512,1514"), Ok([60, 512, 1514].map(Frames::Size).to_vec()));
        let with_check_sequence = [64, 128, 256, 512, 1024, 1280, 1518];
        assert_eq!(frame_sizes("rfc2544"), Ok(with_check_sequence.map(|size| Frames::Size(size - 4)).to_vec()));
        assert_eq!(frame_sizes("rfc2544,9014").unwrap().len(), 8);
        let mix = |text: &str| Frames::Mix(text.parse().unwrap());
        assert_eq!(frame_sizes("60, imix,60*2+512"), Ok(vec![Frames::Size(60), mix("imix"), mix("60*2+512*1")]));
        for text in ["imix2", "60*", "60+59", "+", "", "59", "60,", "65550", "-60", "60..64", "big"] {
            assert!(frame_sizes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn precisions_are_percent_above_nothing() {
        for (text, percent) in [("1", 1.0), ("0.5%", 0.5), (" 2.5 % ", 2.5), ("100", 100.0)] {
            assert_eq!(precision_percent(text), Ok(percent), "{text}");
        }
        for text in ["", "%", "0", "0.0", "-1", "100.1", "1e-3", "inf", "NaN", "fine", "1.2.3"] {
            assert!(precision_percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_may_be_lost_is_percent_in_ascending_order_and_two_rates_are_apart_by_some() {
        assert_eq!(loss_percent("0.5%, 0,2,0"), Ok(vec![0.0, 0.5, 2.0]));
        for text in ["", "0,", "100", "-1", "1e-3", "none", "nan"] {
            assert!(loss_percent(text).is_err(), "{text}");
        }
        assert_eq!(width_percent(" 0.5 %"), Ok(0.5));
        for text in ["", "0", "51", "-1", "close"] {
            assert!(width_percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_whole_seconds_and_minutes() {
        for (text, seconds) in [("10s", 10), ("10", 10), ("2min", 120)] {
            assert_eq!(duration_s(text), Ok(seconds), "{text}");
        }
        for text in ["0s", "500ms", "", "99999999999999999999min", "2d"] {
            assert!(duration_s(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_around_a_measurement_may_be_nothing() {
        for (text, seconds) in [("0", 0), ("0s", 0), ("1s", 1), ("2min", 120), ("3600", 3600)] {
            assert_eq!(around_s(text), Ok(seconds), "{text}");
        }
        for text in ["", "-1", "0.5s", "61min", "off"] {
            assert!(around_s(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_of_waiting_are_written_alike() {
        assert_eq!(time("5min"), Ok(Duration::from_secs(300)));
        assert_eq!(time("0").unwrap_err(), "this takes between 1 s and a day");
    }

    #[test]
    fn settings_name_a_framework_a_parameter_and_values() {
        let set = setting("netslice.batch=16,64").unwrap();
        assert_eq!(set, ("netslice.batch".to_owned(), vec!["16".to_owned(), "64".to_owned()]));
        for text in ["batch=16", "netslice.batch", "netslice.batch="] {
            assert!(setting(text).is_err(), "{text}");
        }
    }
}
