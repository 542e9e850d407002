//! Whether a host, going by its facts, can play its part.
//!
//! Pure. Must not ask a host; wiring is judged elsewhere.

mod kernel;
mod packages;
mod queues;
mod tuning;

use std::net::Ipv4Addr;

use super::facts::{Facts, Interface, Reason};
use super::finding::Finding;
use super::wiring::Ports;
use super::{Seat, Testbed};
use crate::generator::Generator;
use crate::role::Role;
use crate::units::BitsPerSecond;
use packages::{install, install_headers};

/// Journals, logs and a built module are well below this.
const VAR_FREE_MIN_KIB: u64 = 50 * 1024;

/// With less than this nothing is begun: the undo of every change is written there before the change is made.
const VAR_FREE_NEEDED_KIB: u64 = 20 * 1024;

/// `make` and a reader of logs are misled by more.
const CLOCK_APART_MAX_S: u64 = 60;

/// A part of the testbed, and the facts of the host that plays it.
pub struct Part<'a> {
    /// The testbed.
    pub testbed: &'a Testbed,
    /// The part.
    pub role: Role,
    /// The host.
    pub facts: &'a Facts,
    /// Whether wiring is checked too: it tells more of ports that are down than facts do.
    pub wiring: bool,
    /// What is to be done with it.
    pub needs: Needs,
}

/// What a run needs of its hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Whether modules are to be built and loaded.
    pub builds: bool,
    /// What makes the traffic.
    pub generator: Generator,
}

/// This machine's clock, seconds since 1970.
pub fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl Part<'_> {
    /// Everything about the host itself; `now_s` is the controller's clock, seconds since 1970.
    pub fn findings(&self, now_s: i64) -> Vec<Finding> {
        let mut found = vec![self.reached(), self.privilege()];
        found.extend(self.ports());
        found.extend(self.tools());
        if self.role == Role::Middlebox && self.needs.builds {
            found.extend(self.modules());
        }
        found.extend(self.addresses());
        found.extend(self.tuning());
        found.extend(self.room());
        found.extend(self.clock(now_s));
        found.into_iter().map(|finding| finding.host(self.role)).collect()
    }

    /// Fills in the interfaces of this host that may be probed.
    pub fn resolve(&self, ports: &mut Ports) {
        ports.lines.resize(self.testbed.lines.len(), [const { None }; 4]);
        for (number, seat, interface) in self.resolved() {
            let usable = interface.master.is_none() && self.facts.management(&interface.name).is_none();
            let taken = ports.of(self.role).contains(&interface.name.as_str());
            if usable && !taken {
                ports.lines[number - 1][seat as usize] = Some(interface.name.clone());
            }
        }
    }

    fn resolved(&self) -> Vec<(usize, Seat, &Interface)> {
        let mut resolved = Vec::new();
        for (number, line) in (1..).zip(&self.testbed.lines) {
            for seat in Seat::ALL.into_iter().filter(|seat| seat.role() == self.role) {
                if let Ok(interface) = self.facts.resolve(line.port(seat)) {
                    resolved.push((number, seat, interface));
                }
            }
        }
        resolved
    }

    fn reached(&self) -> Finding {
        let facts = self.facts;
        let system = facts.distribution.as_deref().unwrap_or("unknown distribution");
        let cpus = if facts.cpus == 1 { "CPU" } else { "CPUs" };
        Finding::ok("answers")
            .evidence(format!("{system}, kernel {}, {}, {} {cpus}", facts.kernel, facts.machine, facts.cpus))
    }

    fn privilege(&self) -> Finding {
        if self.facts.uid == 0 {
            return Finding::ok("commands run as root");
        }
        let finding = Finding::error(format!("commands run as user {}, not as root", self.facts.uid));
        match self.facts.sudo {
            Some(true) => finding
                .evidence("`sudo -n` works, and was not used")
                .cure(format!("write `sudo: true` for the {} in the testbed file", self.role)),
            _ if self.facts.tools.contains_key("sudo") && self.facts.tool("sudo").is_none() => finding
                .evidence("there is no `sudo`")
                .cure(format!("log in as root; or {}, and let the user use it without a password", install(self.facts, "sudo"))),
            _ => finding.evidence("`sudo -n true` fails").cure(
                "log in as root, or let the user use sudo without a password: `USER ALL=(ALL) NOPASSWD: ALL` in a file in /etc/sudoers.d",
            ),
        }
    }

    fn ports(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for (number, line) in (1..).zip(&self.testbed.lines) {
            for seat in Seat::ALL.into_iter().filter(|seat| seat.role() == self.role) {
                if let Err(unresolved) = self.facts.resolve(line.port(seat)) {
                    let what = format!("`{}` of line {number}: {}", seat.key(), unresolved.what);
                    found.push(Finding::error(what).cure(unresolved.hint));
                }
            }
        }
        let resolved = self.resolved();
        for (index, (number, seat, interface)) in resolved.iter().enumerate() {
            let name = &interface.name;
            let earlier = resolved[..index].iter().find(|(.., other)| other.name == *name);
            if let Some((first, first_seat, _)) = earlier {
                let (key, first_key) = (seat.key(), first_seat.key());
                let what = format!("`{key}` of line {number} and `{first_key}` of line {first} are both {name}");
                found
                    .push(Finding::error(what).cure("write another port in one of them: one cable goes into one port"));
                continue;
            }
            let left_alone = self.left_alone(*number, *seat, interface);
            if left_alone.is_some() {
                found.extend(left_alone);
            } else {
                found.extend(self.link(interface));
            }
        }
        if found.is_empty() {
            let names: Vec<&str> = resolved.iter().map(|(.., i)| i.name.as_str()).collect();
            found.push(Finding::ok(format!("has the ports {}", names.join(", "))));
        }
        let managed = |interface: &Interface| self.facts.management(&interface.name).is_some();
        if !resolved.iter().any(|(.., interface)| managed(interface)) {
            found.push(self.management());
        }
        found
    }

    /// A port that no test may touch.
    fn left_alone(&self, number: usize, seat: Seat, interface: &Interface) -> Option<Finding> {
        let name = &interface.name;
        let port = format!("{name}, the `{}` port of line {number},", seat.key());
        if let Some(management) = self.facts.management(name) {
            let why = match management.reason {
                Reason::Ssh => "carries the ssh connection",
                Reason::DefaultRoute => "has the default route",
            };
            let through = management.through.as_ref();
            let through = through.map_or(String::new(), |upper| format!(" through {upper}"));
            let hint = "write another port, or reach the host over one that is not tested: a run would cut you off";
            return Some(Finding::error(format!("{port} {why}{through}")).cure(hint));
        }
        let master = interface.master.as_ref()?;
        let cure = format!("take it out: `ip link set {name} nomaster`, and out of whatever puts it there at boot");
        Some(Finding::error(format!("{port} belongs to {master}")).cure(cure))
    }

    fn link(&self, interface: &Interface) -> Vec<Finding> {
        let name = &interface.name;
        let mut found = Vec::new();
        let speed = interface.speed_mbps.map(|speed| BitsPerSecond(f64::from(speed) * 1e6));
        if let (Some(speed), Some(rate)) = (speed, self.testbed.rate)
            && speed.0 < rate.0
        {
            let what = format!("{name} runs at {speed}, and the file says {rate}");
            found.push(Finding::warning(what).cure("see why the card negotiated less, or correct `rate`"));
        }
        if self.wiring {
            return found;
        }
        if !interface.is_up() {
            let cure = "none needed: a run brings it up; a check of the wiring shows whether it has a cable";
            found.push(Finding::warning(format!("{name} is down")).cure(cure));
        } else if interface.carrier == Some(false) {
            let cure = "plug it in, or bring up the port at the other end: `nsbench topology check` tells which";
            found.push(Finding::warning(format!("{name} has no carrier")).cure(cure));
        }
        found
    }

    fn management(&self) -> Finding {
        let mut names: Vec<&str> = Vec::new();
        for management in &self.facts.management {
            if management.reason == Reason::Ssh && !names.contains(&management.interface.as_str()) {
                names.push(&management.interface);
            }
        }
        if names.is_empty() {
            let said = self.facts.connection.as_deref();
            let evidence = said.map_or("sshd told no connection".to_owned(), |said| {
                format!("sshd says `{said}`, and no interface fits")
            });
            return Finding::warning("could not tell which port carries the ssh connection")
                .evidence(evidence)
                .cure("see for yourself that it is none of the test ports");
        }
        Finding::ok(format!("ssh comes in over {}, not over a test port", names.join(", ")))
    }

    fn tools(&self) -> Vec<Finding> {
        let own: &[(&str, &str)] = match self.role {
            Role::Source | Role::Sink => &[("ip", "iproute2")],
            Role::Middlebox => &[("ip", "iproute2"), ("modprobe", "kmod")],
        };
        let mut found = Vec::new();
        for (tool, package) in own.iter().chain(self.needs.generator.tool().programs(self.role)) {
            match self.facts.tool(tool) {
                None => {
                    found.push(Finding::error(format!("`{tool}` is not installed")).cure(install(self.facts, package)));
                }
                Some(tool) => {
                    if let (Some(path), Some(version)) = (&tool.path, &tool.version) {
                        found.push(Finding::ok(format!("has {path}")).evidence(version.as_str()));
                    }
                }
            }
        }
        found.extend(self.ethtool());
        found
    }

    /// Without it less is known of ports, and less can be done with them.
    fn ethtool(&self) -> Option<Finding> {
        let finding = match (self.facts.tool("ethtool"), self.role) {
            (Some(_), _) => return None,
            (None, Role::Middlebox) => Finding::warning(
                "`ethtool` is not installed: frameworks that leave ports with the kernel cannot be measured",
            ),
            (None, _) => Finding::note("`ethtool` is not installed"),
        };
        let unknown = "pause frames, ring sizes, how packets are dealt out to queues, and firmware are not known";
        Some(finding.evidence(unknown).cure(install(self.facts, "ethtool")))
    }

    /// Whether modules can be built for the kernel and loaded into it.
    fn modules(&self) -> Vec<Finding> {
        let facts = self.facts;
        let mut found = Vec::new();
        if self.testbed.lab.is_none() {
            if !facts.headers {
                let what = format!("the headers of kernel {} are not installed", facts.kernel);
                found.push(
                    Finding::error(what)
                        .evidence(format!("/lib/modules/{}/build has no Makefile", facts.kernel))
                        .cure(install_headers(facts)),
                );
            }
            let compiler = facts.tool("cc").or(facts.tool("gcc"));
            for (present, name) in [(compiler, "gcc"), (facts.tool("make"), "make")] {
                if present.is_none() {
                    found.push(Finding::error(format!("`{name}` is not installed")).cure(install(facts, name)));
                }
            }
            if found.is_empty() {
                found.push(Finding::ok(format!("can build modules for kernel {}", facts.kernel)));
            }
        }
        let locked = facts.lockdown.as_deref().filter(|state| *state != "none");
        let refusal = match (locked, facts.signatures) {
            (Some(state), _) => Some(format!("the kernel is locked down ({state})")),
            (None, Some(true)) => Some("module.sig_enforce is on".to_owned()),
            _ => None,
        };
        if let Some(evidence) = refusal {
            let secure_boot = if facts.secure_boot == Some(true) { "; Secure Boot is on" } else { "" };
            found.push(
                Finding::error("the kernel refuses modules without a signature")
                    .evidence(format!("{evidence}{secure_boot}"))
                    .cure("turn Secure Boot off in the firmware, or sign the module with a key enrolled by `mokutil --import`"),
            );
        }
        found
    }

    /// An address in a test network on another port would take the answers.
    fn addresses(&self) -> Vec<Finding> {
        let ours = self.resolved();
        let inside = |address: Ipv4Addr| {
            (1..=self.testbed.lines.len()).find(|number| {
                let (source, _) = self.testbed.addresses(*number);
                u32::from(source) >> 8 == u32::from(address) >> 8
            })
        };
        let clash = |address: &super::facts::Address| {
            let plain = address.address.split('/').next()?.parse().ok()?;
            let number = inside(plain)?;
            let foreign = !ours.iter().any(|(.., interface)| interface.name == address.interface);
            foreign.then(|| {
                let (port, address) = (&address.interface, &address.address);
                Finding::error(format!("{port} has the address {address}, in the test network of line {number}"))
                    .cure("write `network:` with a range that no host uses")
            })
        };
        self.facts.addresses.iter().filter_map(clash).collect()
    }

    fn room(&self) -> Option<Finding> {
        let free = self.facts.var_free_kib;
        if free >= VAR_FREE_MIN_KIB {
            return None;
        }
        let what = format!("/var has only {} MiB free", free / 1024);
        let finding = if free < VAR_FREE_NEEDED_KIB {
            Finding::error(what).evidence("the undo of every change is kept there")
        } else {
            Finding::warning(what)
        };
        Some(finding.cure(format!("make room, {} MiB at least", VAR_FREE_MIN_KIB / 1024)))
    }

    fn clock(&self, now_s: i64) -> Option<Finding> {
        let apart = self.facts.clock_s.abs_diff(now_s);
        (apart > CLOCK_APART_MAX_S).then(|| {
            Finding::warning(format!("its clock is {apart} s away from this machine's"))
                .cure("set it, or run an NTP client: times in logs will not match")
        })
    }
}

/// Two parts on one machine measure its scheduler, not its network.
pub fn same_machine(facts: &[(Role, &Facts)]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, (role, one)) in facts.iter().enumerate() {
        for (other_role, other) in &facts[index + 1..] {
            if one.boot_id == other.boot_id {
                let what = format!("{role} and {other_role} run the same kernel: they are one machine");
                found.push(
                    Finding::warning(what)
                        .evidence(format!("boot id {}", one.boot_id))
                        .cure("use three machines, or take the figures as a rehearsal"),
                );
            }
        }
    }
    found
}

/// Two versions of netperf do not always understand each other.
pub fn same_netperf(facts: &[(Role, &Facts)]) -> Option<Finding> {
    let version = |role: Role, tool: &str| {
        let (_, facts) = facts.iter().find(|(known, _)| *known == role)?;
        facts.tool(tool)?.version.clone()
    };
    let (ours, theirs) = (version(Role::Source, "netperf")?, version(Role::Sink, "netserver")?);
    (ours != theirs).then(|| {
        Finding::warning("netperf of the source and netserver of the sink are of different versions")
            .evidence(format!("{ours} and {theirs}"))
            .cure("install the same on both")
    })
}

#[cfg(test)]
mod tests;
