//! A test address on a port.

use super::{Step, say};
use crate::host::shell::{Argv, quote};

/// The IPv4 address `cidr` on `port`; refused where the port has it already, because then it is somebody's.
pub fn address(port: &str, cidr: &str) -> Step {
    let show = format!("ip -o -4 address show dev {}", quote(port));
    let change = |verb: &str| Argv::new(["ip", "address", verb, cidr, "dev", port]).to_string();
    let has = format!("{show} | grep -qF {}", quote(&format!(" {cidr} ")));
    Step {
        title: format!("{port}: address {cidr}"),
        save: format!(
            "if {has}; then {} >&2; false; else {}; fi",
            say(&format!("{port} already has {cidr}")),
            say(&change("delete"))
        ),
        apply: change("add"),
        verify: has,
        payload: None,
    }
}
