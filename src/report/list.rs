//! Runs as a list: what was measured when and where. Must not know the figures.

use serde_json::{Value, json};

use super::table::grid;
use crate::record::{Run, Status};

/// One row a run, in the order given.
pub fn text(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "no runs are recorded\n".to_owned();
    }
    let header = ["run", "started", "testbed", "frameworks", "lines", "trials", "failed"];
    let rows = runs.iter().map(|run| {
        let middlebox = run.middlebox.as_ref().map_or(String::new(), |name| format!(", {name}"));
        let testbed = format!("{}{middlebox}{}", run.testbed, if run.emulated { " (emulated)" } else { "" });
        let lines: Vec<_> = lines(run).iter().map(u32::to_string).collect();
        vec![
            run.id.clone(),
            run.started.clone().unwrap_or_else(|| "not recorded".to_owned()),
            testbed,
            frameworks(run).join(", "),
            lines.join(", "),
            run.trials.len().to_string(),
            failed(run).to_string(),
        ]
    });
    let header = header.map(str::to_owned).to_vec();
    format!("{}\n", grid(header, rows, 5..7))
}

/// One object a run, in the order given, as a JSON array.
pub fn json(runs: &[Run]) -> String {
    let all: Value = runs
        .iter()
        .map(|run| {
            json!({
                "id": run.id,
                "started": run.started,
                "testbed": run.testbed,
                "middlebox": run.middlebox,
                "emulated": run.emulated,
                "frameworks": frameworks(run),
                "lines": lines(run),
                "trials": run.trials.len(),
                "failed": failed(run),
            })
        })
        .collect();
    format!("{all:#}\n")
}

fn frameworks(run: &Run) -> Vec<&str> {
    let mut names = Vec::new();
    let soaked = run.soak.iter().map(|soak| soak.framework.as_str());
    let profiled = run.profiled.iter().map(|profiled| profiled.framework.as_str());
    for name in run.trials.iter().map(|trial| trial.framework.as_str()).chain(soaked).chain(profiled) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn lines(run: &Run) -> Vec<u32> {
    let soaked = run.soak.iter().map(|soak| soak.lines);
    let profiled = run.profiled.iter().map(|profiled| profiled.lines);
    let mut lines: Vec<u32> = run.trials.iter().map(|t| t.lines).chain(soaked).chain(profiled).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn failed(run: &Run) -> usize {
    run.trials.iter().filter(|t| t.status == Status::Failed).count()
}
