//! What a run needs to know of its hosts before it touches one: that they are fit, and what their ports are called.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Testbed;
use super::check::ask;
use super::facts::Facts;
use super::finding::{Finding, Severity};
pub use super::fitness::Needs;
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
/// missing program.
pub async fn preflight(testbed: &Testbed, hosts: [&Host; 3], lines: usize, needs: Needs) -> Result<Ready> {
    let mut used = testbed.clone();
    used.lines.truncate(lines);
    let [source, middlebox, sink] = hosts;
    let (source, middlebox, sink) = tokio::try_join!(ask(source), ask(middlebox), ask(sink))?;
    let facts = BTreeMap::from([(Role::Source, source), (Role::Middlebox, middlebox), (Role::Sink, sink)]);
    let errors: Vec<_> = facts.iter().flat_map(|(role, facts)| obstacles(&used, *role, facts, needs)).collect();
    if !errors.is_empty() {
        bail!("the hosts are not fit for this run\n{}", errors.join("\n"));
    }
    for (role, facts) in &facts {
        name_ports(&mut used, *role, facts);
    }
    Ok(Ready { testbed: used, facts })
}

/// The same for the middlebox alone, and the first line.
pub async fn preflight_middlebox(testbed: &Testbed, host: &Host, needs: Needs) -> Result<Ready> {
    let mut used = testbed.clone();
    used.lines.truncate(1);
    let facts = ask(host).await?;
    let errors = obstacles(&used, Role::Middlebox, &facts, needs);
    if !errors.is_empty() {
        bail!("the middlebox is not fit for this run\n{}", errors.join("\n"));
    }
    name_ports(&mut used, Role::Middlebox, &facts);
    Ok(Ready { testbed: used, facts: BTreeMap::from([(Role::Middlebox, facts)]) })
}

/// What of a host makes a run impossible.
fn obstacles(testbed: &Testbed, role: Role, facts: &Facts, needs: Needs) -> Vec<String> {
    // Ports that are down are no news to a run, which brings them up.
    let part = Part { testbed, role, facts, wiring: true, needs };
    let found = part.findings(now_s()).into_iter().filter(|finding| finding.severity == Severity::Error);
    let tell = |finding: Finding| {
        let evidence = finding.evidence.map_or(String::new(), |evidence| format!(": {evidence}"));
        let cure = finding.cure.map_or(String::new(), |cure| format!("\nhint: {role}: {cure}"));
        format!("{role} {}{evidence}{cure}", finding.what)
    };
    found.map(tell).collect()
}

impl Ready {
    /// Asks one host anew, which has been away: its ports may have other names, or be missing. `testbed` is as the file
    /// has it.
    ///
    /// # Errors
    /// What makes it impossible to go on: as in [`preflight`], or another kernel than before.
    pub async fn ask_again(&mut self, testbed: &Testbed, host: &Host, needs: Needs) -> Result<()> {
        let mut used = testbed.clone();
        used.lines.truncate(self.testbed.lines.len());
        let (role, facts) = (host.role, ask(host).await?);
        let before = self.facts.get(&role).map_or("", |facts| facts.kernel.as_str());
        if facts.kernel != before {
            bail!(
                "the {role} came back with kernel {}, and had {before} before: figures would not compare\n\
                 hint: boot {before} there, and go on with `--resume`",
                facts.kernel
            );
        }
        let errors = obstacles(&used, role, &facts, needs);
        if !errors.is_empty() {
            bail!("the {role} came back and is not fit to go on with\n{}", errors.join("\n"));
        }
        self.facts.insert(role, facts);
        for (role, facts) in &self.facts {
            name_ports(&mut used, *role, facts);
        }
        self.testbed = used;
        Ok(())
    }
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
