//! A command's three hosts: connected, found fit, taken all or none, heard from while something is done with them, and
//! given back.
//!
//! Must not know what is done.

use std::time::Duration;

use anyhow::Result;

use super::{Failure, Outcome};
use crate::execute::{Claim, Hold, Interrupted, NotRestored, Waiting};
use crate::host::{Host, Privilege};
use crate::interrupt::Interrupt;
use crate::measure::Hosts;
use crate::output;
use crate::progress::{Progress, fault};
use crate::testbed::Testbed;
use crate::testbed::preflight::{Needs, Ready, preflight};

/// What hosts, and on what terms.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The testbed as its file has it.
    pub testbed: &'a Testbed,
    /// Its first so many lines are used.
    pub lines: usize,
    /// What is needed of the hosts.
    pub needs: Needs,
    /// The run that the hosts are taken for.
    pub run: &'a str,
    /// After how long without a word of this program the hosts undo everything by themselves; never, where there is none.
    pub deadman: Option<Duration>,
    /// Whether to wait for hosts that another run holds.
    pub waiting: Waiting,
}

/// Takes the hosts, does `work` with them, and gives them back whatever came of it. `prepare` is what takes long and needs
/// no host; until it is done a signal ends the program on the spot.
pub async fn with_hosts<P, T>(
    terms: &Terms<'_>,
    prepare: impl FnOnce() -> P,
    work: impl AsyncFnOnce(P, Hosts, &Hold<'_>, &Interrupt) -> Result<T>,
) -> Result<T> {
    let ssh_config = super::reach(terms.testbed)?;
    let prepared = prepare();
    // From here on there are hosts to give back.
    let interrupt = Interrupt::listen()?;
    let progress = Progress::start("connecting to source, middlebox and sink");
    let [source, middlebox, sink] = Host::connect_all(terms.testbed, ssh_config.as_deref()).await;
    let hosts = Hosts { source: source?, middlebox: middlebox?, sink: sink? };
    progress.done("connected");
    if hosts.each().iter().any(|host| host.privilege == Privilege::None) {
        // It cannot be taken, and this says why.
        fitness(terms, &hosts).await?;
    }
    // Before they are looked at: what another run has changed there is not theirs.
    let claim = Claim::of_this_process(terms.run, terms.deadman);
    let hold = Hold::take(hosts.each(), &claim, terms.waiting, &interrupt).await.map_err(not_taken)?;
    let worked = hold.beating(Box::pin(work(prepared, hosts, &hold, &interrupt))).await;
    let Err(error) = hold.release().await else { return worked };
    if let Err(error) = &worked {
        fault(output::error_text(error));
    }
    // A host that is not as it was outweighs all that a run can say besides.
    Err(Failure::mark(Outcome::NotRestored)(error))
}

/// How a run ends that could not take its hosts, or one of them again.
pub fn not_taken(error: anyhow::Error) -> anyhow::Error {
    let outcome = match () {
        () if error.is::<Interrupted>() => Outcome::Interrupted,
        () if error.is::<NotRestored>() => Outcome::NotRestored,
        () => Outcome::Unfit,
    };
    Failure::mark(outcome)(error)
}

/// Whether the hosts are fit, and what they are.
pub async fn fitness(terms: &Terms<'_>, hosts: &Hosts) -> Result<Ready> {
    let progress = Progress::start("looking whether they are fit");
    let ready = preflight(terms.testbed, hosts.each(), terms.lines, terms.needs).await?;
    progress.done("they are");
    Ok(ready)
}
