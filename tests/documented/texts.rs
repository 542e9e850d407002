//! The texts that show commands, and how commands are found in them.

use std::fs;
use std::path::{Path, PathBuf};

/// A command line, and where it stands.
#[derive(Debug)]
pub struct Shown {
    pub line: String,
    pub place: String,
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents for users. The journal tells of earlier days, and the changelog of all of them.
pub fn documents() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "profiles/README.md"]
        .into_iter()
        .chain(["kernel-module/README.md", "testbeds/example.yaml", "testbeds/lab.yaml"])
        .map(PathBuf::from)
        .collect();
    let mut docs: Vec<_> =
        fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    docs.sort();
    paths.extend(docs.iter().map(|path| path.strip_prefix(repository()).unwrap().to_owned()));
    let text = |path: &PathBuf| fs::read_to_string(repository().join(path)).unwrap();
    paths.iter().map(|path| (path.display().to_string(), text(path))).collect()
}

/// The help of every command.
pub fn helps() -> Vec<(String, String)> {
    fn add(command: &mut clap::Command, path: &str, helps: &mut Vec<(String, String)>) {
        // As wide as clap has it without a terminal, whatever COLUMNS says.
        *command = std::mem::take(command).term_width(100);
        helps.push((format!("`{path} --help`"), command.render_long_help().to_string()));
        for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
            let path = format!("{path} {}", below.get_name());
            add(below, &path, helps);
        }
    }
    let mut helps = Vec::new();
    add(&mut nsbench::cli::described(), "nsbench", &mut helps);
    helps
}

/// Command lines of the program in `text`: in lines that stand apart, and between backticks.
pub fn commands(place: &str, text: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let shown = line.trim_start().trim_start_matches("$ ");
        if line.starts_with(' ') && is_command(shown) {
            found.push(Shown { line: without_remark(shown), place: format!("{place}:{}", number + 1) });
        }
    }
    // Text between backticks may be broken by the end of a line, in a YAML file with a `#`.
    let joined = text.replace("\n# ", " ").replace('\n', " ");
    let spans = joined.split('`').skip(1).step_by(2).map(str::trim);
    // `…` stands for what the reader knows.
    let spans = spans.filter(|span| is_command(span) && !span.contains('…'));
    found.extend(spans.map(|span| Shown { line: span.to_owned(), place: place.to_owned() }));
    found
}

fn is_command(line: &str) -> bool {
    line.starts_with("nsbench ") || line.starts_with("source <(nsbench ")
}

/// What follows `#` after two spaces is for the reader.
fn without_remark(line: &str) -> String {
    line.split("  #").next().unwrap_or(line).trim_end().to_owned()
}

#[test]
fn commands_are_found_where_they_stand() {
    let text = "Say `nsbench\nrun -f x`, or `nsbench run …`:\n\n    nsbench compare    # all\n    nsbenched\n    $ nsbench man\n";
    let found: Vec<_> = commands("x.md", text).into_iter().map(|shown| (shown.line, shown.place)).collect();
    let expected = [("nsbench compare", "x.md:4"), ("nsbench man", "x.md:6"), ("nsbench run -f x", "x.md")];
    assert_eq!(found, expected.map(|(line, place)| (line.to_owned(), place.to_owned())));
}
