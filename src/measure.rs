//! One trial: counters at every port before and after, traffic on all lines at once in between.
//!
//! Must not know which framework forwards the traffic.

pub mod account;
pub mod agreement;
pub mod arrivals;
pub mod ceilings;
pub mod cost;
pub mod counters;
pub mod hot;
pub mod kernel_log;
pub mod live;
pub mod memory;
pub mod mix;
pub mod paced;
pub mod perf;
pub mod search;
pub mod streams;
pub mod traffic;
pub mod trouble;
mod volley;
pub mod watch;
pub mod window;

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::generator::{Frames, Generator, Measured, Report, Traffic};
use crate::host::Host;
use crate::host::shell::Argv;
use crate::interrupt::Interrupt;
use crate::record::{Cost, Interim, LineResult, Ndr, Window};
use crate::role::Role;
use crate::testbed::Testbed;
use streams::Sent;
use traffic::Raw;
use watch::Watch;

/// What a trial gave, with what the tools printed.
#[derive(Debug, Default)]
pub struct TrialOutcome {
    /// Each line, or why there is no figure.
    pub lines: Vec<LineResult>,
    /// The stretch of time that the rates are of; all of it where there is none.
    pub window: Option<Window>,
    /// Output of each process of the generator.
    pub raw: Raw,
    /// What a packet cost, where that was measured.
    pub cost: Option<Cost>,
    /// The highest rates, where those were searched for.
    pub ndr: Option<Ndr>,
    /// What the reader of that must know.
    pub remarks: Vec<String>,
    /// When the traffic was.
    pub sent: Option<Sent>,
    /// Bits a second of the slowest port while packets flowed, where the ports tell.
    pub line_rate_bps: Option<f64>,
}

/// Why a trial gave no figure.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The user wants an end.
    #[error("interrupted")]
    Interrupted,
    /// Something failed; the tools' output so far is kept.
    #[error("{error:#}")]
    Failed {
        /// What.
        error: anyhow::Error,
        /// Output of each process of the generator.
        raw: Raw,
    },
}

/// The three hosts, in the order of the traffic.
#[derive(Debug)]
pub struct Hosts {
    /// Generates.
    pub source: Host,
    /// Forwards.
    pub middlebox: Host,
    /// Receives.
    pub sink: Host,
}

impl Hosts {
    /// All of them.
    pub const fn each(&self) -> [&Host; 3] {
        [&self.source, &self.middlebox, &self.sink]
    }

    /// The one that plays `role`.
    pub const fn host(&self, role: Role) -> &Host {
        self.each()[role as usize]
    }

    /// Puts `host` in the place of the one that played its role: a connection that is gone cannot be mended.
    pub fn replace(&mut self, host: Host) {
        match host.role {
            Role::Source => self.source = host,
            Role::Middlebox => self.middlebox = host,
            Role::Sink => self.sink = host,
        }
    }
}

/// Runs one trial. `counts` are commands by which the framework tells what it counted, one a line, where it does.
pub async fn trial(
    testbed: &Testbed,
    hosts: &Hosts,
    (generator, traffic): (Generator, &[Traffic]),
    counts: &[Argv],
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<TrialOutcome, TrialError> {
    let failed = |error| TrialError::Failed { error, raw: Raw::new() };
    let before = counters::read_at_rest(testbed, hosts, traffic.len(), counts).await.map_err(failed)?;
    let (measured, raw) = traffic::run(&hosts.source, generator, traffic, watch, interrupt).await?;
    let ended = Instant::now();
    let after = match counters::read_at_rest(testbed, hosts, traffic.len(), counts).await {
        Ok(after) => after,
        Err(error) => return Err(TrialError::Failed { error, raw }),
    };
    let counted: Vec<_> = before.iter().zip(&after).map(|(before, after)| counters::between(before, after)).collect();
    let lines = traffic.iter().zip(&measured).zip(&counted);
    let lines = lines.map(|((traffic, measured), counted)| account::line(traffic, measured, counted));
    let lines = match lines.collect::<Result<Vec<_>>>() {
        Ok(lines) => lines,
        Err(error) => return Err(TrialError::Failed { error, raw }),
    };
    let (lines, window) = in_window(traffic, &measured, lines);
    let expected = traffic.iter().any(|line| line.around != [Duration::ZERO; 2]);
    let remark = "warm-up and cool-down are in the figure: the generator's reports do not cover the time between them";
    let mut remarks: Vec<_> = (expected && window.is_none()).then(|| remark.to_owned()).into_iter().collect();
    remarks.extend(raw.values().flat_map(|output| generator.tool().remarks(output)));
    remarks.extend(account::silences(&counted));
    for (traffic, line) in traffic.iter().zip(&lines) {
        remarks.extend(agreement::disagreements(line, traffic.protocol, traffic.mtu));
        remarks.extend(traffic.frame_size.as_ref().and_then(Frames::mix).and_then(|mixed| mix::remark(mixed, line)));
    }
    let line_rate_bps = account::line_rate_bps(&counted);
    let reports: Vec<&[Report]> = measured.iter().map(|line| line.reports.as_slice()).collect();
    let sending = traffic.first().map(Traffic::sending).unwrap_or_default();
    let sent = Some(Sent { begin_s: window::begin(&reports), ended, sending });
    Ok(TrialOutcome { lines, window, raw, remarks, sent, line_rate_bps, cost: None, ndr: None })
}

/// Each line's rate in the window that all lines have in common; over all its time where they have none.
fn in_window(traffic: &[Traffic], measured: &[Measured], lines: Vec<LineResult>) -> (Vec<LineResult>, Option<Window>) {
    let reports: Vec<&[Report]> = measured.iter().map(|line| line.reports.as_slice()).collect();
    let [warm_up, cool_down] = traffic.first().map_or([Duration::ZERO; 2], |line| line.around);
    let begin = window::begin(&reports).unwrap_or_default();
    let window = window::common(&reports, warm_up.as_secs_f64(), cool_down.as_secs_f64());
    let rates = window.and_then(|window| {
        let rates = reports.iter().map(|reports| window::mean_bps(reports, begin, &window));
        Some((window, rates.collect::<Option<Vec<_>>>()?))
    });
    let lines = lines.into_iter().zip(measured).enumerate().map(|(index, (line, measured))| {
        let interim = |report: &Report| Interim {
            from_s: report.begin_s() - begin,
            duration_s: report.duration_s,
            throughput_bps: report.throughput_bps,
        };
        LineResult {
            throughput_bps: rates.as_ref().map_or(line.throughput_bps, |(_, rates)| rates[index]),
            whole_bps: Some(line.throughput_bps),
            interim: measured.reports.iter().map(interim).collect(),
            ..line
        }
    });
    (lines.collect(), rates.map(|(window, _)| window))
}

/// Runs one trial while the middlebox counts its instructions; `rests` says whether it has nothing to do when no packet
/// comes.
///
/// Packets are those that went through in either direction: acknowledgements cost as well. Source and sink count them,
/// because a middlebox whose ports a user-space driver holds does not.
pub async fn trial_with_cost(
    testbed: &Testbed,
    hosts: &Hosts,
    (generator, traffic): (Generator, &[Traffic]),
    counts: &[Argv],
    rests: bool,
    watch: &Watch,
    interrupt: &Interrupt,
) -> Result<TrialOutcome, TrialError> {
    let failed = |error| TrialError::Failed { error, raw: Raw::new() };
    let idle = perf::idle(&hosts.middlebox).await.map_err(failed)?;
    let before = counters::both_ways(testbed, hosts, traffic.len()).await.map_err(failed)?;
    let counting = perf::Perf::start(&hosts.middlebox).await.map_err(failed)?;
    let mut outcome = trial(testbed, hosts, (generator, traffic), counts, watch, interrupt).await?;
    let raw = std::mem::take(&mut outcome.raw);
    let cost = async {
        let counts = counting.end().await?;
        let after = counters::both_ways(testbed, hosts, traffic.len()).await?;
        perf::cost(if rests { counts.less_idle(&idle) } else { counts }, &before, &after)
    };
    let cost = match cost.await {
        Ok(cost) => cost,
        Err(error) => return Err(TrialError::Failed { error, raw }),
    };
    if !rests {
        let remark = "the framework polls: what it executes while there is no packet is in the instructions a packet";
        outcome.remarks.push(remark.to_owned());
    }
    let share = cost.lost_share.unwrap_or(0.0);
    if share > cost::BEARABLE {
        let percent = share * 100.0;
        outcome.remarks.push(format!("{percent:.2} % of the packets were lost, whose cost is put down to the others"));
    }
    let cost = rests
        .then_some(idle.instructions)
        .map_or(cost, |idle_instructions| Cost { idle_instructions: Some(idle_instructions), ..cost });
    Ok(TrialOutcome { raw, cost: Some(cost), ..outcome })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::generator::{Protocol, sample};
    use crate::record::Said;

    /// Two lines that were counted, at 999 bits a second in all their time.
    fn counted() -> Vec<LineResult> {
        [1, 2].map(|line| LineResult { line, throughput_bps: 999.0, ..LineResult::default() }).into()
    }

    fn line(number: u32) -> Traffic {
        let (from, to) = (Ipv4Addr::new(198, 18, 1, 1), Ipv4Addr::new(198, 18, 1, 2));
        let (duration, around) = (Duration::from_secs(2), [Duration::from_secs(1); 2]);
        Traffic { line: number, from, to, duration, around, ..sample::traffic(Protocol::Tcp) }
    }

    /// What a line measured that reported these rates, second by second from `begin` on.
    fn measured(begin: f64, rates: &[f64]) -> Measured {
        let report = |(second, rate): (u32, &f64)| Report {
            end_s: begin + f64::from(second),
            duration_s: 1.0,
            throughput_bps: *rate,
        };
        let reports = (1..).zip(rates).map(report).collect();
        let said = Said::default();
        Measured { line: 1, arrived_bps: Some(999.0), elapsed_s: rates.len() as f64, said, reports }
    }

    #[test]
    fn rates_are_those_of_the_window_and_what_the_generator_said_of_the_whole_stays_beside() {
        let lines = [measured(50.0, &[10.0, 100.0, 100.0, 500.0]), measured(50.0, &[20.0, 200.0, 200.0, 0.0])];
        let (results, window) = in_window(&[line(1), line(2)], &lines, counted());
        assert_eq!(window, Some(Window { from_s: 1.0, duration_s: 2.0 }));
        let rates: Vec<_> = results.iter().map(|line| (line.line, line.throughput_bps, line.whole_bps)).collect();
        assert_eq!(rates, [(1, 100.0, Some(999.0)), (2, 200.0, Some(999.0))]);
        assert_eq!(results[0].interim[1], Interim { from_s: 1.0, duration_s: 1.0, throughput_bps: 100.0 });
    }

    #[test]
    fn where_one_line_did_not_report_all_rates_are_of_the_whole() {
        let lines = [measured(50.0, &[10.0, 100.0, 100.0, 500.0]), measured(50.0, &[])];
        let (results, window) = in_window(&[line(1), line(2)], &lines, counted());
        assert_eq!(window, None);
        assert!(results.iter().all(|line| line.throughput_bps.to_bits() == 999.0_f64.to_bits()));
    }
}
