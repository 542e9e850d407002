//! From a file to a [`Testbed`]: what the keys are, and where files come from.
//!
//! Must not know what makes a testbed sound; `validate` does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::validate::{self, LINES_MAX, MTU_BYTES};
use super::{HostSpec, Line, Testbed};
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
    #[error("could not read the testbed `{}`\nhint: `nsbench topology show` without `-t` shows the lab's; `nsbench files testbeds/example.yaml >testbed.yaml` begins one of your own", path.display())]
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

/// A testbed: three hosts in a row and the lines between them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a testbed: the keys `name`, `hosts` and `lines`")]
pub(crate) struct File {
    /// What results call it: letters, digits, `-`, `_` and `.`.
    #[schemars(regex(pattern = NAME_PATTERN))]
    pub name: String,
    /// The three hosts, each with how `ssh` reaches it.
    pub hosts: Hosts,
    /// Each line is two cables: from the source's port to the middlebox's `in`, and from the middlebox's `out` to the
    /// sink's port. The first is line 1.
    #[schemars(length(min = 1, max = LINES_MAX))]
    pub lines: Vec<Line>,
    /// MTU of every test port, bytes; without it 1500.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(range(min = *MTU_BYTES.start(), max = *MTU_BYTES.end()))]
    pub mtu: Option<u32>,
    /// Nominal rate of one line, like `10Gbps`; `topology check` names ports that are slower.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(regex(pattern = r"^\s*[0-9]+(\.[0-9]*)?\s*[kKmMgGtT]?([bB][pP][sS]|[bB]/[sS])\s*$"))]
    pub rate: Option<String>,
    /// Network of the test addresses, one /24 a line; without it 198.18.0.0, which RFC 2544 sets aside for tests.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+){3}(/[0-9]+)?$"))]
    pub network: Option<String>,
    /// Configuration of the OpenSSH client, relative to this file; without it the user's own.
    #[serde(default, deserialize_with = "yaml::present")]
    pub ssh_config: Option<String>,
    /// Name of the virtual lab whose guests the hosts are.
    #[serde(default, deserialize_with = "yaml::present")]
    #[schemars(regex(pattern = NAME_PATTERN))]
    pub lab: Option<String>,
}

/// What `validate` lets pass as a name, for editors.
const NAME_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

/// The hosts, by what they do.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{ "required": ["middlebox"] }, { "required": ["middleboxes"] }]))]
#[serde(deny_unknown_fields, expecting = "the hosts `source`, `middlebox` and `sink`, each like `{ ssh: user@host }`")]
pub(crate) struct Hosts {
    /// Generates the traffic.
    pub source: HostSpec,
    /// Runs the framework, which forwards the traffic.
    #[serde(default, deserialize_with = "yaml::present")]
    pub middlebox: Option<HostSpec>,
    /// In the place of `middlebox`: several machines that can be that, each by a name. Every line then says which one it
    /// leads through, and each is measured by itself.
    #[serde(default, deserialize_with = "yaml::present")]
    pub middleboxes: Option<BTreeMap<String, HostSpec>>,
    /// Receives the traffic.
    pub sink: HostSpec,
}

impl Testbed {
    /// Reads the testbed file at `path`; of several middleboxes the first. [`super::rack::Rack`] has them all.
    ///
    /// # Errors
    /// The file cannot be read, or says what cannot be; then every such place is in the error.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        load(path).map(first)
    }

    /// Reads a testbed from `text`, which messages call `origin`; paths in it are relative to the
    /// working directory. Of several middleboxes it is that with the first.
    pub fn parse(origin: &str, text: &str) -> Result<Self, Diagnostic> {
        read(origin, text, Path::new("")).map(first)
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

    /// Names of the shipped testbeds, and the files themselves.
    pub fn shipped_texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        SHIPPED.into_iter()
    }

    /// The shipped file itself, comments and all.
    pub fn shipped_text(name: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text)
    }
}

fn first(testbeds: Vec<Testbed>) -> Testbed {
    testbeds.into_iter().next().expect("a file that was found sound has a middlebox")
}

/// Reads the file at `path`: one testbed for each of its middleboxes.
pub(super) fn load(path: &Path) -> Result<Vec<Testbed>, LoadError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(read(&path.display().to_string(), &text, folder)?)
}

pub(super) fn read(origin: &str, text: &str, folder: &Path) -> Result<Vec<Testbed>, Diagnostic> {
    validate::testbeds(yaml::read::<File>(origin, text)?, folder)
}
