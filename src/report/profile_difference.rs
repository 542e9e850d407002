//! Two profiles side by side: functions by how much more or less they take. Must not know how they were made.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::profile_table::{figure, per_packet};
use super::table::grid;
use crate::record::{Counting, Part, Profiled};

/// Functions of a table; the rest stand in JSON.
const SHOWN: usize = 25;

/// A function in two profiles.
#[derive(Debug, Clone, PartialEq)]
struct Row<'a> {
    name: &'a str,
    object: &'a str,
    part: Part,
    figures: [f64; 2],
}

/// What is different between two profiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'a> {
    profiles: [(&'a str, &'a Profiled); 2],
    rows: Vec<Row<'a>>,
}

impl<'a> Difference<'a> {
    /// Of two profiles of the same kind, by their ids: instructions a packet, or percent of the samples. A function that is in
    /// one of them took nothing in the other.
    pub fn of(profiles: [(&'a str, &'a Profiled); 2]) -> Self {
        let mut rows: BTreeMap<(Part, &str, &str), [f64; 2]> = BTreeMap::new();
        for (index, (_, profiled)) in profiles.iter().enumerate() {
            for function in &profiled.functions {
                let figure = match profiled.by {
                    Counting::Instructions => function.per_packet.unwrap_or_default(),
                    Counting::Samples => function.share * 100.0,
                };
                rows.entry((function.part, &function.object, &function.name)).or_default()[index] += figure;
            }
        }
        let mut rows: Vec<_> =
            rows.into_iter().map(|((part, object, name), figures)| Row { name, object, part, figures }).collect();
        rows.sort_by(|a, b| change(b).abs().total_cmp(&change(a).abs()).then_with(|| a.name.cmp(b.name)));
        Self { profiles, rows }
    }

    fn unit(&self) -> &'static str {
        match self.profiles[0].1.by {
            Counting::Instructions => "instructions a packet",
            Counting::Samples => "% of the samples",
        }
    }

    /// A table, ending in a newline.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (letter, (id, profiled)) in ["A", "B"].iter().zip(self.profiles) {
            let params = super::profile_table::parameters(profiled);
            let _ = writeln!(text, "{letter}: {id}, {}{params}", profiled.framework);
        }
        let header = [self.unit(), "of", "A", "B", "B - A"].map(str::to_owned).to_vec();
        let row = |name: &str, object: &str, figures: [f64; 2]| {
            let change = figures[1] - figures[0];
            vec![name.to_owned(), object.to_owned(), figure(figures[0]), figure(figures[1]), format!("{change:+.1}")]
        };
        let shown = self.rows.iter().filter(|row| change(row).abs() >= 0.05).take(SHOWN);
        let mut rows: Vec<_> = shown.map(|line| row(line.name, line.object, line.figures)).collect();
        for part in Part::ALL {
            let own = self.rows.iter().filter(|row| row.part == part);
            // An empty sum is -0.
            let of = |index: usize| own.clone().fold(0.0, |sum, row| sum + row.figures[index]);
            rows.push(row(&format!("all of {}", super::profile_table::part_name(part)), "", [of(0), of(1)]));
        }
        if self.profiles[0].1.by == Counting::Instructions {
            let whole = |index: usize| per_packet(self.profiles[index].1).unwrap_or_default();
            rows.push(row("all", "", [whole(0), whole(1)]));
        }
        let _ = writeln!(text, "\n{}", grid(header, rows, 2..usize::MAX));
        let ways = self.ways();
        if !ways.is_empty() {
            let header = ["way into the module", "of", "A", "B", "B - A"].map(str::to_owned).to_vec();
            let rows = ways.iter().map(|line| row(line.name, line.object, line.figures));
            let _ = writeln!(text, "\n{}", grid(header, rows, 2..usize::MAX));
        }
        text
    }

    /// The ways into the module with all that was called on them, in the unit of functions; those of less than a tenth of one
    /// are left out.
    fn ways(&self) -> Vec<Row<'a>> {
        let mut rows: BTreeMap<(&str, &str), [f64; 2]> = BTreeMap::new();
        for (index, (_, profiled)) in self.profiles.iter().enumerate() {
            let Some(paths) = &profiled.paths else { continue };
            for path in &paths.entries {
                rows.entry((&path.object, &path.function)).or_default()[index] += paths.figure(path.count);
            }
        }
        let row = |((object, name), figures)| Row { name, object, part: Part::Module, figures };
        let mut rows: Vec<_> = rows.into_iter().map(row).filter(|row| row.figures.iter().any(|f| *f >= 0.1)).collect();
        rows.sort_by(|a, b| change(b).abs().total_cmp(&change(a).abs()));
        rows
    }

    /// The same for programs, and every function.
    ///
    /// # Panics
    /// Never: every key is a string.
    pub fn json(&self) -> String {
        let row = |row: &Row| {
            json!({ "function": row.name, "object": row.object, "part": row.part, "a": row.figures[0], "b": row.figures[1],
                "change": change(row) })
        };
        let [a, b] = self.profiles.map(|(id, profiled)| {
            json!({ "id": id, "framework": profiled.framework, "params": profiled.params, "by": profiled.by })
        });
        let ways = self.ways().iter().map(row).collect::<Vec<_>>();
        let functions = self.rows.iter().map(row).collect::<Vec<_>>();
        let all = json!({ "unit": self.unit(), "a": a, "b": b, "functions": functions, "paths": ways });
        format!("{all:#}\n")
    }
}

fn change(row: &Row) -> f64 {
    row.figures[1] - row.figures[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn functions_stand_by_how_much_they_changed_and_one_that_is_gone_took_nothing() {
        let before = sample::profiled();
        let mut after = sample::profiled();
        after.functions.retain(|function| function.name != "netslice_readv");
        after.total = 7_000.0;
        if let Some(paths) = &mut after.paths {
            paths.entries.retain(|path| path.function != "nsl_device_read");
        }
        after.params = [("netslice.mode".to_owned(), "ring".to_owned())].into();
        let difference = Difference::of([("A-run", &before), ("B-run", &after)]);
        insta::assert_snapshot!(difference.text());
        let json: serde_json::Value = serde_json::from_str(&difference.json()).unwrap();
        assert_eq!(json["functions"][0]["function"], "netslice_readv");
        assert_eq!((&json["paths"][0]["function"], &json["paths"][0]["a"]), (&"nsl_device_read".into(), &400.0.into()));
        assert_eq!((&json["functions"][0]["b"], &json["unit"]), (&0.0.into(), &"instructions a packet".into()));
    }
}
