//! What is being waited for, on stderr: a spinner on a terminal, a line each elsewhere.
//!
//! Results never come through here; they go to stdout.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::output;

/// Everything that moves on the terminal, so that one does not draw over another.
static SCREEN: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// One activity that takes a while. Says how long it took when it ends.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    what: String,
    since: Instant,
}

impl Progress {
    /// Begins to show `what` is being waited for.
    pub fn start(what: impl Into<String>) -> Self {
        let what = what.into();
        let bar = SCREEN.add(ProgressBar::new_spinner());
        if bar.is_hidden() {
            output::remark(&format!("{what} …"));
        } else {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} … {elapsed}") {
                bar.set_style(style);
            }
            bar.set_message(what.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, what, since: Instant::now() }
    }

    /// Ends with what came of it.
    pub fn done(self, outcome: &str) {
        let seconds = self.since.elapsed().as_secs_f64();
        let comma = if outcome.is_empty() { "" } else { ", " };
        self.bar.finish_and_clear();
        SCREEN.remove(&self.bar);
        note(format!("{}: {outcome}{comma}{seconds:.1} s", self.what));
    }
}

/// Says one thing on stderr.
pub fn note(text: impl AsRef<str>) {
    SCREEN.suspend(|| output::remark(text.as_ref()));
}

/// A bar below what is shown already; it is taken away when it is dropped.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar of `length` ticks with a name in front of it.
    pub fn new(name: String, length: u64) -> Self {
        let bar = SCREEN.add(ProgressBar::new(length));
        if let Ok(style) = ProgressStyle::with_template("  {prefix}  {bar:30} {msg:>12}") {
            bar.set_style(style);
        }
        bar.set_prefix(name);
        Self(bar)
    }

    /// Whether there is no terminal to draw it on.
    pub fn is_hidden(&self) -> bool {
        self.0.is_hidden()
    }

    /// One tick on, and what is so now.
    pub fn tick(&self, message: String) {
        self.0.set_message(message);
        self.0.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        SCREEN.remove(&self.0);
    }
}
