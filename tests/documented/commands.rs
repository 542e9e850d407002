//! Each documented command line, tried as far as it can be without hosts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::place::{place, run};
use crate::texts::{Shown, commands, documents, helps, repository};

/// How far a command is tried.
#[derive(Debug, PartialEq, Eq)]
enum Trial {
    /// Run as it is printed.
    Whole,
    /// Run with this added.
    With(&'static str),
    /// Only parsed.
    Parsed,
}

/// `words` are without the program's name.
fn trial(words: &[&str]) -> Trial {
    let has = |word: &str| words.contains(&word);
    match words {
        ["topology", "show", ..] if !has("--offline") => Trial::With(" --offline"),
        ["schema" | "completions" | "man" | "files" | "compare" | "report", ..]
        | ["topology", "show" | "import", ..]
        | ["results", "list" | "show" | "export", ..] => Trial::Whole,
        // A record to go on with is one of hosts that are there.
        ["run", ..] if has("--resume") => Trial::Parsed,
        ["run" | "soak" | "demo", ..] if has("--dry-run") => Trial::Whole,
        ["run" | "soak" | "demo", ..] => Trial::With(" --dry-run"),
        ["restore" | "lab" | "profile", ..] | ["topology", "check" | "discover", ..] => Trial::Parsed,
        _ => panic!("does `nsbench {}` need hosts? Say so in tests/documented/commands.rs", words.join(" ")),
    }
}

/// What a document leaves to the reader, as something that is there.
fn filled(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let before = std::iter::once("").chain(words.iter().copied());
    let fill = before.zip(&words).map(|(before, word)| match (before, *word) {
        (_, "RUN") => "20261126-0933",
        ("-e", "FILE.yaml" | "NAME") => "experiment.yaml",
        (_, "FILE.yaml") => "mine.yaml",
        (_, "SHELL") => "bash",
        (_, word) => word,
    });
    fill.collect::<Vec<_>>().join(" ")
}

/// The words of the program's own arguments, up to what is the shell's.
fn words(line: &str) -> Vec<&str> {
    let line = line.strip_prefix("source <(").unwrap_or(line);
    let end = line.find([')', '|', '>']).unwrap_or(line.len());
    line[..end].split_whitespace().skip(1).collect()
}

/// Whether the words are no more than the name of a command, as running text has them.
fn is_name(words: &[&str]) -> bool {
    let found =
        words.iter().try_fold(nsbench::cli::described(), |command, word| command.find_subcommand(word).cloned());
    found.is_some_and(|command| command.get_arguments().any(clap::Arg::is_required_set) || command.has_subcommands())
        || words == ["run"]
}

fn parsed(shown: &Shown, words: &[&str]) {
    let arguments = std::iter::once("nsbench").chain(words.iter().copied());
    if let Err(error) = nsbench::cli::described().try_get_matches_from(arguments) {
        let asks_for_help =
            matches!(error.kind(), clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion);
        assert!(asks_for_help, "{}: `{}`: {error}", shown.place, shown.line);
    }
}

fn tried(shown: &Shown, line: &str, dir: &Path) {
    if line.contains("testbed.yaml") && !line.contains(">testbed.yaml") {
        fs::copy(repository().join("testbeds/fractus.yaml"), dir.join("testbed.yaml")).unwrap();
    }
    let output = run(line, dir);
    // A ratio may be short of what is asked for.
    let good = output.status.success() || (line.contains("--fail-under") && output.status.code() == Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(good, "{}: `{line}` ends with {}: {said}", shown.place, output.status);
}

#[test]
fn every_command_in_help_and_documents_works() {
    let shown: Vec<_> =
        helps().into_iter().chain(documents()).flat_map(|(place, text)| commands(&place, &text)).collect();
    let (mut done, mut run, mut only_parsed) = (BTreeSet::new(), 0, BTreeSet::new());
    for shown in shown {
        let line = filled(&shown.line);
        let words = words(&line);
        if is_name(&words) || !done.insert(line.clone()) {
            continue;
        }
        parsed(&shown, &words);
        let dir = place();
        match trial(&words) {
            Trial::Parsed => drop(only_parsed.insert(line)),
            Trial::Whole => tried(&shown, &line, dir.path()),
            // What is only planned has nothing to go on with.
            Trial::With(more) => tried(&shown, &format!("{}{more}", line.replace(" --keep-going", "")), dir.path()),
        }
        run += 1;
    }
    println!("{} run, {} only parsed:", run - only_parsed.len(), only_parsed.len());
    for line in only_parsed {
        println!("    {line}");
    }
    assert!(run > 60, "{run} commands: are they still found?");
}
