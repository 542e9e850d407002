//! A testbed file as text, with the comments that whoever edits it next will want.
//!
//! Must not know where the hosts and lines come from.

use std::fmt::Write as _;

use super::Found;
use crate::output::one_line;
use crate::role::Role;
use crate::testbed::{Line, Seat};

/// The file. Every word that another file had is in quotes: it is a text, whatever YAML would take it for.
pub fn testbed(origin: &str, name: &str, hosts: [&Found; 3], lines: &[Line]) -> String {
    let mut text = format!(
        "# Imported from {}. `nsbench topology check` says whether every cable is where this file says.\nname: {}\n\n\
         # How `ssh` reaches each; the key must be there already. What plays which part was chosen at the import.\nhosts:\n",
        one_line(origin),
        quoted(name)
    );
    for (role, host) in Role::ALL.into_iter().zip(hosts) {
        let sudo = host.sudo.map_or(String::new(), |sudo| format!(", sudo: {sudo}"));
        let _ = writeln!(text, "  {role}: {{ ssh: {}{sudo} }}   # {}", quoted(&host.ssh), one_line(&host.name));
    }
    text.push_str("\n# Source port -> middlebox in, middlebox out -> sink port; `mac:` is the port with that hardware address.\nlines:\n");
    for line in lines {
        let ports = Seat::ALL.map(|seat| format!("{}: {}", seat.key(), quoted(&line.port(seat).0)));
        let _ = writeln!(text, "  - {{ {} }}", ports.join(", "));
    }
    text.push_str("\n# mtu: 9000                       # of every test port, bytes; without it 1500\n");
    text.push_str("# rate: 10Gbps                    # nominal rate of a line: slower ports are then named\n");
    text
}

/// In double quotes YAML reads what JSON reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
