//! Testbed files out of recorded answers and cables.

use insta::assert_snapshot;

use super::*;
use crate::testbed::rack::Rack;

/// A middlebox: ssh over a bond, one card given to DPDK, a VLAN with the address of its port.
const ANSWER: &str = include_str!("../facts/answer.txt");

fn facts() -> Facts {
    Facts::parse(ANSWER).unwrap()
}

fn end(role: Role, interface: &str) -> End {
    End { role, interface: interface.to_owned() }
}

/// A cable from the source to the middlebox, and one from there to the sink, for each pair of the middlebox's ports.
fn cables(ports: &[(&str, &str)]) -> Cables {
    let mut found = Cables::default();
    for (number, (input, output)) in (1..).zip(ports) {
        let port = format!("eth{number}");
        found.whole.push((end(Role::Source, &port), end(Role::Middlebox, input)));
        found.whole.push((end(Role::Middlebox, output), end(Role::Sink, &port)));
    }
    found
}

#[test]
fn management_members_of_bonds_and_virtual_ports_are_not_probed() {
    let facts = facts();
    let found = candidates(&facts, false);
    assert_eq!(found.probed, ["eth6", "eth7", "eth8", "eth9"]);
    let alone =
        ["eth0 carries the ssh connection", "the card 0000:af:00.0 has no interface here; its driver is vfio-pci"];
    assert_eq!(found.left_alone, alone);
    assert_eq!(candidates(&facts, true).probed, ["eth6", "eth6.7", "eth7", "eth8", "eth9"]);
}

#[test]
fn names_are_sorted_as_people_count() {
    let mut names = ["eth10", "eth2", "enp65s0f1", "enp65s0f0", "eth1"];
    names.sort_by_key(|name| natural(name));
    assert_eq!(names, ["enp65s0f0", "enp65s0f1", "eth1", "eth2", "eth10"]);
}

#[test]
fn lines_stay_on_a_numa_node_where_they_can() {
    // eth6 and eth7 share a card on node 0; of eth8 and eth9 no node is known.
    let mut facts = facts();
    let seventh = crate::testbed::facts::Place { pci: "0000:3b:00.1".to_owned(), ..facts.places[0].clone() };
    facts.places.push(seventh);
    let found = lines(&cables(&[("eth6", "eth8"), ("eth9", "eth7")]), &facts);
    let line = |ends: [&str; 4]| ends.map(str::to_owned);
    assert_eq!(found.lines, [line(["eth1", "eth6", "eth7", "eth2"]), line(["eth2", "eth9", "eth8", "eth1"])]);
    assert_eq!(found.unused, []);
}

#[test]
fn cables_that_no_line_has_a_use_for_are_left_over() {
    let mut found = cables(&[("eth6", "eth7")]);
    let direct = (end(Role::Source, "eth3"), end(Role::Sink, "eth3"));
    let more = (end(Role::Source, "eth4"), end(Role::Middlebox, "eth9"));
    found.whole.extend([direct.clone(), more.clone()]);
    let lines = lines(&found, &facts());
    assert_eq!((lines.lines.len(), lines.unused), (1, vec![direct, more]));
}

#[test]
fn seventeen_lines_are_sixteen_and_two_cables_left_over() {
    let names: Vec<_> = (0..17).map(|n| (format!("in{n}"), format!("out{n}"))).collect();
    let ports: Vec<_> = names.iter().map(|(input, output)| (input.as_str(), output.as_str())).collect();
    let found = lines(&cables(&ports), &facts());
    assert_eq!((found.lines.len(), found.unused.len()), (16, 2));
}

#[test]
fn the_file_says_what_was_found_and_is_read_again() {
    let facts = facts();
    let mut testbed = Testbed::shipped("fractus").unwrap();
    testbed.rate = None;
    "ssh://root@[2001:db8::1]:22".clone_into(&mut testbed.source.ssh);
    testbed.middlebox.sudo = Some(true);
    let ends = ["eth6", "eth6", "eth8", "eth6"].map(str::to_owned);
    let beside = ["source eth9: no carrier".to_owned()];
    let text = text(&testbed, &[ends], [&facts; 3], &beside, "2026-11-26");
    assert_snapshot!(text);
    let read = Rack::parse("here", &text).unwrap();
    let read = &read.testbeds()[0];
    assert_eq!((&read.source.ssh, read.middlebox.sudo, read.mtu), (&testbed.source.ssh, Some(true), testbed.mtu));
    assert_eq!((read.lines[0].output.0.as_str(), read.rate.is_none()), ("eth8", true));
}

#[test]
fn a_file_that_has_a_rate_keeps_it_and_equal_speeds_make_one() {
    let facts = facts();
    let ends = [["eth6", "eth6", "eth6", "eth6"].map(str::to_owned)];
    let of = |testbed: &Testbed| text(testbed, &ends, [&facts; 3], &[], "");
    let mut testbed = Testbed::shipped("lab").unwrap();
    assert!(of(&testbed).contains("\nrate: 10Gbps\n") && of(&testbed).contains("\nlab: lab\n"));
    testbed.rate = Some(crate::units::BitsPerSecond(2.5e9));
    assert!(of(&testbed).contains("\nrate: 2500000000bps\n"), "{}", of(&testbed));
}

#[test]
fn words_that_yaml_reads_as_something_else_are_quoted() {
    let shown = ["root@a", "fe80::1%eth0", "*", "no: yes", "12"].map(scalar);
    assert_eq!(shown, ["root@a", "\"fe80::1%eth0\"", "\"*\"", "\"no: yes\"", "\"12\""]);
    assert_eq!(scalar("true"), "\"true\"");
}
