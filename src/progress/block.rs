//! Rows at the bottom of the terminal that are drawn anew again and again. Must not know what is on them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use super::SCREEN;

/// How many blocks are on the screen.
static SHOWN: AtomicUsize = AtomicUsize::new(0);

/// Rows below what is shown already; they are taken away when the block is dropped, or closed.
#[derive(Debug)]
pub struct Block(Mutex<Option<Vec<ProgressBar>>>);

impl Block {
    /// An empty one; `None` where there is no terminal to draw it on.
    pub fn open() -> Option<Self> {
        if SCREEN.is_hidden() {
            return None;
        }
        SHOWN.fetch_add(1, Ordering::Relaxed);
        Some(Self(Mutex::new(Some(Vec::new()))))
    }

    /// Whether there is one on the screen, which tells of the traffic better than a bar.
    pub(super) fn is_shown() -> bool {
        SHOWN.load(Ordering::Relaxed) > 0
    }

    /// Rows and columns of the terminal, as they are now.
    pub fn size() -> (usize, usize) {
        let (rows, columns) = Term::stderr().size();
        (usize::from(rows), usize::from(columns))
    }

    /// Shows these rows, of which the terminal's width cuts off what is too much. Nothing, once it is closed.
    pub fn set(&self, rows: Vec<String>) {
        let mut bars = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bars) = bars.as_mut() else { return };
        for gone in bars.drain(rows.len().min(bars.len())..) {
            take_away(&gone);
        }
        while bars.len() < rows.len() {
            let bar = SCREEN.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            bars.push(bar);
        }
        for (bar, row) in bars.iter().zip(rows) {
            bar.set_message(row);
        }
    }

    /// Takes its rows away, for good.
    pub fn close(&self) {
        let bars = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(bars) = bars {
            SHOWN.fetch_sub(1, Ordering::Relaxed);
            bars.iter().for_each(take_away);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.close();
    }
}

fn take_away(bar: &ProgressBar) {
    bar.finish_and_clear();
    SCREEN.remove(bar);
}
