//! A testbed file out of what is plugged in: which ports are probed, which cables make lines, and the file's text.
//!
//! Pure: takes what hosts said of themselves and what their ports heard. Must not touch a host.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::facts::{Facts, Interface, Reason};
use super::wiring::{Cables, End};
use super::{HostSpec, Seat, Testbed, network};
use crate::role::Role;

/// As many lines as a run can have.
const MOST_LINES: usize = 16;

/// Ports of a host: those whose cables are to be found out, and those that are left alone, with the reason of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Candidates<'f> {
    /// In natural order: eth2 before eth10.
    pub probed: Vec<&'f str>,
    /// `eth0 carries the ssh connection`.
    pub left_alone: Vec<String>,
}

/// Which ports of a host take part. Virtual ports, such as those of containers, only where they are `wanted`.
pub fn candidates(facts: &Facts, wanted: bool) -> Candidates<'_> {
    let masters: BTreeSet<_> = facts.interfaces.iter().filter_map(|interface| interface.master.as_deref()).collect();
    let mut found = Candidates::default();
    for interface in &facts.interfaces {
        let name = interface.name.as_str();
        let ethernet = interface.mac.as_ref().is_some_and(|mac| mac.len() == 17 && mac != "00:00:00:00:00:00");
        let physical = interface.driver.is_some() || interface.pci.is_some();
        if !ethernet || !(physical || wanted) || masters.contains(name) {
            continue;
        }
        match reason_to_leave(facts, interface) {
            Some(why) => found.left_alone.push(format!("{name} {why}")),
            None => found.probed.push(name),
        }
    }
    for card in &facts.cards {
        let has_interface = facts.interfaces.iter().any(|interface| interface.pci.as_ref() == Some(&card.pci));
        if let (false, Some(driver)) = (has_interface, &card.driver) {
            found.left_alone.push(format!("the card {} has no interface here; its driver is {driver}", card.pci));
        }
    }
    found.probed.sort_by_key(|name| natural(name));
    found
}

fn reason_to_leave(facts: &Facts, interface: &Interface) -> Option<String> {
    if let Some(management) = facts.management(&interface.name) {
        return Some(match management.reason {
            Reason::Ssh => "carries the ssh connection".to_owned(),
            Reason::DefaultRoute => "has the default route".to_owned(),
        });
    }
    interface.master.as_ref().map(|master| format!("belongs to {master}"))
}

/// Sorts numbers in names by their value.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(words);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((0, word.to_owned()));
        parts.push((number.parse().unwrap_or(0), String::new()));
        rest = after;
    }
    parts
}

/// A line that cables make: its interfaces in the order of [`Seat::ALL`].
pub type Ends = [String; 4];

/// The lines, and the cables that are in none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// In the order of the source's ports.
    pub lines: Vec<Ends>,
    /// Cables that lead nowhere a line does.
    pub unused: Vec<(End, End)>,
}

/// Joins each cable from the source with one to the sink, of a port on the same NUMA node as far as there are such, else in
/// the order of the ports' names: nothing but the user's wish says which two belong together.
pub fn lines(cables: &Cables, middlebox: &Facts) -> Lines {
    let between = |from: Role, to: Role| {
        let mut found: Vec<_> = cables.whole.iter().filter(|(a, b)| (a.role, b.role) == (from, to)).cloned().collect();
        found.sort_by_key(|(a, b)| (natural(&a.interface), natural(&b.interface)));
        found
    };
    let inputs = between(Role::Source, Role::Middlebox);
    let mut outputs = between(Role::Middlebox, Role::Sink);
    let mut found = Lines::default();
    let mut taken: BTreeSet<&End> = BTreeSet::new();
    for (source, input) in inputs.iter().take(MOST_LINES) {
        let node = node(middlebox, &input.interface);
        let near = outputs.iter().position(|(output, _)| self::node(middlebox, &output.interface) == node);
        if outputs.is_empty() {
            break;
        }
        let (output, sink) = outputs.remove(near.unwrap_or(0));
        taken.insert(source);
        let ends = [source, input, &output, &sink].map(|end| end.interface.clone());
        found.lines.push(ends);
    }
    let unused = |(a, b): &&(End, End)| {
        let outgoing = (a.role, b.role) == (Role::Middlebox, Role::Sink) && !outputs.iter().any(|(left, _)| left == a);
        !taken.contains(a) && !outgoing
    };
    found.unused = cables.whole.iter().filter(unused).cloned().collect();
    found
}

fn node(facts: &Facts, interface: &str) -> Option<u32> {
    facts.place(facts.interfaces.iter().find(|known| known.name == interface)?)?.node
}

/// The text of a testbed file. `testbed` says how hosts are reached and what else its file said; its lines are not looked at.
/// `beside` is what the reader must know of what is in no line.
pub fn text(testbed: &Testbed, lines: &[Ends], facts: [&Facts; 3], beside: &[String], date: &str) -> String {
    let mut text = format!(
        "# Found by `nsbench topology discover` on {date}: frames went both ways through every cable below.\n\
         name: {}\n",
        testbed.name
    );
    if let Some(lab) = &testbed.lab {
        let _ = writeln!(text, "lab: {lab}");
    }
    if let Some(config) = &testbed.ssh_config {
        let _ = writeln!(text, "ssh_config: {}", scalar(&config.to_string_lossy()));
    }
    text.push_str("hosts:\n");
    for role in Role::ALL {
        let key = format!("{role}:");
        let _ = writeln!(text, "  {key:<10} {}", host(testbed.host(role)));
    }
    text.push_str(
        "# `out` and `sink` of two lines may change places: ports of one NUMA node were put together, else by name.\n",
    );
    text.push_str("lines:\n");
    for ends in lines {
        let keyed: Vec<_> = Seat::ALL.iter().zip(ends).map(|(seat, port)| format!("{}: {port}", seat.key())).collect();
        let _ = writeln!(text, "  - {{ {} }}{}", keyed.join(", "), remark(ends, facts));
    }
    let speeds: BTreeSet<_> = lines.iter().flat_map(|ends| speeds(ends, facts)).collect();
    let of_all = speeds.first().copied().flatten().filter(|_| speeds.len() == 1).map(rate);
    if let Some(rate) = testbed.rate.map(|rate| format!("{}bps", rate.0)).or(of_all) {
        let _ = writeln!(text, "rate: {rate}");
    }
    if testbed.mtu != 1500 {
        let _ = writeln!(text, "mtu: {}", testbed.mtu);
    }
    if testbed.network != network::DEFAULT {
        let _ = writeln!(text, "network: {}", testbed.network);
    }
    if !beside.is_empty() {
        text.push_str("\n# In no line:\n");
        for what in beside {
            let _ = writeln!(text, "#   {}", crate::output::one_line(what));
        }
    }
    text
}

fn host(spec: &HostSpec) -> String {
    let sudo = spec.sudo.map_or(String::new(), |sudo| format!(", sudo: {sudo}"));
    format!("{{ ssh: {}{sudo} }}", scalar(&spec.ssh))
}

/// In quotes where YAML may read it as something else.
pub fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@./_-".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let word = ["true", "false", "yes", "no", "on", "off", "null"].contains(&text.to_ascii_lowercase().as_str());
    if begins && !word && text.chars().all(plain) { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// Of the four ports of a line, what their drivers say, Mb/s.
fn speeds(ends: &Ends, facts: [&Facts; 3]) -> [Option<u32>; 4] {
    Seat::ALL.map(|seat| interface(ends, facts, seat)?.speed_mbps)
}

fn interface<'f>(ends: &Ends, facts: [&'f Facts; 3], seat: Seat) -> Option<&'f Interface> {
    facts[seat.role() as usize].interfaces.iter().find(|interface| interface.name == ends[seat as usize])
}

/// What stands behind a line: `   # 10Gbps, ixgbe; in on NUMA node 0, out on 1`.
fn remark(ends: &Ends, facts: [&Facts; 3]) -> String {
    let mut told = Vec::new();
    let speeds: BTreeSet<_> = speeds(ends, facts).into_iter().flatten().collect();
    let speeds: Vec<_> = speeds.into_iter().map(rate).collect();
    if !speeds.is_empty() {
        told.push(speeds.join(" and "));
    }
    let drivers = Seat::ALL.map(|seat| interface(ends, facts, seat).and_then(|interface| interface.driver.as_deref()));
    let drivers: BTreeSet<_> = drivers.into_iter().flatten().collect();
    if !drivers.is_empty() {
        told.push(drivers.into_iter().collect::<Vec<_>>().join(" and "));
    }
    let [input, output] = [Seat::In, Seat::Out].map(|seat| node(facts[1], &ends[seat as usize]));
    match (input, output) {
        (Some(input), Some(output)) if input == output => told.push(format!("NUMA node {input}")),
        (Some(input), Some(output)) => told.push(format!("in on NUMA node {input}, out on {output}")),
        _ => {}
    }
    if told.is_empty() { String::new() } else { format!("   # {}", told.join(", ")) }
}

/// As a testbed file spells it.
fn rate(mbps: u32) -> String {
    if mbps.is_multiple_of(1000) { format!("{}Gbps", mbps / 1000) } else { format!("{mbps}Mbps") }
}

#[cfg(test)]
mod tests;
