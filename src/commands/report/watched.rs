//! Reads the series of hosts that stand beside a run's record. Must not know how they are drawn.

use std::path::{Component, Path};

use crate::record::{Run, Trial, streams};
use crate::report::figure::cells::{self, Cell};
use crate::report::figure::cpu::Watch;
use crate::role::Role;

/// Cells whose series are read: a page with more is read by nobody, and each is a megabyte.
const MOST: usize = 8;

/// The three hosts in the trial that is shown of each cell; what could not be read, and how many cells were left out.
pub fn read(runs: &[Run], directory: impl Fn(&Run) -> std::path::PathBuf) -> (Vec<Watch>, Vec<String>) {
    let (mut watches, mut problems) = (Vec::new(), Vec::new());
    let followed = |trial: &Trial| trial.ndr.is_none() && trial.hosts.values().any(|host| host.stream.is_some());
    let cells = cells::of(runs, followed);
    for cell in cells.iter().take(MOST) {
        let directory = directory(cell.run);
        for role in Role::ALL {
            let Some(name) = cell.trial.hosts.get(role.name()).and_then(|host| host.stream.as_deref()) else {
                continue;
            };
            match one(cell, name, &directory) {
                Ok(watch) => watches.push(watch),
                Err(problem) => problems.push(problem),
            }
        }
    }
    if let beyond @ 1.. = cells.len().saturating_sub(MOST) {
        problems.push(format!(
            "the series of {beyond} further cells are not drawn: a page shows {MOST}\nhint: name fewer runs"
        ));
    }
    (watches, problems)
}

fn one(cell: &Cell<'_>, name: &str, directory: &Path) -> Result<Watch, String> {
    // A record names files of its own directory, and no others are opened for it.
    let name = Path::new(name);
    if !name.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(format!("`{}`: the series `{}` is not in its directory", cell.run.id, name.display()));
    }
    let window = cell.trial.window.map(|window| [window.from_s, window.from_s + window.duration_s]);
    match streams::read(&directory.join(name)) {
        Ok(stream) => Ok(Watch { cell: cell.name.clone(), trial: cell.trial.trial, stream, window }),
        Err(error) => {
            let error = anyhow::Error::from(error);
            Err(format!("`{}`: what a host did in a trial is not shown: {error:#}", cell.run.id))
        }
    }
}
