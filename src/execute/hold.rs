//! The three hosts in a run's hands: taken all or none, heard from all the time, given back at the end.
//!
//! Must not know what the run does there. Every time is a span on the monotonic clock; the wall clock decides nothing.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{Instant, sleep};

use super::{
    ApplyError, Claim, Holder, NotRestored, Undone, apply, apply_onto, beat, look, restore, rewind_to, take, undo,
};
use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::plan::Step;
use crate::progress::{fault, note};
use crate::role::Role;

/// The longest time between two heartbeats.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// How long a heartbeat may take at least, on a host that is busy.
const BEAT_BOUND: Duration = Duration::from_secs(5);

/// Between two looks at a host that another holds.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How often a host that a dead run left behind is taken over before this is held to be an error.
const TAKE_OVERS: usize = 3;

/// Whether to wait for hosts that another run holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// At most this long, which may be no time at all.
    UpTo(Duration),
    /// Until they are free.
    Forever,
}

impl Waiting {
    /// What others hold is an error.
    pub const NOT_AT_ALL: Self = Self::UpTo(Duration::ZERO);
}

/// The user did not want to wait any longer.
#[derive(Debug, thiserror::Error)]
#[error("interrupted while waiting for the hosts")]
pub struct Interrupted;

/// Three hosts that a run holds, in the order of [`Role::ALL`]. It shares their connections with the run, and is handed
/// the new one of a host that was lost: see [`Hold::let_go`].
#[derive(Debug)]
pub struct Hold<'a> {
    claim: &'a Claim,
    hosts: [Held; 3],
}

/// Each is spoken to on its own: one that is lost keeps nobody from hearing of the others, nor them from being heard.
#[derive(Debug)]
struct Held(Mutex<Present>);

#[derive(Debug, Clone)]
struct Present {
    host: Host,
    /// Name of the journal by which it is held, while it is.
    journal: Option<String>,
}

impl<'a> Hold<'a> {
    /// Takes all hosts or none: what was taken is given back before another is waited for, so that two who wait cannot wait
    /// for each other. Hosts of a run that is known to be dead are taken over.
    pub async fn take(hosts: [&Host; 3], claim: &'a Claim, waiting: Waiting, interrupt: &Interrupt) -> Result<Self> {
        let hold =
            Self { claim, hosts: hosts.map(|host| Held(Mutex::new(Present { host: host.clone(), journal: None }))) };
        let begun = Instant::now();
        let mut told = None;
        loop {
            // Who waits knows that others want them too.
            let taken = if told.is_none() { hold.take_all().await } else { hold.take_in_order().await };
            let Err((busy, error)) = taken else { return Ok(hold) };
            let Some(ApplyError::Held { holder, .. }) = error.downcast_ref() else { return Err(error) };
            let left = match waiting {
                Waiting::Forever => Duration::MAX,
                Waiting::UpTo(bound) if bound.is_zero() => return Err(error),
                Waiting::UpTo(bound) => bound.saturating_sub(begun.elapsed()),
            };
            if left.is_zero() {
                return Err(error.context(format!("waited {} in vain", spoken(begun.elapsed()))));
            }
            tell(&busy.host(), holder, &mut told);
            busy.until_free(begun, left, &mut told, interrupt).await?;
        }
    }

    /// At the same time; where another holds one of them, in order: of two who want the same hosts at once one gets all of
    /// them, and not each some.
    async fn take_all(&self) -> Result<(), (&Held, anyhow::Error)> {
        let [a, b, c] = &self.hosts;
        let taken: [Result<()>; 3] = tokio::join!(a.take(self.claim), b.take(self.claim), c.take(self.claim)).into();
        let mut failed = self.hosts.iter().zip(taken).filter_map(|(held, taken)| Some((held, taken.err()?)));
        let Some((held, error)) = failed.next() else { return Ok(()) };
        if let Err(error) = self.release().await {
            fault(crate::output::error_text(&error));
        }
        let is_held = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(ApplyError::Held { .. }));
        if is_held(&error) { self.take_in_order().await } else { Err((held, error)) }
    }

    async fn take_in_order(&self) -> Result<(), (&Held, anyhow::Error)> {
        for held in &self.hosts {
            if let Err(error) = held.take(self.claim).await {
                if let Err(error) = self.release().await {
                    fault(crate::output::error_text(&error));
                }
                return Err((held, error));
            }
        }
        Ok(())
    }

    /// Does `work` while the hosts hear that this process is there. A heartbeat that does not get through is no reason to
    /// end: the next one may.
    pub async fn beating<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(deadman) = self.claim.deadman else { return work.await };
        let pause = (deadman / 6).min(LONGEST_PAUSE);
        let [a, b, c] = &self.hosts;
        let beats = Box::pin(async { tokio::join!(a.beats(pause), b.beats(pause), c.beats(pause)) });
        tokio::select! {
            value = work => value,
            never = beats => match never.0 {},
        }
    }

    /// Sees whether all hosts are still held.
    ///
    /// # Errors
    /// [`ApplyError::Lost`] where one is not.
    pub async fn check(&self) -> Result<()> {
        let [a, b, c] = &self.hosts;
        let (a, b, c) = tokio::join!(a.check(), b.check(), c.check());
        a.and(b).and(c)
    }

    /// Applies steps on one of the hosts. One that was given back since it was taken is taken again.
    pub async fn apply(&self, role: Role, steps: &[Step]) -> Result<()> {
        let held = self.of(role);
        if let Err(error) = held.check().await {
            if !is_lost(&error) {
                return Err(error);
            }
            note(format!("{error}: taking it again"));
            // After a reboot the journal is there yet.
            held.release(self.claim).await?;
            held.take(self.claim).await?;
        }
        let Present { host, journal } = held.present();
        apply(&host, &journal.unwrap_or_default(), steps).await
    }

    /// Applies steps on top of the first `below` changes of one of the hosts. One that was given back meanwhile has lost
    /// those, and is not taken again.
    pub async fn apply_onto(&self, role: Role, below: usize, steps: &[Step]) -> Result<()> {
        let Present { host, journal } = self.of(role).present();
        apply_onto(&host, &journal.unwrap_or_default(), below, steps).await
    }

    /// Lets go of a host whose connection is gone: it hears nothing any more, and is nobody's to give back here. Gives the
    /// name of its journal, if it was held.
    pub fn let_go(&self, role: Role) -> Option<String> {
        self.of(role).change(|present| present.journal.take())
    }

    /// Takes a host again that was let go, over its new connection. What was changed there has been undone.
    pub async fn renew(&self, role: Role, host: &Host) -> Result<()> {
        let held = self.of(role);
        held.change(|present| *present = Present { host: host.clone(), journal: None });
        held.take(self.claim).await
    }

    /// How a host that cannot be given back from here is given back.
    pub fn way_out(&self, role: Role) -> String {
        way_out(&self.of(role).host(), self.claim)
    }

    /// What [`Hold::check`] says if a host is known to be lost. One that cannot be asked is not.
    pub async fn loss(&self) -> Option<anyhow::Error> {
        let [a, b, c] = &self.hosts;
        let (a, b, c) = tokio::join!(a.check(), b.check(), c.check());
        [a, b, c].into_iter().filter_map(Result::err).find(is_lost)
    }

    /// Undoes every change on one of the hosts, which stays held.
    pub async fn rewind(&self, role: Role) -> Result<Undone> {
        self.rewind_to(role, 0).await
    }

    /// Undoes the changes on one of the hosts but for the first `below`.
    pub async fn rewind_to(&self, role: Role, below: usize) -> Result<Undone> {
        let Present { host, journal } = self.of(role).present();
        let Some(journal) = journal else { return Ok(Undone::default()) };
        told(&host, rewind_to(&host, &journal, below).await, self.claim)
    }

    /// Undoes what is left and gives all hosts back that can be reached.
    pub async fn release(&self) -> Result<()> {
        let [a, b, c] = &self.hosts;
        let (a, b, c) = tokio::join!(a.release(self.claim), b.release(self.claim), c.release(self.claim));
        let mut errors = [a, b, c].into_iter().filter_map(Result::err);
        let Some(error) = errors.next() else { return Ok(()) };
        errors.for_each(|error| fault(crate::output::error_text(&error)));
        Err(error)
    }

    const fn of(&self, role: Role) -> &Held {
        &self.hosts[role as usize]
    }
}

impl Held {
    fn change<T>(&self, change: impl FnOnce(&mut Present) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn present(&self) -> Present {
        self.change(|present| present.clone())
    }

    fn host(&self) -> Host {
        self.present().host
    }

    async fn take(&self, claim: &Claim) -> Result<()> {
        let host = &self.host();
        for left in (0..=TAKE_OVERS).rev() {
            // A name of its own each time: what is waited for to undo an earlier one must not take this one for it.
            let journal = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
            let error = match take(host, claim, &journal).await {
                Ok(notes) => {
                    report(host, &notes);
                    self.change(|present| present.journal = Some(journal));
                    return Ok(());
                }
                Err(error) => error,
            };
            let Some(ApplyError::Held { holder, .. }) = error.downcast_ref() else {
                // What failed may have happened all the same. If it cannot be undone now, nothing is there to be undone.
                let _ = undo(host, Some(&journal)).await;
                return Err(error);
            };
            let Some(death) = holder.death().filter(|_| left > 0) else { return Err(error) };
            note(format!("host `{}` was left behind by a run that is dead ({death}): restoring it first", host.name));
            note(format!("  it was held by {holder}"));
            undo(host, Some(&holder.journal)).await?;
        }
        Err(anyhow!("`{}` was taken over again and again in vain", host.name))
    }

    /// Returns when the host is free, its holder is dead, or the time is up.
    async fn until_free(
        &self,
        begun: Instant,
        left: Duration,
        told: &mut Option<(String, Holder)>,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let host = &self.host();
        let until = begun.checked_add(begun.elapsed().saturating_add(left));
        loop {
            let rest = until.map_or(LOOK_AGAIN, |until| until.saturating_duration_since(Instant::now()));
            if rest.is_zero() {
                return Ok(());
            }
            tokio::select! {
                () = interrupt.wait() => return Err(Interrupted.into()),
                () = sleep(rest.min(LOOK_AGAIN)) => {}
            }
            match look(host).await? {
                Some(holder) if holder.death().is_none() => tell(host, &holder, told),
                _ => return Ok(()),
            }
        }
    }

    async fn beats(&self, pause: Duration) -> Infallible {
        loop {
            sleep(pause).await;
            if let Present { host, journal: Some(journal) } = self.present() {
                let _ = beat(&host, &journal, pause.max(BEAT_BOUND)).await;
            }
        }
    }

    async fn check(&self) -> Result<()> {
        let Present { host, journal } = self.present();
        let Some(journal) = journal else {
            return Err(ApplyError::Lost { host: host.name, why: "it was let go".to_owned() }.into());
        };
        beat(&host, &journal, LONGEST_PAUSE).await
    }

    async fn release(&self, claim: &Claim) -> Result<()> {
        let Present { host, journal } = self.present();
        let Some(journal) = journal else { return Ok(()) };
        told(&host, undo(&host, Some(&journal)).await, claim)?;
        self.change(|present| present.journal = None);
        Ok(())
    }
}

/// Says what the host did by itself.
fn report(host: &Host, notes: &[String]) {
    for said in notes {
        note(format!("{}: {said}", host.name));
    }
}

/// Says what the host did by itself; and of one that could not be asked, what it will do.
fn told(host: &Host, undone: Result<Undone>, claim: &Claim) -> Result<Undone> {
    match undone {
        Ok(undone) => {
            report(host, &undone.notes);
            Ok(undone)
        }
        Err(error) if error.is::<NotRestored>() => Err(error),
        Err(error) => {
            Err(error.context(format!("`{}` could not be given back\nhint: {}", host.name, way_out(host, claim))))
        }
    }
}

fn way_out(host: &Host, claim: &Claim) -> String {
    let restore = restore(host);
    match claim.deadman {
        Some(deadman) => {
            format!("it gives itself back when it has heard nothing for {}, or by: {restore}", spoken(deadman))
        }
        None => restore,
    }
}

fn is_lost(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ApplyError::Lost { .. }))
}

/// Says whom a host is waited for, once each.
fn tell(host: &Host, holder: &Holder, told: &mut Option<(String, Holder)>) {
    let now = Some((host.name.clone(), holder.clone()));
    if *told != now {
        note(format!("waiting for host `{}`, which is held by {holder}", host.name));
        *told = now;
    }
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 120 { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}
