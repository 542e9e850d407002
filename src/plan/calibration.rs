//! The hosts as a calibration needs them: each half of the way by itself, with a receiver or sender of its own on the
//! middlebox, which forwards nothing.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::{Plan, Step, address, daemon, end_steps, link, work};
use crate::generator::Load;
use crate::role::Role;
use crate::testbed::Testbed;

/// What people call it: `2 lines without forwarding`.
pub fn title(lines: usize) -> String {
    let plural = if lines == 1 { "" } else { "s" };
    format!("{lines} line{plural} without forwarding")
}

/// The middlebox's addresses on line `number` (from 1): of its `in` port and of its `out` port.
pub fn addresses(testbed: &Testbed, number: usize) -> (Ipv4Addr, Ipv4Addr) {
    let (source, _) = testbed.addresses(number);
    let beside = |by: u32| Ipv4Addr::from(u32::from(source) + by);
    (beside(2), beside(3))
}

/// Source and sink as for a cell, and the middlebox as the other end of either cable.
pub fn plan(testbed: &Testbed, lines: usize) -> Plan {
    let load = Load::default();
    let mut source = end_steps(testbed, lines, &load, Role::Source);
    source.extend(servers(&load));
    let steps = [
        (Role::Source, source),
        (Role::Middlebox, middlebox(testbed, lines, &load)),
        (Role::Sink, end_steps(testbed, lines, &load, Role::Sink)),
    ];
    Plan { steps: BTreeMap::from(steps) }
}

/// An address of either port, of one peer each: both are in the network of the line.
fn middlebox(testbed: &Testbed, lines: usize, load: &Load) -> Vec<Step> {
    let mut steps = vec![work::directory()];
    for (index, line) in testbed.lines.iter().take(lines).enumerate() {
        let number = index + 1;
        let ((source, sink), (input, output)) = (testbed.addresses(number), addresses(testbed, number));
        for (port, own, peer) in [(&line.input.0, input, source), (&line.output.0, output, sink)] {
            steps.push(link::mtu(port, testbed.mtu));
            steps.push(link::up(port));
            steps.push(address::to_peer(port, own, peer));
        }
    }
    steps.extend(servers(load));
    steps.extend(load.generator.tool().jobs(lines, load).iter().map(|name| daemon::generator(name)));
    steps
}

/// The default generator's, which serves all lines whatever their addresses are.
fn servers(load: &Load) -> Vec<Step> {
    load.generator.tool().servers(&[]).iter().map(daemon::server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_of_the_middlebox_knows_its_neighbour_alone() {
        let testbed = Testbed::parse("lab.yaml", Testbed::shipped_text("lab").unwrap()).unwrap();
        let plan = plan(&testbed, 2);
        let applied: Vec<_> = plan.steps[&Role::Middlebox].iter().map(|step| step.apply.as_str()).collect();
        for command in [
            "ip address add 198.18.1.3 peer 198.18.1.1/32 dev eth1",
            "ip address add 198.18.1.4 peer 198.18.1.2/32 dev eth2",
            "ip address add 198.18.2.4 peer 198.18.2.2/32 dev eth4",
        ] {
            assert!(applied.contains(&command), "{applied:#?}");
        }
        let servers = |role| plan.steps[&role].iter().filter(|step| step.title == "program netserver").count();
        assert_eq!(Role::ALL.map(servers), [1, 1, 1]);
    }
}
