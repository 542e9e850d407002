//! What is drawn of a series that is longer, or has more, than its picture has room for. Must not know what it measures.

use super::{Along, Stretch, Times};

/// Stretches of one trace: more do not fit into the width of a page.
const MOST: usize = 240;

/// Stretches of all traces of a figure: a page has many figures, and has to stay quick.
const MOST_TOGETHER: usize = 1600;

/// Seconds that are shown before the traffic began and after what counts.
const AROUND_S: f64 = 1.0;

/// Cuts what a host did long before the traffic and long after it.
pub fn within(times: &mut Times) {
    let ends = times.window.map_or(f64::INFINITY, |[_, end]| end + 2.0 * AROUND_S);
    for trace in &mut times.traces {
        trace.stretches.retain(|stretch| stretch.to_s > -AROUND_S && stretch.from_s < ends);
    }
}

/// Puts neighbours together where there are too many to be seen. Says how many.
pub fn thinned(times: &mut Times) -> Option<String> {
    let longest = times.traces.iter().map(|trace| trace.stretches.len()).max()?;
    let most = (MOST_TOGETHER / times.traces.len().max(1)).clamp(40, MOST);
    let together = longest.div_ceil(most).max(1);
    for trace in &mut times.traces {
        trace.stretches = fewer(&trace.stretches, together);
    }
    let of = match times.along {
        Along::Seconds => "readings",
        Along::Cycles => "cycles",
    };
    (together > 1).then(|| format!("Each step is the mean of {together} {of}."))
}

/// So many neighbours each as one, with their mean over time.
pub fn fewer(stretches: &[Stretch], together: usize) -> Vec<Stretch> {
    let joined = stretches.chunks(together.max(1)).filter_map(|chunk| {
        let (first, last) = (chunk.first()?, chunk.last()?);
        let length = |each: &Stretch| each.to_s - each.from_s;
        let time: f64 = chunk.iter().map(length).sum();
        let sum: f64 = chunk.iter().map(|each| each.value * length(each)).sum();
        let value = if time > 0.0 { sum / time } else { first.value };
        Some(Stretch { from_s: first.from_s, to_s: last.to_s, value })
    });
    joined.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::Trace;

    fn times(traces: usize, from_s: i32, seconds: i32) -> Times {
        let stretch = |second: i32| Stretch {
            from_s: f64::from(second),
            to_s: f64::from(second + 1),
            value: if second == 7 { 16.0 } else { 1.0 },
        };
        let trace = Trace { stretches: (from_s..seconds).map(stretch).collect(), ..Trace::default() };
        Times { traces: vec![trace; traces], ..Times::default() }
    }

    #[test]
    fn an_hour_of_seconds_is_drawn_in_no_more_stretches_than_fit_and_keeps_its_mean() {
        let mut hour = times(1, 0, 3600);
        assert_eq!(thinned(&mut hour).as_deref(), Some("Each step is the mean of 15 readings."));
        let drawn = &hour.traces[0].stretches;
        assert!(drawn.len() <= MOST && (drawn.last().unwrap().to_s - 3600.0).abs() < 1e-9);
        assert!((drawn[0].value - 2.0).abs() < 1e-9, "15 seconds: one of 16, else 1: {}", drawn[0].value);
    }

    #[test]
    fn many_traces_have_less_room_each_and_a_short_one_stays_as_it_is() {
        let mut many = times(16, 0, 600);
        thinned(&mut many);
        assert!(many.traces.iter().all(|trace| trace.stretches.len() <= 100));
        let mut short = times(1, 0, 9);
        assert_eq!((thinned(&mut short), short), (None, times(1, 0, 9)));
    }

    #[test]
    fn long_before_and_long_after_the_traffic_nothing_is_drawn() {
        let mut cut = Times { window: Some([1.0, 5.0]), ..times(1, -4, 20) };
        within(&mut cut);
        let stretches = &cut.traces[0].stretches;
        assert!((stretches[0].from_s - -1.0).abs() < 1e-9 && (stretches.last().unwrap().to_s - 7.0).abs() < 1e-9);
        let mut whole = times(1, 0, 9);
        within(&mut whole);
        assert_eq!(whole, times(1, 0, 9));
    }
}
