//! What the hosts say of the ports that the file names, for the drawing: speed, driver, NUMA node, and whether there is a
//! link.
//!
//! Made from facts that were asked for elsewhere. Must not ask a host, nor judge whether one is fit: `fitness` does.

use serde::Serialize;

use super::facts::Facts;
use super::{Line, Seat, Testbed};
use crate::role::Role;
use crate::units::BitsPerSecond;

/// Ports of a testbed as its hosts have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// In the order of [`Role::ALL`]; `None` for a host that did not answer.
    hosts: [Option<SeenHost>; 3],
    /// Ports of each line, in the order of [`Seat::ALL`]; `None` where the host did not answer.
    lines: Vec<[Option<SeenPort>; 4]>,
}

/// What a host says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenHost {
    /// Release of its kernel.
    pub kernel: String,
    /// What the processor calls itself.
    pub cpu_model: Option<String>,
    /// CPUs that are on.
    pub cpus: u32,
    /// NUMA nodes that have one; `None` where the kernel knows of no nodes.
    pub nodes: Option<usize>,
}

/// What a host says of one port. What it does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenPort {
    /// Interface; `None` where nothing answers to the name in the file.
    pub interface: Option<String>,
    /// Kernel driver.
    pub driver: Option<String>,
    /// Negotiated speed, Mb/s.
    pub speed_mbps: Option<u32>,
    /// NUMA node of the card.
    pub node: Option<u32>,
    /// PCI slot of the card.
    pub slot: Option<String>,
    /// Bytes.
    pub mtu: Option<u32>,
    /// Whether it is administratively up.
    pub up: Option<bool>,
    /// Whether there is a signal on the cable; unknown while the port is down.
    pub carrier: Option<bool>,
}

impl Seen {
    /// Sets what hosts answered, in the order of [`Role::ALL`], beside the ports that the file names.
    pub fn of(testbed: &Testbed, facts: [Option<&Facts>; 3]) -> Self {
        let of = |role: Role| facts[role as usize];
        let ports = |line: &Line| Seat::ALL.map(|seat| Some(SeenPort::of(line, seat, of(seat.role())?)));
        Self { hosts: facts.map(|facts| facts.map(SeenHost::of)), lines: testbed.lines.iter().map(ports).collect() }
    }

    /// Whether any host answered: otherwise the file is all there is to draw.
    pub fn any(&self) -> bool {
        self.hosts.iter().any(Option::is_some)
    }

    /// What a host said of itself.
    pub fn host(&self, role: Role) -> Option<&SeenHost> {
        self.hosts[role as usize].as_ref()
    }

    /// What its host said of a port; lines are counted from 0 here.
    pub fn port(&self, line: usize, seat: Seat) -> Option<&SeenPort> {
        self.lines[line][seat as usize].as_ref()
    }

    /// What is to be known of a cable, in the few letters that a drawing has room for: its speed, or why there is none.
    pub fn cable(&self, line: usize, ends: [Seat; 2]) -> String {
        let known: Vec<&SeenPort> = ends.iter().filter_map(|seat| self.port(line, *seat)).collect();
        if known.iter().any(|port| port.carrier == Some(false)) {
            return "no link".to_owned();
        }
        if known.iter().any(|port| port.up == Some(false)) {
            return "port down".to_owned();
        }
        let mut speeds: Vec<u32> = known.iter().filter_map(|port| port.speed_mbps).collect();
        speeds.dedup();
        match speeds.as_slice() {
            [] => String::new(),
            [speed] => speed_text(*speed),
            _ => "two speeds".to_owned(),
        }
    }

    /// What needs a look before anything is measured, a row each: ports that are missing or have no link, cables whose ends
    /// disagree about the speed.
    pub fn remarks(&self, testbed: &Testbed) -> Vec<String> {
        let mut remarks = Vec::new();
        for (number, line) in testbed.lines.iter().enumerate() {
            for seat in Seat::ALL {
                let Some(port) = self.port(number, seat) else { continue };
                // One that is down is marked in the drawing; a run brings it up.
                let what = match (&port.interface, port.carrier) {
                    (None, _) => "is not there: `nsbench topology check` says what is",
                    (_, Some(false)) => "has no link: see its cable, and that the other end is up",
                    _ => continue,
                };
                remarks.push(format!("line {}: {} of the {} {what}", number + 1, line.port(seat), seat.role()));
            }
            for ends in CABLES {
                let [one, other] = ends.map(|seat| self.port(number, seat).and_then(|port| port.speed_mbps));
                if let Some((one, other)) = one.zip(other).filter(|(one, other)| one != other) {
                    let end = |seat: Seat, speed| {
                        format!("{} of the {} is at {}", line.port(seat), seat.role(), speed_text(speed))
                    };
                    remarks.push(format!("line {}: {}, {}", number + 1, end(ends[0], one), end(ends[1], other)));
                }
            }
        }
        remarks
    }
}

/// The two cables of a line.
pub const CABLES: [[Seat; 2]; 2] = [[Seat::Source, Seat::In], [Seat::Out, Seat::Sink]];

fn speed_text(mbps: u32) -> String {
    BitsPerSecond(f64::from(mbps) * 1e6).to_string()
}

impl SeenHost {
    fn of(facts: &Facts) -> Self {
        let mut nodes: Vec<u32> = facts.cpu_map.iter().filter_map(|cpu| cpu.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Self {
            kernel: facts.kernel.clone(),
            cpu_model: facts.cpu_model.clone(),
            cpus: facts.cpus,
            nodes: Some(nodes.len()).filter(|count| *count > 0),
        }
    }

    /// `16 CPUs, 2 nodes`.
    pub fn size(&self) -> String {
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let nodes = self.nodes.map_or(String::new(), |nodes| format!(", {}", counted(nodes, "node")));
        format!("{}{nodes}", counted(self.cpus as usize, "CPU"))
    }
}

impl SeenPort {
    fn of(line: &Line, seat: Seat, facts: &Facts) -> Self {
        let interface = facts.resolve(line.port(seat)).ok();
        Self {
            interface: interface.map(|port| port.name.clone()),
            driver: interface.and_then(|port| port.driver.clone()),
            speed_mbps: interface.and_then(|port| port.speed_mbps),
            node: interface.and_then(|port| facts.place(port)?.node),
            slot: interface.and_then(|port| port.pci.clone()),
            mtu: interface.map(|port| port.mtu),
            up: interface.map(super::facts::Interface::is_up),
            carrier: interface.and_then(|port| port.carrier),
        }
    }

    /// `ixgbe n0`: driver and NUMA node, as far as they are known.
    pub fn hardware(&self) -> String {
        if self.interface.is_none() {
            return "not there".to_owned();
        }
        let node = self.node.map(|node| format!("n{node}"));
        let words: Vec<&str> = self.driver.as_deref().into_iter().chain(node.as_deref()).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests;
