//! Whether something that is read again and again grows without end, as a leak does, told from what only moves: noise,
//! a step, a cache that fills up.
//!
//! Pure: numbers in, a judgement out. Must not know what grows.

/// Readings without which nothing is judged.
pub const FEWEST: usize = 20;

/// Groups of readings in a row, of which the medians are judged: what is left and right of a group's end depends on each
/// other, what is in groups apart hardly does.
const GROUPS: usize = 20;

/// How sure the interval of the slope is, as a quantile of the normal distribution: 99.99 %. A host has some two hundred
/// caches, and of two hundred innocent ones none should be named.
const SURE: f64 = 3.89;

/// The mean of the steps from group to group over its standard error, at least. A walk at random has a slope as well, and
/// steps in both directions.
const STEADY: f64 = 3.0;

/// The slope of the later half over that of all, at least: what fills up slows down.
const GOES_ON: f64 = 0.75;

/// How something moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Units a cycle: the median of the slopes between all pairs of groups (Theil 1950).
    pub per_cycle: f64,
    /// Its interval of 99.99 %, from the ranks of those slopes (Sen 1968).
    pub interval: [f64; 2],
    /// Whether that is growth without end.
    pub grows: bool,
}

/// Judges `(cycle, reading)` in the order of the cycles. What grows by less than `least` in all of them is innocent.
/// Nothing, where there are fewer than [`FEWEST`].
pub fn trend(readings: &[(f64, f64)], least: f64) -> Option<Trend> {
    if readings.len() < FEWEST {
        return None;
    }
    let groups = groups(readings);
    let slopes = slopes(&groups);
    let per_cycle = median(&slopes);
    let interval = interval(&slopes, groups.len());
    let span = readings.last()?.0 - readings.first()?.0;
    let later = median(&self::slopes(&groups[groups.len() / 2..]));
    let grows = interval[0] > 0.0
        && per_cycle * span >= least
        && later >= GOES_ON * per_cycle
        && steadiness(&groups).is_none_or(|steadiness| steadiness >= STEADY);
    Some(Trend { per_cycle, interval, grows })
}

/// The middle of each group and the median of its readings.
fn groups(readings: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let size = (readings.len() / GROUPS).max(1);
    let group = |group: &[(f64, f64)]| {
        let [cycles, values] = [|r: &(f64, f64)| r.0, |r: &(f64, f64)| r.1].map(|part| {
            let mut sorted: Vec<f64> = group.iter().map(part).collect();
            sorted.sort_by(f64::total_cmp);
            median(&sorted)
        });
        (cycles, values)
    };
    // What is left over at the end would be a group that is not like the others.
    readings.chunks_exact(size).map(group).collect()
}

/// The slopes between all pairs, ascending.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, (x, y)) in points.iter().enumerate() {
        slopes.extend(points[index + 1..].iter().map(|(later_x, later_y)| (later_y - y) / (later_x - x)));
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

/// The slopes at the ranks that Kendall's statistic of `points` gives.
fn interval(slopes: &[f64], points: usize) -> [f64; 2] {
    let (all, n) = (slopes.len() as f64, points as f64);
    let around = SURE * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt() / 2.0;
    let rank = |rank: f64| rank.clamp(0.0, all - 1.0) as usize;
    [slopes[rank((all / 2.0 - around).floor() - 1.0)], slopes[rank((all / 2.0 + around).ceil())]]
}

/// The mean of the steps from group to group over its standard error; nothing where all are alike.
fn steadiness(groups: &[(f64, f64)]) -> Option<f64> {
    let steps: Vec<f64> = groups.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
    let n = steps.len() as f64;
    let mean = steps.iter().sum::<f64>() / n;
    let variance = steps.iter().map(|step| (step - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (variance > 0.0).then(|| mean / (variance / n).sqrt())
}

/// The median of what is sorted.
///
/// # Panics
/// There is nothing.
pub fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
#[path = "growth/tests.rs"]
mod tests;
