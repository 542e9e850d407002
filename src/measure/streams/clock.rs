//! When a trial's traffic began, by the clock of each host.
//!
//! The source's generator tells it by the source's clock on the wall; the other hosts' clocks may be seconds off, and are
//! not asked. Every sample has its host's own time, and is stamped here when it comes: the one that came fastest tells
//! how far that host's clock is from ours, but for the time of its way, which is well below the length of a sample.
//! Pure: must not touch a host.

use crate::record::streams::Times;

/// When a line was printed by its host's clocks, and when it came here by ours, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamped {
    /// By its host's clocks.
    pub printed: Times,
    /// By ours.
    pub came_s: f64,
}

/// What has to be added to a host's monotonic clock to get ours.
pub fn offset_s(lines: &[Stamped]) -> Option<f64> {
    lines.iter().map(|line| line.came_s - line.printed.monotonic_s).reduce(f64::min)
}

/// A time on the wall of a host, by its monotonic clock. The nearest line tells: a clock on the wall may be set.
pub fn monotonic_s(lines: &[Stamped], wall_s: f64) -> Option<f64> {
    let distance = |line: &Stamped| (line.printed.wall_s - wall_s).abs();
    let nearest = lines.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some(wall_s - nearest.printed.wall_s + nearest.printed.monotonic_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a host whose clock shows `ahead` more than ours and whose wall is at 1000 more, each `late` on its way.
    fn lines(ahead: f64, late: &[f64]) -> Vec<Stamped> {
        let line = |(number, late): (u32, &f64)| {
            let ours = f64::from(number);
            let printed = Times { monotonic_s: ours + ahead, wall_s: ours + ahead + 1000.0 };
            Stamped { printed, came_s: ours + late }
        };
        (0..).zip(late).map(line).collect()
    }

    #[test]
    fn the_line_that_came_fastest_tells_how_far_a_clock_is_off() {
        let offset = offset_s(&lines(500.0, &[0.9, 0.003, 0.2])).unwrap();
        assert!((offset - (-500.0 + 0.003)).abs() < 1e-9, "{offset}");
        assert_eq!(offset_s(&[]), None);
    }

    #[test]
    fn a_clock_on_the_wall_that_was_set_counts_as_it_was_at_that_time() {
        let mut lines = lines(500.0, &[0.0; 10]);
        for line in &mut lines[5..] {
            line.printed.wall_s += 3600.0;
        }
        let found = monotonic_s(&lines, 1502.5).unwrap();
        assert!((found - 502.5).abs() < 1e-9, "{found}");
        let after = monotonic_s(&lines, 1507.5 + 3600.0).unwrap();
        assert!((after - 507.5).abs() < 1e-9, "{after}");
    }
}
