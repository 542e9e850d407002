//! What source and sink do without the middlebox's forwarding (`--calibrate`), to know which figures are the generator's.
//!
//! No cable leads past the middlebox, and it cannot be made one. So each half of the way is measured by itself, with a
//! program of the generator's own on the middlebox as its other end, and the source alone, to itself. The first half is
//! bounded by the source, by the first cable, or by how the middlebox's kernel receives; it cannot tell which. A
//! framework that comes near the smaller half shows no more than that; one that is above it has a middlebox that forwards
//! faster than it receives, as user-space drivers do. Must not know of frameworks.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::{Bench, HostLost};
use crate::commands::run::recorded::unrecorded;
use crate::generator::{Generator, Traffic};
use crate::host::Host;
use crate::measure::TrialError;
use crate::measure::traffic::{self, Raw};
use crate::measure::watch::Watch;
use crate::output;
use crate::plan::{self, calibration};
use crate::progress::{Progress, fault};
use crate::record::Calibration;
use crate::role::Role;
use crate::units::BitsPerSecond;

/// Why it could not be measured, in one line; netperf is wanted where a run does not want it.
fn reason(error: &anyhow::Error) -> String {
    let why = output::one_line(&output::error_text(error));
    if why.contains("netserver") || why.contains("netperf") {
        format!("{why}; a calibration needs netperf and netserver on source and middlebox too: apt-get install netperf")
    } else {
        why
    }
}

impl Bench<'_> {
    /// Measures it on so many lines at once, and gives the hosts back; nothing where the user wants an end. What cannot be
    /// measured is no reason to lose the run.
    ///
    /// # Errors
    /// A host is not as it was, or could not be brought back.
    pub async fn calibrate(&mut self, lines: usize) -> Result<Option<Calibration>> {
        let label = format!("calibration-{lines}lines");
        let progress = Progress::start(calibration::title(lines));
        let mut found = Calibration { lines: lines as u32, ..Calibration::default() };
        let given = match Watch::start(self.hosts.each()).await {
            Ok(watch) => {
                if let Err(error) = self.halves(&label, lines, &watch, &mut found).await {
                    found.reason = Some(reason(&error));
                }
                let marks = watch.marks();
                let given = self.give_back(&label).await;
                self.end_watch(watch, &marks).await;
                given
            }
            Err(error) => {
                found.reason = Some(reason(&error));
                self.give_back(&label).await
            }
        };
        progress.done(&match (found.bound_bps(), &found.reason) {
            (Some(bound), _) => BitsPerSecond(bound).to_string(),
            (None, Some(why)) => format!("not known: {why}"),
            (None, None) => "not known".to_owned(),
        });
        let back = self.bring_back(&label, &given.lost).await;
        let mut errors = given.failure.into_iter().chain(back.err());
        if let Some(error) = errors.next() {
            errors.for_each(|error| fault(output::error_text(&error)));
            return Err(unrecorded(error));
        }
        Ok((!self.interrupt.is_set()).then_some(found))
    }

    /// Sets the hosts up, and measures one after the other.
    async fn halves(&self, label: &str, lines: usize, watch: &Watch, found: &mut Calibration) -> Result<()> {
        let plan = calibration::plan(&self.ready.testbed, lines);
        tokio::select! {
            () = self.interrupt.wait() => return Err(anyhow!("interrupted")),
            role = watch.lost() => return Err(HostLost(role).into()),
            ready = self.set_up_ends(&plan) => ready?,
        }
        let testbed = &self.ready.testbed;
        let ends = |number| (testbed.addresses(number), calibration::addresses(testbed, number));
        let (source, middlebox) = (&self.hosts.source, &self.hosts.middlebox);
        let own = Ipv4Addr::LOCALHOST;
        let first = self.between(lines, |number| (ends(number).0.0, ends(number).1.0));
        let second = self.between(lines, |number| (ends(number).1.1, ends(number).0.1));
        let alone = self.between(lines, |_| (own, own));
        found.source_to_middlebox_bps = Some(self.carry(&format!("{label}-first"), source, &first, watch).await?);
        found.middlebox_to_sink_bps = Some(self.carry(&format!("{label}-second"), middlebox, &second, watch).await?);
        found.source_alone_bps = Some(self.carry(&format!("{label}-alone"), source, &alone, watch).await?);
        Ok(())
    }

    async fn set_up_ends(&self, plan: &plan::Plan) -> Result<()> {
        let apply = |role| self.hold.apply(role, plan.steps.get(&role).map_or(&[], Vec::as_slice));
        // All come to their end before anything is said: an undo must not meet a set-up that still runs.
        let [source, middlebox, sink] = Role::ALL;
        let (source, middlebox, sink) = tokio::join!(apply(source), apply(middlebox), apply(sink));
        middlebox.and(source).and(sink)
    }

    fn between(&self, lines: usize, ends: impl Fn(usize) -> (Ipv4Addr, Ipv4Addr)) -> Vec<Traffic> {
        let traffic = (1..=lines).map(|number| {
            let (from, to) = ends(number);
            let duration = Duration::from_secs(self.experiment.duration_s);
            let (protocol, mtu) = (self.experiment.load().protocol, self.ready.testbed.mtu);
            Traffic {
                line: number as u32,
                port: String::new(),
                from,
                to,
                to_mac: String::new(),
                protocol,
                duration,
                around: [Duration::ZERO; 2],
                mtu,
                frame_size: None,
                flows: None,
                pace_pps: None,
            }
        });
        traffic.collect()
    }

    /// What the lines carried together.
    async fn carry(&self, label: &str, from: &Host, traffic: &[Traffic], watch: &Watch) -> Result<f64> {
        let (measured, raw) = match traffic::run(from, Generator::Netperf, traffic, watch, self.interrupt).await {
            Ok((measured, raw)) => (Ok(measured), raw),
            Err(TrialError::Interrupted) => (Err(anyhow!("interrupted")), Raw::new()),
            Err(TrialError::Failed { error, raw }) => (Err(error), raw),
        };
        for (job, output) in raw {
            let job = job.replace(' ', "");
            self.dir.save_raw(&format!("{label}-{job}-netperf.txt"), output.as_bytes())?;
        }
        let together = measured?.iter().map(|line| line.arrived_bps).sum::<Option<f64>>();
        together.context("netperf did not say what arrived")
    }
}
