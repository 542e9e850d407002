//! Searches on devices that are made up.

use proptest::prelude::*;

use super::*;
use crate::fuzzing::cases;

/// A device, and a generator in front of it.
struct Device {
    /// Packets a second that it carries; what is above is lost.
    capacity_pps: f64,
    /// The share of trials in which a packet or two are lost whatever the rate.
    unlucky: f64,
    /// The share of the packets that is lost whatever the rate.
    leak: f64,
    /// Packets a second that the generator sends at most, and at most when it is paced.
    generator_pps: [f64; 2],
    /// The share of trials in which the generator is slow by a fifth.
    hiccups: f64,
    chance: fastrand::Rng,
}

impl Device {
    fn carrying(capacity_pps: f64) -> Self {
        let chance = fastrand::Rng::with_seed(7);
        Self { capacity_pps, unlucky: 0.0, leak: 0.0, generator_pps: [1e6; 2], hiccups: 0.0, chance }
    }

    fn try_it(&mut self, asked: Ask) -> Tried {
        let [fastest, paced] = self.generator_pps;
        let slow = if self.chance.f64() < self.hiccups { 0.8 } else { 1.0 };
        let offered_pps = slow * asked.pps.map_or(fastest, |pps| paced.min(pps as f64));
        let packets = offered_pps * asked.duration_s as f64;
        let unlucky = if self.chance.f64() < self.unlucky { 1.0 / packets } else { 0.0 };
        let lost = (1.0 - self.capacity_pps / offered_pps).max(self.leak).max(unlucky);
        Tried { asked, offered_pps, loss_ratio: lost.max(0.0) }
    }
}

fn goals() -> Goals {
    Goals { loss_ratios: vec![0.0, 0.005], width: 0.005, first_s: 1, full_s: 10 }
}

/// The search to its end.
fn search(method: Method, goals: Goals, device: &mut Device) -> Search {
    let mut search = Search::new(method, goals);
    while let Some(asked) = search.next() {
        assert!(search.tried().len() < MOST_TRIALS);
        search.take(device.try_it(asked));
    }
    search
}

fn seconds(search: &Search) -> u64 {
    search.tried().iter().map(|tried| tried.asked.duration_s).sum()
}

#[test]
fn the_first_trial_is_as_fast_as_the_generator_can_and_what_follows_is_paced() {
    for method in Method::ALL {
        let search = search(method, goals(), &mut Device::carrying(400_000.0));
        assert_eq!(search.tried()[0].asked.pps, None);
        assert!(search.tried()[1..].iter().all(|tried| tried.asked.pps.is_some()));
    }
}

#[test]
fn both_goals_come_out_of_one_pass_that_is_shorter_than_a_binary_search() {
    let mlr = search(Method::Mlr, goals(), &mut Device::carrying(400_000.0));
    let binary = search(Method::Binary, goals(), &mut Device::carrying(400_000.0));
    for search in [&mlr, &binary] {
        for (found, carries) in search.found().iter().zip([400_000.0, 400_000.0 / 0.995]) {
            let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
            assert_eq!(found.verdict, Verdict::Found, "{found:?}");
            assert!(lower.pps as f64 <= carries && upper.pps as f64 > carries, "{found:?}");
            assert!((upper.pps - lower.pps) as f64 <= 0.005 * upper.pps as f64, "{found:?}");
        }
    }
    assert!(mlr.tried().len() <= 20, "{}", mlr.tried().len());
    assert!(seconds(&mlr) < seconds(&binary), "{} {}", seconds(&mlr), seconds(&binary));
}

#[test]
fn a_generator_that_is_slower_than_the_device_is_said_to_be_the_limit_and_no_pass_at_what_it_did_not_send() {
    for (method, paced) in Method::ALL.into_iter().flat_map(|method| [1e6, 7e5].map(|paced| (method, paced))) {
        let mut device = Device { generator_pps: [1e6, paced], ..Device::carrying(5e6) };
        let search = search(method, goals(), &mut device);
        for found in search.found() {
            assert_eq!((found.verdict, found.upper), (Verdict::GeneratorLimited, None), "{method:?} {paced}");
            let throughput = found.throughput_pps().unwrap();
            assert!(throughput <= 1e6 && throughput >= 0.98 * paced, "{method:?} {paced} {throughput}");
        }
        assert!(search.tried().len() < 20, "{}", search.tried().len());
    }
}

#[test]
fn a_device_between_what_the_generator_does_paced_and_unpaced_has_bounds_and_a_limit() {
    let mut device = Device { generator_pps: [1e6, 7e5], ..Device::carrying(8e5) };
    let found = search(Method::Mlr, goals(), &mut device).found()[0];
    assert_eq!(found.verdict, Verdict::GeneratorLimited);
    assert!((found.lower.unwrap().pps as f64 - 7e5).abs() < 10.0, "{found:?}");
}

#[test]
fn a_device_that_always_loses_has_no_rate_without_loss_and_may_have_one_with_some() {
    for method in Method::ALL {
        let mut device = Device { leak: 0.002, ..Device::carrying(400_000.0) };
        let [without, with] = search(method, goals(), &mut device).found()[..] else { panic!("two goals") };
        assert_eq!((without.verdict, without.lower, without.throughput_pps()), (Verdict::NotFound, None, None));
        assert_eq!(without.upper.unwrap().pps, 1000, "the lowest rate that was tried");
        assert_eq!(with.verdict, Verdict::Found);
        let throughput = with.throughput_pps().unwrap();
        assert!((396_000.0..401_000.0).contains(&throughput), "{throughput}");
        let mut dead = Device { leak: 1.0, ..Device::carrying(400_000.0) };
        let found = search(method, goals(), &mut dead).found();
        assert!(found.iter().all(|found| found.verdict == Verdict::NotFound), "{found:?}");
    }
}

#[test]
fn a_packet_lost_by_chance_now_and_then_does_not_decide_in_mlrsearch() {
    let mut misses = 0;
    for seed in 0..100 {
        let chance = fastrand::Rng::with_seed(seed);
        let mut device = Device { unlucky: 0.1, chance, ..Device::carrying(400_000.0) };
        let found = search(Method::Mlr, goals(), &mut device).found()[0];
        misses += u32::from(found.throughput_pps().is_none_or(|pps| pps < 380_000.0));
    }
    assert!(misses <= 10, "{misses}");
}

#[test]
fn a_slow_moment_of_the_generator_is_no_limit() {
    for seed in 0..50 {
        let chance = fastrand::Rng::with_seed(seed);
        let mut device = Device { hiccups: 0.1, chance, ..Device::carrying(400_000.0) };
        let found = search(Method::Mlr, goals(), &mut device).found()[0];
        assert_eq!(found.verdict, Verdict::Found, "{seed} {found:?}");
        assert!((found.throughput_pps().unwrap() - 4e5).abs() < 5e3, "{seed} {found:?}");
    }
}

#[test]
fn a_search_that_has_not_ended_is_unsettled() {
    let mut search = Search::new(Method::Mlr, goals());
    assert_eq!(search.found()[0].verdict, Verdict::Unsettled);
    let asked = search.next().unwrap();
    search.take(Device::carrying(4e5).try_it(asked));
    assert_eq!(search.found()[0].verdict, Verdict::Unsettled);
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn whatever_the_device_a_search_ends_and_its_bounds_hold(
        capacity_pps in 50.0..3e6_f64,
        generator_pps in 200.0..2e6_f64,
        paced in 0.5..1.1_f64,
        unlucky in prop_oneof![Just(0.0), 0.0..0.6_f64],
        leak in prop_oneof![Just(0.0), 0.0..0.01_f64],
        hiccups in prop_oneof![Just(0.0), 0.0..0.5_f64],
        width in 0.001..0.1_f64,
        (first_s, full_s) in (1..3_u64, 1..40_u64),
        seed in any::<u64>(),
        method in prop_oneof![Just(Method::Mlr), Just(Method::Binary)],
    ) {
        let chance = fastrand::Rng::with_seed(seed);
        let generator_pps = [generator_pps, generator_pps * paced];
        let mut device = Device { capacity_pps, unlucky, leak, generator_pps, hiccups, chance };
        let goals = Goals { loss_ratios: vec![0.0, 0.005, 0.02], width, first_s, full_s };
        let search = search(method, goals, &mut device);
        let sharp = unlucky == 0.0 && hiccups == 0.0;
        prop_assert!(search.tried().len() <= if sharp { 80 } else { MOST_TRIALS }, "{}", search.tried().len());
        for found in search.found() {
            let carries = capacity_pps / (1.0 - found.loss_ratio);
            if let (Some(lower), Some(upper)) = (found.lower, found.upper) {
                prop_assert!(lower.pps < upper.pps);
            }
            if let Some(lower) = found.lower {
                prop_assert!(lower.trials > 0 && lower.loss_ratio <= found.loss_ratio);
                prop_assert!(lower.offered_pps <= carries * 1.000_001, "{found:?}");
                prop_assert!(found.throughput_pps().unwrap() <= generator_pps[0].max(generator_pps[1]));
            }
            if !sharp {
                continue;
            }
            prop_assert!(found.verdict != Verdict::Unsettled, "{found:?}");
            if let Some(upper) = found.upper {
                prop_assert!(upper.pps as f64 > carries * 0.999 || leak > found.loss_ratio, "{found:?} {carries}");
            }
            if found.verdict == Verdict::Found {
                let (lower, upper) = (found.lower.unwrap().pps, found.upper.unwrap().pps);
                prop_assert!(near(lower, upper, width));
            }
        }
    }
}
