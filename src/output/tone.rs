//! In what colours people are spoken to, and how much they are told: decided once, by the command line, for the program.
//!
//! Files and pipes get no colour unless that was asked for. Must not know what is said.

use std::io::IsTerminal;
use std::sync::OnceLock;

/// When to speak in colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// On terminals that have it, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How this program speaks.
#[derive(Debug, Clone, Copy, Default)]
struct Tone {
    quiet: bool,
    stdout: bool,
    stderr: bool,
}

static TONE: OnceLock<Tone> = OnceLock::new();

/// Decides it, before anything is said; what was decided first stays.
pub fn set(color: Color, quiet: bool) {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let decide = |terminal: bool| decide(color, &variable, terminal);
    let (stdout, stderr) = (decide(std::io::stdout().is_terminal()), decide(std::io::stderr().is_terminal()));
    let _ = TONE.set(Tone { quiet, stdout, stderr });
}

/// Whether only warnings and errors are told.
pub fn is_quiet() -> bool {
    tone().quiet
}

/// Whether standard output is coloured.
pub fn colors_stdout() -> bool {
    tone().stdout
}

/// Whether standard error is coloured.
pub fn colors_stderr() -> bool {
    tone().stderr
}

/// Of a program that decided nothing, as tests of a part are, all is told and nothing coloured.
fn tone() -> Tone {
    TONE.get().copied().unwrap_or_default()
}

/// <https://no-color.org> and <https://bixense.com/clicolors>: who wants none is heard before who wants it everywhere.
fn decide(color: Color, variable: &dyn Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let is_on = |name: &str| variable(name).is_some_and(|value| value != "0");
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if variable("NO_COLOR").is_some() => false,
        Color::Auto if is_on("CLICOLOR_FORCE") => true,
        Color::Auto => {
            terminal
                && variable("TERM").is_some_and(|term| term != "dumb")
                && variable("CLICOLOR").is_none_or(|value| value != "0")
        }
    }
}

/// What something said is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How things go; nobody misses it who wants to hear nothing.
    Remark,
    /// What a result's reader must know.
    Warning,
    /// What went wrong.
    Error,
}

impl Kind {
    /// Of a text as this program writes them: what it begins with tells.
    pub fn of(text: &str) -> Self {
        let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        if begins(&["error: "]) {
            Self::Error
        } else if begins(&["warning: ", "note: ", "hint: ", "interrupted: "]) {
            Self::Warning
        } else {
            Self::Remark
        }
    }

    /// The text with what it begins with in the kind's colour; all of the first line of an error that has no such word.
    pub fn paint(self, text: &str) -> String {
        let color = match self {
            Self::Remark => return text.to_owned(),
            Self::Warning => YELLOW,
            Self::Error => RED,
        };
        let label =
            ["error:", "warning:", "note:", "hint:", "interrupted:"].iter().find(|word| text.starts_with(**word));
        let first = text.find('\n').unwrap_or(text.len());
        let (marked, rest) = text.split_at(label.map_or(first, |label| label.len()));
        format!("{color}{marked}{PLAIN}{rest}")
    }
}

/// A table for people, as it goes to standard output: there what failed is in red, and a warning in yellow.
pub fn table(text: &str) -> String {
    if tone().stdout { paint_table(text) } else { text.to_owned() }
}

fn paint_table(text: &str) -> String {
    let line = |line: &str| match Kind::of(line) {
        Kind::Warning if line.starts_with("warning: ") => Kind::Warning.paint(line),
        _ => line.replace('*', &red("*", true)).replace(": failed", &format!(": {}", red("failed", true))),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Something went wrong, or is worth a look; and the end of either.
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// The text in yellow, where that is wanted.
pub fn yellow(text: &str, wanted: bool) -> String {
    if wanted { format!("{YELLOW}{text}{PLAIN}") } else { text.to_owned() }
}

/// The text in red, where that is wanted.
pub fn red(text: &str, wanted: bool) -> String {
    if wanted { format!("{RED}{text}{PLAIN}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(variables: &[(&str, &str)], terminal: bool) -> bool {
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        decide(Color::Auto, &variable, terminal)
    }

    #[test]
    fn terminals_have_colour_and_pipes_have_none() {
        assert!(auto(&[("TERM", "xterm")], true));
        assert!(!auto(&[("TERM", "xterm")], false));
        for plain in [&[("TERM", "dumb")][..], &[], &[("TERM", "xterm"), ("CLICOLOR", "0")]] {
            assert!(!auto(plain, true), "{plain:?}");
        }
    }

    #[test]
    fn the_environment_is_heard_and_an_option_before_it() {
        assert!(!auto(&[("TERM", "xterm"), ("NO_COLOR", "1")], true));
        assert!(auto(&[("CLICOLOR_FORCE", "1")], false));
        assert!(!auto(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!auto(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true));
        let none = |_: &str| Some("1".to_owned());
        assert!(decide(Color::Always, &none, false));
        assert!(!decide(Color::Never, &|name| (name != "NO_COLOR").then(|| "1".to_owned()), true));
    }

    #[test]
    fn in_a_table_what_failed_and_warnings_are_coloured_and_nothing_is_moved() {
        let text = "a | * | 9.1\nb: failed: why\nwarning: emulation\n";
        let painted = paint_table(text);
        assert_eq!(painted.matches("\x1b[31m").count(), 2, "{painted:?}");
        assert!(painted.contains("\x1b[33mwarning:\x1b[0m emulation\n"), "{painted:?}");
        assert_eq!(console::strip_ansi_codes(&painted), text);
        assert_eq!(table(text), text, "a program that decided nothing is plain");
    }

    #[test]
    fn what_a_text_begins_with_tells_what_it_is_and_is_coloured() {
        assert_eq!(Kind::of("warning: x"), Kind::Warning);
        assert_eq!(Kind::of("recorded in x"), Kind::Remark);
        assert_eq!(Kind::Warning.paint("warning: x"), "\x1b[33mwarning:\x1b[0m x");
        assert_eq!(Kind::of("error: x").paint("error: x\nhint: y"), "\x1b[31merror:\x1b[0m x\nhint: y");
        assert_eq!(Kind::Error.paint("it broke\nhint: y"), "\x1b[31mit broke\x1b[0m\nhint: y");
        assert_eq!(Kind::Remark.paint("x"), "x");
    }
}
