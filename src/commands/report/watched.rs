//! Reads the series of hosts that stand beside a run's record. Must not know how they are drawn.

use std::path::Path;

use crate::record::{Run, Status, Trial, streams};
use crate::report::figure::cpu::Watch;

/// Trials whose series are read: a page with more is read by nobody, and each is a megabyte.
const MOST: usize = 6;

/// The middlebox in the first good trials that it was watched in, one a cell; and what could not be read.
pub fn read(runs: &[(&Run, &Path)]) -> (Vec<Watch>, Vec<String>) {
    let (mut watches, mut problems) = (Vec::new(), Vec::new());
    let mut seen: Vec<(&str, &str, u32, _)> = Vec::new();
    for (run, directory) in runs {
        for trial in run.trials.iter().filter(|trial| trial.status == Status::Ok) {
            let Some(name) = trial.hosts.get("middlebox").and_then(|watched| watched.stream.as_deref()) else {
                continue;
            };
            let cell = (run.id.as_str(), trial.framework.as_str(), trial.lines, &trial.params);
            if seen.contains(&cell) || watches.len() >= MOST {
                continue;
            }
            seen.push(cell);
            // A record names files of its own directory, and no others are opened for it.
            let name = Path::new(name);
            let inside = name.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            if !inside {
                problems.push(format!("`{}`: the series `{}` is not in its directory", run.id, name.display()));
                continue;
            }
            match streams::read(&directory.join(name)) {
                Ok(stream) => watches.push(Watch { trial: words(trial), stream, window: window(trial) }),
                Err(error) => problems.push(format!("`{}`: the CPUs of a trial are not shown: {error}", run.id)),
            }
        }
    }
    (watches, problems)
}

fn words(trial: &Trial) -> String {
    format!("{}, {} Line, trial {}", trial.framework, trial.lines, trial.trial)
}

fn window(trial: &Trial) -> Option<[f64; 2]> {
    trial.window.map(|window| [window.from_s, window.from_s + window.duration_s])
}
