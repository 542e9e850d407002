//! The program that watches a host, followed until nobody wants it any more. Must not know what its lines say.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use tokio::sync::{mpsc, watch};

use super::{Heard, SAID};
use crate::host::{Lost, Process};
use crate::output;

/// How often the program hears that it is still wanted; it waits for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Listens until nobody asks any more, and sees to it that nothing stays behind. `tell` hears each line as it comes, with the
/// time since `epoch`.
pub(super) async fn follow(
    mut process: Process,
    heard: watch::Sender<Heard>,
    mut asked: mpsc::UnboundedReceiver<()>,
    epoch: Instant,
    tell: impl Fn(&str, f64),
) -> Result<()> {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.reset();
    let mut misunderstood = None;
    let wanted_no_more = loop {
        tokio::select! {
            line = process.line() => match line {
                Ok(Some(line)) => {
                    let came_s = epoch.elapsed().as_secs_f64();
                    tell(&line, came_s);
                    let mut taken = Ok(());
                    heard.send_modify(|heard| taken = heard.take(line, came_s));
                    if let Err(error) = taken {
                        misunderstood = Some(error);
                        break false;
                    }
                }
                Ok(None) | Err(_) => break false,
            },
            // A program that cannot be written to has nothing more to say either.
            _ = heartbeat.tick() => drop(process.write("\n").await),
            asked = asked.recv() => match asked {
                Some(()) => drop(process.write("\n").await),
                None => break true,
            },
        }
    };
    let result = match (process.wait().await, wanted_no_more) {
        (Ok((0, _)), true) => return Ok(()),
        // How a program ends that was cut off in the middle of a line says more than the line.
        (Ok((status, said)), _) if status != 0 || misunderstood.is_none() => Err(why(status, &said)),
        (Ok(_), _) => Err(misunderstood.unwrap_or_else(|| anyhow!("it ended"))),
        (Err(error), _) => Err(error),
    };
    let said = result.as_ref().err().map(|error: &anyhow::Error| {
        if error.is::<Lost>() { "the host was lost".to_owned() } else { output::one_line(&output::error_text(error)) }
    });
    heard.send_modify(|heard| heard.ended = said);
    result
}

/// Why a program ended that was to stay.
pub(super) fn why(status: i32, said: &str) -> anyhow::Error {
    /// What a shell says of a program that it cannot run.
    const CANNOT_RUN: i32 = 126;
    let said: String = output::one_line(said.trim()).chars().take(SAID).collect();
    let kind = std::env::consts::ARCH;
    let built = if status == CANNOT_RUN { format!(" (it is built for {kind})") } else { String::new() };
    anyhow!("`hoststream` ended with exit status {status}{built}: {said}")
}
