//! Which interface of a host a port of the file is.
//!
//! Must not know which line a port belongs to.

use super::facts::{Facts, Interface};
use super::{Port, PortName};

/// A port that the host does not have, or not clearly.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what}\nhint: {hint}")]
pub struct Unresolved {
    /// What was found instead.
    pub what: String,
    /// What to write or do.
    pub hint: String,
}

impl Facts {
    /// The interface that `port` names on this host.
    ///
    /// # Errors
    /// No interface, or more than one, answers to it.
    pub fn resolve(&self, port: &Port) -> Result<&Interface, Unresolved> {
        let name = port.name().map_err(|(what, hint)| Unresolved { what, hint: hint.to_owned() })?;
        match name {
            PortName::Interface(name) => {
                self.interfaces.iter().find(|interface| interface.name == name).ok_or_else(|| self.no_interface(name))
            }
            PortName::Mac(mac) => self.by_mac(port, &mac),
            PortName::Pci(pci) => self.by_pci(port, &pci),
        }
    }

    fn no_interface(&self, name: &str) -> Unresolved {
        Unresolved { what: format!("there is no interface `{name}`"), hint: listed(&self.candidates()) }
    }

    /// Bonds, bridges and VLANs share the address of a port below them: the port with a device counts.
    fn by_mac(&self, port: &Port, mac: &str) -> Result<&Interface, Unresolved> {
        let has = |interface: &&Interface| interface.mac.as_deref() == Some(mac);
        let all: Vec<&Interface> = self.interfaces.iter().filter(has).collect();
        let real = all.iter().copied().filter(|interface| interface.driver.is_some());
        let chosen = if all.len() > 1 { real.collect() } else { all };
        self.only(port, &chosen, || format!("no interface has the hardware address {mac}"))
    }

    fn by_pci(&self, port: &Port, pci: &str) -> Result<&Interface, Unresolved> {
        let has = |interface: &&Interface| interface.pci.as_deref() == Some(pci) && interface.driver.is_some();
        let chosen: Vec<&Interface> = self.interfaces.iter().filter(has).collect();
        let card = self.cards.iter().find(|card| card.pci == pci);
        if let (true, Some(card)) = (chosen.is_empty(), card) {
            let (what, hint) = match &card.driver {
                Some(driver) => (
                    format!("the card in slot {pci} is driven by `{driver}` and has no interface"),
                    "give it back to its kernel driver: `nsbench restore` does, where nsbench took it".to_owned(),
                ),
                None => (
                    format!("nothing drives the card in slot {pci}"),
                    format!("load its kernel driver; `lspci -k -s {pci}` names it"),
                ),
            };
            return Err(Unresolved { what, hint });
        }
        self.only(port, &chosen, || format!("there is no network card in slot {pci}"))
    }

    fn only<'f>(
        &self,
        port: &Port,
        chosen: &[&'f Interface],
        none: impl Fn() -> String,
    ) -> Result<&'f Interface, Unresolved> {
        match chosen {
            [] => Err(Unresolved { what: none(), hint: listed(&self.candidates()) }),
            [interface] => Ok(interface),
            several => {
                let names: Vec<&str> = several.iter().map(|i| i.name.as_str()).collect();
                Err(Unresolved {
                    what: format!("`{port}` is {} interfaces at once", names.len()),
                    hint: format!("write one of their names: {}", ticked(&names)),
                })
            }
        }
    }

    /// Interfaces that could be test ports.
    fn candidates(&self) -> Vec<&str> {
        self.interfaces
            .iter()
            .filter(|interface| interface.name != "lo" && self.management(&interface.name).is_none())
            .map(|interface| interface.name.as_str())
            .collect()
    }
}

fn ticked(names: &[&str]) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    ticked.join(", ")
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "this host has no interface besides those that carry ssh and the default route".to_owned()
    } else {
        format!("write one that the host has: {}", ticked(names))
    }
}
