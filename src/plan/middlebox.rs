//! The middlebox's steps: its ports, then what the profile says, once and for every line.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::cores::{self, LineCores};
use super::layout::{Layout, PortHardware};
use super::template::Template;
use super::{
    Artifacts, Cell, Step, WORK, bind, build, command, daemon, hugepages, interrupts, link, module, offload, qdisc,
    requires, sysctl, upload, work,
};
use crate::host::shell::Argv;
use crate::profile::{Action, Modprobe, is_module};
use crate::programs;
use crate::testbed::{Line, Testbed};

/// Bytes around the payload of an MTU: Ethernet header, VLAN tag, frame check sequence.
const AROUND: u32 = 14 + 4 + 4;

/// What DPDK keeps free in front of a frame (`RTE_PKTMBUF_HEADROOM`), and the step in which cards count buffers.
const HEADROOM: u32 = 128;
const BUFFER_STEP: u32 = 1024;

/// The used lines of a cell with what their placeholders stand for.
struct Bench<'a> {
    testbed: &'a Testbed,
    layout: &'a Layout,
    cell: &'a Cell,
    cores: Vec<LineCores>,
}

/// Steps that make the middlebox ready for the framework: its files, and its ports.
pub fn ready(testbed: &Testbed, layout: &Layout, cell: &Cell, artifacts: &Artifacts) -> Result<Vec<Step>> {
    let bench = Bench { testbed, layout, cell, cores: cores::map(testbed, layout) };
    let profile = &cell.profile;
    let mut steps = Vec::new();
    let mut programs = profile.programs.clone();
    if !profile.ports.offloads.is_empty() {
        // Without it an offload that is on would not be seen, and be taken for one that is off.
        programs.insert("ethtool".to_owned(), "ethtool".to_owned());
    }
    if !programs.is_empty() {
        steps.push(requires::programs(&programs));
    }
    steps.push(work::directory());
    match artifacts {
        Artifacts::None => {}
        Artifacts::OnHost(sources) => steps.extend(build::build(sources)),
        Artifacts::Here(products) => steps.extend(products.iter().map(upload::upload)),
    }
    for name in &profile.bring {
        let program = programs::find(name).with_context(|| format!("nsbench brings no program `{name}` along"))?;
        steps.push(upload::brought(name, program));
    }
    steps.extend(cell.files().map(|(name, path)| upload::given(name, path)));
    let words = words(testbed, layout, cell)?;
    steps.extend(profile.autoloads.iter().map(|module| module::autoloaded(module)));
    steps.extend(bench.port_steps(&words)?);
    Ok(steps)
}

/// Steps that load the framework there, and start it on every line.
pub fn load(testbed: &Testbed, layout: &Layout, cell: &Cell) -> Result<Vec<Step>> {
    let bench = Bench { testbed, layout, cell, cores: cores::map(testbed, layout) };
    let mut words = words(testbed, layout, cell)?;
    let (profile, mut steps) = (&cell.profile, Vec::new());
    for action in &profile.load {
        steps.push(step_of(action, None, &words)?);
    }
    for (line, cores) in bench.lines() {
        bench.set_line(&mut words, line, cores);
        for action in &profile.line {
            steps.push(step_of(action, layout.port(&line.input.0).node, &words)?);
        }
    }
    Ok(steps)
}

/// What the placeholders stand for in what is done for line `number`, from 1.
pub fn line_words(testbed: &Testbed, layout: &Layout, cell: &Cell, number: usize) -> Result<Template> {
    let bench = Bench { testbed, layout, cell, cores: cores::map(testbed, layout) };
    let mut words = words(testbed, layout, cell)?;
    let line = bench.lines().nth(number.saturating_sub(1));
    let (line, cores) = line.with_context(|| format!("there is no line {number}"))?;
    bench.set_line(&mut words, line, cores);
    Ok(words)
}

/// The commands by which the framework tells what it counted, one a line; none where it has none.
pub fn counts(testbed: &Testbed, layout: &Layout, cell: &Cell) -> Result<Vec<Argv>> {
    if cell.profile.counts.is_empty() {
        return Ok(Vec::new());
    }
    (1..=cell.lines).map(|number| line_words(testbed, layout, cell, number)?.argv(&cell.profile.counts)).collect()
}

/// What the placeholders of a cell stand for, those of a single line left out.
pub fn words(testbed: &Testbed, layout: &Layout, cell: &Cell) -> Result<Template> {
    let mut words = Template::new(&cell.params);
    let names = port_names(testbed, cell.lines);
    let hardware: Vec<_> = names.iter().map(|name| layout.port(name)).collect();
    words.set("mtu", testbed.mtu.to_string());
    words.set("frame", (testbed.mtu + AROUND).to_string());
    words.set("buffer", (HEADROOM + (testbed.mtu + AROUND).next_multiple_of(BUFFER_STEP)).to_string());
    words.set("work", WORK);
    words.set("lines", cell.lines.to_string());
    // Every port has a receive and a transmit ring of the host's own beside those of its queues.
    let rings = |port: &PortHardware| u64::from(port.queues) + 2;
    words.set("rings", hardware.iter().map(rings).sum::<u64>().to_string());
    words.set("port_rings", hardware.iter().map(rings).max().unwrap_or(0).to_string());
    words.set("ring_slots", hardware.iter().map(|port| port.slots).max().unwrap_or(0).to_string());
    words.set("user_driver", user_driver(&hardware));
    words.set_list("slots", hardware.iter().map(|port| port.pci.clone()).collect());
    words.set_list("ports", names);
    for (name, _) in cell.files() {
        words.set(name, format!("{WORK}/{name}"));
    }
    resolve_auto(cell, &mut words)?;
    Ok(words)
}

/// Gives parameters whose value is `auto` the value that the profile has for that.
fn resolve_auto(cell: &Cell, words: &mut Template) -> Result<()> {
    for (name, parameter) in &cell.profile.parameters {
        let asked = cell.params.get(name).is_some_and(|value| value == "auto");
        if let Some(auto) = parameter.auto.as_ref().filter(|_| asked) {
            let value = words.fill(auto).with_context(|| format!("`auto` of parameter `{name}`"))?;
            words.set(name, value);
        }
    }
    Ok(())
}

fn user_driver(hardware: &[PortHardware]) -> &'static str {
    let own: Vec<_> = hardware.iter().map(|port| port.pci.as_str()).collect();
    bind::driver_for(hardware.iter().map(|port| (port.driver.as_deref(), port.group.as_deref())), &own)
}

/// The middlebox's ports of the first `lines` lines, in the order of the file.
fn port_names(testbed: &Testbed, lines: usize) -> Vec<String> {
    let used = testbed.lines.iter().take(lines);
    used.flat_map(|line| [line.input.0.clone(), line.output.0.clone()]).collect()
}

impl Bench<'_> {
    fn lines(&self) -> impl Iterator<Item = (&Line, &LineCores)> {
        self.testbed.lines.iter().zip(&self.cores).take(self.cell.lines)
    }

    fn set_line(&self, words: &mut Template, line: &Line, cores: &LineCores) {
        words.set("line", cores.line.to_string());
        words.set("in", line.input.0.as_str());
        words.set("out", line.output.0.as_str());
        words.set("in_slot", self.layout.port(&line.input.0).pci);
        words.set("out_slot", self.layout.port(&line.output.0).pci);
        words.set("cpu_forward", cores.forward.to_string());
        words.set("cpu_reverse", cores.reverse.to_string());
    }

    /// Every port as the profile wants it: with the kernel, or taken from it.
    fn port_steps(&self, words: &Template) -> Result<Vec<Step>> {
        let ports = self.lines().flat_map(|(line, LineCores { forward, reverse, .. })| {
            [(&line.input.0, [*forward, *reverse]), (&line.output.0, [*reverse, *forward])]
        });
        let driver = self.cell.profile.ports.driver.as_ref().map(|driver| words.fill(driver)).transpose()?;
        let Some(driver) = driver.filter(|driver| driver != bind::KERNEL) else {
            return Ok(ports.flat_map(|(port, cpus)| self.kernel_port(port, cpus)).collect());
        };
        ensure!(is_module(&driver), "`{driver}` cannot name a driver");
        let load = Modprobe { module: driver.clone(), parameters: BTreeMap::new() };
        let mut steps = vec![module::modprobe(&load, words)?];
        steps.extend(ports.map(|(port, _)| bind::bind(port, &self.layout.port(port).pci, &driver)));
        Ok(steps)
    }

    /// A port that the first CPU receives from, and the second sends through.
    fn kernel_port(&self, port: &str, [receives, sends]: [u32; 2]) -> Vec<Step> {
        let wanted = &self.cell.profile.ports;
        let mut steps = vec![link::mtu(port, self.testbed.mtu)];
        if wanted.promiscuous {
            steps.push(link::promiscuous(port));
        }
        if !wanted.offloads.is_empty() {
            steps.push(offload::offloads(port, &wanted.offloads));
        }
        if wanted.spread_interrupts {
            steps.push(interrupts::pin(port, receives, sends));
        }
        if wanted.replaces_qdisc {
            steps.push(qdisc::come_back(port));
        }
        steps.push(link::up(port));
        steps
    }
}

fn step_of(action: &Action, node: Option<u32>, words: &Template) -> Result<Step> {
    if let Some(insmod) = &action.insmod {
        return module::insmod(insmod, words);
    }
    if let Some(modprobe) = &action.modprobe {
        return module::modprobe(modprobe, words);
    }
    if let Some(command) = &action.command {
        return command::command(command, words);
    }
    if let Some(daemon) = &action.daemon {
        return daemon::daemon(daemon, words);
    }
    if let Some(sysctl) = &action.sysctl {
        return sysctl::sysctl(sysctl, words);
    }
    if let Some(pages) = &action.hugepages {
        return hugepages::hugepages(pages, node, words);
    }
    bail!("an action of the profile says nothing to do")
}
