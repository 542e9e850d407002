use std::fmt::Write as _;

use insta::assert_snapshot;

use super::*;
use crate::testbed::show::{json, show, show_seen};

/// A port of a host: name, driver, NUMA node, flags, carrier, speed; `-` for what it does not say.
type Port<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

fn facts(nodes: &[&str], ports: &[Port]) -> Facts {
    let mut text = format!(
        "nsbench-facts\t1\nkernel\t6.12.48\nmachine\tx86_64\ndistribution\t-\nuid\t0\nsudo\t-\ncpus\t{}\n\
         cpu_model\tXeon\nmicrocode\t-\nboot\tb0\nclock\t1\nvar_free_kib\t9000000\n",
        nodes.len()
    );
    for (number, node) in nodes.iter().enumerate() {
        let _ = writeln!(text, "cpu\t{number}\t{node}\t0:{number}");
    }
    for (number, (name, driver, node, flags, carrier, speed)) in (1..).zip(ports) {
        let slot = format!("0000:{number:02x}:00.0");
        let _ = writeln!(
            text,
            "interface\t{name}\t52:54:00:00:00:{number:02x}\t{slot}\t{driver}\tup\t{flags}\t{carrier}\t9000\t{speed}\t-\n\
             queues\t{name}\t8\t8\t512\t512\ncard\t{slot}\t{driver}\nplaced\t{slot}\t{node}\t-"
        );
    }
    text.push_str("connection\t-\nheaders\tyes\nlockdown\tnone\nsignatures\tN\nend\n");
    Facts::parse(&text).unwrap()
}

/// Ports of these names, all well.
fn well<'a>(names: &[&'a str]) -> Vec<Port<'a>> {
    names.iter().map(|name| (*name, "mlx5_core", "0", "0x1003", "1", "100000")).collect()
}

fn testbed(lines: &str) -> Testbed {
    let hosts = "hosts: { source: { ssh: a }, middlebox: { ssh: b }, sink: { ssh: c } }";
    Testbed::parse("t.yaml", &format!("name: t\n{hosts}\nlines:\n{lines}")).unwrap()
}

fn two_lines() -> Testbed {
    testbed(
        "- { source: s1, in: i1, out: o1, sink: k1 }\n- { source: s2, in: i2, out: o2, sink: 'pci:0000:02:00.0' }\n",
    )
}

#[test]
fn speeds_drivers_nodes_and_the_size_of_hosts_are_drawn_and_trouble_stands_below() {
    let source =
        facts(&["0", "1"], &[("s1", "ixgbe", "0", "0x1003", "1", "10000"), ("s2", "ixgbe", "1", "0x1003", "0", "-")]);
    let middlebox = facts(
        &["0", "0", "1", "1"],
        &[
            ("i1", "mlx5_core", "0", "0x1003", "1", "10000"),
            ("o1", "mlx5_core", "1", "0x1003", "1", "25000"),
            ("i2", "mlx5_core", "-", "0x1003", "0", "-"),
        ],
    );
    let sink =
        facts(&["-"], &[("k1", "igb", "-", "0x1003", "1", "1000"), ("enp2s0", "virtio_net", "-", "0x1002", "-", "-")]);
    let testbed = two_lines();
    let seen = Seen::of(&testbed, [Some(&source), Some(&middlebox), Some(&sink)]);
    assert_snapshot!(show_seen(&testbed, &seen));
    let json = json(&testbed, Some(&seen));
    assert_snapshot!(json["hosts"]["middlebox"]["answer"]);
    assert_snapshot!(json["lines"][1]["ports"]["out"]);
    assert_snapshot!(json["lines"][1]["ports"]["sink"]);
}

#[test]
fn of_a_host_that_did_not_answer_the_file_is_drawn_and_json_has_null() {
    let middlebox = facts(&["0"], &well(&["i1", "o1", "i2", "o2"]));
    let testbed = two_lines();
    let seen = Seen::of(&testbed, [None, Some(&middlebox), None]);
    assert_snapshot!(show_seen(&testbed, &seen));
    let json = json(&testbed, Some(&seen));
    assert!(json["hosts"]["source"]["answer"].is_null() && json["lines"][0]["ports"]["sink"].is_null());
    assert_eq!(json["lines"][0]["ports"]["in"]["speed_mbps"], 100_000);
}

#[test]
fn when_nobody_answers_the_drawing_is_that_of_the_file() {
    let testbed = two_lines();
    let nothing = Seen::of(&testbed, [None, None, None]);
    assert_eq!(show_seen(&testbed, &nothing), show(&testbed));
    assert_eq!(json(&testbed, Some(&nothing)), json(&testbed, None));
}

#[test]
fn four_lines_with_names_as_long_as_they_get_fit_120_columns() {
    let names = |prefix: &str| (1..=4).map(|n| format!("enp{prefix}65s0f{n}np{n}v0")).collect::<Vec<_>>();
    let lines: Vec<String> = (names("1").iter().zip(names("2")))
        .map(|(one, two)| format!("- {{ source: {one}, in: {one}, out: {two}, sink: {one} }}\n"))
        .collect();
    let all: Vec<String> = names("1").into_iter().chain(names("2")).collect();
    let ports: Vec<&str> = all.iter().map(String::as_str).collect();
    assert!(ports.iter().all(|name| name.len() == 15));
    let (testbed, host) = (testbed(&lines.concat()), facts(&["0"; 128], &well(&ports)));
    let text = show_seen(&testbed, &Seen::of(&testbed, [Some(&host), Some(&host), Some(&host)]));
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 120, "{widest} columns:\n{text}");
    let drawn: Vec<usize> = text.lines().skip(2).take(14).map(|line| line.chars().count()).collect();
    assert!(drawn.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
}
