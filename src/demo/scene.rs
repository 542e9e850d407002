//! What is so at one moment of a demo: all that the view draws. What is not known is `None`, and is drawn as such.
//!
//! Must not know how it is drawn, nor where it comes from.

use std::time::Duration;

use crate::measure::live::CpuBusy;

/// A moment of a demo.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// The testbed.
    pub testbed: String,
    /// Whether its hosts are virtual: their rates rank nothing.
    pub emulated: bool,
    /// The framework of now.
    pub framework: String,
    /// Its lines, frames and generator, in words: `2 lines, frames of 512 bytes, pktgen`.
    pub cell: String,
    /// What is done at this moment.
    pub phase: Phase,
    /// The lines of now.
    pub lines: Vec<LineNow>,
    /// CPUs of the middlebox that work for these lines.
    pub cores: Vec<CoreNow>,
    /// What bounds the figure, where that is known.
    pub limit: Option<String>,
    /// Every framework that there is, in the order of their turns.
    pub league: Vec<Place>,
    /// Whether the next framework comes by itself.
    pub cycles: bool,
    /// Whether there is more than one size of frames.
    pub sized: bool,
    /// How long the demo has gone on.
    pub elapsed: Duration,
    /// When it ends by itself: so long from now.
    pub left: Option<Duration>,
    /// The last thing that was said.
    pub remark: String,
}

/// What is done at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Phase {
    /// The hosts are made ready for the framework.
    #[default]
    Loading,
    /// Traffic goes through, in the so-manieth trial of this cell.
    Traffic(u32),
    /// Counters are read, or generators start: no traffic that would say something.
    Between,
    /// What was changed is undone.
    Unloading,
    /// The hosts are given back, and the demo ends.
    Ending,
}

/// A line at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineNow {
    /// Its number, from 1.
    pub number: u32,
    /// Bits a second of frames that come to the sink.
    pub rate_bps: Option<f64>,
    /// Packets that are lost on the way, a second.
    pub lost_pps: Option<f64>,
    /// The rates until now, the newest last.
    pub past_bps: Vec<f64>,
}

/// A CPU of the middlebox at a moment, as shares of its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoreNow {
    /// Its number.
    pub number: u32,
    /// At work.
    pub busy: f64,
    /// In softirqs; these are in `busy` too.
    pub softirq: f64,
}

impl CoreNow {
    /// Of a CPU that is watched; none of one that is off.
    pub fn of(cpu: &CpuBusy) -> Option<Self> {
        Some(Self { number: cpu.cpu, busy: cpu.busy?, softirq: cpu.softirq? })
    }
}

/// A framework among the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// Its name.
    pub framework: String,
    /// The mean of its trials so far in the cell that it had last, bits a second as the generator counts.
    pub mean_bps: Option<f64>,
    /// How many trials that is of.
    pub trials: usize,
    /// Why it has no figure.
    pub failed: Option<String>,
}

impl Scene {
    /// All lines together; not known where one is not.
    pub fn total_bps(&self) -> Option<f64> {
        let rates: Option<Vec<f64>> = self.lines.iter().map(|line| line.rate_bps).collect();
        rates.filter(|rates| !rates.is_empty()).map(|rates| rates.iter().sum())
    }

    /// Packets that are lost on all lines together, a second; not known where it is not on one of them.
    pub fn lost_pps(&self) -> Option<f64> {
        let lost: Option<Vec<f64>> = self.lines.iter().map(|line| line.lost_pps).collect();
        lost.filter(|lost| !lost.is_empty()).map(|lost| lost.iter().sum())
    }

    /// The frameworks by their means, those without one last. Virtual hosts rank nothing: there it stays with the turns.
    pub fn ranked(&self) -> Vec<&Place> {
        let mut places: Vec<&Place> = self.league.iter().collect();
        if !self.emulated {
            let key = |place: &Place| place.mean_bps.unwrap_or(-1.0);
            places.sort_by(|a, b| key(b).total_cmp(&key(a)));
        }
        places
    }
}

#[cfg(test)]
pub mod sample {
    use super::*;

    /// The middle of a demo on two lines of real hosts.
    pub fn scene() -> Scene {
        let line = |number, rate, lost| LineNow {
            number,
            rate_bps: Some(rate),
            lost_pps: Some(lost),
            past_bps: (0..60).map(|at| rate * (0.8 + 0.2 * f64::from(at % 7) / 6.0)).collect(),
        };
        let core = |number, busy, softirq| CoreNow { number, busy, softirq };
        let place = |framework: &str, mean_bps, failed: Option<&str>| Place {
            framework: framework.to_owned(),
            mean_bps,
            trials: if mean_bps.is_some() { 3 } else { 0 },
            failed: failed.map(str::to_owned),
        };
        Scene {
            testbed: "fractus".to_owned(),
            emulated: false,
            framework: "netslice".to_owned(),
            cell: "2 lines, full frames, netperf".to_owned(),
            phase: Phase::Traffic(3),
            lines: vec![line(1, 9.41e9, 0.0), line(2, 7.93e9, 12_400.0)],
            cores: vec![core(2, 0.93, 0.41), core(3, 0.88, 0.4), core(4, 0.21, 0.21), core(5, 0.2, 0.2)],
            limit: Some("the cable: it carries no more".to_owned()),
            league: vec![
                place("bridge", Some(11.2e9), None),
                place("netslice", Some(17.3e9), None),
                place("netmap", None, Some("module `netmap` is not there for kernel 6.12")),
                place("dpdk", None, None),
            ],
            cycles: true,
            sized: true,
            elapsed: Duration::from_secs(754),
            left: None,
            remark: "netslice on 2 lines: trial 2 of 3: 17.34 Gb/s, 12.1 s".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_which_nothing_is_known_leaves_no_sum() {
        let mut scene = sample::scene();
        assert_eq!(scene.total_bps(), Some(9.41e9 + 7.93e9));
        assert_eq!(scene.lost_pps(), Some(12_400.0));
        scene.lines[0].rate_bps = None;
        scene.lines[1].lost_pps = None;
        assert_eq!((scene.total_bps(), scene.lost_pps()), (None, None));
        scene.lines.clear();
        assert_eq!(scene.total_bps(), None);
    }

    #[test]
    fn virtual_hosts_rank_nothing() {
        let mut scene = sample::scene();
        let names = |scene: &Scene| scene.ranked().iter().map(|place| place.framework.clone()).collect::<Vec<_>>();
        assert_eq!(names(&scene), ["netslice", "bridge", "netmap", "dpdk"]);
        scene.emulated = true;
        assert_eq!(names(&scene), ["bridge", "netslice", "netmap", "dpdk"]);
    }
}
