//! Man pages, a page a command. Must not know where they are installed.

use std::io::Write;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::examples;
use crate::commands::Outcome;

/// Of this version of the pages.
const DATE: &str = "2026-11-26";

/// What each exit status says, in the order of the statuses.
const STATUSES: [(Outcome, &str); 7] = [
    (Outcome::Good, "Done and good."),
    (Outcome::FellShort, "Measured, and short of --fail-under; soaked, and a kernel log is not clean or memory grows."),
    (Outcome::BadInput, "Bad arguments or a bad file."),
    (Outcome::Unfit, "A host or the wiring is not fit, or a host is held by another run."),
    (
        Outcome::Failed,
        "A framework failed, a host was lost, or the disk for results is full. What was measured is saved.",
    ),
    (Outcome::NotRestored, "A host could not be restored, or did not come back."),
    (Outcome::Interrupted, "Interrupted; the hosts are restored."),
];

/// Variables and files that the program heeds or leaves.
const FILES: [(&str, &str); 9] = [
    ("NSBENCH_TESTBED", "The testbed, where there is no -t: a file, or the name of a shipped one."),
    ("NSBENCH_NETMAP_SRC", "Source tree of netmap, where there is no --set netmap.source=DIR."),
    ("NSBENCH_ACCEL", "kvm or tcg: how the guests of the lab run."),
    (
        "NSBENCH_FILES",
        "A directory of files that take the place of those that nsbench brings along; see nsbench-files(1).",
    ),
    ("~/.config/nsbench/", "The same, where that variable is not set."),
    ("./testbed.yaml", "The testbed, where neither says. Without it the lab is taken."),
    ("./results/", "A directory a run, with run.json and what the tools printed."),
    ("~/.cache/nsbench/", "Images, snapshots and builds; may be deleted while no lab is up."),
    ("/var/lib/nsbench/journal/", "On a host: how to undo what was changed there. Run `sh undo` in it by hand."),
];

/// A page: name of its file, and what is in it.
pub(crate) type Page = (String, String);

/// The pages of `command` and of all below it, its own first.
pub(super) fn pages(command: Command) -> Vec<Page> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add(&command, "", &mut pages);
    pages
}

fn add(command: &Command, path: &str, pages: &mut Vec<Page>) {
    let man = Man::new(command.clone()).date(DATE).source(concat!("nsbench ", env!("CARGO_PKG_VERSION")));
    let file = man.get_filename();
    let man = man.title(file.trim_end_matches(".1").to_uppercase()).manual("nsbench manual");
    pages.push((file, page(&man, command, path)));
    for below in command.get_subcommands() {
        add(below, format!("{path} {}", below.get_name()).trim(), pages);
    }
}

fn page(man: &Man, command: &Command, path: &str) -> String {
    let mut text = Vec::new();
    render(man, command, path, &mut text).expect("memory takes all that is written");
    String::from_utf8(text).expect("texts are UTF-8")
}

fn render(man: &Man, command: &Command, path: &str, to: &mut dyn Write) -> std::io::Result<()> {
    man.render_title(to)?;
    man.render_name_section(to)?;
    man.render_synopsis_section(to)?;
    man.render_description_section(to)?;
    man.render_options_section(to)?;
    if command.has_subcommands() {
        man.render_subcommands_section(to)?;
    }
    example_section(path).to_writer(to)?;
    if path.is_empty() {
        list("EXIT STATUS", STATUSES.map(|(outcome, text)| ((outcome as u8).to_string(), text))).to_writer(to)?;
        list("ENVIRONMENT AND FILES", FILES.map(|(name, text)| (name.to_owned(), text))).to_writer(to)?;
    } else {
        let mut see = Roff::new();
        see.control("SH", ["SEE ALSO"]).text([bold("nsbench"), roman("(1)")]);
        see.to_writer(to)?;
    }
    Ok(())
}

fn example_section(path: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]);
    for (command, what) in examples::of(path) {
        section.control("TP", []).text([bold(*command)]).text([roman(*what)]);
    }
    section
}

fn list<const N: usize>(title: &str, entries: [(String, &str); N]) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]);
    for (name, text) in entries {
        section.control("TP", []).text([bold(name)]).text([roman(text)]);
    }
    section
}
