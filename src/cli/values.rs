//! Values of arguments: how they are written, and what is said of those that cannot be read.

use crate::lab::Lab;
use crate::role::Role;

/// Numbers of lines in the order the user wrote them.
#[derive(Debug, Clone)]
pub struct Lines(pub Vec<usize>);

pub fn parse_lines(text: &str) -> Result<Lines, String> {
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|lines| *lines > 0 && *lines < 255);
    let mut lines = Vec::new();
    for part in text.split(',') {
        let range = part.split_once("..").map_or((number(part), number(part)), |(a, b)| (number(a), number(b)));
        match range {
            (Some(first), Some(last)) if first <= last => lines.extend(first..=last),
            _ => return Err(format!("`{part}` is no number of lines; write 4, or 1,2,4, or 1..4")),
        }
    }
    Ok(Lines(lines))
}

/// Whole seconds; netperf knows no shorter time.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let usage = || format!("`{text}` is no duration; write whole seconds or minutes, 10s or 2min");
    let (number, factor) = if let Some(minutes) = text.strip_suffix("min") {
        (minutes, 60)
    } else {
        (text.strip_suffix('s').unwrap_or(text), 1)
    };
    let seconds = number.trim().parse::<u64>().map_err(|_| usage())?.checked_mul(factor).ok_or_else(usage)?;
    if (1..=86_400).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("a measurement takes between 1 s and a day".to_owned())
    }
}

pub fn parse_set(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, values) = text.split_once('=').ok_or("write FRAMEWORK.PARAMETER=VALUE")?;
    if !name.contains('.') || values.is_empty() {
        return Err("write FRAMEWORK.PARAMETER=VALUE".to_owned());
    }
    Ok((name.to_owned(), values.split(',').map(str::to_owned).collect()))
}

/// The name of a lab.
pub fn parse_lab_name(text: &str) -> Result<String, String> {
    Lab::new(text).map(|lab| lab.name).map_err(|error| error.to_string())
}

pub fn parse_role(text: &str) -> Result<Role, String> {
    Role::ALL
        .into_iter()
        .find(|role| role.name() == text)
        .ok_or_else(|| "there are source, middlebox and sink".to_owned())
}

pub fn parse_cross(text: &str) -> Result<(Role, usize, usize), String> {
    let usage = || "write it like source:1,2 or sink:3,4".to_owned();
    let (host, lines) = text.split_once(':').ok_or_else(usage)?;
    let (a, b) = lines.split_once(',').ok_or_else(usage)?;
    let line = |text: &str| text.parse().ok().filter(|line| (1..=4).contains(line)).ok_or_else(usage);
    match (parse_role(host)?, line(a)?, line(b)?) {
        (Role::Middlebox, ..) => Err("cables are crossed at the source or the sink".to_owned()),
        (_, a, b) if a == b => Err("a cable is crossed with another line's".to_owned()),
        (host, a, b) => Ok((host, a, b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbers_lists_and_ranges() {
        for (text, lines) in
            [("4", vec![4]), ("1,2,4", vec![1, 2, 4]), ("1..4", vec![1, 2, 3, 4]), ("3,1..2", vec![3, 1, 2])]
        {
            assert_eq!(parse_lines(text).unwrap().0, lines, "{text}");
        }
        for text in ["", "0", "4..1", "1..", "four", "-1", "1,,2", "300"] {
            assert!(parse_lines(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_whole_seconds_and_minutes() {
        for (text, seconds) in [("10s", 10), ("10", 10), ("2min", 120)] {
            assert_eq!(parse_duration(text), Ok(seconds), "{text}");
        }
        for text in ["0s", "500ms", "", "99999999999999999999min", "2d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn settings_name_a_framework_a_parameter_and_values() {
        let set = parse_set("netslice.batch=16,64").unwrap();
        assert_eq!(set, ("netslice.batch".to_owned(), vec!["16".to_owned(), "64".to_owned()]));
        for text in ["batch=16", "netslice.batch", "netslice.batch="] {
            assert!(parse_set(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cables_are_crossed_at_the_ends_only() {
        assert_eq!(parse_cross("source:1,2"), Ok((Role::Source, 1, 2)));
        for text in ["middlebox:1,2", "source:1", "source:0,5", "source:2,2", "source"] {
            assert!(parse_cross(text).is_err(), "{text}");
        }
    }
}
