//! Where the cables really go, told from which port heard which.
//!
//! Pure: takes what probes printed. Must not touch a host.

mod cables;
mod heard;

use std::collections::BTreeSet;
use std::fmt;

pub use cables::{Cables, cables};
pub use heard::{Heard, HeardError};

use super::finding::Finding;
use super::{Seat, Testbed};
use crate::role::Role;

/// Bytes of a frame that its port's MTU does not count.
const ETHERNET_HEADER: u32 = 14;

/// One end of a cable: an interface of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The host.
    pub role: Role,
    /// The interface, by the host's name for it.
    pub interface: String,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role, self.interface)
    }
}

/// The interfaces that the ports of a testbed turned out to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ports {
    /// Line by line, in the order of [`Seat::ALL`]; `None` where a port cannot be probed.
    pub lines: Vec<[Option<String>; 4]>,
}

impl Ports {
    /// The end that line `number` (from 1) has at `seat`.
    pub fn end(&self, number: usize, seat: Seat) -> Option<End> {
        let line = self.lines.get(number.checked_sub(1)?)?;
        let interface = line[seat as usize].clone()?;
        let role = seat.role();
        Some(End { role, interface })
    }

    /// The interfaces to probe on a host, in file order.
    pub fn of(&self, role: Role) -> Vec<&str> {
        let seats = Seat::ALL.into_iter().filter(|seat| seat.role() == role);
        let seats: Vec<usize> = seats.map(|seat| seat as usize).collect();
        self.lines.iter().flat_map(|line| seats.iter().filter_map(|seat| line[*seat].as_deref())).collect()
    }

    /// Which line's which port an end is.
    fn place(&self, end: &End) -> Option<(usize, Seat)> {
        (1..=self.lines.len())
            .flat_map(|number| Seat::ALL.map(|seat| (number, seat)))
            .find(|(number, seat)| self.end(*number, *seat).as_ref() == Some(end))
    }
}

/// Both cables of every line, right or wrong.
///
/// `heard` is what the source, the middlebox and the sink heard, in this order.
pub fn findings(testbed: &Testbed, ports: &Ports, heard: &[Heard; 3]) -> Vec<Finding> {
    let wiring = Wiring { ports, heard };
    let mut findings = Vec::new();
    for number in 1..=testbed.lines.len() {
        let cables = [(Seat::Source, Seat::In), (Seat::Out, Seat::Sink)];
        let found: Vec<Finding> = cables
            .into_iter()
            .filter_map(|(from, to)| wiring.cable(number, from, to))
            .map(|finding| finding.line(number))
            .collect();
        if found.is_empty() {
            let end = |seat| ports.end(number, seat).map_or(String::new(), |end| end.to_string());
            let shown = format!(
                "frames went both ways: {} <-> {}, {} <-> {}",
                end(Seat::Source),
                end(Seat::In),
                end(Seat::Out),
                end(Seat::Sink)
            );
            findings.push(Finding::ok("wired as written").line(number).evidence(shown));
        }
        findings.extend(found);
    }
    findings
}

struct Wiring<'a> {
    ports: &'a Ports,
    heard: &'a [Heard; 3],
}

impl Wiring<'_> {
    /// What is wrong with the cable between two ports of a line.
    fn cable(&self, number: usize, from: Seat, to: Seat) -> Option<Finding> {
        let (Some(a), Some(b)) = (self.ports.end(number, from), self.ports.end(number, to)) else {
            let what = format!("the cable between `{}` and `{}` was not checked", from.key(), to.key());
            return Some(Finding::warning(what).evidence("a port of it could not be probed, as said above"));
        };
        let (at_a, at_b) = (self.peers(&a), self.peers(&b));
        for (end, peers) in [(&a, &at_a), (&b, &at_b)] {
            if peers.len() > 1 || peers.contains(end) {
                return Some(shared(end, peers));
            }
        }
        match (at_a.first(), at_b.first()) {
            (Some(peer), _) if *peer == b => self.one_way(&a, &b).or_else(|| self.short(&a, &b)),
            (Some(peer), _) => Some(self.miswired(number, (from, &a), (to, &b), peer)),
            (None, Some(peer)) => Some(self.miswired(number, (to, &b), (from, &a), peer)),
            (None, None) => Some(self.unwired(&a, &b)),
        }
    }

    fn hears(&self, listener: &End, speaker: &End) -> bool {
        self.heard[listener.role as usize]
            .pairs
            .iter()
            .any(|(port, peer)| *port == listener.interface && peer == speaker)
    }

    /// Every end that `end` heard or was heard by.
    fn peers(&self, end: &End) -> BTreeSet<End> {
        let mut peers = BTreeSet::new();
        for role in Role::ALL {
            for (port, speaker) in &self.heard[role as usize].pairs {
                let listener = End { role, interface: port.clone() };
                if listener == *end {
                    peers.insert(speaker.clone());
                }
                if speaker == end {
                    peers.insert(listener);
                }
            }
        }
        peers
    }

    fn one_way(&self, a: &End, b: &End) -> Option<Finding> {
        let (there, back) = match (self.hears(b, a), self.hears(a, b)) {
            (true, false) => (a, b),
            (false, true) => (b, a),
            _ => return None,
        };
        let what = format!("frames go from {there} to {back}, but not back");
        Some(
            Finding::error(what)
                .evidence(format!("{there} heard nothing from {back} while {back} heard {there}"))
                .cure("replace the cable or its transceivers; a fibre may be dark in one direction"),
        )
    }

    /// Frames as long as both ports take do not arrive, shorter ones do.
    fn short(&self, a: &End, b: &End) -> Option<Finding> {
        let lost = |there: &End, back: &End| {
            let heard = self.heard[there.role as usize].short.iter();
            heard.into_iter().find(|(port, speaker, _)| *port == there.interface && speaker == back).map(|lost| lost.2)
        };
        let (from, to, bytes) =
            lost(b, a).map(|bytes| (a, b, bytes)).or_else(|| lost(a, b).map(|bytes| (b, a, bytes)))?;
        let mtu = bytes.saturating_sub(ETHERNET_HEADER);
        Some(
            Finding::error(format!("full-size frames do not go from {from} to {to}"))
                .evidence(format!(
                    "short ones do, those of {bytes} bytes do not; both ports have an MTU of {mtu} or more"
                ))
                .cure("see what is between the ports: a switch, a tunnel or a hypervisor with a smaller MTU"),
        )
    }

    /// `end` is wired to `peer`, where the file wants it wired to `wanted`.
    fn miswired(
        &self,
        number: usize,
        (seat, end): (Seat, &End),
        (wanted_seat, wanted): (Seat, &End),
        peer: &End,
    ) -> Finding {
        let which = self
            .ports
            .place(peer)
            .map_or(String::new(), |(line, seat)| format!(", which is the {} port of line {line},", seat.key()));
        let meant = if wanted.role == peer.role { wanted.interface.clone() } else { wanted.to_string() };
        let finding = Finding::error(format!("{end} is wired to {peer}{which} not to {meant}"));
        let there = self.peers(wanted);
        let Some(other) = there.first() else {
            return finding
                .evidence(format!("{wanted} heard nobody and nobody heard it"))
                .cure(format!("move the plug from {peer} to {wanted}"));
        };
        // What can be swapped, or written instead, are two ports of one host.
        let cure = if peer.role == wanted.role {
            let (key, port) = (wanted_seat.key(), &peer.interface);
            format!("swap the cables at {wanted} and {peer}, or write `{key}: {port}` in line {number}")
        } else if other.role == end.role {
            let (key, port) = (seat.key(), &other.interface);
            format!("swap the cables at {end} and {other}, or write `{key}: {port}` in line {number}")
        } else {
            format!("put a cable between {end} and {wanted}")
        };
        finding.evidence(format!("{wanted} is wired to {other}")).cure(cure)
    }

    fn unwired(&self, a: &End, b: &End) -> Finding {
        let dark: Vec<String> = [a, b]
            .into_iter()
            .filter(|end| self.heard[end.role as usize].no_carrier.contains(&end.interface))
            .map(End::to_string)
            .collect();
        let what = format!("nothing goes between {a} and {b}");
        if dark.is_empty() {
            return Finding::error(what)
                .evidence("both have a carrier, and no frame of either reached a port of this testbed")
                .cure("see where the cables end: they go to ports that the file does not name, or through a device that drops the frames");
        }
        Finding::error(what)
            .evidence(format!("no carrier at {}", dark.join(" and ")))
            .cure(format!("put a cable between {a} and {b}, and see that its transceivers fit both cards"))
    }
}

fn shared(end: &End, peers: &BTreeSet<End>) -> Finding {
    let names: Vec<String> = peers.iter().map(End::to_string).collect();
    let finding = if peers.contains(end) {
        Finding::error(format!("{end} gets its own frames back"))
            .evidence(format!("it is connected to {}", names.join(" and ")))
    } else {
        Finding::error(format!("{end} is connected to {} ports at once", peers.len()))
            .evidence(format!("it exchanged frames with {}", names.join(" and ")))
    };
    finding.cure(
        "a switch, a bridge or a loop joins them: use one cable a pair of ports, or a VLAN of its own for each pair in the switch",
    )
}

#[cfg(test)]
mod tests;
