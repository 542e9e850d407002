//! The main job on the lab, as a user has it: real guests, real SSH, real netperf, a real netslice.ko.
//!
//! The cases share one lab and build on each other, so they run in order, and this is their harness.

mod bench;
mod cases;
mod cost;
mod demo;
mod faults;
mod firewall;
mod frameworks;
mod generators;
mod ndr;
mod profile;
mod soak;
mod verdicts;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use bench::Bench;

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [verb, testbed, framework, after] = words.as_slice()
        && verb == faults::CRASH
    {
        let after = after.parse().expect("a number of steps");
        faults::crash(testbed, framework, after).expect("the steps can be applied");
        return;
    }
    // `cargo test --test lab -- WORDS` runs the cases whose claims have the words, and the first, which starts the lab.
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    let mut bench = Bench::new();
    let (mut passed, mut failed) = (0, 0);
    for (number, (claim, case)) in cases::CASES.iter().enumerate() {
        if number > 0 && wanted.is_some_and(|wanted| !claim.contains(wanted.as_str())) {
            continue;
        }
        let start = Instant::now();
        let good = catch_unwind(AssertUnwindSafe(|| case(&mut bench))).is_ok();
        *if good { &mut passed } else { &mut failed } += 1;
        println!("lab: {claim} ... {} ({:.0} s)", if good { "ok" } else { "FAILED" }, start.elapsed().as_secs_f64());
    }
    drop(bench);
    println!("{passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}
