//! A test address on a port.

use std::net::Ipv4Addr;

use super::{Step, say};
use crate::host::shell::{Argv, quote};

/// The IPv4 address `cidr` on `port`; refused where the port has it already, because then it is somebody's.
pub fn address(port: &str, cidr: &str) -> Step {
    words(port, &[cidr])
}

/// The address `own` on `port` for one `peer` alone, so that another port may have an address of the same network.
pub fn to_peer(port: &str, own: Ipv4Addr, peer: Ipv4Addr) -> Step {
    words(port, &[&own.to_string(), "peer", &format!("{peer}/32")])
}

fn words(port: &str, words: &[&str]) -> Step {
    let shown = words.join(" ");
    let show = format!("ip -o -4 address show dev {}", quote(port));
    let change = |verb: &str| Argv::new([&["ip", "address", verb], words, &["dev", port]].concat()).to_string();
    let has = format!("{show} | grep -qF {}", quote(&format!(" {shown} ")));
    Step {
        title: format!("{port}: address {shown}"),
        save: format!(
            "if {has}; then {} >&2; false; else {}; fi",
            say(&format!("{port} already has {shown}")),
            say(&change("delete"))
        ),
        apply: change("add"),
        verify: has,
        payload: None,
    }
}
