//! The graph of a slice with three nodes in a row, and what may be missing from it.

use super::super::tests::{choices, each_refused};
use super::super::{Choices, import};
use crate::testbed::Testbed;

const GRAPH: &str = include_str!("../../../../tests/cli/fabric.graphml");

fn nodes() -> Choices {
    choices(["gen", "box", "rcv"])
}

#[test]
fn nodes_and_networks_of_a_slice_become_hosts_and_lines() {
    let text = import("slice.graphml", GRAPH, &nodes()).unwrap();
    let testbed = Testbed::parse("t", &text).unwrap();
    let hosts = [&testbed.source.ssh, &testbed.middlebox.ssh, &testbed.sink.ssh];
    assert_eq!(hosts, ["ubuntu@2610:1e0:1700:206:f816:3eff:fe00:1", "rocky@192.0.2.51", "192.0.2.52"]);
    let ports: Vec<_> = testbed
        .lines
        .iter()
        .map(|line| [&line.source, &line.input, &line.output, &line.sink].map(|port| port.0.as_str()))
        .collect();
    let mac = ["mac:02:aa:00:00:00:01", "mac:02:aa:00:00:00:02", "mac:02:aa:00:00:00:03", "mac:02:aa:00:00:00:04"];
    assert_eq!(ports, [mac]);
    assert_eq!(text.matches("# FABRIC's hosts are reached through its bastion").count(), 1, "{text}");
}

#[test]
fn keys_by_their_names_are_read_like_keys_by_their_numbers() {
    let mut named = GRAPH.to_owned();
    for (number, name) in
        ["Class", "Name", "Type", "NodeID", "MgmtIp", "ImageRef", "LabelAllocations", "Labels", "Site"]
            .iter()
            .enumerate()
    {
        named = named.replace(&format!("\"d{number}\""), &format!("\"{name}\""));
    }
    assert_ne!(named, GRAPH);
    assert_eq!(import("in", &named, &nodes()).unwrap(), import("in", GRAPH, &nodes()).unwrap());
}

#[test]
fn two_networks_of_one_name_are_two() {
    let one_name = GRAPH.replace("net-b", "net-a");
    assert_eq!(import("in", &one_name, &nodes()).unwrap(), import("in", GRAPH, &nodes()).unwrap());
}

#[test]
fn a_slice_that_is_not_ready_and_a_graph_of_something_else_are_refused_with_their_place() {
    each_refused(
        &nodes(),
        &[
            (GRAPH.replace("192.0.2.51", "None"), "in:22:5: node `box` has no `MgmtIp`"),
            (
                GRAPH.replace(r#"{"mac": "02:AA:00:00:00:03", "#, "{"),
                "in:30:5: port `box-nic1-p1` of node `box` has no `mac`",
            ),
            (GRAPH.replace(">rcv<", ">box<"), "in:36:5: a second node `box`"),
            (GRAPH.replace("NetworkNode", "Switch"), "in:2:1: no node of the graph is of the class `NetworkNode`"),
            (GRAPH.replace("target=\"4\"", "target=\"400\""), "in:42:5: the edge ends at `400`, which is no node"),
            (GRAPH.replace("<node id=\"2\"", "<node id=\"1\""), "in:15:5: a second node `1`"),
            (GRAPH.replace("<node id=\"2\"", "<node"), "in:15:5: <node> has no `id`"),
        ],
    );
}
