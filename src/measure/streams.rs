//! The three hosts, watched while a cell is measured by a program that stays there: CPUs, ports, memory and sensors, ten
//! times a second, over a channel of the connection that there is already.
//!
//! What cannot be watched is said and gone without: it is no reason to lose a measurement. Must not know which framework
//! forwards, nor where a series is stored.

mod clock;
mod follow;
mod summary;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::live::Feed;
use crate::host::Host;
use crate::host::shell::Argv;
use crate::output;
use crate::plan::WORK;
use crate::record::streams::{FORMAT, Preface, Stream, Times};
use crate::record::{Watched, Window};
use crate::role::Role;
use crate::testbed::{Line, Seat, Testbed};
use clock::Stamped;
use follow::follow;

/// The program that watches a host, as it is written to it; built with nsbench (build.rs).
pub const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hoststream"));

/// How long a host may take to begin, and to end.
const BOUND: Duration = Duration::from_secs(20);

/// How long samples of what has been may take to come here.
const BEHIND: Duration = Duration::from_secs(3);

/// The last words of a program that ended, of which one line is told.
const SAID: usize = 200;

/// The three hosts, in the order of [`Role::ALL`].
#[derive(Debug)]
pub struct Streams {
    each: Vec<Watcher>,
    /// What times of this process count from.
    epoch: Instant,
    /// What is so now, for who looks on.
    live: Feed,
}

/// A host, and its program or why there is none.
#[derive(Debug)]
struct Watcher {
    role: Role,
    /// Interfaces of its test ports, by line and place.
    lines: BTreeMap<u32, BTreeMap<String, String>>,
    stream: Result<Running, String>,
}

/// A program that watches. Dropping it ends the program too, and nobody sees whether it did.
#[derive(Debug)]
struct Running {
    heard: watch::Sender<Heard>,
    ask: mpsc::UnboundedSender<()>,
    ended: JoinHandle<Result<()>>,
}

/// What a program said so far, of what is asked for.
#[derive(Debug, Default)]
struct Heard {
    columns: Option<String>,
    /// When the first of the lines begins, by the host's monotonic clock.
    from_s: f64,
    lines: Vec<(Stamped, String)>,
    /// Why no more will come.
    ended: Option<String>,
}

/// When a trial's traffic was.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// When the first line began to send, seconds since 1970 by the source's clock, where the generator tells.
    pub begin_s: Option<f64>,
    /// When the generators had ended.
    pub ended: Instant,
    /// How long they were to send.
    pub sending: Duration,
}

/// What was seen of a host in a trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// The file of its series; `None` where nothing was seen.
    pub text: Option<String>,
    /// The series in sum; only the reason where there is none.
    pub watched: Watched,
    /// What the reader of the trial must know.
    pub remark: Option<String>,
}

impl Streams {
    /// Watches nobody.
    pub fn none() -> Self {
        Self { each: Vec::new(), epoch: Instant::now(), live: Feed::default() }
    }

    /// Watches `hosts`, which are in the order of [`Role::ALL`], and their ports of the first `lines` lines. The middlebox is
    /// watched from CPUs other than `busy`, if it has any.
    pub async fn start(hosts: [&Host; 3], testbed: &Testbed, lines: usize, busy: &[u32]) -> Self {
        let epoch = Instant::now();
        let seats = |line: &Line| Seat::ALL.map(|seat| (seat, line.port(seat).0.clone())).into();
        let live = Feed::new((1..).zip(testbed.lines.iter().take(lines).map(seats)).collect());
        let [source, middlebox, sink] = hosts.map(|host| {
            let avoid = if host.role == Role::Middlebox { busy } else { &[] };
            Watcher::start(host, ports(testbed, lines, host.role), avoid, (epoch, live.clone()))
        });
        let (source, middlebox, sink) = tokio::join!(source, middlebox, sink);
        Self { each: vec![source, middlebox, sink], epoch, live }
    }

    /// What goes on, to be looked at whenever one likes, also from another task, until it ends.
    pub fn live(&self) -> Feed {
        self.live.clone()
    }

    /// Hosts that are not watched from the beginning, a sentence each.
    pub fn unwatched(&self) -> Vec<String> {
        let why = |watcher: &Watcher| {
            let why = watcher.stream.as_ref().err()?;
            Some(format!("the {} is not watched, what it does is not recorded: {why}", watcher.role))
        };
        self.each.iter().filter_map(why).collect()
    }

    /// From now on counts what is seen; what was before is forgotten.
    pub fn begin(&self) {
        for running in self.running() {
            running.heard.send_modify(Heard::forget);
        }
        self.live.begin();
    }

    /// What was seen since then, by host, with sums over `window`, else over all of the traffic. Without traffic there is only
    /// the series.
    pub async fn take(&self, sent: Option<&Sent>, window: Option<&Window>) -> BTreeMap<Role, Seen> {
        let mut asked = tokio::task::JoinSet::new();
        for running in self.running() {
            asked.spawn(Running::ask(running.heard.subscribe(), running.ask.clone()));
        }
        asked.join_all().await;
        let zero_s = sent.map(|sent| self.zero_s(sent));
        let all = sent.map(|sent| Window { from_s: 0.0, duration_s: sent.sending.as_secs_f64() });
        let window = window.copied().or(all);
        let seen = |watcher: &Watcher| (watcher.role, watcher.seen(zero_s, window.as_ref()));
        self.each.iter().map(seen).collect()
    }

    /// When the traffic began, by this process's clock. A source that was not watched cannot tell: then it ended when the
    /// generators did.
    fn zero_s(&self, sent: &Sent) -> f64 {
        let told = || {
            let source = self.each.iter().find(|watcher| watcher.role == Role::Source)?.stream.as_ref().ok()?;
            let lines = source.heard.borrow().stamps();
            Some(clock::monotonic_s(&lines, sent.begin_s?)? + clock::offset_s(&lines)?)
        };
        let ended_s = sent.ended.saturating_duration_since(self.epoch).as_secs_f64();
        told().unwrap_or(ended_s - sent.sending.as_secs_f64())
    }

    /// Ends it, and says where it did not end as it should.
    pub async fn end(self) -> Vec<String> {
        let mut ends = Vec::new();
        for Watcher { role, stream, .. } in self.each {
            let Ok(Running { heard, ask, ended }) = stream else { continue };
            drop(ask);
            // One that ended by itself, or whose host was lost, was told of.
            let told = heard.borrow().ended.is_some();
            ends.push((role, told, ended));
        }
        let mut remarks = Vec::new();
        for (role, told, ended) in ends {
            let why = match timeout(BOUND, ended).await {
                Ok(Ok(Ok(()))) => continue,
                Ok(Ok(Err(error))) => output::error_text(&error),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("it did not end within {} s", BOUND.as_secs()),
            };
            if !told {
                remarks.push(format!("what watched the {role} did not end as it should: {why}"));
            }
        }
        remarks
    }

    fn running(&self) -> impl Iterator<Item = &Running> {
        self.each.iter().filter_map(|watcher| watcher.stream.as_ref().ok())
    }
}

/// A host's ports of the first `lines` lines, by line and place.
fn ports(testbed: &Testbed, lines: usize, role: Role) -> BTreeMap<u32, BTreeMap<String, String>> {
    let of = |line: &Line| {
        let seats = Seat::ALL.into_iter().filter(|seat| seat.role() == role);
        seats.map(|seat| (seat.key().to_owned(), line.port(seat).0.clone())).collect()
    };
    (1..).zip(testbed.lines.iter().take(lines).map(of)).collect()
}

impl Watcher {
    async fn start(
        host: &Host,
        lines: BTreeMap<u32, BTreeMap<String, String>>,
        avoid: &[u32],
        told: (Instant, Feed),
    ) -> Self {
        let path = format!("{WORK}/hoststream-{}", host.role);
        let mut words = vec![path.clone()];
        if !avoid.is_empty() {
            let list: Vec<_> = avoid.iter().map(u32::to_string).collect();
            words.extend(["--avoid".to_owned(), list.join(",")]);
        }
        words.push("--".to_owned());
        words.extend(lines.values().flat_map(BTreeMap::values).cloned());
        let running = async {
            host.write_file(&path, PROGRAM, 0o755).await?;
            Running::start(host, &Argv(words), told).await
        };
        let stream = running.await.map_err(|error| output::one_line(&output::error_text(&error)));
        Self { role: host.role, lines, stream }
    }

    fn seen(&self, zero_s: Option<f64>, window: Option<&Window>) -> Seen {
        let unseen = |why: &str| Watched { reason: Some(why.to_owned()), ..Watched::default() };
        let running = match &self.stream {
            Ok(running) => running,
            // That was told when it was begun.
            Err(why) => return Seen { watched: unseen(why), ..Seen::default() },
        };
        let heard = running.heard.borrow();
        let text = self.text(&heard, zero_s);
        let stream = text.as_deref().map(Stream::parse).transpose();
        let watched = match (stream, &heard.ended) {
            (Err(error), _) => unseen(&output::one_line(&error.to_string())),
            (Ok(None), ended) => unseen(ended.as_deref().unwrap_or("no sample came")),
            (Ok(Some(stream)), ended) => {
                let watched = window.map(|window| summary::of(&stream, window)).unwrap_or_default();
                Watched { reason: ended.clone(), ..watched }
            }
        };
        let remark = |why: &String| format!("the {} was not watched to the end of the trial: {why}", self.role);
        Seen { text, remark: watched.reason.as_ref().map(remark), watched }
    }

    /// The series as a file; none where there is no sample.
    fn text(&self, heard: &Heard, zero_s: Option<f64>) -> Option<String> {
        let preface = Preface {
            stream: FORMAT,
            host: self.role.to_string(),
            zero_s: zero_s.zip(clock::offset_s(&heard.stamps())).map(|(zero, offset)| zero - offset),
            from_s: heard.from_s,
            lines: self.lines.clone(),
        };
        let mut text = serde_json::to_string(&preface).ok()?;
        let _ = write!(text, "\n{}\n", heard.columns.as_ref()?);
        for (_, line) in &heard.lines {
            text += line;
            text.push('\n');
        }
        (!heard.lines.is_empty()).then_some(text)
    }
}

impl Running {
    async fn start(host: &Host, words: &Argv, (epoch, live): (Instant, Feed)) -> Result<Self> {
        let process = host.spawn_script(&format!("exec {words}")).await?;
        let heard = watch::Sender::new(Heard::default());
        let (ask, asked) = mpsc::unbounded_channel();
        let (told, role) = (heard.clone(), host.role);
        let ended = tokio::spawn(async move {
            let tell = |line: &str, came_s| {
                // What is no sample is told of when the series is read; nobody looks on any more.
                let understood = live.hear(role, line, came_s);
                understood.unwrap_or_else(|_| live.silence(role));
            };
            let result = follow(process, told, asked, epoch, tell).await;
            live.silence(role);
            result
        });
        let mut begun = heard.subscribe();
        let begun = begun.wait_for(|heard| heard.columns.is_some() || heard.ended.is_some());
        let why = match timeout(BOUND, begun).await {
            Ok(Ok(heard)) => heard.ended.clone(),
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("nothing came within {} s", BOUND.as_secs())),
        };
        match why {
            None => Ok(Self { heard, ask, ended }),
            Some(why) => bail!("{why}"),
        }
    }

    /// Has everything sent that the program saw until now.
    async fn ask(mut heard: watch::Receiver<Heard>, ask: mpsc::UnboundedSender<()>) {
        let before = heard.borrow().lines.last().map(|(stamp, _)| stamp.printed.monotonic_s);
        if ask.send(()).is_err() {
            return;
        }
        let newer = |heard: &Heard| heard.lines.last().map(|(stamp, _)| stamp.printed.monotonic_s) != before;
        let come = heard.wait_for(|heard| newer(heard) || heard.ended.is_some());
        let _ = timeout(BEHIND, come).await;
    }
}

impl Heard {
    fn take(&mut self, line: String, came_s: f64) -> Result<()> {
        let printed: Times = serde_json::from_str(&line)
            .with_context(|| format!("it said `{}`", line.chars().take(SAID).collect::<String>()))?;
        if self.columns.is_none() {
            self.from_s = printed.monotonic_s;
            self.columns = Some(line);
        } else {
            self.lines.push((Stamped { printed, came_s }, line));
        }
        Ok(())
    }

    fn forget(&mut self) {
        if let Some((last, _)) = self.lines.last() {
            self.from_s = last.printed.monotonic_s;
            self.lines.clear();
        }
    }

    fn stamps(&self) -> Vec<Stamped> {
        self.lines.iter().map(|(stamp, _)| *stamp).collect()
    }
}

#[cfg(test)]
#[path = "streams/program_tests.rs"]
mod program_tests;
#[cfg(test)]
#[path = "streams/tests.rs"]
mod tests;
