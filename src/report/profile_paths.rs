//! What each way into a framework's modules took, with all that was called on it, as a table. Must not know of other runs.

use super::profile_table::figure;
use super::table::grid;
use crate::record::{Path, Paths};

/// Ways that took less of all are not shown.
const TINY: f64 = 1e-5;

/// The table.
pub fn table(paths: &Paths) -> String {
    let packets = paths.packets.filter(|packets| *packets > 0);
    let value = |count: f64| match packets {
        Some(_) => figure(paths.figure(count)),
        None => format!("{:.1} %", paths.figure(count)),
    };
    let unit = if packets.is_some() { "instructions a packet" } else { "share of samples" };
    let mut header: Vec<_> = ["way into the module", "of"].map(str::to_owned).to_vec();
    header.extend(packets.map(|_| "calls a packet".to_owned()));
    header.extend([unit, "module itself", "kernel", "drivers"].map(str::to_owned));
    let row = |path: &Path| {
        let mut row = vec![path.function.clone(), path.object.clone()];
        let entered = |packets| path.entered.map_or_else(|| "-".to_owned(), |n| format!("{:.3}", n / packets as f64));
        row.extend(packets.map(entered));
        row.extend([path.count, path.module, path.kernel(), path.drivers].map(value));
        row
    };
    let outside = [("the framework's programs", paths.programs), ("all before, after and beside", paths.rest)];
    let outside = outside.map(|(name, count)| {
        let mut row = vec![name.to_owned(), String::new()];
        row.extend(packets.map(|_| String::new()));
        row.extend([value(count), String::new(), String::new(), String::new()]);
        row
    });
    // Whoever slept there when calls began to be followed stands in the record alone.
    let least = paths.all() * TINY;
    let shown = paths.entries.iter().filter(|path| path.count >= least);
    grid(header, shown.map(row).chain(outside), 2..usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn paths_stand_with_what_each_took_by_itself_and_what_it_called() {
        insta::assert_snapshot!(table(&sample::paths()));
    }

    #[test]
    fn paths_of_samples_stand_by_their_shares() {
        let mut paths = Paths { packets: None, ..sample::paths() };
        paths.entries.iter_mut().for_each(|path| path.entered = None);
        insta::assert_snapshot!(table(&paths));
    }
}
