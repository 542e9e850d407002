//! Upper bounds that hold on a machine that stands still now and then: what it slept through is nobody's fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A turn of the clock, and the most that is believed of one: a longer one was not this program's.
const TURN: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_millis(100);

/// A stop-watch that does not count when this machine stands still.
#[derive(Debug)]
pub struct Awake(Arc<AtomicU64>);

impl Awake {
    /// Starts it.
    pub fn start() -> Self {
        let counted = Arc::new(AtomicU64::new(0));
        let turning = Arc::downgrade(&counted);
        thread::spawn(move || {
            let mut before = Instant::now();
            loop {
                thread::sleep(TURN);
                let Some(counted) = turning.upgrade() else { return };
                let turn = before.elapsed();
                before += turn;
                counted.fetch_add(turn.min(LONGEST).as_millis() as u64, Ordering::Relaxed);
            }
        });
        Self(counted)
    }

    /// What it has counted.
    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// What comes of `work`, which must come within `bound`.
pub async fn within<T>(bound: Duration, what: &str, work: impl Future<Output = T>) -> T {
    let begun = Awake::start();
    let patience = 10 * bound;
    let value = tokio::time::timeout(patience, work).await.unwrap_or_else(|_| panic!("waited in vain for {what}"));
    assert!(begun.elapsed() < bound, "{what} took {:?}", begun.elapsed());
    value
}
