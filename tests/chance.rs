//! How often `compare` finds a difference where there is none: 200 comparisons of a configuration with itself, simulated
//! and recorded. Each is a table of four cells, measured as `nsbench run` measures by default, until the mean is known to
//! 1 %. `make bench` prints the shares; here none may be more than one in twenty.

use std::collections::BTreeMap;

use fastrand::Rng;
use nsbench::compare::{Comparison, Options};
use nsbench::profile::experiment::Measure;
use nsbench::profile::experiment::repeats::{Repeats, Wish};
use nsbench::record::{Run, Status, Trial, reference};

const COMPARISONS: usize = 200;
const CELLS: usize = 4;

/// What a machine shows, one figure after the other.
type Machine<'a> = Box<dyn FnMut(&mut Rng) -> f64 + 'a>;

fn normal(random: &mut Rng) -> f64 {
    // Box and Muller's; 1 - u is never 0.
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

/// A machine whose figures vary by so much of 100, in the shape of `noise`.
fn varying<'a>(share: f64, noise: impl Fn(&mut Rng) -> f64 + 'a) -> Machine<'a> {
    Box::new(move |random| (100.0 * (1.0 + share * noise(random))).max(1.0))
}

/// A long tail on one side, as of a machine that is now and then disturbed.
fn skewed(random: &mut Rng) -> f64 {
    1.0 - (0.8 * normal(random)).exp()
}

/// Student's distribution with three degrees: a figure far off now and then, on either side.
fn heavy_tailed(random: &mut Rng) -> f64 {
    let squares: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
    normal(random) / (squares / 3.0).sqrt()
}

/// A cell's figures, as many as the rule wants.
fn measure(rule: Repeats, mut next: impl FnMut() -> f64) -> Vec<f64> {
    let mut figures: BTreeMap<u32, f64> = (1..=rule.least).map(|number| (number, next())).collect();
    while let Some(number) = rule.next(&figures) {
        figures.insert(number, next());
    }
    figures.into_values().collect()
}

/// A run on real hosts with these figures of the cells on one line, on two, and so on.
fn run(id: &str, cells: &[Vec<f64>]) -> Run {
    let print = reference::named("figure3").unwrap();
    let trial = |lines: usize, number: usize, figure: f64| Trial {
        lines: lines as u32 + 1,
        trial: number as u32 + 1,
        status: Status::Ok,
        reason: None,
        throughput_bps: Some(figure),
        ..print.trials[0].clone()
    };
    let of_cell = |(lines, figures): (usize, &Vec<f64>)| {
        figures.iter().enumerate().map(|(number, figure)| trial(lines, number, *figure)).collect::<Vec<_>>()
    };
    let trials = cells.iter().enumerate().flat_map(of_cell).collect();
    Run { id: id.to_owned(), published: None, trials, ..print.clone() }
}

/// What came of many comparisons.
#[derive(Default)]
struct Shares {
    comparisons: usize,
    alarms: usize,
    ratios: usize,
    unadjusted: usize,
    trials: usize,
}

impl Shares {
    /// Sets one run beside another of the same configuration.
    fn compare(&mut self, new: &[Vec<f64>], old: &[Vec<f64>]) {
        let options = Options { baseline: Some(run("old", old)), ..Options::default() };
        let comparison = Comparison::build(&[run("new", new)], &options).unwrap();
        let cells: Vec<_> = comparison.cells().map(|(_, cell)| cell).collect();
        self.comparisons += 1;
        self.alarms += usize::from(cells.iter().any(|cell| cell.is_significant() == Some(true)));
        self.ratios += comparison.tested;
        let p = cells.iter().filter_map(|cell| cell.ratio?.p);
        self.unadjusted += p.filter(|p| *p < 0.05).count();
        self.trials += new.iter().chain(old).map(Vec::len).sum::<usize>();
    }

    fn alarms_percent(&self) -> f64 {
        self.alarms as f64 * 100.0 / self.comparisons as f64
    }

    /// What `make bench` prints.
    fn print(&self, what: &str) {
        println!(
            "a/a, {what}: {} of {} comparisons cried wolf ({:.1} %); of single ratios {:.1} % had a p under 0.05; {:.1} \
             trials a cell",
            self.alarms,
            self.comparisons,
            self.alarms_percent(),
            self.unadjusted as f64 * 100.0 / self.ratios as f64,
            self.trials as f64 / (2 * self.ratios) as f64,
        );
    }
}

fn simulated(seed: u64, rule: Repeats, mut machine: Machine) -> Shares {
    let mut random = Rng::with_seed(seed);
    let mut shares = Shares::default();
    for _ in 0..COMPARISONS {
        let mut cells = || (0..CELLS).map(|_| measure(rule, || machine(&mut random))).collect::<Vec<_>>();
        let (new, old) = (cells(), cells());
        shares.compare(&new, &old);
    }
    shares
}

#[test]
fn equal_machines_are_rarely_called_different_however_their_figures_are_distributed() {
    let rule = Wish::default().rule(Measure::Throughput, false);
    assert_eq!((rule.least, rule.most), (5, 15));
    for (seed, what, share, noise) in [
        (1, "normal, 1 %", 0.01, normal as fn(&mut Rng) -> f64),
        (2, "normal, 2 %", 0.02, normal),
        (3, "normal, 5 %", 0.05, normal),
        (4, "skewed, 1 %", 0.01, skewed),
        (5, "skewed, 2 %", 0.02, skewed),
        (6, "heavy-tailed, 2 %", 0.02, heavy_tailed),
    ] {
        let shares = simulated(seed, rule, varying(share, noise));
        shares.print(&format!("simulated, {what}"));
        assert!(shares.alarms_percent() <= 5.0, "{what}");
    }
    for trials in [3, 5] {
        let shares = simulated(10, Repeats::exactly(trials), varying(0.02, normal));
        shares.print(&format!("simulated, normal, 2 %, exactly {trials} trials"));
        assert!(shares.alarms_percent() <= 5.0, "{trials} trials");
    }
}

/// One run of the same configuration under two names on a machine that drifts, its trials in this order.
fn drifting(random: &mut Rng, order: &[usize], shares: &mut Shares) {
    let mut cells = vec![Vec::new(); 2 * CELLS];
    let mut drift = 0.0;
    for cell in order {
        // A random walk: each step a third of what a figure varies by itself.
        drift += 0.003 * normal(random);
        cells[*cell].push(100.0 * (1.0 + drift + 0.01 * normal(random)));
    }
    shares.compare(&cells[..CELLS], &cells[CELLS..]);
}

#[test]
fn on_a_machine_that_drifts_random_order_is_what_keeps_equals_equal() {
    const TRIALS: usize = 10;
    let mut random = Rng::with_seed(20);
    let (mut in_turn, mut shuffled) = (Shares::default(), Shares::default());
    for _ in 0..COMPARISONS {
        let one_after_the_other: Vec<usize> = (0..2 * CELLS).flat_map(|cell| [cell; TRIALS]).collect();
        drifting(&mut random, &one_after_the_other, &mut in_turn);
        let mut rounds = Vec::new();
        for _ in 0..TRIALS {
            let mut round: Vec<usize> = (0..2 * CELLS).collect();
            random.shuffle(&mut round);
            rounds.extend(round);
        }
        drifting(&mut random, &rounds, &mut shuffled);
    }
    shuffled.print("simulated, a machine that drifts, --shuffle");
    in_turn.print("simulated, a machine that drifts, a cell after the other");
    assert!(shuffled.alarms_percent() <= 5.0);
    assert!(in_turn.alarms_percent() > 50.0, "then nobody needs --shuffle");
}

/// Figures of many trials of one configuration, in the order in which they were made; the file says how.
fn recorded() -> BTreeMap<String, Vec<f64>> {
    let file: serde_json::Value = serde_json::from_str(include_str!("statistics/recorded.json")).unwrap();
    serde_json::from_value(file["figures"].clone()).unwrap()
}

#[test]
fn recorded_trials_of_one_configuration_split_at_random_are_rarely_called_different() {
    let rule = Wish::default().rule(Measure::Throughput, false);
    let mut random = Rng::with_seed(30);
    for (what, figures) in recorded() {
        assert!(figures.len() >= 2 * rule.most as usize, "{what}");
        let mut shares = Shares::default();
        for _ in 0..COMPARISONS {
            let split = |random: &mut Rng| {
                let mut left = figures.clone();
                random.shuffle(&mut left);
                let mut next = left.into_iter();
                let mut cell = || measure(rule, || next.next().unwrap());
                (cell(), cell())
            };
            let (new, old): (Vec<_>, Vec<_>) = (0..CELLS).map(|_| split(&mut random)).unzip();
            shares.compare(&new, &old);
        }
        shares.print(&format!("recorded, {what}, split at random"));
        assert!(shares.alarms_percent() <= 5.0, "{what}");
    }
}

#[test]
fn a_true_difference_is_found() {
    let rule = Wish::default().rule(Measure::Throughput, false);
    let mut random = Rng::with_seed(40);
    let mut shares = Shares::default();
    let (mut slower, mut faster) = (varying(0.01, normal), varying(0.01, normal));
    for _ in 0..COMPARISONS {
        let mut cells = |machine: &mut Machine, factor: f64| {
            (0..CELLS).map(|_| measure(rule, || factor * machine(&mut random))).collect::<Vec<_>>()
        };
        let (new, old) = (cells(&mut faster, 1.05), cells(&mut slower, 1.0));
        shares.compare(&new, &old);
    }
    let found = shares.alarms_percent();
    println!("a/b, simulated, normal, 1 %, one side 5 % faster: found in {found:.1} % of {COMPARISONS} comparisons");
    assert!(found > 95.0);
}
