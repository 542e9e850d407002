//! The testbed: three hosts and the lines between them, as the user's YAML file says.
//!
//! Must not touch a host; what hosts answer is looked at in `testbed/`.

pub mod check;
pub mod discover;
pub mod facts;
pub mod finding;
mod fitness;
pub mod import;
mod load;
mod middleboxes;
mod network;
mod port;
pub mod preflight;
pub mod probe;
pub mod rack;
mod resolve;
pub mod seen;
pub mod show;
pub mod slots;
mod validate;
pub mod wiring;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::role::Role;
use crate::units::BitsPerSecond;

pub(crate) use load::File;
pub use load::LoadError;
pub use port::PortName;
pub use resolve::Unresolved;

/// A testbed that has been read and found consistent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Testbed {
    /// What the results call it.
    pub name: String,
    /// Name of the virtual lab whose guests these hosts are, if they are.
    pub lab: Option<String>,
    /// Client configuration handed to `ssh -F`, if not the user's own.
    pub ssh_config: Option<PathBuf>,
    /// Generates the traffic.
    pub source: HostSpec,
    /// Forwards it.
    pub middlebox: HostSpec,
    /// What the file calls that one, where it names several: this is the testbed that it is the middlebox of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middlebox_name: Option<String>,
    /// Receives it.
    pub sink: HostSpec,
    /// The lines in file order; line 1 is the first.
    pub lines: Vec<Line>,
    /// MTU of every test port, bytes.
    pub mtu: u32,
    /// Nominal rate of one line, a ceiling to check against.
    pub rate: Option<BitsPerSecond>,
    /// Network of the test addresses, one /24 a line (RFC 2544 sets 198.18.0.0/15 aside for this).
    pub network: Ipv4Addr,
}

/// How to reach a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a host, like `{ ssh: user@host }`")]
pub struct HostSpec {
    /// Anything `ssh` accepts: alias, user@host, ssh://user@host:port.
    #[schemars(regex(pattern = r"^[^\s-]\S*$"))]
    pub ssh: String,
    /// Whether commands go through `sudo -n`; where unset, they do when the login is not root.
    #[serde(default, deserialize_with = "crate::yaml::present", skip_serializing_if = "Option::is_none")]
    pub sudo: Option<bool>,
    /// How its power is cycled, where it has to be.
    // The command may hold a password, and what is serialized is recorded with every run.
    #[serde(default, deserialize_with = "crate::yaml::present", skip_serializing)]
    pub power: Option<Power>,
}

/// Power of a host, in the user's hands: nsbench runs a command of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "how a host's power is cycled, like `{ cycle: \"ipmitool …\" }`")]
pub struct Power {
    /// A command line that `sh` runs on this machine, not on the host, when the host is lost in a run; it switches the
    /// host off and on again, and ends within a minute.
    #[schemars(length(min = 1))]
    pub cycle: String,
}

/// One cable pair: source port -> middlebox in, middlebox out -> sink port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a line, like `{ source: eth1, in: eth1, out: eth2, sink: eth1 }`")]
pub struct Line {
    /// Port of the source: an interface name, `mac:…` or `pci:…`, like the other three.
    pub source: Port,
    /// Port of the middlebox that faces the source.
    #[serde(rename = "in")]
    pub input: Port,
    /// Port of the middlebox that faces the sink.
    #[serde(rename = "out")]
    pub output: Port,
    /// Port of the sink.
    pub sink: Port,
    /// The middlebox that it leads through, where the file names several.
    #[serde(default, deserialize_with = "crate::yaml::present", skip_serializing_if = "Option::is_none")]
    pub middlebox: Option<String>,
}

/// A port as the file names it: an interface name, `mac:52:54:00:00:01:01` or `pci:0000:3b:00.0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Port(pub String);

/// Where on a line a port sits, in the order of the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Seat {
    /// The source's port.
    Source,
    /// The middlebox's port that faces the source.
    In,
    /// The middlebox's port that faces the sink.
    Out,
    /// The sink's port.
    Sink,
}

impl Seat {
    /// All four, in the order of the traffic.
    pub const ALL: [Self; 4] = [Self::Source, Self::In, Self::Out, Self::Sink];

    /// The key that the file uses.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::In => "in",
            Self::Out => "out",
            Self::Sink => "sink",
        }
    }

    /// The host that has the port.
    pub const fn role(self) -> Role {
        match self {
            Self::Source => Role::Source,
            Self::In | Self::Out => Role::Middlebox,
            Self::Sink => Role::Sink,
        }
    }
}

impl Line {
    /// The port at `seat`.
    pub const fn port(&self, seat: Seat) -> &Port {
        match seat {
            Seat::Source => &self.source,
            Seat::In => &self.input,
            Seat::Out => &self.output,
            Seat::Sink => &self.sink,
        }
    }

    /// The same, to be changed.
    pub const fn port_mut(&mut self, seat: Seat) -> &mut Port {
        match seat {
            Seat::Source => &mut self.source,
            Seat::In => &mut self.input,
            Seat::Out => &mut self.output,
            Seat::Sink => &mut self.sink,
        }
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl Testbed {
    /// What a person calls it: `mine`, or `mine with middlebox new` where the file names several.
    pub fn title(&self) -> String {
        let with = self.middlebox_name.as_ref().map_or(String::new(), |name| format!(" with middlebox {name}"));
        format!("{}{with}", self.name)
    }

    /// The host that plays `role`.
    pub const fn host(&self, role: Role) -> &HostSpec {
        match role {
            Role::Source => &self.source,
            Role::Middlebox => &self.middlebox,
            Role::Sink => &self.sink,
        }
    }

    /// Test addresses of line `number` (from 1): the source's and the sink's, both in one /24.
    ///
    /// # Panics
    /// Where `number` is 0; lines are counted from 1.
    pub fn addresses(&self, number: usize) -> (Ipv4Addr, Ipv4Addr) {
        assert!(number > 0, "lines are counted from 1");
        let net = u32::from(self.network) + ((number as u32) << 8);
        (Ipv4Addr::from(net + 1), Ipv4Addr::from(net + 2))
    }
}
