//! What the parsers say, put as what to write instead.
//!
//! Must not know any particular file.

use super::diagnostic::Problem;
use super::place::Place;

/// A syntax error at byte `at`.
pub fn syntax(text: &str, at: usize, info: &str) -> Problem {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let indent = &line[..line.len() - line.trim_start().len()];
    let hint = if indent.contains('\t') || info.contains("tab") {
        "indent with spaces, not with tabs"
    } else if info.contains("mapping values are not allowed") {
        "put text that contains `: ` in quotes, and indent keys of one mapping alike"
    } else if info.contains("anchor") || info.contains("alias") {
        "put text that starts with `*` or `&` in quotes"
    } else if line.trim_start().starts_with(['@', '`', '%', '|', '>'])
        || info.contains("unexpected character")
        || info.contains("quot")
    {
        "put the text in quotes, and close every quote on the same line"
    } else {
        "check indentation, brackets and quotes here and on the line above"
    };
    Problem {
        span: at..at,
        message: "this is not YAML".to_owned(),
        label: info.to_owned(),
        hint: hint.to_owned(),
        context: None,
    }
}

/// A refusal by serde at byte `at`, whose message has the path in front.
pub fn explain(text: &str, root: &Place, at: usize, message: &str) -> Problem {
    if let Some(rest) = after(message, "unknown field ") {
        return unknown_key(text, root, at, rest);
    }
    if let Some(rest) = after(message, "missing field ") {
        return missing_key(text, root, at, rest);
    }
    for start in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some(rest) = after(message, start) {
            return wrong_value(text, root, at, rest);
        }
    }
    if let Some(rest) = after(message, "unknown variant ") {
        return unknown_variant(text, root, at, rest);
    }
    let found = root.value_at(text, at).or_else(|| root.key_at(at));
    Problem {
        span: found.map_or(at..at, |found| found.span),
        message: message.to_owned(),
        label: "here".to_owned(),
        hint: "write this key as the shipped files do".to_owned(),
        context: None,
    }
}

fn after<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    message.find(start).map(|at| &message[at + start.len()..])
}

/// The names in backticks.
fn ticked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn listed(names: &[&str]) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    ticked.join(", ")
}

/// How messages call what is at `path`: `hosts.source`, item 2 of `lines`. Items count from 1 here,
/// as the lines of a testbed do.
fn owner(path: &[String]) -> String {
    let Some(last_item) = path.iter().rposition(|step| step.parse::<usize>().is_ok()) else {
        return match path {
            [] => "this file".to_owned(),
            keys => format!("`{}`", keys.join(".")),
        };
    };
    let number: usize = path[last_item].parse().map_or(0, |index: usize| index + 1);
    let item = format!("item {number} of {}", owner(&path[..last_item]));
    match &path[last_item + 1..] {
        [] => item,
        keys => format!("`{}` in {item}", keys.join(".")),
    }
}

fn unknown_key(text: &str, root: &Place, at: usize, rest: &str) -> Problem {
    let names = ticked(rest);
    let (key, known) = names.split_first().map_or(("", &[][..]), |(k, r)| (*k, r));
    let found = root.key_at(at).or_else(|| root.value_at(text, at));
    let (path, span) = found.map_or((Vec::new(), at..at), |f| (f.path, f.span));
    let parent = path.split_last().map_or(&[][..], |(_, parent)| parent);
    let hint = match (nearest(key, known), known) {
        (_, []) => "leave it out: no keys are known here".to_owned(),
        (Some(near), _) => format!("did you mean `{near}`? the keys here are {}", listed(known)),
        (None, _) => format!("the keys here are {}", listed(known)),
    };
    Problem {
        span,
        message: format!("unknown key `{key}`"),
        label: format!("not a key of {}", owner(parent)),
        hint,
        context: None,
    }
}

fn missing_key(text: &str, root: &Place, at: usize, rest: &str) -> Problem {
    let key = ticked(rest).first().copied().unwrap_or(rest);
    let found = root.value_at(text, at);
    let (path, span) = found.map_or((Vec::new(), at..at), |f| (f.path, f.span));
    let hint = if path.is_empty() {
        format!("add `{key}: …` to the file")
    } else {
        format!("add `{key}: …` to {}", owner(&path))
    };
    Problem {
        span,
        message: format!("missing key `{key}`"),
        label: format!("{} has no `{key}`", owner(&path)),
        hint,
        context: None,
    }
}

fn wrong_value(text: &str, root: &Place, at: usize, rest: &str) -> Problem {
    let (got, wanted) = rest.rsplit_once(", expected ").unwrap_or((rest, "another value"));
    let (got, wanted) = (plain_words(got), plain_words(wanted));
    let found = root.value_at(text, at);
    let (path, span) = found.map_or((Vec::new(), at..at), |f| (f.path, f.span));
    Problem {
        span,
        message: format!("wrong value for {}", owner(&path)),
        label: format!("found {got}"),
        hint: format!("write {wanted}"),
        context: None,
    }
}

fn unknown_variant(text: &str, root: &Place, at: usize, rest: &str) -> Problem {
    let names = ticked(rest);
    let (value, known) = names.split_first().map_or(("", &[][..]), |(v, r)| (*v, r));
    let found = root.value_at(text, at);
    let (path, span) = found.map_or((Vec::new(), at..at), |f| (f.path, f.span));
    let near = nearest(value, known).map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Problem {
        span,
        message: format!("{} cannot be `{value}`", owner(&path)),
        label: "not one of the choices".to_owned(),
        hint: format!("{near}the choices are {}", listed(known)),
        context: None,
    }
}

/// Serde's names for types, in the words of someone who writes YAML.
fn plain_words(serde: &str) -> String {
    let (kind, value) = serde.split_once(' ').unwrap_or((serde, ""));
    let kind = match serde {
        "unit value" | "unit" | "Option value" => return "nothing".to_owned(),
        "a sequence" | "sequence" => return "a list".to_owned(),
        "a map" | "map" => return "a mapping (`key: value`)".to_owned(),
        "a boolean" => return "`true` or `false`".to_owned(),
        "f32" | "f64" => return "a number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            return "a whole number, 0 or more".to_owned();
        }
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => return "a whole number".to_owned(),
        "a string" => return "text".to_owned(),
        _ => match kind {
            "string" => "the text",
            "integer" | "floating" => "the number",
            "boolean" => "",
            _ => return serde.to_owned(),
        },
    };
    let value = value.trim_start_matches("point ");
    format!("{kind} {value}").trim_start().to_owned()
}

/// The one of `known` that was probably meant by `written`: at most a third of it mistyped.
pub fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let limit = (written.chars().count() / 3).max(1);
    known
        .iter()
        .map(|name| (distance(written, name), *name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words (Damerau's
/// distance in its "optimal string alignment" form).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
