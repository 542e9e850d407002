//! `nsbench topology show|check|import`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Outcome, Printout, fix};
use crate::execute::{Holder, look};
use crate::host::shell::quote;
use crate::host::{Host, Privilege};
use crate::lab::Lab;
use crate::output;
use crate::poll;
use crate::progress::{Progress, note};
use crate::report::Cores;
use crate::role::Role;
use crate::testbed::facts::Facts;
use crate::testbed::finding::{Report, Severity};
use crate::testbed::import::{self, Choices};
use crate::testbed::rack::Rack;
use crate::testbed::seen::Seen;
use crate::testbed::{HostSpec, Testbed, check, show};

/// How long a host has to say what it has: whoever wants to see the drawing does not want to wait for a host.
const ANSWER_BOUND: Duration = Duration::from_secs(5);

/// The same for a guest of the lab, which is there but may be emulated.
const GUEST_BOUND: Duration = Duration::from_secs(30);

/// How much longer it gets, where this machine stood still.
const GRACE: Duration = Duration::from_secs(1);

/// What hosts said, by how they are reached; those that did not answer are left out.
type Answers = HashMap<String, Facts>;

/// Draws the testbed as its file has it, once for each of its middleboxes. Unless told otherwise, asks all hosts at the
/// same time what they have, and shows that too; to get no answer is no failure.
pub async fn show(rack: &Rack, offline: bool, json: bool) -> Result<Outcome> {
    let answers = if offline { Answers::new() } else { ask_all(rack).await };
    let mut drawings = Vec::new();
    for (number, testbed) in rack.testbeds().iter().enumerate() {
        let seen = Seen::of(testbed, Role::ALL.map(|role| answers.get(&testbed.host(role).ssh)));
        let cores = answers.get(&testbed.middlebox.ssh).and_then(|facts| cores(testbed, facts));
        if json {
            let mut drawing = show::json(testbed, Some(&seen));
            drawing["cores"] = serde_json::to_value(cores)?;
            drawings.push(drawing);
            continue;
        }
        let between = if number == 0 { "" } else { "\n" };
        output::result(&format!("{between}{}", show::show_seen(testbed, &seen)))?;
        if let Some(cores) = cores {
            output::result(&format!("\n{}", cores.text()))?;
        }
    }
    if json {
        output::line(&format!("{:#}", one_or_all(drawings)))?;
    }
    Ok(Outcome::Good)
}

/// Prints a testbed file made out of the inventory or manifest at `path`; nothing else is read or asked.
pub fn import(path: &Path, choices: &Choices) -> Result<Printout> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("could not read `{shown}`\nhint: write the path of an inventory or of a manifest"))?;
    let stdout = import::import(&shown.to_string(), &text, choices)?;
    Ok(Printout { stdout, warnings: Vec::new(), outcome: Outcome::Good })
}

/// What is told of each middlebox, for programs: where there is one, that is all.
fn one_or_all(mut each: Vec<Value>) -> Value {
    if each.len() == 1 { each.remove(0) } else { json!({ "middleboxes": each }) }
}

/// The middlebox's cores, or a remark why they are not known.
fn cores(testbed: &Testbed, facts: &Facts) -> Option<Cores> {
    Cores::of(testbed, facts)
        .inspect_err(|error| {
            note(format!("note: the cores of the middlebox are not shown: {}", output::error_text(error)));
        })
        .ok()
}

/// Asks every host of the rack, source and sink once, all at the same time. Says of each that does not answer why.
async fn ask_all(rack: &Rack) -> Answers {
    let first = &rack.testbeds()[0];
    let config = match config_without_starting(first) {
        Ok(config) => config,
        Err(error) => {
            note(format!("note: no host was asked: {}", output::error_text(&error)));
            return Answers::new();
        }
    };
    let bound = if first.lab.is_some() { GUEST_BOUND } else { ANSWER_BOUND };
    let middleboxes = rack.testbeds().iter().map(|testbed| (Role::Middlebox, &testbed.middlebox));
    let ends = [(Role::Source, &first.source), (Role::Sink, &first.sink)];
    let mut asked = JoinSet::new();
    for (place, (role, spec)) in middleboxes.chain(ends).enumerate() {
        let (spec, config) = (spec.clone(), config.clone());
        asked.spawn(async move {
            let answer = ask(role, &spec, config.as_deref(), bound).await;
            (place, role, spec.ssh, answer)
        });
    }
    let mut all = asked.join_all().await;
    all.sort_by_key(|(place, role, ..)| (*role, *place));
    let mut answers = Answers::new();
    for (_, role, name, answer) in all {
        match answer {
            Ok(facts) => drop(answers.insert(name, facts)),
            Err(error) => note(format!("note: the {role} does not answer: {}", output::error_text(&error))),
        }
    }
    answers
}

async fn ask(role: Role, spec: &HostSpec, config: Option<&Path>, bound: Duration) -> Result<Facts> {
    let asked = async {
        // `ssh` gives up before we do, because it knows what it waited for.
        let connect_bound = bound.saturating_sub(Duration::from_secs(1));
        let host = Host::connect_within(role, spec, config, connect_bound).await?;
        check::ask(&host).await
    };
    poll::within(bound, GRACE, asked).await.map_err(|_| {
        let (name, seconds) = (&spec.ssh, bound.as_secs());
        let file = config.map(|path| format!("-F {} ", quote(&path.to_string_lossy()))).unwrap_or_default();
        anyhow!("`{name}` said nothing within {seconds} s\nhint: try `ssh {file}{} true`", quote(name))
    })?
}

/// The file for `ssh -F`. A lab that is down is not brought up for the sake of a drawing.
fn config_without_starting(testbed: &Testbed) -> Result<Option<PathBuf>> {
    let Some(name) = &testbed.lab else { return Ok(testbed.ssh_config.clone()) };
    let lab = Lab::new(name)?;
    if lab.running().is_none() {
        bail!("lab `{name}` is not up\nhint: nsbench lab up --name {name}");
    }
    Ok(Some(lab.ssh_config()))
}

/// Who holds which host. One that cannot be asked says so elsewhere.
pub(super) async fn holders(hosts: &[Result<Host>; 3]) -> Vec<(Role, String)> {
    let ask = async |host: &Result<Host>| match host {
        Ok(host) if host.privilege != Privilege::None => look(host).await.ok().flatten(),
        _ => None,
    };
    let [source, middlebox, sink] = hosts;
    let holders: [Option<Holder>; 3] = tokio::join!(ask(source), ask(middlebox), ask(sink)).into();
    let holders = Role::ALL.into_iter().zip(holders);
    holders.filter_map(|(role, holder)| Some((role, holder?.to_string()))).collect()
}

/// What a check is to do.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions {
    /// Whether frames go down the cables.
    pub wiring: bool,
    /// Whether a warning is as good as a failed check.
    pub strict: bool,
    /// Whether settings that mislead are changed.
    pub fix: bool,
}

/// Asks the hosts whether a run could work, and unless told otherwise whether every cable goes where the file says.
/// Cables that somebody's run is measuring are left alone. Several middleboxes are checked at the same time.
pub async fn check(rack: &Rack, options: CheckOptions, json: bool) -> Result<Outcome> {
    let mut testbeds = Vec::new();
    for testbed in rack.testbeds() {
        testbeds.push(Testbed { ssh_config: super::reach(testbed)?, ..testbed.clone() });
    }
    let mut reports = check_each(rack.name(), &testbeds, options.wiring).await;
    if options.fix {
        let mut changed = 0;
        for (testbed, report) in testbeds.iter().zip(&reports) {
            changed += fix::all(testbed, report).await?;
        }
        if changed == 0 {
            note("nothing was found that could be changed");
        } else {
            reports = check_each(rack.name(), &testbeds, options.wiring).await;
        }
    }
    if json {
        let each = reports.iter().map(Report::json).collect();
        output::line(&format!("{:#}", one_or_all(each)))?;
    } else {
        let each: Vec<_> = reports.iter().map(Report::text).collect();
        output::result(&each.join("\n"))?;
    }
    let counted = |severity| reports.iter().map(|report| report.count(severity)).sum::<usize>();
    Ok(match (counted(Severity::Error), counted(Severity::Warning)) {
        (0, 0) => Outcome::Good,
        (0, _) if options.strict => Outcome::FellShort,
        (0, _) => Outcome::Good,
        _ => Outcome::Unfit,
    })
}

/// Checks all at the same time.
async fn check_each(name: &str, testbeds: &[Testbed], wiring: bool) -> Vec<Report> {
    let progress = Progress::start(format!("checking testbed `{name}`"));
    let mut checks = JoinSet::new();
    for (place, testbed) in testbeds.iter().cloned().enumerate() {
        checks.spawn(async move { (place, check_one(&testbed, wiring).await) });
    }
    let mut reports = checks.join_all().await;
    reports.sort_by_key(|(place, _)| *place);
    progress.done("checked");
    reports.into_iter().map(|(_, report)| report).collect()
}

async fn check_one(testbed: &Testbed, wiring: bool) -> Report {
    let hosts = Host::connect_all(testbed, testbed.ssh_config.as_deref()).await;
    let cables = if wiring { check::Cables::of(holders(&hosts).await) } else { check::Cables::LeftAlone };
    check::check(testbed, &hosts, &cables).await
}
