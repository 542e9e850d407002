//! `nsbench topology show|check`.

use anyhow::Result;

use super::Outcome;
use crate::host::Host;
use crate::output;
use crate::progress::Progress;
use crate::testbed::{Testbed, check, show};

/// Draws the testbed as its file has it. Asks no host.
pub fn show(testbed: &Testbed, json: bool) -> Result<Outcome> {
    if json {
        output::line(&format!("{:#}", show::json(testbed)))?;
    } else {
        output::result(&show::show(testbed))?;
    }
    Ok(Outcome::Good)
}

/// Asks the hosts whether a run could work, and unless told otherwise whether every cable goes where the file says.
pub async fn check(testbed: &Testbed, wiring: bool, json: bool) -> Result<Outcome> {
    let config = super::reach(testbed)?;
    let progress = Progress::start(format!("checking testbed `{}`", testbed.name));
    let mut reached = testbed.clone();
    reached.ssh_config.clone_from(&config);
    let hosts = Host::connect_all(testbed, config.as_deref()).await;
    let report = check::check(&reached, &hosts, wiring).await;
    progress.done("checked");
    if json {
        output::line(&format!("{:#}", report.json()))?;
    } else {
        output::result(&report.text())?;
    }
    Ok(if report.status() == 0 { Outcome::Good } else { Outcome::Unfit })
}
