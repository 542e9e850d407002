//! What a line loses, while it goes on. Pure: must not know where counts come from.
//!
//! Two ways to tell, and the one that tells of more counts: the ports' own counters of drops, and what left the source and
//! has not come to the sink. The latter are counts of two hosts at one moment, as far as their clocks tell; what is on its
//! way, and what their clocks may be apart, is taken off.

use std::collections::VecDeque;

use crate::record::streams::PortCount;
use crate::testbed::Seat;

/// What counts of two hosts may be apart in time: clocks, and drivers that read a card's counters now and then.
const APART_S: f64 = 0.05;

/// Of what is on its way more or less than a moment ago, as a share of what is sent.
const RIPPLE: f64 = 0.02;

/// What is looked at for what goes on.
const LATELY_S: f64 = 1.0;

/// Clocks tick in steps.
const NEARLY_S: f64 = 0.01;

/// Samples whose counts are kept: those of one host may come that much later than those of another.
const KEPT: usize = 50;

/// What went through a port in one direction.
#[derive(Debug, Default)]
pub struct Flow {
    /// When, by the host's clock, and how many packets by then.
    points: VecDeque<[f64; 2]>,
    /// Bytes of the span that goes on.
    bytes: Bytes,
    /// Whether a sample was not known, so that no sum is.
    broken: bool,
}

#[derive(Debug, Default)]
enum Bytes {
    #[default]
    None,
    Known(u64),
    Broken,
}

/// What a port dropped.
#[derive(Debug, Default)]
pub struct Totals {
    /// Since the beginning, received and sent.
    all: Option<[u64; 2]>,
    /// The last samples: how long each was, and what was dropped in it.
    recent: VecDeque<(f64, [u64; 2])>,
}

impl Flow {
    /// Counts anew.
    pub fn begin(&mut self) {
        self.points.clear();
        self.broken = false;
    }

    /// Packets and bytes of a sample that ended then. After one that nobody knows the sum is not known either.
    pub fn count(&mut self, until_s: f64, count: Option<[u64; 2]>) {
        let Some([packets, bytes]) = count else {
            self.points.clear();
            self.broken = true;
            self.bytes = Bytes::Broken;
            return;
        };
        if !self.broken {
            let before = self.points.back().map_or(0.0, |[_, packets]| *packets);
            if self.points.len() == KEPT {
                self.points.pop_front();
            }
            self.points.push_back([until_s, before + packets as f64]);
        }
        self.bytes = match self.bytes {
            Bytes::None => Bytes::Known(bytes),
            Bytes::Known(before) => Bytes::Known(before.saturating_add(bytes)),
            Bytes::Broken => Bytes::Broken,
        };
    }

    /// Bits of the span that is over, where they are known.
    pub fn bits(&mut self) -> Option<f64> {
        match std::mem::take(&mut self.bytes) {
            Bytes::Known(bytes) => Some(bytes as f64 * 8.0),
            Bytes::None | Bytes::Broken => None,
        }
    }

    /// How many packets by then; not known before the first sample and after the last.
    fn at(&self, s: f64) -> Option<f64> {
        let after = self.points.iter().position(|[at, _]| *at >= s - 1e-9)?;
        let [end, until] = self.points[after];
        let Some([begin, by]) = after.checked_sub(1).map(|before| self.points[before]) else {
            return (end - s < 1e-9).then_some(until);
        };
        Some(by + (until - by) * ((s - begin) / (end - begin)).clamp(0.0, 1.0))
    }
}

impl Totals {
    /// A sample. What is not known of it is missing in the sum, which tells of a least number.
    pub fn count(&mut self, duration_s: f64, count: Option<&PortCount>) {
        let Some(count) = count else { return };
        let dropped = [count.rx_dropped.saturating_add(count.rx_fifo), count.tx_dropped.saturating_add(count.tx_fifo)];
        let all = self.all.unwrap_or_default();
        self.all = Some([all[0].saturating_add(dropped[0]), all[1].saturating_add(dropped[1])]);
        self.recent.push_back((duration_s, dropped));
        let mut length_s: f64 = self.recent.iter().map(|(duration, _)| duration).sum();
        while self.recent.len() > 1 && length_s - self.recent[0].0 >= LATELY_S - NEARLY_S {
            length_s -= self.recent.pop_front().map_or(0.0, |(duration, _)| duration);
        }
    }
}

/// What a port at that place dropped of what goes from source to sink: in all, and a second.
pub fn dropped(seat: Seat, totals: &Totals) -> Option<[f64; 2]> {
    let direction = usize::from(matches!(seat, Seat::Source | Seat::Out));
    let all = totals.all?[direction];
    let length_s: f64 = totals.recent.iter().map(|(duration, _)| duration).sum();
    let recent: u64 = totals.recent.iter().map(|(_, dropped)| dropped[direction]).sum();
    Some([all as f64, recent as f64 / length_s.max(NEARLY_S)])
}

/// Packets that left the source and did not come to the sink: in all, and a second of late. `offset_s` has to be added to
/// the source's clock, less to the sink's, to get one clock.
pub fn missing(source: &Flow, sink: &Flow, offset_s: f64) -> Option<[f64; 2]> {
    // At times that the sink has counts of and the source has too.
    let both = sink.points.iter().rev().filter_map(|[at, received]| Some([*at, source.at(at - offset_s)?, *received]));
    let both: Vec<[f64; 3]> = both.collect();
    let [now, sent, received] = *both.first()?;
    let [then, sent_then, received_then] =
        *both.iter().take_while(|[at, ..]| now - at <= LATELY_S + NEARLY_S).last()?;
    let (duration_s, sending, receiving) = (now - then, sent - sent_then, received - received_then);
    let apart = if duration_s > 0.0 { sending.max(receiving) / duration_s * APART_S } else { 0.0 };
    // A port that counts other frames than the other one, or none, tells nothing.
    if received > sent + apart.max(sent * RIPPLE) + 100.0 {
        return None;
    }
    let least = both.iter().filter(|[at, ..]| *at >= then).map(|[_, sent, received]| sent - received);
    let missing = (least.reduce(f64::min)? - apart).max(0.0).round();
    let less = sending - receiving;
    let losing = missing > 0.0 && duration_s > 0.0 && less > sending * RIPPLE;
    Some([missing, if losing { less / duration_s } else { 0.0 }])
}
