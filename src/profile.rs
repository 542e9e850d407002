//! Framework profiles: what to build, load, run a line, probe and stop, as data.
//!
//! A new framework is a YAML file, not Rust. Must not touch a host; `plan` turns a profile into steps.

pub mod experiment;
pub mod notation;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::yaml;

/// A framework profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What `--framework` calls it.
    pub name: String,
    /// One line for people.
    pub summary: String,
    /// What `--set` may change, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// What has to be compiled for the middlebox's kernel.
    #[serde(default)]
    pub build: Option<Build>,
    /// How the middlebox's test ports are set.
    #[serde(default)]
    pub ports: Ports,
    /// Done once, before the lines.
    #[serde(default)]
    pub load: Vec<Action>,
    /// Done for every line that carries traffic.
    #[serde(default)]
    pub line: Vec<Action>,
    /// Files of the middlebox that say what is loaded, by the name under which the result has them.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// A parameter of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Value where `--set` gives none.
    pub default: String,
    /// The values there are; any where it is empty.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it does.
    #[serde(default)]
    pub help: String,
}

/// Sources that `make` turns into products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// Directory of the sources; `kernel-module` is the one that nsbench brings along.
    pub source: String,
    /// Files that the build makes, relative to the sources; they are found in `{work}` by their last name.
    pub products: Vec<String>,
}

/// Settings of the middlebox's test ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// Let in frames for other addresses.
    #[serde(default)]
    pub promiscuous: bool,
    /// Give each queue's interrupt a CPU of its own, as far as they go.
    #[serde(default)]
    pub spread_interrupts: bool,
    /// `ethtool -K` features and the state they are put in, `on` or `off`. What a port does not have or
    /// cannot change is left alone.
    #[serde(default)]
    pub offloads: BTreeMap<String, String>,
}

/// One thing to do on the middlebox; exactly one of the fields is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Load a module that was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insmod: Option<Insmod>,
    /// Load a module of the kernel's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modprobe: Option<Modprobe>,
    /// Run a command that ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandAction>,
    /// Start a program that stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daemon: Option<DaemonAction>,
    /// Set a kernel parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sysctl: Option<SysctlAction>,
}

/// Load a module from a file that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insmod {
    /// Its file among the products.
    pub file: String,
    /// Its name in the kernel.
    pub module: String,
    /// Parameters, with `{placeholders}`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// Load a module that the kernel came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modprobe {
    /// Its name.
    pub module: String,
    /// Parameters, with `{placeholders}`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// Run a command that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandAction {
    /// Program and arguments, with `{placeholders}`; no shell reads them.
    #[serde(rename = "do")]
    pub apply: Vec<String>,
    /// What takes it back, where something must.
    #[serde(default)]
    pub undo: Vec<String>,
}

/// Start a program that stays until the end of the measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonAction {
    /// Names its log and pid file.
    pub name: String,
    /// Program and arguments, with `{placeholders}`; no shell reads them.
    pub command: Vec<String>,
    /// Text that it prints when it is ready.
    pub ready: String,
    /// Signal that ends it: `INT`, `TERM`, …
    #[serde(default = "term")]
    pub stop: String,
}

fn term() -> String {
    "TERM".to_owned()
}

/// Set a kernel parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SysctlAction {
    /// Its name, `net.core.netdev_max_backlog`.
    pub name: String,
    /// Its value, with `{placeholders}`.
    pub value: String,
}

/// The profiles that nsbench brings along, by name.
const SHIPPED: [(&str, &str); 2] = [
    ("bridge", include_str!("../profiles/frameworks/bridge.yaml")),
    ("netslice", include_str!("../profiles/frameworks/netslice.yaml")),
];

impl Profile {
    /// The profile that `--framework` names: a shipped one, or a YAML file by its path.
    pub fn find(name: &str) -> Result<Self> {
        if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            return Self::parse(&format!("profiles/frameworks/{name}.yaml"), text);
        }
        if !is_path(name) {
            let names = Self::names().join(", ");
            bail!("there is no framework `{name}`\nhint: there are {names}; or give the path of a profile, FILE.yaml");
        }
        let text = fs::read_to_string(name).with_context(|| {
            format!("could not read the profile `{name}`\nhint: nsbench brings along {}", Self::names().join(", "))
        })?;
        Self::parse(name, &text)
    }

    /// Names of the shipped profiles.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// Reads a profile and checks it.
    pub fn parse(origin: &str, text: &str) -> Result<Self> {
        let document = yaml::read::<Self>(origin, text)?;
        for (section, actions) in [("load", &document.value.load), ("line", &document.value.line)] {
            for (index, action) in actions.iter().enumerate() {
                if action.count() != 1 {
                    return Err(document.at(
                        &[section, &index.to_string()],
                        "an action is exactly one of insmod, modprobe, command, daemon and sysctl",
                        &format!("this has {}", action.count()),
                        "write each action as a list item of its own, `- command: { do: […] }`",
                    ))?;
                }
            }
        }
        for (feature, value) in &document.value.ports.offloads {
            if value != "on" && value != "off" {
                return Err(document.at(
                    &["ports", "offloads", feature],
                    "an offload is put on or off",
                    "neither",
                    "write \"on\" or \"off\", with the quotes",
                ))?;
            }
        }
        Ok(document.value)
    }

    /// Values of all parameters: the defaults, changed by `set`.
    pub fn parameters(&self, set: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
        let mut values: BTreeMap<_, _> =
            self.parameters.iter().map(|(name, p)| (name.clone(), p.default.clone())).collect();
        for (name, value) in set {
            let Some(parameter) = self.parameters.get(name) else {
                let names: Vec<_> = self.parameters.keys().map(String::as_str).collect();
                let hint =
                    if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
                bail!("framework `{}` has no parameter `{name}`\nhint: {hint}", self.name);
            };
            if !parameter.values.is_empty() && !parameter.values.contains(value) {
                let list = parameter.values.join(", ");
                bail!("`{}.{name}` cannot be `{value}`\nhint: it can be: {list}", self.name);
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(values)
    }
}

/// Whether `name` is the path of a file, and not the name of something that nsbench brings along.
fn is_path(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

impl Action {
    fn count(&self) -> usize {
        let given = [
            self.insmod.is_some(),
            self.modprobe.is_some(),
            self.command.is_some(),
            self.daemon.is_some(),
            self.sysctl.is_some(),
        ];
        given.into_iter().filter(|given| *given).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_understood_and_has_the_name_of_its_file() {
        for name in Profile::names() {
            assert_eq!(Profile::find(name).unwrap().name, name);
        }
        let files = fs::read_dir("profiles/frameworks").unwrap().count();
        assert_eq!(files, SHIPPED.len(), "a profile in the directory is not shipped");
    }

    #[test]
    fn a_parameter_takes_only_the_values_it_has() {
        let profile = Profile::find("netslice").unwrap();
        let set = |name: &str, value: &str| profile.parameters(&BTreeMap::from([(name.to_owned(), value.to_owned())]));
        assert_eq!(set("batch", "128").unwrap()["batch"], "128");
        assert_eq!(set("batch", "128").unwrap()["mode"], "classic");
        assert!(set("mode", "fast").unwrap_err().to_string().contains("it can be: classic"));
        assert!(set("colour", "red").unwrap_err().to_string().contains("no parameter `colour`"));
    }

    #[test]
    fn an_action_that_is_two_things_is_refused_with_its_place() {
        let text = "name: x\nsummary: y\nload:\n  - modprobe: { module: a }\n    sysctl: { name: b, value: c }\n";
        let error = Profile::parse("x.yaml", text).unwrap_err().to_string();
        assert!(error.contains("x.yaml:4"), "{error}");
    }
}
