//! The cells of a run: every combination of framework, parameter values and number of lines.

use std::collections::BTreeMap;
use std::{fs, io};

use anyhow::{Result, bail};

use crate::generator::wire::SMALLEST;
use crate::generator::{Frames, Generator};
use crate::plan::Cell;
use crate::profile::experiment::{Experiment, Measure, Setting};
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
    let frame_sizes = frame_sizes(testbed, experiment)?;
    let profiles = profile::named(&experiment.frameworks)?;
    for name in experiment.set_names() {
        let framework = name.split_once('.').map(|(framework, _)| framework);
        if !profiles.iter().any(|profile| framework == Some(&profile.name)) {
            bail!("`--set {name}=…` is for none of the frameworks\nhint: write FRAMEWORK.PARAMETER=VALUE");
        }
    }
    let mut cells = Vec::new();
    for profile in profiles {
        let named = !profile::is_of_all(&profile, &experiment.frameworks);
        let profile = if counts_in_lab(testbed, experiment) {
            if named {
                profile.require_cost()?;
            }
            profile.for_cost()
        } else {
            profile
        };
        for params in combinations(&profile, experiment)? {
            // Of `all`, what cannot be built is a cell without a figure; what was asked for by its name is an error.
            if named {
                profile.require(&params)?;
            }
            let lines =
                experiment.lines.iter().flat_map(|lines| frame_sizes.iter().map(move |frames| (*lines, frames)));
            for (lines, frames) in lines {
                let cell = Cell { profile: profile.clone(), params: params.clone(), lines, frame_size: frames.clone() };
                there_are_files(&cell)?;
                // Trials of equal cells could not be told apart in the record.
                if !cells.contains(&cell) {
                    cells.push(cell);
                }
            }
        }
    }
    Ok(cells)
}

/// What is brought to the middlebox must be there before anything is done.
fn there_are_files(cell: &Cell) -> Result<()> {
    for (name, path) in cell.files() {
        if let Err(error) = fs::File::open(path).and_then(io::read_to_string) {
            let framework = &cell.profile.name;
            bail!(
                "could not read `{path}`, the {name} of `{framework}`: {error}\nhint: --set {framework}.{name}=FILE names \
                 it, and so does --rules"
            );
        }
    }
    Ok(())
}

/// Whether the cost is measured in the lab, on a middlebox of its own.
pub fn counts_in_lab(testbed: &Testbed, experiment: &Experiment) -> bool {
    experiment.measure == Measure::Cost && testbed.lab.is_some()
}

/// The frames to send, cell by cell; one of these may be that nobody chose any.
///
/// # Errors
/// What is measured knows no such frames, or not on so many lines.
fn frame_sizes(testbed: &Testbed, experiment: &Experiment) -> Result<Vec<Option<Frames>>> {
    let sizes = &experiment.frame_sizes;
    let most = testbed.mtu + 14;
    if let Some(size) = sizes.iter().map(Frames::longest).find(|size| *size > most) {
        bail!(
            "a frame of {size} bytes is too long for the MTU of {}\nhint: at most {most} bytes, the check sequence not counted",
            testbed.mtu
        );
    }
    let smallest = if counts_in_lab(testbed, experiment) {
        counted(experiment)?;
        Some(SMALLEST)
    } else {
        let (load, lines) = (experiment.load(), experiment.lines.iter().max().copied().unwrap_or(1));
        load.check(lines, sizes)?;
        if experiment.measure == Measure::Ndr {
            load.check_pace()?;
        }
        load.frame_size()
    };
    Ok(if sizes.is_empty() { vec![smallest.map(Frames::Size)] } else { sizes.iter().cloned().map(Some).collect() })
}

/// Refuses what says nothing where the lab measures the cost.
fn counted(experiment: &Experiment) -> Result<()> {
    if let Some(lines) = experiment.lines.iter().find(|lines| **lines != 1) {
        bail!(
            "the cost is measured on one line, not on {lines}: it is that of one packet on one CPU, and lines have no more \
             than that in common\nhint: --lines 1"
        );
    }
    if let Some(mix) = experiment.frame_sizes.iter().find_map(Frames::mix) {
        bail!(
            "the lab measures the cost of a packet with frames of one size, not of mixed sizes ({mix})\n\
             hint: one size after another: --frame-size 60,590,1514"
        );
    }
    let load = experiment.load();
    if load.generator != Generator::default() || load.flows.is_some() {
        bail!(
            "the lab measures the cost with frames of its own, in one flow: neither {} nor flows can be chosen\n\
             hint: leave out --generator and --flows, or measure the throughput",
            load.generator
        );
    }
    Ok(())
}

fn combinations(profile: &Profile, experiment: &Experiment) -> Result<Vec<BTreeMap<String, String>>> {
    let groups = experiment.groups(&profile.name);
    groups.iter().flat_map(|group| of_group(group)).map(|set| profile.parameters(&set)).collect()
}

/// Every combination of the values of one group, by the parameter's name in its framework.
fn of_group(group: &[&Setting]) -> Vec<BTreeMap<String, String>> {
    let mut sets = vec![BTreeMap::new()];
    for (name, values) in group {
        let Some((_, parameter)) = name.split_once('.') else { continue };
        let with = |base: &BTreeMap<String, String>, value: &String| {
            let mut set = base.clone();
            set.insert(parameter.to_owned(), value.clone());
            set
        };
        sets = sets.iter().flat_map(|base| values.iter().map(move |value| with(base, value))).collect();
    }
    sets
}
