//! What a soak found: cycles, how long loading took, what was in use, and the verdict. Must not know of other runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::sheet::decimals;
use super::table::grid;
use crate::record::{Growth, Pace, Soak, Verdict};

/// Headings and rows.
type Rows = (Vec<String>, Vec<Vec<String>>);

/// The soak, ending in a newline.
pub fn render(soak: &Soak) -> String {
    let mut text = head(soak);
    for failed in &soak.failed {
        let _ = writeln!(text, "\n{} failed: {}", place(failed.cycle), failed.reason);
    }
    for trouble in &soak.troubles {
        let _ = writeln!(text, "\nkernel trouble on the {}, {}:", trouble.host, place(trouble.cycle));
        for line in &trouble.lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    if soak.load.is_some() || soak.unload.is_some() {
        let (header, rows) = paces(soak);
        let _ = write!(text, "\n{}\n", grid(header, rows, 1..5));
    }
    if !soak.memory.is_empty() {
        let (header, rows) = memory(soak);
        let _ = write!(text, "\n{}\n", grid(header, rows, 1..5));
        let _ = write!(text, "\n{}", caches(soak));
    }
    let _ = writeln!(text, "\n{}", verdict(soak));
    text
}

/// What was done, in two lines.
pub fn head(soak: &Soak) -> String {
    let mut text = format!("{}, lines: {}", soak.framework, soak.lines);
    let sets = soak.params.len();
    if let [one] = soak.params.as_slice() {
        for (name, value) in one {
            let _ = write!(text, ", {name}={value}");
        }
    } else {
        let _ = write!(text, ", {sets} sets of parameters in turn:{}", turns(soak));
    }
    let each = soak.cycle_s.map_or(String::new(), |seconds| format!(", {seconds:.1} s each"));
    let _ = writeln!(
        text,
        "\n{} of {} cycles{each}; traffic for {} ms of each, {} frames arrived",
        soak.cycles, soak.cycles_asked, soak.traffic_ms, soak.frames
    );
    text
}

/// The parameters in which the sets differ, and what they are in turn.
fn turns(soak: &Soak) -> String {
    let mut text = String::new();
    for name in soak.params.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
        let mut values: Vec<&str> = Vec::new();
        for value in soak.params.iter().filter_map(|set| set.get(name)) {
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        if values.len() > 1 {
            let _ = write!(text, " {name}={}", values.join(","));
        }
    }
    text
}

/// `cycle 7`.
pub fn place(cycle: u32) -> String {
    if cycle == 0 { "before the first cycle or after the last".to_owned() } else { format!("cycle {cycle}") }
}

/// How long loading and unloading took.
pub fn paces(soak: &Soak) -> Rows {
    let header = ["ms", "median", "first tenth", "last tenth", "more a cycle", ""].map(str::to_owned);
    let row = |name: &str, pace: &Option<Pace>| {
        let pace = (*pace)?;
        let ms = |seconds: f64| format!("{:.0}", seconds * 1e3);
        let slope = pace.per_cycle_s.map_or_else(|| "too few".to_owned(), |slope| format!("{:+.3}", slope * 1e3));
        let slower = if pace.slows_down == Some(true) { "slower and slower" } else { "" };
        let figures = [ms(pace.median_s), ms(pace.first_s), ms(pace.last_s), slope, slower.to_owned()];
        Some(std::iter::once(name.to_owned()).chain(figures).collect())
    };
    let rows = [row("load", &soak.load), row("unload", &soak.unload)];
    (header.to_vec(), rows.into_iter().flatten().collect())
}

/// What was in use.
pub fn memory(soak: &Soak) -> Rows {
    let header = ["in use, unloaded", "first tenth", "last tenth", "more a cycle", "99.99 % interval", ""];
    let rows = soak.memory.iter().map(|growth| {
        let said = match growth.leaks {
            Some(true) => "leaks",
            Some(false) => "flat",
            None => "",
        };
        let mut row = vec![words(&growth.name)];
        row.extend(figures(growth));
        row.push(said.to_owned());
        row
    });
    (header.map(str::to_owned).to_vec(), rows.collect())
}

/// First, last, slope and its interval.
fn figures(growth: &Growth) -> [String; 4] {
    let slope = growth.per_cycle.map_or_else(|| "too few".to_owned(), signed);
    let interval = growth.interval.map_or(String::new(), |[low, high]| format!("{} to {}", signed(low), signed(high)));
    [format!("{:.0}", growth.first), format!("{:.0}", growth.last), slope, interval]
}

fn signed(figure: f64) -> String {
    if figure == 0.0 { "0".to_owned() } else { format!("{figure:+.*}", decimals(figure.abs()).max(2)) }
}

/// A figure's name with its unit behind it.
pub fn words(name: &str) -> String {
    match name.strip_suffix("_kib") {
        Some("available") => "memory available, KiB".to_owned(),
        Some(name) => format!("{}, KiB", name.replace('_', " ")),
        None => name.replace('_', " "),
    }
}

fn caches(soak: &Soak) -> String {
    match grown_caches(soak) {
        Some((header, rows)) => format!("{}\n", grid(header, rows, 1..6)),
        None => format!("{}\n", no_caches(soak)),
    }
}

/// That there are none that grow, or that nobody knows.
pub fn no_caches(soak: &Soak) -> String {
    let Some(watched) = soak.caches_watched else {
        return "warning: the kernel tells nothing of its slab caches (/proc/slabinfo)".to_owned();
    };
    let judged = soak.memory.iter().any(|growth| growth.leaks.is_some());
    let how = if judged { "none grows" } else { "too few cycles to judge them" };
    format!("slab caches: {watched}, {how}")
}

/// The caches that grow; none where there are none, or nobody knows.
pub fn grown_caches(soak: &Soak) -> Option<Rows> {
    if soak.caches_watched.is_none() || soak.caches.is_empty() {
        return None;
    }
    let header = ["slab cache", "first tenth", "last tenth", "objects a cycle", "99.99 % interval", "bytes a cycle"];
    let rows = soak.caches.iter().map(|growth| {
        let mut row = vec![growth.name.clone()];
        row.extend(figures(growth));
        row.push(growth.bytes_per_cycle.map_or_else(String::new, |bytes| format!("{bytes:.0}")));
        row
    });
    Some((header.map(str::to_owned).to_vec(), rows.collect()))
}

/// What it comes to; the way out is on a line of its own.
pub fn verdict(soak: &Soak) -> String {
    let cycles = soak.cycles;
    match soak.verdict {
        Verdict::Clean => format!("clean: {cycles} cycles, no trouble in the kernel logs, and nothing grows"),
        Verdict::TooShort => format!(
            "clean, as far as it goes: no trouble in the kernel logs; {cycles} cycles are too few to say whether memory \
             grows\nhint: --cycles 100, or 1000 to find one small object a cycle"
        ),
        Verdict::Grows => {
            let grows = soak.memory.iter().chain(&soak.caches).filter(|growth| growth.leaks == Some(true));
            let names: Vec<_> = grows.map(|growth| words(&growth.name)).collect();
            format!("something is left behind in each cycle: {}", names.join("; "))
        }
        Verdict::KernelLog => "the kernel log is not clean".to_owned(),
        Verdict::Failed => "a cycle failed".to_owned(),
        Verdict::Unfinished => format!("it did not come to its end: {cycles} of {} cycles", soak.cycles_asked),
    }
}
