//! `nsbench profile --dry-run`: what would be done, and no host asked.

use std::fmt::Write as _;

use anyhow::Result;

use super::Options;
use crate::commands::run;
use crate::plan::layout::Layout;
use crate::plan::{self, Cell};
use crate::profile::experiment::Experiment;
use crate::record::Counting;
use crate::role::Role;
use crate::sources;

/// The plan of the cell, and what is done with the traffic.
///
/// # Errors
/// It cannot be planned.
pub fn text(options: &Options, counting: Counting, experiment: &Experiment, cell: &Cell) -> Result<String> {
    let testbed = &options.testbed;
    let mut text = "# no host is asked: slots, queues and CPUs of the middlebox are assumed\n\n".to_owned();
    let artifacts = sources::artifacts(cell, testbed.lab.is_some(), true)?;
    let mut plan = plan::plan(testbed, &Layout::default(), cell, &artifacts, &experiment.load())?;
    let traffic = match counting {
        Counting::Instructions => {
            text += "# a middlebox is booted for it alone; both ends of its line are in nsbench, and are no hosts\n\n";
            plan.steps.retain(|role, _| *role == Role::Middlebox);
            "\n# frames go through it three times: against its own clock, while every instruction is counted, and while calls \
             are followed\n"
                .to_owned()
        }
        Counting::Samples => format!(
            "{}# four times: without perf, with `perf record` on the middlebox, while wake-ups are counted there, and without \
             perf again\n",
            run::sent(testbed, experiment, cell)
        ),
    };
    write!(text, "# {}\n\n{plan}{traffic}", cell.title())?;
    Ok(text)
}
