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
    /// Of those who want a lock it is not known.
    part: Option<Part>,
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
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|((part, object, name), figures)| Row { name, object, part: Some(part), figures })
            .collect();
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
            let own = self.rows.iter().filter(|row| row.part == Some(part));
            // An empty sum is -0.
            let of = |index: usize| own.clone().fold(0.0, |sum, row| sum + row.figures[index]);
            rows.push(row(&format!("all of {}", super::profile_table::part_name(part)), "", [of(0), of(1)]));
        }
        if self.profiles[0].1.by == Counting::Instructions {
            let whole = |index: usize| per_packet(self.profiles[index].1).unwrap_or_default();
            rows.push(row("all", "", [whole(0), whole(1)]));
        }
        let _ = writeln!(text, "\n{}", grid(header, rows, 2..usize::MAX));
        for (what, lines) in [("way into the module", self.ways()), ("goes round for a lock", self.spins())] {
            if !lines.is_empty() {
                let header = [what, "of", "A", "B", "B - A"].map(str::to_owned).to_vec();
                let rows = lines.iter().map(|line| row(line.name, line.object, line.figures));
                let _ = writeln!(text, "\n{}", grid(header, rows, 2..usize::MAX));
            }
        }
        text
    }

    /// The ways into the module with all that was called on them, in the unit of functions.
    fn ways(&self) -> Vec<Row<'a>> {
        self.listed(Some(Part::Module), |profiled| {
            let paths = profiled.paths.as_ref();
            let entries = paths.into_iter().flat_map(|paths| paths.entries.iter().map(move |path| (paths, path)));
            entries.map(|(paths, path)| (&*path.object, &*path.function, paths.figure(path.count))).collect()
        })
    }

    /// Who goes round for a lock, in percent of the samples; nothing where one of the two was not looked at for that.
    fn spins(&self) -> Vec<Row<'a>> {
        if self.profiles.iter().any(|(_, profiled)| profiled.spins.is_none()) {
            return Vec::new();
        }
        self.listed(None, |profiled| {
            let share = |count: f64| count / profiled.total.max(1.0) * 100.0;
            profiled.spins.iter().flatten().map(|spin| (&*spin.object, &*spin.function, share(spin.count))).collect()
        })
    }

    /// Functions with a figure of each profile by what changed most; those of less than a tenth are left out.
    fn listed(&self, part: Option<Part>, of: impl Fn(&'a Profiled) -> Vec<(&'a str, &'a str, f64)>) -> Vec<Row<'a>> {
        let mut rows: BTreeMap<(&str, &str), [f64; 2]> = BTreeMap::new();
        for (index, (_, profiled)) in self.profiles.iter().enumerate() {
            for (object, name, figure) in of(profiled) {
                rows.entry((object, name)).or_default()[index] += figure;
            }
        }
        let row = |((object, name), figures)| Row { name, object, part, figures };
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
        let [functions, ways, spins] =
            [&self.rows, &self.ways(), &self.spins()].map(|rows| rows.iter().map(row).collect::<Vec<_>>());
        let all = json!({ "unit": self.unit(), "a": a, "b": b, "functions": functions, "paths": ways, "spins": spins });
        format!("{all:#}\n")
    }
}

fn change(row: &Row) -> f64 {
    row.figures[1] - row.figures[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Spin, sample};

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
        assert_eq!(json["spins"], serde_json::json!([]), "instructions were not looked at for that");
    }

    #[test]
    fn who_goes_round_for_a_lock_in_one_and_not_in_the_other_is_told() {
        let spin = |count| {
            let (function, object) = ("netslice_readv".to_owned(), "netslice".to_owned());
            Some(vec![Spin { function, object, count }])
        };
        let sampled = Profiled { by: Counting::Samples, total: 1000.0, spins: spin(135.0), ..sample::profiled() };
        let free = Profiled { spins: Some(Vec::new()), ..sampled.clone() };
        let text = Difference::of([("A-run", &sampled), ("B-run", &free)]).text();
        let table = text.split_once("goes round for a lock").unwrap().1;
        let row: Vec<_> =
            table.lines().find(|line| line.contains("netslice_readv")).unwrap().split_whitespace().collect();
        assert_eq!(row, ["netslice_readv", "|", "netslice", "|", "13.5", "|", "0.0", "|", "-13.5"]);
        let unknown = Profiled { spins: None, ..sampled.clone() };
        assert!(!Difference::of([("A-run", &sampled), ("B-run", &unknown)]).text().contains("goes round"));
    }
}
