//! The testbed as a drawing, after Figures 1 and 2 of the paper, and as JSON.
//!
//! Knows what the file says, and what the hosts said where somebody has asked them; must not ask a host.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::seen::{CABLES, Seen};
use super::{Seat, Testbed};
use crate::role::Role;

/// A box gets no wider for the sake of a destination; longer ones go on in the next row.
const DESTINATION_WIDTH: usize = 24;

/// What a box holds, above the rule and below it.
struct HostBox {
    heading: Vec<String>,
    /// A row a line of the testbed; with what hosts said, two.
    ports: Vec<String>,
    width: usize,
}

/// Draws hosts, lines, ports, rates and test addresses; as wide as the names need.
pub fn show(testbed: &Testbed) -> String {
    drawing(testbed, None)
}

/// The same with what the hosts said: the size of each in its box, below each port its driver and NUMA node, and below each
/// address the speed of the cable. Ports have the names of their interfaces. What needs a look stands below the drawing.
pub fn show_seen(testbed: &Testbed, seen: &Seen) -> String {
    if !seen.any() {
        return show(testbed);
    }
    let mut text = drawing(testbed, Some(seen));
    let has_node = |line| Seat::ALL.iter().any(|seat| seen.port(line, *seat).is_some_and(|port| port.node.is_some()));
    if (0..testbed.lines.len()).any(has_node) {
        text.push_str("\nn0, n1, …: NUMA node of the port\n");
    }
    for (number, remark) in seen.remarks(testbed).iter().enumerate() {
        let _ = writeln!(text, "{}{remark}", if number == 0 { "\n" } else { "" });
    }
    text
}

fn drawing(testbed: &Testbed, seen: Option<&Seen>) -> String {
    let boxes = [source_box(testbed, seen), middlebox_box(testbed, seen), sink_box(testbed, seen)];
    let wires = wires(testbed, seen);
    // The ends of a wire are set into the sides of the boxes.
    let gap = " ".repeat(width(&wires[0][0]) - 2);
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
    let rows_a_line = if seen.is_some() { 2 } else { 1 };
    for (row, [left, right]) in wires.iter().enumerate() {
        let [source, middlebox, sink] = boxes.each_ref().map(|b| b.ports[row].as_str());
        let number = row / rows_a_line + 1;
        let title = if row % rows_a_line == 0 { format!("line {number:>number_width$} ") } else { margin.clone() };
        let _ = writeln!(text, "{title}│ {source} {left} {middlebox} {right} {sink} │");
    }
    let _ = writeln!(text, "{margin}{}", frame('└', '┘'));
    text
}

/// The testbed with each line's number and test addresses. What hosts said stands beside it: `answer` of each host, and
/// `ports` of each line; both are `null` for a host that was not asked or did not answer.
pub fn json(testbed: &Testbed, seen: Option<&Seen>) -> Value {
    let host = |role: Role| {
        let host = testbed.host(role);
        json!({ "ssh": host.ssh, "sudo": host.sudo, "answer": seen.and_then(|seen| seen.host(role)) })
    };
    let ports = |line: usize| {
        let port = |seat: Seat| (seat.key().to_owned(), json!(seen.and_then(|seen| seen.port(line, seat))));
        Seat::ALL.into_iter().map(port).collect::<serde_json::Map<_, _>>()
    };
    let lines: Vec<Value> = (1_usize..)
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
                "ports": ports(number - 1),
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

fn heading(testbed: &Testbed, role: Role, seen: Option<&Seen>) -> Vec<String> {
    let letters: Vec<char> = testbed.host(role).ssh.chars().collect();
    let rows = letters.chunks(DESTINATION_WIDTH);
    let mut heading = vec![role.name().to_owned()];
    heading.extend(rows.map(|row| row.iter().collect::<String>()));
    if let Some(seen) = seen {
        heading.push(seen.host(role).map_or_else(|| "no answer".to_owned(), super::seen::SeenHost::size));
    }
    heading
}

fn widest(rows: &[String]) -> usize {
    rows.iter().map(|row| width(row)).max().unwrap_or(0)
}

/// What stands at a port: its name; with what hosts said also, below it, its hardware.
fn names(testbed: &Testbed, seat: Seat, seen: Option<&Seen>) -> Vec<String> {
    let rows = testbed.lines.iter().enumerate().flat_map(|(number, line)| {
        let name = line.port(seat).to_string();
        let Some(seen) = seen else { return vec![name] };
        let port = seen.port(number, seat);
        let interface = port.and_then(|port| port.interface.clone());
        vec![interface.unwrap_or(name), port.map_or_else(String::new, super::seen::SeenPort::hardware)]
    });
    rows.collect()
}

/// Ports stand at the side that their cable leaves from.
fn source_box(testbed: &Testbed, seen: Option<&Seen>) -> HostBox {
    let (heading, names) = (heading(testbed, Role::Source, seen), names(testbed, Seat::Source, seen));
    let width = widest(&heading).max(widest(&names));
    let ports = names.iter().map(|name| format!("{name:>width$}")).collect();
    HostBox { heading, ports, width }
}

fn sink_box(testbed: &Testbed, seen: Option<&Seen>) -> HostBox {
    let (heading, names) = (heading(testbed, Role::Sink, seen), names(testbed, Seat::Sink, seen));
    let width = widest(&heading).max(widest(&names));
    let ports = names.iter().map(|name| format!("{name:<width$}")).collect();
    HostBox { heading, ports, width }
}

fn middlebox_box(testbed: &Testbed, seen: Option<&Seen>) -> HostBox {
    let heading = heading(testbed, Role::Middlebox, seen);
    let (inputs, outputs) = (names(testbed, Seat::In, seen), names(testbed, Seat::Out, seen));
    let (left, right) = (widest(&inputs), widest(&outputs));
    let arrow = 3;
    let width = widest(&heading).max(left + 1 + arrow + 1 + right);
    let dashes = width - left - right - arrow;
    let way = |row: usize| match seen {
        Some(_) if row % 2 == 1 => " ".repeat(dashes + 1),
        _ => format!("{}>", "·".repeat(dashes)),
    };
    let ports = inputs.iter().zip(&outputs).enumerate();
    let ports = ports
        .map(|(row, (input, output))| {
            let way = way(row);
            format!("{input:<left$} {way} {output:>right$}")
        })
        .collect();
    HostBox { heading, ports, width }
}

/// The two cables of each line: the source's address on the left one, the sink's on the right one; with what hosts said
/// also, below each, its speed.
fn wires(testbed: &Testbed, seen: Option<&Seen>) -> Vec<[String; 2]> {
    let addresses: Vec<[String; 2]> = (1..=testbed.lines.len())
        .map(|number| testbed.addresses(number))
        .map(|(source, sink)| [source.to_string(), sink.to_string()])
        .collect();
    let speeds = |line: usize| seen.map(|seen| CABLES.map(|ends| seen.cable(line, ends)));
    let widest = addresses.iter().flatten().map(|address| width(address)).max().unwrap_or(0);
    let wire = |address: &String| {
        let rest = "─".repeat(widest - width(address) + 1);
        format!("├─ {address} {rest}>┤")
    };
    let below = |speed: &String| format!("│  {speed:<w$}│", w = widest + 3);
    let rows = addresses.iter().enumerate().flat_map(|(line, addresses)| {
        let mut rows = vec![addresses.each_ref().map(wire)];
        rows.extend(speeds(line).map(|speeds| speeds.each_ref().map(below)));
        rows
    });
    rows.collect()
}
