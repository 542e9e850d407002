//! From a file to a [`Testbed`]: what the keys are, and where files come from.
//!
//! Must not know what makes a testbed sound; `validate` does.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{HostSpec, Line, Testbed, validate};
use crate::yaml::{self, Diagnostic};

/// The files that nsbench brings along.
const SHIPPED: [(&str, &str); 3] = [
    ("fractus", include_str!("../../testbeds/fractus.yaml")),
    ("lab", include_str!("../../testbeds/lab.yaml")),
    ("example", include_str!("../../testbeds/example.yaml")),
];

/// Why there is no testbed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("could not read the testbed `{}`\nhint: `nsbench topology show` without `-t` shows the lab's; write your own from testbeds/example.yaml", path.display())]
    Unreadable {
        /// As the user wrote it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not describe a testbed.
    #[error(transparent)]
    Invalid(#[from] Diagnostic),
}

/// The file, key by key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a testbed: the keys `name`, `hosts` and `lines`")]
pub(super) struct File {
    pub name: String,
    pub hosts: Hosts,
    pub lines: Vec<Line>,
    #[serde(default, deserialize_with = "yaml::present")]
    pub mtu: Option<u32>,
    #[serde(default, deserialize_with = "yaml::present")]
    pub rate: Option<String>,
    #[serde(default, deserialize_with = "yaml::present")]
    pub network: Option<String>,
    #[serde(default, deserialize_with = "yaml::present")]
    pub ssh_config: Option<String>,
    #[serde(default, deserialize_with = "yaml::present")]
    pub lab: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "the hosts `source`, `middlebox` and `sink`, each like `{ ssh: user@host }`")]
pub(super) struct Hosts {
    pub source: HostSpec,
    pub middlebox: HostSpec,
    pub sink: HostSpec,
}

impl Testbed {
    /// Reads the testbed file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, or says what cannot be; then every such place is in the error.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(read(&path.display().to_string(), &text, folder)?)
    }

    /// Reads a testbed from `text`, which messages call `origin`; paths in it are relative to the
    /// working directory.
    pub fn parse(origin: &str, text: &str) -> Result<Self, Diagnostic> {
        read(origin, text, Path::new(""))
    }

    /// The testbed that nsbench ships under `name`: `fractus`, `lab` or `example`.
    ///
    /// # Panics
    /// Never: a test reads every one of them.
    pub fn shipped(name: &str) -> Option<Self> {
        let text = Self::shipped_text(name)?;
        let origin = format!("testbeds/{name}.yaml");
        Some(Self::parse(&origin, text).expect("a shipped testbed is sound"))
    }

    /// The shipped file itself, comments and all.
    pub fn shipped_text(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
    }
}

fn read(origin: &str, text: &str, folder: &Path) -> Result<Testbed, Diagnostic> {
    validate::testbed(yaml::read::<File>(origin, text)?, folder)
}
