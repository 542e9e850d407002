//! Standard output and standard error, whose reader may have gone away: hosts must be given back all the same.

pub mod tone;

use std::io::{ErrorKind, Write};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use tone::Kind;

/// Writes a result to standard output. A reader that has seen enough (`| head`) is no error.
pub fn result(text: &str) -> Result<()> {
    bytes(text.as_bytes())
}

/// Writes a result that is no text.
pub fn bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write to standard output"),
    }
}

/// Writes a line of a result.
pub fn line(text: &str) -> Result<()> {
    result(&format!("{text}\n"))
}

/// Where remarks go while standard error is somebody else's.
static ASIDE: Mutex<Option<Sender<String>>> = Mutex::new(None);

/// While this is there, remarks go to who asked for them.
#[derive(Debug)]
pub struct Aside(());

/// Takes remarks aside: a picture on the terminal would be written over.
pub fn aside() -> (Aside, Receiver<String>) {
    let (sender, receiver) = mpsc::channel();
    *ASIDE.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
    (Aside(()), receiver)
}

impl Drop for Aside {
    fn drop(&mut self) {
        *ASIDE.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Writes a remark to standard error. After a terminal was closed nobody reads it, and nothing is lost with it. With
/// `--quiet` only what is a warning or an error by its first word is written.
pub fn remark(text: &str) {
    say(Kind::of(text), text);
}

/// Writes why something failed to standard error, whatever its first word is.
pub fn fault(text: &str) {
    say(Kind::Error, text);
}

fn say(kind: Kind, text: &str) {
    let aside = ASIDE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if aside.is_some_and(|aside| aside.send(text.to_owned()).is_ok()) {
        return;
    }
    if tone::is_quiet() && kind == Kind::Remark {
        return;
    }
    let text = if tone::colors_stderr() { kind.paint(text) } else { text.to_owned() };
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The text as one line: what it quotes may break lines or speak to the terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An error with its causes, the ways out (`hint: …`) last.
pub fn error_text(error: &anyhow::Error) -> String {
    let (mut causes, mut hints) = (Vec::new(), Vec::new());
    for cause in error.chain() {
        let text = cause.to_string();
        let (hint, said): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("hint: "));
        causes.push(said.join("\n"));
        hints.extend(hint.into_iter().map(str::to_owned));
    }
    std::iter::once(causes.join(": ")).chain(hints).collect::<Vec<_>>().join("\n")
}
