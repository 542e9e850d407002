//! A comparison for a README or an issue, in GitHub's Markdown. Must not know what a figure means.

use std::fmt::Write as _;

use super::sheet::{Entry, Sheet};
use crate::compare::Comparison;

/// The comparison as a Markdown table with footnotes; warnings follow as a list.
pub fn render(comparison: &Comparison) -> String {
    let sheet = Sheet::of(comparison);
    let mut text = format!("{}.\n\n", escape(&sheet.caption));
    let headings: Vec<_> = sheet.headings.iter().map(|parts| escape(&parts.join(", "))).collect();
    push_row(&mut text, sheet.unit, headings.iter().map(String::as_str));
    push_row(&mut text, "---", headings.iter().map(|_| "---:"));
    for (label, entries) in &sheet.rows {
        let words: Vec<_> = entries.iter().map(words).collect();
        push_row(&mut text, label, words.iter().map(String::as_str));
    }
    if !sheet.notes.is_empty() {
        text.push('\n');
    }
    for (number, note) in (1..).zip(&sheet.notes) {
        let _ = writeln!(text, "[^{number}]: {}", escape(note));
    }
    if let Some(details) = &sheet.details {
        text.push('\n');
        push_row(&mut text, details.headings[0], details.headings[1..].iter().copied());
        push_row(&mut text, "---", details.headings[1..].iter().map(|_| "---:"));
        for row in &details.rows {
            push_row(&mut text, &escape(&row[0]), row[1..].iter().map(String::as_str));
        }
    }
    if !comparison.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &comparison.warnings {
        let warning = escape(&warning.to_string()).replace('\n', "\n  ");
        let _ = writeln!(text, "- **warning:** {warning}");
    }
    if let Some(verdict) = &comparison.verdict {
        let _ = writeln!(text, "\n{}", escape(&verdict.to_string()).replace("\n  ", "\n- "));
    }
    text
}

fn push_row<'a>(text: &mut String, label: &str, entries: impl Iterator<Item = &'a str>) {
    let _ = write!(text, "| {label} |");
    for entry in entries {
        let _ = write!(text, " {entry} |");
    }
    text.push('\n');
}

fn words(entry: &Entry) -> String {
    let mut words = escape(&entry.text);
    for number in &entry.notes {
        let _ = write!(words, "[^{number}]");
    }
    words
}

/// Keeps names and reasons from being read as markup; code spans stay.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut code = false;
    for c in text.chars() {
        code ^= c == '`';
        // A bar ends a table's cell even inside a code span.
        if c == '|' || (!code && matches!(c, '*' | '_' | '[' | ']' | '<' | '>' | '\\')) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
