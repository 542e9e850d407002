//! What is being waited for, on stderr: a spinner on a terminal, a line each elsewhere.
//!
//! Results never come through here; they go to stdout.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

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
        let bar = ProgressBar::new_spinner();
        if bar.is_hidden() {
            eprintln!("{what} …");
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
        eprintln!("{}: {outcome}{comma}{seconds:.1} s", self.what);
    }
}

/// Says one thing on stderr.
pub fn note(text: impl AsRef<str>) {
    eprintln!("{}", text.as_ref());
}
