//! Traffic generators: what each can do and needs, its command, and how what it says becomes figures.
//!
//! A generator is a [`Tool`]: one file here, and one name in [`Generator`]. Must not know which framework forwards the
//! traffic, nor how a host is changed.

mod frames;
pub mod iperf3;
mod load;
pub mod netperf;
mod output;
pub mod pkt_gen;
pub mod pktgen;
mod ports;
mod sender;
pub mod testpmd;
mod traffic;
pub mod wire;

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host::shell::Argv;
use crate::record::Said;
use crate::role::Role;
pub use frames::{FRAME_SIZES, Frames, IMIX, Mix};
pub use load::Load;
pub use output::excerpt;
pub use ports::{MAX_FLOWS, Ports};
pub use traffic::Traffic;

/// Transport protocol of the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// One bulk connection a flow.
    Tcp,
    /// Datagrams as fast as the source can; what arrives counts.
    Udp,
}

impl Protocol {
    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// What the bits of a rate are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Payload of TCP or UDP, as the generator's own receiver counts it.
    #[default]
    Payload,
    /// Ethernet frames without their check sequence, as the sink's port counts them.
    Frames,
}

impl Layer {
    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Frames => "frames",
        }
    }
}

/// The generators that there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Generator {
    /// netperf, over TCP or UDP.
    #[default]
    Netperf,
    /// iperf3, over TCP or UDP.
    Iperf3,
    /// The Linux kernel's own; frames of UDP.
    Pktgen,
    /// DPDK's, over packet sockets; frames of UDP.
    Testpmd,
    /// netmap's; frames of UDP.
    #[serde(rename = "pkt-gen")]
    PktGen,
}

impl Generator {
    /// All of them, the default first.
    pub const ALL: [Self; 5] = [Self::Netperf, Self::Iperf3, Self::Pktgen, Self::Testpmd, Self::PktGen];

    /// What does its work.
    pub fn tool(self) -> &'static dyn Tool {
        match self {
            Self::Netperf => &netperf::Netperf,
            Self::Iperf3 => &iperf3::Iperf3,
            Self::Pktgen => &pktgen::Pktgen,
            Self::Testpmd => &testpmd::Testpmd,
            Self::PktGen => &pkt_gen::PktGen,
        }
    }

    /// The name used in files and output.
    pub fn name(self) -> &'static str {
        self.tool().abilities().name
    }
}

impl fmt::Display for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a generator can do.
#[derive(Debug, Clone, Copy)]
pub struct Abilities {
    /// What files and output call it.
    pub name: &'static str,
    /// What it sends; the first is what it sends where nobody chose.
    pub protocols: &'static [Protocol],
    /// Over which of them the size of frames can be chosen.
    pub sized: &'static [Protocol],
    /// Whether it can send frames of several sizes mixed.
    pub mixes: bool,
    /// Whether it reports that of several flows together.
    pub reports_flows: bool,
    /// The most flows of a line.
    pub most_flows: u32,
    /// Bytes of its frames where nobody chose; `None` where they are as long as the MTU lets them be.
    pub frame_size: Option<u32>,
    /// What its rates count.
    pub layer: Layer,
    /// Over which protocols it reports on the way what arrives, so that the beginning and the end can be left out.
    pub reports: &'static [Protocol],
    /// Over which protocols it can send a chosen number of packets a second.
    pub paces: &'static [Protocol],
}

/// A program that the sink runs while a cell is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What its log and its step are called.
    pub name: String,
    /// Its command; it stays in the foreground.
    pub command: Argv,
    /// The TCP port by whose being open one sees that it is ready.
    pub port: u16,
}

/// A process on the source that makes the traffic of a line or of several, or a flow of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What it is called: `line 1`, `line 1 flow 2`.
    pub name: String,
    /// What it runs.
    pub command: Argv,
    /// The lines that it sends on.
    pub traffic: Vec<Traffic>,
    /// Whether it has to run as root.
    pub root: bool,
}

/// What a generator says of a stretch of its time, while it sends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// When the stretch ended, seconds since 1970 by the clock of the host that sends.
    pub end_s: f64,
    /// How long it was.
    pub duration_s: f64,
    /// Bits of payload a second that were sent in it, or arrived.
    pub throughput_bps: f64,
}

impl Report {
    /// When the stretch began.
    pub fn begin_s(&self) -> f64 {
        self.end_s - self.duration_s
    }
}

/// What a job measured on a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Number of the line.
    pub line: u32,
    /// Seconds of traffic.
    pub elapsed_s: f64,
    /// Bits of payload a second that arrived, as the generator's receiver counts them; `None` of a generator that has no
    /// receiver, where the sink's port counts.
    pub arrived_bps: Option<f64>,
    /// What its two ends counted.
    pub said: Said,
    /// What it reported on the way, where those reports count what arrives.
    pub reports: Vec<Report>,
}

/// A traffic generator.
pub trait Tool: Sync {
    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// Programs that it needs on source or sink, each with the Debian package that has it.
    fn programs(&self, role: Role) -> &'static [(&'static str, &'static str)];

    /// What runs on the sink for lines that end at these addresses; nothing where its port counts.
    fn servers(&self, _sinks: &[Ipv4Addr]) -> Vec<Server> {
        Vec::new()
    }

    /// Names of the processes on the source for so many lines.
    fn jobs(&self, lines: usize, load: &Load) -> Vec<String>;

    /// Those processes, in the same order.
    fn commands(&self, traffic: &[Traffic]) -> Vec<Job>;

    /// How long its processes may take in all to begin to send, and to end, where that is more than moments.
    fn getting_ready(&self) -> Duration {
        Duration::ZERO
    }

    /// Rate of the last interval, bits a second, if `line` of its output is an interim report.
    fn interim(&self, line: &str) -> Option<f64>;

    /// Reads what a job printed in all.
    ///
    /// # Errors
    /// Quotes the output where a figure is missing or is not a number, or nothing arrived.
    fn parse(&self, output: &str, job: &Job) -> Result<Vec<Measured>>;

    /// What the reader of its figures must know, by what it printed.
    fn remarks(&self, _output: &str) -> Vec<String> {
        Vec::new()
    }

    /// What it says of its failure.
    fn complaint(&self, output: &str) -> String {
        excerpt(output)
    }
}

/// Seconds over the duration after which a generator is ended from outside: some wait for ever when their control
/// connection dies.
const GRACE_S: u64 = 20;

/// What a process of one line, or of one flow of several, is called.
fn job_name(line: u32, flow: u32, flows: u32) -> String {
    if flows == 1 { format!("line {line}") } else { format!("line {line} flow {flow}") }
}

/// `timeout` and its argument, to stand in front of a command.
fn bounded(duration: Duration) -> [String; 2] {
    ["timeout".to_owned(), (whole_seconds(duration) + GRACE_S).to_string()]
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

/// How long a job is waited for.
pub fn bound(duration: Duration) -> Duration {
    duration + Duration::from_secs(GRACE_S + 15)
}

/// One figure a line, of jobs that measured a line or a flow each: the flows of a line add up.
pub fn sum(measured: impl IntoIterator<Item = Measured>) -> Vec<Measured> {
    let mut lines: Vec<Measured> = Vec::new();
    for flow in measured {
        match lines.iter_mut().find(|line| line.line == flow.line) {
            Some(line) => {
                line.arrived_bps = line.arrived_bps.zip(flow.arrived_bps).map(|(sum, flow)| sum + flow);
                line.said = line.said.and(&flow.said);
                line.elapsed_s = line.elapsed_s.max(flow.elapsed_s);
                // Reports of two flows are of two stretches each.
                line.reports.clear();
            }
            None => lines.push(flow),
        }
    }
    lines
}

#[cfg(test)]
pub mod sample {
    //! Traffic for tests.

    use super::*;

    /// Ten seconds on the second line.
    pub fn traffic(protocol: Protocol) -> Traffic {
        let (from, to) = (Ipv4Addr::new(198, 18, 2, 1), Ipv4Addr::new(198, 18, 2, 2));
        let duration = Duration::from_secs(10);
        let (port, to_mac) = ("eth2".to_owned(), "02:00:00:00:00:02".to_owned());
        Traffic {
            line: 2,
            port,
            from,
            to,
            to_mac,
            protocol,
            duration,
            around: [Duration::ZERO; 2],
            mtu: 1500,
            frame_size: None,
            flows: None,
            pace_pps: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_room_for_their_headers() {
        let traffic =
            |size: Option<u32>| Traffic { frame_size: size.map(Frames::Size), ..sample::traffic(Protocol::Udp) };
        assert_eq!(traffic(None).datagram(), 1472);
        assert_eq!(traffic(Some(60)).datagram(), 18);
        assert_eq!(traffic(Some(1514)).datagram(), 1472);
    }

    #[test]
    fn the_names_of_the_processes_are_those_of_the_commands() {
        for generator in Generator::ALL {
            let tool = generator.tool();
            for flows in
                [None, Some(1), Some(3)].into_iter().filter(|flows| *flows <= Some(tool.abilities().most_flows))
            {
                let load = Load { generator, flows, protocol: tool.abilities().protocols[0] };
                let traffic = [1, 2].map(|line| Traffic { line, flows, ..sample::traffic(load.protocol) });
                let names: Vec<_> = tool.commands(&traffic).into_iter().map(|job| job.name).collect();
                assert_eq!(tool.jobs(2, &load), names, "{generator} {flows:?}");
            }
        }
    }

    #[test]
    fn flows_of_a_line_add_up() {
        let of = |line, arrived_bps, elapsed_s| Measured {
            line,
            elapsed_s,
            arrived_bps: Some(arrived_bps),
            said: Said { sent_bytes: Some(7), ..Said::default() },
            reports: vec![],
        };
        let summed = sum([of(1, 2e6, 10.0), of(2, 1e6, 10.0), of(1, 3e6, 10.5)]);
        let said = Said { sent_bytes: Some(14), ..Said::default() };
        assert_eq!(summed, [Measured { said, ..of(1, 5e6, 10.5) }, of(2, 1e6, 10.0)]);
    }
}
