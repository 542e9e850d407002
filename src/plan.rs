//! The plan: testbed, framework profile and settings in, an ordered list of steps a host out, each step
//! with its undo.
//!
//! A plan is a pure value: nothing here touches a host. `--dry-run` prints it, `execute` runs exactly it.

mod address;
mod arithmetic;
mod bind;
pub mod build;
pub mod calibration;
mod command;
pub mod cores;
mod daemon;
mod hugepages;
mod interrupts;
pub mod layout;
mod link;
mod middlebox;
mod module;
mod offload;
mod pkt_gen;
mod pktgen;
mod qdisc;
mod requires;
pub mod settings;
mod sysctl;
pub mod template;
mod testpmd;
mod upload;
mod work;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use anyhow::Result;

use crate::generator::{Frames, Generator, Load};
use crate::host::shell::quote;
use crate::output::one_line;
use crate::profile::Profile;
use crate::role::Role;
use crate::testbed::Testbed;
pub use build::Sources;
pub use daemon::{generator_started, pings, stop_generator};
use layout::Layout;
pub use middlebox::{counts, line_words, words};
pub use upload::Product;

/// Where a run keeps files on a host. Not under /run, which is often mounted so that no program in it can be run.
pub const WORK: &str = "/var/lib/nsbench/work";

/// First line of an undo that succeeds also where its change was not made, or made in part. Any other may fail there.
const MUST: &str = "# succeeds in any case";

/// A change to a host, as POSIX sh: every word in it that came from a user is quoted already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it comes to, for people: `eth1: mtu 9000`.
    pub title: String,
    /// Looks at the present state and prints the commands that bring it back.
    pub save: String,
    /// Makes the change.
    pub apply: String,
    /// Succeeds if the change is there.
    pub verify: String,
    /// Input of `apply`, where it has one.
    pub payload: Option<Payload>,
}

/// A file that travels with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Bytes known at plan time.
    Bytes(Vec<u8>),
    /// A file on this machine, read when the step runs.
    File(std::path::PathBuf),
}

/// The steps of one cell, by host, in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Steps of each host.
    pub steps: BTreeMap<Role, Vec<Step>>,
}

/// How the framework's programs get to the middlebox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artifacts {
    /// There is nothing to build.
    None,
    /// Built on the middlebox from these sources, once a kernel.
    OnHost(Sources),
    /// Built on this machine for the middlebox's kernel.
    Here(Vec<Product>),
}

/// One cell to be measured: a framework with its parameters on a number of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The framework.
    pub profile: Profile,
    /// Values of all its parameters.
    pub params: BTreeMap<String, String>,
    /// Lines that carry traffic: the first so many of the testbed.
    pub lines: usize,
    /// Which frames are sent, where that was chosen.
    pub frame_size: Option<Frames>,
}

impl Cell {
    /// What a person calls it, on one line: `netslice on 4 lines, batch=16` where that is not the profile's default.
    pub fn title(&self) -> String {
        let plural = if self.lines == 1 { "" } else { "s" };
        let frames = self.frame_size.as_ref().map_or(String::new(), |frames| format!(", frames of {frames}"));
        let mut parts = vec![format!("{} on {} line{plural}{frames}", self.profile.name, self.lines)];
        parts.extend(self.chosen().map(|(name, value)| format!("{name}={value}")));
        parts.join(", ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The parameters that are files of the user's, and the paths of these.
    pub fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        let is_file = |name: &String| self.profile.parameters.get(name).is_some_and(|parameter| parameter.file);
        self.params.iter().filter(move |(name, _)| is_file(name))
    }

    /// The parameters that have a default, and here another value; and files.
    fn chosen(&self) -> impl Iterator<Item = (&String, &String)> {
        let default =
            |name: &String| self.profile.parameters.get(name).and_then(|parameter| parameter.default.as_ref());
        let is_file = |name: &String| self.profile.parameters.get(name).is_some_and(|parameter| parameter.file);
        self.params
            .iter()
            .filter(move |(name, value)| is_file(name) || default(name).is_some_and(|default| default != *value))
    }
}

/// Plans a cell on a middlebox with this hardware, between ends that send and receive such a load.
pub fn plan(testbed: &Testbed, layout: &Layout, cell: &Cell, artifacts: &Artifacts, load: &Load) -> Result<Plan> {
    let (mut plan, loading) = plan_apart(testbed, layout, cell, artifacts, load)?;
    plan.steps.entry(Role::Middlebox).or_default().extend(loading);
    Ok(plan)
}

/// The same in two parts: what makes the hosts ready, and then what loads the framework on the middlebox and starts it on
/// every line.
pub fn plan_apart(
    testbed: &Testbed,
    layout: &Layout,
    cell: &Cell,
    artifacts: &Artifacts,
    load: &Load,
) -> Result<(Plan, Vec<Step>)> {
    let ends = [
        (Role::Source, end_steps(testbed, cell.lines, load, Role::Source)),
        (Role::Sink, end_steps(testbed, cell.lines, load, Role::Sink)),
    ];
    let mut steps = BTreeMap::from(ends);
    steps.insert(Role::Middlebox, middlebox::ready(testbed, layout, cell, artifacts)?);
    let mut loading = middlebox::load(testbed, layout, cell)?;
    for step in steps.values_mut().flatten().chain(&mut loading) {
        // A title quotes words of the user's, and is a comment line, a line of the journal, a part of a message.
        step.title = one_line(&step.title);
    }
    Ok((Plan { steps }, loading))
}

/// Source and sink: their ports up with a test address each; the generator's servers on the sink.
fn end_steps(testbed: &Testbed, lines: usize, load: &Load, role: Role) -> Vec<Step> {
    let mut steps = vec![work::directory()];
    let mut sinks = Vec::new();
    for (index, line) in testbed.lines.iter().take(lines).enumerate() {
        let (source, sink) = testbed.addresses(index + 1);
        sinks.push(sink);
        let (port, own) = if role == Role::Source { (&line.source.0, source) } else { (&line.sink.0, sink) };
        steps.push(link::mtu(port, testbed.mtu));
        steps.push(link::up(port));
        steps.push(address::address(port, &format!("{own}/24")));
    }
    let tool = load.generator.tool();
    if role == Role::Sink {
        steps.extend(tool.servers(&sinks).iter().map(daemon::server));
        return steps;
    }
    if load.reuses_tcp_ports() {
        // A closed connection keeps its ports for a minute, and the next trial needs them.
        steps.push(sysctl::set("net.ipv4.tcp_max_tw_buckets", "0"));
    }
    let ports = testbed.lines.iter().take(lines).map(|line| line.source.0.as_str());
    match load.generator {
        Generator::Pktgen => steps.push(pktgen::pktgen()),
        Generator::Testpmd => steps.extend(testpmd::steps(ports)),
        Generator::PktGen => steps.extend(pkt_gen::steps(ports)),
        Generator::Netperf | Generator::Iperf3 => {}
    }
    steps.extend(tool.jobs(lines, load).iter().map(|name| daemon::generator(name)));
    steps
}

impl fmt::Display for Plan {
    /// The commands that would run, per host, as a script one can read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (role, steps)) in self.steps.iter().enumerate() {
            let between = if number == 0 { "" } else { "\n" };
            writeln!(f, "{between}## {role}")?;
            for step in steps {
                let mut text = format!("# {}\n{}\n", step.title, step.apply.trim_end());
                if !step.save.trim().is_empty() {
                    let save = step.save.trim().replace('\n', "\n#     ");
                    writeln!(text, "#   its undo is what this prints beforehand:\n#     {save}")?;
                }
                f.write_str(&text)?;
            }
        }
        Ok(())
    }
}

/// sh that prints a line as it is: a command for an undo, or words for people.
fn say(line: &str) -> String {
    if is_echoed(line) { format!("echo {}", quote(line)) } else { format!("printf '%s\\n' {}", quote(line)) }
}

/// The same with a variable of the shell's behind it.
fn say_with(line: &str, variable: &str) -> String {
    let echo = if is_echoed(line) { "echo" } else { "printf '%s %s\\n'" };
    format!("{echo} {} \"${variable}\"", quote(line))
}

/// Whether every `echo` prints the line unchanged: some take backslashes, or a dash in front, for something else.
fn is_echoed(line: &str) -> bool {
    !line.contains('\\') && !line.starts_with('-')
}

#[cfg(test)]
mod tests;
