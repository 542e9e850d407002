//! What is being waited for, on stderr: a spinner on a terminal, a line each elsewhere.
//!
//! Results never come through here; they go to stdout.

mod block;

pub use block::Block;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{self, tone};

/// Everything that moves on the terminal, so that one does not draw over another.
static SCREEN: LazyLock<MultiProgress> = LazyLock::new(|| MultiProgress::with_draw_target(target()));

/// Where it moves, if it is to.
fn target() -> ProgressDrawTarget {
    if tone::is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() }
}

/// What a spinner looks like where the terminal has no other letters.
const PLAIN_TICKS: &str = "-\\|/ ";

/// While this is there nothing moves on the terminal: what goes on is said in lines.
#[derive(Debug)]
pub struct Hidden(());

/// Leaves the terminal to somebody else.
pub fn hide() -> Hidden {
    SCREEN.set_draw_target(ProgressDrawTarget::hidden());
    Hidden(())
}

impl Drop for Hidden {
    fn drop(&mut self) {
        SCREEN.set_draw_target(target());
    }
}

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
            output::remark(&format!("{what} {}", dots()));
        } else {
            let template = format!("{{spinner}} {{msg}} {} {{elapsed}}", dots());
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(if is_utf8() { style } else { style.tick_chars(PLAIN_TICKS) });
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

/// Says why something failed on stderr.
pub fn fault(text: impl AsRef<str>) {
    SCREEN.suspend(|| output::fault(text.as_ref()));
}

/// Whether the terminal has letters beyond ASCII, by the variables that a shell's locale is made of.
pub fn is_utf8() -> bool {
    speaks_utf8(&|name| std::env::var(name).ok())
}

fn speaks_utf8(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    set.is_some_and(|locale| locale.to_ascii_uppercase().replace('-', "").contains("UTF8"))
}

/// What says that something goes on: in a file any letters will do.
fn dots() -> &'static str {
    if SCREEN.is_hidden() || is_utf8() { "…" } else { "..." }
}

/// A bar below what is shown already; it is taken away when it is dropped.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar of `length` ticks with a name in front of it; a hidden one where a block shows more.
    pub fn new(name: String, length: u64) -> Self {
        if Block::is_shown() {
            return Self(ProgressBar::hidden());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_tells_what_letters_there_are() {
        let of = |set: &[(&str, &str)]| {
            speaks_utf8(&|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(of(&[("LANG", "de_DE.UTF-8")]) && of(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!of(&[]) && !of(&[("LANG", "C")]) && !of(&[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")]));
    }
}
