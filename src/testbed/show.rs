//! The testbed as a drawing, after Figures 1 and 2 of the paper, and as JSON.
//!
//! Knows only what the file says; must not ask a host.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Seat, Testbed};
use crate::role::Role;

/// A box gets no wider for the sake of a destination; longer ones go on in the next row.
const DESTINATION_WIDTH: usize = 24;

/// What a box holds, above the rule and below it.
struct HostBox {
    heading: Vec<String>,
    ports: Vec<String>,
    width: usize,
}

/// Draws hosts, lines, ports, rates and test addresses; as wide as the names need.
pub fn show(testbed: &Testbed) -> String {
    let boxes = [source_box(testbed), middlebox_box(testbed), sink_box(testbed)];
    let wires = wires(testbed);
    // The ends of a wire are set into the sides of the boxes.
    let gap = " ".repeat(width(&wires[0].0) - 2);
    let number_width = testbed.lines.len().to_string().len();
    let margin = " ".repeat("line ".len() + number_width + 1);

    let mut text = summary(testbed);
    text.push('\n');
    let frame = |left: char, right: char| {
        boxes.each_ref().map(|b| format!("{left}{}{right}", "─".repeat(b.width + 2))).join(&gap)
    };
    let _ = writeln!(text, "{margin}{}", frame('┌', '┐'));
    let height = boxes.iter().map(|b| b.heading.len()).max().unwrap_or(0);
    for row in 0..height {
        let cells = boxes.each_ref().map(|b| {
            let cell = b.heading.get(row).map_or("", String::as_str);
            format!("│ {cell:<w$} │", w = b.width)
        });
        let _ = writeln!(text, "{margin}{}", cells.join(&gap));
    }
    let _ = writeln!(text, "{margin}{}", frame('├', '┤'));
    for (row, (left, right)) in wires.iter().enumerate() {
        let [source, middlebox, sink] = boxes.each_ref().map(|b| b.ports[row].as_str());
        let number = row + 1;
        let _ = writeln!(text, "line {number:>number_width$} │ {source} {left} {middlebox} {right} {sink} │");
    }
    let _ = writeln!(text, "{margin}{}", frame('└', '┘'));
    text
}

/// The testbed with each line's number and test addresses.
pub fn json(testbed: &Testbed) -> Value {
    let host = |role: Role| {
        let host = testbed.host(role);
        json!({ "ssh": host.ssh, "sudo": host.sudo })
    };
    let lines: Vec<Value> = (1..)
        .zip(&testbed.lines)
        .map(|(number, line)| {
            let (source, sink) = testbed.addresses(number);
            json!({
                "line": number,
                "source": line.source,
                "in": line.input,
                "out": line.output,
                "sink": line.sink,
                "source_address": source.to_string(),
                "sink_address": sink.to_string(),
            })
        })
        .collect();
    json!({
        "name": testbed.name,
        "middlebox": testbed.middlebox_name,
        "lab": testbed.lab,
        "ssh_config": testbed.ssh_config,
        "hosts": {
            "source": host(Role::Source),
            "middlebox": host(Role::Middlebox),
            "sink": host(Role::Sink),
        },
        "lines": lines,
        "mtu_bytes": testbed.mtu,
        "rate_bps": testbed.rate,
        "network": testbed.network.to_string(),
    })
}

/// One row: `testbed fractus: 4 lines of 10.00 Gb/s, MTU 9000, hosts in lab …`.
fn summary(testbed: &Testbed) -> String {
    let count = testbed.lines.len();
    let lines = if count == 1 { "line" } else { "lines" };
    let rate = testbed.rate.map_or(String::new(), |rate| format!(" of {rate}"));
    let lab = testbed.lab.as_ref().map_or(String::new(), |lab| format!(", virtual hosts of lab `{lab}`"));
    format!("testbed {}: {count} {lines}{rate}, MTU {}{lab}\n", testbed.title(), testbed.mtu)
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn heading(testbed: &Testbed, role: Role) -> Vec<String> {
    let letters: Vec<char> = testbed.host(role).ssh.chars().collect();
    let rows = letters.chunks(DESTINATION_WIDTH);
    let mut heading = vec![role.name().to_owned()];
    heading.extend(rows.map(|row| row.iter().collect::<String>()));
    heading
}

fn widest(rows: &[String]) -> usize {
    rows.iter().map(|row| width(row)).max().unwrap_or(0)
}

fn names(testbed: &Testbed, seat: Seat) -> Vec<String> {
    let name = |line: &super::Line| line.port(seat).to_string();
    testbed.lines.iter().map(name).collect()
}

/// Ports stand at the side that their cable leaves from.
fn source_box(testbed: &Testbed) -> HostBox {
    let (heading, names) = (heading(testbed, Role::Source), names(testbed, Seat::Source));
    let width = widest(&heading).max(widest(&names));
    let ports = names.iter().map(|name| format!("{name:>width$}")).collect();
    HostBox { heading, ports, width }
}

fn sink_box(testbed: &Testbed) -> HostBox {
    let (heading, names) = (heading(testbed, Role::Sink), names(testbed, Seat::Sink));
    let width = widest(&heading).max(widest(&names));
    let ports = names.iter().map(|name| format!("{name:<width$}")).collect();
    HostBox { heading, ports, width }
}

fn middlebox_box(testbed: &Testbed) -> HostBox {
    let heading = heading(testbed, Role::Middlebox);
    let (inputs, outputs) = (names(testbed, Seat::In), names(testbed, Seat::Out));
    let (left, right) = (widest(&inputs), widest(&outputs));
    let arrow = 3;
    let width = widest(&heading).max(left + 1 + arrow + 1 + right);
    let dashes = width - left - right - arrow;
    let ports = inputs
        .iter()
        .zip(&outputs)
        .map(|(input, output)| {
            let way = format!("{}>", "·".repeat(dashes));
            format!("{input:<left$} {way} {output:>right$}")
        })
        .collect();
    HostBox { heading, ports, width }
}

/// The two cables of each line: the source's address on the left one, the sink's on the right one.
fn wires(testbed: &Testbed) -> Vec<(String, String)> {
    let addresses: Vec<_> = (1..=testbed.lines.len())
        .map(|number| testbed.addresses(number))
        .map(|(source, sink)| (source.to_string(), sink.to_string()))
        .collect();
    let widest = addresses.iter().map(|(source, sink)| width(source).max(width(sink))).max().unwrap_or(0);
    let wire = |address: &str| {
        let rest = "─".repeat(widest - width(address) + 1);
        format!("├─ {address} {rest}>┤")
    };
    addresses.iter().map(|(source, sink)| (wire(source), wire(sink))).collect()
}
