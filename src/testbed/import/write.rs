//! A testbed file as text, with the comments that whoever edits it next will want.
//!
//! Must not know where the hosts and lines come from.

use std::fmt::Write as _;

use super::{Choices, Found};
use crate::output::one_line;
use crate::role::Role;
use crate::testbed::{Line, Seat};

/// The file. Every word that another file had is in quotes: it is a text, whatever YAML would take it for.
pub fn testbed(origin: &str, choices: &Choices, hosts: [&Found; 3], lines: &[Line]) -> String {
    let mut text = format!(
        "# Imported from {}. `nsbench topology check` says whether every cable is where this file says.\nname: {}\n\n\
         # How `ssh` reaches each; the key must be there already. What plays which part was chosen at the import.\nhosts:\n",
        one_line(origin),
        quoted(&choices.name)
    );
    for (role, host) in Role::ALL.into_iter().zip(hosts) {
        let sudo = host.sudo.map_or(String::new(), |sudo| format!(", sudo: {sudo}"));
        let _ = writeln!(text, "  {role}: {{ ssh: {}{sudo} }}   # {}", quoted(&host.ssh), one_line(&host.name));
    }
    if let Some(config) = &choices.ssh_config {
        let _ = writeln!(text, "ssh_config: {}", quoted(config));
    }
    text.push_str(&beside(hosts, choices.ssh_config.is_some()));
    text.push_str("\n# Source port -> middlebox in, middlebox out -> sink port; `mac:` is the port with that hardware address.\nlines:\n");
    for line in lines {
        let ports = Seat::ALL.map(|seat| format!("{}: {}", seat.key(), quoted(&line.port(seat).0)));
        let _ = writeln!(text, "  - {{ {} }}", ports.join(", "));
    }
    text.push_str("\n# mtu: 9000                       # of every test port, bytes; without it 1500\n");
    text.push_str("# rate: 10Gbps                    # nominal rate of a line: slower ports are then named\n");
    text
}

/// What the file has no key for, as comments: remarks, each once, and what `ssh` must be told.
fn beside(hosts: [&Found; 3], named: bool) -> String {
    let mut text = String::new();
    let mut told: Vec<&String> = Vec::new();
    for remark in hosts.iter().flat_map(|host| &host.remarks) {
        if !told.contains(&remark) {
            let _ = writeln!(text, "# {}", one_line(remark));
            told.push(remark);
        }
    }
    if hosts.iter().all(|host| host.options.is_empty()) {
        return text;
    }
    let file = if named { "that file" } else { "~/.ssh/config, or a file that `ssh_config:` here names" };
    let _ = writeln!(text, "# What ssh must know besides; write it into {file}:");
    for host in hosts.into_iter().filter(|host| !host.options.is_empty()) {
        let _ = writeln!(text, "#   Host {}", one_line(bare(&host.ssh)));
        for (key, value) in &host.options {
            let _ = writeln!(text, "#     {key} {}", one_line(value));
        }
    }
    text
}

/// What stands behind `Host` for a destination: its name or address alone.
fn bare(destination: &str) -> &str {
    let host = destination.strip_prefix("ssh://").unwrap_or(destination);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    let port = |port: &str| destination.starts_with("ssh://") && port.parse::<u16>().is_ok();
    host.rsplit_once(':').filter(|(_, number)| port(number)).map_or(host, |(host, _)| host)
}

/// In double quotes YAML reads what JSON reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
