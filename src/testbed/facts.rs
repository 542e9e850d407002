//! What a host says of itself: one script, one answer, read strictly.
//!
//! Must not judge what it reads; `check` does.

mod answer;
pub mod cpus;

use std::collections::BTreeMap;

use serde::Serialize;

pub use answer::FactsError;

/// Runs on a host, as root where that is possible, and prints what [`Facts::parse`] reads. Changes nothing.
pub const SCRIPT: &str = concat!(include_str!("facts/ports.sh"), "\n", include_str!("facts.sh"));

/// `IFF_UP` of linux/if.h.
const UP: u32 = 1;

/// A host at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// `uname -r`.
    pub kernel: String,
    /// `uname -m`.
    pub machine: String,
    /// As os-release has it, where there is one.
    pub distribution: Option<String>,
    /// Who the script ran as; 0 is root.
    pub uid: u32,
    /// Whether `sudo -n` works; root was not asked.
    pub sudo: Option<bool>,
    /// Processors that are on.
    pub cpus: u32,
    /// Where each of them is.
    pub cpu_map: Vec<Cpu>,
    /// What the processor calls itself, where it does.
    pub cpu_model: Option<String>,
    /// Revision of its microcode, where the kernel says it.
    pub microcode: Option<String>,
    /// Changes with every boot.
    pub boot_id: String,
    /// The host's clock, seconds since 1970.
    pub clock_s: i64,
    /// Room for ordinary users on the file system of /var, KiB.
    pub var_free_kib: u64,
    /// Every interface, physical or not.
    pub interfaces: Vec<Interface>,
    /// Queues of every interface that has a device.
    pub queues: Vec<Queues>,
    /// How packets are dealt out to these queues, by the interface's name, where the driver tells.
    pub spread: BTreeMap<String, Spread>,
    /// Where the interrupts of an interface go, by its name.
    pub interrupts: BTreeMap<String, Interrupts>,
    /// What each of these has agreed with the other end of its cable.
    pub links: Vec<Link>,
    /// The largest MTU of an interface that its driver takes, bytes, by the interface's name.
    pub largest_mtus: BTreeMap<String, u32>,
    /// Every network card in a PCI slot, whatever drives it.
    pub cards: Vec<Card>,
    /// Where each card is.
    pub places: Vec<Place>,
    /// PCI Express links between each card and the CPU, its own first.
    pub pcie: Vec<PcieLink>,
    /// How the IOMMU treats a card, by its slot, as the kernel spells it: `DMA-FQ` and the like translate, `identity` does not.
    pub translated: BTreeMap<String, String>,
    /// Addresses of interfaces, with their prefix length.
    pub addresses: Vec<Address>,
    /// What sshd says of the connection: client, its port, server, its port.
    pub connection: Option<String>,
    /// Ports that must be left alone.
    pub management: Vec<Management>,
    /// Programs that were looked for.
    pub tools: BTreeMap<String, Tool>,
    /// Settings of the kernel by name, as it spells their values: `governor`, `boost`, `no_turbo`, `smt`, `isolated`,
    /// `idle_state` (name and microseconds), `counters` (whether the CPU has any of its own), `perf_event_paranoid`, `kptr_restrict`, `iommu`, `load` (of the last minute),
    /// `irqbalance`, and of /proc/meminfo `MemAvailable` (KiB), `HugePages_Total`, `HugePages_Free`, `Hugepagesize` (KiB).
    /// What a host does not have is not there.
    pub settings: BTreeMap<String, String>,
    /// Whether modules can be built for the running kernel: its headers are there.
    pub headers: bool,
    /// The kernel's lockdown, `none` where it is off.
    pub lockdown: Option<String>,
    /// Whether the firmware booted with Secure Boot; absent without EFI.
    pub secure_boot: Option<bool>,
    /// Whether the kernel refuses modules without a signature.
    pub signatures: Option<bool>,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// As `ip link` lists it.
    pub name: String,
    /// Hardware address, lower case.
    pub mac: Option<String>,
    /// Slot of the card, or of what a virtual device hangs on.
    pub pci: Option<String>,
    /// Kernel driver.
    pub driver: Option<String>,
    /// RFC 2863 state, as sysfs spells it.
    pub operstate: Option<String>,
    /// Flags as in linux/if.h.
    pub flags: u32,
    /// Whether there is a signal on the cable; unknown while the port is down.
    pub carrier: Option<bool>,
    /// Bytes.
    pub mtu: u32,
    /// Negotiated speed, Mb/s, where the driver tells.
    pub speed_mbps: Option<u32>,
    /// Bridge, bond or the like that it belongs to.
    pub master: Option<String>,
}

/// A network card in a PCI slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Slot, `0000:3b:00.0`.
    pub pci: String,
    /// What drives it, kernel or user space.
    pub driver: Option<String>,
}

/// A processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cpu {
    /// Its number.
    pub number: u32,
    /// NUMA node, where the kernel knows of nodes.
    pub node: Option<u32>,
    /// Package and core, `0:3`; hardware threads of one core share it.
    pub core: String,
}

/// Queues of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queues {
    /// Whose.
    pub interface: String,
    /// Receive queues in use.
    pub rx: u32,
    /// Transmit queues in use.
    pub tx: u32,
    /// Slots of a receive queue's ring, where the driver tells.
    pub rx_slots: Option<u32>,
    /// Slots of a transmit queue's ring.
    pub tx_slots: Option<u32>,
}

/// How an interface deals out packets by their hash (RSS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Receive queues.
    pub queues: u32,
    /// Those of them that its indirection table names.
    pub used: u32,
}

/// Where the interrupts of an interface go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interrupts {
    /// How many there are.
    pub count: u32,
    /// All CPUs that one of them goes to, in order.
    pub cpus: Vec<u32>,
}

/// How an interface gets on with the other end of its cable, and what its driver says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Whose.
    pub interface: String,
    /// `full`, `half` or `unknown`; no port that is down tells.
    pub duplex: Option<String>,
    /// Whether it stops sending when it is sent pause frames (`on`, `off`), where the driver tells.
    pub rx_pause: Option<String>,
    /// Whether it sends pause frames.
    pub tx_pause: Option<String>,
    /// Version of the card's firmware.
    pub firmware: Option<String>,
}

/// Where a network card is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Slot, `0000:3b:00.0`.
    pub pci: String,
    /// NUMA node, where the firmware tells.
    pub node: Option<u32>,
    /// Other devices of its IOMMU group, by slot; `None` without an IOMMU.
    pub group: Option<Vec<String>>,
}

/// A PCI Express link on the way from a network card to the CPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PcieLink {
    /// Slot of the card.
    pub card: String,
    /// Slot of the device whose link it is: the card, or a bridge above it.
    pub link: String,
    /// As sysfs spells it: `8.0 GT/s PCIe`.
    pub speed: String,
    /// Lanes, where the device tells.
    pub width: Option<u32>,
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// Whose.
    pub interface: String,
    /// With prefix length: `192.0.2.1/24`.
    pub address: String,
}

/// Why a port must be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It carries the SSH connection.
    Ssh,
    /// The default route goes out of it.
    DefaultRoute,
}

/// A port that must be left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Management {
    /// Why.
    pub reason: Reason,
    /// Interface.
    pub interface: String,
    /// The bond, bridge or VLAN through which it is so, where it is not itself.
    pub through: Option<String>,
}

/// A program that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Where it is; a bare name is built into the shell.
    pub path: Option<String>,
    /// What it says its version is, where it was asked.
    pub version: Option<String>,
}

impl Interface {
    /// Whether it is administratively up.
    pub const fn is_up(&self) -> bool {
        self.flags & UP != 0
    }
}

impl Facts {
    /// Reads what [`SCRIPT`] printed. What login scripts printed before it is passed over.
    ///
    /// # Errors
    /// Anything missing, unknown or malformed; the error quotes it.
    pub fn parse(answer: &str) -> Result<Self, FactsError> {
        answer::read(answer)
    }

    /// Where a program is.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name).filter(|tool| tool.path.is_some())
    }

    /// Where an interface's card is.
    pub fn place(&self, interface: &Interface) -> Option<&Place> {
        let pci = interface.pci.as_ref()?;
        self.places.iter().find(|place| place.pci == *pci)
    }

    /// A setting of the kernel.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    /// Why `interface` must be left alone, if it must.
    pub fn management(&self, interface: &str) -> Option<&Management> {
        self.management.iter().find(|management| management.interface == interface)
    }
}

#[cfg(test)]
mod tests;
