//! The kernel logs of the three hosts, followed while something goes on there, each over a channel of the connection
//! that there is already: a kernel in trouble is heard, and a host that is lost is noticed at once.
//!
//! Must not know what goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::kernel_log::{Line, Log, Mark, Moment};
use super::trouble::Trouble;
use crate::host::{Host, Lost, Process};
use crate::role::Role;

/// POSIX sh that follows a host's kernel log.
const FOLLOW: &str = include_str!("follow.sh");

/// How often the script on the host hears that it is still wanted; it waits for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a host may take to begin, and to end.
const BOUND: Duration = Duration::from_secs(20);

/// How long what a kernel has said may take to come here.
const BEHIND: Duration = Duration::from_secs(3);

/// How long a host may take to give a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// How often a host that gives none is asked again while its connection stands: one that is out of memory or CPU is slow,
/// and not lost.
const ASK_AGAIN: u32 = 5;

/// A host whose log is followed. Dropping it ends that too, and nobody sees whether it did.
#[derive(Debug)]
struct Stream {
    role: Role,
    name: String,
    log: watch::Receiver<Log>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<()>>,
}

/// The three hosts, watched.
#[derive(Debug)]
pub struct Watch([Stream; 3]);

/// A place in the three logs.
#[derive(Debug, Clone, Copy)]
pub struct Marks([Mark; 3]);

/// The lines that told of trouble, by host.
pub type Troubles = BTreeMap<Role, Vec<Line>>;

impl Watch {
    /// Follows the logs of `hosts`, which are in the order of [`Role::ALL`], from now on.
    pub async fn start(hosts: [&Host; 3]) -> Result<Self> {
        let [source, middlebox, sink] = hosts.map(Stream::start);
        let (source, middlebox, sink) = tokio::try_join!(source, middlebox, sink)?;
        Ok(Self([source, middlebox, sink]))
    }

    /// Hosts whose log cannot be read: trouble there goes unnoticed.
    pub fn unreadable(&self) -> Vec<Role> {
        self.0.iter().filter(|stream| stream.log.borrow().unreadable).map(|stream| stream.role).collect()
    }

    /// The present place in the logs.
    pub fn marks(&self) -> Marks {
        Marks(self.0.each_ref().map(|stream| stream.log.borrow().mark()))
    }

    /// Returns when a host is lost: which.
    pub async fn lost(&self) -> Role {
        let [source, middlebox, sink] = self.0.each_ref().map(Stream::lost);
        tokio::select! { role = source => role, role = middlebox => role, role = sink => role }
    }

    /// The host that is lost, if one is, and how that shows. Each is asked for a sign of life, because one that is dead
    /// may be missed by its neighbours first.
    pub async fn find_lost(&self, hosts: [&Host; 3]) -> Option<(Role, String)> {
        let ask = async |stream: &Stream, host: &Host| stream.sign_of_life(host).await.map(|why| (stream.role, why));
        let [source, middlebox, sink] = &self.0;
        let (source, middlebox, sink) =
            tokio::join!(ask(source, hosts[0]), ask(middlebox, hosts[1]), ask(sink, hosts[2]));
        // Where several are, the middlebox is what is under test.
        middlebox.or(source).or(sink)
    }

    /// Returns when everything that the kernels have said by now is heard; a host that does not tell is not waited for.
    pub async fn catch_up(&self, hosts: [&Host; 3]) {
        let [source, middlebox, sink] = &self.0;
        tokio::join!(source.catch_up(hosts[0]), middlebox.catch_up(hosts[1]), sink.catch_up(hosts[2]));
    }

    /// The last words of a host's kernel since `marks`, oldest first.
    pub fn last_words(&self, role: Role, since: &Marks) -> Vec<String> {
        self.0[role as usize].log.borrow().last_words(since.0[role as usize])
    }

    /// What the kernels told of trouble since `marks`.
    pub fn troubles(&self, since: &Marks) -> Troubles {
        let found = self.0.iter().zip(since.0).map(|(stream, mark)| (stream.role, stream.log.borrow().troubles(mark)));
        found.filter(|(_, lines)| !lines.is_empty()).collect()
    }

    /// Ends it, and says where it did not end as it should.
    pub async fn end(self) -> Vec<String> {
        let [source, middlebox, sink] = self.0.map(Stream::end);
        let (source, middlebox, sink) = tokio::join!(source, middlebox, sink);
        [source, middlebox, sink].into_iter().flatten().collect()
    }
}

impl Stream {
    async fn start(host: &Host) -> Result<Self> {
        let process = host.spawn_script(FOLLOW).await?;
        let (sender, mut log) = watch::channel(Log::default());
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(follow(process, sender, stopped));
        let stream = async { log.wait_for(|log| log.begun || log.lost.is_some()).await.map(|log| log.lost.clone()) };
        let name = host.name.clone();
        match timeout(BOUND, stream).await {
            Ok(Ok(None)) => Ok(Self { role: host.role, name, log, stop, ended }),
            Ok(Ok(Some(why))) => bail!(why),
            Ok(Err(_)) => bail!("could not follow the kernel log of `{name}`: {:#}", reason(ended).await),
            Err(_) => bail!("could not follow the kernel log of `{name}`: nothing came within {} s", BOUND.as_secs()),
        }
    }

    /// How it shows that the host is lost, if it is.
    async fn sign_of_life(&self, host: &Host) -> Option<String> {
        let heard = || self.log.borrow().lost.clone();
        let mut silent = String::new();
        for _ in 0..=ASK_AGAIN {
            match host.script_within(":", SIGN_OF_LIFE).await {
                Ok(_) => return None,
                Err(error) if error.is::<Lost>() => return Some(heard().unwrap_or_else(|| error.to_string())),
                Err(error) => silent = error.to_string(),
            }
            if let Some(why) = heard() {
                return Some(why);
            }
        }
        Some(silent)
    }

    async fn lost(&self) -> Role {
        // A stream that has ended otherwise says nothing any more of its host.
        if self.log.clone().wait_for(|log| log.lost.is_some()).await.is_err() {
            std::future::pending::<()>().await;
        }
        self.role
    }

    async fn catch_up(&self, host: &Host) {
        let log = self.log.clone();
        if log.borrow().unreadable || log.borrow().lost.is_some() {
            return;
        }
        let Ok(said) = host.script_within("dmesg 2>/dev/null | tail -n 1", BOUND).await else { return };
        let Some(newest) = Moment::of(&said.stdout) else { return };
        let mut log = self.log.clone();
        let heard = log.wait_for(|log| log.newest >= Some(newest) || log.lost.is_some());
        // What comes later than that counts for what comes then.
        let _ = timeout(BEHIND, heard).await;
    }

    async fn end(self) -> Option<String> {
        let lost = self.log.borrow().lost.is_some();
        let _ = self.stop.send(());
        let ended = async { self.ended.await.context("a task failed")? };
        let why = match timeout(BOUND, ended).await {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("it did not end within {} s", BOUND.as_secs()),
        };
        // That is told where it matters.
        (!lost).then(|| format!("the kernel log of `{}` was not followed to the end: {why}", self.name))
    }
}

async fn reason(ended: JoinHandle<Result<()>>) -> anyhow::Error {
    match ended.await {
        Ok(Ok(())) => anyhow::anyhow!("it ended at once"),
        Ok(Err(error)) => error,
        Err(error) => error.into(),
    }
}

/// Listens until it is stopped or the host is lost, and sees to it that nothing stays behind.
async fn follow(mut process: Process, log: watch::Sender<Log>, mut stopped: oneshot::Receiver<()>) -> Result<()> {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.reset();
    let wanted_no_more = loop {
        tokio::select! {
            line = process.line() => match line {
                Ok(Some(line)) => log.send_modify(|log| log.take(&line)),
                Ok(None) | Err(_) => break false,
            },
            // A host that cannot be written to has nothing more to say either.
            _ = heartbeat.tick() => drop(process.write("\n").await),
            _ = &mut stopped => break true,
        }
    };
    match process.wait().await {
        Ok((0, _)) if wanted_no_more => Ok(()),
        Ok((status, said)) => bail!("it ended with exit status {status}: {}", said.trim()),
        Err(error) => {
            if error.is::<Lost>() {
                log.send_modify(|log| log.lost = Some(format!("{error:#}")));
            }
            Err(error)
        }
    }
}

/// Takes out what is usual while hosts are set up and given back: cables lose their signal and find it.
pub fn without_links(troubles: &mut Troubles) {
    for lines in troubles.values_mut() {
        lines.retain(|line| line.trouble != Trouble::Link);
    }
    troubles.retain(|_, lines| !lines.is_empty());
}

/// Sentences that tell of trouble, one a host and kind.
pub fn sentences(troubles: &Troubles, during: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for (role, lines) in troubles {
        let mut kinds: Vec<Trouble> = lines.iter().map(|line| line.trouble).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let mut of_kind = lines.iter().filter(|line| line.trouble == kind).map(|line| &line.text);
            let first = of_kind.next().map_or("", String::as_str);
            let more = match of_kind.count() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            sentences.push(format!("kernel trouble on the {role} {during} ({kind}): {first}{more}"));
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_once_a_host_and_kind_with_its_first_line() {
        let line = |trouble, text: &str| Line { trouble, text: text.to_owned() };
        let troubles = Troubles::from([
            (Role::Sink, vec![line(Trouble::Link, "eth1: link down"), line(Trouble::Link, "eth1: link up")]),
            (Role::Middlebox, vec![line(Trouble::Warning, "WARNING: x"), line(Trouble::Oops, "BUG: y")]),
        ]);
        assert_eq!(
            sentences(&troubles, "during the trial"),
            [
                "kernel trouble on the middlebox during the trial (oops): BUG: y",
                "kernel trouble on the middlebox during the trial (kernel warning): WARNING: x",
                "kernel trouble on the sink during the trial (link change): eth1: link down (and 1 more)",
            ]
        );
    }
}
