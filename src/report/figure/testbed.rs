//! The testbed as a drawing, after Figures 1 and 2 of the paper. Made from what a record has of the testbed file.
//!
//! Must not know how it is drawn.

use serde_json::Value;

use super::{Drawing, Figure, Plot, Table};
use crate::record::Run;
use crate::units::BitsPerSecond;

const ROLES: [&str; 3] = ["source", "middlebox", "sink"];
const SEATS: [&str; 4] = ["source", "in", "out", "sink"];

/// A drawing a testbed; print and records of old versions name none.
pub fn of<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    for run in runs {
        let Some(drawing) = drawing(&run.testbed_resolved) else { continue };
        if figures.iter().any(|figure| figure.plot == Plot::Testbed(drawing.clone())) {
            continue;
        }
        let number = figures.len() + 1;
        figures.push(figure(number, run, drawing));
    }
    figures
}

fn figure(number: usize, run: &Run, drawing: Drawing) -> Figure {
    let virtual_hosts = if run.emulated { ", of virtual hosts" } else { "" };
    let on = run.middlebox.as_ref().map_or(String::new(), |name| format!(", middlebox {name}"));
    let way = |(number, line): (usize, &[String; 4])| format!("line {number}: {}", line.join(", "));
    let ways: Vec<_> = (1..).zip(&drawing.lines).map(way).collect();
    Figure {
        name: if number > 1 { format!("testbed-{number}") } else { "testbed".to_owned() },
        title: format!("Testbed {}{on}", run.testbed),
        alternative: format!(
            "Drawing of testbed {}{virtual_hosts}: source {}, middlebox {} and sink {}, {}. Ports from source to sink: {}.",
            run.testbed,
            drawing.hosts[0],
            drawing.hosts[1],
            drawing.hosts[2],
            drawing.about,
            ways.join("; ")
        ),
        notes: vec![format!("Traffic goes from left to right; {}{virtual_hosts}.", drawing.about)],
        plot: Plot::Testbed(drawing),
    }
}

/// From the file as it is recorded; `None` where it names no lines.
fn drawing(file: &Value) -> Option<Drawing> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("not recorded").to_owned();
    let lines = file.get("lines")?.as_array().filter(|lines| !lines.is_empty())?;
    let count = lines.len();
    let rate = match file.get("rate").and_then(Value::as_f64) {
        Some(rate) => format!(" of {}", BitsPerSecond(rate)),
        None => String::new(),
    };
    let mtu = file.get("mtu").and_then(Value::as_u64).map_or("not recorded".to_owned(), |mtu| mtu.to_string());
    Some(Drawing {
        hosts: ROLES.map(|role| text(file.get(role).and_then(|host| host.get("ssh")))),
        lines: lines.iter().map(|line| SEATS.map(|seat| text(line.get(seat)))).collect(),
        about: format!("{count} {}{rate}, MTU {mtu}", if count == 1 { "line" } else { "lines" }),
    })
}

impl Drawing {
    /// A row a line.
    pub fn table(&self) -> Table {
        let [source, middlebox, sink] = &self.hosts;
        let headings = vec![
            "line".to_owned(),
            format!("source {source}"),
            format!("middlebox {middlebox}, in"),
            format!("middlebox {middlebox}, out"),
            format!("sink {sink}"),
        ];
        let row = |(number, line): (usize, &[String; 4])| {
            let mut row = vec![number.to_string()];
            row.extend(line.iter().cloned());
            row
        };
        Table { headings, rows: (1..).zip(&self.lines).map(row).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn run(id: &str, port: &str) -> Run {
        let file = serde_json::json!({
            "name": "lab", "source": { "ssh": "a" }, "middlebox": { "ssh": "b" },
            "lines": [{ "source": "eth1", "in": port, "out": "eth2", "sink": "eth1" }], "mtu": 1500, "rate": 1e10,
        });
        Run { testbed_resolved: file, ..sample::run(id, "2026-11-22T09:00:00Z") }
    }

    #[test]
    fn one_testbed_is_drawn_once_and_what_a_record_lacks_is_said() {
        let runs = [run("a", "eth1"), run("b", "eth1"), run("c", "eth9")];
        let figures = of(runs.iter());
        let names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(names, ["testbed", "testbed-2"]);
        let Plot::Testbed(drawing) = &figures[0].plot else { panic!() };
        assert_eq!(drawing.hosts, ["a", "b", "not recorded"]);
        assert_eq!(drawing.about, "1 line of 10.00 Gb/s, MTU 1500");
        assert_eq!(of([sample::run("d", "2026-11-22T09:00:00Z")].iter()), [], "it names no lines");
    }
}
