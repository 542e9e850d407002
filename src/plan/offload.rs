//! Offload features of a port.

use std::collections::BTreeMap;

use super::{Step, say};
use crate::host::shell::quote;

/// Puts the features that the port has, and can change, into the wanted state, `on` or `off`.
///
/// A line of `ethtool -k` is `feature: on|off`, with `[fixed]` behind it where it cannot be changed: only a feature that
/// stands at the other value without that word is looked at.
pub fn offloads(port: &str, wanted: &BTreeMap<String, String>) -> Step {
    let p = quote(port);
    let change = |feature: &str, value: &str| format!("ethtool -K {p} {} {}", quote(feature), quote(value));
    let opposite = |value: &str| if value == "on" { "off" } else { "on" };
    let for_each = |then: &dyn Fn(&str, &str) -> String| {
        let cases = wanted.iter().map(|(feature, value)| {
            let pattern = quote(&format!("{feature} {} ", opposite(value)));
            format!("  {pattern}) {} ;;\n", then(feature, value))
        });
        let cases: String = cases.collect();
        format!("ethtool -k {p} | while IFS=' :\t' read -r f s r; do case \"$f $s $r\" in\n{cases}esac; done")
    };
    let list: Vec<_> = wanted.iter().map(|(feature, value)| format!("{feature} {value}")).collect();
    Step {
        title: format!("{port}: {}", list.join(", ")),
        save: for_each(&|feature, value| say(&change(feature, opposite(value)))),
        apply: for_each(&|feature, value| change(feature, value)),
        verify: for_each(&|feature, value| format!("{}; exit 1", say(&format!("{feature} is not {value}")))),
        payload: None,
    }
}
