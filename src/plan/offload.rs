//! Offload features of a port.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Step;
use crate::host::shell::quote;

/// Puts the features that the port has, and can change, into the wanted state.
pub fn offloads(port: &str, wanted: &BTreeMap<String, String>) -> Step {
    let p = quote(port);
    let state =
        |feature: &str| format!("ethtool -k {p} | sed -n {}", quote(&format!("s/^{feature}: \\(on\\|off\\)$/\\1/p")));
    let (mut save, mut apply, mut verify) = (String::new(), String::new(), String::new());
    for (feature, value) in wanted {
        let (f, v, now) = (quote(feature), quote(value), state(feature));
        // A `[fixed]` feature does not match and so has no state.
        let _ = writeln!(save, "s=$({now}); [ -z \"$s\" ] || [ \"$s\" = {v} ] || echo ethtool -K {p} {f} \"$s\"");
        let _ = writeln!(apply, "[ -z \"$({now})\" ] || ethtool -K {p} {f} {v}");
        let _ = writeln!(verify, "s=$({now}); [ -z \"$s\" ] || [ \"$s\" = {v} ]");
    }
    let list: Vec<_> = wanted.iter().map(|(feature, value)| format!("{feature} {value}")).collect();
    Step { title: format!("{port}: {}", list.join(", ")), save, apply, verify, payload: None }
}
