//! The parameters that an experiment sets: values to try in every combination, and groups of them that are tried each by
//! itself.
//!
//! Must not know which parameters a framework has.

use serde_json::{Map, Value};

use super::{Experiment, File, words};
use crate::profile::{ALL, is_path, named};
use crate::yaml::{Diagnostic, Document};

/// `framework.parameter` and the values to try.
pub type Setting = (String, Vec<String>);

impl Experiment {
    /// What is set for this framework, group by group: a cell for each combination of a group's values. Where no group is
    /// for it, it is what is set in any case.
    pub fn groups(&self, framework: &str) -> Vec<Vec<&Setting>> {
        let mut groups = Vec::new();
        for group in &self.sets {
            let more = own(group, framework);
            if group.is_empty() || !more.is_empty() {
                let mut all = own(&self.set, framework);
                all.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
                all.extend(more);
                groups.push(all);
            }
        }
        if groups.is_empty() { vec![own(&self.set, framework)] } else { groups }
    }

    /// Every parameter that is set, by its full name.
    pub fn set_names(&self) -> impl Iterator<Item = &str> {
        self.set.iter().chain(self.sets.iter().flatten()).map(|(name, _)| name.as_str())
    }

    /// Measures `frameworks` in place of those it had, whose settings are then left out.
    pub fn replace_frameworks(&mut self, frameworks: Vec<String>) {
        let profiles = named(&frameworks).unwrap_or_default();
        let stays = |(name, _): &Setting| profiles.iter().any(|profile| is_for(name, &profile.name));
        self.set.retain(stays);
        // A group for others is not the group that sets nothing.
        self.sets.retain(|group| group.is_empty() || group.iter().any(stays));
        self.sets.iter_mut().for_each(|group| group.retain(stays));
        self.frameworks = frameworks;
    }

    /// Sets a parameter, in place of the values that it was to have in any group.
    pub fn replace_setting(&mut self, name: String, values: Vec<String>) {
        // A group that sets nothing else stays one of its framework.
        for (_, old) in self.sets.iter_mut().flatten().filter(|(other, _)| *other == name) {
            old.clone_from(&values);
        }
        self.set.retain(|(other, _)| *other != name);
        self.set.push((name, values));
    }
}

fn own<'a>(settings: &'a [Setting], framework: &str) -> Vec<&'a Setting> {
    settings.iter().filter(|(name, _)| is_for(name, framework)).collect()
}

fn is_for(setting: &str, framework: &str) -> bool {
    setting.split_once('.').is_some_and(|(of, _)| of == framework)
}

/// What the file sets in any case.
pub(super) fn set(document: &Document<File>, frameworks: &[String]) -> Result<Vec<Setting>, Diagnostic> {
    document.value.set.as_ref().map_or(Ok(Vec::new()), |entries| settings(document, &["set"], entries, frameworks))
}

/// The file's groups.
pub(super) fn sets(document: &Document<File>, frameworks: &[String]) -> Result<Vec<Vec<Setting>>, Diagnostic> {
    let Some(groups) = &document.value.sets else { return Ok(Vec::new()) };
    if groups.is_empty() {
        let hint = "write groups of parameters, each a list item: `- { netslice.mode: ring }`, or leave it out";
        return Err(document.at(&["sets"], "wrong value for `sets`", "an empty list", hint));
    }
    let group = |(index, entries): (usize, &Map<String, Value>)| {
        let index = index.to_string();
        let twice = entries.keys().find(|name| document.value.set.iter().any(|set| set.contains_key(*name)));
        if let Some(name) = twice {
            let message = format!("`{name}` is set twice");
            let hint = "leave it out here, or under `set`, which holds for every group";
            return Err(document.at(&["sets", &index, name], &message, "stands under `set` too", hint));
        }
        settings(document, &["sets", &index], entries, frameworks)
    };
    groups.iter().enumerate().map(group).collect()
}

fn settings(
    document: &Document<File>,
    path: &[&str],
    entries: &Map<String, Value>,
    frameworks: &[String],
) -> Result<Vec<Setting>, Diagnostic> {
    let mut settings = Vec::new();
    for (name, values) in entries {
        let path = [path, &[name]].concat();
        // What a profile of the user's is called stands in the profile.
        let may_be = |framework: &String| is_path(framework) || framework == ALL || is_for(name, framework);
        let is_known = frameworks.iter().any(may_be);
        if !name.contains('.') || !is_known {
            return Err(document.at(
                &path,
                &format!("`{name}` is for none of the frameworks"),
                "sets nothing",
                "write FRAMEWORK.PARAMETER: [VALUE, …], like `netslice.batch: [16, 64]`",
            ));
        }
        let hint = "write a value or a list of values; put all but whole numbers and plain words in quotes";
        settings.push((name.clone(), words(document, &path, values, hint)?));
    }
    Ok(settings)
}
