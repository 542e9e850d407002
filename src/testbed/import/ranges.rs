//! Hosts of an inventory that stand for several: `node[01:16].lab`, `[a:f]`, `[0:100:10]`.
//!
//! Pure. Must not know what hosts are.

use anyhow::{Result, bail};

/// More hosts than a rack has; what a slip of the finger makes is refused before it takes memory.
const MOST: usize = 4096;

/// The names that `pattern` stands for; itself where there is no range in it. `place` is where it stands.
pub fn expand(place: &str, pattern: &str) -> Result<Vec<String>> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, (range, after))) = next(rest) {
        let values = values(place, range)?;
        if names.len().saturating_mul(values.len()) > MOST {
            bail!("{place}: `{pattern}` is more than {MOST} hosts\nhint: write the range of those that there are");
        }
        names =
            names.iter().flat_map(|name| values.iter().map(move |value| format!("{name}{before}{value}"))).collect();
        rest = after;
    }
    for name in &mut names {
        name.push_str(rest);
    }
    Ok(names)
}

/// What stands before the next range, the range without its brackets, and what stands behind it.
fn next(text: &str) -> Option<(&str, (&str, &str))> {
    for (at, _) in text.match_indices('[') {
        let Some((range, after)) = text[at + 1..].split_once(']') else { continue };
        if is_range(range) {
            return Some((&text[..at], (range, after)));
        }
    }
    None
}

/// Two numbers or two letters, and perhaps a step: an IPv6 address in brackets is none.
fn is_range(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let letter = |part: &&str| part.len() == 1 && part.chars().all(|c| c.is_ascii_alphabetic());
    matches!(parts.len(), 2 | 3)
        && (parts[..2].iter().all(number) || parts[..2].iter().all(letter))
        && parts[2..].iter().all(number)
}

fn values(place: &str, range: &str) -> Result<Vec<String>> {
    let wrong = |why: &str| {
        anyhow::anyhow!(
            "{place}: `[{range}]` {why}\nhint: write `[FIRST:LAST]` or `[FIRST:LAST:STEP]`, as in node[01:16]"
        )
    };
    let parts: Vec<&str> = range.split(':').collect();
    let step: usize = parts.get(2).map_or(Ok(1), |step| step.parse()).map_err(|_| wrong("has no step"))?;
    if step == 0 {
        bail!(wrong("goes nowhere"));
    }
    let letter = parts[0].chars().next().filter(char::is_ascii_alphabetic);
    let (first, last): (u32, u32) = match letter {
        Some(letter) => (letter.into(), parts[1].chars().next().map_or(0, u32::from)),
        None => (
            parts[0].parse().map_err(|_| wrong("has too large a number"))?,
            parts[1].parse().map_err(|_| wrong("has too large a number"))?,
        ),
    };
    if first > last {
        bail!(wrong("ends before it begins"));
    }
    // Leading zeros of the first say how wide all are.
    let width = if parts[0].starts_with('0') { parts[0].len() } else { 1 };
    if width > 1 && parts[0].len() != parts[1].len() {
        bail!(wrong("has ends of different widths"));
    }
    let name = |value: u32| match (letter, char::from_u32(value)) {
        (Some(_), Some(letter)) => letter.to_string(),
        _ => format!("{value:0width$}"),
    };
    Ok((first..=last).step_by(step).take(MOST + 1).map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stand_for_the_names_that_ansible_takes_them_for() {
        for (pattern, names) in [
            ("node[01:03].lab", &["node01.lab", "node02.lab", "node03.lab"][..]),
            ("db-[a:c]", &["db-a", "db-b", "db-c"]),
            ("n[8:12:2]", &["n8", "n10", "n12"]),
            ("r[1:2]n[a:b]", &["r1na", "r1nb", "r2na", "r2nb"]),
            ("[1:2]", &["1", "2"]),
            ("hp1", &["hp1"]),
            ("[2001:db8::3]", &["[2001:db8::3]"]),
            ("a[b]", &["a[b]"]),
        ] {
            assert_eq!(expand("in:1", pattern).unwrap(), names, "{pattern}");
        }
    }

    #[test]
    fn ranges_that_are_none_are_refused_with_their_place() {
        for (pattern, why) in [
            ("n[3:1]", "in:1: `[3:1]` ends before it begins"),
            ("n[1:9:0]", "in:1: `[1:9:0]` goes nowhere"),
            ("n[01:100]", "in:1: `[01:100]` has ends of different widths"),
            ("n[1:99999]", "in:1: `n[1:99999]` is more than 4096 hosts"),
            ("n[1:99]m[1:99]", "in:1: `n[1:99]m[1:99]` is more than 4096 hosts"),
            ("n[1:99999999999]", "in:1: `[1:99999999999]` has too large a number"),
        ] {
            let said = expand("in:1", pattern).unwrap_err().to_string();
            assert!(said.starts_with(why) && said.contains("\nhint: "), "{said}");
        }
    }
}
