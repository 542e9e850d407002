//! Where the CPUs of a real middlebox are while traffic flows: `perf record` on it, and what `perf script` prints of that.
//!
//! All of the host is looked at, whoever works there. Must not know which framework forwards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::time::timeout;

use super::calls::{Calls, ROOT};
use super::{Own, Place, Tally, spins};
use crate::host::{Host, Process};
use crate::measure::perf;
use crate::record::Stack;

const SCRIPT: &str = include_str!("sampled.sh");

/// How long perf may take to begin.
const BEGIN: Duration = Duration::from_secs(60);

/// How long it may take to print what it saw: on an emulated host it looks up every address slowly.
const PRINT: Duration = Duration::from_secs(600);

/// Functions in which a CPU waits for something to do.
const IDLE: [&str; 12] = [
    "acpi_idle_do_entry",
    "acpi_safe_halt",
    "cpu_idle_poll",
    "cpuidle_enter_state",
    "default_idle",
    "intel_idle",
    "intel_idle_irq",
    "io_idle",
    "mwait_idle",
    "native_safe_halt",
    "poll_idle",
    "pv_native_safe_halt",
];

/// Looking that goes on.
#[derive(Debug)]
pub struct Sampler {
    process: Process,
    name: String,
    /// What is counted between two looks.
    event: String,
    /// The host's clock, in seconds, when this one stood so.
    clock: (f64, Instant),
}

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What is counted between two looks: `cycles` or `cpu-clock`.
    pub event: String,
    /// As `perf script` printed it.
    pub printed: String,
    /// Where functions of modules begin, and of which.
    modules: BTreeMap<u64, String>,
    /// The host's clock, in seconds, when this one stood so.
    clock: (f64, Instant),
}

impl Sampler {
    /// Begins to look at `host`, so often a second.
    ///
    /// # Errors
    /// There is no perf, it is not allowed to look, or the kernel hides its functions; with the cure.
    pub async fn start(host: &Host, frequency_hz: u32) -> Result<Self> {
        let mut process = host.spawn_script(&format!("nsb_hz={frequency_hz}\n{SCRIPT}")).await?;
        let mut said = String::new();
        let first = async {
            while let Some(line) = process.line().await? {
                let words: Vec<_> = line.split(' ').collect();
                match words.as_slice() {
                    ["nsb-perf", "counting", event, uptime] => {
                        let uptime: f64 = uptime.parse().with_context(|| format!("`{uptime}` is no time"))?;
                        return Ok(Some(((*event).to_owned(), (uptime, Instant::now()))));
                    }
                    ["nsb-perf", "missing"] => bail!(perf::missing(&host.name)),
                    ["nsb-perf", "hidden"] => bail!(
                        "the kernel of `{}` hides where its functions are, from root too\nhint: there, as root: sysctl \
                         kernel.kptr_restrict=1",
                        host.name
                    ),
                    ["nsb-perf", ..] => return Ok(None),
                    _ => said += &(line + "\n"),
                }
            }
            Ok(None)
        };
        let begun = timeout(BEGIN, first).await.context("perf did not begin to look")??;
        let Some((event, clock)) = begun else { return Err(perf::refused(&host.name, &said)) };
        Ok(Self { process, name: host.name.clone(), event, clock })
    }

    /// Ends it, and gives what was seen.
    pub async fn end(mut self) -> Result<Seen> {
        self.process.write("\n").await?;
        // What perf said, its samples, and symbols of modules, one behind the other.
        let (mut parts, mut part) = ([const { String::new() }; 3], 0);
        let read = async {
            while let Some(line) = self.process.line().await? {
                match line.strip_prefix("nsb-perf ") {
                    Some("samples") => part = 1,
                    Some("modules") => part = 2,
                    Some("status 0") => return Ok(true),
                    Some(_) => return Ok(false),
                    None => {
                        parts[part].push_str(&line);
                        parts[part].push('\n');
                    }
                }
            }
            Ok::<_, anyhow::Error>(false)
        };
        let ended = timeout(PRINT, read).await.context("perf did not print what it saw")??;
        let [said, printed, listed] = parts;
        if !ended {
            return Err(perf::refused(&self.name, &format!("{said}{printed}")));
        }
        Ok(Seen { event: self.event, printed, modules: modules(&listed), clock: self.clock })
    }
}

impl Seen {
    /// What was seen in a stretch of time, by the clock that the looks have.
    ///
    /// # Errors
    /// Quotes what cannot be read.
    pub fn samples(&self, window: [f64; 2], own: &Own) -> Result<Samples> {
        Samples::parse(&self.printed, window, &Reader { own, modules: &self.modules })
    }

    /// A moment by the clock that the looks have.
    pub fn at(&self, moment: Instant) -> f64 {
        let (uptime, then) = self.clock;
        uptime
            + moment
                .checked_duration_since(then)
                .map_or_else(|| -then.duration_since(moment).as_secs_f64(), |since| since.as_secs_f64())
    }
}

/// The symbols of modules in a part of `/proc/kallsyms`.
fn modules(text: &str) -> BTreeMap<u64, String> {
    let symbol = |line: &str| {
        let (address, module) = (line.split(' ').next()?, line.rsplit('[').next()?.strip_suffix(']')?);
        Some((u64::from_str_radix(address, 16).ok()?, module.to_owned()))
    };
    text.lines().filter_map(symbol).collect()
}

/// Looks put together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// By function, without those of a CPU that was idle.
    pub tally: Tally,
    /// Looks at an idle CPU.
    pub idle: f64,
    /// Call chains, outermost first, separated by `;`, and how often each was seen.
    pub stacks: BTreeMap<String, u64>,
    /// Who called whom in them.
    pub calls: Calls,
    /// By function and distance from its beginning.
    pub offsets: BTreeMap<(String, u64), u64>,
}

impl Samples {
    fn parse(text: &str, [from, until]: [f64; 2], reader: &Reader) -> Result<Self> {
        let mut samples = Self::default();
        for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
            let mut lines = block.lines().filter(|line| !line.is_empty());
            let head = Head::parse(lines.next().unwrap_or_default())?;
            if head.time < from || head.time > until {
                continue;
            }
            let frames = lines.map(|line| reader.frame(line)).collect::<Result<Vec<_>>>()?;
            let Some(first) = frames.first() else { continue };
            let spins = || frames.iter().any(|frame| spins::spins(&frame.place.name));
            if IDLE.contains(&first.place.name.as_str()) && !spins() {
                samples.idle += 1.0;
                continue;
            }
            *samples.tally.entry(first.place.clone()).or_default().entry(head.cpu).or_default() += 1.0;
            *samples.offsets.entry((first.place.name.clone(), first.offset)).or_default() += 1;
            let mut node = ROOT;
            for frame in frames.iter().rev() {
                let function = samples.calls.function(frame.place.clone());
                node = samples.calls.called(node, function);
            }
            samples.calls.add(node, 1.0);
            let names = frames.iter().rev().map(|frame| frame.place.name.replace(';', ":"));
            let chain: Vec<_> = std::iter::once(head.program.replace(';', ":")).chain(names).collect();
            *samples.stacks.entry(chain.join(";")).or_default() += 1;
        }
        Ok(samples)
    }

    /// The chains that were seen most often, at most so many.
    pub fn most_seen(&self, most: usize) -> Vec<Stack> {
        let stack = |(chain, count): (&String, &u64)| Stack { chain: chain.clone(), count: *count as f64 };
        let mut stacks: Vec<_> = self.stacks.iter().map(stack).collect();
        stacks.sort_by(|one, other| other.count.total_cmp(&one.count));
        stacks.truncate(most);
        stacks
    }

    /// The chains as tools for flame graphs read them.
    pub fn folded(&self) -> String {
        self.stacks.iter().map(|(chain, count)| format!("{chain} {count}\n")).collect::<Vec<_>>().concat()
    }
}

/// `PROGRAM [CPU] SECONDS: EVENT:`
#[derive(Debug, PartialEq)]
struct Head {
    program: String,
    cpu: u32,
    time: f64,
}

impl Head {
    fn parse(line: &str) -> Result<Self> {
        let wrong = || format!("`{line}` does not begin a sample of `perf script`");
        // A program's name may hold blanks and brackets; what follows it does not.
        let (program, rest) = line.rsplit_once(" [").with_context(wrong)?;
        let (cpu, rest) = rest.split_once(']').with_context(wrong)?;
        let time = rest.split(':').next().with_context(wrong)?.trim();
        Ok(Self {
            program: program.trim().to_owned(),
            cpu: cpu.parse().with_context(wrong)?,
            time: time.parse().with_context(wrong)?,
        })
    }
}

/// `ADDRESS FUNCTION+0xOFFSET (FILE)`
#[derive(Debug)]
struct Frame {
    place: Place,
    offset: u64,
}

/// What calls are read with.
struct Reader<'a> {
    own: &'a Own,
    /// Where functions of modules begin, and of which.
    modules: &'a BTreeMap<u64, String>,
}

impl Reader<'_> {
    fn frame(&self, line: &str) -> Result<Frame> {
        let wrong = || format!("`{line}` is no call of `perf script`");
        let (address, rest) = line.trim().split_once(' ').with_context(wrong)?;
        let address = u64::from_str_radix(address, 16).with_context(wrong)?;
        let (symbol, file) = rest.trim().rsplit_once(" (").with_context(wrong)?;
        let file = file.strip_suffix(')').with_context(wrong)?;
        let (name, offset) = symbol.rsplit_once("+0x").unwrap_or((symbol, "0"));
        let offset = u64::from_str_radix(offset, 16).with_context(wrong)?;
        let last = file.rsplit('/').next().unwrap_or(file);
        let (part, object) = if address >> 63 == 1 {
            let listed = self.modules.get(&address.wrapping_sub(offset)).map(String::as_str);
            let module = module(last).or(listed);
            (self.own.kernel(module), module.unwrap_or("kernel"))
        } else {
            (self.own.user(last), last)
        };
        let name = if name == "[unknown]" { format!("[{}]", object.trim_matches(['[', ']'])) } else { name.to_owned() };
        Ok(Frame { place: Place { part, object: object.to_owned(), name }, offset })
    }
}

/// The module in whose file a function of the kernel's is.
fn module(file: &str) -> Option<&str> {
    let name = file.trim_matches(['[', ']']);
    let name = name.split(".ko").next().unwrap_or(name);
    let kernel = name.starts_with("kernel.") || name.starts_with("guest.kernel") || name.starts_with("vmlinu");
    (!kernel && name != "unknown" && !name.starts_with("bpf_prog")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Part;

    /// As perf 6.12 prints it, some chains made shorter.
    const PRINTED: &str = include_str!("samples.txt");

    fn own() -> Own {
        Own { modules: vec!["netslice".to_owned()], programs: vec!["netslice-bridge".to_owned()] }
    }

    fn parse(text: &str, window: [f64; 2]) -> Result<Samples> {
        let modules = modules("ffffffffc0b00000 t mine_too\t[netslice]\nffffffff81c00000 T other\n");
        Samples::parse(text, window, &Reader { own: &own(), modules: &modules })
    }

    #[test]
    fn a_module_whose_file_perf_could_not_read_is_known_by_where_its_functions_begin() {
        let text = "a [000] 1.0: x: \n\tffffffffc0b00020 mine_too+0x20 ([kernel.kallsyms])\n\n\
                    a [000] 1.0: x: \n\tffffffff81c00001 other+0x1 ([kernel.kallsyms])\n";
        let samples = parse(text, [0.0, 9.0]).unwrap();
        let parts: Vec<_> = samples.tally.keys().map(|place| (place.part, place.object.as_str())).collect();
        assert_eq!(parts, [(Part::Module, "netslice"), (Part::Kernel, "kernel")]);
    }

    #[test]
    fn samples_are_put_down_to_functions_by_cpu_and_those_of_an_idle_cpu_are_not() {
        let samples = parse(PRINTED, [0.0, 1e9]).unwrap();
        let got: Vec<_> = samples.tally.iter().map(|(place, cpus)| (place.part, place.name.as_str(), cpus)).collect();
        assert_eq!(samples.idle.to_bits(), 1.0_f64.to_bits());
        assert!(got.contains(&(Part::Module, "nsl_dequeue", &[(1, 2.0)].into())), "{got:?}");
        assert!(got.iter().any(|(part, name, _)| (*part, *name) == (Part::Program, "forward")), "{got:?}");
        assert!(got.iter().any(|(part, name, _)| (*part, *name) == (Part::Kernel, "_raw_spin_lock")), "{got:?}");
    }

    /// As perf prints samples of cycles that a CPU counted itself, the second of one with cores of two kinds.
    const CYCLES: &str = "netslice-bridge  2211 [005] 7201.114502:          cycles:P: \n\
        \tffffffff9a4c1c2e native_queued_spin_lock_slowpath+0x1fe ([kernel.kallsyms])\n\
        \tffffffffc0b00040 netslice_readv+0x40 ([netslice])\n\
        \tffffffffc0b01200 nsl_device_read+0x10 ([netslice])\n\
        \t    7f31c0d0fa9d read+0xd (/usr/lib/x86_64-linux-gnu/libc.so.6)\n\n\
        swapper     0 [006] 7201.114511: cpu_core/cycles/P: \n\
        \tffffffff9b5e0b10 intel_idle+0x70 ([kernel.kallsyms])\n\n\
        swapper     0 [007] 7201.114519:          cycles:ppp: \n\
        \tffffffffc05aa0f4 ixgbe_poll+0x514 (/lib/modules/6.12/kernel/drivers/net/ixgbe/ixgbe.ko.xz)\n\n";

    #[test]
    fn a_wait_for_a_lock_that_the_hardware_counted_is_of_the_way_that_waited() {
        let samples = parse(CYCLES, [0.0, 1e9]).unwrap();
        let got: Vec<_> = samples.tally.iter().map(|(place, cpus)| (place.object.as_str(), cpus.clone())).collect();
        assert_eq!(got, [("ixgbe", [(7, 1.0)].into()), ("kernel", [(5, 1.0)].into())]);
        assert!((samples.idle - 1.0).abs() < 1e-9);
        let paths = samples.calls.paths(None, false).unwrap();
        let ways: Vec<_> = paths.entries.iter().map(|path| (path.function.as_str(), path.kernel())).collect();
        assert_eq!((ways, paths.rest), (vec![("nsl_device_read", 1.0)], 1.0));
        let spins: Vec<_> = samples.calls.spins().into_iter().map(|spin| spin.function).collect();
        assert_eq!(spins, ["netslice_readv"]);
    }

    #[test]
    fn samples_outside_the_window_are_left_out() {
        let samples = parse(PRINTED, [100.0, 101.5]).unwrap();
        assert_eq!(samples.tally.values().flat_map(BTreeMap::values).sum::<f64>() as u32, 2);
    }

    #[test]
    fn chains_are_folded_outermost_first() {
        let samples = parse(PRINTED, [0.0, 1e9]).unwrap();
        let folded = samples.folded();
        assert!(folded.contains("netslice bridge;read;netslice_read;nsl_dequeue 2\n"), "{folded}");
    }

    #[test]
    fn samples_are_put_down_to_the_ways_into_the_module() {
        let paths = parse(PRINTED, [0.0, 1e9]).unwrap().calls.paths(None, false).unwrap();
        let got: Vec<_> = paths.entries.iter().map(|path| (path.function.as_str(), path.count, path.entered)).collect();
        assert_eq!((got, paths.programs, paths.rest), (vec![("netslice_read", 2.0, None)], 1.0, 1.0));
    }

    #[test]
    fn what_perf_did_not_print_is_quoted() {
        for (text, quoted) in [("nonsense\n", "`nonsense`"), ("a [000] 1.0: x:\n\tzz f (g)\n", "zz f (g)")] {
            let error = format!("{:#}", parse(text, [0.0, 9.0]).unwrap_err());
            assert!(error.contains(quoted), "{error}");
        }
    }

    #[test]
    fn modules_are_told_from_the_kernel_by_their_files() {
        let names = ["[kernel.kallsyms]", "vmlinux-6.1", "[netslice]", "virtio_net.ko.xz", "[unknown]"].map(module);
        assert_eq!(names, [None, None, Some("netslice"), Some("virtio_net"), None]);
    }
}
