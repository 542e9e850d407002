//! The cells of a run: every combination of framework, parameter values and number of lines.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Options;
use crate::plan::Cell;
use crate::profile::Profile;

/// Every combination of framework, parameter values and number of lines.
pub fn cells(options: &Options) -> Result<Vec<Cell>> {
    let available = options.testbed.lines.len();
    if let Some(lines) = options.lines.iter().find(|lines| **lines == 0 || **lines > available) {
        bail!(
            "the testbed `{}` has {available} lines, not {lines}\nhint: write --lines with numbers from 1 to {available}",
            options.testbed.name
        );
    }
    let profiles = profiles(&options.frameworks)?;
    for (name, _) in &options.set {
        let framework = name.split_once('.').map(|(framework, _)| framework);
        if !profiles.iter().any(|profile| framework == Some(&profile.name)) {
            bail!("`--set {name}=…` is for none of the frameworks\nhint: write FRAMEWORK.PARAMETER=VALUE");
        }
    }
    let mut cells = Vec::new();
    for profile in profiles {
        let named = options.frameworks.iter().any(|name| *name == profile.name);
        for params in combinations(&profile, &options.set)? {
            // Of `all`, what cannot be built is a cell without a figure; what was asked for by its name is an error.
            if named {
                profile.require(&params)?;
            }
            for lines in &options.lines {
                cells.push(Cell { profile: profile.clone(), params: params.clone(), lines: *lines });
            }
        }
    }
    Ok(cells)
}

/// The profiles that were asked for. `all` means those that are shipped, and may stand beside others.
fn profiles(names: &[String]) -> Result<Vec<Profile>> {
    let mut profiles: Vec<Profile> = Vec::new();
    for name in names {
        let found = if name == "all" { Profile::all()? } else { vec![Profile::find(name)?] };
        for profile in found {
            if profiles.iter().all(|known| known.name != profile.name) {
                profiles.push(profile);
            }
        }
    }
    Ok(profiles)
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
