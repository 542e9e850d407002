//! Where the time of a framework went, as tables: functions, source lines, wake-ups, and what looking did. Must not know of
//! other runs.

use std::fmt::Write as _;

use super::table::grid;
use crate::record::{Counting, Function, Looking, Part, Profiled, Scheduling, Spin};
use crate::units::BitsPerSecond;

/// Functions of a table where nobody says which; the rest stand in `run.json`.
const SHOWN: usize = 25;

/// Lines of a function's source that took less are left out between others: a hundredth of a percent of all.
const TINY: f64 = 1e-4;

/// The profile, ending in a newline; of the functions those whose names fit one of `only`, in which `*` stands for anything.
pub fn render(profiled: &Profiled, only: Option<&[String]>) -> String {
    let mut text = head(profiled);
    let fits = |function: &&Function| only.is_none_or(|only| only.iter().any(|pattern| fits(pattern, &function.name)));
    let functions: Vec<_> = profiled.functions.iter().filter(fits).collect();
    let shown = if only.is_some() { functions.len() } else { SHOWN };
    if functions.is_empty() {
        text.push_str("\nno function of that name took anything\n");
    } else {
        let _ = write!(text, "\n{}\n", table(profiled, &functions[..shown.min(functions.len())]));
    }
    if let Some(left) = functions.len().checked_sub(shown).filter(|left| *left > 0) {
        let _ = writeln!(text, "and {left} more functions, in run.json");
    }
    let _ = write!(text, "\n{}\n", parts(profiled));
    text.extend(profiled.paths.iter().map(|paths| format!("\n{}\n", super::profile_paths::table(paths))));
    text.extend(profiled.spins.iter().map(|seen| format!("\n{}\n", spins(seen, profiled.total))));
    if !profiled.annotated.is_empty() {
        let _ = write!(text, "\n{}", annotated(profiled));
    }
    text.extend(profiled.scheduling.iter().map(|counted| format!("\n{}\n", scheduling(counted))));
    text.extend(profiled.looking.iter().map(|looking| format!("\n{}\n", self::looking(looking))));
    for warning in &profiled.warnings {
        let _ = writeln!(text, "\nwarning: {warning}");
    }
    text
}

/// Parameters as a heading has them, each behind a comma.
pub(super) fn parameters(profiled: &Profiled) -> String {
    profiled.params.iter().map(|(name, value)| format!(", {name}={value}")).collect::<Vec<_>>().concat()
}

/// Instructions a packet of all functions, where they were counted.
pub fn per_packet(profiled: &Profiled) -> Option<f64> {
    let counted = profiled.by == Counting::Instructions;
    profiled.packets.filter(|packets| counted && *packets > 0).map(|packets| profiled.total / packets as f64)
}

/// What a part is called in a table.
pub(super) const fn part_name(part: Part) -> &'static str {
    match part {
        Part::Module => "the framework's modules",
        Part::Program => "the framework's programs",
        Part::Kernel => "the rest of the kernel",
        Part::Other => "other programs",
    }
}

/// A figure with one decimal.
pub(super) fn figure(value: f64) -> String {
    format!("{value:.1}")
}

fn head(profiled: &Profiled) -> String {
    let mut text = format!("{}, lines: {}{}\n", profiled.framework, profiled.lines, parameters(profiled));
    let packets = profiled.packets.map_or_else(|| "packets not counted".to_owned(), |n| format!("{n} packets"));
    match profiled.by {
        Counting::Instructions => {
            let size = profiled.frame_size.map_or(String::new(), |size| format!(" of {size} bytes"));
            let each = per_packet(profiled).map_or(String::new(), |each| format!(", {each:.0} instructions each"));
            let clock = profiled.instructions_per_packet;
            let clock = clock.map_or(String::new(), |clock| format!(" ({clock:.0} by the middlebox's clock)"));
            let _ = writeln!(text, "every instruction was counted: {packets}{size}{each}{clock}");
        }
        Counting::Samples => {
            let idle = profiled.idle.unwrap_or_default();
            let share = idle / (idle + profiled.total).max(1.0) * 100.0;
            let why = if profiled.event == "cycles" { "" } else { ", because its CPUs count no cycles" };
            let _ = writeln!(
                text,
                "samples by {}{why}: {:.0} of CPUs at work, {idle:.0} of idle ones ({share:.0} %); {packets}",
                profiled.event, profiled.total
            );
        }
    }
    text
}

fn table(profiled: &Profiled, functions: &[&Function]) -> String {
    let counted = profiled.by == Counting::Instructions;
    let unit = if counted { "instructions" } else { "samples" };
    let mut header = vec!["function".to_owned(), "of".to_owned(), unit.to_owned(), "share".to_owned()];
    let mut cpus: Vec<u32> = profiled.functions.iter().flat_map(|function| function.cpus.keys().copied()).collect();
    cpus.sort_unstable();
    cpus.dedup();
    if counted {
        header.push("a packet".to_owned());
    } else {
        header.extend(cpus.iter().map(|cpu| format!("CPU {cpu}")));
    }
    let rows = functions.iter().map(|function| {
        let mut row = vec![function.name.clone(), function.object.clone(), format!("{:.0}", function.count)];
        row.push(format!("{:.1} %", function.share * 100.0));
        if counted {
            row.push(function.per_packet.map_or_else(|| "-".to_owned(), figure));
        } else {
            row.extend(cpus.iter().map(|cpu| function.cpus.get(cpu).map_or_else(String::new, |n| format!("{n:.0}"))));
        }
        row
    });
    grid(header, rows, 2..usize::MAX)
}

fn parts(profiled: &Profiled) -> String {
    let each = per_packet(profiled);
    let mut header = vec!["of".to_owned(), "share".to_owned()];
    header.extend(each.map(|_| "instructions a packet".to_owned()));
    let rows = Part::ALL.map(|part| {
        // An empty sum is -0.
        let share = profiled.functions.iter().filter(|f| f.part == part).fold(0.0, |sum, f| sum + f.share);
        let mut row = vec![part_name(part).to_owned(), format!("{:.1} %", share * 100.0)];
        row.extend(each.map(|each| figure(each * share)));
        row
    });
    grid(header, rows, 1..usize::MAX)
}

fn spins(seen: &[Spin], total: f64) -> String {
    if seen.is_empty() {
        return "no CPU was seen going round for a lock".to_owned();
    }
    let header = ["goes round for a lock", "of", "samples", "share"].map(str::to_owned).to_vec();
    let row = |spin: &Spin| {
        let share = format!("{:.1} %", spin.count / total.max(1.0) * 100.0);
        vec![spin.function.clone(), spin.object.clone(), format!("{:.0}", spin.count), share]
    };
    grid(header, seen.iter().map(row), 2..usize::MAX)
}

fn annotated(profiled: &Profiled) -> String {
    let all: f64 = profiled.annotated.iter().map(|line| line.count).sum();
    let packets = profiled.packets.filter(|_| profiled.by == Counting::Instructions);
    let mut text = format!("{}, line by line:\n", profiled.annotated[0].function);
    let mut file = "";
    for line in profiled.annotated.iter().filter(|line| line.count >= profiled.total * TINY) {
        if line.file != file {
            file = &line.file;
            let _ = writeln!(text, "\n  {file}");
        }
        let each = packets.map_or(String::new(), |packets| format!(" {:>8.1} a packet", line.count / packets as f64));
        let share = line.count / all.max(1.0) * 100.0;
        let code = line.text.as_deref().unwrap_or("").replace('\t', "    ");
        let _ = writeln!(text, "  {share:>5.1} %{each} {:>5}  {code}", line.line);
    }
    text
}

fn scheduling(counted: &Scheduling) -> String {
    let mut header = vec!["on the middlebox".to_owned(), "a second".to_owned()];
    header.extend(counted.packets.map(|_| "a packet".to_owned()));
    let figures = [
        ("wake-ups", counted.wakeups),
        ("context switches", counted.switches),
        ("softirqs", counted.softirqs),
        ("ns in them, by their events", counted.softirq_s.map(|seconds| seconds * 1e9)),
        ("locks that were not free, as traced", counted.contentions),
        ("ns of waiting for them", counted.lock_wait_s.map(|seconds| seconds * 1e9)),
        ("instructions", counted.instructions),
        ("cycles", counted.cycles),
        ("misses of the L2 cache", counted.l2_misses),
        ("misses of the last-level cache", counted.llc_misses),
        ("branches predicted wrongly", counted.branch_misses),
    ];
    let rows = figures.into_iter().map(|(name, count)| {
        let unknown = || "not counted".to_owned();
        let mut row = vec![name.to_owned(), count.map_or_else(unknown, |n| format!("{:.0}", n / counted.elapsed_s))];
        row.extend(counted.packets.map(|packets| count.map_or_else(unknown, |n| format!("{:.3}", n / packets as f64))));
        row
    });
    let mut text = grid(header, rows, 1..usize::MAX);
    if let Some(share) = counted.softirq_share {
        let _ = write!(text, "\nsoftirqs took {:.0} % of the CPUs' time", share * 100.0);
    }
    text
}

fn looking(looking: &Looking) -> String {
    format!(
        "looking moved the result by {:+.0} %: {} with perf, {} before and {} after without it",
        looking.moved() * 100.0,
        BitsPerSecond(looking.profiled_bps),
        BitsPerSecond(looking.before_bps),
        BitsPerSecond(looking.after_bps)
    )
}

/// Whether a name fits a pattern, in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, rest)) => name.strip_prefix(begin).is_some_and(|tail| {
            let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            ends.into_iter().any(|at| fits(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Annotated, sample};

    #[test]
    fn a_star_stands_for_anything() {
        let names = ["netslice_read", "netslice_write", "read"];
        let fitting = |pattern: &str| names.into_iter().filter(|name| fits(pattern, name)).collect::<Vec<_>>();
        assert_eq!(fitting("netslice_*"), ["netslice_read", "netslice_write"]);
        assert_eq!(fitting("*read"), ["netslice_read", "read"]);
        assert_eq!(fitting("read"), ["read"]);
        assert_eq!(fitting("*"), names);
        assert!(fitting("write*x").is_empty());
    }

    #[test]
    fn instructions_stand_by_function_and_by_what_they_belong_to() {
        let annotated = vec![
            Annotated {
                function: "netslice_readv".to_owned(),
                file: "src/classic.c".to_owned(),
                line: 26,
                text: Some("\t\tqueue->delivered_bytes += skb->len;".to_owned()),
                count: 2_000.0,
            },
            Annotated {
                function: "netslice_readv".to_owned(),
                file: "src/classic.c".to_owned(),
                line: 27,
                text: None,
                count: 1_000.0,
            },
        ];
        insta::assert_snapshot!(render(&Profiled { annotated, ..sample::profiled() }, None));
    }

    #[test]
    fn samples_stand_by_cpu_with_what_looking_cost_and_what_was_not_counted() {
        let blank = sample::profiled();
        let mut functions = blank.functions.clone();
        for function in &mut functions {
            function.per_packet = None;
            function.cpus = [(0, function.count / 4.0), (1, function.count * 0.75)].into();
        }
        let scheduling = Scheduling {
            elapsed_s: 2.0,
            packets: Some(1000),
            wakeups: Some(1200.0),
            switches: Some(800.0),
            softirq_share: Some(0.25),
            ..Scheduling::default()
        };
        let looking = Looking { before_bps: 31e9, profiled_bps: 7e9, after_bps: 31e9 };
        let profiled = Profiled {
            by: Counting::Samples,
            event: "cpu-clock".to_owned(),
            idle: Some(10_000.0),
            functions,
            scheduling: Some(scheduling),
            spins: Some(vec![Spin {
                function: "netslice_readv".to_owned(),
                object: "netslice".to_owned(),
                count: 1_700.0,
            }]),
            looking: Some(looking),
            warnings: vec!["looking moved the result".to_owned()],
            ..blank
        };
        insta::assert_snapshot!(render(&profiled, None));
        let only = render(&profiled, Some(&["netslice_*".to_owned()]));
        assert!(only.contains("netslice_readv") && !only.contains("direction_forward"), "{only}");
        let none = render(&profiled, Some(&["nothing".to_owned()]));
        assert!(none.contains("no function of that name"), "{none}");
    }
}
