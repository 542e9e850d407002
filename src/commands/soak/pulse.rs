//! How far a soak has come, for who waits for it. Must not know what a cycle is.

use std::time::{Duration, Instant};

use crate::progress::{Bar, note};

/// Between two lines where there is no terminal to draw on.
const PAUSE: Duration = Duration::from_secs(15);

/// Cycles by whose time the rest is reckoned.
const RECENT: usize = 20;

/// The cycles so far.
pub struct Pulse {
    bar: Bar,
    all: u32,
    recent: Vec<f64>,
    told: Instant,
}

impl Pulse {
    /// Begins with `all` cycles to go.
    pub fn start(all: u32) -> Self {
        let bar = Bar::new("cycles".to_owned(), u64::from(all));
        Self { bar, all, recent: Vec::new(), told: Instant::now() }
    }

    /// A cycle has come to its end.
    pub fn beat(&mut self, cycle: u32, seconds: f64) {
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.recent.push(seconds);
        let text = words(cycle, self.all, self.recent.iter().sum::<f64>() / self.recent.len() as f64);
        self.bar.tick(text.clone());
        if self.bar.is_hidden() && (cycle == 1 || cycle == self.all || self.told.elapsed() >= PAUSE) {
            note(text);
            self.told = Instant::now();
        }
    }
}

fn words(cycle: u32, all: u32, seconds: f64) -> String {
    let left = f64::from(all - cycle) * seconds;
    let left = if left >= 120.0 { format!("{:.0} min", left / 60.0) } else { format!("{left:.0} s") };
    format!("cycle {cycle} of {all}: {seconds:.1} s a cycle, {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_seconds_and_then_in_minutes() {
        assert_eq!(words(10, 12, 2.5), "cycle 10 of 12: 2.5 s a cycle, 5 s left");
        assert_eq!(words(1, 1001, 2.4), "cycle 1 of 1001: 2.4 s a cycle, 40 min left");
    }
}
