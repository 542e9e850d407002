//! One trial of a search for the highest rate: what the source was to send and sent, and what of it arrived.
//!
//! The ports at both ends of each line count, whatever the generator says. Must not know which rate is tried next.

use anyhow::{Context, Result, bail};

use super::counters::{self, LineCounts};
use super::search::{Ask, OFFERED, Tried};
use super::traffic::{self, Raw};
use super::watch::Watch;
use super::{Hosts, TrialError, account};
use crate::generator::{Generator, Measured, Traffic};
use crate::host::shell::Argv;
use crate::interrupt::Interrupt;
use crate::record::loss::Lost;
use crate::record::{LineResult, LostAt, Searched, SearchedLine};
use crate::testbed::Testbed;

/// What a trial gave, with what the tools printed.
#[derive(Debug)]
pub struct Outcome {
    /// The trial as it is recorded.
    pub searched: Searched,
    /// What of it the search needs.
    pub tried: Tried,
    /// Output of each process of the generator.
    pub raw: Raw,
    /// Bits a second of the slowest port while packets flowed, where the ports tell.
    pub line_rate_bps: Option<f64>,
}

/// Sends `asked` on all lines of `traffic` at once; `counts` are commands by which the framework tells what it counted.
pub async fn trial(
    testbed: &Testbed,
    hosts: &Hosts,
    (generator, traffic, asked): (Generator, &[Traffic], Ask),
    counts: &[Argv],
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<Outcome, TrialError> {
    let failed = |error| TrialError::Failed { error, raw: Raw::new() };
    let before = counters::read_at_rest(testbed, hosts, traffic.len(), counts).await.map_err(failed)?;
    let (measured, raw) = traffic::run(&hosts.source, generator, traffic, watch, interrupt).await?;
    let outcome = async {
        let after = counters::read_at_rest(testbed, hosts, traffic.len(), counts).await?;
        let counted: Vec<_> =
            before.iter().zip(&after).map(|(before, after)| counters::between(before, after)).collect();
        let lines = traffic.iter().zip(&measured).zip(&counted);
        let lines = lines.map(|((traffic, measured), counted)| line(traffic, measured, counted));
        let searched = searched(asked, lines.collect::<Result<_>>()?);
        Ok((searched, account::line_rate_bps(&counted)))
    };
    match outcome.await {
        Ok((searched, line_rate_bps)) => {
            let loss_ratio = searched.loss_percent / 100.0;
            let tried = Tried { asked, offered_pps: searched.offered_pps, loss_ratio };
            Ok(Outcome { searched, tried, raw, line_rate_bps })
        }
        Err(error) => Err(TrialError::Failed { error, raw }),
    }
}

/// One line, by the ports at its ends.
fn line(traffic: &Traffic, measured: &Measured, counted: &LineCounts) -> Result<SearchedLine> {
    // That nothing arrived is a finding here, and the rate is nobody's question.
    let measured = Measured { arrived_bps: Some(0.0), ..measured.clone() };
    let result = account::line(traffic, &measured, counted)?;
    let number = result.line;
    let count = |what: &str, count: Option<u64>| {
        count.with_context(|| format!("the {what} port of line {number} does not count"))
    };
    let sent_packets = count("source's", result.ports.source_tx_packets.or(result.generator.sent_packets))?;
    let received_packets = count("sink's", result.ports.sink_rx_packets)?;
    let elapsed_s = measured.said.sending_us.map_or(measured.elapsed_s, |us| us as f64 / 1e6);
    if sent_packets == 0 || elapsed_s <= 0.0 {
        bail!("nothing was sent on line {number}");
    }
    Ok(SearchedLine { line: number, sent_packets, received_packets, elapsed_s, lost: lost(&result) })
}

/// The places between the two ports. What a generator's program and its port count differently is not lost on the line.
fn lost(line: &LineResult) -> Vec<LostAt> {
    let on_the_line = Lost { source: None, source_nic: None, sink: None, ..line.lost };
    let places = on_the_line.places().into_iter();
    places
        .filter_map(|(place, packets)| Some((place, packets.filter(|packets| *packets > 0)?)))
        .map(|(place, packets)| LostAt { place: place.to_owned(), packets })
        .collect()
}

/// The trial by its slowest line and by the one that lost the largest share: a framework that fails one line of four does
/// not carry what the others do.
fn searched(asked: Ask, per_line: Vec<SearchedLine>) -> Searched {
    let offered = |line: &SearchedLine| line.sent_packets as f64 / line.elapsed_s;
    let lost = |line: &SearchedLine| {
        let lost = line.sent_packets.saturating_sub(line.received_packets);
        lost as f64 * 100.0 / line.sent_packets as f64
    };
    let offered_pps = per_line.iter().map(offered).fold(f64::INFINITY, f64::min);
    let loss_percent = per_line.iter().map(lost).fold(0.0, f64::max);
    let short = asked.pps.is_some_and(|pps| offered_pps < OFFERED * pps as f64);
    Searched { intended_pps: asked.pps, offered_pps, duration_s: asked.duration_s, loss_percent, short, per_line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::{Protocol, sample};
    use crate::record::{Counters, Said};
    use crate::testbed::Seat;

    fn at(line: u32, sent_packets: u64, received_packets: u64) -> SearchedLine {
        SearchedLine { line, sent_packets, received_packets, elapsed_s: 2.0, lost: Vec::new() }
    }

    #[test]
    fn the_slowest_line_and_the_worst_one_are_the_trial() {
        let asked = Ask { pps: Some(1000), duration_s: 2 };
        let trial = searched(asked, vec![at(1, 2000, 2000), at(2, 1990, 1990), at(3, 2010, 1809)]);
        assert!((trial.offered_pps - 995.0).abs() < 1e-9 && (trial.loss_percent - 10.0).abs() < 1e-9, "{trial:?}");
        assert!(!trial.short);
        assert!(searched(asked, vec![at(1, 2000, 2000), at(2, 1979, 1979)]).short);
        assert!(!searched(Ask { pps: None, ..asked }, vec![at(1, 20, 0)]).short, "as fast as it can");
    }

    #[test]
    fn frames_of_others_that_came_besides_are_no_negative_loss() {
        let trial = searched(Ask { pps: None, duration_s: 2 }, vec![at(1, 2000, 2003)]);
        assert_eq!(trial.loss_percent.to_bits(), 0.0_f64.to_bits());
    }

    fn counted(source: Option<u64>, sink: Option<u64>) -> Result<SearchedLine> {
        let mut counts = LineCounts::default();
        let counters = |name: &str, value: Option<u64>| -> Counters {
            value.map(|value| (name.to_owned(), value)).into_iter().collect()
        };
        counts.ports[Seat::Source as usize] = counters("tx_packets", source);
        counts.ports[Seat::Sink as usize] = counters("rx_packets", sink);
        counts.ports[Seat::In as usize] = [("rx_packets".to_owned(), 900), ("rx_missed_errors".to_owned(), 100)].into();
        let measured = Measured { line: 2, elapsed_s: 2.0, arrived_bps: None, said: Said::default(), reports: vec![] };
        line(&sample::traffic(Protocol::Udp), &measured, &counts)
    }

    #[test]
    fn a_line_on_which_all_was_lost_is_a_finding_and_one_that_nobody_counted_an_error() {
        let line = counted(Some(1000), Some(0)).unwrap();
        assert_eq!((line.sent_packets, line.received_packets), (1000, 0));
        let place = LostAt { place: "at the middlebox's receiving port".to_owned(), packets: 100 };
        assert_eq!(line.lost, [place], "what was not counted further on is nobody's");
        let said = |source, sink| counted(source, sink).unwrap_err().to_string();
        assert_eq!(said(None, Some(5)), "the source's port of line 2 does not count");
        assert_eq!(said(Some(5), None), "the sink's port of line 2 does not count");
        assert_eq!(said(Some(0), Some(0)), "nothing was sent on line 2");
    }
}
