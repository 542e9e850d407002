//! The three hosts of the paper's testbed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a host does on the testbed: traffic flows source -> middlebox -> sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Generates the traffic.
    Source,
    /// Runs the framework under test and forwards.
    Middlebox,
    /// Receives the traffic and reports.
    Sink,
}

impl Role {
    /// The roles in the order of the traffic.
    pub const ALL: [Self; 3] = [Self::Source, Self::Middlebox, Self::Sink];

    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Middlebox => "middlebox",
            Self::Sink => "sink",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
