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

/// Reads two lines of ticks, what `perf stat -x,` printed, and how long locks were waited for and softirqs took.
fn parse(text: &str, elapsed_s: f64) -> Result<Scheduling> {
    let mut counted = Scheduling { elapsed_s, ..Scheduling::default() };
    let (mut ticks, mut times) = (Vec::new(), Times::default());
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if times.learn(line)? {
            continue;
        }
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
        // CPUs of several kinds count each by themselves: cpu_core/cycles/ and cpu_atom/cycles/.
        let of_kind = event.split_once('/').and_then(|(_, event)| event.split_once('/'));
        let (event, several) = of_kind.map_or((*event, false), |(event, _)| (event, true));
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
        *place = match (*place, value) {
            (Some(one), Some(other)) if several => Some(one + other),
            (known, value) => known.or(value),
        };
    }
    counted.softirq_share = softirq_share(&ticks);
    (counted.lock_wait_s, counted.softirq_s) = (times.of_locks(), times.of_softirqs());
    Ok(counted)
}

/// How long things took, from events in pairs.
#[derive(Debug, Default)]
struct Times {
    /// Seconds that locks were waited for, and in softirqs.
    took: Option<[f64; 2]>,
    /// The events that the kernel has.
    pairs: String,
    /// perf did not keep all of them.
    lost: bool,
}

impl Times {
    /// Whether a line tells of times.
    fn learn(&mut self, line: &str) -> Result<bool> {
        if let Some(pairs) = line.strip_prefix("nsb-pairs ") {
            pairs.clone_into(&mut self.pairs);
        } else if let Some(numbers) = line.strip_prefix("nsb-took ") {
            let wrong = || format!("`{line}` is not how long something took");
            let numbers = numbers.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>().with_context(wrong)?;
            let [_, locks, _, softirqs] = numbers.as_slice() else { bail!(wrong()) };
            self.took = Some([*locks, *softirqs]);
        } else {
            self.lost |= line == "nsb-lost";
            return Ok(line == "nsb-lost" || line == "nsb-pairs");
        }
        Ok(true)
    }

    fn of(&self, event: &str, which: usize) -> Option<f64> {
        self.took.filter(|_| !self.lost && self.pairs.contains(event)).map(|took| took[which])
    }

    fn of_locks(&self) -> Option<f64> {
        self.of("lock:contention_end", 0)
    }

    fn of_softirqs(&self) -> Option<f64> {
        self.of("irq:softirq_exit", 1)
    }
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

    /// `perf stat -x,` of a Xeon whose counters took turns.
    const INTEL: &str = "\
        # started on Thu Nov 26 10:00:00 2026\n\n\
        24018,,sched:sched_wakeup,80020015112,100.00,,\n48211,,sched:sched_switch,80020015112,100.00,,\n\
        211840,,irq:softirq_entry,80020015112,100.00,,\n5120,,lock:contention_begin,80020015112,100.00,,\n\
        61203498110,,instructions,40010007556,50.01,0.81,insn per cycle\n\
        75559874210,,cycles,40010007556,50.01,2.5,GHz\n\
        91230012,,l2_rqsts.miss,40010007100,50.01,,\n\
        1203400,,LLC-load-misses,40010008012,50.00,11.20,of all LL-cache accesses\n\
        <not supported>,,cache-misses,0,100.00,,\n40120001,,branch-misses,40010008012,50.00,0.33,of all branches\n";

    /// Of an EPYC, which has its own name for misses of the second level and no event for loads from the last.
    const AMD: &str = "\
        300,,sched:sched_wakeup,4000,100.00,,\n88000,,l2_cache_req_stat.ic_dc_miss_in_l2,4000,100.00,,\n\
        <not supported>,,LLC-load-misses,0,100.00,,\n777,,cache-misses,4000,100.00,10.00,of all cache refs\n";

    /// Of a CPU with cores of two kinds, of which one did not count everything.
    const HYBRID: &str = "\
        1000,,cpu_core/cycles/,4000,100.00,,\n500,,cpu_atom/cycles/,4000,100.00,,\n\
        700,,cpu_core/instructions/,4000,100.00,0.70,insn per cycle\n<not counted>,,cpu_atom/instructions/,0,0.00,,\n";

    #[test]
    fn counters_of_the_hardware_are_read_by_the_names_that_each_maker_gives_them() {
        let intel = parse(INTEL, 10.0).unwrap();
        let got = (intel.l2_misses, intel.llc_misses, intel.branch_misses, intel.cycles, intel.contentions);
        let expected =
            (Some(91_230_012.0), Some(1_203_400.0), Some(40_120_001.0), Some(75_559_874_210.0), Some(5120.0));
        assert_eq!(got, expected);
        let amd = parse(AMD, 10.0).unwrap();
        assert_eq!((amd.l2_misses, amd.llc_misses, amd.instructions), (Some(88_000.0), Some(777.0), None));
        let hybrid = parse(HYBRID, 10.0).unwrap();
        assert_eq!((hybrid.cycles, hybrid.instructions), (Some(1500.0), Some(700.0)));
    }

    #[test]
    fn times_are_known_where_the_kernel_has_both_events_and_perf_lost_none() {
        let times = |text: &str| parse(text, 1.0).map(|counted| (counted.lock_wait_s, counted.softirq_s));
        let both = "nsb-pairs lock:contention_begin,lock:contention_end,irq:softirq_entry,irq:softirq_exit\n";
        let took = "nsb-took 12 0.000250000 900 0.125000000\n";
        assert_eq!(times(&format!("{took}{both}")).unwrap(), (Some(0.00025), Some(0.125)));
        assert_eq!(times(&format!("{took}nsb-lost\n{both}")).unwrap(), (None, None));
        let softirqs = "nsb-pairs irq:softirq_entry,irq:softirq_exit\n";
        assert_eq!(times(&format!("{took}{softirqs}")).unwrap(), (None, Some(0.125)));
        assert_eq!(times("nsb-pairs \n").unwrap(), (None, None));
        assert!(times("nsb-took 12 soon\n").unwrap_err().to_string().contains("`nsb-took 12 soon`"));
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
