//! The three hosts, watched while a cell is measured by a program that stays there: CPUs, ports, memory and sensors, ten
//! times a second, over a channel of the connection that there is already.
//!
//! What cannot be watched is said and gone without: it is no reason to lose a measurement. Must not know which framework
//! forwards, nor where a series is stored.

mod clock;
mod summary;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::host::shell::Argv;
use crate::host::{Host, Lost, Process};
use crate::output;
use crate::plan::WORK;
use crate::record::streams::{FORMAT, Preface, Stream, Times};
use crate::record::{Watched, Window};
use crate::role::Role;
use crate::testbed::{Seat, Testbed};
use clock::Stamped;

/// The program that watches a host, as it is written to it; built with nsbench (build.rs).
pub const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hoststream"));

/// How often the program hears that it is still wanted; it waits for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);

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
        Self { each: Vec::new(), epoch: Instant::now() }
    }

    /// Watches `hosts`, which are in the order of [`Role::ALL`], and their ports of the first `lines` lines. The middlebox is
    /// watched from CPUs other than `busy`, if it has any.
    pub async fn start(hosts: [&Host; 3], testbed: &Testbed, lines: usize, busy: &[u32]) -> Self {
        let epoch = Instant::now();
        let [source, middlebox, sink] = hosts.map(|host| {
            let avoid = if host.role == Role::Middlebox { busy } else { &[] };
            Watcher::start(host, ports(testbed, lines, host.role), avoid, epoch)
        });
        let (source, middlebox, sink) = tokio::join!(source, middlebox, sink);
        Self { each: vec![source, middlebox, sink], epoch }
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
    let of = |line: &crate::testbed::Line| {
        let seats = Seat::ALL.into_iter().filter(|seat| seat.role() == role);
        seats.map(|seat| (seat.key().to_owned(), line.port(seat).0.clone())).collect()
    };
    (1..).zip(testbed.lines.iter().take(lines).map(of)).collect()
}

impl Watcher {
    async fn start(host: &Host, lines: BTreeMap<u32, BTreeMap<String, String>>, avoid: &[u32], epoch: Instant) -> Self {
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
            Running::start(host, &Argv(words), epoch).await
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
    async fn start(host: &Host, words: &Argv, epoch: Instant) -> Result<Self> {
        let process = host.spawn_script(&format!("exec {words}")).await?;
        let heard = watch::Sender::new(Heard::default());
        let (ask, asked) = mpsc::unbounded_channel();
        let ended = tokio::spawn(follow(process, heard.clone(), asked, epoch));
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

/// Listens until nobody asks any more, and sees to it that nothing stays behind.
async fn follow(
    mut process: Process,
    heard: watch::Sender<Heard>,
    mut asked: mpsc::UnboundedReceiver<()>,
    epoch: Instant,
) -> Result<()> {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.reset();
    let mut misunderstood = None;
    let wanted_no_more = loop {
        tokio::select! {
            line = process.line() => match line {
                Ok(Some(line)) => {
                    let came_s = epoch.elapsed().as_secs_f64();
                    let mut taken = Ok(());
                    heard.send_modify(|heard| taken = heard.take(line, came_s));
                    if let Err(error) = taken {
                        misunderstood = Some(error);
                        break false;
                    }
                }
                Ok(None) | Err(_) => break false,
            },
            // A program that cannot be written to has nothing more to say either.
            _ = heartbeat.tick() => drop(process.write("\n").await),
            asked = asked.recv() => match asked {
                Some(()) => drop(process.write("\n").await),
                None => break true,
            },
        }
    };
    let result = match (process.wait().await, wanted_no_more) {
        (Ok((0, _)), true) => return Ok(()),
        // How a program ends that was cut off in the middle of a line says more than the line.
        (Ok((status, said)), _) if status != 0 || misunderstood.is_none() => Err(why(status, &said)),
        (Ok(_), _) => Err(misunderstood.unwrap_or_else(|| anyhow!("it ended"))),
        (Err(error), _) => Err(error),
    };
    let said = result.as_ref().err().map(|error: &anyhow::Error| {
        if error.is::<Lost>() { "the host was lost".to_owned() } else { output::one_line(&output::error_text(error)) }
    });
    heard.send_modify(|heard| heard.ended = said);
    result
}

/// Why a program ended that was to stay.
fn why(status: i32, said: &str) -> anyhow::Error {
    /// What a shell says of a program that it cannot run.
    const CANNOT_RUN: i32 = 126;
    let said: String = output::one_line(said.trim()).chars().take(SAID).collect();
    let kind = std::env::consts::ARCH;
    let built = if status == CANNOT_RUN { format!(" (it is built for {kind})") } else { String::new() };
    anyhow!("`hoststream` ended with exit status {status}{built}: {said}")
}

#[cfg(test)]
#[path = "streams/program_tests.rs"]
mod program_tests;
#[cfg(test)]
#[path = "streams/tests.rs"]
mod tests;
