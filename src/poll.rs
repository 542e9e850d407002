//! Waiting with a bound. Every wait of the program says what it waited for when it gives up.

use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::time::{error::Elapsed, timeout};

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

/// Waits for `work` up to `bound`, and then `grace` longer. The second wait begins when the first has ended: on a machine that
/// stood still for longer than both, what has a bound of its own, or an answer by now, still gets its time to say so.
pub async fn within<F: Future>(bound: Duration, grace: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    match timeout(bound, &mut work).await {
        Err(_) => timeout(grace, work).await,
        ended => ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn what_is_late_because_the_machine_stood_still_gets_its_grace() {
        let late = async {
            tokio::time::sleep(BOUND / 2).await;
            // For longer than bound and grace.
            thread::sleep(BOUND * 5);
            tokio::time::sleep(BOUND * 2).await;
            "there"
        };
        assert_eq!(within(BOUND, Duration::from_secs(20), late).await, Ok("there"));
    }

    #[tokio::test]
    async fn what_does_not_come_is_given_up() {
        assert!(within(BOUND, BOUND, std::future::pending::<()>()).await.is_err());
    }
}
