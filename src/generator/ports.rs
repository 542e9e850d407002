//! Ports of flows: the same every time, so that a card deals them out to its queues alike in every trial.
//!
//! Must not know which generator uses them.

use anyhow::{Result, bail};

/// The most flows that a line may have.
pub const MAX_FLOWS: u32 = 256;

/// First ports, and how many there are: below those that Linux gives to programs by itself (32768), above those that
/// services listen on. Source and sink have numbers of their own: a symmetric hash of two equal ones is the same for all.
const SOURCE: u32 = 20_000;
const SINK: u32 = 26_000;
const COUNT: u32 = 6_000;

/// Ports of the flows of one line, at the source and at the sink: so many from these on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// First port at the source.
    pub source: u32,
    /// First port at the sink.
    pub sink: u32,
    /// How many flows there are.
    pub flows: u32,
}

impl Ports {
    /// Those of line `line`, from 1; how many lines carry traffic does not matter.
    pub const fn of(line: u32, flows: u32) -> Self {
        let first = line.saturating_sub(1) * flows;
        Self { source: SOURCE + first, sink: SINK + first, flows }
    }

    /// Each flow's port at the source and at the sink.
    pub fn each(self) -> impl Iterator<Item = (u32, u32)> {
        (0..self.flows).map(move |flow| (self.source + flow, self.sink + flow))
    }
}

/// Refuses more flows than there are ports for.
///
/// # Errors
/// Says how many there can be.
pub fn check(lines: usize, flows: u32) -> Result<()> {
    let most = MAX_FLOWS.min(COUNT / lines.max(1) as u32);
    if (1..=most).contains(&flows) {
        return Ok(());
    }
    let plural = if lines == 1 { "line" } else { "lines" };
    bail!("{flows} flows a line cannot be had on {lines} {plural}\nhint: --flows with a number from 1 to {most}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_flows_share_a_port_and_none_is_one_that_linux_gives_out() {
        let mut ports: Vec<u32> =
            (1..=4).flat_map(|line| Ports::of(line, 250).each()).flat_map(|(a, b)| [a, b]).collect();
        assert!(ports.iter().all(|port| (20_000..32_768).contains(port)));
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 2000);
    }

    #[test]
    fn more_flows_than_ports_are_refused() {
        check(1, 256).unwrap();
        check(23, 256).unwrap();
        for (lines, flows) in [(1, 0), (1, 257), (24, 256), (254, 24)] {
            assert!(check(lines, flows).unwrap_err().to_string().contains("hint: --flows"), "{lines} {flows}");
        }
    }
}
