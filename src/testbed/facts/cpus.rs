//! Lists of CPUs as the kernel writes them: `0-3,8`.
//!
//! Must not know what is done on them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// More CPUs than any machine has; a range beyond is no list.
const MOST: u32 = 1 << 16;

/// The CPUs of one list, or of several with blanks between, each once and in order; `None` where it is no such list.
pub fn cpus(lists: &str) -> Option<Vec<u32>> {
    let mut found = BTreeSet::new();
    for range in lists.split([',', ' ']).filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= MOST {
            return None;
        }
        found.extend(first..=last);
    }
    Some(found.into_iter().collect())
}

/// The list that the kernel would write for these CPUs, which are in order.
pub fn list(cpus: &[u32]) -> String {
    let mut text = String::new();
    let mut rest = cpus;
    while let Some(first) = rest.first() {
        let length = (1..rest.len()).take_while(|n| rest[*n] == first + *n as u32).count() + 1;
        let comma = if text.is_empty() { "" } else { "," };
        let _ = match length {
            1 => write!(text, "{comma}{first}"),
            _ => write!(text, "{comma}{first}-{}", rest[length - 1]),
        };
        rest = &rest[length..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written_as_the_kernel_has_them() {
        for (text, cpus_of) in [("0", vec![0]), ("0-3,8", vec![0, 1, 2, 3, 8]), ("", vec![])] {
            assert_eq!(cpus(text), Some(cpus_of.clone()));
            assert_eq!(list(&cpus_of), text);
        }
        assert_eq!(cpus("8 0-1 1"), Some(vec![0, 1, 8]));
        for text in ["x", "3-1", "1-", "0-99999999"] {
            assert_eq!(cpus(text), None, "{text}");
        }
    }
}
