//! Framework profiles: what to build, load, run a line, probe and stop, as data.
//!
//! A new framework is a YAML file, not Rust. Must not touch a host; `plan` turns a profile into steps.

mod action;
pub mod app;
mod check;
mod cost;
pub mod experiment;
pub mod notation;
pub mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{brought, programs, yaml};
pub use action::{Action, CommandAction, DaemonAction, Hugepages, Insmod, Modprobe, READY_WITHIN_S, SysctlAction};
pub use check::{is_file_name, is_module};
pub use cost::OwnCost;

/// A framework profile: what to build and load on the middlebox, and what to run for each line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What `--framework` calls it.
    pub name: String,
    /// One line for people.
    pub summary: String,
    /// The framework that this is another way of; `--framework all` leaves it out.
    #[serde(default)]
    pub variant_of: Option<String>,
    /// The application that this is of that framework, instead of forwarding alone; what `--app` calls it.
    #[serde(default)]
    pub app: Option<String>,
    /// What makes the cells possible that the paper could not measure, for the footnote of a comparison with it.
    #[serde(default)]
    pub makes_possible: Option<String>,
    /// What `--set` may change, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Programs that the middlebox must have, each with the Debian package that has it.
    #[serde(default)]
    pub programs: BTreeMap<String, String>,
    /// Programs that nsbench brings along and puts into `{work}`.
    #[serde(default)]
    #[schemars(extend("items" = { "enum": programs::names().collect::<Vec<_>>() }))]
    pub bring: Vec<String>,
    /// What has to be compiled for the middlebox's kernel.
    #[serde(default)]
    pub build: Option<Build>,
    /// Modules that the kernel loads by itself for the framework's programs.
    #[serde(default)]
    pub autoloads: Vec<String>,
    /// How the middlebox's test ports are set.
    #[serde(default)]
    pub ports: Ports,
    /// How the lab measures what a packet costs, where the middlebox's idle time does not tell it.
    #[serde(default)]
    pub cost: Option<OwnCost>,
    /// Done once, before the lines.
    #[serde(default)]
    pub load: Vec<Action>,
    /// Done for every line that carries traffic.
    #[serde(default)]
    pub line: Vec<Action>,
    /// Command that tells, for a line, what the framework counted since it began: lines `in rx_packets N`, `out tx_packets N`
    /// and the like for ports that the kernel does not count at, by the kernel's names, and `framework NAME N` for what it
    /// did not forward and why. Run before and after each trial.
    #[serde(default)]
    pub counts: Vec<String>,
    /// What says what is loaded, by the name under which the result has it. Asked when the framework forwards.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
    /// Facts that a table shows beside the framework's name.
    #[serde(default)]
    pub show: Vec<String>,
    /// What `nsbench profile --functions` takes for several functions at once: by that name, what others call each function,
    /// and what it is called here.
    #[serde(default)]
    pub functions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// How something is asked of the middlebox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a file, or a command as a list of words")]
pub enum Fact {
    /// The content of a file.
    File(String),
    /// What a command prints: program and arguments, with `{placeholders}`.
    Command(Vec<String>),
}

/// A parameter of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Value where `--set` gives none. Without it, the user must give one.
    #[serde(default)]
    pub default: Option<String>,
    /// Environment variable that gives the value where `--set` does not.
    #[serde(default)]
    pub env: Option<String>,
    /// What the value `auto` stands for, with `{placeholders}`.
    #[serde(default)]
    pub auto: Option<String>,
    /// The value is the path of a file on the user's machine; it is brought to `{work}`, where `{NAME}` stands for its path.
    #[serde(default)]
    pub file: bool,
    /// The values there are; any where it is empty.
    #[serde(default)]
    pub values: Vec<String>,
    /// What it does.
    #[serde(default)]
    pub help: String,
}

/// Sources that `make` turns into products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// Directory of the sources, with the parameters as `{placeholders}`; `kernel-module` and `apps/firewall` are those that
    /// nsbench brings along. A relative path in a profile of one's own begins at that file.
    pub source: String,
    /// Sources that nsbench brings along and that are put in there, by the same names.
    #[serde(default)]
    pub with: Vec<String>,
    /// Directory in the sources where everything runs.
    #[serde(default)]
    pub directory: Option<String>,
    /// Command before `make`, with the parameters as `{placeholders}`. It finds the build directory of the kernel in the
    /// environment variable `KDIR`, as `make` does.
    #[serde(default)]
    pub configure: Vec<String>,
    /// Arguments of `make`, with the parameters as `{placeholders}`: `OPTIMIZE={optimize}`. What is built differently is a
    /// build of its own.
    #[serde(default)]
    pub make: Vec<String>,
    /// Files that the build makes, relative to the directory; they are found in `{work}` by their last name.
    pub products: Vec<String>,
}

/// The module's sources in this repository, which travel in the program.
pub const MODULE_SOURCE: &str = "kernel-module";
/// And the firewall's.
pub const FIREWALL_SOURCE: &str = "apps/firewall";

/// Whether a build's source is one that travels in the program.
pub fn is_brought_source(source: &str) -> bool {
    [MODULE_SOURCE, FIREWALL_SOURCE].contains(&source)
}

/// Settings of the middlebox's test ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// Let in frames for other addresses.
    #[serde(default)]
    pub promiscuous: bool,
    /// Give the interrupts of each port to the CPU of its line and direction.
    #[serde(default)]
    pub spread_interrupts: bool,
    /// The framework replaces the ports' root qdisc; see to it that the kernel's own comes back.
    #[serde(default)]
    pub replaces_qdisc: bool,
    /// Take the ports from the kernel and give them to this driver. They then have no interface, and none of the
    /// settings above is made.
    #[serde(default)]
    pub driver: Option<String>,
    /// `ethtool -K` features and the state they are put in, `on` or `off`. What a port does not have or
    /// cannot change is left alone.
    #[serde(default)]
    #[schemars(extend("additionalProperties" = { "enum": ["on", "off"] }))]
    pub offloads: BTreeMap<String, String>,
}

/// The profiles that nsbench brings along, by name.
const SHIPPED: [(&str, &str); 11] = [
    ("bridge", include_str!("../profiles/frameworks/bridge.yaml")),
    ("bridge-firewall", include_str!("../profiles/frameworks/bridge-firewall.yaml")),
    ("dpdk", include_str!("../profiles/frameworks/dpdk.yaml")),
    ("dpdk-af_packet", include_str!("../profiles/frameworks/dpdk-af_packet.yaml")),
    ("dpdk-af_xdp", include_str!("../profiles/frameworks/dpdk-af_xdp.yaml")),
    ("dpdk-firewall", include_str!("../profiles/frameworks/dpdk-firewall.yaml")),
    ("netmap", include_str!("../profiles/frameworks/netmap.yaml")),
    ("netmap-firewall", include_str!("../profiles/frameworks/netmap-firewall.yaml")),
    ("netslice", include_str!("../profiles/frameworks/netslice.yaml")),
    ("netslice-firewall", include_str!("../profiles/frameworks/netslice-firewall.yaml")),
    ("xdp", include_str!("../profiles/frameworks/xdp.yaml")),
];

impl Profile {
    /// The profile that `--framework` names: a shipped one, or a YAML file by its path.
    /// The user's own file of that name goes before a shipped one.
    pub fn find(name: &str) -> Result<Self> {
        if let Some(path) = brought::own(brought::FRAMEWORKS, name)? {
            return Self::find(&path.to_string_lossy());
        }
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
        let mut profile = Self::parse(name, &text)?;
        if let (Some(build), Some(dir)) = (&mut profile.build, Path::new(name).parent())
            && !is_brought_source(&build.source)
            && !build.source.starts_with(['/', '{'])
        {
            build.source = dir.join(&build.source).to_string_lossy().into_owned();
        }
        Ok(profile)
    }

    /// Names of the shipped profiles, and the files themselves.
    pub fn shipped_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        SHIPPED.into_iter()
    }

    /// Names of the shipped profiles.
    pub fn names() -> Vec<&'static str> {
        SHIPPED.iter().map(|(name, _)| *name).collect()
    }

    /// Reads a profile and checks it.
    pub fn parse(origin: &str, text: &str) -> Result<Self> {
        let document = yaml::read::<Self>(origin, text)?;
        check::check(&document)?;
        Ok(document.value)
    }

    /// Values of all parameters: the defaults, changed by the environment and by `set`. One that nothing gives a value
    /// is left out; [`Profile::require`] speaks of it.
    pub fn parameters(&self, set: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
        let environment = |p: &Parameter| p.env.as_ref().and_then(|name| std::env::var(name).ok());
        let given = |p: &Parameter| environment(p).filter(|value| !value.is_empty()).or_else(|| p.default.clone());
        let known = self.parameters.iter().filter_map(|(name, p)| Some((name.clone(), given(p)?)));
        let mut values: BTreeMap<_, _> = known.collect();
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

    /// Whether every parameter has a value.
    ///
    /// # Errors
    /// Names the first that has none, and how to give it one.
    pub fn require(&self, values: &BTreeMap<String, String>) -> Result<()> {
        let Some((name, parameter)) = self.parameters.iter().find(|(name, _)| !values.contains_key(*name)) else {
            return Ok(());
        };
        let variable = parameter.env.as_ref().map_or(String::new(), |env| format!(", or set {env}"));
        bail!(
            "`{0}.{name}` has no value ({1})\nhint: give it one: --set {0}.{name}=VALUE{variable}",
            self.name,
            parameter.help
        )
    }
}

/// The name that means every shipped framework, variants left out.
pub const ALL: &str = "all";

/// The profiles of these names or paths, each once; [`ALL`] may stand among them.
pub fn named(names: &[String]) -> Result<Vec<Profile>> {
    let mut profiles: Vec<Profile> = Vec::new();
    for name in names {
        let found = if name == ALL { all()? } else { vec![Profile::find(name)?] };
        for profile in found {
            if profiles.iter().all(|known| known.name != profile.name) {
                profiles.push(profile);
            }
        }
    }
    Ok(profiles)
}

/// Whether `profile` is there for [`ALL`] only, and nobody named it among `frameworks`.
pub fn is_of_all(profile: &Profile, frameworks: &[String]) -> bool {
    let is_shipped = SHIPPED.iter().any(|(name, _)| *name == profile.name);
    is_shipped && frameworks.iter().any(|name| name == ALL) && !frameworks.contains(&profile.name)
}

fn all() -> Result<Vec<Profile>> {
    let found = SHIPPED.iter().map(|(name, _)| Profile::find(name));
    found.filter(|profile| !profile.as_ref().is_ok_and(|profile| profile.variant_of.is_some())).collect()
}

/// Whether `name` is the path of a file, and not the name of something that nsbench brings along.
fn is_path(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
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

    #[test]
    fn all_means_the_five_frameworks_and_not_their_variants() {
        let names: Vec<_> = named(&[ALL.to_owned()]).unwrap().into_iter().map(|profile| profile.name).collect();
        assert_eq!(names, ["bridge", "dpdk", "netmap", "netslice", "xdp"]);
        for name in Profile::names() {
            if let Some(of) = Profile::find(name).unwrap().variant_of {
                assert!(names.contains(&of), "{name} is a variant of `{of}`");
            }
        }
    }

    #[test]
    fn what_nothing_gives_a_value_is_named_with_the_ways_to_give_it_one() {
        let mut profile = Profile::find("netmap").unwrap();
        profile.parameters.get_mut("source").unwrap().env = Some("NSBENCH_NO_SUCH_VARIABLE".to_owned());
        let values = profile.parameters(&BTreeMap::new()).unwrap();
        let error = profile.require(&values).unwrap_err().to_string();
        assert!(error.contains("--set netmap.source=VALUE, or set NSBENCH_NO_SUCH_VARIABLE"), "{error}");
    }

    #[test]
    fn a_program_that_nsbench_does_not_bring_and_a_fact_that_is_not_asked_are_refused_with_their_place() {
        for (text, place) in [("bring: [nothing]", "x.yaml:3"), ("show: [mode]", "x.yaml:3")] {
            let error = Profile::parse("x.yaml", &format!("name: x\nsummary: y\n{text}\n")).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }
}
