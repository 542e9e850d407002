//! The cells of a run: every combination of framework, parameter values and number of lines.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use crate::plan::Cell;
use crate::profile::experiment::Experiment;
use crate::profile::{self, Profile};
use crate::testbed::Testbed;

/// Every combination of framework, parameter values and number of lines, each once.
pub fn cells(testbed: &Testbed, experiment: &Experiment) -> Result<Vec<Cell>> {
    let available = testbed.lines.len();
    if let Some(lines) = experiment.lines.iter().find(|lines| **lines == 0 || **lines > available) {
        bail!(
            "the testbed `{}` has {available} lines, not {lines}\nhint: write --lines with numbers from 1 to {available}",
            testbed.name
        );
    }
    let profiles = profile::named(&experiment.frameworks)?;
    for (name, _) in &experiment.set {
        let framework = name.split_once('.').map(|(framework, _)| framework);
        if !profiles.iter().any(|profile| framework == Some(&profile.name)) {
            bail!("`--set {name}=…` is for none of the frameworks\nhint: write FRAMEWORK.PARAMETER=VALUE");
        }
    }
    let mut cells = Vec::new();
    for profile in profiles {
        let named = !profile::is_of_all(&profile, &experiment.frameworks);
        for params in combinations(&profile, &experiment.set)? {
            // Of `all`, what cannot be built is a cell without a figure; what was asked for by its name is an error.
            if named {
                profile.require(&params)?;
            }
            for lines in &experiment.lines {
                let cell = Cell { profile: profile.clone(), params: params.clone(), lines: *lines };
                // Trials of equal cells could not be told apart in the record.
                if !cells.contains(&cell) {
                    cells.push(cell);
                }
            }
        }
    }
    Ok(cells)
}

fn combinations(profile: &Profile, set: &[(String, Vec<String>)]) -> Result<Vec<BTreeMap<String, String>>> {
    let mut sets = vec![BTreeMap::new()];
    for (name, values) in set {
        let Some((framework, parameter)) = name.split_once('.') else { continue };
        if framework != profile.name {
            continue;
        }
        let with = |base: &BTreeMap<String, String>, value: &String| {
            let mut set = base.clone();
            set.insert(parameter.to_owned(), value.clone());
            set
        };
        sets = sets.iter().flat_map(|base| values.iter().map(move |value| with(base, value))).collect();
    }
    sets.iter().map(|set| profile.parameters(set)).collect()
}
