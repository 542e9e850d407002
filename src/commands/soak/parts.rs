//! What a soak does once, and what it does in every cycle.
//!
//! Pure. Must not touch a host.

use std::fmt::Write as _;

use anyhow::{Result, bail, ensure};

use crate::generator::Load;
use crate::plan::layout::Layout;
use crate::plan::{self, Artifacts, Cell, Plan, Step};
use crate::role::Role;
use crate::testbed::Testbed;

/// The steps of a soak.
#[derive(Debug)]
pub struct Parts {
    /// Applied once on the three hosts, traffic among it, and undone at the end.
    pub once: Plan,
    /// Applied and undone on the middlebox in every cycle: a list a set of parameters.
    pub cycles: Vec<Vec<Step>>,
}

impl Parts {
    /// Plans these cells, which differ in their parameters alone.
    ///
    /// # Errors
    /// They differ in what is done once, or nothing is done in a cycle.
    pub fn of(testbed: &Testbed, layout: &Layout, cells: &[Cell], artifacts: &[Artifacts]) -> Result<Self> {
        let mut parts: Option<Self> = None;
        for (cell, artifacts) in cells.iter().zip(artifacts) {
            let (once, cycle) = plan::plan_apart(testbed, layout, cell, artifacts, &Load::default())?;
            ensure!(
                !cycle.is_empty(),
                "the profile `{0}` neither loads something nor starts it on a line: there is nothing to do again and again",
                cell.profile.name
            );
            match &mut parts {
                None => parts = Some(Self { once, cycles: vec![cycle] }),
                Some(parts) => {
                    refuse_difference(&parts.once, &once)?;
                    parts.cycles.push(cycle);
                }
            }
        }
        let Some(mut parts) = parts else { bail!("there is nothing to soak") };
        let lines = cells.first().map_or(0, |cell| cell.lines);
        let pings = (1..=lines).map(|line| plan::pings(line, testbed.addresses(line), testbed.lab.is_some()));
        parts.once.steps.entry(Role::Source).or_default().extend(pings);
        Ok(parts)
    }

    /// How many changes are there on the middlebox when the framework is not.
    pub fn below(&self) -> usize {
        self.once.steps.get(&Role::Middlebox).map_or(0, Vec::len)
    }

    /// The commands that would run, as a script one can read.
    pub fn text(&self, cells: &[Cell]) -> Result<String> {
        let mut text = format!("# once, and undone at the end\n\n{}", self.once);
        for (cell, steps) in cells.iter().zip(&self.cycles) {
            let values: Vec<_> = cell.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let plan = Plan { steps: [(Role::Middlebox, steps.clone())].into() };
            write!(
                text,
                "\n# in a cycle, and undone in the same: {} {}\n\n{plan}",
                cell.profile.name,
                values.join(" ")
            )?;
        }
        Ok(text)
    }
}

fn refuse_difference(first: &Plan, other: &Plan) -> Result<()> {
    for role in Role::ALL {
        let [one, two] = [first, other].map(|plan| plan.steps.get(&role).map_or(&[][..], Vec::as_slice));
        let pairs = one.iter().map(Some).chain([None]).zip(two.iter().map(Some).chain([None]));
        if let Some((_, step)) = pairs.into_iter().find(|(one, two)| one != two) {
            let step = step.map_or("a step less", |step| step.title.as_str());
            bail!(
                "these parameters cannot take turns: they make a difference in what is done once, and not in every cycle \
                 ({role}, {step})\nhint: soak them one after the other"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::profile::Profile;

    fn cells(framework: &str, sets: &[&[(&str, &str)]]) -> Vec<Cell> {
        let profile = Profile::find(framework).unwrap();
        let cell = |set: &&[(&str, &str)]| {
            let set: BTreeMap<_, _> =
                set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Cell { params: profile.parameters(&set).unwrap(), profile: profile.clone(), lines: 1, frame_size: None }
        };
        sets.iter().map(cell).collect()
    }

    fn parts(cells: &[Cell]) -> Result<Parts> {
        let artifacts = vec![Artifacts::None; cells.len()];
        Parts::of(&Testbed::shipped("lab").unwrap(), &Layout::default(), cells, &artifacts)
    }

    #[test]
    fn a_module_and_its_program_are_loaded_in_every_cycle_and_ports_are_set_once() {
        let cells = cells("netslice", &[&[("mode", "classic")], &[("mode", "ring")]]);
        let parts = parts(&cells).unwrap();
        let titles: Vec<Vec<_>> = parts.cycles.iter().map(|s| s.iter().map(|s| s.title.as_str()).collect()).collect();
        assert_eq!(titles, [["module netslice", "program netslice-bridge-1"]; 2]);
        assert_ne!(parts.cycles[0], parts.cycles[1]);
        let once = parts.once.to_string();
        assert!(once.contains("eth1: promiscuous") && !once.contains("insmod"), "{once}");
        assert_eq!(parts.once.steps[&Role::Source].last().unwrap().title, "program pings-1");
        assert_eq!(parts.below(), parts.once.steps[&Role::Middlebox].len());
        let text = parts.text(&cells).unwrap();
        assert!(
            text.contains("# in a cycle, and undone in the same: netslice") && text.contains("mode=ring"),
            "{text}"
        );
    }

    #[test]
    fn parameters_of_what_is_done_once_cannot_take_turns() {
        let cells = cells("dpdk", &[&[("driver", "vfio-pci")], &[("driver", "kernel")]]);
        let error = parts(&cells).unwrap_err().to_string();
        assert!(error.contains("cannot take turns") && error.contains("hint: "), "{error}");
    }

    #[test]
    fn a_profile_that_does_nothing_in_a_cycle_is_refused() {
        let profile = Profile::parse("x.yaml", "name: nothing\nsummary: y\n").unwrap();
        let cell = Cell { profile, params: BTreeMap::new(), lines: 1, frame_size: None };
        assert!(parts(&[cell]).unwrap_err().to_string().contains("`nothing`"));
    }
}
