//! Reads the series of hosts that stand beside a run's record. Must not know how they are drawn.

use std::path::{Component, Path, PathBuf};

use crate::record::{Run, Trial, cycles, streams};
use crate::report::figure::cells::{self, Cell};
use crate::report::figure::cpu::Watch;
use crate::report::figure::soak::Told;
use crate::role::Role;

/// Cells whose series are read: a page with more is read by nobody, and each is a megabyte.
const MOST: usize = 8;

/// The three hosts in the trial that is shown of each cell, and what could not be read. The page says how many were left out.
pub fn read(runs: &[Run], directory: impl Fn(&Run) -> PathBuf) -> (Vec<Watch>, Vec<String>) {
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
                Err(error) => {
                    problems.push(format!("`{}`: what the {role} did in a trial is not shown: {error:#}", cell.run.id));
                }
            }
        }
    }
    (watches, problems)
}

/// What each cycle of the soaks found; none of one whose file cannot be read.
pub fn soaks<'a>(soaks: &'a [Run], directory: impl Fn(&Run) -> PathBuf) -> (Vec<Told<'a>>, Vec<String>) {
    let mut problems = Vec::new();
    let told = |run: &'a Run| {
        let cycles = run.soak.as_ref().map(|soak| within(run, &soak.samples, &directory(run)));
        let cycles = cycles.map(|path| path.and_then(|path| Ok(cycles::read(&path)?)));
        let cycles = cycles.unwrap_or_else(|| Ok(Vec::new())).unwrap_or_else(|error| {
            problems.push(format!("`{}`: its cycles are not shown: {error:#}", run.id));
            Vec::new()
        });
        Told { run, cycles }
    };
    (soaks.iter().map(told).collect(), problems)
}

/// A record names files of its own directory, and no others are opened for it.
fn within(run: &Run, name: &str, directory: &Path) -> anyhow::Result<PathBuf> {
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    anyhow::ensure!(inside, "the file `{name}` of `{}` is not in its directory", run.id);
    Ok(directory.join(name))
}

fn one(cell: &Cell<'_>, name: &str, directory: &Path) -> anyhow::Result<Watch> {
    let stream = streams::read(&within(cell.run, name, directory)?)?;
    let window = cell.trial.window.map(|window| [window.from_s, window.from_s + window.duration_s]);
    Ok(Watch { cell: cell.name.clone(), trial: cell.trial.trial, stream, window })
}
