//! A series in sum, over the stretch of a trial that counts. Pure: must not know how the host was watched.

use std::collections::BTreeMap;

use crate::record::streams::{PortCount, Sample, Stream, Ticks};
use crate::record::{CpuUse, PortLosses, Watched, Window};

/// What the highest share of a CPU is taken over: a sample has ten ticks, and most shares of ten ticks say nothing.
const SMOOTHED_S: f64 = 1.0;

/// Clocks of two hosts are laid over each other, which is not exact to the microsecond.
const NEARLY_S: f64 = 0.01;

/// Digits behind the point that are told: of shares 0.01 %, of times 0.1 ms. No tick is as fine.
const DIGITS: f64 = 1e4;

/// The series within `window`: of samples, those that lie in it from beginning to end.
pub fn of(stream: &Stream, window: &Window) -> Watched {
    let (from, until) = (window.from_s - NEARLY_S, window.from_s + window.duration_s + NEARLY_S);
    let inside = |sample: &&Sample| sample.from_s >= from && sample.until_s <= until;
    let samples: Vec<&Sample> = stream.samples.iter().filter(inside).collect();
    let seconds: f64 = samples.iter().map(|sample| sample.duration_s()).sum();
    let a_second =
        |sum: Option<u64>, unit: f64| sum.filter(|_| seconds > 0.0).map(|sum| told(sum as f64 / unit / seconds));
    let interrupts = |of: fn(&Sample) -> Option<u64>| a_second(sum(samples.iter().map(|sample| of(sample))), 1.0);
    let frequencies = || samples.iter().flat_map(|sample| sample.frequencies_mhz.iter().flatten().copied());
    let cpus = stream.cpus.iter().enumerate().map(|(index, cpu)| cpu_use(&samples, index, *cpu));
    let own = sum(samples.iter().map(|sample| sample.own_us));
    Watched {
        samples: Some(samples.len() as u64),
        longest_gap_s: samples.iter().map(|sample| sample.duration_s()).reduce(f64::max).map(told),
        cpus: cpus.collect(),
        ports: ports(stream, &samples),
        interrupts_per_s: interrupts(|sample| Some(sample.interrupts?.all)),
        net_rx_per_s: interrupts(|sample| Some(sample.interrupts?.net_rx)),
        memory_available_min_kib: samples.iter().filter_map(|sample| sample.memory_available_kib).min(),
        frequency_min_mhz: frequencies().min(),
        frequency_max_mhz: frequencies().max(),
        temperature_max_c: samples.iter().flat_map(|sample| sample.temperatures_c.iter().flatten().copied()).max(),
        own_share: a_second(own, 1e6),
        ..Watched::default()
    }
}

fn told(value: f64) -> f64 {
    (value * DIGITS).round() / DIGITS
}

/// What all of them come to; not known where one of them is not, or there is none.
fn sum(mut of: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let first = of.next()??;
    of.try_fold(first, |sum, next| Some(sum.saturating_add(next?)))
}

fn cpu_use(samples: &[&Sample], index: usize, cpu: u32) -> CpuUse {
    // A CPU of which one sample is not known was off, or its counters began anew: the others tell.
    let known: Vec<(f64, Ticks)> =
        samples.iter().filter_map(|sample| Some((sample.duration_s(), sample.cpus[index]?))).collect();
    let share = |ticks: &Ticks, part: u64| (ticks.all() > 0).then(|| told(part as f64 / ticks.all() as f64));
    let (all, seconds) = (all_of(&known), seconds(&known));
    // All of it may be shorter than a second, or busier than any where it was busy at both ends: no highest is below the mean.
    let stretches = || seconds.iter().chain([&all]);
    let highest = |of: fn(&Ticks) -> u64| stretches().filter_map(|ticks| share(ticks, of(ticks))).reduce(f64::max);
    let frequencies: Vec<u64> =
        samples.iter().filter_map(|sample| sample.frequencies_mhz.get(index).copied().flatten()).collect();
    let mean = |values: &[u64]| {
        (!values.is_empty()).then(|| (values.iter().sum::<u64>() as f64 / values.len() as f64).round())
    };
    CpuUse {
        cpu,
        busy_mean: share(&all, all.busy()),
        busy_max: highest(Ticks::busy),
        softirq_mean: share(&all, all.softirq),
        softirq_max: highest(|ticks| ticks.softirq),
        frequency_mhz: mean(&frequencies),
    }
}

fn all_of(known: &[(f64, Ticks)]) -> Ticks {
    known.iter().fold(Ticks::default(), |sum, (_, ticks)| sum.and(*ticks))
}

/// Every stretch of a second, as far as samples go.
fn seconds(known: &[(f64, Ticks)]) -> Vec<Ticks> {
    let mut found = Vec::new();
    let (mut begin, mut length) = (0, 0.0);
    for (end, (duration, _)) in known.iter().enumerate() {
        length += duration;
        while begin < end && length - known[begin].0 >= SMOOTHED_S - NEARLY_S {
            length -= known[begin].0;
            begin += 1;
        }
        if length >= SMOOTHED_S - NEARLY_S {
            found.push(all_of(&known[begin..=end]));
        }
    }
    found
}

fn ports(stream: &Stream, samples: &[&Sample]) -> BTreeMap<String, PortLosses> {
    let port = |(index, name): (usize, &String)| {
        let counts: Vec<Option<PortCount>> = samples.iter().map(|sample| sample.ports[index]).collect();
        // One of which nothing is known is a user-space driver's.
        counts.iter().flatten().next()?;
        let all = |of: fn(&PortCount) -> u64| sum(counts.iter().map(|count| count.as_ref().map(of)));
        // These are read less often where that takes long.
        let some = |of: fn(&PortCount) -> Option<u64>| {
            let told: Vec<u64> = counts.iter().flatten().filter_map(of).collect();
            (!told.is_empty()).then(|| told.iter().sum())
        };
        let losses = PortLosses {
            rx_dropped: all(|count| count.rx_dropped),
            rx_fifo: all(|count| count.rx_fifo),
            tx_dropped: all(|count| count.tx_dropped),
            tx_fifo: all(|count| count.tx_fifo),
            rx_pauses: some(|count| count.rx_pauses),
            tx_pauses: some(|count| count.tx_pauses),
        };
        Some((name.clone(), losses))
    };
    stream.ports.iter().enumerate().filter_map(port).collect()
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
