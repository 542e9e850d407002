//! The middlebox's cores: which CPU works for which line and direction, beside the port that its packets arrive at.
//!
//! Made from the testbed and from what the middlebox said of itself. Must not ask it, nor deal out a CPU: the plan does.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, bail};
use serde::Serialize;

use super::table::grid;
use crate::plan::cores;
use crate::plan::layout::Layout;
use crate::role::Role;
use crate::testbed::facts::Facts;
use crate::testbed::preflight::name_ports;
use crate::testbed::{Port, Testbed};
use crate::units::BitsPerSecond;

/// The cores of a middlebox as a run would use them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cores {
    /// CPUs that are on.
    pub cpus: usize,
    /// Whether a CPU works for more than one direction.
    pub shared: bool,
    /// Two a line: from source to sink, and back.
    pub directions: Vec<Assignment>,
}

/// A CPU, and the direction of a line that it works for. What the middlebox does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// Number of the line, from 1.
    pub line: usize,
    /// `forward` is from source to sink.
    pub direction: &'static str,
    /// Interface that its packets arrive at; `None` where nothing answers to the name in the file.
    pub port: Option<String>,
    /// Kernel driver of the port.
    pub driver: Option<String>,
    /// Speed that it negotiated, Mb/s: what a port that is down or virtual does not tell.
    pub speed_mbps: Option<u32>,
    /// PCI slot of the port.
    pub slot: Option<String>,
    /// Receive queues in use.
    pub rx_queues: Option<u32>,
    /// Transmit queues in use.
    pub tx_queues: Option<u32>,
    /// NUMA node of the port.
    pub port_node: Option<u32>,
    /// CPU that works for it.
    pub cpu: u32,
    /// NUMA node of the CPU.
    pub cpu_node: Option<u32>,
    /// Whether both nodes are known and are not the same one.
    pub other_node: bool,
}

impl Cores {
    /// What a run on all lines of `testbed` would use of the middlebox with these facts.
    ///
    /// # Errors
    /// The middlebox names none of its CPUs; none is made up.
    pub fn of(testbed: &Testbed, facts: &Facts) -> Result<Self> {
        if facts.cpu_map.is_empty() {
            bail!(
                "it does not say which CPUs it has\nhint: see that /sys/devices/system/cpu is there on the middlebox"
            );
        }
        let mut named = testbed.clone();
        name_ports(&mut named, Role::Middlebox, facts);
        let layout = Layout::of(facts);
        let pairs = testbed.lines.iter().zip(cores::map(&named, &layout));
        let directions: Vec<Assignment> = pairs
            .flat_map(|(line, cores)| {
                let direction = |name, port, cpu| Assignment::of(facts, &layout, (cores.line, name), port, cpu);
                [direction("forward", &line.input, cores.forward), direction("reverse", &line.output, cores.reverse)]
            })
            .collect();
        let used: BTreeSet<u32> = directions.iter().map(|direction| direction.cpu).collect();
        Ok(Self { cpus: facts.cpu_map.len(), shared: used.len() < directions.len(), directions })
    }

    /// A table, and below it what holds a result back.
    pub fn text(&self) -> String {
        let header = [
            "line",
            "direction",
            "port",
            "driver",
            "speed",
            "slot",
            "queues rx+tx",
            "port's node",
            "CPU",
            "CPU's node",
        ];
        let rows = self.directions.iter().map(Assignment::row);
        let table = grid(header.map(str::to_owned).to_vec(), rows, 0..1);
        let cpus = counted(self.cpus, "CPU");
        let mut text = format!("cores of the middlebox ({cpus})\n\n{table}\n");
        if self.shared {
            let directions = counted(self.directions.len(), "direction");
            let _ = writeln!(text, "\n{cpus} for {directions}: they share, which can hold a result back");
        }
        if self.directions.iter().any(|direction| direction.port.is_none()) {
            text.push_str("\nports shown as `-` were not found; `nsbench topology check` says why\n");
        }
        text
    }
}

impl Assignment {
    fn of(facts: &Facts, layout: &Layout, (line, direction): (usize, &'static str), port: &Port, cpu: u32) -> Self {
        let interface = facts.resolve(port).ok();
        let queues = interface.and_then(|port| facts.queues.iter().find(|queues| queues.interface == port.name));
        let port_node = interface.and_then(|port| layout.port(&port.name).node);
        let cpu_node = facts.cpu_map.iter().find(|known| known.number == cpu).and_then(|known| known.node);
        Self {
            line,
            direction,
            port: interface.map(|port| port.name.clone()),
            driver: interface.and_then(|port| port.driver.clone()),
            speed_mbps: interface.and_then(|port| port.speed_mbps),
            slot: interface.and_then(|port| port.pci.clone()),
            rx_queues: queues.map(|queues| queues.rx),
            tx_queues: queues.map(|queues| queues.tx),
            port_node,
            cpu,
            cpu_node,
            other_node: port_node.zip(cpu_node).is_some_and(|(port, cpu)| port != cpu),
        }
    }

    fn row(&self) -> Vec<String> {
        let word = |known: &Option<String>| known.clone().unwrap_or_else(|| "-".to_owned());
        let number = |known: Option<u32>| word(&known.map(|number| number.to_string()));
        let queues = self.rx_queues.zip(self.tx_queues).map(|(rx, tx)| format!("{rx}+{tx}"));
        let mark = if self.other_node { ", other node" } else { "" };
        vec![
            self.line.to_string(),
            self.direction.to_owned(),
            word(&self.port),
            word(&self.driver),
            word(&self.speed_mbps.map(|speed| BitsPerSecond(f64::from(speed) * 1e6).to_string())),
            word(&self.slot),
            word(&queues),
            number(self.port_node),
            self.cpu.to_string(),
            format!("{}{mark}", number(self.cpu_node)),
        ]
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    /// A middlebox whose CPUs, from 0, are on these nodes, and whose ports eth1 to eth4 are on nodes 0, 0, 1 and none.
    fn cores_on(testbed: &str, nodes: &[u32]) -> Cores {
        let mut text =
            "nsbench-facts\t1\nkernel\t6.12.48\nmachine\tx86_64\ndistribution\t-\nuid\t0\nsudo\t-\ncpus\t4\n\
            cpu_model\t-\nmicrocode\t-\nboot\tb0\nclock\t1\nvar_free_kib\t9000000\n"
                .to_owned();
        for (number, node) in nodes.iter().enumerate() {
            let _ = writeln!(text, "cpu\t{number}\t{node}\t{node}:{number}");
        }
        for (port, node) in [(1, "0"), (2, "0"), (3, "1"), (4, "-")] {
            let slot = format!("0000:0{port}:00.0");
            let _ = writeln!(
                text,
                "interface\teth{port}\t52:54:00:00:00:0{port}\t{slot}\tixgbe\tup\t0x1003\t1\t1500\t10000\t-\n\
                 queues\teth{port}\t{port}\t16\t512\t512\ncard\t{slot}\tixgbe\nplaced\t{slot}\t{node}\t-"
            );
        }
        text.push_str("connection\t-\nheaders\tyes\nlockdown\tnone\nsignatures\tN\nend\n");
        let testbed = Testbed::parse("t.yaml", testbed).unwrap();
        Cores::of(&testbed, &Facts::parse(&text).unwrap()).unwrap()
    }

    const TWO_LINES: &str = "name: t\n\
        hosts: { source: { ssh: a }, middlebox: { ssh: b }, sink: { ssh: c } }\n\
        lines:\n\
        - { source: s1, in: eth1, out: 'mac:52:54:00:00:00:02', sink: k1 }\n\
        - { source: s2, in: 'pci:0000:03:00.0', out: eth4, sink: k2 }\n";

    #[test]
    fn a_core_each_on_the_node_of_the_port_is_shown_with_the_ports_hardware() {
        assert_snapshot!(cores_on(TWO_LINES, &[0, 0, 0, 1, 1]).text(), @r"
        cores of the middlebox (5 CPUs)

         line | direction | port | driver | speed      | slot         | queues rx+tx | port's node | CPU | CPU's node
        ------+-----------+------+--------+------------+--------------+--------------+-------------+-----+------------
            1 | forward   | eth1 | ixgbe  | 10.00 Gb/s | 0000:01:00.0 | 1+16         | 0           | 1   | 0
            1 | reverse   | eth2 | ixgbe  | 10.00 Gb/s | 0000:02:00.0 | 2+16         | 0           | 2   | 0
            2 | forward   | eth3 | ixgbe  | 10.00 Gb/s | 0000:03:00.0 | 3+16         | 1           | 3   | 1
            2 | reverse   | eth4 | ixgbe  | 10.00 Gb/s | 0000:04:00.0 | 4+16         | -           | 4   | 1
        ");
    }

    #[test]
    fn a_cpu_on_another_node_than_its_port_is_marked() {
        let cores = cores_on(TWO_LINES, &[0, 1, 1, 1]);
        assert_snapshot!(cores.text(), @r"
        cores of the middlebox (4 CPUs)

         line | direction | port | driver | speed      | slot         | queues rx+tx | port's node | CPU | CPU's node
        ------+-----------+------+--------+------------+--------------+--------------+-------------+-----+---------------
            1 | forward   | eth1 | ixgbe  | 10.00 Gb/s | 0000:01:00.0 | 1+16         | 0           | 0   | 0
            1 | reverse   | eth2 | ixgbe  | 10.00 Gb/s | 0000:02:00.0 | 2+16         | 0           | 1   | 1, other node
            2 | forward   | eth3 | ixgbe  | 10.00 Gb/s | 0000:03:00.0 | 3+16         | 1           | 2   | 1
            2 | reverse   | eth4 | ixgbe  | 10.00 Gb/s | 0000:04:00.0 | 4+16         | -           | 3   | 1
        ");
        let marked: Vec<bool> = cores.directions.iter().map(|direction| direction.other_node).collect();
        assert_eq!(marked, [false, true, false, false], "a port without a node is on no other one");
    }

    #[test]
    fn too_few_cpus_are_said_to_be_shared() {
        let sharing = |nodes| cores_on(TWO_LINES, nodes).text().lines().last().unwrap().to_owned();
        assert_snapshot!(sharing(&[0, 0]), @"2 CPUs for 4 directions: they share, which can hold a result back");
        assert_snapshot!(sharing(&[0]), @"1 CPU for 4 directions: they share, which can hold a result back");
        assert!(cores_on(TWO_LINES, &[0; 3]).shared && !cores_on(TWO_LINES, &[0; 4]).shared);
    }

    #[test]
    fn a_port_that_cannot_be_resolved_is_a_dash_and_has_no_hardware() {
        let testbed = TWO_LINES.replace("eth4", "eth66");
        assert_snapshot!(cores_on(&testbed, &[0; 4]).text(), @r"
        cores of the middlebox (4 CPUs)

         line | direction | port | driver | speed      | slot         | queues rx+tx | port's node | CPU | CPU's node
        ------+-----------+------+--------+------------+--------------+--------------+-------------+-----+---------------
            1 | forward   | eth1 | ixgbe  | 10.00 Gb/s | 0000:01:00.0 | 1+16         | 0           | 1   | 0
            1 | reverse   | eth2 | ixgbe  | 10.00 Gb/s | 0000:02:00.0 | 2+16         | 0           | 2   | 0
            2 | forward   | eth3 | ixgbe  | 10.00 Gb/s | 0000:03:00.0 | 3+16         | 1           | 3   | 0, other node
            2 | reverse   | -    | -      | -          | -            | -            | -           | 0   | 0

        ports shown as `-` were not found; `nsbench topology check` says why
        ");
    }

    #[test]
    fn json_has_the_same_figures_and_null_for_what_is_not_known() {
        let testbed = TWO_LINES.replace("eth4", "eth66");
        let json = serde_json::to_value(cores_on(&testbed, &[0, 1, 1, 1])).unwrap();
        assert_eq!(json["cpus"], 4);
        assert_eq!(json["shared"], false);
        assert_snapshot!(json["directions"][1], @r#"{"line":1,"direction":"reverse","port":"eth2","driver":"ixgbe","speed_mbps":10000,"slot":"0000:02:00.0","rx_queues":2,"tx_queues":16,"port_node":0,"cpu":1,"cpu_node":1,"other_node":true}"#);
        assert_snapshot!(json["directions"][3], @r#"{"line":2,"direction":"reverse","port":null,"driver":null,"speed_mbps":null,"slot":null,"rx_queues":null,"tx_queues":null,"port_node":null,"cpu":3,"cpu_node":1,"other_node":false}"#);
    }

    #[test]
    fn cpus_that_a_host_does_not_name_are_not_made_up() {
        let testbed = Testbed::parse("t.yaml", TWO_LINES).unwrap();
        let text = "nsbench-facts\t1\nkernel\t6.12.48\nmachine\tx86_64\ndistribution\t-\nuid\t0\nsudo\t-\ncpus\t4\n\
            cpu_model\t-\nmicrocode\t-\nboot\tb0\nclock\t1\nvar_free_kib\t9000000\nconnection\t-\nheaders\tyes\n\
            lockdown\tnone\nsignatures\tN\nend\n";
        let error = Cores::of(&testbed, &Facts::parse(text).unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("it does not say which CPUs it has\nhint: "), "{error}");
    }
}
