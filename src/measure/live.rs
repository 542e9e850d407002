//! What goes on right now: each line's rate and losses and each host's CPUs, from the samples of the hosts' streams as they
//! come. For who looks on, not for records: counts of two hosts are laid over each other by clocks that are some
//! milliseconds apart, and what cannot be told for sure is not told.
//!
//! Hosts send their samples once a second, ten at a time, so that is how often there is something new. Must not know how a
//! host is watched, nor what this is drawn on.

mod tally;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::record::streams::{Reader, Sample, StreamError, Ticks};
use crate::role::Role;
use crate::testbed::Seat;
use tally::{Flow, Totals};

/// What a rate and a share are taken over: a tenth of a second has ten ticks, and a TCP sender's bursts.
const SPAN_S: f64 = 0.5;

/// Clocks tick in steps.
const NEARLY_S: f64 = 0.01;

/// How much of the past there is to draw, in spans: a minute.
pub const HISTORY: usize = 120;

/// What goes on right now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// The lines that carry traffic, in their order.
    pub lines: Vec<LiveLine>,
    /// The CPUs of each host that is watched, by their numbers; a host that cannot be watched is not there.
    pub cpus: BTreeMap<Role, Vec<CpuBusy>>,
}

/// A line, right now. What nobody counts is `None`: a rate where the sink is not watched, or a user-space driver has its port.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveLine {
    /// Its number, from 1.
    pub line: u32,
    /// The port of the source and that of the sink.
    pub ends: [String; 2],
    /// Bits a second that arrive at the sink's port, in frames without their check sequence, over the last half second.
    pub rate_bps: Option<f64>,
    /// The same of the source's port, as it sends.
    pub sent_bps: Option<f64>,
    /// [`Self::rate_bps`] as it was, oldest first, two a second, a minute at most; the last is now.
    pub history: Vec<Option<f64>>,
    /// Packets lost on the way from source to sink since [`Feed::begin`]: at least as many.
    pub lost: Option<u64>,
    /// Packets lost a second, of late.
    pub losing_pps: Option<f64>,
}

/// A CPU over the last half second, as shares of its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuBusy {
    /// Its number.
    pub cpu: u32,
    /// At work; `None` of one that is off.
    pub busy: Option<f64>,
    /// In softirqs, where the kernel forwards; these are in `busy` too.
    pub softirq: Option<f64>,
}

/// Where samples go in and [`Live`] comes out, as often as one likes. Clones are of one and the same.
#[derive(Clone, Default)]
pub struct Feed(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The hosts' ports of each line, by place.
    lines: BTreeMap<u32, BTreeMap<Seat, String>>,
    hosts: BTreeMap<Role, Host>,
    /// Those from which nothing more comes.
    silent: BTreeSet<Role>,
}

/// What is known of a host.
struct Host {
    reader: Reader,
    /// Its ports, by name.
    ports: BTreeMap<String, Port>,
    cpus: Vec<Ticks>,
    /// The span that goes on.
    going: Span,
    /// What has to be added to its clock to get ours.
    offset_s: f64,
}

#[derive(Default)]
struct Span {
    length_s: f64,
    cpus: Vec<Ticks>,
}

#[derive(Default)]
struct Port {
    rx: Flow,
    tx: Flow,
    /// Bits a second received, a span each.
    history: VecDeque<Option<f64>>,
    sent_bps: Option<f64>,
    totals: Totals,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Feed").field(&self.now()).finish()
    }
}

impl Feed {
    /// Of lines whose ports are at these places.
    pub fn new(lines: BTreeMap<u32, BTreeMap<Seat, String>>) -> Self {
        Self(Arc::new(Mutex::new(State { lines, ..State::default() })))
    }

    /// What is so now.
    pub fn now(&self) -> Live {
        let state = self.state();
        let lines = state.lines.iter().map(|(line, ports)| state.line(*line, ports)).collect();
        Live { lines, cpus: state.hosts.iter().map(|(role, host)| (*role, host.busy())).collect() }
    }

    /// From now on counts what is lost; what was before is forgotten. The history stays.
    pub fn begin(&self) {
        for port in self.state().hosts.values_mut().flat_map(|host| host.ports.values_mut()) {
            port.rx.begin();
            port.tx.begin();
            port.totals = Totals::default();
        }
    }

    /// A host's next line came at `came_s` by our clock: its first says what the columns are, every other is a sample.
    pub(super) fn hear(&self, role: Role, line: &str, came_s: f64) -> Result<(), StreamError> {
        let mut state = self.state();
        if let Some(host) = state.hosts.get_mut(&role) {
            return host.hear(line, came_s);
        }
        if !state.silent.contains(&role) {
            state.hosts.insert(role, Host::new(Reader::new(line)?));
        }
        Ok(())
    }

    /// Nothing more comes from that host, and what it said is not so now.
    pub(super) fn silence(&self, role: Role) {
        let mut state = self.state();
        state.hosts.remove(&role);
        state.silent.insert(role);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn line(&self, line: u32, ports: &BTreeMap<Seat, String>) -> LiveLine {
        let host = |seat: Seat| self.hosts.get(&seat.role());
        let port = |seat: Seat| host(seat)?.ports.get(ports.get(&seat)?);
        let name = |seat: Seat| ports.get(&seat).cloned().unwrap_or_default();
        let history: Vec<_> = port(Seat::Sink).map(|sink| sink.history.iter().copied().collect()).unwrap_or_default();
        let missing = || {
            let offset_s = host(Seat::Source)?.offset_s - host(Seat::Sink)?.offset_s;
            tally::missing(&port(Seat::Source)?.tx, &port(Seat::Sink)?.rx, offset_s)
        };
        let totals = Seat::ALL.into_iter().filter_map(|seat| tally::dropped(seat, &port(seat)?.totals));
        let dropped = totals.reduce(|one, other| [one[0] + other[0], one[1] + other[1]]);
        let lost = match (missing(), dropped) {
            (Some(missing), Some(dropped)) => Some([missing[0].max(dropped[0]), missing[1].max(dropped[1])]),
            (missing, dropped) => missing.or(dropped),
        };
        LiveLine {
            line,
            ends: [name(Seat::Source), name(Seat::Sink)],
            rate_bps: history.last().copied().flatten(),
            sent_bps: port(Seat::Source).and_then(|source| source.sent_bps),
            history,
            lost: lost.map(|[all, _]| all as u64),
            losing_pps: lost.map(|[_, now]| now),
        }
    }
}

impl Host {
    fn new(reader: Reader) -> Self {
        let ports = reader.ports().iter().map(|name| (name.clone(), Port::default())).collect();
        Self { reader, ports, cpus: Vec::new(), going: Span::default(), offset_s: f64::INFINITY }
    }

    fn hear(&mut self, line: &str, came_s: f64) -> Result<(), StreamError> {
        let sample = self.reader.sample(line)?;
        // The sample that came fastest tells how far the clocks are apart.
        self.offset_s = self.offset_s.min(came_s - sample.until_s);
        for (name, count) in self.reader.ports().iter().zip(&sample.ports) {
            let Some(port) = self.ports.get_mut(name) else { continue };
            port.rx.count(sample.until_s, count.map(|count| [count.rx_packets, count.rx_bytes]));
            port.tx.count(sample.until_s, count.map(|count| [count.tx_packets, count.tx_bytes]));
            port.totals.count(sample.duration_s(), count.as_ref());
        }
        self.going.add(&sample);
        if self.going.length_s >= SPAN_S - NEARLY_S {
            let Span { length_s, cpus } = std::mem::take(&mut self.going);
            self.cpus = cpus;
            self.ports.values_mut().for_each(|port| port.span(length_s));
        }
        Ok(())
    }

    fn busy(&self) -> Vec<CpuBusy> {
        let busy = |(index, cpu): (usize, &u32)| {
            let ticks = self.cpus.get(index).filter(|ticks| ticks.all() > 0);
            let share = |part: fn(&Ticks) -> u64| ticks.map(|ticks| part(ticks) as f64 / ticks.all() as f64);
            CpuBusy { cpu: *cpu, busy: share(Ticks::busy), softirq: share(|ticks| ticks.softirq) }
        };
        self.reader.cpus().iter().enumerate().map(busy).collect()
    }
}

impl Span {
    fn add(&mut self, sample: &Sample) {
        self.length_s += sample.duration_s();
        self.cpus.resize(sample.cpus.len(), Ticks::default());
        for (sum, ticks) in self.cpus.iter_mut().zip(&sample.cpus) {
            *sum = sum.and(ticks.unwrap_or_default());
        }
    }
}

impl Port {
    /// A span is over. One that is longer, because its host was late, takes as much room as it lasted.
    fn span(&mut self, length_s: f64) {
        let rate = self.rx.bits().map(|bits| bits / length_s);
        self.sent_bps = self.tx.bits().map(|bits| bits / length_s);
        for _ in 0..((length_s / SPAN_S).round() as usize).clamp(1, HISTORY) {
            if self.history.len() == HISTORY {
                self.history.pop_front();
            }
            self.history.push_back(rate);
        }
    }
}

#[cfg(test)]
#[path = "live/tests.rs"]
mod tests;
