//! How a host is set up: what makes it slower than it could be, or another one from minute to minute.
//!
//! Pure. Judges only what the host says; what it does not say is no finding.

use super::{Finding, Part, Role};
use crate::testbed::Seat;
use crate::testbed::facts::Interface;
use crate::testbed::finding::Fix;
use crate::testbed::slots;
use crate::units::BitsPerSecond;

/// From an idle state that takes longer to leave on, a packet that comes alone waits noticeably: half of what a 10 Gb/s line
/// takes for a hundred full frames.
const LONG_SLEEP_US: u32 = 60;

/// A host with nothing to do has less, also just after somebody logged in.
const BUSY: f64 = 0.7;

impl Part<'_> {
    /// Everything about the host's settings.
    pub(super) fn tuning(&self) -> Vec<Finding> {
        let mut found: Vec<_> = self.test_ports().into_iter().flat_map(|port| self.port_settings(port)).collect();
        found.extend(self.far_ports());
        found.extend(self.slots());
        found.extend(self.queues());
        found.extend(self.cpus());
        found.extend(self.kernel());
        found
    }

    /// Each once, however many lines name it.
    pub(super) fn test_ports(&self) -> Vec<&Interface> {
        let mut ports: Vec<&Interface> = Vec::new();
        for (.., interface) in self.resolved() {
            if !ports.iter().any(|port| port.name == interface.name) {
                ports.push(interface);
            }
        }
        ports
    }

    fn port_settings(&self, port: &Interface) -> Vec<Finding> {
        let mut found = Vec::new();
        let name = &port.name;
        if let Some(largest) = self.facts.largest_mtus.get(name).filter(|largest| **largest < self.testbed.mtu) {
            let what = format!("{name} cannot have an MTU of {}, as the file says", self.testbed.mtu);
            let driver = port.driver.as_deref().unwrap_or("its driver");
            found.push(
                Finding::error(what)
                    .evidence(format!("{driver} takes {largest} at most"))
                    .cure(format!("write `mtu: {largest}` or less")),
            );
        }
        let Some(link) = self.facts.links.iter().find(|link| link.interface == *name) else { return found };
        if link.duplex.as_deref() == Some("half") {
            let cure = format!("ethtool -s {name} autoneg on; and see what the other end is set to");
            found.push(Finding::warning(format!("{name} runs at half duplex")).cure(cure));
        }
        let on = |pause: &Option<String>| pause.as_deref() == Some("on");
        if on(&link.rx_pause) || on(&link.tx_pause) {
            let state = |pause: &Option<String>| pause.clone().unwrap_or_else(|| "unknown".to_owned());
            let what = format!(
                "{name} uses pause frames: a slow receiver stops the sender, and nothing is lost where it would be"
            );
            found.push(
                Finding::warning(what)
                    .evidence(format!("ethtool -a {name}: RX {}, TX {}", state(&link.rx_pause), state(&link.tx_pause)))
                    .cure(format!("ethtool -A {name} autoneg off rx off tx off"))
                    .fix(Fix::PauseFrames { port: name.clone() }),
            );
        }
        found
    }

    /// Ports on a node without CPUs, and lines that cross from one node to another.
    fn far_ports(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let has_cpus = |node: u32| self.facts.cpu_map.iter().any(|cpu| cpu.node == Some(node));
        let node = |port: &Interface| self.facts.place(port)?.node;
        for port in self.test_ports() {
            if let Some(node) = node(port).filter(|node| !has_cpus(*node)) {
                let what =
                    format!("{} is on NUMA node {node}, which has no CPU: every packet crosses to another", port.name);
                found.push(Finding::warning(what).cure("put the card into a slot of a node that has CPUs"));
            }
        }
        let resolved = self.resolved();
        for number in (1..=self.testbed.lines.len()).filter(|_| self.role == Role::Middlebox) {
            let at = |seat: Seat| {
                let (.., port) = resolved.iter().find(|(line, at, _)| (*line, *at) == (number, seat))?;
                Some((port.name.as_str(), node(port)?))
            };
            if let (Some((input, from)), Some((output, to))) = (at(Seat::In), at(Seat::Out))
                && from != to
            {
                let what = format!("line {number} crosses from NUMA node {from} to {to}");
                found.push(
                    Finding::warning(what)
                        .evidence(format!("{input} is on node {from}, {output} on node {to}"))
                        .cure("take an `out` port on the node of `in`: change the cables, and the file with them"),
                );
            }
        }
        found
    }

    /// Slots that carry less than the lines through them.
    fn slots(&self) -> Vec<Finding> {
        let speed = |port: &&Interface| port.speed_mbps.map(|mbps| f64::from(mbps) * 1e6);
        let slowest = self.test_ports().iter().filter_map(speed).min_by(f64::total_cmp);
        let Some(rate) = self.testbed.rate.map(|rate| rate.0).or(slowest) else { return Vec::new() };
        let narrow = |slot: slots::Slot| {
            let most = slot.lines_in.len().max(slot.lines_out.len());
            let wanted = rate * most as f64;
            (slot.pcie.usable_bps() < wanted).then(|| {
                let what = format!(
                    "slot {} carries about {} each way, and its {most} line{} want{} {}",
                    slot.slot,
                    BitsPerSecond(slot.pcie.usable_bps()),
                    if most == 1 { "" } else { "s" },
                    if most == 1 { "s" } else { "" },
                    BitsPerSecond(wanted)
                );
                let evidence = format!("{} GT/s, {} lanes", slot.pcie.gigatransfers, slot.pcie.width);
                let cure = "put the card into a wider slot, or see why it runs slower than it can: lspci -vv, LnkSta beside LnkCap";
                Finding::warning(what).evidence(evidence).cure(cure)
            })
        };
        slots::of(self.testbed, self.role, self.facts).into_iter().filter_map(narrow).collect()
    }

    fn cpus(&self) -> Vec<Finding> {
        let facts = self.facts;
        let mut found = Vec::new();
        if let Some(governor) = facts.setting("governor").filter(|governor| *governor != "performance") {
            found.push(
                Finding::warning("CPUs change their frequency with the load")
                    .evidence(format!("scaling_governor is {governor}"))
                    .cure("echo performance | tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor")
                    .fix(Fix::Governor),
            );
        }
        let boost = match (facts.setting("no_turbo"), facts.setting("boost")) {
            (Some("0"), _) => Some("intel_pstate/no_turbo"),
            (None, Some("1")) => Some("cpufreq/boost"),
            _ => None,
        };
        if let Some(file) = boost {
            let value = u8::from(file.ends_with("no_turbo"));
            let what = "turbo is on: how fast a core is depends on how many others work and how warm it is";
            found.push(
                Finding::note(what)
                    .cure(format!("echo {value} >/sys/devices/system/cpu/{file}"))
                    .fix(Fix::Turbo { file, value }),
            );
        }
        if let Some((state, latency)) = facts.setting("idle_state").and_then(|state| state.rsplit_once(' '))
            && latency.parse().is_ok_and(|latency: u32| latency > LONG_SLEEP_US)
        {
            let what = format!("idle CPUs sleep so deeply that they take {latency} us to wake up (state {state})");
            found.push(
                Finding::note(what)
                    .cure(format!("cpupower idle-set -D {LONG_SLEEP_US}; or boot with intel_idle.max_cstate=1"))
                    .fix(Fix::IdleStates { longest_us: LONG_SLEEP_US }),
            );
        }
        if facts.setting("smt") == Some("1") {
            let what = "hardware threads share cores: two that work slow each other down";
            found.push(Finding::note(what).cure("echo off >/sys/devices/system/cpu/smt/control"));
        }
        if facts.setting("irqbalance") == Some("yes") {
            let what = "irqbalance is running, and may move interrupts from the cores that a run gives them";
            found.push(Finding::warning(what).cure("systemctl stop irqbalance").fix(Fix::Irqbalance));
        }
        // A guest of the lab has only just booted.
        let load = facts.setting("load").and_then(|load| load.parse().ok()).filter(|load: &f64| *load > BUSY);
        if let Some(load) = load.filter(|_| self.testbed.lab.is_none()) {
            found.push(
                Finding::warning("the host is busy with something else")
                    .evidence(format!("load of the last minute: {load}"))
                    .cure("see what it is, `top`, and measure when it has ended"),
            );
        }
        found
    }
}

#[cfg(test)]
pub mod tests;
