//! How often programs of a middlebox are woken and switched, and what its CPUs miss, while traffic flows: `perf stat` on
//! tracepoints and on the counters that the hardware has.
//!
//! Must not know which framework forwards.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::time::timeout;

use crate::host::{Host, Process};
use crate::measure::perf;
use crate::record::Scheduling;

const SCRIPT: &str = include_str!("scheduling.sh");

/// How long perf may take to begin, and to print what it counted. It tries each event first, which takes its time on an
/// emulated host.
const BOUND: Duration = Duration::from_secs(120);

/// Counting that goes on.
#[derive(Debug)]
pub struct Counting {
    process: Process,
    name: String,
    said: String,
    since: Instant,
}

impl Counting {
    /// Begins to count on `host`; `None` where its kernel and CPU have nothing to count.
    pub async fn start(host: &Host) -> Result<Option<Self>> {
        let mut process = host.spawn_script(SCRIPT).await?;
        let mut said = String::new();
        let first = async {
            while let Some(line) = process.line().await? {
                match line.strip_prefix("nsb-perf ") {
                    Some("counting") => return Ok(Some(true)),
                    Some("nothing") => return Ok(None),
                    Some("missing") => bail!(perf::missing(&host.name)),
                    Some(_) => return Ok(Some(false)),
                    None => said += &(line + "\n"),
                }
            }
            Ok(Some(false))
        };
        match timeout(BOUND, first).await.context("perf did not begin to count")?? {
            None => Ok(None),
            Some(false) => Err(perf::refused(&host.name, &said)),
            Some(true) => Ok(Some(Self { process, name: host.name.clone(), said, since: Instant::now() })),
        }
    }

    /// Ends it, and gives what was counted.
    pub async fn end(mut self) -> Result<Scheduling> {
        let elapsed_s = self.since.elapsed().as_secs_f64();
        self.process.write("\n").await?;
        let read = async {
            while let Some(line) = self.process.line().await? {
                match line.strip_prefix("nsb-perf status ") {
                    Some("0") => return Ok(true),
                    Some(_) => return Ok(false),
                    None => self.said += &(line + "\n"),
                }
            }
            Ok::<_, anyhow::Error>(false)
        };
        if !timeout(BOUND, read).await.context("perf did not print what it counted")?? {
            return Err(perf::refused(&self.name, &self.said));
        }
        parse(&self.said, elapsed_s).with_context(|| format!("perf on `{}`", self.name))
    }
}

/// Reads two lines of ticks and what `perf stat -x,` printed.
fn parse(text: &str, elapsed_s: f64) -> Result<Scheduling> {
    let mut counted = Scheduling { elapsed_s, ..Scheduling::default() };
    let mut ticks = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(numbers) = line.strip_prefix("nsb-ticks ") {
            let numbers = numbers.split_whitespace().map(str::parse).collect::<Result<Vec<u64>, _>>();
            ticks.push(numbers.with_context(|| format!("`{line}` is not what a CPU did"))?);
            continue;
        }
        let fields: Vec<_> = line.split(',').collect();
        let [value, _unit, event, ..] = fields.as_slice() else {
            bail!("`{line}` is not a count of `perf stat -x,`");
        };
        let value = match *value {
            "<not supported>" | "<not counted>" => None,
            digits => Some(digits.parse().with_context(|| format!("`{line}` has no count"))?),
        };
        let event = event.split(":u").next().unwrap_or(event);
        let place = match event {
            "sched:sched_wakeup" => &mut counted.wakeups,
            "sched:sched_switch" => &mut counted.switches,
            "irq:softirq_entry" => &mut counted.softirqs,
            "lock:contention_begin" => &mut counted.contentions,
            "instructions" => &mut counted.instructions,
            "cycles" => &mut counted.cycles,
            "l2_rqsts.miss" | "l2_cache_req_stat.ic_dc_miss_in_l2" | "l2d_cache_refill" => &mut counted.l2_misses,
            "LLC-load-misses" | "cache-misses" => &mut counted.llc_misses,
            "branch-misses" => &mut counted.branch_misses,
            _ => bail!("`{line}` counts what was not asked for"),
        };
        *place = place.or(value);
    }
    counted.softirq_share = softirq_share(&ticks);
    Ok(counted)
}

/// Of all ticks between two readings those in softirqs, the seventh figure.
fn softirq_share(ticks: &[Vec<u64>]) -> Option<f64> {
    let [before, after] = ticks else { return None };
    // Guests' time, from the ninth on, is in the first two already.
    let all = |ticks: &[u64]| ticks.iter().take(8).sum::<u64>();
    let whole = all(after).checked_sub(all(before)).filter(|whole| *whole > 0)?;
    Some(after.get(6)?.checked_sub(*before.get(6)?)? as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_and_what_there_is_none_of_stays_unknown() {
        let text = "nsb-ticks 10 0 20 100 0 0 5 0 0 0\n1200,,sched:sched_wakeup,1000,100.00,,\n\
                    800,,sched:sched_switch,1000,100.00,,\n<not counted>,,irq:softirq_entry,0,0.00,,\n\
                    9000,,instructions,10,100.00,,\nnsb-ticks 20 0 40 150 0 0 25 0 0 0\n";
        let counted = parse(text, 2.0).unwrap();
        assert_eq!((counted.wakeups, counted.switches), (Some(1200.0), Some(800.0)));
        assert_eq!((counted.softirqs, counted.contentions, counted.l2_misses), (None, None, None));
        assert!((counted.softirq_share.unwrap() - 0.2).abs() < 1e-9);
        assert_eq!(counted.instructions, Some(9000.0));
    }

    #[test]
    fn what_cannot_be_read_is_quoted() {
        for (text, quoted) in [("nonsense", "nonsense"), ("1,,other,", "`1,,other,`"), ("x,,cycles,", "no count")] {
            let error = format!("{:#}", parse(text, 1.0).unwrap_err());
            assert!(error.contains(quoted), "{error}");
        }
        assert_eq!(parse("", 1.0).unwrap().softirq_share, None);
    }
}
