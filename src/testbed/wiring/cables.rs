//! All cables that probes found, whatever a file may say.
//!
//! Pure, as the rest of the wiring.

use super::{End, Heard, Wiring, shared};
use crate::role::Role;
use crate::testbed::finding::Finding;
use crate::testbed::wiring::Ports;

/// What there is between the probed ports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cables {
    /// Both ends of each cable that frames went through both ways, in the order of [`End`].
    pub whole: Vec<(End, End)>,
    /// Cables that no line can use, and why.
    pub broken: Vec<Finding>,
    /// Ports that had a carrier, and neither heard a port nor were heard by one.
    pub silent: Vec<End>,
    /// Ports without a carrier.
    pub dark: Vec<End>,
}

/// What is at each of `probed`, the ports of source, middlebox and sink, by what these hosts heard.
pub fn cables(probed: &[Vec<&str>; 3], heard: &[Heard; 3]) -> Cables {
    let wiring = Wiring { ports: &Ports::default(), heard };
    let mut found = Cables::default();
    for role in Role::ALL {
        let took_part = |port: &&&str| !heard[role as usize].errors.iter().any(|(failed, _)| failed == **port);
        for port in probed[role as usize].iter().filter(took_part) {
            let end = End { role, interface: (*port).to_owned() };
            let peers = wiring.peers(&end);
            match peers.first() {
                None if heard[role as usize].no_carrier.contains(&end.interface) => found.dark.push(end),
                None => found.silent.push(end),
                Some(peer) if peers.len() > 1 || *peer == end => found.broken.push(shared(&end, &peers)),
                // A port with several peers is told of where its turn is.
                Some(peer) if wiring.peers(peer).len() > 1 => {}
                Some(peer) if *peer < end => {}
                Some(peer) => match wiring.one_way(&end, peer).or_else(|| wiring.short(&end, peer)) {
                    Some(finding) => found.broken.push(finding),
                    None => found.whole.push((end, peer.clone())),
                },
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(role: Role, interface: &str) -> End {
        End { role, interface: interface.to_owned() }
    }

    /// The source hears the middlebox and the other way round, but for its second port, which is only heard.
    #[test]
    fn whole_broken_silent_and_dark_cables_are_told_apart_and_each_once() {
        let says = |listener: &str, role, speaker| (listener.to_owned(), end(role, speaker));
        let heard = [
            Heard {
                pairs: vec![says("eth1", Role::Middlebox, "eth1")],
                no_carrier: vec!["eth4".to_owned()],
                errors: vec![("eth5".to_owned(), "Operation not permitted".to_owned())],
                ..Heard::default()
            },
            Heard {
                pairs: vec![
                    says("eth1", Role::Source, "eth1"),
                    says("eth2", Role::Source, "eth2"),
                    says("eth3", Role::Sink, "eth1"),
                    says("eth3", Role::Sink, "eth2"),
                ],
                ..Heard::default()
            },
            Heard {
                pairs: vec![says("eth1", Role::Middlebox, "eth3"), says("eth2", Role::Middlebox, "eth3")],
                ..Heard::default()
            },
        ];
        let probed = [vec!["eth1", "eth2", "eth3", "eth4", "eth5"], vec!["eth1", "eth2", "eth3"], vec!["eth1", "eth2"]];
        let found = cables(&probed, &heard);
        assert_eq!(found.whole, [(end(Role::Source, "eth1"), end(Role::Middlebox, "eth1"))]);
        let broken: Vec<_> = found.broken.iter().map(|finding| finding.what.as_str()).collect();
        let one_way = "frames go from source eth2 to middlebox eth2, but not back";
        assert_eq!(broken, [one_way, "middlebox eth3 is connected to 2 ports at once"]);
        assert_eq!((found.silent, found.dark), (vec![end(Role::Source, "eth3")], vec![end(Role::Source, "eth4")]));
    }

    #[test]
    fn a_port_that_gets_its_own_frames_back_is_no_cable() {
        let heard = Heard { pairs: vec![("eth1".to_owned(), end(Role::Sink, "eth1"))], ..Heard::default() };
        let found = cables(&[vec![], vec![], vec!["eth1"]], &[Heard::default(), Heard::default(), heard]);
        assert_eq!(found.broken[0].what, "sink eth1 gets its own frames back");
        assert!(found.whole.is_empty() && found.silent.is_empty());
    }

    #[test]
    fn a_cable_that_loses_full_size_frames_is_no_whole_one() {
        let says = |role, speaker| ("eth1".to_owned(), end(role, speaker));
        let mut heard = [Heard::default(), Heard::default(), Heard::default()];
        heard[Role::Source as usize].pairs = vec![says(Role::Middlebox, "eth1")];
        heard[Role::Middlebox as usize].pairs = vec![says(Role::Source, "eth1")];
        heard[Role::Middlebox as usize].short = vec![("eth1".to_owned(), end(Role::Source, "eth1"), 9014)];
        let found = cables(&[vec!["eth1"], vec!["eth1"], Vec::new()], &heard);
        assert_eq!(found.whole, []);
        assert_eq!(found.broken.len(), 1, "{found:?}");
        assert_eq!(found.broken[0].what, "full-size frames do not go from source eth1 to middlebox eth1");
    }
}
