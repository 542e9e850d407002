//! `nsbench topology discover`: asks three hosts what is plugged into what, and prints a testbed file.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};

use super::{Failure, Outcome};
use crate::host::Host;
use crate::output;
use crate::progress::{Progress, note};
use crate::role::Role;
use crate::testbed::discover::{self, Candidates};
use crate::testbed::facts::Facts;
use crate::testbed::finding::Finding;
use crate::testbed::rack::Rack;
use crate::testbed::wiring::{self, Cables, End, Heard};
use crate::testbed::{Testbed, check, probe};

/// What is asked.
#[derive(Debug)]
pub struct Options {
    /// The hosts; what it says of lines is not looked at.
    pub hosts: Testbed,
    /// Whether virtual ports take part.
    pub virtual_ports: bool,
}

/// Hosts that are given by their destinations.
#[derive(Debug)]
pub struct Destinations {
    /// Source, middlebox and sink.
    pub ssh: [String; 3],
    /// Configuration of the OpenSSH client.
    pub ssh_config: Option<PathBuf>,
    /// What the testbed is to be called.
    pub name: String,
}

impl Destinations {
    /// A testbed without lines, as a file with these words would have it.
    pub fn testbed(self) -> Result<Testbed> {
        let Self { ssh, ssh_config, name } = self;
        let [source, middlebox, sink] = ssh.map(|ssh| discover::scalar(&ssh));
        let config = ssh_config.map(|path| std::path::absolute(&path)).transpose()?;
        let config =
            config.map_or(String::new(), |path| format!("ssh_config: {}", discover::scalar(&path.to_string_lossy())));
        let text = format!(
            "name: {}\n{config}\nhosts:\n  source: {{ ssh: {source} }}\n  middlebox: {{ ssh: {middlebox} }}\n  \
             sink: {{ ssh: {sink} }}\nlines: [{{ source: a, in: a, out: b, sink: a }}]\n",
            discover::scalar(&name)
        );
        let testbed = Testbed::parse("the arguments as a testbed file", &text);
        let testbed = testbed.map_err(|error| Failure::mark(Outcome::BadInput)(error.into()))?;
        Ok(Testbed { lines: Vec::new(), ..testbed })
    }
}

/// The hosts of a testbed file. Of several middleboxes one has to be chosen.
pub fn hosts(rack: &Rack) -> Result<Testbed> {
    match rack.testbeds() {
        [testbed] => Ok(Testbed { lines: Vec::new(), ..testbed.clone() }),
        _ => Err(Failure::mark(Outcome::BadInput)(anyhow!(
            "testbed `{}` has several middleboxes, and cables are found for one at a time\n\
             hint: name three hosts: --source HOST --middlebox HOST --sink HOST",
            rack.name()
        ))),
    }
}

/// Probes the cables and prints the file; what is in no line stands below it, and what is broken on standard error as well.
pub async fn run(options: &Options) -> Result<Outcome> {
    let testbed = &options.hosts;
    let config = super::reach(testbed)?;
    let progress = Progress::start("asking the hosts what is plugged into what");
    let hosts = Host::connect_all(testbed, config.as_deref()).await;
    let holders = super::topology::holders(&hosts).await;
    // Frames of ours in somebody's measurement would spoil it.
    if let Some((role, holder)) = holders.first() {
        bail!(
            "the {role} is held by another run: {holder}\nhint: ask again when that run has ended, or end it: nsbench restore"
        );
    }
    let hosts = connected(hosts)?;
    let each: [&Host; 3] = hosts.each_ref();
    let facts = facts(each).await?;
    let facts = facts.each_ref();
    let reached: Vec<_> = Role::ALL.into_iter().zip(facts).collect();
    if let Some(why) = check::obstacle(&reached) {
        bail!(
            "cables cannot be found: {why}\nhint: write the testbed file by hand: nsbench files testbeds/example.yaml"
        );
    }
    let candidates = facts.map(|facts| discover::candidates(facts, options.virtual_ports));
    let probed = candidates.each_ref().map(|candidates| candidates.probed.clone());
    if let Some(role) = Role::ALL.into_iter().find(|role| probed[*role as usize].is_empty()) {
        bail!("{}", no_ports(role, &candidates[role as usize], options.virtual_ports));
    }
    let heard = probe::wires(each, probed.clone()).await.map_err(|found| failed(&found))?;
    progress.done(&format!("{} ports probed", probed.iter().map(Vec::len).sum::<usize>()));
    let cables = wiring::cables(&probed, &heard);
    print(testbed, &cables, facts, &candidates, &heard)
}

fn print(
    testbed: &Testbed,
    cables: &Cables,
    facts: [&Facts; 3],
    candidates: &[Candidates<'_>; 3],
    heard: &[Heard; 3],
) -> Result<Outcome> {
    let found = discover::lines(cables, facts[Role::Middlebox as usize]);
    let broken: Vec<_> = cables.broken.iter().map(sentence).chain(refused(heard)).collect();
    for what in &broken {
        note(format!("warning: {what}"));
    }
    let cable = |(a, b): &(End, End)| format!("{a} <-> {b}: a cable that no line has a use for");
    let mut beside: Vec<_> = found.unused.iter().map(cable).chain(broken).collect();
    let silent = |end: &End| format!("{end}: has a carrier, and none of these ports at the other end");
    beside.extend(cables.silent.iter().map(silent));
    beside.extend(cables.dark.iter().map(|end| format!("{end}: no carrier")));
    for (role, candidates) in Role::ALL.into_iter().zip(candidates) {
        beside.extend(candidates.left_alone.iter().map(|why| format!("{role}, left alone: {why}")));
    }
    if found.lines.is_empty() {
        bail!(
            "no line leads from the source through the middlebox to the sink{}\n\
             hint: plug a cable from the source to the middlebox, and one from the middlebox to the sink",
            rows(&beside)
        );
    }
    let date = jiff::Zoned::now().date().to_string();
    let text = discover::text(testbed, &found.lines, facts, &beside, &date);
    let read = Rack::parse("what was found", &text);
    read.context("the file that was made cannot be read again: this is a defect of nsbench")?;
    output::result(&text)?;
    let count = found.lines.len();
    note(format!("{count} line{} found", if count == 1 { "" } else { "s" }));
    Ok(Outcome::Good)
}

/// Each in a row of its own below what is said.
fn rows(what: &[String]) -> String {
    what.iter().flat_map(|what| ["\n  ", what]).collect()
}

fn connected(hosts: [Result<Host>; 3]) -> Result<[Host; 3]> {
    let [source, middlebox, sink] = hosts;
    let of = |role: Role, host: Result<Host>| host.with_context(|| format!("the {role} does not answer"));
    Ok([of(Role::Source, source)?, of(Role::Middlebox, middlebox)?, of(Role::Sink, sink)?])
}

async fn facts(hosts: [&Host; 3]) -> Result<[Facts; 3]> {
    let [source, middlebox, sink] = hosts;
    let (source, middlebox, sink) = tokio::try_join!(check::ask(source), check::ask(middlebox), check::ask(sink))?;
    Ok([source, middlebox, sink])
}

fn no_ports(role: Role, candidates: &Candidates<'_>, virtual_ports: bool) -> String {
    let hint = if virtual_ports {
        "give it a port that carries neither ssh nor the default route"
    } else {
        "where it is a container, say --virtual-ports"
    };
    format!("the {role} has no port whose cable could be found out{}\nhint: {hint}", rows(&candidates.left_alone))
}

/// Why probing failed, host by host.
fn failed(findings: &[Finding]) -> anyhow::Error {
    let told: Vec<_> = findings.iter().map(sentence).collect();
    anyhow!("{}", told.join("\n"))
}

/// Ports that took no part.
fn refused(heard: &[Heard; 3]) -> impl Iterator<Item = String> {
    let of = |(role, heard): (Role, &Heard)| {
        heard.errors.iter().map(|(port, why)| format!("{role} {port} could not be probed: {why}")).collect::<Vec<_>>()
    };
    Role::ALL.into_iter().zip(heard).flat_map(of).collect::<Vec<_>>().into_iter()
}

fn sentence(finding: &Finding) -> String {
    let host = finding.host.map_or(String::new(), |role| format!("{role}: "));
    let evidence = finding.evidence.as_ref().map_or(String::new(), |evidence| format!(" ({evidence})"));
    let cure = finding.cure.as_ref().map_or(String::new(), |cure| format!("; {cure}"));
    format!("{host}{}{evidence}{cure}", finding.what)
}
