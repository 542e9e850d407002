//! Which CPU works for which line and direction.
//!
//! A core each where there are enough, on the NUMA node of the port that the direction's packets arrive at. Must not
//! know what runs there.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use crate::testbed::Testbed;
use crate::testbed::facts::Cpu;

/// The CPUs of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineCores {
    /// Number of the line, from 1.
    pub line: usize,
    /// CPU of the packets from source to sink: the interrupts of the `in` port, and the program that forwards them.
    pub forward: u32,
    /// CPU of the packets from sink to source: the interrupts of the `out` port.
    pub reverse: u32,
    /// NUMA node of the `in` port, where it is known.
    pub node: Option<u32>,
}

/// The CPUs of every line. A line's do not depend on how many lines after it carry traffic.
///
/// Taken are, in this order: cores that nobody works on yet before second threads of cores, those of the port's node
/// before others, and CPU 0, which has the kernel's own work, last. Where all are taken, they are dealt out again.
pub fn map(testbed: &Testbed, layout: &Layout) -> Vec<LineCores> {
    let mut dealer = Dealer::new(layout, testbed.lines.len());
    let lines = testbed.lines.iter().enumerate().map(|(index, line)| {
        let [near, far] = [&line.input.0, &line.output.0].map(|port| layout.port(port).node);
        LineCores { line: index + 1, forward: dealer.deal(near), reverse: dealer.deal(far), node: near }
    });
    lines.collect()
}

/// CPUs in the order in which they are dealt, and those that are taken.
struct Dealer {
    cpus: Vec<Cpu>,
    taken: BTreeSet<u32>,
}

impl Dealer {
    fn new(layout: &Layout, lines: usize) -> Self {
        let mut cpus = layout.cpus.clone();
        if cpus.is_empty() {
            // Nobody was asked: as many as are needed, beside CPU 0.
            let cpu = |number: u32| Cpu { number, node: None, core: number.to_string() };
            cpus = (0..=2 * lines as u32).map(cpu).collect();
        }
        cpus.sort_by_key(|cpu| cpu.number);
        let mut cores = BTreeSet::new();
        let rank = |cpu: Cpu| {
            let second_thread = !cores.insert(cpu.core.clone());
            ((second_thread, cpu.number == 0, cpu.number), cpu)
        };
        let mut ranked: Vec<_> = cpus.into_iter().map(rank).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Self { cpus: ranked.into_iter().map(|(_, cpu)| cpu).collect(), taken: BTreeSet::new() }
    }

    fn deal(&mut self, node: Option<u32>) -> u32 {
        if self.cpus.iter().all(|cpu| self.taken.contains(&cpu.number)) {
            self.taken.clear();
        }
        let free = || self.cpus.iter().filter(|cpu| !self.taken.contains(&cpu.number));
        let near = free().find(|cpu| node.is_some() && cpu.node == node);
        let number = near.or_else(|| free().next()).map_or(0, |cpu| cpu.number);
        self.taken.insert(number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::PortHardware;
    use super::*;

    fn cpu(number: u32, node: u32, core: u32) -> Cpu {
        Cpu { number, node: Some(node), core: format!("{node}:{core}") }
    }

    fn dealt(cpus: Vec<Cpu>, nodes: [Option<u32>; 4]) -> Vec<(u32, u32)> {
        let testbed = Testbed::shipped("lab").unwrap();
        let mut layout = Layout::default();
        layout.cpus = cpus;
        for (line, node) in testbed.lines.iter().zip(nodes) {
            for port in [&line.input.0, &line.output.0] {
                let pci = "0000:01:00.0".to_owned();
                let hardware = PortHardware { pci, driver: None, node, group: None, queues: 2, slots: 256 };
                layout = layout.with_port(port, hardware);
            }
        }
        map(&testbed, &layout).iter().map(|line| (line.forward, line.reverse)).collect()
    }

    #[test]
    fn each_line_and_direction_has_a_core_of_its_own_where_there_are_enough_and_cpu_0_is_left_alone() {
        let cpus = (0..12).map(|number| cpu(number, 0, number)).collect();
        assert_eq!(dealt(cpus, [None; 4]), [(1, 2), (3, 4), (5, 6), (7, 8)]);
    }

    #[test]
    fn second_threads_of_cores_come_after_all_cores() {
        // CPUs 4 to 7 are the second threads of 0 to 3.
        let cpus = (0..8).map(|number| cpu(number, 0, number % 4)).collect();
        assert_eq!(dealt(cpus, [None; 4]), [(1, 2), (3, 0), (4, 5), (6, 7)]);
    }

    #[test]
    fn cores_are_taken_on_the_node_of_the_port_and_elsewhere_only_when_it_has_none_left() {
        let cpus = (0..8).map(|number| cpu(number, number / 4, number)).collect();
        assert_eq!(dealt(cpus, [Some(1), Some(0), Some(1), Some(1)]), [(4, 5), (1, 2), (6, 7), (3, 0)]);
    }

    #[test]
    fn too_few_cpus_are_dealt_out_again() {
        let cpus = (0..2).map(|number| cpu(number, 0, number)).collect();
        assert_eq!(dealt(cpus, [None; 4]), [(1, 0); 4]);
        assert_eq!(dealt(vec![cpu(0, 0, 0)], [None; 4]), [(0, 0); 4]);
    }
}
