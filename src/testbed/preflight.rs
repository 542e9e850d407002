//! What a run needs to know of its hosts before it touches one: that they are fit, and what their ports are called.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Testbed;
use super::check::ask;
use super::facts::Facts;
use super::finding::Severity;
use super::fitness::{Part, now_s};
use crate::host::Host;
use crate::role::Role;

/// Hosts that a run can be made on.
#[derive(Debug)]
pub struct Ready {
    /// The testbed, every port called by its interface name.
    pub testbed: Testbed,
    /// What each host said of itself.
    pub facts: BTreeMap<Role, Facts>,
}

/// Asks the three hosts, in one round trip each, and resolves the ports of the first `lines` lines.
///
/// # Errors
/// Names everything that makes a run impossible: a port that is not there or carries the SSH connection, no root, a
/// missing program. `builds` says whether modules are to be built and loaded.
pub async fn preflight(testbed: &Testbed, hosts: [&Host; 3], lines: usize, builds: bool) -> Result<Ready> {
    let mut used = testbed.clone();
    used.lines.truncate(lines);
    let [source, middlebox, sink] = hosts;
    let (source, middlebox, sink) = tokio::try_join!(ask(source), ask(middlebox), ask(sink))?;
    let facts = BTreeMap::from([(Role::Source, source), (Role::Middlebox, middlebox), (Role::Sink, sink)]);
    let mut errors = Vec::new();
    for (role, facts) in &facts {
        // Ports that are down are no news to a run, which brings them up.
        let part = Part { testbed: &used, role: *role, facts, wiring: true, builds };
        let found = part.findings(now_s()).into_iter().filter(|finding| finding.severity == Severity::Error);
        errors.extend(found.map(|finding| match finding.cure {
            Some(cure) => {
                format!("{role} {}: {}\nhint: {role}: {cure}", finding.what, finding.evidence.unwrap_or_default())
            }
            None => format!("{role} {}", finding.what),
        }));
    }
    if !errors.is_empty() {
        bail!("the hosts are not fit for this run\n{}", errors.join("\n"));
    }
    for (role, facts) in &facts {
        name_ports(&mut used, *role, facts);
    }
    Ok(Ready { testbed: used, facts })
}

/// Calls the ports of `role` by their interface names; what the host does not have keeps its name.
pub fn name_ports(testbed: &mut Testbed, role: Role, facts: &Facts) {
    for line in &mut testbed.lines {
        for seat in super::Seat::ALL.into_iter().filter(|seat| seat.role() == role) {
            if let Ok(interface) = facts.resolve(line.port(seat)) {
                line.port_mut(seat).0.clone_from(&interface.name);
            }
        }
    }
}
