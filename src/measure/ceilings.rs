//! The ceilings of a run, from what its hosts say of themselves, and which of them a figure is near.
//!
//! Pure. Must not know which framework forwards.

use std::collections::BTreeMap;

use crate::ceiling::{Layer, Limit, NEAR};
use crate::generator::{self, Frames, Protocol};
use crate::record::{Ceilings, SlotCeiling, Trial};
use crate::role::Role;
use crate::testbed::facts::Facts;
use crate::testbed::slots::{self, Slot};
use crate::testbed::{Seat, Testbed};
use crate::units::BitsPerSecond;

/// From which share of a line's ceiling on a figure cannot be; clocks and rounding make up for less.
const ABOVE: f64 = 1.001;

/// Works them out for figures of `counts`. The testbed file's rate counts where it has one, else what the ports agreed on.
pub fn of(testbed: &Testbed, facts: &BTreeMap<Role, Facts>, protocol: Protocol, counts: generator::Layer) -> Ceilings {
    let counted = match counts {
        generator::Layer::Payload => Layer::Payload(protocol),
        generator::Layer::Frames => Layer::Frame,
    };
    let from_file = testbed.rate.map(|rate| (rate.0, "testbed file"));
    let rate = from_file.or_else(|| slowest(testbed, facts).map(|rate| (rate, "ports")));
    let mut ceilings = Ceilings {
        counted: Some(counted.name().to_owned()),
        slots: facts.iter().flat_map(|(role, facts)| slots(testbed, *role, facts)).collect(),
        ..Ceilings::default()
    };
    if let Some((rate, from)) = rate {
        set_rate(&mut ceilings, (rate, from), testbed.mtu, protocol);
    }
    ceilings
}

/// Takes the rate that the ports had in a trial, where nothing else is known: before a run they may be down, and then no port
/// tells.
pub fn learn(ceilings: &mut Ceilings, rate_bps: Option<f64>, mtu: u32, protocol: Protocol) {
    if let (None, Some(rate)) = (ceilings.line_rate_bps, rate_bps) {
        set_rate(ceilings, (rate, "ports"), mtu, protocol);
    }
}

fn set_rate(ceilings: &mut Ceilings, (rate, from): (f64, &str), mtu: u32, protocol: Protocol) {
    let share = |layer: Layer| Some(rate * layer.share(mtu));
    ceilings.line_rate_bps = Some(rate);
    ceilings.line_rate_from = Some(from.to_owned());
    ceilings.payload_bps = share(Layer::Payload(protocol));
    ceilings.ip_bps = share(Layer::Ip);
    ceilings.frame_bps = share(Layer::Frame);
}

/// The speed of the slowest test port; unknown where one of them does not tell, as a port that is down does not.
fn slowest(testbed: &Testbed, facts: &BTreeMap<Role, Facts>) -> Option<f64> {
    let speed = |role: Role, port: &str| {
        let interface = facts.get(&role)?.interfaces.iter().find(|interface| interface.name == port)?;
        interface.speed_mbps
    };
    let ports = testbed.lines.iter().flat_map(|line| Seat::ALL.map(|seat| speed(seat.role(), &line.port(seat).0)));
    let speeds = ports.collect::<Option<Vec<_>>>()?;
    speeds.into_iter().min().map(|mbps| f64::from(mbps) * 1e6)
}

/// A host's PCI Express links as a record has them.
fn slots(testbed: &Testbed, role: Role, facts: &Facts) -> Vec<SlotCeiling> {
    let recorded = |slot: Slot| SlotCeiling {
        host: role.to_string(),
        slot: slot.slot,
        gigatransfers: slot.pcie.gigatransfers,
        width: slot.pcie.width,
        bps: slot.pcie.bps(),
        usable_bps: slot.pcie.usable_bps(),
        lines_in: slot.lines_in.into_iter().collect(),
        lines_out: slot.lines_out.into_iter().collect(),
    };
    slots::of(testbed, role, facts).into_iter().map(recorded).collect()
}

/// Bits a second of what the figures count that one line carries, and their share of its frames: of the chosen ones, else of
/// full ones.
fn carried(ceilings: &Ceilings, frames_sent: Option<&Frames>) -> Option<(f64, f64)> {
    let frames = ceilings.counted.as_deref() == Some(Layer::Frame.name());
    let Some(size) = frames_sent.map(Frames::mean) else {
        let (payload, frame) = (ceilings.payload_bps?, ceilings.frame_bps?);
        return Some(if frames { (frame, 1.0) } else { (payload, payload / frame) });
    };
    // Only datagrams have a chosen size.
    let counted = if frames { Layer::Frame } else { Layer::Payload(Protocol::Udp) };
    let share = counted.share_of_frames(size);
    Some((ceilings.line_rate_bps? * share, share / Layer::Frame.share_of_frames(size)))
}

/// The ceilings of `lines` lines together that are not the framework's, the lowest first, and how each comes about.
pub fn all(ceilings: &Ceilings, lines: u32, frames_sent: Option<&Frames>) -> Vec<(Limit, f64, String)> {
    let counted = ceilings.counted.as_deref().unwrap_or("payload");
    let mut found = Vec::new();
    let carried = carried(ceilings, frames_sent);
    if let (Some((bps, _)), Some(rate)) = (carried, ceilings.line_rate_bps) {
        let rate = BitsPerSecond(rate);
        let size = frames_sent.map_or(String::new(), |frames| format!(", frames of {frames}"));
        let how = format!("what lines of {rate} carry, in {counted}{size}");
        found.push((Limit::LinkLimited, bps * f64::from(lines), how));
    }
    // A card moves frames; of these, only what is counted is in the figure.
    let share = carried.map(|(_, share)| share);
    for slot in &ceilings.slots {
        let used = |numbers: &[u32]| numbers.iter().filter(|number| **number <= lines).count();
        let sharers = used(&slot.lines_in).max(used(&slot.lines_out));
        let (Some(share), 1..) = (share, sharers) else { continue };
        let each = slot.usable_bps * share / sharers as f64;
        let how = format!(
            "what slot {} of the {} leaves {sharers} of the lines ({} GT/s x{}, an estimate)",
            slot.slot, slot.host, slot.gigatransfers, slot.width
        );
        found.push((Limit::PcieLimited, each * f64::from(lines), how));
    }
    let calibration = ceilings.calibrations.iter().find(|calibration| calibration.lines == lines);
    if let Some(bound) = calibration.and_then(crate::record::Calibration::bound_bps) {
        let how = "what source and sink do without the middlebox's forwarding".to_owned();
        found.push((Limit::GeneratorLimited, bound, how));
    }
    found.sort_by(|(_, a, _), (_, b, _)| a.total_cmp(b));
    found
}

/// Marks a trial whose figure is near a ceiling that is not the framework's. One that is well above a ceiling shows that this
/// is none: of the cable that cannot be, and is told; an estimate, or what the middlebox's kernel does, may be bettered.
pub fn mark(trial: &mut Trial, ceilings: &Ceilings) {
    let Some(figure) = trial.throughput_bps else { return };
    for (limit, ceiling, how) in all(ceilings, trial.lines, trial.frames().as_ref()) {
        let share = figure / ceiling;
        let of = format!("{} is {:.1} % of {}, {how}", BitsPerSecond(figure), share * 100.0, BitsPerSecond(ceiling));
        if limit == Limit::LinkLimited && share > ABOVE {
            trial.warnings.push(format!(
                "{of}: no line carries more than it can, so rate, MTU or what is counted is not as it seems"
            ));
        } else if (NEAR..=1.0 / NEAR).contains(&share) && trial.limited_by.is_none() {
            trial.limited_by = Some(limit);
            trial.warnings.push(format!("{}: {of}: a faster framework would show the same", limit.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Calibration, sample};
    use crate::testbed::facts::PcieLink;

    fn testbed() -> Testbed {
        Testbed::parse("fractus.yaml", Testbed::shipped_text("fractus").unwrap()).unwrap()
    }

    /// The recorded answer of a middlebox, whose card of two ports is in a slot that a switch above it narrows.
    fn middlebox() -> Facts {
        let mut facts = Facts::parse(include_str!("../testbed/facts/answer.txt")).unwrap();
        for interface in &mut facts.interfaces {
            interface.speed_mbps = Some(10_000);
        }
        let link = |card: &str, link: &str, speed: &str, width| PcieLink {
            card: card.to_owned(),
            link: link.to_owned(),
            speed: speed.to_owned(),
            width: Some(width),
        };
        facts.pcie = vec![
            link("0000:3b:00.0", "0000:3b:00.0", "5.0 GT/s PCIe", 8),
            link("0000:3b:00.1", "0000:3b:00.1", "5.0 GT/s PCIe", 8),
            link("0000:3b:00.0", "0000:3a:00.0", "5.0 GT/s PCIe", 4),
            link("0000:3b:00.1", "0000:3a:00.0", "5.0 GT/s PCIe", 4),
            link("0000:5e:00.0", "0000:5e:00.0", "Unknown", 255),
        ];
        facts
    }

    #[test]
    fn a_rate_of_the_file_counts_and_layers_follow_from_the_mtu() {
        let ceilings = of(&testbed(), &BTreeMap::new(), Protocol::Tcp, generator::Layer::Payload);
        assert_eq!((ceilings.line_rate_bps, ceilings.line_rate_from.as_deref()), (Some(10e9), Some("testbed file")));
        assert!((ceilings.payload_bps.unwrap() - 9.900e9).abs() < 1e6, "{ceilings:?}");
        assert_eq!(ceilings.counted.as_deref(), Some("payload of TCP"));
        let mut lab = testbed();
        lab.rate = None;
        let mut unknown = of(&lab, &BTreeMap::new(), Protocol::Udp, generator::Layer::Payload);
        assert_eq!(unknown.payload_bps, None);
        learn(&mut unknown, Some(1e9), 1500, Protocol::Udp);
        assert_eq!((unknown.line_rate_bps, unknown.line_rate_from.as_deref()), (Some(1e9), Some("ports")));
        let mut known = ceilings.clone();
        learn(&mut known, Some(1e9), 1500, Protocol::Tcp);
        assert_eq!(known, ceilings);
    }

    #[test]
    fn ports_of_one_card_share_the_narrowest_link_above_them() {
        let mut testbed = testbed();
        testbed.lines.truncate(1);
        // Line 1 of the paper's: in is eth7, out is eth6.
        let ceilings =
            of(&testbed, &BTreeMap::from([(Role::Middlebox, middlebox())]), Protocol::Tcp, generator::Layer::Payload);
        let [slot] = ceilings.slots.as_slice() else { panic!("{ceilings:?}") };
        assert_eq!((slot.slot.as_str(), slot.host.as_str(), slot.width), ("0000:3a:00", "middlebox", 4));
        assert_eq!((slot.lines_in.as_slice(), slot.lines_out.as_slice()), (&[1][..], &[1][..]));
        assert!((slot.bps - 16e9).abs() < 1.0);
    }

    fn marked(throughput_bps: f64, lines: u32, change: impl Fn(&mut Ceilings)) -> Trial {
        let mut ceilings = of(&testbed(), &BTreeMap::new(), Protocol::Tcp, generator::Layer::Payload);
        change(&mut ceilings);
        let mut trial = sample::trial("netmap", lines, 1, throughput_bps);
        mark(&mut trial, &ceilings);
        trial
    }

    #[test]
    fn a_figure_near_the_line_rate_says_so_and_one_below_is_the_frameworks() {
        let trial = marked(39.5e9, 4, |_| ());
        assert_eq!(trial.limited_by, Some(Limit::LinkLimited));
        assert_eq!(
            trial.warnings,
            [
                "link-limited: 39.50 Gb/s is 99.7 % of 39.60 Gb/s, what lines of 10.00 Gb/s carry, in payload of TCP: a faster \
              framework would show the same"
            ]
        );
        let trial = marked(31.8e9, 4, |_| ());
        assert_eq!((trial.limited_by, trial.warnings.len()), (None, 0));
        let trial = marked(45e9, 4, |_| ());
        assert_eq!(trial.limited_by, None);
        assert!(trial.warnings[0].contains("113.6 % of 39.60 Gb/s") && trial.warnings[0].contains("not as it seems"));
    }

    #[test]
    fn the_lowest_ceiling_that_a_figure_is_near_counts_and_one_that_it_is_above_is_none() {
        let slot = |ceilings: &mut Ceilings| {
            ceilings.slots.push(SlotCeiling {
                host: "middlebox".to_owned(),
                slot: "0000:3b:00".to_owned(),
                gigatransfers: 5.0,
                width: 4,
                bps: 16e9,
                usable_bps: 13.47e9,
                lines_in: vec![1, 2],
                lines_out: vec![3, 4],
            });
        };
        // One line has the slot for itself; two share it.
        assert_eq!(marked(9.85e9, 1, slot).limited_by, Some(Limit::LinkLimited));
        let two = marked(13.3e9, 2, slot);
        assert_eq!(two.limited_by, Some(Limit::PcieLimited));
        assert!(two.warnings[0].contains("slot 0000:3b:00 of the middlebox") && two.warnings[0].contains("estimate"));
        let calibrated = |ceilings: &mut Ceilings| {
            ceilings.calibrations.push(Calibration {
                lines: 1,
                source_to_middlebox_bps: Some(6e9),
                middlebox_to_sink_bps: Some(5e9),
                ..Calibration::default()
            });
        };
        assert_eq!(marked(4.95e9, 1, calibrated).limited_by, Some(Limit::GeneratorLimited));
        assert_eq!(marked(4.0e9, 1, calibrated).limited_by, None);
        assert_eq!(marked(9.9e9, 2, calibrated).limited_by, None);
        // A framework that bypasses the middlebox's kernel may be faster than both halves.
        assert_eq!(marked(8.0e9, 1, calibrated).limited_by, None);
        assert_eq!(marked(9.85e9, 1, calibrated).limited_by, Some(Limit::LinkLimited));
    }

    #[test]
    fn short_frames_have_a_ceiling_of_their_own_in_frames_and_in_payload() {
        let carried = |counts, size: Option<Frames>| {
            carried(&of(&testbed(), &BTreeMap::new(), Protocol::Udp, counts), size.as_ref()).unwrap().0.round()
        };
        let size = |size| Some(Frames::Size(size));
        // 14,880,952 frames of 60 bytes and their check sequence a second: the line rate of every text book.
        assert!((carried(generator::Layer::Frames, size(60)) - 14_880_952.38 * 60.0 * 8.0).abs() < 10.0);
        assert!((carried(generator::Layer::Payload, size(60)) - 14_880_952.38 * 18.0 * 8.0).abs() < 10.0);
        // A line has time for 3,273,322 frames of the simple mix a second: they take 381.83 bytes each.
        let mixed = carried(generator::Layer::Frames, Some(Frames::Mix("imix".parse().unwrap())));
        assert!((mixed - 10e9 / 8.0 / (4342.0 / 12.0 + 20.0) * (4294.0 / 12.0) * 8.0).abs() < 10.0, "{mixed}");
        assert!(carried(generator::Layer::Frames, None) > carried(generator::Layer::Payload, None));
    }
}
