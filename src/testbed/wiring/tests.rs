//! Cabling, right and wrong, as probes would hear it.

use insta::assert_snapshot;

use super::*;
use crate::testbed::finding::{Report, Severity};

/// The cables of the lab: three lines are enough.
const CABLES: [(&str, &str); 6] = [
    ("source eth1", "middlebox eth1"),
    ("source eth2", "middlebox eth3"),
    ("source eth3", "middlebox eth5"),
    ("middlebox eth2", "sink eth1"),
    ("middlebox eth4", "sink eth2"),
    ("middlebox eth6", "sink eth3"),
];

fn end(text: &str) -> End {
    let (role, interface) = text.split_once(' ').unwrap();
    let role = Role::ALL.into_iter().find(|known| known.name() == role).unwrap();
    let interface = interface.to_owned();
    End { role, interface }
}

fn lab() -> (Testbed, Ports) {
    let mut testbed = Testbed::shipped("lab").unwrap();
    testbed.lines.truncate(3);
    let lines = testbed.lines.iter().map(|line| Seat::ALL.map(|seat| Some(line.port(seat).0.clone()))).collect();
    (testbed, Ports { lines })
}

/// Who hears whom: each pair is a speaker and a listener.
fn told(one_way: &[(&str, &str)], both_ways: &[(&str, &str)], no_carrier: &[&str]) -> String {
    let mut heard = [Heard::default(), Heard::default(), Heard::default()];
    let back = both_ways.iter().map(|(a, b)| (*b, *a));
    for (speaker, listener) in one_way.iter().chain(both_ways).copied().chain(back) {
        let listener = end(listener);
        heard[listener.role as usize].pairs.push((listener.interface, end(speaker)));
    }
    for dark in no_carrier {
        let dark = end(dark);
        heard[dark.role as usize].no_carrier.push(dark.interface);
    }
    let (testbed, ports) = lab();
    let mut report = Report::new(&testbed);
    report.findings = findings(&testbed, &ports, &heard);
    let right = report.count(Severity::Ok);
    report.findings.retain(|finding| finding.severity != Severity::Ok);
    format!("{right} right\n{}", report.text())
}

fn without(gone: &[usize]) -> Vec<(&'static str, &'static str)> {
    let kept = |(index, cable): (usize, &_)| (!gone.contains(&index)).then_some(*cable);
    CABLES.iter().enumerate().filter_map(kept).collect()
}

#[test]
fn right_wiring_is_told_line_by_line() {
    assert_snapshot!(told(&[], &CABLES, &[]), @r"
    3 right
    testbed lab: fit to run: no errors, no warnings
    ");
}

#[test]
fn swapped_cables_name_both_lines_and_the_way_out() {
    let mut cables = without(&[1, 2]);
    cables.extend([("source eth2", "middlebox eth5"), ("source eth3", "middlebox eth3")]);
    assert_snapshot!(told(&[], &cables, &[]), @r"
    1 right
    lines
      error    line 2: source eth2 is wired to middlebox eth5, which is the in port of line 3, not to eth3
               middlebox eth3 is wired to source eth3
               hint: swap the cables at middlebox eth3 and middlebox eth5, or write `in: eth5` in line 2
      error    line 3: source eth3 is wired to middlebox eth3, which is the in port of line 2, not to eth5
               middlebox eth5 is wired to source eth2
               hint: swap the cables at middlebox eth5 and middlebox eth3, or write `in: eth3` in line 3

    testbed lab: not fit to run: 2 errors, no warnings
    ");
}

#[test]
fn a_cable_in_the_wrong_host_is_told() {
    let mut cables = without(&[0, 3]);
    cables.push(("source eth1", "sink eth1"));
    assert_snapshot!(told(&[], &cables, &["middlebox eth1", "middlebox eth2"]), @r"
    2 right
    lines
      error    line 1: source eth1 is wired to sink eth1, which is the sink port of line 1, not to middlebox eth1
               middlebox eth1 heard nobody and nobody heard it
               hint: move the plug from sink eth1 to middlebox eth1
      error    line 1: sink eth1 is wired to source eth1, which is the source port of line 1, not to middlebox eth2
               middlebox eth2 heard nobody and nobody heard it
               hint: move the plug from source eth1 to middlebox eth2

    testbed lab: not fit to run: 2 errors, no warnings
    ");
}

#[test]
fn in_and_out_of_a_line_the_other_way_round_are_told() {
    let mut cables = without(&[0, 3]);
    cables.extend([("source eth1", "middlebox eth2"), ("middlebox eth1", "sink eth1")]);
    assert_snapshot!(told(&[], &cables, &[]), @r"
    2 right
    lines
      error    line 1: source eth1 is wired to middlebox eth2, which is the out port of line 1, not to eth1
               middlebox eth1 is wired to sink eth1
               hint: swap the cables at middlebox eth1 and middlebox eth2, or write `in: eth2` in line 1
      error    line 1: middlebox eth2 is wired to source eth1, which is the source port of line 1, not to sink eth1
               sink eth1 is wired to middlebox eth1
               hint: swap the cables at middlebox eth2 and middlebox eth1, or write `out: eth1` in line 1

    testbed lab: not fit to run: 2 errors, no warnings
    ");
}

#[test]
fn a_missing_cable_is_told_with_the_ports_that_have_no_carrier() {
    assert_snapshot!(told(&[], &without(&[4]), &["middlebox eth4", "sink eth2"]), @r"
    2 right
    lines
      error    line 2: nothing goes between middlebox eth4 and sink eth2
               no carrier at middlebox eth4 and sink eth2
               hint: put a cable between middlebox eth4 and sink eth2, and see that its transceivers fit both cards

    testbed lab: not fit to run: 1 error, no warnings
    ");
}

#[test]
fn a_cable_to_somewhere_else_is_told_by_its_carrier() {
    assert_snapshot!(told(&[], &without(&[5]), &[]), @r"
    2 right
    lines
      error    line 3: nothing goes between middlebox eth6 and sink eth3
               both have a carrier, and no frame of either reached a port of this testbed
               hint: see where the cables end: they go to ports that the file does not name, or through a device that drops the frames

    testbed lab: not fit to run: 1 error, no warnings
    ");
}

#[test]
fn a_fibre_that_is_dark_in_one_direction_is_told() {
    assert_snapshot!(told(&[CABLES[1]], &without(&[1]), &[]), @r"
    2 right
    lines
      error    line 2: frames go from source eth2 to middlebox eth3, but not back
               source eth2 heard nothing from middlebox eth3 while middlebox eth3 heard source eth2
               hint: replace the cable or its transceivers; a fibre may be dark in one direction

    testbed lab: not fit to run: 1 error, no warnings
    ");
}

#[test]
fn ports_on_a_common_switch_are_told() {
    let all = [
        ("source eth1", "middlebox eth3"),
        ("source eth2", "middlebox eth1"),
        ("source eth1", "source eth2"),
        ("middlebox eth1", "middlebox eth3"),
    ];
    let cables: Vec<_> = CABLES.iter().chain(&all).copied().collect();
    assert_snapshot!(told(&[], &cables, &[]), @r"
    1 right
    lines
      error    line 1: source eth1 is connected to 3 ports at once
               it exchanged frames with source eth2 and middlebox eth1 and middlebox eth3
               hint: a switch, a bridge or a loop joins them: use one cable a pair of ports, or a VLAN of its own for each pair in the switch
      error    line 2: source eth2 is connected to 3 ports at once
               it exchanged frames with source eth1 and middlebox eth1 and middlebox eth3
               hint: a switch, a bridge or a loop joins them: use one cable a pair of ports, or a VLAN of its own for each pair in the switch

    testbed lab: not fit to run: 2 errors, no warnings
    ");
}

#[test]
fn a_loop_is_told() {
    let cables = without(&[0]);
    assert_snapshot!(told(&[("source eth1", "source eth1")], &cables, &["middlebox eth1"]), @r"
    2 right
    lines
      error    line 1: source eth1 gets its own frames back
               it is connected to source eth1
               hint: a switch, a bridge or a loop joins them: use one cable a pair of ports, or a VLAN of its own for each pair in the switch

    testbed lab: not fit to run: 1 error, no warnings
    ");
}

#[test]
fn a_port_that_was_not_probed_leaves_its_cable_unchecked() {
    let (testbed, mut ports) = lab();
    ports.lines[0][Seat::Sink as usize] = None;
    let heard = [Heard::default(), Heard::default(), Heard::default()];
    let found = findings(&testbed, &ports, &heard);
    assert_eq!(found[1].what, "the cable between `out` and `sink` was not checked");
    assert_eq!((found[1].severity, found[1].line), (Severity::Warning, Some(1)));
}

#[test]
fn what_a_probe_prints_is_read_and_anything_else_is_quoted() {
    let heard = Heard::parse("heard eth1 sink eth2\nno-carrier eth3\nerror eth9 No such device\ndone\n").unwrap();
    assert_eq!(heard.pairs, [("eth1".to_owned(), end("sink eth2"))]);
    assert_eq!(heard.no_carrier, ["eth3"]);
    assert_eq!(heard.errors, [("eth9".to_owned(), "No such device".to_owned())]);
    for (output, error) in [
        ("heard eth1 king eth2\ndone\n", HeardError::Line("heard eth1 king eth2".to_owned())),
        ("heard eth1 sink\ndone\n", HeardError::Line("heard eth1 sink".to_owned())),
        ("Killed\n", HeardError::Line("Killed".to_owned())),
        ("no-carrier eth1\n", HeardError::CutOff("no-carrier eth1".to_owned())),
        ("", HeardError::CutOff(String::new())),
    ] {
        assert_eq!(Heard::parse(output), Err(error));
    }
}

#[test]
fn full_size_frames_that_get_lost_are_told_once_with_their_direction_and_size() {
    let (testbed, ports) = lab();
    let mut heard = [Heard::default(), Heard::default(), Heard::default()];
    for (a, b) in CABLES {
        for (speaker, listener) in [(end(a), end(b)), (end(b), end(a))] {
            heard[listener.role as usize].pairs.push((listener.interface, speaker));
        }
    }
    heard[Role::Middlebox as usize].short.push(("eth3".to_owned(), end("source eth2"), 9014));
    let found = findings(&testbed, &ports, &heard);
    let wrong: Vec<_> = found.iter().filter(|finding| finding.severity != Severity::Ok).collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!(wrong[0].line, Some(2));
    assert_eq!(wrong[0].what, "full-size frames do not go from source eth2 to middlebox eth3");
    let evidence = "short ones do, those of 9014 bytes do not; both ports have an MTU of 9000 or more";
    assert_eq!(wrong[0].evidence.as_deref(), Some(evidence));
}

#[test]
fn what_a_probe_says_of_long_frames_is_read_strictly() {
    let heard = Heard::parse("heard eth1 sink eth2\nshort eth1 sink eth2 1514\ndone\n").unwrap();
    assert_eq!(heard.short, [("eth1".to_owned(), end("sink eth2"), 1514)]);
    for line in ["short eth1 sink eth2", "short eth1 nobody eth2 1514", "short eth1 sink eth2 many"] {
        let error = Heard::parse(&format!("{line}\ndone\n")).unwrap_err();
        assert_eq!(error.to_string(), format!("could not read `{line}` from the wire probe"));
    }
}
