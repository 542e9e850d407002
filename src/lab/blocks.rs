//! How often each block of code was run in a guest, and in which order, by the emulator: a plugin of QEMU's
//! (`blocks/blocks.c`), which is built with this program, and the files it writes.
//!
//! Counting adds nothing to what the guest executes. Must not know what the code is.

pub mod order;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::machine::QEMU;
use order::Order;

/// The plugin for emulators up to 8.2, and for later ones.
const PLUGINS: [&[u8]; 2] = [
    include_bytes!(concat!(env!("OUT_DIR"), "/blocks-1.so")),
    include_bytes!(concat!(env!("OUT_DIR"), "/blocks-2.so")),
];

/// The first release of the emulator that takes the second.
const SECOND_SINCE: u32 = 9;

const MAGIC: u64 = 0x3153_4b43_4f4c_424e;
const HEAD: usize = 16;
const BLOCK: usize = 24;

/// The files that a guest's blocks are counted in and their order is written to, and the arguments for the emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    counts: PathBuf,
    order: PathBuf,
    plugin: PathBuf,
}

impl Blocks {
    /// Puts the plugin into `dir`.
    ///
    /// # Errors
    /// The emulator takes no plugins.
    pub fn prepare(dir: &Path) -> Result<Self> {
        let said = |argument: &str| -> Result<String> {
            let output = Command::new(QEMU).arg(argument).output();
            let output = output.with_context(|| format!("could not run `{QEMU}`"))?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        if !said("-help")?.lines().any(|line| line.starts_with("-plugin")) {
            bail!(
                "`{QEMU}` takes no plugins, which count what a guest executes\nhint: install one that was built with \
                 them, as Debian's is, or profile with --by samples"
            );
        }
        let plugin = PLUGINS[usize::from(major(&said("--version")?)? >= SECOND_SINCE)];
        let blocks = Self { counts: dir.join("blocks"), order: dir.join("order"), plugin: dir.join("blocks.so") };
        fs::write(&blocks.plugin, plugin).with_context(|| format!("could not write `{}`", blocks.plugin.display()))?;
        Ok(blocks)
    }

    /// Arguments for the emulator.
    pub fn arguments(&self) -> [String; 2] {
        // A comma in a value is written twice.
        let path = |path: &Path| path.to_string_lossy().replace(',', ",,");
        let files = [&self.plugin, &self.counts, &self.order].map(|file| path(file));
        let [plugin, counts, order] = files;
        ["-plugin".to_owned(), format!("file={plugin},counts={counts},order={order}")]
    }

    /// Has the order written down from now on, or no longer.
    pub fn follow(&self, wanted: bool) -> Result<()> {
        order::want(&self.order, wanted)
    }

    /// How many events of the order there are.
    pub fn events(&self) -> Result<usize> {
        order::length(&self.order)
    }

    /// The order as far as it was written down.
    pub fn order(&self) -> Result<Order> {
        let events = order::read(&self.order)?;
        // After the events, so that no block of theirs is missing.
        Ok(Order::new(self.read()?, events))
    }

    /// What was counted so far.
    pub fn read(&self) -> Result<Counts> {
        let mut file = File::open(&self.counts)
            .with_context(|| format!("could not read what `{QEMU}` counted in `{}`", self.counts.display()))?;
        let mut head = [0; HEAD];
        file.read_exact(&mut head).context("what was counted has no beginning")?;
        if number(&head, 0) != MAGIC {
            bail!("the guest ran more code than can be counted, or `{}` is no file of counts", self.counts.display());
        }
        let mut records = vec![0; usize::try_from(number(&head, 8))?];
        file.read_exact(&mut records).context("what was counted is cut off")?;
        Ok(Counts(records))
    }
}

/// The first number of a version.
fn major(said: &str) -> Result<u32> {
    let version = said.split("version ").nth(1).and_then(|rest| rest.split('.').next());
    version
        .and_then(|major| major.trim().parse().ok())
        .with_context(|| format!("`{}` does not tell the version of `{QEMU}`", said.lines().next().unwrap_or_default()))
}

/// The records of all blocks, as they are in the file.
#[derive(Debug, Clone, Default)]
pub struct Counts(Vec<u8>);

impl Counts {
    /// How often the instruction at each address was run between these and `later`; those that were not are left out.
    ///
    /// # Errors
    /// `later` does not begin with the blocks of these, or a record makes no sense.
    pub fn until(&self, later: &Self) -> Result<BTreeMap<u64, u64>> {
        let mut executed = BTreeMap::new();
        let mut at = 0;
        while at < later.0.len() {
            let record = later.0.get(at..).filter(|rest| rest.len() >= BLOCK).context("a block is cut off")?;
            let instructions = u32::from_le_bytes(record[16..20].try_into()?) as usize;
            let size = (BLOCK + 2 * instructions).next_multiple_of(8);
            let distances = record.get(BLOCK..BLOCK + 2 * instructions).context("a block is cut off")?;
            let (times, address) = (number(record, 0), number(record, 8));
            let before = if at + BLOCK <= self.0.len() {
                if number(&self.0, at + 8) != address {
                    bail!("the counts are not those of one guest");
                }
                number(&self.0, at)
            } else {
                0
            };
            let times = times.checked_sub(before).context("a block was run less often than before")?;
            if times > 0 {
                for distance in distances.chunks_exact(2) {
                    let distance = u16::from_le_bytes([distance[0], distance[1]]);
                    *executed.entry(address.wrapping_add(u64::from(distance))).or_default() += times;
                }
            }
            at += size;
        }
        Ok(executed)
    }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(times: u64, address: u64, distances: &[u16]) -> Vec<u8> {
        let mut bytes = [times.to_le_bytes(), address.to_le_bytes()].concat();
        bytes.extend((distances.len() as u64).to_le_bytes());
        bytes.extend(distances.iter().flat_map(|distance| distance.to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    #[test]
    fn instructions_are_counted_between_two_readings_in_whatever_blocks_they_stand() {
        let before = Counts([record(5, 0x1000, &[0, 3, 4]), record(7, 0x2000, &[0])].concat());
        let later = [record(15, 0x1000, &[0, 3, 4]), record(7, 0x2000, &[0]), record(2, 0x1003, &[0, 1])];
        let executed = before.until(&Counts(later.concat())).unwrap();
        assert_eq!(executed, BTreeMap::from([(0x1000, 10), (0x1003, 12), (0x1004, 12)]));
    }

    #[test]
    fn counts_that_do_not_follow_each_other_are_refused() {
        let before = Counts(record(5, 0x1000, &[0, 3]));
        for (later, why) in [
            (record(4, 0x1000, &[0, 3]), "less often"),
            (record(9, 0x1008, &[0, 3]), "not those of one guest"),
            (record(9, 0x1000, &[0, 3])[..20].to_vec(), "cut off"),
        ] {
            let error = before.until(&Counts(later)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn the_version_of_the_emulator_decides_which_plugin_it_is_given() {
        assert_eq!(major("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright").unwrap(), 7);
        assert_eq!(major("QEMU emulator version 10.0.2\n").unwrap(), 10);
        assert!(major("something else").unwrap_err().to_string().contains("something else"));
    }
}
