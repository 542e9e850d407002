//! Output that a document shows below a command, `$ nsbench …` in a block of its own, is what the program prints. It was
//! recorded on real hosts or in the lab; `tests/documented/results` has the records.

use crate::place::{place, run};
use crate::texts::documents;

/// A line of `…` stands for lines that are left out.
const LEFT_OUT: &str = "…";

/// Blocks that begin with a command and go on with what it printed.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let shown = line.strip_prefix("    ");
        match shown.and_then(|shown| shown.strip_prefix("$ ")) {
            Some(command) => found.push((command.to_owned(), Vec::new())),
            // An empty line in a block has no blanks before it.
            None if inside && (shown.is_some() || line.is_empty()) => {
                found.last_mut().unwrap().1.push(shown.unwrap_or_default().trim_end().to_owned());
            }
            None => {
                inside = false;
                continue;
            }
        }
        inside = true;
    }
    for (_, lines) in &mut found {
        let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        lines.truncate(end);
    }
    found.retain(|(_, lines)| !lines.is_empty());
    found
}

#[test]
fn the_output_that_documents_show_is_what_the_program_prints() {
    let mut compared = 0;
    for (document, text) in documents() {
        for (command, lines) in blocks(&text) {
            let output = run(&command, place().path());
            let printed = String::from_utf8(output.stdout).unwrap();
            let printed: Vec<_> = printed.lines().map(str::trim_end).collect();
            for part in lines.split(|line| line == LEFT_OUT).filter(|part| !part.is_empty()) {
                let there = printed.windows(part.len()).any(|window| window == part);
                assert!(
                    there,
                    "{document}: `{command}` does not print\n{}\nbut\n{}",
                    part.join("\n"),
                    printed.join("\n")
                );
            }
            compared += 1;
        }
    }
    assert!(compared > 1, "{compared} outputs: are they still found?");
}

#[test]
fn a_block_ends_with_the_text_that_follows() {
    let text = "x\n\n    $ nsbench a\n    b\n\n    c\n\nd\n\n    nsbench e\n    f\n    $ nsbench g\n";
    assert_eq!(blocks(text), [("nsbench a".to_owned(), ["b", "", "c"].map(str::to_owned).to_vec())]);
}
