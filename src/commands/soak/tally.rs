//! What the cycles of a soak found, put together as they come, and what that amounts to.
//!
//! Pure. Must not know how it was found.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::growth::{self, Trend, trend};
use crate::measure::memory::{Caches, Sample};
use crate::record::{Growth, Pace, Soak, Verdict};

/// Figures that are shown, in this order: whether more of it is worse, and what it may grow by in all without being called
/// a leak. What moves by that much does so by itself: a CPU takes a batch of pages, a worker thread comes and goes.
const FIGURES: [(&str, Meaning); 10] = [
    ("available_kib", Meaning::Less(512.0)),
    ("slab_kib", Meaning::Shown),
    ("slab_unreclaimable_kib", Meaning::More(256.0)),
    // The kernel takes it back when it needs it.
    ("slab_reclaimable_kib", Meaning::Shown),
    ("vmalloc_kib", Meaning::More(64.0)),
    ("percpu_kib", Meaning::More(64.0)),
    ("tasks", Meaning::More(10.0)),
    ("kernel_threads", Meaning::More(5.0)),
    ("open_files", Meaning::More(64.0)),
    ("module_references", Meaning::More(5.0)),
];

/// Caches that are not judged. Every process that ends leaves its kernel stack's area in the first, until tens of megabytes
/// of addresses are given back at once, some thousand processes later; what leaks there is seen in `vmalloc_kib`. The others
/// go with pages of files, as of a disk's log that is written for the first time, which are available memory.
const LAZY: [&str; 3] = ["vmap_area", "buffer_head", "radix_tree_node"];

/// A cache may grow by so many slabs: each CPU has one of its own, all of whose objects count as used.
const SLABS: f64 = 1.5;

/// Loading takes longer and longer if it comes to more than this share of its median.
const SLOWER: f64 = 0.2;

/// The share of the cycles at the beginning that is not judged.
const WARM_UP: f64 = 0.1;

#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// More is in use when it grows.
    More(f64),
    /// More is in use when it shrinks.
    Less(f64),
    /// It is not judged.
    Shown,
}

/// One cycle that came to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Reading {
    /// Its number, from 1.
    pub cycle: u32,
    /// Which set of parameters, from 0.
    pub set: usize,
    /// Seconds of loading.
    pub load_s: f64,
    /// Seconds of unloading.
    pub unload_s: f64,
    /// Seconds of all of it.
    pub cycle_s: f64,
    /// Frames that arrived at the sink, line by line.
    pub frames: Vec<u64>,
    /// What the middlebox had in use when the framework was unloaded.
    #[serde(flatten)]
    pub sample: Sample,
}

/// All of them so far.
#[derive(Debug, Default)]
pub struct Tally {
    readings: Vec<Reading>,
    caches: Caches,
}

impl Tally {
    /// Whether no cycle has come to its end yet.
    pub const fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// Adds a cycle.
    pub fn add(&mut self, reading: Reading, caches: Caches) {
        self.readings.push(reading);
        self.caches.extend(caches);
    }

    /// Writes into `soak` what it amounts to; all but the verdict.
    pub fn settle(&self, soak: &mut Soak) {
        let warm_up = (f64::from(soak.cycles) * WARM_UP).ceil() as u32;
        let judged = &self.readings[self.readings.partition_point(|reading| reading.cycle <= warm_up)..];
        soak.warm_up = warm_up;
        soak.frames = self.readings.iter().flat_map(|reading| &reading.frames).sum();
        soak.cycle_s = Ends::of(&points(&self.readings, |reading| Some(reading.cycle_s))).map(|ends| ends.median);
        soak.load = pace(&points(judged, |reading| Some(reading.load_s)));
        soak.unload = pace(&points(judged, |reading| Some(reading.unload_s)));
        soak.memory = FIGURES.iter().filter_map(|(name, meaning)| figure(judged, name, *meaning)).collect();
        soak.caches_watched = (!self.caches.is_empty()).then_some(self.caches.len() as u32);
        soak.caches = self.leaking_caches(judged);
    }

    fn leaking_caches(&self, judged: &[Reading]) -> Vec<Growth> {
        let names: BTreeSet<_> =
            judged.iter().filter_map(|reading| reading.sample.caches.as_ref()).flat_map(|c| c.keys()).collect();
        let cache = |name: &String| {
            let active = |reading: &Reading| {
                // One that is not there yet, or not any more, has no objects.
                reading.sample.caches.as_ref().map(|caches| caches.get(name).copied().unwrap_or(0) as f64)
            };
            let points = points(judged, active);
            let cache = self.caches.get(name);
            let trend = trend(&points, SLABS * cache.map_or(1.0, |cache| cache.per_slab as f64))?;
            let bytes = cache.map(|cache| trend.per_cycle * cache.bytes as f64);
            trend.grows.then(|| {
                growth(name, &points, Some(trend), Some(true)).map(|growth| Growth { bytes_per_cycle: bytes, ..growth })
            })?
        };
        let mut leaking: Vec<_> =
            names.into_iter().filter(|name| !LAZY.contains(&name.as_str())).filter_map(cache).collect();
        leaking.sort_by(|a, b| b.bytes_per_cycle.partial_cmp(&a.bytes_per_cycle).unwrap_or(std::cmp::Ordering::Equal));
        leaking
    }
}

/// What a soak comes to that has ended, or as far as it has come.
pub fn verdict(soak: &Soak) -> Verdict {
    let figures = || soak.memory.iter().chain(&soak.caches);
    match () {
        () if !soak.failed.is_empty() => Verdict::Failed,
        () if !soak.troubles.is_empty() => Verdict::KernelLog,
        () if figures().any(|figure| figure.leaks == Some(true)) => Verdict::Grows,
        () if soak.cycles < soak.cycles_asked => Verdict::Unfinished,
        () if figures().all(|figure| figure.leaks.is_none()) => Verdict::TooShort,
        () => Verdict::Clean,
    }
}

/// `(cycle, value)` of every cycle that has one.
fn points(readings: &[Reading], value: impl Fn(&Reading) -> Option<f64>) -> Vec<(f64, f64)> {
    readings.iter().filter_map(|reading| Some((f64::from(reading.cycle), value(reading)?))).collect()
}

fn figure(judged: &[Reading], name: &str, meaning: Meaning) -> Option<Growth> {
    let points = points(judged, |reading| reading.sample.figures.get(name).map(|value| *value as f64));
    let mirrored = || points.iter().map(|(cycle, value)| (*cycle, -value)).collect::<Vec<_>>();
    let (found, leaks) = match meaning {
        Meaning::Shown => (trend(&points, 0.0), None),
        Meaning::More(least) => {
            let found = trend(&points, least);
            (found, found.map(|found| found.grows))
        }
        Meaning::Less(least) => {
            let found = trend(&mirrored(), least);
            let back = |Trend { per_cycle, interval: [low, high], grows }| Trend {
                per_cycle: -per_cycle,
                interval: [-high, -low],
                grows,
            };
            (found.map(back), found.map(|found| found.grows))
        }
    };
    growth(name, &points, found, leaks)
}

fn growth(name: &str, points: &[(f64, f64)], trend: Option<Trend>, leaks: Option<bool>) -> Option<Growth> {
    let Ends { first, last, .. } = Ends::of(points)?;
    Some(Growth {
        name: name.to_owned(),
        first,
        last,
        per_cycle: trend.map(|trend| trend.per_cycle),
        interval: trend.map(|trend| trend.interval),
        bytes_per_cycle: None,
        leaks,
    })
}

fn pace(points: &[(f64, f64)]) -> Option<Pace> {
    let ends = Ends::of(points)?;
    let found = trend(points, SLOWER * ends.median);
    Some(Pace {
        median_s: ends.median,
        first_s: ends.first,
        last_s: ends.last,
        per_cycle_s: found.map(|found| found.per_cycle),
        interval_s: found.map(|found| found.interval),
        slows_down: found.map(|found| found.grows),
    })
}

/// Medians of a series: of all of it, and of its first and its last tenth.
struct Ends {
    median: f64,
    first: f64,
    last: f64,
}

impl Ends {
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let tenth = points.len().div_ceil(10);
        let median = |points: &[(f64, f64)]| {
            let mut values: Vec<_> = points.iter().map(|(_, value)| *value).collect();
            values.sort_by(f64::total_cmp);
            (!values.is_empty()).then(|| growth::median(&values))
        };
        Some(Self {
            median: median(points)?,
            first: median(&points[..tenth])?,
            last: median(&points[points.len() - tenth..])?,
        })
    }
}

/// What the objects of the caches are, for the file of samples.
pub fn head(caches: &Caches) -> BTreeMap<&str, &Caches> {
    BTreeMap::from([("caches", caches)])
}

#[cfg(test)]
#[path = "tally_tests.rs"]
mod tests;
