//! What source and sink did without the middlebox's forwarding: what no framework could better. Must not know how it is drawn.

use super::{Bar, Bars, Figure, Plot, Series};
use crate::record::{Calibration, Run};

/// One of the ways of a calibration, bits a second.
type Way = fn(&Calibration) -> Option<f64>;

const WAYS: [(&str, Way); 3] = [
    ("source to middlebox", |calibration| calibration.source_to_middlebox_bps),
    ("middlebox to sink", |calibration| calibration.middlebox_to_sink_bps),
    ("source to itself", |calibration| calibration.source_alone_bps),
];

/// A figure a run that was calibrated.
pub fn of(runs: &[Run]) -> Vec<Figure> {
    let calibrated = runs.iter().filter_map(|run| {
        let calibrations = &run.ceilings.as_ref()?.calibrations;
        let known = |way: &(&str, Way)| calibrations.iter().any(|calibration| way.1(calibration).is_some());
        WAYS.iter().any(known).then_some((run, calibrations.as_slice()))
    });
    let calibrated: Vec<_> = calibrated.collect();
    let several = calibrated.len() > 1;
    (1..).zip(calibrated).map(|(number, (run, of))| figure(number, run, of, several)).collect()
}

fn figure(number: usize, run: &Run, calibrations: &[Calibration], several: bool) -> Figure {
    let highest = WAYS.iter().flat_map(|(_, way)| calibrations.iter().filter_map(way)).fold(0.0, f64::max);
    let (unit, bps) = if highest >= 1e9 { ("Gb/s", 1e9) } else { ("Mb/s", 1e6) };
    let bar =
        |bps_of: Option<f64>| bps_of.map_or(Bar::Failed, |value| Bar::Figure { value: value / bps, interval: None });
    let series = WAYS.iter().map(|(name, way)| Series {
        name: (*name).to_owned(),
        bars: calibrations.iter().map(|calibration| bar(way(calibration))).collect(),
    });
    let bars = Bars {
        up: format!("throughput, {unit}"),
        groups: calibrations.iter().map(|calibration| format!("{} Line", calibration.lines)).collect(),
        series: series.collect(),
        ceilings: Vec::new(),
    };
    let on = run.middlebox.as_ref().map_or(String::new(), |name| format!(", on {name}"));
    let of = if several { format!(", {}", run.id) } else { String::new() };
    Figure {
        name: if number > 1 { format!("calibration-{number}") } else { "calibration".to_owned() },
        title: format!("Without the middlebox's forwarding{on}{of}"),
        alternative: bars.in_words("Bar chart of what source and sink do without the middlebox's forwarding"),
        notes: vec!["One trial each. The lower of the first two is a ceiling that no framework betters.".to_owned()],
        plot: Plot::Bars(bars),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Ceilings, sample};

    #[test]
    fn each_calibrated_run_has_a_figure_and_what_was_not_measured_is_no_zero() {
        let calibrated = |id: &str, to_sink: Option<f64>| {
            let calibration = Calibration {
                lines: 2,
                source_to_middlebox_bps: Some(9e9),
                middlebox_to_sink_bps: to_sink,
                ..Calibration::default()
            };
            let ceilings = Ceilings { calibrations: vec![calibration], ..Ceilings::default() };
            Run { ceilings: Some(ceilings), ..sample::run(id, "2026-11-22T09:00:00Z") }
        };
        let runs = [calibrated("a", Some(8e9)), sample::run("b", "2026-11-22T09:00:00Z"), calibrated("c", None)];
        let figures = of(&runs);
        let titles: Vec<_> = figures.iter().map(|figure| figure.title.as_str()).collect();
        assert_eq!(titles, ["Without the middlebox's forwarding, a", "Without the middlebox's forwarding, c"]);
        let Plot::Bars(bars) = &figures[1].plot else { panic!() };
        assert_eq!(bars.series[1].bars, [Bar::Failed]);
        assert_eq!(bars.series[0].bars, [Bar::Figure { value: 9.0, interval: None }]);
    }
}
