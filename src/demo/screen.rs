//! The terminal while it shows a demo: all of it, and as it was before when the demo is over, whatever ends it.
//!
//! Must not know what is drawn.

use std::io::IsTerminal;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
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
    /// Not dropped: it would panic where the terminal was closed and the cursor cannot be shown on it.
    terminal: ManuallyDrop<DefaultTerminal>,
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
        Ok((Self { terminal: ManuallyDrop::new(terminal), over, keys: Some(keys) }, receiver))
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
        let _ = self.terminal.show_cursor();
        // Its sister that tells of a failure panics where the terminal was closed, on which it would tell.
        let _ = ratatui::try_restore();
    }
}

/// Reads keys until nobody wants them, or there is no terminal any more.
fn listen(over: &AtomicBool, wishes: &UnboundedSender<Wish>) {
    while !over.load(Ordering::Relaxed) && wait_for_keys(std::io::stdin().as_fd()) {
        // What was read at once may be several keys, and a change of size comes another way.
        while let Ok(true) = event::poll(Duration::ZERO) {
            let Ok(event) = event::read() else { return };
            if let Some(wish) = keys::wish(&event)
                && wishes.send(wish).is_err()
            {
                return;
            }
        }
    }
}

/// Waits a moment for something to read; says whether there still is a terminal. The library that reads keys would read
/// from one that was closed for ever.
fn wait_for_keys(terminal: BorrowedFd<'_>) -> bool {
    let mut asked = [PollFd::new(terminal, PollFlags::POLLIN)];
    let patience = u16::try_from(PATIENCE.as_millis()).unwrap_or(u16::MAX);
    match poll(&mut asked, PollTimeout::from(patience)) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(_) => return false,
    }
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
    !asked[0].revents().is_some_and(|told| told.intersects(gone))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_terminal_that_was_closed_is_none_and_one_that_says_nothing_still_is() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        assert!(wait_for_keys(ours.as_fd()));
        theirs.write_all(b"n").unwrap();
        assert!(wait_for_keys(ours.as_fd()));
        drop(theirs);
        // Another test's new process may have it open for a moment.
        let closed = || Ok((!wait_for_keys(ours.as_fd())).then_some(()));
        crate::poll::until(Duration::from_secs(20), "the end of the terminal", closed).unwrap();
    }
}
