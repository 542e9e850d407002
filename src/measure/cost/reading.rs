//! The clock of a guest with one CPU, and how long that CPU has been idle: what it has done, in instructions where the clock
//! counts those.
//!
//! `/proc/stat` has ten milliseconds for its unit; the kernel's list of timers has nanoseconds.

use anyhow::{Context, Result, bail};

/// Ends an answer.
pub const END: &str = "nsbench-end";

/// One moment of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    now_ns: u64,
    idle_ns: u64,
    /// Busy instructions and packets, as a framework that never rests counts them.
    counted: Option<(u64, u64)>,
}

/// What passed between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// By the guest's clock.
    pub whole_ns: u64,
    /// Of that, not idle: on a clock that counts instructions, these.
    pub busy_ns: u64,
}

/// POSIX sh that prints [`END`], and then a reading for each line of its input; `counts` prints what a framework counted itself.
pub fn script(counts: Option<&str>) -> String {
    let counts = counts.unwrap_or(":");
    // The script itself comes by the input: nothing may follow it before it has said something.
    format!(
        "echo {END}\nwhile read -r line; do\n{counts}\ngrep -E '^now at |^ *[.]idle_sleeptime' /proc/timer_list || echo 'no timer list'\n\
         echo {END}\ndone\nexit 0"
    )
}

impl Reading {
    /// Reads what the script printed.
    ///
    /// # Errors
    /// Quotes what is not what a kernel with one CPU prints.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut now, mut idle, mut counted) = (Vec::new(), Vec::new(), None);
        for line in text.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let number = |word: &str| word.parse::<u64>().with_context(|| format!("`{line}` has no number"));
            match words.as_slice() {
                ["now", "at", ns, "nsecs"] => now.push(number(ns)?),
                [".idle_sleeptime", ":", ns, "nsecs"] => idle.push(number(ns)?),
                ["counted", instructions, packets] => {
                    let (instructions, packets) = (number(instructions)?, number(packets)?);
                    let (i, p): (u64, u64) = counted.unwrap_or_default();
                    counted = Some((i.saturating_add(instructions), p.saturating_add(packets)));
                }
                _ => bail!("`{line}` is not what was asked of the middlebox's clock"),
            }
        }
        match (now.as_slice(), idle.as_slice()) {
            (&[now_ns], &[idle_ns]) => Ok(Self { now_ns, idle_ns, counted }),
            _ => bail!("expected one time and one idle time of one CPU, not `{}`", text.trim()),
        }
    }

    /// What passed from this to a later one.
    pub fn until(&self, later: &Self) -> Result<Span> {
        let whole = later.now_ns.checked_sub(self.now_ns);
        let idle = later.idle_ns.checked_sub(self.idle_ns);
        match (whole, idle) {
            (Some(whole_ns), Some(idle_ns)) if idle_ns <= whole_ns => {
                Ok(Span { whole_ns, busy_ns: whole_ns - idle_ns })
            }
            _ => bail!("the middlebox's clock went from {self:?} to {later:?}"),
        }
    }

    /// What a framework counted from this to a later one: instructions, and packets, of which there are some.
    pub fn counted_until(&self, later: &Self) -> Result<(u64, u64)> {
        let (Some((from, packets_from)), Some((to, packets_to))) = (self.counted, later.counted) else {
            bail!(
                "the framework did not say what it counted: the profile's `cost: counts` printed no `counted INSTRUCTIONS PACKETS`"
            );
        };
        let packets = packets_to.checked_sub(packets_from).filter(|packets| *packets > 0);
        to.checked_sub(from).zip(packets).with_context(|| {
            format!("the framework counted {from} instructions and {packets_from} packets before, {to} and {packets_to} after")
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, damaged, text};

    const SAID: &str = "now at 36412345678 nsecs\n  .idle_sleeptime  : 30000000000 nsecs\n";

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn what_no_clock_says_is_quoted(text in prop_oneof![text(), damaged(vec![SAID.to_owned()])]) {
            if let Err(error) = Reading::parse(&text) {
                let said = format!("{error:#}");
                let quoted = text.lines().any(|line| said.contains(&format!("`{line}`")));
                prop_assert!(quoted || said.contains(text.trim()), "{} of {:?}", said, text);
            }
        }
    }

    fn at(now_ns: u64, idle_ns: u64) -> Reading {
        Reading { now_ns, idle_ns, counted: None }
    }

    #[test]
    fn a_reading_is_the_time_and_the_idle_time_of_the_only_cpu() {
        assert_eq!(Reading::parse(SAID).unwrap(), at(36_412_345_678, 30_000_000_000));
        let two = SAID.to_owned() + "  .idle_sleeptime  : 7 nsecs\n";
        assert!(Reading::parse(&two).unwrap_err().to_string().contains("of one CPU"));
        assert!(Reading::parse("no timer list\n").unwrap_err().to_string().contains("`no timer list`"));
    }

    #[test]
    fn what_is_not_idle_is_busy_and_time_does_not_run_backwards() {
        assert_eq!(at(1000, 900).until(&at(3000, 2400)).unwrap(), Span { whole_ns: 2000, busy_ns: 500 });
        for later in [at(900, 2400), at(3000, 800), at(1100, 2000)] {
            assert!(at(1000, 900).until(&later).is_err(), "{later:?}");
        }
    }

    #[test]
    fn what_several_programs_of_a_framework_counted_is_added_up() {
        let counted = |lines: &str| Reading::parse(&format!("{lines}{SAID}")).unwrap();
        let (before, after) = (counted("counted 5 1\ncounted 6 2\n"), counted("counted 105 11\ncounted 6 2\n"));
        assert_eq!(before.counted_until(&after).unwrap(), (100, 10));
        assert!(after.counted_until(&before).is_err());
        assert!(before.counted_until(&before).is_err(), "no packets");
        assert!(before.counted_until(&at(1, 1)).is_err());
    }
}
