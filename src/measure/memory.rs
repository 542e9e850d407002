//! What a host's kernel has in use: memory, slab caches, tasks, files, references to modules. Read when a framework is
//! unloaded, it is the same every time, or something is left behind.
//!
//! Must not know what was loaded.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::host::Host;

/// POSIX sh that prints it.
const SCRIPT: &str = include_str!("memory.sh");

/// Lines of `/proc/meminfo` that add up to what is available, but for those of [`NOT_FILES`]. `MemAvailable` is not it: of the
/// pages of files it counts only half where they are few, and so it shrinks while a disk's log is written for the first
/// time.
const AVAILABLE: [&str; 4] = ["MemFree", "Buffers", "Cached", "SReclaimable"];

/// What is in `Cached` and cannot be given back.
const NOT_FILES: &str = "Shmem";

/// Lines of `/proc/meminfo`, and what they are called here.
const MEMINFO: [(&str, &str); 5] = [
    ("Slab", "slab_kib"),
    ("SUnreclaim", "slab_unreclaimable_kib"),
    ("SReclaimable", "slab_reclaimable_kib"),
    ("VmallocUsed", "vmalloc_kib"),
    ("Percpu", "percpu_kib"),
];

/// One reading. What a kernel does not tell is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Memory in KiB, and numbers of things.
    pub figures: BTreeMap<&'static str, u64>,
    /// Active objects by slab cache; `None` where the kernel does not tell.
    pub caches: Option<BTreeMap<String, u64>>,
}

/// What the objects of a cache are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// Bytes of an object.
    pub bytes: u64,
    /// Objects in a slab: by so many a count moves when a CPU takes one.
    pub per_slab: u64,
}

/// A host's caches by name.
pub type Caches = BTreeMap<String, Cache>;

/// Reads it.
///
/// # Errors
/// Quotes what cannot be understood.
pub async fn read(host: &Host) -> Result<(Sample, Caches)> {
    let what = format!("reading what `{}` has in use", host.name);
    let text = host.script(SCRIPT).await?.success(&what)?;
    parse(&text).with_context(|| format!("could not understand what `{}` has in use", host.name))
}

fn parse(text: &str) -> Result<(Sample, Caches)> {
    let files = files(text);
    let file = |name: &str| files.get(name).copied().unwrap_or_default();
    let (mut sample, mut caches) = (Sample::default(), Caches::new());
    for (line, name) in MEMINFO {
        if let Some(kib) = meminfo(file("/proc/meminfo"), line)? {
            sample.figures.insert(name, kib);
        }
    }
    // Some megabytes come and go between these and what is free, a hundred times what a leak of a page a cycle is.
    let kept = pages_of_cpus(file("/proc/zoneinfo"))? * number(file("page size"), "bytes in a page")? / 1024;
    sample.figures.insert("available_kib", available(file("/proc/meminfo"))? + kept);
    let first_word = |text: &str| text.split_whitespace().next().map(str::to_owned);
    let tasks = first_word(file("/proc/loadavg").split_once('/').map_or("", |(_, tasks)| tasks));
    let threads = Some(file("/proc/2/task/2/children").split_whitespace().count()).filter(|count| *count > 0);
    let counts = [
        ("tasks", tasks),
        ("kernel_threads", threads.map(|count| count.to_string())),
        ("open_files", first_word(file("/proc/sys/fs/file-nr"))),
    ];
    for (name, word) in counts {
        if let Some(word) = word {
            sample.figures.insert(name, number(&word, name)?);
        }
    }
    if files.contains_key("/proc/modules") {
        sample.figures.insert("module_references", references(file("/proc/modules"))?);
    }
    if files.contains_key("/proc/slabinfo") {
        sample.caches = Some(slabinfo(file("/proc/slabinfo"), &mut caches)?);
    }
    Ok((sample, caches))
}

/// The files by name, as `head` prints several.
fn files(text: &str) -> BTreeMap<&str, &str> {
    let mut files = BTreeMap::new();
    for part in text.split("==> ").skip(1) {
        if let Some((name, content)) = part.split_once(" <==") {
            files.insert(name, content.trim());
        }
    }
    files
}

fn number(word: &str, of: &str) -> Result<u64> {
    word.parse().with_context(|| format!("`{word}` is no number of {of}"))
}

/// `MemAvailable:     123456 kB`
fn meminfo(text: &str, name: &str) -> Result<Option<u64>> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let Some((_, value)) = lines.find(|(key, _)| *key == name) else { return Ok(None) };
    match value.split_whitespace().collect::<Vec<_>>().as_slice() {
        [kib, "kB"] => number(kib, name).map(Some),
        _ => bail!("`{name}:{value}` is no number of kB"),
    }
}

/// What is free, or holds what can be read again.
fn available(text: &str) -> Result<u64> {
    let line = |name| meminfo(text, name)?.with_context(|| format!("/proc/meminfo says no `{name}`"));
    let sum = AVAILABLE.iter().map(|name| line(name)).sum::<Result<u64>>()?;
    sum.checked_sub(line(NOT_FILES)?).context("/proc/meminfo has more `Shmem` than there is memory")
}

/// Free pages that the CPUs keep to themselves, which the kernel does not count as free: `count: 811`, zone by zone.
fn pages_of_cpus(text: &str) -> Result<u64> {
    let counts = text.lines().filter_map(|line| line.trim().strip_prefix("count:"));
    counts.map(|count| number(count.trim(), "pages of a CPU")).sum()
}

/// All references to modules: of `netslice 32768 2 - Live 0x0` the third word. One that says `-` cannot be unloaded.
fn references(text: &str) -> Result<u64> {
    let mut sum = 0_u64;
    for line in text.lines() {
        let count = line.split_whitespace().nth(2).with_context(|| format!("`{line}` is no module"))?;
        sum += if count == "-" { 0 } else { number(count, "references")? };
    }
    Ok(sum)
}

/// `kmalloc-64  1234 1280 64 64 1 : tunables …`: name, active objects, objects, bytes, objects in a slab.
fn slabinfo(text: &str, caches: &mut Caches) -> Result<BTreeMap<String, u64>> {
    let mut active = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with("slabinfo") && !line.starts_with('#')) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, count, _, bytes, per_slab, ..] = words.as_slice() else { bail!("`{line}` is no slab cache") };
        caches.insert(
            (*name).to_owned(),
            Cache { bytes: number(bytes, "bytes")?, per_slab: number(per_slab, "objects in a slab")? },
        );
        // Where two have one name, nobody can tell them apart.
        *active.entry((*name).to_owned()).or_insert(0) += number(count, "active objects")?;
    }
    Ok(active)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, damaged, text};

    /// As a guest with kernel 6.12 printed it, cut short.
    const SAID: &str = "==> page size <==\n4096\n==> /proc/meminfo <==\nMemTotal:         484736 kB\nMemFree:          361032 kB\nMemAvailable:     387040 kB\n\
Buffers:            1000 kB\nCached:            20000 kB\nShmem:                12 kB\nSlab:              33356 kB\nSReclaimable:      11796 kB\nSUnreclaim:        21560 kB\nVmallocUsed:        6692 kB\nPercpu:              356 kB\n\
\n==> /proc/zoneinfo <==\nNode 0, zone    DMA32\n  pagesets\n    cpu: 0\n              count:    811\n\
              high:     6929\n    cpu: 1\n              count:    540\n  node_unreclaimable:  0\n\
\n==> /proc/slabinfo <==\nslabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables\n\
kmalloc-cg-512        72     72    512    8    1 : tunables    0    0    0 : slabdata      9      9      0\n\
kmalloc-64          3968   4032     64   64    1 : tunables    0    0    0 : slabdata     63     63      0\n\
\n==> /proc/loadavg <==\n0.91 0.30 0.10 1/71 512\n\n==> /proc/sys/fs/file-nr <==\n448\t0\t9223372036854775807\n\
\n==> /proc/2/task/2/children <==\n3 4 5 7 \n==> /proc/modules <==\nbridge 389120 0 - Live 0x0000000000000000\n\
stp 12288 1 bridge, Live 0x0000000000000000\nllc 16384 2 bridge,stp, Live 0x0000000000000000\n==> end <==\n";

    proptest! {
        #![proptest_config(cases(500))]

        #[test]
        fn whatever_a_host_says_is_read_or_refused(said in prop_oneof![text(), damaged(vec![SAID.to_owned()])]) {
            if let Ok((sample, _)) = parse(&said) {
                let slabs = sample.figures["slab_reclaimable_kib"];
                prop_assert!(said.contains(&slabs.to_string()) && sample.figures["available_kib"] >= slabs);
            }
        }
    }

    #[test]
    fn a_reading_is_what_the_kernel_says() {
        let (sample, caches) = parse(SAID).unwrap();
        let figures: Vec<_> = sample.figures.into_iter().collect();
        assert_eq!(
            figures,
            [
                ("available_kib", 361_032 + 1000 + 20_000 - 12 + 11_796 + 1351 * 4),
                ("kernel_threads", 4),
                ("module_references", 3),
                ("open_files", 448),
                ("percpu_kib", 356),
                ("slab_kib", 33_356),
                ("slab_reclaimable_kib", 11_796),
                ("slab_unreclaimable_kib", 21_560),
                ("tasks", 71),
                ("vmalloc_kib", 6692),
            ]
        );
        let active = sample.caches.unwrap();
        assert_eq!((active["kmalloc-64"], active["kmalloc-cg-512"]), (3968, 72));
        assert_eq!(caches["kmalloc-64"], Cache { bytes: 64, per_slab: 64 });
    }

    #[test]
    fn what_a_kernel_does_not_tell_is_left_out_and_what_it_mangles_is_quoted() {
        let least = "==> page size <==\n4096\n==> /proc/meminfo <==\nMemFree: 5 kB\nBuffers: 1 kB\nCached: 2 kB\n\
                     Shmem: 1 kB\nSReclaimable: 1 kB\n";
        let (sample, caches) = parse(&format!("{least}\n==> end <==\n")).unwrap();
        let figures = BTreeMap::from([("available_kib", 8), ("slab_reclaimable_kib", 1)]);
        assert_eq!(sample, Sample { figures, caches: None });
        assert!(caches.is_empty());
        for (more, quoted) in [
            ("==> /proc/slabinfo <==\nkmalloc-64 1\n", "`kmalloc-64 1`"),
            ("==> /proc/modules <==\nbridge\n", "`bridge`"),
            ("==> /proc/loadavg <==\n0.9 0.3 0.1 1/many 512\n", "`many`"),
        ] {
            let error = format!("{:#}", parse(&format!("{least}{more}")).unwrap_err());
            assert!(error.contains(quoted), "{error}");
        }
        for (is, instead, quoted) in [
            ("4096", "", "bytes in a page"),
            ("MemFree: 5 kB\n", "", "no `MemFree`"),
            ("Cached: 2 kB", "Cached: many kB", "`many`"),
            ("Cached: 2 kB", "Cached: 2", "`Cached: 2`"),
            ("Shmem: 1 kB", "Shmem: 100 kB", "more `Shmem`"),
        ] {
            let error = format!("{:#}", parse(&least.replace(is, instead)).unwrap_err());
            assert!(error.contains(quoted), "{error}");
        }
    }
}
