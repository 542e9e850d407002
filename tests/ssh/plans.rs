//! Steps of the middlebox, from a framework profile as a user writes it, and looks at what they left on the host.

use std::collections::BTreeMap;

use nsbench::execute::{self, Claim, Controller};
use nsbench::generator::Load;
use nsbench::host::Host;
use nsbench::plan::layout::Layout;
use nsbench::plan::{Artifacts, Cell, Step, plan};
use nsbench::profile::Profile;
use nsbench::role::Role;
use nsbench::testbed::Testbed;

use crate::sshd::until;

/// The steps that come of a profile whose `load` is `actions`, a YAML list. It has no lines, so no port is touched.
pub fn steps(actions: &str) -> Vec<Step> {
    steps_with(actions, &Artifacts::None)
}

/// The same, for a framework that has to be brought there.
pub fn steps_with(actions: &str, artifacts: &Artifacts) -> Vec<Step> {
    let text = format!("name: mine\nsummary: for a test\nload: {actions}\n");
    let profile = Profile::parse("mine.yaml", &text).unwrap();
    let cell = Cell { profile, params: BTreeMap::new(), lines: 0, frame_size: None };
    plan(&Testbed::shipped("fractus").unwrap(), &Layout::default(), &cell, artifacts, &Load::default())
        .unwrap()
        .steps
        .remove(&Role::Middlebox)
        .unwrap()
}

/// A run of somebody's on a machine that cannot be asked, without a dead man's switch.
pub fn claim(run: &str, holder: &str) -> Claim {
    let controller = Controller { boot: "another".to_owned(), machine: "another".to_owned(), ..Controller::this() };
    Claim { run: run.to_owned(), holder: holder.to_owned(), controller, deadman: None }
}

/// Takes the host as the run `run`, and applies. Its journal is called `run` too.
pub async fn apply(host: &Host, steps: &[Step]) -> anyhow::Result<()> {
    execute::take(host, &claim("run", "somebody@somewhere"), "run").await?;
    execute::apply(host, "run", steps).await
}

/// What a script says that must succeed.
pub async fn said(host: &Host, script: &str) -> String {
    host.script(script).await.unwrap().success("a look at the host").unwrap()
}

/// Lets go on what waits for it: a step of a test that takes until the test has seen enough.
pub const GO: &str = "touch /run/go";

/// Waits until a script says this: what was begun takes a moment to be there, and what was ended to be gone.
pub async fn comes_to_say(host: &Host, script: &str, expected: &str) {
    until(&format!("`{script}` to say {expected:?}"), async || said(host, script).await == expected).await;
}

/// Whether nothing of nsbench is left on the host.
pub async fn is_as_found(host: &Host) -> bool {
    said(host, "ls -d /var/lib/nsbench/work /var/lib/nsbench 2>/dev/null || :").await.is_empty()
}
