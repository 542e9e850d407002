//! The root queueing discipline of a port, for frameworks that put one of their own in its place.

use super::{Step, say, say_with};
use crate::host::shell::quote;

/// Sees to it that the kernel's own root qdisc is there again afterwards. One that somebody set up (its handle is not
/// `0:`) would be lost, so it is refused.
pub fn come_back(port: &str) -> Step {
    let p = quote(port);
    Step {
        title: format!("{port}: root qdisc comes back"),
        save: format!(
            "own=$(tc qdisc show dev {p} | grep ' root ' | grep -v '^qdisc [a-z_]* 0: ' || :)\n\
             [ -z \"$own\" ] || {{ {} >&2; {} >&2; false; }}\n\
             {}",
            say_with(&format!("{port} has a root qdisc that somebody set up:"), "own"),
            say(&format!("hint: take it out: tc qdisc delete dev {p} root")),
            say(&format!("tc qdisc delete dev {p} root 2>/dev/null || :"))
        ),
        apply: ":".to_owned(),
        verify: ":".to_owned(),
        payload: None,
    }
}
