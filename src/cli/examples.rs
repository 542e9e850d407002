//! Examples of every command: shown below its `--help` and in its man page, and run or parsed by `tests/documented.rs`
//! as they are printed. Must not know what a command does.

use std::borrow::Cow;
use std::fmt::Write;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A command line to type, and what it is for.
type Example = (&'static str, &'static str);

/// By the path of the command, without the program's name.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            ("nsbench topology show", "which hosts and lines, and which CPUs of the middlebox work for which line"),
            ("nsbench topology check", "is the testbed fit, and is every cable where its file says?"),
            ("nsbench run --framework netslice --lines 4", "measure; hosts are given back afterwards"),
            ("nsbench compare --reference figure3", "what was measured, beside the paper's figures"),
        ],
    ),
    (
        "run",
        &[
            ("nsbench run -f netslice -l 4", "NetSlice on four lines of the default testbed"),
            ("nsbench run -f all -l 1..4 --trials 5 --keep-going", "every framework on one, two, three and four lines"),
            ("nsbench run -f netslice --set netslice.mode=classic,ring", "a parameter's values side by side"),
            ("nsbench run -f bridge --measure cost --frame-size 60,1514", "instructions that a packet takes"),
            ("nsbench run -f bridge --generator pktgen --flows 4", "short frames, as fast as the source can"),
            ("nsbench run -f netslice --app bridge,firewall --rules web.rules", "what a firewall on it costs"),
            ("nsbench run -e figure3 -t testbed.yaml", "the paper's figure, on hosts of your own"),
            ("nsbench run -f dpdk -l 2 --dry-run", "every command that would run, with its undo; touches nothing"),
            ("nsbench run --resume 20261126-0933", "go on with a run that was interrupted"),
        ],
    ),
    (
        "soak",
        &[
            ("nsbench soak -f netslice --cycles 1000", "load and unload it a thousand times under traffic"),
            ("nsbench soak -f netslice --cycles 90 --set netslice.mode=classic,splice,ring", "its modes in turn"),
            ("nsbench soak -f bridge --cycles 23 --dry-run", "the commands of a cycle; touches nothing"),
        ],
    ),
    (
        "demo",
        &[
            ("nsbench demo", "every framework in turn, on the default testbed"),
            ("nsbench demo -f bridge,netslice,netmap -l 4 --dwell 1min", "three of them, on four lines, a minute each"),
            ("nsbench demo --generator pktgen", "short frames; the key f changes their size"),
            ("nsbench demo -f bridge --no-screen --for 5min", "without a picture, and with an end"),
        ],
    ),
    (
        "profile",
        &[
            ("nsbench profile -f netslice", "instructions a packet of each function, counted in the lab"),
            ("nsbench profile -f netslice -l 4 -t testbed.yaml", "samples by perf, on hosts of your own"),
            ("nsbench profile -f netslice --annotate netslice_readv", "and of each line of one function"),
            ("nsbench profile -f netslice --functions paper", "of the functions alone that the paper suspected"),
            ("nsbench profile -f netslice -l 4 -t fractus --dry-run", "what would be done; touches nothing"),
            ("nsbench profile compare 20261126-0933 20261126-0945", "two modes, or two builds, side by side"),
        ],
    ),
    (
        "profile compare",
        &[
            ("nsbench profile compare 20261126-0933 20261126-0945", "by the beginnings of their ids"),
            ("nsbench profile compare 20261126-0933 20261126-0945 --format json", "every function, for programs"),
        ],
    ),
    (
        "compare",
        &[
            ("nsbench compare", "the newest figures of each framework"),
            ("nsbench compare --reference figure3", "beside the paper's"),
            (
                "nsbench compare --baseline 20261126-0933 --fail-under 0.95",
                "exit status 1 where something became slower",
            ),
            ("nsbench compare --format csv", "for a spreadsheet"),
        ],
    ),
    (
        "report",
        &[
            ("nsbench report -o report.html", "the newest run of each framework, to open in a browser"),
            ("nsbench report 20261126-0933 -o report.html", "one run"),
            ("nsbench report --format png --figure throughput -o figure3.png", "one plot, for a slide"),
            ("nsbench report --reference figure3 -o poster.html", "beside the paper's figures; prints on A1"),
        ],
    ),
    (
        "topology",
        &[
            ("nsbench topology show -t fractus --offline", "the paper's testbed, without asking its hosts"),
            ("nsbench topology check", "is the testbed fit, and is every cable where its file says?"),
        ],
    ),
    (
        "topology show",
        &[
            ("nsbench topology show", "the default testbed"),
            ("nsbench topology show -t testbed.yaml --offline", "the drawing alone"),
            ("nsbench topology show -t fractus --offline --format json", "the same for programs"),
        ],
    ),
    (
        "topology discover",
        &[
            (
                "nsbench topology discover --source root@a --middlebox root@b --sink root@c >testbed.yaml",
                "a testbed file out of what is plugged in",
            ),
            ("nsbench topology discover -t testbed.yaml", "the hosts of a file, of which the cables have changed"),
        ],
    ),
    (
        "topology check",
        &[
            ("nsbench topology check -t testbed.yaml", "hosts and cables"),
            ("nsbench topology check --no-wiring", "no frames down the cables"),
            ("nsbench topology check --strict", "exit status 1 where anything could mislead"),
            ("nsbench topology check --fix", "change what can be changed back; `nsbench restore` does that"),
        ],
    ),
    (
        "topology import",
        &[
            (
                "nsbench topology import manifest.xml --source node0 --middlebox node1 --sink node2 >testbed.yaml",
                "nodes and links of a GENI or CloudLab manifest",
            ),
            (
                "nsbench topology import hosts.ini --source a --middlebox b --sink c --line eth1,eth1,eth2,eth1",
                "hosts of an Ansible inventory, which says nothing of cables",
            ),
        ],
    ),
    (
        "restore",
        &[
            ("nsbench restore", "the hosts of the default testbed"),
            ("nsbench restore host-b root@host-c", "hosts by themselves, without a testbed file"),
        ],
    ),
    (
        "lab",
        &[
            ("nsbench lab up", "boot, or bring back, three guests"),
            ("nsbench lab ssh middlebox", "look around in one of them"),
            ("nsbench lab down", "leave nothing running"),
        ],
    ),
    (
        "lab up",
        &[
            ("nsbench lab up", "boot, or bring back, three guests"),
            ("nsbench lab up --cross source:1,2", "with two cables swapped, for `topology check` to find"),
            ("nsbench lab up --name other --iommu", "a second lab, whose middlebox has an IOMMU"),
        ],
    ),
    ("lab down", &[("nsbench lab down", "the lab `lab`"), ("nsbench lab down --name other", "another one")]),
    ("lab status", &[("nsbench lab status", "is it up, and how does one get in?")]),
    (
        "lab ssh",
        &[
            ("nsbench lab ssh middlebox", "a shell"),
            ("nsbench lab ssh sink -- ip -s link", "one command; its exit status is that of nsbench"),
        ],
    ),
    (
        "results",
        &[
            ("nsbench results list", "what was recorded"),
            ("nsbench results show 20261126-0933", "one run, line by line"),
        ],
    ),
    (
        "results list",
        &[
            ("nsbench results list", "in ./results"),
            ("nsbench results list --testbed lab --until 2026-11-26", "those of one testbed up to a day"),
            ("nsbench results list --results results --format json", "another directory, and for programs"),
        ],
    ),
    (
        "results show",
        &[
            ("nsbench results show 20261126-0933", "by the beginning of its id"),
            ("nsbench results show 20261126-0933 --format json", "run.json as it is"),
        ],
    ),
    (
        "results export",
        &[
            ("nsbench results export >trials.csv", "every trial of every run, a row a line"),
            ("nsbench results export 20261126-0933 --format jsonl", "the trials of one run, whole"),
            ("nsbench results export --framework netslice --since 2026-11-26", "what was measured of one lately"),
        ],
    ),
    (
        "schema",
        &[
            ("nsbench schema testbed >testbed.schema.json", "for the editor, beside testbed.yaml"),
            ("nsbench schema result", "what is in run.json, key by key"),
        ],
    ),
    (
        "files",
        &[
            ("nsbench files testbeds/example.yaml >testbed.yaml", "a testbed file to write one's own hosts into"),
            ("nsbench files profiles", "which frameworks and experiments there are"),
            ("nsbench files kernel-module --into src", "the sources of the module NetSlice"),
        ],
    ),
    (
        "completions",
        &[
            ("nsbench completions bash >~/.local/share/bash-completion/completions/nsbench", "for the next shell"),
            ("source <(nsbench completions bash)", "for this one"),
            ("nsbench completions fish >~/.config/fish/completions/nsbench.fish", "for fish"),
        ],
    ),
    (
        "man",
        &[
            ("nsbench man | man -l -", "read the page of nsbench itself"),
            ("nsbench man ~/.local/share/man/man1", "install all pages: `man nsbench-run`"),
        ],
    ),
];

/// The examples of a command by its path (`topology show`).
pub(super) fn of(path: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(known, _)| *known == path).map_or(&[], |(_, examples)| examples)
}

/// `command` and all below it, each with its examples after its long help.
pub(super) fn beside(command: clap::Command, path: &str) -> clap::Command {
    let below: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let command = below.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |below| beside(below, path.trim()))
    });
    match text(of(path)) {
        None => command,
        Some(text) => command.after_long_help(text),
    }
}

/// A command line that would be understood in place of these words, where they were no whole command.
pub(super) fn instead<'a>(
    command: &clap::Command,
    error: &clap::Error,
    words: impl Iterator<Item = Cow<'a, str>>,
) -> Option<&'static str> {
    use ErrorKind::{InvalidSubcommand, MissingRequiredArgument, UnknownArgument};
    if ![InvalidSubcommand, MissingRequiredArgument, UnknownArgument].contains(&error.kind()) {
        return None;
    }
    let (mut command, mut path) = (command, String::new());
    for word in words {
        let Some(below) = command.find_subcommand(word.as_ref()) else { break };
        path = format!("{path} {word}");
        command = below;
    }
    let examples = of(path.trim());
    let with_missing = examples.iter().find(|(example, _)| missing(error).iter().any(|flag| example.contains(flag)));
    with_missing.or(examples.first()).map(|(example, _)| *example)
}

/// The options that the error asks for, `--baseline`.
fn missing(error: &clap::Error) -> Vec<&str> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(arguments))) => {
            arguments.iter().filter_map(|argument| argument.split(' ').next()).collect()
        }
        _ => Vec::new(),
    }
}

fn text(examples: &[Example]) -> Option<String> {
    let mut text = "Examples:".to_owned();
    for (command, what) in examples {
        let _ = write!(text, "\n  {command}\n      {what}");
    }
    (!examples.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::described;

    fn paths(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        for below in command.get_subcommands() {
            paths(below, format!("{path} {}", below.get_name()).trim(), found);
        }
    }

    #[test]
    fn every_command_has_examples_and_every_example_a_command() {
        let mut found = Vec::new();
        paths(&described(), "", &mut found);
        for path in &found {
            assert!(!of(path).is_empty(), "`nsbench {path} --help` has no examples: add them to src/cli/examples.rs");
        }
        for (path, examples) in EXAMPLES {
            assert!(found.iter().any(|known| known == path), "there is no command `{path}`");
            let own = |(command, _): &Example| command.contains(format!("nsbench {path}").trim());
            assert!(examples.iter().all(own), "an example of `{path}` is of another command");
        }
    }
}
