//! Ports of 127.0.0.1 by which the guests are reached.
//!
//! One that is free when it is chosen may be somebody else's a moment later: only QEMU can take it. Must not know what a guest is.

use std::net::TcpListener;

use anyhow::{Context, Result};

/// What QEMU says of a port that it cannot have.
const REFUSED: &str = "Could not set up host forwarding rule";

/// A port was taken before QEMU had it.
#[derive(Debug, thiserror::Error)]
#[error("a port for its ssh is not free any more: `{0}`")]
pub struct Taken(String);

impl Taken {
    /// Whether that is why QEMU ended that said this.
    pub fn of(said: &str) -> Option<Self> {
        said.lines().find(|line| line.contains(REFUSED)).map(|line| Self(line.trim().to_owned()))
    }
}

/// Three that nothing listens on now.
pub fn free() -> Result<[u16; 3]> {
    let bind = || TcpListener::bind(("127.0.0.1", 0)).context("could not find a free port on 127.0.0.1");
    let listeners = [bind()?, bind()?, bind()?];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::lab::machine::QEMU;

    #[test]
    fn qemu_says_of_a_port_that_is_taken_what_is_looked_for() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let rule = format!("hostfwd=tcp:127.0.0.1:{}-:22", taken.local_addr().unwrap().port());
        let mut qemu = Command::new(QEMU);
        qemu.args(["-nodefaults", "-display", "none", "-machine", "none", "-netdev"]).arg(format!("user,id=a,{rule}"));
        let Ok(output) = qemu.stdin(Stdio::null()).output() else {
            println!("skipped: there is no {QEMU}");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let error = Taken::of(&said).unwrap_or_else(|| panic!("{said}"));
        assert!(error.to_string().contains(&rule[8..]), "{error}");
        assert!(Taken::of("qemu-system-x86_64: cannot set up guest memory\n").is_none());
    }
}
