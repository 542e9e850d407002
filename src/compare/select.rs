//! Which runs a comparison without arguments takes. Must not know what is in a trial beyond its cell.

use super::Warning;
use crate::record::Run;

/// The runs that were taken, each with only the trials that were.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// One run a framework, or one for several that were measured together.
    pub runs: Vec<Run>,
    /// What was left out and might be missed.
    pub warnings: Vec<Warning>,
}

/// The newest run of each framework, by the framework's name; `runs` are oldest first.
pub fn newest(runs: &[Run]) -> Selection {
    let mut frameworks: Vec<&str> = runs.iter().flat_map(frameworks).collect();
    frameworks.sort_unstable();
    frameworks.dedup();
    let mut selection = Selection { runs: Vec::new(), warnings: Vec::new() };
    for framework in frameworks {
        let mut having = runs.iter().rev().filter(|run| lines(run, framework).next().is_some());
        let Some(newest) = having.next() else {
            continue;
        };
        take(&mut selection.runs, newest, framework);
        let mut seen: Vec<u32> = lines(newest, framework).collect();
        let mut missed = Vec::new();
        for older in having {
            let mut only: Vec<u32> = lines(older, framework).filter(|l| !seen.contains(l)).collect();
            only.sort_unstable();
            only.dedup();
            if !only.is_empty() {
                seen.extend(&only);
                missed.push((older.id.clone(), only));
            }
        }
        if !missed.is_empty() {
            selection.warnings.push(Warning::OlderCells {
                framework: framework.to_owned(),
                newest: newest.id.clone(),
                older: missed,
            });
        }
    }
    selection
}

fn frameworks(run: &Run) -> impl Iterator<Item = &str> {
    run.trials.iter().map(|t| t.framework.as_str())
}

fn lines(run: &Run, framework: &str) -> impl Iterator<Item = u32> {
    let of = run.trials.iter().filter(move |t| t.framework == framework);
    of.map(|t| t.lines)
}

/// Adds `newest`'s trials of `framework`, to the same run's others where there are some.
fn take(taken: &mut Vec<Run>, newest: &Run, framework: &str) {
    let trials = newest.trials.iter().filter(|t| t.framework == framework).cloned();
    match taken.iter_mut().find(|run| run.id == newest.id) {
        Some(run) => run.trials.extend(trials),
        None => taken.push(Run { trials: trials.collect(), ..newest.clone() }),
    }
}
