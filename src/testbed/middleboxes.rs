//! The middleboxes of a testbed file, one or several, and the lines that lead through each.
//!
//! Must not look at any host, nor know what makes the rest of the file sound.

use std::collections::BTreeMap;

use super::load::File;
use super::validate::{Found, is_name, misnamed, quoted};
use super::{HostSpec, Line};
use crate::yaml::Document;

/// A middlebox and its lines.
pub struct Machine {
    /// What the file calls it, where it names several.
    pub name: Option<String>,
    /// How to reach it.
    pub host: HostSpec,
    /// The lines through it, in file order.
    pub lines: Vec<Line>,
}

/// Finds what is wrong with them.
pub fn check(file: &Document<File>, found: &mut Found) {
    match (&file.value.hosts.middlebox, &file.value.hosts.middleboxes) {
        (Some(_), None) => none_named(file, found),
        (None, Some(machines)) => several(file, machines, found),
        (None, None) => found.push(file.at(
            &["hosts"],
            "`hosts` has no `middlebox`",
            "nothing forwards the traffic",
            "add `middlebox: { ssh: … }`; or where there are several, `middleboxes:` with each by a name",
        )),
        (Some(_), Some(_)) => {
            let both = file.at(
                &["hosts", "middleboxes"],
                "both `middlebox` and `middleboxes`",
                "says again what forwards the traffic",
                "write `middlebox` where there is one, and where there are several all of them in `middleboxes`",
            );
            found.push(file.also(both, &["hosts", "middlebox"], "said here"));
        }
    }
}

/// Where there is one, lines need not say through which they lead.
fn none_named(file: &Document<File>, found: &mut Found) {
    for (index, line) in file.value.lines.iter().enumerate() {
        if let Some(name) = &line.middlebox {
            found.push(file.at(
                &["lines", &index.to_string(), "middlebox"],
                &format!("there is no middlebox called {}", quoted(name)),
                "the only one has no name",
                "leave `middlebox` out, or name several in `hosts`: `middleboxes: { NAME: { ssh: … }, … }`",
            ));
        }
    }
}

fn several(file: &Document<File>, machines: &BTreeMap<String, HostSpec>, found: &mut Found) {
    const KEY: [&str; 2] = ["hosts", "middleboxes"];
    if machines.is_empty() {
        found.push(file.at(&KEY, "no middlebox", "nothing forwards the traffic", "write `NAME: { ssh: … }` for each"));
        return;
    }
    if file.value.lab.is_some() {
        found.push(file.at(
            &KEY,
            "the lab has one middlebox",
            "several machines",
            "write `middlebox: { ssh: middlebox }`, or leave out `lab`",
        ));
    }
    let known = machines.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    for (index, line) in file.value.lines.iter().enumerate() {
        let item = index.to_string();
        match &line.middlebox {
            None => found.push(file.at(
                &["lines", &item],
                "a line that does not say through which middlebox it leads",
                "no `middlebox`",
                &format!("add `middlebox: NAME` with one of {known}"),
            )),
            Some(name) if !machines.contains_key(name) => found.push(file.at(
                &["lines", &item, "middlebox"],
                &format!("there is no middlebox called {}", quoted(name)),
                "not in `hosts.middleboxes`",
                &format!("write one of {known}"),
            )),
            Some(_) => {}
        }
    }
    for name in machines.keys() {
        if !is_name(name) {
            found.push(misnamed(file, &[&KEY[..], &[name]].concat(), name));
        }
        if !file.value.lines.iter().any(|line| line.middlebox.as_ref() == Some(name)) {
            found.push(file.at(
                &[&KEY[..], &[name]].concat(),
                &format!("no line leads through middlebox `{name}`"),
                "nothing could be measured of it",
                &format!("give it lines with `middlebox: {name}`, or leave it out"),
            ));
        }
    }
}

/// Each middlebox with its lines, in the order in which the lines come to them. For a file that was found sound.
pub fn each(one: Option<HostSpec>, several: Option<BTreeMap<String, HostSpec>>, lines: Vec<Line>) -> Vec<Machine> {
    let mut several = several.unwrap_or_default();
    if let Some(host) = one {
        return vec![Machine { name: None, host, lines }];
    }
    let mut machines: Vec<Machine> = Vec::new();
    for line in lines {
        if let Some(machine) = machines.iter_mut().find(|machine| machine.name == line.middlebox) {
            machine.lines.push(line);
        } else if let Some((name, host)) = line.middlebox.as_ref().and_then(|name| several.remove_entry(name)) {
            machines.push(Machine { name: Some(name), host, lines: vec![line] });
        }
    }
    machines
}
