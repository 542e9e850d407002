//! What documents point at is there: files by their links, `make` targets, scripts.

use std::fs;
use std::path::Path;

use crate::texts::{documents, repository};

/// Whether a heading of `text` has this anchor.
fn has_anchor(text: &str, anchor: &str) -> bool {
    let slug = |heading: &str| -> String {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line.trim_start_matches('#').trim()) == anchor)
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for (place, text) in documents() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = repository().join(&place);
            let file = if path.is_empty() { folder } else { folder.parent().unwrap().join(path) };
            assert!(file.exists(), "{place}: `{target}` is not there");
            if !anchor.is_empty() {
                assert!(
                    has_anchor(&fs::read_to_string(file).unwrap(), anchor),
                    "{place}: `{target}` has no such heading"
                );
            }
            links += 1;
        }
    }
    assert!(links > 10, "{links} links: are they still found?");
}

/// The words that follow `word` at the beginning of a command, in backticks or in lines that stand apart.
fn after<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let begun = [format!("`{word} "), format!("\n    {word} ")];
    let rests = begun.iter().flat_map(|begun| text.split(begun.as_str()).skip(1));
    rests.map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '-')).next().unwrap_or_default()).collect()
}

#[test]
fn every_make_target_is_there() {
    let mut found = 0;
    for (place, text) in documents() {
        let folder = Path::new(&place).parent().unwrap();
        let makefiles = [repository().join(folder).join("Makefile"), repository().join("Makefile")];
        let rules: String = makefiles.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
        for target in after(&text, "make").into_iter().filter(|target| !target.is_empty()) {
            let is_rule =
                |line: &str| line.split_once(':').is_some_and(|(names, _)| names.split(' ').any(|name| name == target));
            assert!(rules.lines().any(is_rule), "{place}: no rule for `make {target}`");
            found += 1;
        }
    }
    assert!(found > 5, "{found} targets: are they still found?");
}

#[test]
fn every_script_is_there() {
    for (place, text) in documents() {
        for rest in text.split("`scripts/").skip(1) {
            let name = rest.split(['`', ' ']).next().unwrap_or_default();
            assert!(repository().join("scripts").join(name).exists(), "{place}: no `scripts/{name}`");
        }
    }
}
