//! The root queueing discipline of a port, for frameworks that put one of their own in its place.

use super::{Step, say, say_with};
use crate::host::shell::quote;

/// Sees to it that the kernel's own root qdisc is there again afterwards.
pub fn come_back(port: &str) -> Step {
    let again = say(&format!("tc qdisc delete dev {} root 2>/dev/null || :", quote(port)));
    Step {
        title: format!("{port}: root qdisc comes back"),
        save: format!("{}\n{again}", refuse_somebodys(port)),
        apply: ":".to_owned(),
        verify: ":".to_owned(),
        payload: None,
    }
}

/// sh that fails where the port has a root qdisc that somebody set up (its handle is not `0:`): it would be lost.
pub fn refuse_somebodys(port: &str) -> String {
    let p = quote(port);
    format!(
        "own=$(tc qdisc show dev {p} 2>/dev/null | grep ' root ' | grep -v '^qdisc [a-z_]* 0: ' || :)\n\
         [ -z \"$own\" ] || {{ {} >&2; {} >&2; false; }}",
        say_with(&format!("{port} has a root qdisc that somebody set up:"), "own"),
        say(&format!("hint: take it out: tc qdisc delete dev {p} root")),
    )
}
