//! The hosts watched while a cell's trials are made: begun, what was seen put with each trial, ended.
//!
//! Must not know how a host is watched.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::live::View;
use super::Bench;
use crate::generator::Traffic;
use crate::measure::streams::{Sent, Streams};
use crate::plan::{Cell, cores};
use crate::profile::experiment::Measure;
use crate::progress::note;
use crate::record::Trial;

/// CPU time that watching may take a host, as a share of one CPU.
const BEARABLE: f64 = 0.01;

impl Bench<'_> {
    /// Watches the hosts of a cell that is set up. Where instructions are counted nobody does: that costs some.
    pub(super) async fn watch_hosts(&self, cell: &Cell) -> Streams {
        if self.experiment.measure == Measure::Cost {
            return Streams::none();
        }
        let testbed = &self.ready.testbed;
        let busy: Vec<u32> = cores::map(testbed, &self.layout)
            .iter()
            .take(cell.lines)
            .flat_map(|cores| [cores.forward, cores.reverse])
            .collect();
        let streams = Streams::start(self.hosts.each(), testbed, cell.lines, &busy).await;
        streams.unwatched().iter().for_each(|why| note(format!("warning: {why}")));
        streams
    }

    /// Shows what goes on in a trial, until it is dropped; nothing where nobody watches. How long a search goes on to send
    /// is not known.
    pub(super) fn view(&self, streams: &Streams, traffic: &[Traffic]) -> Option<View> {
        let sending = (self.experiment.measure == Measure::Throughput).then(|| traffic.first().map(Traffic::sending));
        (self.experiment.measure != Measure::Cost).then(|| View::start(streams.live(), sending.flatten()))
    }

    /// Puts with a trial what was seen of the hosts in it: sums into the record, the series beside it.
    pub(super) async fn record_hosts(
        &self,
        cell: &Cell,
        streams: &Streams,
        sent: Option<&Sent>,
        trial: &mut Trial,
    ) -> Result<()> {
        let mut hosts = BTreeMap::new();
        for (role, seen) in streams.take(sent, trial.window.as_ref()).await {
            let mut watched = seen.watched;
            if let Some(text) = seen.text {
                let name = format!("{}-{}lines-trial{}-{role}.jsonl", cell.profile.name, cell.lines, trial.trial);
                let path = self.dir.save_raw(&name, text.as_bytes())?;
                watched.stream = path.strip_prefix(self.dir.path()).ok().map(|path| path.display().to_string());
            }
            trial.warnings.extend(seen.remark);
            // Emulated CPUs are slow, and rank nothing.
            if let Some(share) = watched.own_share.filter(|share| *share > BEARABLE && self.asked.lab.is_none()) {
                let percent = share * 100.0;
                trial
                    .warnings
                    .push(format!("watching the {role} took {percent:.1} % of a CPU, and what it did has that in it"));
            }
            hosts.insert(role.to_string(), watched);
        }
        trial.hosts = hosts;
        Ok(())
    }
}
