//! Man pages: one a command, and none that `man` complains of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::nsbench;

fn pages(dir: &Path) -> Vec<PathBuf> {
    let into = dir.join("deep/man1");
    let ended = nsbench(&format!("man {}", into.display())).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), ""), "{ended}");
    let mut pages: Vec<_> = fs::read_dir(into).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    assert!(ended.stderr.starts_with(&format!("{} man pages are in `", pages.len())), "{ended}");
    pages
}

#[test]
fn every_command_has_a_page_with_examples() {
    let dir = tempfile::tempdir().unwrap();
    let pages = pages(dir.path());
    let names: Vec<_> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    for name in ["nsbench.1", "nsbench-run.1", "nsbench-topology-show.1", "nsbench-lab-up.1"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let heading = format!(".TH NSBENCH 1 2026-11-26 \"nsbench {}\" \"nsbench manual\"\n", env!("CARGO_PKG_VERSION"));
    assert!(nsbench("man").run().stdout.contains(&heading));
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for part in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH EXAMPLES"] {
            assert!(text.contains(part), "{} has no {part}", page.display());
        }
    }
    let first = nsbench("man").run().stdout;
    let own = pages.iter().find(|page| page.ends_with("nsbench.1")).unwrap();
    assert_eq!(first, fs::read_to_string(own).unwrap());
    assert!(first.contains(".SH \"EXIT STATUS\""));
}

#[test]
fn man_has_nothing_to_say_of_the_pages() {
    let dir = tempfile::tempdir().unwrap();
    let checks: [&[&str]; 2] =
        [&["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"], &["mandoc", "-Tlint", "-Werror"]];
    for check in checks {
        if Command::new(check[0]).arg("--version").output().is_err() {
            println!("skipped: no {} on this machine", check[0]);
            continue;
        }
        for page in pages(dir.path()) {
            let mut command = Command::new(check[0]);
            // `man` complains of a locale that is not on the machine, and of lines that a narrow terminal's width cannot hold.
            command.args(&check[1..]).arg(&page).env("MANROFFSEQ", "").env("LC_ALL", "C.UTF-8").env("MANWIDTH", "80");
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{check:?} {}: {said}", page.display());
        }
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let ended = nsbench("man file/man1").file("file", "").run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        ended.stderr,
        "error: could not write man pages into `file/man1`: Not a directory (os error 20)\nhint: nsbench man DIR, a directory of yours\n"
    );
}
