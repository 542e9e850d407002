//! What the CPUs of a real middlebox count while traffic flows: instructions, cycles and cache misses, by `perf stat`.
//!
//! All of the host is counted, whoever works there. Must not know which framework forwards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tokio::time::{sleep, timeout};

use super::counters::BothWays;
use crate::host::{Host, Process};
use crate::record::{Cost, CountedBy};

const SCRIPT: &str = include_str!("perf.sh");

/// How long perf may take to begin, and to print what it counted.
const BOUND: Duration = Duration::from_secs(30);

/// How long the host is watched without traffic.
const IDLE: Duration = Duration::from_secs(2);

/// Lines of perf's that name a counter of the second and of the last level of the cache.
const L2: [&str; 3] = ["l2_rqsts.miss", "l2_cache_req_stat.ic_dc_miss_in_l2", "l2d_cache_refill"];
const LLC: [&str; 2] = ["LLC-load-misses", "cache-misses"];

/// What was counted in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Seconds.
    pub elapsed_s: f64,
    /// Instructions.
    pub instructions: f64,
    /// Cycles.
    pub cycles: Option<f64>,
    /// Misses of the second-level cache, where the CPU counts them.
    pub l2_misses: Option<f64>,
    /// Misses of the last-level cache, where the CPU counts them.
    pub llc_misses: Option<f64>,
}

impl Counts {
    /// These without what an idle host does in the same time.
    #[must_use]
    pub fn less_idle(self, idle: &Self) -> Self {
        let share = if idle.elapsed_s > 0.0 { self.elapsed_s / idle.elapsed_s } else { 0.0 };
        let less = |own: Option<f64>, idle: Option<f64>| Some((own? - idle? * share).max(0.0));
        Self {
            elapsed_s: self.elapsed_s,
            instructions: (self.instructions - idle.instructions * share).max(0.0),
            cycles: less(self.cycles, idle.cycles),
            l2_misses: less(self.l2_misses, idle.l2_misses),
            llc_misses: less(self.llc_misses, idle.llc_misses),
        }
    }
}

/// Counting that goes on. One that is dropped ends when the connection does, or at the next line.
#[derive(Debug)]
pub struct Perf {
    process: Process,
    name: String,
    since: Instant,
}

impl Perf {
    /// Begins to count on `host`.
    ///
    /// # Errors
    /// There is no perf, or it is not allowed to count; with its cure.
    pub async fn start(host: &Host) -> Result<Self> {
        let mut process = host.spawn_script(SCRIPT).await?;
        let mut said = String::new();
        let first = async {
            while let Some(line) = process.line().await? {
                match line.strip_prefix("nsb-perf ") {
                    Some("counting") => return Ok(true),
                    Some("missing") => bail!(missing(&host.name)),
                    Some(_) => return Ok(false),
                    None => said += &(line + "\n"),
                }
            }
            Ok(false)
        };
        let begun = timeout(BOUND, first).await.context("perf did not begin to count")??;
        if !begun {
            return Err(refused(&host.name, &said));
        }
        Ok(Self { process, name: host.name.clone(), since: Instant::now() })
    }

    /// Ends it, and gives what was counted.
    pub async fn end(mut self) -> Result<Counts> {
        let elapsed_s = self.since.elapsed().as_secs_f64();
        self.process.write("\n").await?;
        let mut said = String::new();
        let read = async {
            while let Some(line) = self.process.line().await? {
                match line.strip_prefix("nsb-perf status ") {
                    Some("0") => return Ok(true),
                    Some(_) => return Ok(false),
                    None => said += &(line + "\n"),
                }
            }
            Ok::<_, anyhow::Error>(false)
        };
        let ended = timeout(BOUND, read).await.context("perf did not print what it counted")??;
        if !ended {
            return Err(refused(&self.name, &said));
        }
        parse(&said, elapsed_s).with_context(|| format!("perf on `{}`", self.name))
    }
}

/// What a host does without traffic.
pub async fn idle(host: &Host) -> Result<Counts> {
    let perf = Perf::start(host).await?;
    sleep(IDLE).await;
    perf.end().await
}

pub(super) fn missing(name: &str) -> String {
    format!(
        "`{name}` has no `perf`, which counts instructions there\nhint: install it on the middlebox: apt-get install \
         linux-perf, or the linux-tools of its kernel"
    )
}

/// Why perf did not count, with the cure where it is known.
pub(super) fn refused(name: &str, said: &str) -> anyhow::Error {
    let quoted: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).take(4).collect();
    let quoted = if quoted.is_empty() { "it said nothing".to_owned() } else { quoted.join(" | ") };
    let lower = said.to_ascii_lowercase();
    let forbidden = ["perf_event_paranoid", "permission", "is limited", "operation not permitted"];
    if forbidden.iter().any(|sign| lower.contains(sign)) {
        return anyhow!(
            "perf may not count on `{name}`: {quoted}\nhint: there, as root: sysctl kernel.perf_event_paranoid=-1; in a \
             container, run it with the capability CAP_PERFMON"
        );
    }
    anyhow!("perf could not count on `{name}`: {quoted}\nhint: see there: perf stat -a -e instructions,cycles true")
}

/// What one packet cost, of all those that went through meanwhile.
///
/// # Errors
/// None went through, or nobody counted them.
pub fn cost(counts: Counts, before: &BothWays, after: &BothWays) -> Result<Cost> {
    let more = |of: fn(&BothWays) -> u64| of(after).saturating_sub(of(before));
    let (sent, arrived) = (more(|ways| ways.sent_packets), more(|ways| ways.arrived_packets));
    if arrived == 0 {
        bail!("source and sink counted no packet that went through");
    }
    let each = |count: f64| count / arrived as f64;
    Ok(Cost {
        instructions_per_packet: each(counts.instructions),
        frame_size: (more(|ways| ways.sent_bytes) as f64 / sent.max(1) as f64).round() as u32,
        counted_by: Some(CountedBy::PerfStat),
        packets: Some(arrived),
        lost_share: Some(sent.saturating_sub(arrived) as f64 / sent.max(1) as f64),
        idle_instructions: None,
        cycles_per_packet: counts.cycles.map(each),
        l2_misses_per_packet: counts.l2_misses.map(each),
        llc_misses_per_packet: counts.llc_misses.map(each),
    })
}

/// Reads what `perf stat -x,` printed.
///
/// # Errors
/// Instructions were not counted; or quotes what cannot be read.
pub fn parse(text: &str, elapsed_s: f64) -> Result<Counts> {
    let mut counted: BTreeMap<&str, Option<f64>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let fields: Vec<_> = line.split(',').collect();
        let [value, _unit, event, ..] = fields.as_slice() else {
            bail!("`{line}` is not a count of `perf stat -x,`");
        };
        let value = match *value {
            "<not supported>" | "<not counted>" => None,
            value => {
                let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
                Some(number.with_context(|| format!("`{line}` has no count"))?)
            }
        };
        // CPUs with cores of two kinds have a counter for each; what one of them did not count is not known.
        let all = counted.entry(plain(event)).or_insert(Some(0.0));
        *all = all.zip(value).map(|(all, one)| all + one);
    }
    let first = |names: &[&str]| names.iter().find_map(|name| counted.get(name).copied().flatten());
    let Some(instructions) = first(&["instructions"]) else {
        bail!(
            "the CPU counts no instructions for perf, which printed `{}`\nhint: a virtual machine has counters only where \
             its host lends it some (QEMU: -cpu host,pmu=on); measure on real hosts, or in the lab: -t lab",
            text.lines().map(str::trim).collect::<Vec<_>>().join(" | ")
        );
    };
    Ok(Counts { elapsed_s, instructions, cycles: first(&["cycles"]), l2_misses: first(&L2), llc_misses: first(&LLC) })
}

/// `cpu_core/instructions/` and `instructions:u` are counts of `instructions`.
fn plain(event: &str) -> &str {
    let event = event.split_once('/').map_or(event, |(_, event)| event.split('/').next().unwrap_or(event));
    event.split(':').next().unwrap_or(event)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, damaged, text};

    const SAID: &str = "123456789,,instructions,1000,100.00,1.50,insn per cycle\n82304526,,cycles,1000,100.00,,\n\
                        5000,,l2_rqsts.miss,1000,75.00,,\n<not supported>,,LLC-load-misses,0,100.00,,\n";

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn what_perf_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![SAID.to_owned()])]) {
            match parse(&text, 1.0) {
                Ok(counts) => prop_assert!(counts.instructions.is_finite() && counts.instructions >= 0.0),
                Err(error) => {
                    let said = format!("{error:#}");
                    let quoted = text.lines().any(|line| said.contains(line.trim()));
                    prop_assert!(quoted || text.trim().is_empty(), "{} of {:?}", said, text);
                }
            }
        }
    }

    #[test]
    fn counts_are_read_by_their_events_and_what_a_cpu_does_not_count_is_not_known() {
        let counts = parse(SAID, 2.0).unwrap();
        assert_eq!(
            counts,
            Counts {
                elapsed_s: 2.0,
                instructions: 123_456_789.0,
                cycles: Some(82_304_526.0),
                l2_misses: Some(5000.0),
                llc_misses: None
            }
        );
    }

    #[test]
    fn cores_of_two_kinds_are_counted_together_and_a_kind_that_did_not_count_spoils_it() {
        let two = "10,,cpu_core/instructions/,1,100.00,,\n5,,cpu_atom/instructions/u,1,100.00,,\n";
        assert!((parse(two, 1.0).unwrap().instructions - 15.0).abs() < 1e-9);
        let half = "10,,cpu_core/instructions/,1,100.00,,\n<not counted>,,cpu_atom/instructions/,0,0.00,,\n";
        assert!(parse(half, 1.0).unwrap_err().to_string().contains("counts no instructions"));
    }

    #[test]
    fn an_idle_host_is_subtracted_by_time_and_never_below_nothing() {
        let idle = Counts { elapsed_s: 2.0, instructions: 1000.0, cycles: Some(900.0), ..Counts::default() };
        let busy = Counts { elapsed_s: 10.0, instructions: 105_000.0, cycles: Some(4000.0), ..Counts::default() };
        let left = busy.less_idle(&idle);
        assert!((left.instructions - 100_000.0).abs() < 1e-6 && left.cycles == Some(0.0));
        assert_eq!(left.llc_misses, None);
    }

    #[test]
    fn a_packets_cost_is_that_of_all_that_went_through_either_way() {
        let before = BothWays { sent_packets: 10, arrived_packets: 10, sent_bytes: 600 };
        let after = BothWays { sent_packets: 1010, arrived_packets: 1000, sent_bytes: 600 + 1000 * 780 };
        let counts = Counts { instructions: 990_000.0, cycles: Some(1_980_000.0), ..Counts::default() };
        let cost = cost(counts, &before, &after).unwrap();
        assert!((cost.instructions_per_packet - 1000.0).abs() < 1e-9);
        assert_eq!((cost.frame_size, cost.packets, cost.cycles_per_packet), (780, Some(990), Some(2000.0)));
        assert!((cost.lost_share.unwrap() - 0.01).abs() < 1e-9);
        assert!(super::cost(counts, &after, &after).is_err(), "no packet");
    }

    #[test]
    fn every_refusal_has_its_cure() {
        let paranoid = "Error:\nAccess to performance monitoring and observability operations is limited.\n";
        assert!(
            refused("mb", paranoid).to_string().contains("hint: there, as root: sysctl kernel.perf_event_paranoid=-1")
        );
        assert!(refused("mb", "").to_string().contains("it said nothing"));
        assert!(missing("mb").contains("hint: install it"));
        let none = parse("<not supported>,,instructions,0,100.00,,\n", 1.0).unwrap_err().to_string();
        assert!(none.contains("hint: ") && none.contains("<not supported>"), "{none}");
    }
}
