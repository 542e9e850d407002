//! What a plan needs to know of the middlebox's hardware: where its test ports and CPUs are.
//!
//! Pure: read off the facts of the host, or assumed where no host was asked. Must not decide anything.

use std::collections::BTreeMap;

use crate::testbed::facts::{Cpu, Facts};

/// Slots of a ring where the driver does not tell.
const SLOTS: u32 = 1024;

/// Middlebox hardware, by interface name and CPU number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Processors that are on; none where no host was asked.
    pub cpus: Vec<Cpu>,
    /// Every interface that has a device.
    ports: BTreeMap<String, PortHardware>,
}

/// The hardware of one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortHardware {
    /// Slot of the card. Where no host was asked, words that stand for it.
    pub pci: String,
    /// Kernel driver of the card.
    pub driver: Option<String>,
    /// NUMA node of the card.
    pub node: Option<u32>,
    /// Other devices of its IOMMU group; `None` without an IOMMU.
    pub group: Option<Vec<String>>,
    /// Receive and transmit queues together.
    pub queues: u32,
    /// Slots of its longest ring.
    pub slots: u32,
}

impl Layout {
    /// What the host says.
    pub fn of(facts: &Facts) -> Self {
        let ports = facts.interfaces.iter().filter_map(|interface| {
            let pci = interface.pci.clone()?;
            let place = facts.place(interface);
            let queues = facts.queues.iter().find(|queues| queues.interface == interface.name)?;
            let slots = queues.rx_slots.max(queues.tx_slots).unwrap_or(SLOTS);
            let hardware = PortHardware {
                driver: facts.cards.iter().find(|card| card.pci == pci).and_then(|card| card.driver.clone()),
                pci,
                node: place.and_then(|place| place.node),
                group: place.and_then(|place| place.group.clone()),
                queues: queues.rx.saturating_add(queues.tx),
                slots,
            };
            Some((interface.name.clone(), hardware))
        });
        Self { cpus: facts.cpu_map.clone(), ports: ports.collect() }
    }

    /// The port's hardware; of a port that nobody was asked about, one queue a direction is assumed.
    pub fn port(&self, name: &str) -> PortHardware {
        let assumed = || PortHardware {
            pci: format!("PCI-ADDRESS-OF-{name}"),
            driver: None,
            node: None,
            group: None,
            queues: 2,
            slots: SLOTS,
        };
        self.ports.get(name).cloned().unwrap_or_else(assumed)
    }

    /// Sets a port's hardware, for tests.
    #[cfg(test)]
    #[must_use]
    pub fn with_port(mut self, name: &str, hardware: PortHardware) -> Self {
        self.ports.insert(name.to_owned(), hardware);
        self
    }
}
