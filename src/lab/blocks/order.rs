//! In which order blocks of a guest's code were run, and what the last instruction of each did to the stack: as the plugin
//! writes it down while it is asked to.
//!
//! Must not know what the code is.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{BLOCK, Counts, MAGIC, number};

const HEAD: usize = 24;

/// Where in the head it stands whether events are wanted.
const WANTED: u64 = 16;

/// Has the plugin write down events, or stop it.
pub(super) fn want(path: &Path, wanted: bool) -> Result<()> {
    let file = OpenOptions::new().write(true).open(path);
    file.and_then(|file| file.write_all_at(&u64::from(wanted).to_le_bytes(), WANTED))
        .with_context(|| format!("could not ask for the order of blocks in `{}`", path.display()))
}

/// How many events there are.
pub(super) fn length(path: &Path) -> Result<usize> {
    Ok(head(path)?.1 / 8)
}

/// The events so far.
pub(super) fn read(path: &Path) -> Result<Vec<u64>> {
    let (mut file, used) = head(path)?;
    let mut bytes = vec![0; used];
    file.read_exact(&mut bytes).context("the order of blocks is cut off")?;
    Ok(bytes.chunks_exact(8).map(|event| number(event, 0)).collect())
}

fn head(path: &Path) -> Result<(File, usize)> {
    let mut file =
        File::open(path).with_context(|| format!("could not read the order of blocks in `{}`", path.display()))?;
    let mut head = [0; HEAD];
    file.read_exact(&mut head).context("the order of blocks has no beginning")?;
    if number(&head, 0) != MAGIC {
        bail!("the guest ran more blocks than can be written down, or `{}` is no order of them", path.display());
    }
    Ok((file, usize::try_from(number(&head, 8))?))
}

/// Blocks in the order in which they were run.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The records of all blocks.
    counts: Counts,
    events: Vec<u64>,
}

/// A block that was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Where it begins.
    pub address: u64,
    /// Its last instruction.
    pub last: u64,
    /// Where it ends: what comes behind it, unless it jumps.
    pub end: u64,
    /// How many instructions it has.
    pub instructions: u64,
    /// Where its last instruction read 8 bytes of the kernel's.
    pub read: Option<u64>,
    /// Where it wrote them.
    pub wrote: Option<u64>,
}

impl Order {
    pub(super) const fn new(counts: Counts, events: Vec<u64>) -> Self {
        Self { counts, events }
    }

    /// Without what came after so many events.
    #[must_use]
    pub fn until(mut self, events: usize) -> Self {
        self.events.truncate(events);
        self
    }

    /// Each block that was run, with the number of its event.
    ///
    /// # Errors
    /// An event that makes no sense.
    pub fn each(&self) -> impl Iterator<Item = Result<(usize, Ran)>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let number = next;
            let event = *self.events.get(number)?;
            next += 1;
            let mut ran = match self.block(event) {
                Ok(ran) => ran,
                Err(error) => return Some(Err(error)),
            };
            while let Some(access) = self.events.get(next).filter(|event| **event >> 63 == 1) {
                let place = if access & 1 == 1 { &mut ran.wrote } else { &mut ran.read };
                *place = Some(access & !1);
                next += 1;
            }
            Some(Ok((number, ran)))
        })
    }

    fn block(&self, at: u64) -> Result<Ran> {
        let wrong = || format!("no block stands at {at:#x}");
        let rest = self.counts.0.get(usize::try_from(at).with_context(wrong)?..).with_context(wrong)?;
        let head = rest.get(..BLOCK).with_context(wrong)?;
        let (address, sizes) = (number(head, 8), number(head, 16));
        let (instructions, last_size) = ((sizes & 0xffff_ffff) as usize, sizes >> 32);
        let begin = BLOCK + 2 * instructions.checked_sub(1).with_context(wrong)?;
        let distance = rest.get(begin..begin + 2).with_context(wrong)?;
        let last = address.wrapping_add(u64::from(u16::from_le_bytes([distance[0], distance[1]])));
        let end = last.wrapping_add(last_size);
        Ok(Ran { address, last, end, instructions: instructions as u64, read: None, wrote: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(address: u64, last_size: u32, distances: &[u16]) -> Vec<u8> {
        let mut bytes = [0_u64.to_le_bytes(), address.to_le_bytes()].concat();
        bytes.extend((distances.len() as u32).to_le_bytes());
        bytes.extend(last_size.to_le_bytes());
        bytes.extend(distances.iter().flat_map(|distance| distance.to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    const STACK: u64 = 0xffff_c900_0000_3f00;

    #[test]
    fn blocks_come_in_their_order_with_what_their_last_instruction_did() {
        let counts = Counts([record(0x1000, 5, &[0, 3, 4]), record(0x2000, 1, &[0])].concat());
        let order = Order::new(counts, vec![0, STACK | 1, 32, STACK, 0]);
        let each: Vec<_> = order.each().collect::<Result<_>>().unwrap();
        let first = Ran { address: 0x1000, last: 0x1004, end: 0x1009, instructions: 3, read: None, wrote: Some(STACK) };
        let second =
            Ran { address: 0x2000, last: 0x2000, end: 0x2001, instructions: 1, read: Some(STACK), wrote: None };
        assert_eq!(each, [(0, first), (2, second), (4, Ran { wrote: None, ..first })]);
    }

    #[test]
    fn events_of_no_block_are_refused() {
        let counts = Counts(record(0x1000, 5, &[0, 3, 4]));
        for events in [vec![STACK], vec![640], vec![24]] {
            assert!(Order::new(counts.clone(), events.clone()).each().next().unwrap().is_err(), "{events:?}");
        }
    }

    #[test]
    fn events_are_asked_for_and_read_where_the_plugin_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("order");
        let words = [MAGIC, 16, 0, 8, STACK, 0, 0];
        std::fs::write(&path, words.map(u64::to_le_bytes).concat()).unwrap();
        want(&path, true).unwrap();
        assert_eq!((length(&path).unwrap(), read(&path).unwrap()), (2, vec![8, STACK]));
        assert_eq!(std::fs::read(&path).unwrap()[16..24], 1_u64.to_le_bytes());
        std::fs::write(&path, [0_u64, 16, 0, 8, STACK].map(u64::to_le_bytes).concat()).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("more blocks than can be written down"), "{error}");
        let error = format!("{:#}", want(&dir.path().join("gone"), true).unwrap_err());
        assert!(error.contains("could not ask"), "{error}");
    }
}
