//! What is sent in a run, and whether its generator can send it.
//!
//! Must not know how a generator does it.

use anyhow::{Result, bail};

use super::{Frames, Generator, Protocol, ports};

/// What is sent in every trial of a run, whatever the cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// What sends.
    pub generator: Generator,
    /// Transport protocol.
    pub protocol: Protocol,
    /// Flows a line, from ports that are always the same; without it one, from a port that the source's kernel chooses.
    pub flows: Option<u32>,
}

impl Default for Load {
    fn default() -> Self {
        Self { generator: Generator::default(), protocol: Protocol::Tcp, flows: None }
    }
}

impl Load {
    /// Frames of which size are sent where nobody chose one; `None` where they are as long as the MTU lets them be.
    pub fn frame_size(&self) -> Option<u32> {
        self.generator.tool().abilities().frame_size
    }

    /// Whether connections come and go between fixed ports.
    pub fn reuses_tcp_ports(&self) -> bool {
        self.flows.is_some() && self.protocol == Protocol::Tcp
    }

    /// Whether it is known what arrived in each stretch of the time, and not only in all of it.
    pub fn reports(&self) -> bool {
        let can = self.generator.tool().abilities();
        can.reports.contains(&self.protocol) && (can.reports_flows || self.flows.is_none_or(|flows| flows == 1))
    }

    /// Refuses a generator that cannot send at a chosen rate.
    ///
    /// # Errors
    /// Names those that can.
    pub fn check_pace(&self) -> Result<()> {
        if self.generator.tool().abilities().paces.contains(&self.protocol) {
            return Ok(());
        }
        let can = Generator::ALL.map(|other| other.tool().abilities());
        let can = can
            .iter()
            .flat_map(|can| can.paces.iter().map(|protocol| format!("{} over {}", can.name, protocol.name())));
        bail!(
            "{} over {} cannot send a chosen number of packets a second, and the search is for that number\n\
             hint: with --generator and --protocol, choose among {}",
            self.generator,
            self.protocol.name(),
            can.collect::<Vec<_>>().join(", ")
        )
    }

    /// Refuses what the generator cannot do, on `lines` lines with such frames, one of these after the other.
    ///
    /// # Errors
    /// Says what can be done instead.
    pub fn check(&self, lines: usize, frames: &[Frames]) -> Result<()> {
        let can = self.generator.tool().abilities();
        let (name, protocol) = (can.name, self.protocol.name());
        if !can.protocols.contains(&self.protocol) {
            let others: Vec<_> = can.protocols.iter().map(|other| other.name()).collect();
            bail!("{name} does not send {protocol}\nhint: --protocol {}", others.join(" or "));
        }
        if let Some(mix) = frames.iter().find_map(Frames::mix).filter(|_| !can.mixes) {
            bail!(
                "{name} cannot send frames of mixed sizes ({mix})\nhint: --generator {}, or one size after another",
                mixers().join(" or ")
            );
        }
        if let Some(frames) = frames.first().filter(|_| !can.sized.contains(&self.protocol)) {
            bail!(
                "{name} cannot send frames of {frames} over {protocol}: TCP cuts what it sends into segments by itself\n\
                 hint: --protocol udp, or leave the size of frames out"
            );
        }
        if let Some(flows) = self.flows.filter(|flows| *flows > can.most_flows) {
            bail!(
                "{name} sends {} flow a line, not {flows}\nhint: leave out --flows, or take another --generator",
                can.most_flows
            );
        }
        if let Some(flows) = self.flows {
            ports::check(lines, flows)?;
        }
        Ok(())
    }
}

/// The generators that can send frames of mixed sizes.
fn mixers() -> Vec<&'static str> {
    Generator::ALL.iter().map(|other| other.tool().abilities()).filter(|can| can.mixes).map(|can| can.name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::MAX_FLOWS;
    use super::*;

    fn refusal(load: Load, lines: usize, frames: &[Frames]) -> String {
        load.check(lines, frames).unwrap_err().to_string()
    }

    #[test]
    fn what_a_generator_cannot_do_is_refused_with_what_it_can() {
        for generator in [Generator::Netperf, Generator::Iperf3] {
            let load = Load { generator, ..Load::default() };
            load.check(4, &[]).unwrap();
            let said = refusal(load, 4, &[Frames::Size(60)]);
            assert!(said.contains("frames of 60 bytes over tcp") && said.contains("hint: --protocol udp"), "{said}");
            Load { protocol: Protocol::Udp, ..load }.check(4, &[Frames::Size(60)]).unwrap();
            assert!(refusal(Load { flows: Some(MAX_FLOWS + 1), ..load }, 1, &[]).contains("flows"));
        }
    }

    #[test]
    fn a_generator_that_cannot_pace_is_refused_with_those_that_can() {
        let of = |generator, protocol| Load { generator, protocol, flows: None }.check_pace();
        of(Generator::Pktgen, Protocol::Udp).unwrap();
        of(Generator::Iperf3, Protocol::Udp).unwrap();
        of(Generator::Iperf3, Protocol::Tcp).unwrap_err();
        let said = of(Generator::Netperf, Protocol::Udp).unwrap_err().to_string();
        assert!(
            said.ends_with(
                "hint: with --generator and --protocol, choose among iperf3 over udp, pktgen over udp, pkt-gen over udp"
            ),
            "{said}"
        );
    }

    #[test]
    fn mixed_sizes_are_refused_wherever_they_stand_by_all_but_those_that_can() {
        let frames = [Frames::Size(60), Frames::Mix("imix".parse().unwrap())];
        for generator in [Generator::Netperf, Generator::Iperf3] {
            let said = refusal(Load { generator, protocol: Protocol::Udp, flows: None }, 1, &frames);
            assert!(said.contains("mixed sizes (60*7+590*4+1514*1)\nhint: --generator pktgen, or one size"), "{said}");
        }
        Load { generator: Generator::Pktgen, protocol: Protocol::Udp, flows: None }.check(1, &frames).unwrap();
    }

    #[test]
    fn more_flows_than_a_generator_has_are_refused() {
        let testpmd = Load { generator: Generator::Testpmd, protocol: Protocol::Udp, flows: Some(2) };
        assert!(refusal(testpmd, 1, &[]).contains("testpmd sends 1 flow a line, not 2\nhint: leave out --flows"));
        Load { flows: Some(1), ..testpmd }.check(4, &[]).unwrap();
    }

    #[test]
    fn netperf_with_one_flow_of_tcp_and_iperf3_report_what_arrives_on_the_way() {
        let load = Load::default();
        assert!(load.reports() && Load { flows: Some(1), ..load }.reports());
        let iperf3 = Load { generator: Generator::Iperf3, flows: Some(8), ..load };
        assert!(iperf3.reports() && Load { protocol: Protocol::Udp, ..iperf3 }.reports());
        for other in [
            Load { protocol: Protocol::Udp, ..load },
            Load { flows: Some(2), ..load },
            Load { generator: Generator::Pktgen, protocol: Protocol::Udp, ..load },
        ] {
            assert!(!other.reports(), "{other:?}");
        }
    }
}
