//! Which function an address of a host is in: the kernel's and its modules' by `/proc/kallsyms`, a program's by what is mapped
//! where and the symbols of its file.
//!
//! Must not know what is counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Own, Place, Tally};
use crate::record::Part;

/// POSIX sh that prints the symbols of a kernel's code, and what programs have mapped to run.
pub const SCRIPT: &str = "grep -i ' [tw] ' /proc/kallsyms\necho nsb-maps\n\
    for maps in /proc/[0-9]*/maps; do\ncase $maps in */$$/*) continue ;; esac\n\
    echo nsb-program\ngrep ' r-xp ' \"$maps\" 2>/dev/null\ndone\n:";

/// Where the kernel's half of the addresses begins.
const KERNEL: u64 = 1 << 63;

/// A function's symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Symbol {
    name: String,
    module: Option<String>,
}

/// A piece of a file that can be run, in a program's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mapped {
    end: u64,
    offset: u64,
    file: String,
}

/// The symbols of a host.
#[derive(Debug, Default)]
pub struct Symbols {
    kernel: BTreeMap<u64, Symbol>,
    /// By program that runs: where they are loaded is often the same for all.
    mapped: Vec<BTreeMap<u64, Mapped>>,
    /// By the name of a file, its functions by their distance from its beginning.
    files: BTreeMap<String, BTreeMap<u64, String>>,
}

impl Symbols {
    /// Reads what [`SCRIPT`] printed.
    ///
    /// # Errors
    /// The kernel hides its addresses; or quotes what cannot be read.
    pub fn parse(text: &str) -> Result<Self> {
        let (kernel, maps) = text.split_once("nsb-maps\n").context("the symbols of the middlebox are cut off")?;
        let mut symbols = Self::default();
        for line in kernel.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [address, _, name, module @ ..] = words.as_slice() else { bail!("`{line}` is no symbol of a kernel") };
            let address = hex(address, line)?;
            let module = module.first().map(|module| module.trim_matches(['[', ']']).to_owned());
            // Several names of one address are the same code; the first is as good as any.
            symbols.kernel.entry(address).or_insert_with(|| Symbol { name: (*name).to_owned(), module });
        }
        if symbols.kernel.keys().all(|address| *address == 0) {
            bail!(
                "the kernel of the middlebox hides where its functions are\nhint: there, as root: sysctl \
                 kernel.kptr_restrict=1"
            );
        }
        for line in maps.lines() {
            if line == "nsb-program" {
                symbols.mapped.push(BTreeMap::new());
                continue;
            }
            let program = symbols.mapped.last_mut().with_context(|| format!("`{line}` is of no program"))?;
            let words: Vec<_> = line.split_whitespace().collect();
            let [range, _, offset, _, _, rest @ ..] = words.as_slice() else { bail!("`{line}` is no mapping") };
            let (start, end) = range.split_once('-').with_context(|| format!("`{line}` is no mapping"))?;
            let file = rest.first().map_or("[memory]", |path| path.rsplit('/').next().unwrap_or(path));
            let mapped = Mapped { end: hex(end, line)?, offset: hex(offset, line)?, file: file.to_owned() };
            program.insert(hex(start, line)?, mapped);
        }
        Ok(symbols)
    }

    /// Learns the functions of these files, which programs run on the host, where this machine's `nm` knows them.
    ///
    /// What it knows nothing of stays without names.
    pub fn learn(&mut self, files: &[PathBuf]) {
        for path in files {
            let Ok(output) = Command::new("nm").args(["--defined-only", "-C"]).arg(path).output() else { continue };
            let Some(name) = path.file_name() else { continue };
            let symbols = nm(&String::from_utf8_lossy(&output.stdout));
            if !symbols.is_empty() {
                self.files.insert(name.to_string_lossy().into_owned(), symbols);
            }
        }
    }

    /// The function that an address is in.
    pub fn find(&self, address: u64, own: &Own) -> Place {
        if address >= KERNEL {
            let Some((_, symbol)) = self.kernel.range(..=address).next_back() else {
                return Place { part: Part::Kernel, object: "kernel".to_owned(), name: "[kernel]".to_owned() };
            };
            let module = symbol.module.as_deref();
            let object = module.unwrap_or("kernel").to_owned();
            return Place { part: own.kernel(module), object, name: symbol.name.clone() };
        }
        // The framework's own programs are those that work while packets flow.
        let is_own =
            |program: &BTreeMap<u64, Mapped>| program.values().any(|mapped| own.user(&mapped.file) == Part::Program);
        let in_program = |program: &'_ BTreeMap<u64, Mapped>| {
            let (start, mapped) = program.range(..=address).next_back()?;
            (address < mapped.end).then(|| (*start, mapped.clone()))
        };
        let (first, rest): (Vec<_>, Vec<_>) = self.mapped.iter().partition(|program| is_own(program));
        let mapped = first.into_iter().chain(rest).find_map(in_program);
        let Some((start, mapped)) = mapped else {
            // It has ended since.
            return Place { part: Part::Other, object: "[program]".to_owned(), name: "[program]".to_owned() };
        };
        let distance = address - start + mapped.offset;
        let known = self.files.get(&mapped.file).and_then(|symbols| symbols.range(..=distance).next_back());
        let name =
            known.map_or_else(|| format!("[{}]", mapped.file.trim_matches(['[', ']'])), |(_, name)| name.clone());
        Place { part: own.user(&mapped.file), object: mapped.file.clone(), name }
    }

    /// The module that a function is in; `None` of the kernel itself, and of what is not there.
    pub fn module_of(&self, function: &str) -> Option<&str> {
        self.kernel.values().find(|symbol| symbol.name == function)?.module.as_deref()
    }

    /// Whether a function of the kernel's begins there.
    pub fn begins(&self, address: u64) -> bool {
        self.kernel.contains_key(&address)
    }

    /// Counts of single instructions, put together by function.
    pub fn tally(&self, executed: &BTreeMap<u64, u64>, own: &Own) -> Tally {
        let mut tally = Tally::new();
        for (address, times) in executed {
            *tally.entry(self.find(*address, own)).or_default().entry(0).or_default() += *times as f64;
        }
        tally
    }

    /// Where a function of the kernel's, or of one of its modules, begins.
    pub fn address_of(&self, function: &str) -> Option<u64> {
        self.kernel.iter().find(|(_, symbol)| symbol.name == function).map(|(address, _)| *address)
    }
}

fn hex(digits: &str, line: &str) -> Result<u64> {
    u64::from_str_radix(digits, 16).with_context(|| format!("`{line}` has no address"))
}

/// The functions in what `nm` printed.
fn nm(text: &str) -> BTreeMap<u64, String> {
    let symbol = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (address, kind, name) = (words.next()?, words.next()?, words.next()?);
        matches!(kind, "t" | "T" | "w" | "W").then_some(())?;
        Some((u64::from_str_radix(address, 16).ok()?, name.to_owned()))
    };
    text.lines().filter_map(symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "ffffffff81000000 T _stext\nffffffff81000100 t do_it\nffffffff81000100 t same\n\
        ffffffffc0001000 t netslice_read\t[netslice]\nnsb-maps\n\
        nsb-program\n555555556000-55555555f000 r-xp 00002000 fe:00 12  /usr/bin/sort\nnsb-program\n\
        555555556000-555555559000 r-xp 00002000 fe:00 12  /var/lib/work/netslice-bridge\n\
        7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0  [vdso]\n";

    fn found(address: u64) -> (Part, String, String) {
        let own = Own { modules: vec!["netslice".to_owned()], programs: vec!["netslice-bridge".to_owned()] };
        let mut symbols = Symbols::parse(PRINTED).unwrap();
        symbols.files.insert("netslice-bridge".to_owned(), nm("0000000000002100 T main\n0000000000002200 t forward\n"));
        let place = symbols.find(address, &own);
        (place.part, place.object, place.name)
    }

    #[test]
    fn an_address_is_in_the_function_that_begins_before_it() {
        let is = |part, object: &str, name: &str| (part, object.to_owned(), name.to_owned());
        assert_eq!(found(0xffff_ffff_8100_0142), is(Part::Kernel, "kernel", "do_it"));
        assert_eq!(found(0xffff_ffff_c000_1000), is(Part::Module, "netslice", "netslice_read"));
        assert_eq!(found(0x5555_5555_6204), is(Part::Program, "netslice-bridge", "forward"));
        assert_eq!(found(0x5555_5555_6010), is(Part::Program, "netslice-bridge", "[netslice-bridge]"));
        assert_eq!(found(0x7fff_f7fc_1010), is(Part::Other, "[vdso]", "[vdso]"));
        assert_eq!(found(0x1000), is(Part::Other, "[program]", "[program]"));
    }

    #[test]
    fn a_kernel_that_hides_its_addresses_is_an_error_with_its_cure() {
        let error = Symbols::parse("0000000000000000 T a\n0000000000000000 t b\nnsb-maps\n").unwrap_err().to_string();
        assert!(error.contains("kptr_restrict") && error.contains("hint: "), "{error}");
        let error = Symbols::parse("nonsense\nnsb-maps\n").unwrap_err().to_string();
        assert!(error.contains("`nonsense`"), "{error}");
    }
}
