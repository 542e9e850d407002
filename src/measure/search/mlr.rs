//! Which rate `MLRsearch` tries next in one round, for one goal. Must not know how a rate is judged.
//!
//! A round begins with the bounds of the round before, which are likely to hold. Where they do not, or there are none, it
//! looks further away in steps that double; then it halves what is between the bounds, by the ratio of the rates.

use super::{Reach, View, near};

/// The rate; `None` where the round has what it needs, or can get no more.
pub fn propose(view: &View, before: Option<&View>, reach: Reach, width: f64) -> Option<u64> {
    match (view.lower, view.upper) {
        (Some(lower), Some(upper)) => between(view, (lower, upper), reach, width),
        (Some(lower), None) => upwards(view, before, lower, reach, width),
        (None, upper) => downwards(view, before, upper, reach, width),
    }
}

fn between(view: &View, (lower, upper): (u64, u64), reach: Reach, width: f64) -> Option<u64> {
    if near(lower, upper, width) {
        return None;
    }
    let middle = (lower as f64 * upper as f64).sqrt() as u64;
    let middle = middle.clamp(lower + 1, upper - 1).min(reach.most);
    // What one round has begun to judge may be judged with a trial or two more.
    let begun = view.begun(lower + 1..upper).filter(|pps| *pps <= reach.most);
    begun.min_by_key(|pps| pps.abs_diff(middle)).or(Some(middle)).filter(|pps| *pps > lower)
}

fn upwards(view: &View, before: Option<&View>, lower: u64, reach: Reach, width: f64) -> Option<u64> {
    if lower >= reach.most {
        return None;
    }
    let begun = view.begun(lower + 1..).next();
    let expected = before.map(|before| before.upper.unwrap_or(reach.most));
    let expected = expected.filter(|pps| *pps > lower && !view.is_judged(*pps));
    let steps = view.rates.values().filter(|judged| judged.is_lower()).count();
    let further = lower as f64 * (1.0 + step(width, steps).min(1.0));
    let pps = begun.or(expected).unwrap_or((further as u64).max(lower + 1));
    Some(pps.min(reach.most))
}

fn downwards(view: &View, before: Option<&View>, upper: Option<u64>, reach: Reach, width: f64) -> Option<u64> {
    let below = |pps: u64| upper.is_none_or(|upper| pps < upper);
    let expected = before.map(|before| before.lower.unwrap_or(reach.least).min(reach.most));
    let expected = expected.filter(|pps| below(*pps) && !view.is_judged(*pps));
    let Some(upper) = upper else { return expected.or(Some(reach.most)) };
    if upper <= reach.least {
        return None;
    }
    let begun = view.begun(..upper).next_back();
    let steps = view.rates.values().filter(|judged| judged.is_upper()).count();
    let further = upper as f64 * (1.0 - step(width, steps).min(0.5));
    // What arrives of too much is about what can.
    let arrived = view.rates.get(&upper).map_or(further, |judged| upper as f64 * (1.0 - judged.loss_ratio));
    let pps = begun.or(expected).unwrap_or(further.min(arrived) as u64);
    Some(pps.min(upper - 1).min(reach.most).max(reach.least))
}

/// A step that doubles with each rate which was judged to be on the same side.
fn step(width: f64, judged: usize) -> f64 {
    width * (1_u64 << judged.min(30)) as f64
}
