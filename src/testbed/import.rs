//! A testbed file out of a file that other tools have: an Ansible inventory, an `RSpec` manifest, or the graph of a slice.
//!
//! Knows what such files say, each in a file of its own; must not ask a host, nor guess what the file leaves open.

mod graphml;
mod inventory;
mod manifest;
mod ranges;
mod ssh_words;
mod write;
mod xml;

use anyhow::{Result, bail};

use super::{Line, Port, Testbed};
use crate::role::Role;

/// What the user said besides the file.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// What the testbed is to be called.
    pub name: String,
    /// Names of the hosts in the file, in the order of [`Role::ALL`].
    pub hosts: [String; 3],
    /// Lines by hand, in the place of those that the file has.
    pub lines: Vec<[String; 4]>,
    /// The configuration of the OpenSSH client that the testbed file is to name.
    pub ssh_config: Option<String>,
}

/// A host as the file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    name: String,
    /// What `ssh` is given.
    ssh: String,
    /// Whether commands go through sudo, where the file says.
    sudo: Option<bool>,
    /// What `ssh` must be told besides, by keys of its configuration: a key, a jump host.
    options: Vec<(String, String)>,
    /// What whoever reads the testbed file should know.
    remarks: Vec<String>,
    /// Ports that a link of the file ends at.
    ports: Vec<FoundPort>,
}

/// A port of a host and the link at it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FoundPort {
    port: String,
    link: String,
}

/// The text of a testbed file, comments included. It has been read back, and says what was found.
///
/// # Errors
/// The file is neither, lacks a host or a line, or has several where there may be one; each with what to write.
pub fn import(origin: &str, text: &str, choices: &Choices) -> Result<String> {
    let is_xml = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let found = if is_xml { xml::read(origin, text)? } else { inventory::read(origin, text)? };
    if found.is_empty() {
        bail!("`{origin}` names no host\nhint: write three, or see whether it is the right file");
    }
    let hosts = chosen(origin, &found, choices)?;
    let lines = if choices.lines.is_empty() { lines(origin, hosts)? } else { by_hand(choices) };
    let text = write::testbed(origin, choices, hosts, &lines);
    // Whatever a foreign file has for a name is judged by the same rules as what is written by hand.
    Testbed::parse("the imported testbed", &text)?;
    Ok(text)
}

/// The hosts that play the three parts.
fn chosen<'f>(origin: &str, found: &'f [Found], choices: &Choices) -> Result<[&'f Found; 3]> {
    let mut hosts = Vec::new();
    for (role, name) in Role::ALL.into_iter().zip(&choices.hosts) {
        let Some(host) = found.iter().find(|host| host.name == *name) else {
            bail!("`{origin}` has no host `{name}`\nhint: --{role} with one of {}", names(found))
        };
        if let Some(before) = hosts.iter().position(|other: &&Found| other.name == *name) {
            bail!(
                "`{name}` is both {} and {role}\nhint: name three different hosts of {}",
                Role::ALL[before],
                names(found)
            )
        }
        hosts.push(host);
    }
    Ok([hosts[0], hosts[1], hosts[2]])
}

fn names(found: &[Found]) -> String {
    let names: Vec<String> = found.iter().map(|host| format!("`{}`", host.name)).collect();
    names.join(", ")
}

fn by_hand(choices: &Choices) -> Vec<Line> {
    let line = |ports: &[String; 4]| line(ports.each_ref().map(String::as_str));
    choices.lines.iter().map(line).collect()
}

fn line([source, input, output, sink]: [&str; 4]) -> Line {
    let port = |name: &str| Port(name.to_owned());
    Line { source: port(source), input: port(input), output: port(output), sink: port(sink), middlebox: None }
}

/// The lines that links of the file make: its n-th link between source and middlebox with its n-th between middlebox and sink.
fn lines(origin: &str, [source, middlebox, sink]: [&Found; 3]) -> Result<Vec<Line>> {
    let first = cables(origin, source, middlebox)?;
    let second = cables(origin, middlebox, sink)?;
    let by_hand = "--line SOURCE,IN,OUT,SINK, once for each line";
    if first.is_empty() && second.is_empty() {
        bail!(
            "`{origin}` does not say how `{}`, `{}` and `{}` are connected\nhint: {by_hand}: their ports, like \
             --line eth1,eth1,eth2,eth1",
            source.name,
            middlebox.name,
            sink.name
        );
    }
    if first.len() != second.len() {
        bail!(
            "`{origin}` has {} between `{}` and `{}`, and {} between `{}` and `{}`: which make a line is not clear\n\
             hint: {by_hand}",
            counted(first.len()),
            source.name,
            middlebox.name,
            counted(second.len()),
            middlebox.name,
            sink.name
        );
    }
    Ok(first.iter().zip(&second).map(|([source, input], [output, sink])| line([source, input, output, sink])).collect())
}

fn counted(links: usize) -> String {
    format!("{links} link{}", if links == 1 { "" } else { "s" })
}

/// The links between two hosts, in the order of the file: a port of each.
fn cables<'f>(origin: &str, one: &'f Found, other: &'f Found) -> Result<Vec<[&'f str; 2]>> {
    let mut cables = Vec::new();
    for port in &one.ports {
        let ends: Vec<&FoundPort> = other.ports.iter().filter(|end| end.link == port.link).collect();
        let again = one.ports.iter().filter(|end| end.link == port.link).count();
        match (ends.as_slice(), again) {
            ([], _) => {}
            ([end], 1) => cables.push([port.port.as_str(), end.port.as_str()]),
            _ => bail!(
                "link `{}` of `{origin}` has several ports of `{}` or `{}`: it is no cable\n\
                 hint: --line SOURCE,IN,OUT,SINK, once for each line",
                port.link,
                one.name,
                other.name
            ),
        }
    }
    Ok(cables)
}

#[cfg(test)]
mod tests;
