//! Which cores a port's packets come to: its queues, how packets are dealt out to them, and where its interrupts go.
//!
//! Pure. Judges only what the host says. On the middlebox a run gives each line's interrupts a core: there it only tells.

use super::{Finding, Part, Role};
use crate::testbed::facts::Interface;
use crate::testbed::facts::cpus::list;
use crate::testbed::finding::Fix;

impl Part<'_> {
    /// Everything about the queues of the test ports.
    pub(super) fn queues(&self) -> Vec<Finding> {
        let ports = self.test_ports();
        let spread = ports.iter().filter_map(|port| self.spread(port));
        spread.chain(ports.iter().filter_map(|port| self.interrupts(port))).collect()
    }

    /// Receive queues that the indirection table leaves out.
    fn spread(&self, port: &Interface) -> Option<Finding> {
        let (name, spread) = (&port.name, self.facts.spread.get(&port.name)?);
        (spread.used < spread.queues).then(|| {
            let what = format!("{name} deals out packets to {} of its {} receive queues", spread.used, spread.queues);
            Finding::warning(what)
                .evidence(format!("ethtool -x {name}: the indirection table names no other"))
                .cure(format!("ethtool -X {name} equal {}", spread.queues))
        })
    }

    /// Interrupts that all come to one CPU, or to CPUs on another node than the card.
    fn interrupts(&self, port: &Interface) -> Option<Finding> {
        if self.role == Role::Middlebox {
            return None;
        }
        let (name, interrupts) = (&port.name, self.facts.interrupts.get(&port.name)?);
        let queues = self.facts.queues.iter().find(|queues| queues.interface == *name)?;
        let near = self.near(port);
        let what = match interrupts.cpus.as_slice() {
            [cpu] if queues.rx > 1 && near.len() > 1 => {
                format!(
                    "all {} interrupts of {name} come to CPU {cpu}, whichever of its {} queues they are of",
                    interrupts.count, queues.rx
                )
            }
            cpus if cpus.iter().any(|cpu| !near.contains(cpu)) => {
                let node = self.facts.place(port)?.node?;
                format!("interrupts of {name} come to CPUs of another NUMA node than its own, which is {node}")
            }
            _ => return None,
        };
        let cure = format!(
            "spread them over CPUs {}: for i in /sys/class/net/{name}/device/msi_irqs/*; do echo CPU >/proc/irq/${{i##*/}}/smp_affinity_list; done",
            list(&near)
        );
        let evidence = format!("/proc/irq/*/effective_affinity_list of {name}: {}", list(&interrupts.cpus));
        Some(
            Finding::warning(what)
                .evidence(evidence)
                .cure(cure)
                .fix(Fix::Interrupts { port: name.clone(), cpus: near }),
        )
    }

    /// CPUs of the port's node; all that there are where it has none.
    fn near(&self, port: &Interface) -> Vec<u32> {
        let node = self.facts.place(port).and_then(|place| place.node);
        let all = || self.facts.cpu_map.iter();
        let mut near: Vec<_> = all().filter(|cpu| node.is_some() && cpu.node == node).map(|cpu| cpu.number).collect();
        if near.is_empty() {
            near = all().map(|cpu| cpu.number).collect();
        }
        near.sort_unstable();
        near
    }

    /// `16 of 512 slots (eth6, eth7)`: receive queues of the test ports, ports that are alike together.
    pub(super) fn queues_told(&self) -> Option<String> {
        self.alike(|port| {
            let queues = self.facts.queues.iter().find(|queues| queues.interface == port.name)?;
            let slots = queues.rx_slots.map(|slots| format!(" of {slots} slots")).unwrap_or_default();
            Some(format!("{}{slots}", queues.rx))
        })
    }

    /// `17 on CPUs 0-7 (eth6)`: where interrupts of the test ports come to.
    pub(super) fn interrupts_told(&self) -> Option<String> {
        self.alike(|port| {
            let interrupts = self.facts.interrupts.get(&port.name)?;
            let cpus = if interrupts.cpus.len() == 1 { "CPU" } else { "CPUs" };
            Some(format!("{} on {cpus} {}", interrupts.count, list(&interrupts.cpus)))
        })
    }

    /// What is told of each test port, each answer once with the ports that it is of.
    fn alike(&self, tell: impl Fn(&Interface) -> Option<String>) -> Option<String> {
        let mut told: Vec<(String, Vec<&str>)> = Vec::new();
        for port in self.test_ports() {
            let Some(what) = tell(port) else { continue };
            match told.iter_mut().find(|(known, _)| *known == what) {
                Some((_, ports)) => ports.push(&port.name),
                None => told.push((what, vec![&port.name])),
            }
        }
        let told: Vec<_> = told.into_iter().map(|(what, ports)| format!("{what} ({})", ports.join(", "))).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

#[cfg(test)]
mod tests;
