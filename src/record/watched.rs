//! What a host did while a trial's traffic was measured: its CPUs, ports, memory and sensors, in sum.
//!
//! The series behind it is in a file of its own; [`super::streams`] reads that. Must not know how a host is watched.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A host in the window of a trial; without a window, while the traffic was sent. What it does not tell is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Watched {
    /// Why it was not watched, or not to the end.
    pub reason: Option<String>,
    /// The file with the whole series, in the directory of the run.
    pub stream: Option<String>,
    /// Samples that lie in the window; nothing of it was seen where there is none.
    pub samples: Option<u64>,
    /// The longest stretch that one sample is of, seconds.
    pub longest_gap_s: Option<f64>,
    /// Its CPUs, in the order of their numbers.
    pub cpus: Vec<CpuUse>,
    /// What its test ports lost, by interface. A port that a user-space driver holds is not here.
    pub ports: BTreeMap<String, PortLosses>,
    /// Interrupts of all CPUs a second.
    pub interrupts_per_s: Option<f64>,
    /// Runs of the kernel's receive path a second: softirqs `NET_RX` of all CPUs.
    pub net_rx_per_s: Option<f64>,
    /// The least memory that was available to programs, KiB.
    pub memory_available_min_kib: Option<u64>,
    /// The lowest frequency of a CPU, MHz.
    pub frequency_min_mhz: Option<u64>,
    /// The highest.
    pub frequency_max_mhz: Option<u64>,
    /// The highest temperature of a processor, degrees centigrade.
    pub temperature_max_c: Option<u64>,
    /// CPU time that watching took the host, as a share of one CPU; what sends the samples away is not in it.
    pub own_share: Option<f64>,
}

/// A CPU, as shares of its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CpuUse {
    /// As the kernel numbers it.
    pub cpu: u32,
    /// At work, of any kind.
    pub busy_mean: Option<f64>,
    /// The same in the busiest stretch of a second or of the whole trial.
    pub busy_max: Option<f64>,
    /// In softirqs, where the kernel receives and forwards packets.
    pub softirq_mean: Option<f64>,
    /// The same in the stretch that had most of it.
    pub softirq_max: Option<f64>,
    /// Mean frequency, MHz.
    pub frequency_mhz: Option<f64>,
}

/// What a port lost and what held it up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PortLosses {
    /// Packets that arrived and were dropped for want of room, in the card too (`drop` of `/proc/net/dev`).
    pub rx_dropped: Option<u64>,
    /// Overruns of its receive queue (`fifo`); drivers may have them in `rx_dropped` as well.
    pub rx_fifo: Option<u64>,
    /// Packets that were to be sent and were dropped.
    pub tx_dropped: Option<u64>,
    /// Overruns of its send queue.
    pub tx_fifo: Option<u64>,
    /// Frames by which the other end of the cable asked it to be silent.
    pub rx_pauses: Option<u64>,
    /// Frames by which it asked that of the other end.
    pub tx_pauses: Option<u64>,
}

impl CpuUse {
    /// From which share on a CPU has no time left: ticks are of 10 ms, and a CPU that is never idle seems so now and then.
    const FULL: f64 = 0.97;

    /// Whether it had no time left.
    pub fn is_full(&self) -> bool {
        self.busy_mean.is_some_and(|share| share >= Self::FULL)
    }
}

impl Watched {
    /// The CPUs that had no time left; if none, the busiest one.
    pub fn telling(&self) -> Vec<&CpuUse> {
        let full: Vec<_> = self.cpus.iter().filter(|cpu| cpu.is_full()).collect();
        if !full.is_empty() {
            return full;
        }
        let busy = |cpu: &&CpuUse| cpu.busy_mean.unwrap_or(-1.0);
        let busiest = self.cpus.iter().filter(|cpu| cpu.busy_mean.is_some()).max_by(|a, b| busy(a).total_cmp(&busy(b)));
        busiest.into_iter().collect()
    }
}
