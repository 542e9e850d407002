//! Steps on a network port itself: MTU, promiscuous mode, up.
//!
//! Files are read by the shell itself: a run has hundreds of these, and on an emulated host a process costs 50 ms.

use super::{Step, say, say_with};
use crate::host::shell::{Argv, quote};

fn sysfs(port: &str, name: &str) -> String {
    quote(&format!("/sys/class/net/{port}/{name}"))
}

fn set(port: &str, words: &[&str]) -> String {
    Argv::new(["ip", "link", "set", "dev", port].iter().chain(words).copied()).to_string()
}

/// The port's MTU, bytes.
pub fn mtu(port: &str, mtu: u32) -> Step {
    let file = sysfs(port, "mtu");
    Step {
        title: format!("{port}: mtu {mtu}"),
        save: format!("read -r now <{file}; {}", say_with(&set(port, &["mtu"]), "now")),
        apply: set(port, &["mtu", &mtu.to_string()]),
        verify: format!("read -r now <{file}; [ \"$now\" = {mtu} ]"),
        payload: None,
    }
}

/// The port up, with its carrier. A NIC may take seconds to find it.
pub fn up(port: &str) -> Step {
    let (flags, carrier) = (sysfs(port, "flags"), sysfs(port, "carrier"));
    Step {
        title: format!("{port}: up"),
        save: format!("read -r now <{flags}; [ $((now & 1)) -ne 0 ] || {}", say(&set(port, &["down"]))),
        apply: set(port, &["up"]),
        verify: format!(
            "nsb_wait 15 {} 2>/dev/null || {{ {}; false; }}",
            quote(&format!("read -r now <{carrier}; [ \"$now\" = 1 ]")),
            say(&format!("{port} has no carrier: is its cable plugged in, and the other end up?"))
        ),
        payload: None,
    }
}

/// The port takes frames for other addresses.
pub fn promiscuous(port: &str) -> Step {
    let flags = sysfs(port, "flags");
    Step {
        title: format!("{port}: promiscuous"),
        save: format!("read -r now <{flags}; [ $((now & 0x100)) -ne 0 ] || {}", say(&set(port, &["promisc", "off"]))),
        apply: set(port, &["promisc", "on"]),
        verify: format!("read -r now <{flags}; [ $((now & 0x100)) -ne 0 ]"),
        payload: None,
    }
}
