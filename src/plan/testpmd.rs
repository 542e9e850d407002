//! DPDK's testpmd on the source, which sends over packet sockets: what it leaves behind is taken back, and it is ended should the
//! script be gone that started it.

use super::{Step, daemon, link, module};

/// Steps for a source that sends on these ports. testpmd makes a port promiscuous and leaves it so, and while DPDK looks for RDMA
/// cards the kernel loads what that takes.
pub fn steps<'a>(ports: impl Iterator<Item = &'a str>) -> Vec<Step> {
    let of_line = |(line, port)| [link::promiscuous(port), daemon::generator(&format!("testpmd {line}"))];
    std::iter::once(module::autoloaded("ib_core")).chain((1_u32..).zip(ports).flat_map(of_line)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::generator::{Generator, Load, Protocol};
    use crate::plan::layout::Layout;
    use crate::plan::{Artifacts, Cell, plan};
    use crate::profile::Profile;
    use crate::role::Role;
    use crate::testbed::Testbed;

    #[test]
    fn what_testpmd_leaves_behind_is_taken_back_at_the_source_and_its_used_ports_alone() {
        let profile = Profile::find("bridge").unwrap();
        let cell = Cell { profile, params: BTreeMap::new(), lines: 2, frame_size: None };
        let load = Load { generator: Generator::Testpmd, protocol: Protocol::Udp, flows: None };
        let testbed = Testbed::shipped("lab").unwrap();
        let plan = plan(&testbed, &Layout::default(), &cell, &Artifacts::None, &load).unwrap();
        let titles = |role: Role| {
            let titles = plan.steps[&role].iter().map(|step| step.title.as_str());
            titles.filter(|title| title.contains("promisc") || title.contains("ib_core")).collect::<Vec<_>>()
        };
        let source = ["module ib_core, should it come, goes again", "eth1: promiscuous", "eth2: promiscuous"];
        assert_eq!(titles(Role::Source), source);
        assert_eq!(titles(Role::Sink), [""; 0]);
        // The script writes its processes down under these names.
        for line in 1..=2 {
            let pid_file = format!("generator-testpmd-{line}.pid");
            assert!(plan.steps[&Role::Source].iter().any(|step| step.save.contains(&pid_file)), "{pid_file}");
        }
    }
}
