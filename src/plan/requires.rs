//! Programs that must be on the host.

use std::collections::BTreeMap;

use super::{Step, say};
use crate::host::shell::quote;

/// Looks for the programs before anything is changed; each stands with the Debian package that has it.
pub fn programs(wanted: &BTreeMap<String, String>) -> Step {
    let looks = wanted.iter().map(|(program, package)| {
        let missing = say(&format!("`{program}` is not installed"));
        let hint = say(&format!("hint: apt install {package}, or what your distribution calls it"));
        format!("command -v {} >/dev/null || {{ {missing}; {hint}; exit 1; }}", quote(program))
    });
    let names: Vec<_> = wanted.keys().map(String::as_str).collect();
    Step {
        title: format!("has {}", names.join(", ")),
        save: String::new(),
        apply: looks.collect::<Vec<_>>().join("\n"),
        verify: ":".to_owned(),
        payload: None,
    }
}
