//! A directory in which documented commands are run: a home of its own, with recorded runs and a framework in it, and no lab.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::texts::repository;

const FRAMEWORK: &str = "name: mine\nsummary: a forwarder of our own\nbuild: { source: src, products: [forward] }\n\
    line: [{ command: { do: [echo, '{in}'], undo: [] } }]\n";

/// Makes the directory.
pub fn place() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file("mine.yaml", FRAMEWORK);
    file("experiment.yaml", "name: ours\nsummary: our own\nframeworks: [mine.yaml]\n");
    file("hosts.ini", "[rack]\na\nb\nc\n");
    file("manifest.xml", include_str!("../cli/manifest.xml"));
    file("web.rules", "default drop\naccept\n");
    // Whatever is compiled is only looked at here.
    for folder in ["src", "DIR"] {
        file(&format!("{folder}/Makefile"), "forward:\n");
    }
    for folder in ["share/bash-completion/completions", "share/man/man1"] {
        fs::create_dir_all(dir.path().join(".local").join(folder)).unwrap();
    }
    for folder in ["fish/completions", "nsbench/profiles/frameworks"] {
        fs::create_dir_all(dir.path().join(".config").join(folder)).unwrap();
    }
    for run in fs::read_dir(repository().join("tests/documented/results")).unwrap() {
        let run = run.unwrap();
        let to = dir.path().join("results").join(run.file_name());
        fs::create_dir_all(&to).unwrap();
        fs::copy(run.path().join("run.json"), to.join("run.json")).unwrap();
    }
    dir
}

/// Runs the line by bash.
pub fn run(line: &str, dir: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_nsbench")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", program.display());
    Command::new("bash")
        .args(["--norc", "--noprofile", "-e", "-o", "pipefail", "-c", line])
        .current_dir(dir)
        .env_clear()
        .env("PATH", path)
        .env("HOME", dir)
        .env("XDG_CACHE_HOME", dir.join("cache"))
        // Some examples are of all frameworks, and one of these is built from sources of the user.
        .env("NSBENCH_NETMAP_SRC", dir.join("DIR"))
        .output()
        .unwrap()
}
