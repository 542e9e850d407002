//! What goes on while a trial is made, for who looks on: rows on a terminal, a line now and then elsewhere.
//!
//! Must not know how a host is watched, nor what a terminal is.

mod rows;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::measure::live::{Feed, Live};
use crate::output::tone;
use crate::progress::{self, Block, note};
use crate::units::BitsPerSecond;
use rows::Shape;

/// Between two drawings: samples come once a second, from each host at a time of its own.
const DRAWN_EVERY: Duration = Duration::from_millis(250);

/// Between two lines where nothing can be drawn: a trial of usual length has none.
const TOLD_EVERY: Duration = Duration::from_secs(15);

/// What is more than the frames that hosts exchange by themselves: then the traffic has begun.
const TRAFFIC_BPS: f64 = 1e5;

/// The view of a trial, until it is dropped.
#[derive(Debug)]
pub struct View {
    task: JoinHandle<()>,
    block: Option<Arc<Block>>,
}

impl View {
    /// Shows what `feed` tells. A trial sends for as long as `sending`, where that is known before.
    pub fn start(feed: Feed, sending: Option<Duration>) -> Self {
        let Some(block) = Block::open().map(Arc::new) else {
            return Self { task: tokio::spawn(tell(feed, sending)), block: None };
        };
        let task = tokio::spawn(draw(feed, Arc::clone(&block), sending));
        Self { task, block: Some(block) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.task.abort();
        // The task may be in the middle of a drawing: what is closed shows nothing more.
        if let Some(block) = &self.block {
            block.close();
        }
    }
}

/// When the traffic began, as far as can be seen.
#[derive(Debug, Default)]
struct Clock(Option<Instant>);

impl Clock {
    fn look(&mut self, live: &Live) {
        let flows = live.lines.iter().any(|line| line.sent_bps.or(line.rate_bps).unwrap_or(0.0) > TRAFFIC_BPS);
        if flows && self.0.is_none() {
            self.0 = Some(Instant::now());
        }
    }

    fn left(&self, sending: Option<Duration>) -> Option<Duration> {
        Some(sending?.saturating_sub(self.0?.elapsed()))
    }
}

async fn draw(feed: Feed, block: Arc<Block>, sending: Option<Duration>) {
    let unicode = progress::is_utf8();
    let color = tone::colors_stderr();
    let mut clock = Clock::default();
    let mut every = tokio::time::interval(DRAWN_EVERY);
    loop {
        every.tick().await;
        let live = feed.now();
        clock.look(&live);
        let (height, width) = Block::size();
        block.set(rows::rows(&live, clock.left(sending), &Shape { width, height, unicode, color }));
    }
}

async fn tell(feed: Feed, sending: Option<Duration>) {
    let mut clock = Clock::default();
    let mut told = Instant::now();
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let live = feed.now();
        clock.look(&live);
        if told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            note(in_words(&live, clock.left(sending)));
        }
    }
}

/// All lines in one line.
fn in_words(live: &Live, left: Option<Duration>) -> String {
    let mut text = String::from("  ");
    for line in &live.lines {
        let rate = line.rate_bps.map_or_else(|| "-".to_owned(), |rate| BitsPerSecond(rate).to_string());
        let _ = write!(text, "line {}: {rate}, ", line.line);
    }
    let lost: Option<u64> = live.lines.iter().map(|line| line.lost).sum();
    let _ = match lost {
        Some(lost) => write!(text, "lost {lost}"),
        None => write!(text, "lost -"),
    };
    if let Some(left) = left {
        let _ = write!(text, ", {} s left", left.as_secs());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::live::LiveLine;

    #[test]
    fn a_log_has_all_lines_in_one_and_no_figure_that_nobody_counted() {
        let of = |line, rate_bps, lost| LiveLine { line, rate_bps, lost, ..LiveLine::default() };
        let mut live = Live { lines: vec![of(1, Some(9.41e9), Some(0)), of(2, Some(1e6), Some(7))], ..Live::default() };
        let left = Some(Duration::from_secs(40));
        assert_eq!(in_words(&live, left), "  line 1: 9.410 Gb/s, line 2: 1.000 Mb/s, lost 7, 40 s left");
        live.lines[1] = of(2, None, None);
        assert_eq!(in_words(&live, None), "  line 1: 9.410 Gb/s, line 2: -, lost -");
    }
}
