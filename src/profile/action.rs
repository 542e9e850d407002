//! What a profile can have done on the middlebox. Must not know how a host does it; `plan` turns an action into a step.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing to do on the middlebox; exactly one of the fields is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
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
    /// Have more huge pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hugepages: Option<Hugepages>,
}

impl Action {
    /// The keys, of which an action has one.
    pub const KEYS: &str = "insmod, modprobe, command, daemon, sysctl and hugepages";

    /// How many things it is.
    pub fn count(&self) -> usize {
        let given = [
            self.insmod.is_some(),
            self.modprobe.is_some(),
            self.command.is_some(),
            self.daemon.is_some(),
            self.sysctl.is_some(),
            self.hugepages.is_some(),
        ];
        given.into_iter().filter(|given| *given).count()
    }
}

/// Load a module from a file that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Modprobe {
    /// Its name.
    pub module: String,
    /// Parameters, with `{placeholders}`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// Run a command that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DaemonAction {
    /// Names its log and pid file.
    pub name: String,
    /// Program and arguments, with `{placeholders}`; no shell reads them.
    pub command: Vec<String>,
    /// Text that it prints when it is ready.
    pub ready: String,
    /// How long it may take until then, seconds.
    #[serde(default = "ready_within")]
    pub ready_within_s: u32,
    /// Signal that ends it: `INT`, `TERM`, …
    #[serde(default = "term")]
    pub stop: String,
}

/// Long enough for a program that starts beside others that poll, on an emulated host.
pub const READY_WITHIN_S: u32 = 60;

const fn ready_within() -> u32 {
    READY_WITHIN_S
}

fn term() -> String {
    "TERM".to_owned()
}

/// Set a kernel parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SysctlAction {
    /// Its name, `net.core.netdev_max_backlog`.
    pub name: String,
    /// Its value, with `{placeholders}`.
    pub value: String,
}

/// Have more huge pages of 2 MiB than there are: on the NUMA node of the line's `in` port where there are nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hugepages {
    /// How much memory, MiB, with `{placeholders}`.
    pub mib: String,
}
