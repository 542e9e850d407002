//! The script's answer, line by line, into [`Facts`].
//!
//! Strict: a line that is not understood is an error that quotes it. Must not judge what it reads.

use std::collections::BTreeMap;

use super::cpus::cpus;
use super::{
    Address, Card, Cpu, Facts, Interface, Interrupts, Link, Management, PcieLink, Place, Queues, Reason, Spread, Tool,
};

const HEADER: &str = "nsbench-facts\t1";

/// An answer that is not what the script prints.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FactsError {
    /// A line that means nothing.
    #[error("could not read `{line}`: {problem}")]
    Line {
        /// The line, tabs and all.
        line: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A fact that must be there.
    #[error("the answer has no `{0}`")]
    Missing(&'static str),
    /// The beginning is not there.
    #[error("the answer does not begin with `nsbench-facts`, it says: `{0}`")]
    NoHeader(String),
    /// The end is not there.
    #[error("the answer was cut off after `{0}`")]
    CutOff(String),
}

/// The facts in what the script printed.
pub fn read(answer: &str) -> Result<Facts, FactsError> {
    let mut lines = answer.lines().skip_while(|line| *line != HEADER);
    if lines.next().is_none() {
        let shown = answer.lines().take(3).collect::<Vec<_>>().join(" / ");
        return Err(FactsError::NoHeader(shown));
    }
    let mut draft = Draft::default();
    let mut last = HEADER;
    for text in lines {
        if text == "end" {
            return draft.finish();
        }
        draft.take(Line::new(text))?;
        last = text;
    }
    Err(FactsError::CutOff(last.to_owned()))
}

/// One line of the answer: a word, and fields that may be absent.
struct Line<'a> {
    text: &'a str,
    word: &'a str,
    fields: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        let mut fields = text.split('\t');
        let word = fields.next().unwrap_or("");
        Self { text, word, fields: fields.collect() }
    }

    fn error(&self, problem: &'static str) -> FactsError {
        FactsError::Line { line: self.text.to_owned(), problem }
    }

    /// The fields, where there are just as many as there must be.
    fn fields<const N: usize>(&self) -> Result<[Option<&'a str>; N], FactsError> {
        let fields: [&str; N] =
            self.fields.clone().try_into().map_err(|_| self.error("not as many fields as it must have"))?;
        Ok(fields.map(|field| (field != "-").then_some(field)))
    }

    fn text(&self, field: Option<&str>) -> Result<String, FactsError> {
        field.map(str::to_owned).ok_or_else(|| self.error("the host does not say"))
    }

    fn number<T: std::str::FromStr>(&self, field: Option<&str>) -> Result<T, FactsError> {
        let text = field.ok_or_else(|| self.error("the host does not say"))?;
        text.parse().map_err(|_| self.error("not a number"))
    }

    /// A number that the host need not say.
    fn known<T: std::str::FromStr>(&self, field: Option<&str>) -> Result<Option<T>, FactsError> {
        field.map(|_| self.number(field)).transpose()
    }

    fn truth(&self, field: Option<&str>) -> Result<Option<bool>, FactsError> {
        match field {
            None => Ok(None),
            Some("yes" | "Y" | "1") => Ok(Some(true)),
            Some("no" | "N" | "0") => Ok(Some(false)),
            Some(_) => Err(self.error("neither yes nor no")),
        }
    }

    fn interface(&self) -> Result<Interface, FactsError> {
        let [name, mac, pci, driver, operstate, flags, carrier, mtu, speed, master] = self.fields()?;
        let owned = |field: Option<&str>| field.map(str::to_owned);
        let flags = self.text(flags)?;
        let digits = flags.strip_prefix("0x").unwrap_or(&flags);
        // A driver that does not know its speed says -1, some in 32 bits.
        let speed: Option<i64> = self.known(speed)?;
        Ok(Interface {
            name: self.text(name)?,
            mac: owned(mac).map(|mac| mac.to_ascii_lowercase()),
            pci: owned(pci),
            driver: owned(driver),
            operstate: owned(operstate),
            flags: u32::from_str_radix(digits, 16).map_err(|_| self.error("flags are not a number"))?,
            carrier: self.truth(carrier)?,
            mtu: self.number(mtu)?,
            speed_mbps: speed
                .and_then(|speed| u32::try_from(speed).ok())
                .filter(|speed| *speed != u32::MAX && *speed != 0),
            master: owned(master),
        })
    }
}

/// Facts of which some may be missing yet.
#[derive(Default)]
struct Draft<'a> {
    single: BTreeMap<&'a str, Line<'a>>,
    cpu_map: Vec<Cpu>,
    interfaces: Vec<Interface>,
    queues: Vec<Queues>,
    spread: BTreeMap<String, Spread>,
    interrupts: BTreeMap<String, Interrupts>,
    links: Vec<Link>,
    largest_mtus: BTreeMap<String, u32>,
    settings: BTreeMap<String, String>,
    cards: Vec<Card>,
    places: Vec<Place>,
    pcie: Vec<PcieLink>,
    translated: BTreeMap<String, String>,
    addresses: Vec<Address>,
    management: Vec<Management>,
    tools: BTreeMap<String, Tool>,
}

impl<'a> Draft<'a> {
    fn take(&mut self, line: Line<'a>) -> Result<(), FactsError> {
        match line.word {
            "interface" => self.interfaces.push(line.interface()?),
            "card" => {
                let [pci, driver] = line.fields()?;
                let driver = driver.map(str::to_owned);
                self.cards.push(Card { pci: line.text(pci)?, driver });
            }
            "cpu" => {
                let [number, node, core] = line.fields()?;
                let (number, node) = (line.number(number)?, line.known(node)?);
                self.cpu_map.push(Cpu { number, node, core: line.text(core)? });
            }
            "queues" => {
                let [interface, rx, tx, rx_slots, tx_slots] = line.fields()?;
                self.queues.push(Queues {
                    interface: line.text(interface)?,
                    rx: line.number(rx)?,
                    tx: line.number(tx)?,
                    rx_slots: line.known(rx_slots)?,
                    tx_slots: line.known(tx_slots)?,
                });
            }
            "link" => {
                let [interface, duplex, rx_pause, tx_pause, firmware] = line.fields()?;
                let [duplex, rx_pause, tx_pause, firmware] =
                    [duplex, rx_pause, tx_pause, firmware].map(|field| field.map(str::to_owned));
                self.links.push(Link { interface: line.text(interface)?, duplex, rx_pause, tx_pause, firmware });
            }
            "spread" => {
                let [interface, queues, used] = line.fields()?;
                let spread = Spread { queues: line.number(queues)?, used: line.number(used)? };
                self.spread.insert(line.text(interface)?, spread);
            }
            "interrupts" => {
                let [interface, count, lists] = line.fields()?;
                let cpus = cpus(&line.text(lists)?).ok_or_else(|| line.error("not a list of CPUs"))?;
                self.interrupts.insert(line.text(interface)?, Interrupts { count: line.number(count)?, cpus });
            }
            "translated" => {
                let [card, kind] = line.fields()?;
                self.translated.insert(line.text(card)?, line.text(kind)?);
            }
            "largest_mtu" => {
                let [interface, bytes] = line.fields()?;
                self.largest_mtus.insert(line.text(interface)?, line.number(bytes)?);
            }
            "setting" => {
                let [name, value] = line.fields()?;
                self.settings.insert(line.text(name)?, line.text(value)?);
            }
            "placed" => {
                let [pci, node, group] = line.fields()?;
                let members = |list: &str| list.split(',').filter(|m| *m != "alone").map(str::to_owned).collect();
                let (node, group) = (line.known(node)?, group.map(members));
                self.places.push(Place { pci: line.text(pci)?, node, group });
            }
            "pcie" => {
                let [card, slot, speed, width] = line.fields()?;
                let (card, slot, speed) = (line.text(card)?, line.text(slot)?, line.text(speed)?);
                self.pcie.push(PcieLink { card, link: slot, speed, width: line.known(width)? });
            }
            "address" => {
                let [interface, address] = line.fields()?;
                let (interface, address) = (line.text(interface)?, line.text(address)?);
                self.addresses.push(Address { interface, address });
            }
            "ssh" | "default" => {
                let [interface, through] = line.fields()?;
                let reason = if line.word == "ssh" { Reason::Ssh } else { Reason::DefaultRoute };
                self.management.push(Management {
                    reason,
                    interface: line.text(interface)?,
                    through: through.map(str::to_owned),
                });
            }
            "tool" => {
                let [name, path, version] = line.fields()?;
                let [path, version] = [path, version].map(|field| field.map(str::to_owned));
                self.tools.insert(line.text(name)?, Tool { path, version });
            }
            "kernel" | "machine" | "distribution" | "uid" | "sudo" | "cpus" | "cpu_model" | "microcode" | "boot"
            | "clock" | "var_free_kib" | "connection" | "headers" | "lockdown" | "secure_boot" | "signatures" => {
                self.single.insert(line.word, line);
            }
            _ => return Err(line.error("no such fact")),
        }
        Ok(())
    }

    fn line(&self, word: &'static str) -> Result<&Line<'a>, FactsError> {
        self.single.get(word).ok_or(FactsError::Missing(word))
    }

    fn field(&self, word: &'static str) -> Result<Option<&'a str>, FactsError> {
        let [field] = self.line(word)?.fields()?;
        Ok(field)
    }

    fn text(&self, word: &'static str) -> Result<String, FactsError> {
        self.line(word)?.text(self.field(word)?)
    }

    fn number<T: std::str::FromStr>(&self, word: &'static str) -> Result<T, FactsError> {
        self.line(word)?.number(self.field(word)?)
    }

    fn truth(&self, word: &'static str) -> Result<Option<bool>, FactsError> {
        self.line(word)?.truth(self.field(word)?)
    }

    fn finish(self) -> Result<Facts, FactsError> {
        let secure_boot = if self.single.contains_key("secure_boot") { self.truth("secure_boot")? } else { None };
        Ok(Facts {
            kernel: self.text("kernel")?,
            machine: self.text("machine")?,
            distribution: self.field("distribution")?.map(str::to_owned),
            uid: self.number("uid")?,
            sudo: self.truth("sudo")?,
            cpus: self.number("cpus")?,
            cpu_model: self.field("cpu_model")?.map(str::to_owned),
            microcode: self.field("microcode")?.map(str::to_owned),
            boot_id: self.text("boot")?,
            clock_s: self.number("clock")?,
            var_free_kib: self.number("var_free_kib")?,
            connection: self.field("connection")?.map(str::to_owned),
            headers: self.truth("headers")? == Some(true),
            lockdown: self.field("lockdown")?.map(str::to_owned),
            secure_boot,
            signatures: self.truth("signatures")?,
            cpu_map: self.cpu_map,
            interfaces: self.interfaces,
            queues: self.queues,
            spread: self.spread,
            interrupts: self.interrupts,
            links: self.links,
            largest_mtus: self.largest_mtus,
            settings: self.settings,
            cards: self.cards,
            places: self.places,
            pcie: self.pcie,
            translated: self.translated,
            addresses: self.addresses,
            management: self.management,
            tools: self.tools,
        })
    }
}
