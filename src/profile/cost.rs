//! What the measure of cost asks of a framework. Must not know how it is measured.

use anyhow::{Result, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Profile};

/// Frames that were merged on the way are not those whose price is asked for.
const MERGES: &str = "generic-receive-offload";

/// A framework that never rests: a middlebox that always has something to do does not tell what a packet costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnCost {
    /// Why its cost cannot be measured, where that is so: a sentence.
    #[serde(default)]
    pub refused: Option<String>,
    /// What is done for the line in place of `line`, to make the framework count.
    #[serde(default)]
    pub line: Vec<Action>,
    /// Command that prints `counted INSTRUCTIONS PACKETS`, both since the framework began: what was executed in turns in
    /// which there were packets, and how many these were.
    #[serde(default)]
    pub counts: Vec<String>,
}

impl Profile {
    /// The profile as it is when the lab measures its cost: ports merge no frames, and a framework that never rests counts.
    #[must_use]
    pub fn for_cost(mut self) -> Self {
        self.ports.offloads.insert(MERGES.to_owned(), "off".to_owned());
        if let Some(cost) = self.cost.as_ref().filter(|cost| !cost.line.is_empty()) {
            self.line.clone_from(&cost.line);
        }
        self
    }

    /// Whether the lab can measure its cost.
    ///
    /// # Errors
    /// Says why not.
    pub fn require_cost(&self) -> Result<()> {
        let Some(why) = self.cost.as_ref().and_then(|cost| cost.refused.as_ref()) else { return Ok(()) };
        bail!(
            "the cost of `{}` cannot be measured in the lab: {why}\nhint: leave it out, or measure its throughput",
            self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_its_cost_a_port_merges_nothing_and_what_never_rests_counts() {
        let bridge = Profile::find("bridge").unwrap();
        assert_eq!(bridge.ports.offloads.get(MERGES), None);
        let for_cost = bridge.clone().for_cost();
        assert_eq!(for_cost.ports.offloads[MERGES], "off");
        assert_eq!(for_cost.line, bridge.line);
        let dpdk = Profile::find("dpdk").unwrap();
        assert_ne!(dpdk.clone().for_cost().line, dpdk.line);
        assert_eq!(dpdk.clone().for_cost().for_cost(), dpdk.for_cost());
    }

    #[test]
    fn every_shipped_framework_that_polls_counts_or_says_why_its_cost_cannot_be_known() {
        for name in Profile::names() {
            let profile = Profile::find(name).unwrap();
            let cost = profile.cost.clone().unwrap_or_default();
            assert_eq!(profile.require_cost().is_err(), cost.refused.is_some(), "{name}");
            assert_eq!(name.starts_with("dpdk"), cost.refused.is_some() || !cost.counts.is_empty(), "{name}");
        }
    }
}
