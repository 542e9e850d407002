//! Which rate RFC 2544's binary search tries next. Must not know how a rate is judged.

use super::{Reach, View, near};

/// The middle between what is known to be good, nothing at first, and what is known to be bad.
pub fn propose(view: &View, reach: Reach, width: f64) -> Option<u64> {
    let middle = |low: u64, high: u64| (low + (high - low) / 2).min(reach.most);
    match (view.lower, view.upper) {
        (Some(lower), Some(upper)) if near(lower, upper, width) => None,
        (Some(lower), Some(upper)) => Some(middle(lower, upper)).filter(|pps| *pps > lower),
        (Some(lower), None) => Some(reach.most).filter(|most| *most > lower),
        (None, Some(upper)) => Some(middle(0, upper).max(reach.least)).filter(|pps| *pps < upper),
        (None, None) => Some(reach.most),
    }
}
