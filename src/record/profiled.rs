//! What a profile recorded: which functions of the middlebox took how much of its time, or of its instructions.
//!
//! What perf printed is in files of its own beside the record.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the time of a framework went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profiled {
    /// Framework profile name.
    pub framework: String,
    /// Lines that carried traffic.
    pub lines: u32,
    /// Parameters of the framework, `framework.parameter` to value.
    pub params: BTreeMap<String, String>,
    /// What the loaded framework said of itself.
    pub framework_facts: BTreeMap<String, serde_json::Value>,
    /// How it was found out.
    pub by: Counting,
    /// What is counted: `instructions`; `cycles` or `cpu-clock`, of which a sample is taken every so often.
    pub event: String,
    /// Bytes of the frames that were sent, without the check sequence, where that was chosen.
    pub frame_size: Option<u32>,
    /// Packets that went through meanwhile, both ways; `null` where nobody counted them.
    pub packets: Option<u64>,
    /// Instructions, or samples, while the middlebox was not idle: all shares are of these.
    pub total: f64,
    /// Samples while it was idle; `null` where instructions are counted, of which an idle CPU executes none.
    pub idle: Option<f64>,
    /// Instructions a packet by the middlebox's own clock in a trial before, where instructions are counted.
    pub instructions_per_packet: Option<f64>,
    /// The functions, those that took most first.
    pub functions: Vec<Function>,
    /// What each way into the framework's modules took; `null` where it has none, or calls were not seen.
    #[serde(default)]
    pub paths: Option<Paths>,
    /// Where CPUs were seen going round until a lock was free, most often first; `null` where nobody looked.
    #[serde(default)]
    pub spins: Option<Vec<Spin>>,
    /// Source lines of a function, where that was asked for.
    pub annotated: Vec<Annotated>,
    /// The file with call chains, one a line with a number behind it, where there are any.
    pub stacks: Option<String>,
    /// The chains that were seen most often.
    pub chains: Vec<Stack>,
    /// What looking did to the result, where samples were taken.
    pub looking: Option<Looking>,
    /// How often programs were woken and switched, where that was counted.
    pub scheduling: Option<Scheduling>,
    /// What makes a figure suspect, each a sentence.
    pub warnings: Vec<String>,
}

/// How it was found out where the time went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// Every instruction was counted, in the lab.
    Instructions,
    /// perf looked every so often where each CPU was.
    Samples,
}

impl Counting {
    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Samples => "samples",
        }
    }
}

/// What a function belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// A kernel module that the framework loaded.
    Module,
    /// A program that the framework runs.
    Program,
    /// The rest of the kernel, its other modules included.
    Kernel,
    /// Another program.
    Other,
}

impl Part {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 4] = [Self::Module, Self::Program, Self::Kernel, Self::Other];

    /// The name used in files and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Program => "program",
            Self::Kernel => "kernel",
            Self::Other => "other",
        }
    }
}

/// What a function took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    /// Its name; of code without symbols the file it is in, in brackets.
    pub name: String,
    /// `kernel`, a module, or the file of a program or library.
    pub object: String,
    /// What it belongs to.
    pub part: Part,
    /// Instructions, or samples.
    pub count: f64,
    /// Of all that was counted, from 0 to 1.
    pub share: f64,
    /// Instructions a packet, where they were counted.
    pub per_packet: Option<f64>,
    /// Samples by CPU.
    pub cpus: BTreeMap<u32, f64>,
}

/// What each way into the framework's modules took, with all that was called on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Paths {
    /// Packets that went through while calls were followed; `null` where samples were taken.
    pub packets: Option<u64>,
    /// The ways, the dearest first.
    pub entries: Vec<Path>,
    /// What the framework's programs took.
    pub programs: f64,
    /// What all else took: the kernel before packets are the module's and after, and other programs.
    pub rest: f64,
}

/// A way into a module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Path {
    /// The function of the module that was called from outside of it.
    pub function: String,
    /// The module.
    pub object: String,
    /// How often; `null` where samples were taken.
    pub entered: Option<f64>,
    /// Instructions, or samples, in that function and in all that it called; softirqs that came upon it are not in it.
    pub count: f64,
    /// Those of them in the module itself.
    pub module: f64,
    /// Those in other modules, drivers mostly, and in what they called.
    pub drivers: f64,
}

impl Paths {
    /// All that was counted.
    pub fn all(&self) -> f64 {
        self.entries.iter().fold(self.programs + self.rest, |sum, path| sum + path.count)
    }

    /// What was counted for each packet; of samples the share, in percent.
    pub fn figure(&self, count: f64) -> f64 {
        match self.packets.filter(|packets| *packets > 0) {
            Some(packets) => count / packets as f64,
            None => count / self.all().max(1.0) * 100.0,
        }
    }
}

impl Path {
    /// What it took in the rest of the kernel.
    pub fn kernel(&self) -> f64 {
        self.count - self.module - self.drivers
    }
}

/// Who wanted a lock that was not free.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spin {
    /// The function that takes the lock.
    pub function: String,
    /// `kernel`, a module, or the file of a program.
    pub object: String,
    /// Samples of a CPU that went round meanwhile.
    pub count: f64,
}

/// A chain of calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stack {
    /// The program and its functions, outermost first, separated by `;`.
    pub chain: String,
    /// How often it was seen.
    pub count: f64,
}

/// What a line of a function's source took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Annotated {
    /// The function.
    pub function: String,
    /// The file, as its debug information names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// What stands there; `null` where the file was not at hand.
    pub text: Option<String>,
    /// Instructions, or samples.
    pub count: f64,
}

/// The same traffic with perf and without.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Looking {
    /// Bits a second without perf, before.
    pub before_bps: f64,
    /// With perf.
    pub profiled_bps: f64,
    /// Without perf, after.
    pub after_bps: f64,
}

impl Looking {
    /// From which share on looking is said to have moved the result.
    pub const BEARABLE: f64 = 0.1;

    /// By what share the result moved: negative where perf slowed it down.
    pub fn moved(&self) -> f64 {
        let plain = f64::midpoint(self.before_bps, self.after_bps);
        self.profiled_bps / plain - 1.0
    }
}

/// How often programs were woken and switched while packets went through, and how long locks were waited for. What the
/// kernel has no tracepoint for is `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scheduling {
    /// Seconds that were counted.
    pub elapsed_s: f64,
    /// Packets that went through meanwhile, both ways.
    pub packets: Option<u64>,
    /// Wake-ups.
    pub wakeups: Option<f64>,
    /// Context switches.
    pub switches: Option<f64>,
    /// Softirqs that began.
    pub softirqs: Option<f64>,
    /// Locks that were not free.
    pub contentions: Option<f64>,
    /// Seconds that locks were waited for, of all CPUs together.
    pub lock_wait_s: Option<f64>,
    /// Seconds in softirqs, of all CPUs together, from their beginnings to their ends.
    pub softirq_s: Option<f64>,
    /// Share of the CPUs' time in softirqs, from 0 to 1, as the kernel counts it in ticks.
    pub softirq_share: Option<f64>,
    /// Instructions.
    pub instructions: Option<f64>,
    /// Cycles.
    pub cycles: Option<f64>,
    /// Misses of the second-level cache.
    pub l2_misses: Option<f64>,
    /// Misses of the last-level cache.
    pub llc_misses: Option<f64>,
    /// Branches that were predicted wrongly.
    pub branch_misses: Option<f64>,
}
