//! The stretch of a trial that counts: that in which all lines were sending, without the first and the last of it.
//!
//! A connection that begins is slow, and a line that still sends when another one has ended has the middlebox to itself. All
//! generators run on the source, so that their times are of one clock and need no correction. Pure: must not know
//! which generator reported, nor touch a host.

use crate::generator::Report;
use crate::record::Window;

/// The least share of a window that a line's reports must cover for its mean to be that of the window.
const COVERED: f64 = 0.98;

/// When the first line began to send, by the source's clock.
pub fn begin(lines: &[&[Report]]) -> Option<f64> {
    lines.iter().filter_map(|reports| Some(reports.first()?.begin_s())).min_by(f64::total_cmp)
}

/// The window of these lines, counted from `begin`; none where they have none in common.
pub fn common(lines: &[&[Report]], warm_up_s: f64, cool_down_s: f64) -> Option<Window> {
    let zero = begin(lines)?;
    let begins: Option<Vec<f64>> = lines.iter().map(|reports| Some(reports.first()?.begin_s())).collect();
    let ends: Option<Vec<f64>> = lines.iter().map(|reports| Some(reports.last()?.end_s)).collect();
    let from_s = begins?.into_iter().fold(f64::NEG_INFINITY, f64::max) + warm_up_s - zero;
    let until_s = ends?.into_iter().fold(f64::INFINITY, f64::min) - cool_down_s - zero;
    (until_s > from_s).then_some(Window { from_s, duration_s: until_s - from_s })
}

/// The mean rate of a line in a window that counts from `begin_s`, bits a second. Of a report that reaches beyond the window
/// that share counts which is inside: netperf knows no finer than it says. None where the reports leave gaps.
pub fn mean_bps(reports: &[Report], begin_s: f64, window: &Window) -> Option<f64> {
    let (from, until) = (begin_s + window.from_s, begin_s + window.from_s + window.duration_s);
    let inside = |report: &Report| (report.end_s.min(until) - report.begin_s().max(from)).max(0.0);
    let covered: f64 = reports.iter().map(inside).sum();
    let bits: f64 = reports.iter().map(|report| report.throughput_bps * inside(report)).sum();
    (covered >= COVERED * window.duration_s && bits > 0.0).then(|| bits / covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that reports every second from `begin` on.
    fn line(begin: f64, rates: &[f64]) -> Vec<Report> {
        let report = |(second, rate): (u32, &f64)| Report {
            end_s: begin + f64::from(second),
            duration_s: 1.0,
            throughput_bps: *rate,
        };
        (1..).zip(rates).map(report).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-6, "{a} is not {b}");
    }

    #[test]
    fn the_window_is_that_of_all_lines_without_warm_up_and_cool_down() {
        let (early, late) = (line(1000.0, &[1.0; 6]), line(1000.5, &[1.0; 6]));
        let window = common(&[&early, &late], 1.0, 1.0).unwrap();
        close(window.from_s, 1.5);
        close(window.duration_s, 3.5);
        assert_eq!(common(&[&early, &late], 3.0, 3.0), None, "nothing is left");
        assert_eq!(common(&[&early, &line(1010.0, &[1.0; 6])], 0.0, 0.0), None, "they never met");
        assert_eq!(common(&[&early, &[]], 0.0, 0.0), None, "nobody knows when the second one sent");
    }

    #[test]
    fn a_slow_start_and_a_line_that_has_all_to_itself_in_the_end_do_not_count() {
        let reports = line(1000.0, &[10.0, 100.0, 100.0, 100.0, 400.0]);
        let window = common(&[&reports], 1.0, 1.0).unwrap();
        close(mean_bps(&reports, 1000.0, &window).unwrap(), 100.0);
    }

    #[test]
    fn of_a_report_that_reaches_beyond_the_window_its_share_counts() {
        let reports = line(1000.0, &[10.0, 30.0]);
        let window = Window { from_s: 0.5, duration_s: 1.0 };
        close(mean_bps(&reports, 1000.0, &window).unwrap(), 20.0);
    }

    #[test]
    fn reports_with_a_gap_have_no_mean() {
        let mut reports = line(1000.0, &[10.0, 30.0, 20.0]);
        reports.remove(1);
        assert_eq!(mean_bps(&reports, 1000.0, &Window { from_s: 0.0, duration_s: 3.0 }), None);
        assert_eq!(mean_bps(&[], 1000.0, &Window { from_s: 0.0, duration_s: 3.0 }), None);
    }
}
