//! The series of a trial's hosts, as `raw/….jsonl` beside a record has them: read back, for whoever plots them.
//!
//! The file's first line says what the series is of, the second what its columns are, in the words of the program that
//! watched the host; every other line is a sample, as that program printed it: what was counted since the line before.
//! `docs/measuring.md` has the keys. Must not know how a host is watched, nor what is made of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The version of the file's format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// Why a series cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read `{path}`")]
    NotReadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("line {line} of the series is not understood ({why}): `{text}`")]
    Broken {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        why: String,
        /// Its beginning.
        text: String,
    },
    /// The series was written by a later nsbench.
    #[error(
        "the series has format {0}, this nsbench reads {FORMAT}\nhint: read it with the nsbench that wrote it, or a later one"
    )]
    Newer(u32),
}

/// What a series is of: the first line of its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preface {
    /// Version of the format.
    pub stream: u32,
    /// `source`, `middlebox` or `sink`.
    pub host: String,
    /// When the traffic began, by the clock of the samples; not known of a trial without a figure.
    pub zero_s: Option<f64>,
    /// When the first sample begins, by the same clock.
    pub from_s: f64,
    /// The interfaces of each line's ports on this host, by the number of the line and the port's place (`source`, `in`,
    /// `out`, `sink`).
    pub lines: BTreeMap<u32, BTreeMap<String, String>>,
}

/// The columns, as the program that watched says: the second line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Columns {
    hoststream: u32,
    cpu: Vec<u32>,
    port: Vec<String>,
    temp: Vec<String>,
}

/// The times of any line that this program printed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Times {
    /// Seconds by the host's monotonic clock.
    #[serde(rename = "t")]
    pub monotonic_s: f64,
    /// Seconds since 1970 by its clock on the wall.
    #[serde(rename = "w")]
    pub wall_s: f64,
}

/// A sample as it stands in the file.
#[derive(Deserialize)]
struct Told {
    t: f64,
    cpu: Vec<Option<[u64; 6]>>,
    irq: Option<[u64; 3]>,
    mem: Option<u64>,
    port: Vec<Option<[u64; 8]>>,
    pause: Option<Vec<Option<[u64; 2]>>>,
    freq: Option<Vec<Option<u64>>>,
    temp: Option<Vec<Option<u64>>>,
    #[serde(rename = "self")]
    own_us: Option<u64>,
}

/// The series of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    /// `source`, `middlebox` or `sink`.
    pub host: String,
    /// Numbers of its CPUs, in the order of [`Sample::cpus`].
    pub cpus: Vec<u32>,
    /// Its test ports, in the order of [`Sample::ports`].
    pub ports: Vec<String>,
    /// The same by line and place (`source`, `in`, `out`, `sink`).
    pub lines: BTreeMap<u32, BTreeMap<String, String>>,
    /// Its thermometers, in the order of [`Sample::temperatures_c`].
    pub thermometers: Vec<String>,
    /// What it did, in the order of time.
    pub samples: Vec<Sample>,
}

/// What a host did in a stretch of time. What it did not tell, or not this time, is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When the stretch began, seconds after the traffic did (where that is known: [`Preface::zero_s`]), as a trial's window.
    pub from_s: f64,
    /// When it ended.
    pub until_s: f64,
    /// Ticks of each CPU.
    pub cpus: Vec<Option<Ticks>>,
    /// What each port counted.
    pub ports: Vec<Option<PortCount>>,
    /// Interrupts, and softirqs of the network.
    pub interrupts: Option<Interrupts>,
    /// Memory that is available to programs, KiB.
    pub memory_available_kib: Option<u64>,
    /// Each CPU, MHz.
    pub frequencies_mhz: Vec<Option<u64>>,
    /// Each thermometer.
    pub temperatures_c: Vec<Option<u64>>,
    /// CPU time of what watched, microseconds.
    pub own_us: Option<u64>,
}

/// What a CPU's time was spent on, in ticks of 10 ms: a sample of 100 ms has about ten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the kernel's names
pub struct Ticks {
    pub user: u64,
    pub system: u64,
    pub irq: u64,
    pub softirq: u64,
    pub idle: u64,
    pub steal: u64,
}

impl Ticks {
    /// At work.
    pub const fn busy(&self) -> u64 {
        self.user.saturating_add(self.system).saturating_add(self.irq).saturating_add(self.softirq)
    }

    /// All of them.
    pub const fn all(&self) -> u64 {
        self.busy().saturating_add(self.idle).saturating_add(self.steal)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            user: self.user.saturating_add(other.user),
            system: self.system.saturating_add(other.system),
            irq: self.irq.saturating_add(other.irq),
            softirq: self.softirq.saturating_add(other.softirq),
            idle: self.idle.saturating_add(other.idle),
            steal: self.steal.saturating_add(other.steal),
        }
    }
}

/// What a port counted. Pauses may be read less often than the others, and are then those of several samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // as in `PortLosses`
pub struct PortCount {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_dropped: u64,
    pub rx_fifo: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_dropped: u64,
    pub tx_fifo: u64,
    pub rx_pauses: Option<u64>,
    pub tx_pauses: Option<u64>,
}

/// Interrupts of all CPUs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interrupts {
    /// Of every kind.
    pub all: u64,
    /// Softirqs `NET_TX`.
    pub net_tx: u64,
    /// Softirqs `NET_RX`.
    pub net_rx: u64,
}

/// A CPU in a stretch of time, as shares of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuShare {
    /// The middle of the stretch, seconds after the traffic began.
    pub at_s: f64,
    /// At work.
    pub busy: f64,
    /// In softirqs; these are in `busy` too.
    pub softirq: f64,
}

/// A port in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PortRate {
    /// The middle of the stretch, seconds after the traffic began.
    pub at_s: f64,
    /// Bits a second of frames without their check sequence, as the port counts them, received.
    pub rx_bps: f64,
    /// The same sent.
    pub tx_bps: f64,
    /// Packets a second received.
    pub rx_pps: f64,
    /// The same sent.
    pub tx_pps: f64,
}

impl Sample {
    /// How long the stretch was.
    pub fn duration_s(&self) -> f64 {
        self.until_s - self.from_s
    }

    fn middle_s(&self) -> f64 {
        f64::midpoint(self.from_s, self.until_s)
    }
}

/// Reads the series in the file at `path`: that of [`super::Watched::stream`], in the directory of its run.
pub fn read(path: &Path) -> Result<Stream, StreamError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| StreamError::NotReadable { path: path.display().to_string(), source })?;
    Stream::parse(&text)
}

/// Samples one by one, as a program that watches prints them; their times are by its host's monotonic clock.
#[derive(Debug)]
pub struct Reader {
    columns: Columns,
    /// When the next sample begins, by that clock.
    from_s: f64,
    /// What times are told from, by that clock.
    zero: f64,
}

impl Reader {
    /// Begins with the line that says what the columns are.
    pub fn new(columns: &str) -> Result<Self, StreamError> {
        let first = (1, columns);
        let Times { monotonic_s: from_s, .. } = understood(first)?;
        Ok(Self { columns: Columns::read(first)?, from_s, zero: 0.0 })
    }

    /// Numbers of the CPUs, in the order of [`Sample::cpus`].
    pub fn cpus(&self) -> &[u32] {
        &self.columns.cpu
    }

    /// The test ports, in the order of [`Sample::ports`].
    pub fn ports(&self) -> &[String] {
        &self.columns.port
    }

    /// The next sample.
    pub fn sample(&mut self, line: &str) -> Result<Sample, StreamError> {
        self.read((1, line))
    }

    fn read(&mut self, line: (usize, &str)) -> Result<Sample, StreamError> {
        let told: Told = understood(line)?;
        if (told.cpu.len(), told.port.len()) != (self.columns.cpu.len(), self.columns.port.len()) {
            return Err(broken(line, "not as many columns as were announced"));
        }
        let sample = sample(told, self.from_s - self.zero, self.zero);
        if sample.duration_s() <= 0.0 {
            return Err(broken(line, "not later than the line before"));
        }
        self.from_s = sample.until_s + self.zero;
        Ok(sample)
    }
}

impl Columns {
    fn read(line: (usize, &str)) -> Result<Self, StreamError> {
        let columns: Self = understood(line)?;
        if columns.hoststream != FORMAT {
            return Err(broken(line, "an unknown version"));
        }
        Ok(columns)
    }
}

impl Stream {
    /// Reads the text of such a file.
    pub fn parse(text: &str) -> Result<Self, StreamError> {
        let mut lines = (1..).zip(text.lines());
        let mut line = || lines.next().unwrap_or((0, ""));
        let preface: Preface = understood(line())?;
        if preface.stream > FORMAT {
            return Err(StreamError::Newer(preface.stream));
        }
        let columns = Columns::read(line())?;
        let zero = preface.zero_s.unwrap_or(preface.from_s);
        let mut reader = Reader { columns, from_s: preface.from_s, zero };
        let samples = lines.map(|line| reader.read(line));
        let samples = samples.collect::<Result<_, _>>()?;
        let Columns { cpu: cpus, port: ports, temp: thermometers, .. } = reader.columns;
        Ok(Self { host: preface.host, cpus, ports, lines: preface.lines, thermometers, samples })
    }

    /// How busy the CPU of that number was, over time.
    pub fn cpu(&self, number: u32) -> Vec<CpuShare> {
        let Some(index) = self.cpus.iter().position(|cpu| *cpu == number) else { return Vec::new() };
        let share = |sample: &Sample| {
            let ticks = sample.cpus[index].filter(|ticks| ticks.all() > 0)?;
            let of = |part: u64| part as f64 / ticks.all() as f64;
            Some(CpuShare { at_s: sample.middle_s(), busy: of(ticks.busy()), softirq: of(ticks.softirq) })
        };
        self.samples.iter().filter_map(share).collect()
    }

    /// What the port of that name carried, over time; nothing of one that a user-space driver holds.
    pub fn port(&self, name: &str) -> Vec<PortRate> {
        let Some(index) = self.ports.iter().position(|port| port == name) else { return Vec::new() };
        let rate = |sample: &Sample| {
            let count = sample.ports[index]?;
            let a_second = |count: u64| count as f64 / sample.duration_s();
            Some(PortRate {
                at_s: sample.middle_s(),
                rx_bps: a_second(count.rx_bytes) * 8.0,
                tx_bps: a_second(count.tx_bytes) * 8.0,
                rx_pps: a_second(count.rx_packets),
                tx_pps: a_second(count.tx_packets),
            })
        };
        self.samples.iter().filter_map(rate).collect()
    }

    /// The interface of a line's port at a place (`source`, `in`, `out`, `sink`), where that is on this host.
    pub fn port_of(&self, line: u32, seat: &str) -> Option<&str> {
        self.lines.get(&line)?.get(seat).map(String::as_str)
    }
}

fn sample(told: Told, from_s: f64, zero: f64) -> Sample {
    let ticks = |[user, system, irq, softirq, idle, steal]: [u64; 6]| Ticks { user, system, irq, softirq, idle, steal };
    let pauses = told.pause.unwrap_or_default();
    let port = |(index, counts): (usize, Option<[u64; 8]>)| {
        let [rx_bytes, rx_packets, rx_dropped, rx_fifo, tx_bytes, tx_packets, tx_dropped, tx_fifo] = counts?;
        let [rx_pauses, tx_pauses] = pauses.get(index).copied().flatten().map_or([None; 2], |pauses| pauses.map(Some));
        Some(PortCount {
            rx_bytes,
            rx_packets,
            rx_dropped,
            rx_fifo,
            tx_bytes,
            tx_packets,
            tx_dropped,
            tx_fifo,
            rx_pauses,
            tx_pauses,
        })
    };
    Sample {
        from_s,
        until_s: told.t - zero,
        cpus: told.cpu.into_iter().map(|cpu| cpu.map(ticks)).collect(),
        ports: told.port.into_iter().enumerate().map(port).collect(),
        interrupts: told.irq.map(|[all, net_tx, net_rx]| Interrupts { all, net_tx, net_rx }),
        memory_available_kib: told.mem,
        frequencies_mhz: told.freq.unwrap_or_default(),
        temperatures_c: told.temp.unwrap_or_default(),
        own_us: told.own_us,
    }
}

fn understood<'a, T: Deserialize<'a>>((line, text): (usize, &'a str)) -> Result<T, StreamError> {
    serde_json::from_str(text).map_err(|error| broken((line, text), &error.to_string()))
}

fn broken((line, text): (usize, &str), why: &str) -> StreamError {
    StreamError::Broken { line, why: why.to_owned(), text: text.chars().take(120).collect() }
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
