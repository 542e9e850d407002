//! Single findings in words and as a table. Must not know how they are drawn.

use super::{Points, Table, bars};

impl Points {
    /// A row a finding: number, height, what else is known, kind.
    pub fn table(&self) -> Table {
        let mut headings = vec![self.along.clone(), self.up.clone()];
        headings.extend(self.headings.iter().cloned());
        headings.push("what it says".to_owned());
        let row = |(number, point): (usize, &super::Point)| {
            let mut row = vec![number.to_string(), bars::figure(point.value)];
            row.extend(point.row.iter().cloned());
            row.push(self.kinds.get(point.kind).cloned().unwrap_or_default());
            row
        };
        Table { headings, rows: (1..).zip(&self.points).map(row).collect() }
    }

    /// The same as sentences: how many there are of each kind, and the levels.
    pub fn in_words(&self, opening: &str) -> String {
        let count = |kind: usize| self.points.iter().filter(|point| point.kind == kind).count();
        let kinds = self.kinds.iter().enumerate().map(|(kind, name)| format!("{} of {name}", count(kind)));
        let levels = self.levels.iter().map(|level| format!(" {}: {}.", level.name, bars::figure(level.value)));
        format!("{opening}; {}. {}.{}", self.up, kinds.collect::<Vec<_>>().join(", "), levels.collect::<String>())
    }
}
