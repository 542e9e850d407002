//! The terminal while it shows a demo: all of it, and as it was before when the demo is over, whatever ends it.
//!
//! Must not know what is drawn.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::crossterm::event;
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::keys::{self, Wish};

/// How long a key is waited for before it is looked whether anybody still wants one.
const PATIENCE: Duration = Duration::from_millis(100);

/// Whether there is a terminal, to show something on and to be typed on.
pub fn is_there() -> bool {
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// The terminal, taken. Dropping it gives it back; a panic does too, before it is told of.
#[derive(Debug)]
pub struct Screen {
    terminal: DefaultTerminal,
    over: Arc<AtomicBool>,
    keys: Option<JoinHandle<()>>,
}

impl Screen {
    /// Takes the terminal; wishes of its keys come to the receiver.
    pub fn take() -> Result<(Self, UnboundedReceiver<Wish>)> {
        let terminal = ratatui::try_init().inspect_err(|_| ratatui::restore());
        let terminal = terminal.context("the terminal cannot be drawn on")?;
        let over = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = mpsc::unbounded_channel();
        let keys = std::thread::spawn({
            let over = Arc::clone(&over);
            move || listen(&over, &sender)
        });
        Ok((Self { terminal, over, keys: Some(keys) }, receiver))
    }

    /// Draws.
    pub fn draw(&mut self, with: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        self.terminal.draw(with).map(drop).context("the terminal cannot be drawn on any more")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // What is typed from now on is the shell's.
        if let Some(keys) = self.keys.take() {
            let _ = keys.join();
        }
        ratatui::restore();
    }
}

/// Reads keys until nobody wants them, or there is no terminal any more.
fn listen(over: &AtomicBool, wishes: &UnboundedSender<Wish>) {
    while !over.load(Ordering::Relaxed) {
        match event::poll(PATIENCE) {
            Ok(false) => {}
            Ok(true) => {
                let Ok(event) = event::read() else { return };
                if let Some(wish) = keys::wish(&event)
                    && wishes.send(wish).is_err()
                {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}
