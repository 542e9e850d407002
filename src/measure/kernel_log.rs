//! What a host's kernel said, as far as it has been heard: told from what was said before, and looked through for
//! trouble.
//!
//! Pure. Must not know how the lines come here.

use std::collections::VecDeque;

use super::trouble::Trouble;

/// Lines that are quoted of a log; the last are those that matter.
const QUOTED: usize = 6;

/// Lines that are kept to be quoted.
const RECENT: usize = 64;

/// Lines of each kind of trouble that are kept; a host in trouble may say the same a thousand times.
const TROUBLES: usize = 200;

/// Characters that are kept of a line.
const WIDTH: usize = 300;

/// A moment by the clock of a kernel's log, in microseconds since it booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Of a line as `dmesg` prints it, `[  123.456789] text`.
    pub fn of(line: &str) -> Option<Self> {
        Self::seconds(line.trim_start().strip_prefix('[')?.split_once(']')?.0)
    }

    /// `123.456789`, or with fewer places.
    fn seconds(text: &str) -> Option<Self> {
        let (whole, part) = text.trim().split_once('.')?;
        let part: u64 = format!("{part:0<6}").get(..6)?.parse().ok()?;
        Some(Self(whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(part)?))
    }
}

/// A line that tells of trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it tells of.
    pub trouble: Trouble,
    /// Its text.
    pub text: String,
}

/// What has been heard of one host's log.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// Whether everything from now on is heard.
    pub begun: bool,
    /// Whether the host lets its log be read.
    pub unreadable: bool,
    /// Why the connection is gone, if it is.
    pub lost: Option<String>,
    /// The newest line that was heard, old ones among them.
    pub newest: Option<Moment>,
    /// What is older, or as old, was said before.
    before: Option<Moment>,
    /// Number of the last line; those up to it come twice where the log is read again.
    sequence: Option<u64>,
    /// Lines heard since the beginning.
    heard: usize,
    recent: VecDeque<(usize, String)>,
    troubles: Vec<(usize, Line)>,
}

/// A place in a [`Log`]: so many lines had been heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark(usize);

impl Log {
    /// Takes what `follow.sh` printed, line by line.
    pub fn take(&mut self, line: &str) {
        match line.strip_prefix("nsb ") {
            Some("begin") => self.begun = true,
            Some("unreadable") => self.unreadable = true,
            Some(mark) => {
                let last = mark.strip_prefix("last ").and_then(Moment::of);
                // Seconds since boot are not quite the log's clock, and better than nothing.
                let up = mark.strip_prefix("up ").and_then(Moment::seconds);
                self.before = self.before.or(last).or(up);
            }
            None => self.record(line),
        }
    }

    /// `PRIORITY,NUMBER,MICROSECONDS,FLAGS;TEXT`; lines that begin with a space belong to the record before.
    fn record(&mut self, line: &str) {
        let Some((head, text)) = line.split_once(';') else { return };
        let mut words = head.split(',').skip(1).map(str::parse::<u64>);
        let (Some(Ok(sequence)), Some(Ok(time))) = (words.next(), words.next()) else { return };
        if self.sequence.is_some_and(|last| sequence <= last) {
            return;
        }
        self.sequence = Some(sequence);
        let time = Moment(time);
        self.newest = self.newest.max(Some(time));
        if self.before.is_some_and(|before| time <= before) || text.trim().is_empty() {
            return;
        }
        self.heard += 1;
        let text: String = text.trim().chars().take(WIDTH).collect();
        // What is said often, as of cables, must not take the room of what is said once.
        if let Some(trouble) = Trouble::of(&text)
            && self.troubles.iter().filter(|(_, line)| line.trouble == trouble).count() < TROUBLES
        {
            self.troubles.push((self.heard, Line { trouble, text: text.clone() }));
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((self.heard, text));
    }

    /// The present place.
    pub const fn mark(&self) -> Mark {
        Mark(self.heard)
    }

    /// The last lines since `mark`, oldest first.
    pub fn last_words(&self, since: Mark) -> Vec<String> {
        let words: Vec<_> = self.recent.iter().filter(|(number, _)| *number > since.0).collect();
        words[words.len().saturating_sub(QUOTED)..].iter().map(|(_, text)| text.clone()).collect()
    }

    /// The lines since `mark` that tell of trouble, oldest first.
    pub fn troubles(&self, since: Mark) -> Vec<Line> {
        self.troubles.iter().filter(|(number, _)| *number > since.0).map(|(_, line)| line.clone()).collect()
    }
}

/// A reason with the kernel's last words, if it had any.
pub fn with_last_words(reason: String, words: &[String]) -> String {
    if words.is_empty() { reason } else { format!("{reason}\nthe kernel's last words: {}", words.join(" | ")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, damaged, text};

    const LOG: &str = "nsb up 12.0\nnsb begin\n6,1,500000,-;Linux version\n4,2,12500000,-;no more netmap_ring objects\n\
                       a line without a time\n SUBSYSTEM=pci\n6,3,13000000,-;\n3,4,1234567123456,-;a packet [too] long\n";

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn whatever_a_log_holds_few_of_its_own_words_are_quoted(said in prop_oneof![text(), damaged(vec![LOG.to_owned()])]) {
            let mut log = Log::default();
            said.lines().for_each(|line| log.take(line));
            let words = log.last_words(Mark::default());
            prop_assert!(words.len() <= QUOTED);
            prop_assert!(words.iter().all(|words| !words.is_empty() && said.contains(words)));
        }
    }

    fn log(lines: &[&str]) -> Log {
        let mut log = Log::default();
        for line in lines {
            log.take(line);
        }
        log
    }

    #[test]
    fn what_was_said_before_is_not_heard_and_of_the_rest_the_last_is_quoted() {
        let heard = log(&[
            "nsb last [   12.500000] old",
            "nsb up 99.00",
            "nsb begin",
            "6,7,12000001,-;older",
            "6,8,12500000,-;old",
            "6,9,12500001,-,caller=T1;no more netmap_ring objects",
            " SUBSYSTEM=pci",
            "6,10,12500002,-; ",
            "no record",
        ]);
        assert!(heard.begun && !heard.unreadable);
        assert_eq!(heard.last_words(Mark::default()), ["no more netmap_ring objects"]);
        assert_eq!(heard.newest, Some(Moment(12_500_002)));
        let many: Vec<_> = (0..100).map(|number| format!("6,{number},{number},-;word {number}")).collect();
        let many = log(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(many.last_words(Mark::default()).first().map(String::as_str), Some("word 94"));
        assert_eq!(many.last_words(many.mark()), [""; 0]);
    }

    #[test]
    fn without_a_last_line_what_came_before_is_told_by_the_time_since_boot() {
        let heard = log(&["nsb up 12.5", "6,1,12400000,-;old", "6,2,12600000,-;new"]);
        assert_eq!(heard.last_words(Mark::default()), ["new"]);
    }

    #[test]
    fn lines_that_come_again_are_heard_once() {
        let lines = ["6,1,1,-;BUG: one", "6,2,2,-;two", "6,1,1,-;BUG: one", "6,2,2,-;two", "6,3,3,-;three"];
        let heard = log(&lines);
        assert_eq!(heard.last_words(Mark::default()), ["BUG: one", "two", "three"]);
        assert_eq!(heard.troubles(Mark::default()).len(), 1);
    }

    #[test]
    fn trouble_is_found_since_a_mark_and_bounded() {
        let mut log = log(&["4,1,1,-;WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2"]);
        let mark = log.mark();
        assert_eq!(log.troubles(mark), []);
        for number in 2..1000 {
            log.take(&format!("4,{number},{number},-;eth1: NIC Link is Down {}", "x".repeat(1000)));
        }
        let troubles = log.troubles(mark);
        assert_eq!((troubles.len(), troubles[0].trouble), (TROUBLES, Trouble::Link));
        assert_eq!(troubles[0].text.len(), WIDTH);
        log.take("1,2000,2000,-;BUG: kernel NULL pointer dereference, address: 0000000000000008");
        assert_eq!(log.troubles(mark).last().map(|line| line.trouble), Some(Trouble::Oops));
        assert_eq!(log.troubles(Mark::default())[0].trouble, Trouble::Warning);
    }

    #[test]
    fn moments_are_read_as_dmesg_and_proc_print_them() {
        assert_eq!(Moment::of("[   12.000345] text"), Some(Moment(12_000_345)));
        assert_eq!(Moment::of("[12.000345][    T1] text [1.2]"), Some(Moment(12_000_345)));
        assert_eq!(Moment::seconds("12.34"), Some(Moment(12_340_000)));
        for text in ["", "dmesg: Operation not permitted", "[x.y] text", "[99999999999999999999.0]", "[1.é000000]"] {
            assert_eq!(Moment::of(text), None, "{text}");
        }
    }
}
