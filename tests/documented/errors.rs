//! Errors that docs/troubleshooting.md explains are errors that the program has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::texts::repository;

/// The program's sources, with lines that a backslash continues joined.
fn sources(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ["rs", "sh", "c"].iter().any(|known| ending == *known)) {
            let text = fs::read_to_string(&path).unwrap();
            let parts: Vec<_> = text.split("\\\n").collect();
            let joined = parts.iter().enumerate().map(|(at, part)| if at == 0 { part } else { part.trim_start() });
            found.push((path, joined.collect()));
        }
    }
}

/// What of an error's text is the same every time: words in capitals, and what stands between braces, differ.
fn constant_parts(text: &str) -> Vec<String> {
    let varies =
        |word: &&str| word.chars().any(char::is_uppercase) && word.chars().all(|c| c.is_uppercase() || c == '_');
    let words: Vec<_> = text.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let mut parts = vec![String::new()];
    for word in words {
        let bare = word.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
        if varies(&bare) && !["SSH", "PCI", "MTU", "CPU", "NSBENCH_ACCEL", "IOMMU"].contains(&bare) {
            parts.push(word[bare.len()..].to_owned());
        } else {
            parts.last_mut().unwrap().push_str(word);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| part.len() > 3).collect()
}

#[test]
fn every_error_that_is_explained_is_in_the_sources() {
    let text = fs::read_to_string(repository().join("docs/troubleshooting.md")).unwrap();
    let mut all = Vec::new();
    sources(&repository().join("src"), &mut all);
    sources(&repository().join("kernel-module"), &mut all);
    let quoted: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("    error: ")).collect();
    for error in &quoted {
        let parts = constant_parts(error);
        let known = all.iter().any(|(_, source)| parts.iter().all(|part| source.contains(part.as_str())));
        assert!(known && !parts.is_empty(), "no source says `{error}` ({parts:?})");
    }
    assert!(quoted.len() > 20, "{} errors: are they still found?", quoted.len());
}

#[test]
fn the_parts_of_an_error_that_vary_are_left_out() {
    let parts = constant_parts("`PORT` of `HOST` carries the SSH connection, line N");
    assert_eq!(parts, ["` of `", "` carries the SSH connection, line"]);
}
