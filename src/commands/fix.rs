//! `nsbench topology check --fix`: changes the settings that a check found to mislead, so that `nsbench restore` can change
//! them back.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::session::not_taken;
use super::{Failure, Outcome};
use crate::execute::{self, Claim};
use crate::host::Host;
use crate::plan::settings;
use crate::progress::note;
use crate::role::Role;
use crate::testbed::Testbed;
use crate::testbed::finding::{Fix, Report};

/// Changes what `report` says can be changed, host by host, and gives the hosts back with the changes in place. Gives how many
/// settings were changed.
///
/// # Errors
/// A host is held by another, or a change failed; what was changed on that host is changed back.
pub async fn all(testbed: &Testbed, report: &Report) -> Result<usize> {
    let mut wanted: BTreeMap<Role, Vec<&Fix>> = BTreeMap::new();
    for finding in &report.findings {
        if let (Some(role), Some(fix)) = (finding.host, &finding.fix) {
            wanted.entry(role).or_default().push(fix);
        }
    }
    let mut changed = 0;
    for (role, fixes) in wanted {
        let host = Host::connect(role, testbed.host(role), testbed.ssh_config.as_deref()).await?;
        one(&host, &fixes).await?;
        changed += fixes.len();
        let (count, back) = (fixes.len(), execute::restore(&host));
        let settings = if count == 1 { "1 setting" } else { &format!("{count} settings") };
        note(format!("{role}: {settings} changed, and it is given back with them: `{back}` changes them back"));
    }
    Ok(changed)
}

/// What ends in the middle is undone by the next run that finds this process dead, as any run's changes are.
async fn one(host: &Host, fixes: &[&Fix]) -> Result<()> {
    let steps: Vec<_> = fixes.iter().map(|fix| settings::step(fix)).collect();
    let claim = Claim::of_this_process("fix", None);
    let journal = format!("fix-{}", std::process::id());
    execute::take(host, &claim, &journal).await.map_err(not_taken)?;
    let applied = execute::apply(host, &journal, &steps).await;
    let kept = match applied {
        Ok(()) => execute::keep(host, &journal).await,
        Err(error) => Err(error),
    };
    let Err(error) = kept else { return Ok(()) };
    let undone = execute::undo(host, Some(&journal)).await;
    undone.map_err(Failure::mark(Outcome::NotRestored))?;
    Err(error).with_context(|| format!("could not change the settings of `{}`, and changed none", host.name))
}
