//! Soaks made up of readings: what they come to.

use std::collections::BTreeMap;

use super::*;
use crate::measure::memory::Cache;
use crate::record::{CycleTrouble, FailedCycle, sample};

/// A host at rest, after so many cycles.
fn reading(cycle: u32) -> Reading {
    let noise = f64::from(cycle.wrapping_mul(2_654_435_761) % 100);
    let figures = [("available_kib", 400_000 + noise as u64), ("slab_unreclaimable_kib", 20_000), ("tasks", 70)];
    let caches =
        [("kmalloc-64", 4000 + noise as u64 / 4), ("dentry", 9000)].map(|(name, count)| (name.to_owned(), count));
    Reading {
        cycle,
        set: 0,
        load_s: 0.5 + noise / 1e4,
        unload_s: 0.4,
        cycle_s: 2.5,
        frames: vec![100, 90],
        sample: Sample { figures: BTreeMap::from(figures), caches: Some(BTreeMap::from(caches)) },
    }
}

/// What so many cycles come to, each changed a little.
fn soaked(cycles: u32, change: impl Fn(u32, &mut Reading)) -> Soak {
    let caches = Caches::from([
        ("kmalloc-64".to_owned(), Cache { bytes: 64, per_slab: 64 }),
        ("dentry".to_owned(), Cache { bytes: 192, per_slab: 21 }),
    ]);
    let mut tally = Tally::default();
    for cycle in 1..=cycles {
        let mut reading = reading(cycle);
        change(cycle, &mut reading);
        tally.add(reading, caches.clone());
    }
    let mut soak = Soak { cycles_asked: cycles, cycles, ..sample::soak() };
    tally.settle(&mut soak);
    soak.verdict = verdict(&soak);
    soak
}

fn of<'s>(soak: &'s Soak, name: &str) -> &'s Growth {
    soak.memory.iter().chain(&soak.caches).find(|growth| growth.name == name).unwrap()
}

#[test]
fn a_host_at_rest_is_clean() {
    let soak = soaked(1000, |_, _| {});
    assert_eq!((soak.verdict, soak.warm_up, soak.caches_watched), (Verdict::Clean, 100, Some(2)));
    assert_eq!((soak.frames, soak.caches.len(), soak.memory.len()), (190_000, 0, 3));
    assert_eq!(of(&soak, "tasks").per_cycle, Some(0.0));
    assert_eq!(soak.load.unwrap().slows_down, Some(false));
}

#[test]
fn a_small_object_a_cycle_is_named_with_its_bytes() {
    let soak = soaked(1000, |cycle, reading| {
        *reading.sample.caches.as_mut().unwrap().get_mut("kmalloc-64").unwrap() += u64::from(cycle);
    });
    assert_eq!((soak.verdict, soak.caches.len()), (Verdict::Grows, 1));
    let leak = of(&soak, "kmalloc-64");
    let [per_cycle, bytes] = [leak.per_cycle, leak.bytes_per_cycle].map(Option::unwrap);
    assert!((per_cycle - 1.0).abs() < 0.1 && (bytes - 64.0).abs() < 6.0, "{leak:?}");
}

#[test]
fn what_the_kernel_gives_back_only_now_and_then_is_not_named() {
    let soak = soaked(100, |cycle, reading| {
        reading.sample.caches.as_mut().unwrap().insert("vmap_area".to_owned(), 2000 + 29 * u64::from(cycle));
    });
    assert_eq!((soak.verdict, soak.caches.len()), (Verdict::Clean, 0), "{soak:?}");
}

#[test]
fn a_page_a_cycle_is_seen_in_what_is_available_and_in_what_the_slabs_hold() {
    let soak = soaked(1000, |cycle, reading| {
        let figures = &mut reading.sample.figures;
        *figures.get_mut("available_kib").unwrap() -= 4 * u64::from(cycle);
        *figures.get_mut("slab_unreclaimable_kib").unwrap() += 4 * u64::from(cycle);
    });
    assert_eq!(soak.verdict, Verdict::Grows);
    for (name, sign) in [("available_kib", -1.0), ("slab_unreclaimable_kib", 1.0)] {
        let leak = of(&soak, name);
        assert!((leak.per_cycle.unwrap() - 4.0 * sign).abs() < 0.1 && leak.leaks == Some(true), "{leak:?}");
        let [low, high] = leak.interval.unwrap();
        assert!(low <= leak.per_cycle.unwrap() && leak.per_cycle.unwrap() <= high, "{leak:?}");
    }
}

#[test]
fn memory_that_comes_back_and_a_warm_up_are_no_leak() {
    let soak = soaked(1000, |cycle, reading| {
        let figures = &mut reading.sample.figures;
        *figures.get_mut("available_kib").unwrap() += 4 * u64::from(cycle);
        *figures.get_mut("tasks").unwrap() += u64::from(cycle.min(60));
    });
    assert_eq!(soak.verdict, Verdict::Clean, "{soak:?}");
}

#[test]
fn loading_that_takes_longer_and_longer_is_seen_and_is_no_leak() {
    let soak = soaked(1000, |cycle, reading| reading.load_s += f64::from(cycle) / 1e3);
    let pace = soak.load.unwrap();
    assert_eq!((pace.slows_down, soak.verdict), (Some(true), Verdict::Clean));
    assert!((pace.per_cycle_s.unwrap() - 1e-3).abs() < 1e-4 && pace.last_s > pace.first_s, "{pace:?}");
}

#[test]
fn a_few_cycles_are_shown_and_not_judged() {
    let soak = soaked(6, |_, _| {});
    assert_eq!(soak.verdict, Verdict::TooShort);
    assert_eq!((of(&soak, "tasks").leaks, of(&soak, "tasks").per_cycle), (None, None));
    assert_eq!(soak.load.unwrap().slows_down, None);
    let nothing = soaked(0, |_, _| {});
    assert_eq!((nothing.load, nothing.memory.len()), (None, 0));
}

#[test]
fn of_all_that_is_wrong_the_verdict_names_the_worst() {
    let growing = soaked(1000, |cycle, reading| {
        *reading.sample.figures.get_mut("tasks").unwrap() += u64::from(cycle);
    });
    assert_eq!(growing.verdict, Verdict::Grows);
    let lines = vec!["BUG: x".to_owned()];
    let trouble = CycleTrouble { cycle: 3, host: "middlebox".to_owned(), lines };
    let told = Soak { troubles: vec![trouble], ..growing };
    assert_eq!(verdict(&told), Verdict::KernelLog);
    let failed = Soak { failed: vec![FailedCycle { cycle: 4, reason: "no".to_owned() }], ..told };
    assert_eq!(verdict(&failed), Verdict::Failed);
    let interrupted = Soak { cycles: 500, ..soaked(1000, |_, _| {}) };
    assert_eq!(verdict(&interrupted), Verdict::Unfinished);
}

#[test]
fn a_kernel_that_tells_nothing_of_its_caches_is_not_said_to_have_none() {
    let mut tally = Tally::default();
    for cycle in 1..=100 {
        let mut reading = reading(cycle);
        reading.sample.caches = None;
        tally.add(reading, Caches::new());
    }
    let mut soak = Soak { cycles: 100, ..sample::soak() };
    tally.settle(&mut soak);
    assert_eq!((soak.caches_watched, soak.caches.len()), (None, 0));
}
