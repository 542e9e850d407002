//! Waiting with a bound. Every wait of the program says what it waited for when it gives up.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks `ready` again and again, up to `bound`, until it gives a value.
pub fn until<T>(bound: Duration, what: &str, mut ready: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(value) = ready()? {
            return Ok(value);
        }
        if start.elapsed() >= bound {
            bail!("waited {} s in vain for {what}", bound.as_secs());
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}
