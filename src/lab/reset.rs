//! The reset button of a guest.
//!
//! Must not know why it is pressed.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;

use super::TRIES;
use super::machine::{ALIVE, PANIC, READY, console, monitor};
use super::qmp::Qmp;
use crate::poll;
use crate::progress::note;
use crate::role::Role;

/// How long a guest may take until it says its first word.
const SILENCE: Duration = Duration::from_secs(90);

/// How long it may take from there until it can be reached.
const BOOT: Duration = Duration::from_secs(180);

/// What a guest's console says of its boot.
#[derive(Debug, PartialEq, Eq)]
enum Boot {
    Silent,
    Alive,
    Ready,
    Died,
}

/// Resets the guest `role` of the lab in `dir`, and returns when it can be reached again.
pub fn reset(dir: &Path, role: Role) -> Result<()> {
    let console = console(dir, role);
    for left in (0..TRIES).rev() {
        // What it said before counts no more.
        let said = fs::metadata(&console).map_or(0, |meta| meta.len());
        Qmp::connect(&monitor(dir, role))?.execute("system_reset", &Value::Null)?;
        let pressed = Instant::now();
        let boots = poll::until(SILENCE + BOOT, &format!("lab guest `{role}` to boot"), || {
            let text = fs::read(&console).unwrap_or_default();
            Ok(match boot(&String::from_utf8_lossy(text.get(said as usize..).unwrap_or_default())) {
                Boot::Ready => Some(true),
                Boot::Died => Some(false),
                Boot::Silent if pressed.elapsed() > SILENCE => Some(false),
                Boot::Silent | Boot::Alive => None,
            })
        })?;
        if boots {
            return Ok(());
        }
        if left > 0 {
            note(format!("lab guest `{role}` died while it booted; resetting it again"));
        }
    }
    bail!("lab guest `{role}` does not boot (console: {})", console.display())
}

fn boot(said: &str) -> Boot {
    if said.contains(PANIC) {
        Boot::Died
    } else if said.contains(READY) {
        Boot::Ready
    } else if said.contains(ALIVE) {
        Boot::Alive
    } else {
        Boot::Silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_tells_how_far_a_boot_is() {
        assert_eq!(boot(""), Boot::Silent);
        assert_eq!(boot("nsbench: guest alive\n"), Boot::Alive);
        assert_eq!(boot("nsbench: guest alive\nnsbench: guest ready\n"), Boot::Ready);
        assert_eq!(boot("[    1.0] Kernel panic - not syncing: x\n"), Boot::Died);
    }
}
