//! Ctrl-C, SIGTERM and SIGHUP: noticed at once, acted on where it is safe.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::progress::note;

/// An end that is asked for within the program, as often as one likes.
#[derive(Debug, Clone)]
pub struct ByHand(Arc<watch::Sender<bool>>);

impl ByHand {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Asks for an end, or takes that back.
    pub fn set(&self, asked: bool) {
        self.0.send_replace(asked);
    }

    /// What tells of it.
    pub fn interrupt(&self) -> Interrupt {
        Interrupt { seen: self.0.subscribe() }
    }
}

impl Default for ByHand {
    fn default() -> Self {
        Self::new()
    }
}

/// Tells whether the user wants an end. Clones see the same.
#[derive(Debug, Clone)]
pub struct Interrupt {
    seen: watch::Receiver<bool>,
}

impl Interrupt {
    /// Begins to listen. From now on the signals do not end the program.
    pub fn listen() -> Result<Self> {
        let (sender, seen) = watch::channel(false);
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        for kind in kinds {
            let mut stream = signal(kind).context("could not listen for signals")?;
            let sender = sender.clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    sender.send_replace(true);
                    // Progress goes on in the meantime, so say that the wish was heard.
                    note("interrupted: restoring the hosts");
                }
            });
        }
        Ok(Self { seen })
    }

    /// Whether an end was asked for.
    pub fn is_set(&self) -> bool {
        *self.seen.borrow()
    }

    /// Returns when an end is asked for.
    pub async fn wait(&self) {
        // The senders live as long as the program; if they did not, nobody could interrupt any more.
        if self.seen.clone().wait_for(|set| *set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
