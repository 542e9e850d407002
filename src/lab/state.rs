//! What a lab that is up remembers about itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::role::Role;

const FILE: &str = "lab.json";

/// Written last: a lab without it is half-started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Name of the lab.
    pub name: String,
    /// `KVM` or `TCG`.
    pub accelerator: String,
    /// Why that one.
    pub reason: String,
    /// Whether the guests were restored from a snapshot.
    pub restored: bool,
    /// TCP ports on 127.0.0.1 that lead to the SSH port of source, middlebox and sink.
    pub ports: [u16; 3],
    /// Whether the middlebox has an IOMMU.
    #[serde(default)]
    pub iommu: bool,
    /// Crossed cables, if the user asked for them.
    pub cross: Option<(Role, usize, usize)>,
}

impl State {
    /// Reads the state of the lab in `dir`.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("could not understand `{}`", path.display()))
    }

    /// Writes it, whole or not at all.
    pub fn save(&self, dir: &Path) -> Result<()> {
        let new = dir.join("lab.json.new");
        fs::write(&new, serde_json::to_vec_pretty(self)?)
            .and_then(|()| fs::rename(&new, dir.join(FILE)))
            .with_context(|| format!("could not write `{}`", new.display()))
    }
}
