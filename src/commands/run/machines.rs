//! A run on each of a testbed's middleboxes, one after the other: which of these machines forwards best?
//!
//! Must not know how one is measured.

use anyhow::{Context, Result, bail};

use super::{Options, Request, matrix, run};
use crate::commands::{Failure, Outcome};
use crate::output;
use crate::progress::note;
use crate::record::store::Store;
use crate::testbed::Testbed;
use crate::testbed::rack::Rack;

/// Runs on each testbed of `rack` what `options` ask for. A machine that fails keeps no other from its turn; the exit
/// status is that of the first that did not end well.
pub async fn each(rack: &Rack, options: &Options) -> Result<Outcome> {
    let rack = &chosen(rack, options).map_err(Failure::mark(Outcome::BadInput))?;
    let on = |testbed: &Testbed| Options { testbed: testbed.clone(), ..options.clone() };
    if let [testbed] = rack.testbeds() {
        return run(&on(testbed)).await;
    }
    // What is not possible on the last one is said before the first is measured.
    if let Request::New(experiment) = &options.request {
        for testbed in rack.testbeds() {
            let cells = matrix::cells(testbed, experiment).with_context(|| testbed.title());
            cells.map_err(Failure::mark(Outcome::BadInput))?;
        }
    }
    let mut worst = Outcome::Good;
    for testbed in rack.testbeds() {
        announce(testbed, options)?;
        let outcome = run(&on(testbed)).await.unwrap_or_else(|error| {
            output::remark(&format!("error: {}", output::error_text(&error)));
            error.downcast_ref::<Failure>().map_or(Outcome::Unfit, |failure| failure.outcome)
        });
        if matches!(outcome, Outcome::Interrupted | Outcome::NotRestored) {
            return Ok(outcome);
        }
        if worst == Outcome::Good {
            worst = outcome;
        }
    }
    if !options.dry_run {
        note("`nsbench compare` sets the middleboxes side by side");
    }
    Ok(worst)
}

fn announce(testbed: &Testbed, options: &Options) -> Result<()> {
    let Some(name) = &testbed.middlebox_name else { return Ok(()) };
    if options.dry_run {
        return output::result(&format!("# middlebox {name} ({})\n", testbed.middlebox.ssh));
    }
    note(format!("middlebox {name} ({})", testbed.middlebox.ssh));
    Ok(())
}

/// The testbeds that are meant: a run goes on only with the middlebox that it was begun on.
fn chosen(rack: &Rack, options: &Options) -> Result<Rack> {
    let Request::Resume(name) = &options.request else { return Ok(rack.clone()) };
    if rack.testbeds().len() == 1 {
        return Ok(rack.clone());
    }
    let earlier = Store::new(&options.results).load(name)?;
    let Some(middlebox) = earlier.middlebox else {
        bail!(
            "`{}` was begun on a testbed with one middlebox, and `{}` has several\nhint: name its testbed with -t, or \
             begin a new run",
            earlier.id,
            rack.name()
        );
    };
    rack.with(&[middlebox])
}
