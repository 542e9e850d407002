//! What a host's kernel said while something went on there.

use anyhow::{Context, Result};

use crate::host::Host;

/// Lines that are shown of a log; the last are those that matter.
const LINES: usize = 6;

/// A moment on a host, in seconds since it booted: the clock of its kernel's log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment(f64);

/// Now, on `host`.
pub async fn now(host: &Host) -> Result<Moment> {
    let text = host.script("cat /proc/uptime").await?.success("reading /proc/uptime")?;
    let seconds = text.split(' ').next().and_then(|word| word.parse().ok());
    seconds.map(Moment).with_context(|| format!("`{}` is no uptime", text.trim()))
}

/// The kernel's last words since `moment`, oldest first; none where it said nothing or the log cannot be read.
pub async fn last_words(host: &Host, moment: Moment) -> Vec<String> {
    match host.script("dmesg").await {
        Ok(output) => since(&output.stdout, moment),
        Err(_) => Vec::new(),
    }
}

/// The last lines of what `dmesg` printed, `[  123.456789] text`, that are not older than `moment`.
fn since(log: &str, moment: Moment) -> Vec<String> {
    let words = log.lines().filter_map(|line| {
        let (stamp, text) = line.strip_prefix('[')?.split_once(']')?;
        let seconds: f64 = stamp.trim().parse().ok()?;
        (seconds >= moment.0).then(|| text.trim().to_owned())
    });
    let words: Vec<_> = words.filter(|text| !text.is_empty()).collect();
    words[words.len().saturating_sub(LINES)..].to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, damaged, text};

    const LOG: &str = "[    0.000000] Linux version\n[   12.500000] no more netmap_ring objects\na line without a time\n\
                       [   13.000000]\n[1234567.123456] [T1] netslice: a packet [too] long\n";

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn whatever_a_log_holds_few_of_its_own_words_are_quoted(log in prop_oneof![text(), damaged(vec![LOG.to_owned()])]) {
            let words = since(&log, Moment(12.0));
            prop_assert!(words.len() <= LINES);
            prop_assert!(words.iter().all(|words| !words.is_empty() && log.contains(words)));
        }
    }

    #[test]
    fn only_what_was_said_since_is_quoted_and_of_that_the_last() {
        let log = "[    0.000000] Linux version\n[   12.000001] old\n[   12.500000] no more netmap_ring objects\n\
                   a line without a time\n[   13.000000]\n";
        assert_eq!(since(log, Moment(12.4)), ["no more netmap_ring objects"]);
        let many: Vec<_> = (0..20).map(|number| format!("[   20.{number:06}] word {number}")).collect();
        assert_eq!(since(&many.join("\n"), Moment(1.0)).first().map(String::as_str), Some("word 14"));
        assert_eq!(since("dmesg: read kernel buffer failed: Operation not permitted", Moment(0.0)), [""; 0]);
    }
}
