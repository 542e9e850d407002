//! The PCI Express links that lines go through on a host.
//!
//! Pure. Must not know what is measured.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::{Seat, Testbed};
use crate::ceiling::Pcie;
use crate::role::Role;

/// A link, of a card or of a bridge above several.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Slot of the device whose link it is, without its function: `0000:3b:00`.
    pub slot: String,
    /// How fast it is.
    pub pcie: Pcie,
    /// Lines whose frames come in through it, from 1.
    pub lines_in: BTreeSet<u32>,
    /// Lines whose frames go out through it.
    pub lines_out: BTreeSet<u32>,
}

/// Those of a host; of links that the same lines share only the narrowest.
pub fn of(testbed: &Testbed, role: Role, facts: &Facts) -> Vec<Slot> {
    let mut lines: BTreeMap<String, Slot> = BTreeMap::new();
    for (number, line) in (1..).zip(&testbed.lines) {
        for seat in Seat::ALL.into_iter().filter(|seat| seat.role() == role) {
            let port = facts.resolve(line.port(seat)).ok();
            let Some(card) = port.and_then(|port| port.pci.as_deref()) else { continue };
            for link in facts.pcie.iter().filter(|link| link.card == card) {
                let Some(pcie) = link.width.and_then(|width| Pcie::read(&link.speed, width)) else { continue };
                let slot = link.link.rsplit_once('.').map_or(link.link.as_str(), |(slot, _)| slot).to_owned();
                let fresh = || Slot { slot: slot.clone(), pcie, lines_in: BTreeSet::new(), lines_out: BTreeSet::new() };
                let entry = lines.entry(slot.clone()).or_insert_with(fresh);
                let out = matches!(seat, Seat::Source | Seat::Out);
                let way = if out { &mut entry.lines_out } else { &mut entry.lines_in };
                way.insert(number);
            }
        }
    }
    let mut slots: Vec<Slot> = Vec::new();
    for found in lines.into_values() {
        let same = |other: &&mut Slot| (&other.lines_in, &other.lines_out) == (&found.lines_in, &found.lines_out);
        match slots.iter_mut().find(same) {
            Some(other) if found.pcie.usable_bps() < other.pcie.usable_bps() => *other = found,
            Some(_) => {}
            None => slots.push(found),
        }
    }
    slots
}
