//! Simulated readings: leaks that must be found, and innocents that must not be called leaks.

use fastrand::Rng;

use super::*;

/// Objects in a slab of small ones: by so many a count moves without meaning anything.
const LEAST: f64 = 96.0;

const CYCLES: usize = 900;

/// From -1 to 1, in the shape of a bell.
fn bell(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() / 6.0 - 1.0
}

fn series(cycles: usize, mut reading: impl FnMut(f64) -> f64) -> Vec<(f64, f64)> {
    (0..cycles).map(|cycle| cycle as f64).map(|cycle| (cycle, reading(cycle).round())).collect()
}

/// Readings that depend on their predecessor.
fn lazy(rng: &mut Rng, width: f64) -> impl FnMut() -> f64 {
    let mut state = 0.0;
    let mut rng = rng.fork();
    move || {
        state = 0.9 * state + bell(&mut rng) * width;
        state
    }
}

#[test]
fn one_object_a_cycle_is_found_in_the_noise_of_a_slab() {
    for seed in 0..50 {
        let mut rng = Rng::with_seed(seed);
        let mut noise = lazy(&mut rng, 20.0);
        let leak = trend(&series(CYCLES, |cycle| 5000.0 + cycle + noise()), LEAST).unwrap();
        assert!(leak.grows, "seed {seed}: {leak:?}");
        assert!(leak.interval[0] < 1.0 && 1.0 < leak.interval[1], "seed {seed}: {leak:?}");
        assert!((leak.per_cycle - 1.0).abs() < 0.2, "seed {seed}: {leak:?}");
    }
}

#[test]
fn an_object_that_one_of_six_ways_to_load_leaves_behind_is_found() {
    for seed in 0..50 {
        let mut rng = Rng::with_seed(seed);
        let leak = |cycle: f64| (cycle / 6.0).floor() + bell(&mut rng) * 20.0;
        assert!(trend(&series(CYCLES, leak), LEAST).unwrap().grows, "seed {seed}");
    }
}

#[test]
fn one_object_a_cycle_is_found_where_only_whole_slabs_are_counted() {
    for per_slab in [21.0, 64.0] {
        let counted = |cycle: f64| 147.0 + (cycle / per_slab).floor() * per_slab;
        assert!(trend(&series(CYCLES, counted), 1.5 * per_slab).unwrap().grows, "{per_slab}");
    }
}

#[test]
fn one_page_a_cycle_is_found_in_what_is_available() {
    for seed in 0..50 {
        let mut rng = Rng::with_seed(seed);
        let mut noise = lazy(&mut rng, 500.0);
        let used = |cycle: f64| 90_000.0 + 4.0 * cycle + noise();
        assert!(trend(&series(CYCLES, used), 256.0).unwrap().grows, "seed {seed}");
    }
}

#[test]
fn of_two_hundred_innocents_hardly_one_is_called_a_leak() {
    let mut named = Vec::new();
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let innocent = match seed % 8 {
            0 => series(CYCLES, |_| 5000.0 + bell(&mut rng) * 100.0),
            1 | 2 => {
                let mut noise = lazy(&mut rng, 100.0);
                series(CYCLES, |_| noise())
            }
            3 => {
                let mut state = 0.0;
                series(CYCLES, |_| {
                    state += bell(&mut rng) * 10.0;
                    state
                })
            }
            4 => {
                let place = rng.f64() * CYCLES as f64;
                series(CYCLES, |cycle| if cycle < place { 0.0 } else { 500.0 } + bell(&mut rng) * 50.0)
            }
            // Caches that fill up, fast or slowly.
            5 => {
                let time = 20.0 + rng.f64() * 280.0;
                series(CYCLES, |cycle| 3000.0 * (1.0 - (-cycle / time).exp()) + bell(&mut rng) * 20.0)
            }
            6 => series(CYCLES, |cycle| 400.0 * (cycle + 100.0).ln() + bell(&mut rng) * 20.0),
            _ => series(CYCLES, |cycle| (cycle % 6.0) * 64.0 + if rng.u32(0..50) == 0 { 5000.0 } else { 0.0 }),
        };
        if trend(&innocent, LEAST).unwrap().grows {
            named.push(seed);
        }
    }
    assert!(named.len() <= 4, "{named:?}");
}

#[test]
fn in_a_soak_of_two_hundred_quiet_caches_none_is_named() {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        for cache in 0..200 {
            let width = f64::from(cache);
            let mut noise = lazy(&mut rng, width);
            let found = trend(&series(CYCLES, |_| noise()), LEAST).unwrap();
            assert!(!found.grows, "seed {seed}, noise of {width}: {found:?}");
        }
    }
}

#[test]
fn what_hardly_grows_or_shrinks_is_innocent_and_few_readings_are_not_judged() {
    assert!(!trend(&series(CYCLES, |cycle| cycle / 20.0), LEAST).unwrap().grows);
    assert!(!trend(&series(CYCLES, |cycle| -cycle), LEAST).unwrap().grows);
    assert_eq!(trend(&series(FEWEST - 1, |cycle| cycle), 1.0), None);
    let sure = trend(&series(FEWEST, |cycle| 3.0 * cycle), 1.0).unwrap();
    assert_eq!(sure, Trend { per_cycle: 3.0, interval: [3.0, 3.0], grows: true });
    assert!(!trend(&series(FEWEST, |_| 7.0), 0.0).unwrap().grows);
}
