//! Quoting for POSIX sh: the one place where words become shell text.

use std::fmt;

use serde::Serialize;

/// One word, so that the shell takes it as it is: bare where that is safe, else in single quotes.
pub fn quote(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./:,@%+=".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// What a shell takes for its own at the beginning of a command, those of bash among it; so it does `NAME=VALUE`.
const KEYWORDS: [&str; 17] = [
    "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then",
    "time", "until", "while",
];

/// A program and its arguments. Shown, and run, with every word quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Argv(pub Vec<String>);

impl Argv {
    /// From words.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Argv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, word) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            // In quotes it is a program's name in this place as well.
            let is_read = position == 0 && (word.contains('=') || KEYWORDS.contains(&word.as_str()));
            if is_read && quote(word) == *word {
                write!(f, "'{word}'")?;
            } else {
                f.write_str(&quote(word))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, text};

    /// Shells as hosts have them, each with how it is called.
    const SHELLS: [&[&str]; 3] = [&["dash"], &["bash", "--posix"], &["busybox", "sh"]];

    /// What the words are when `shell` has read them, each ended by a zero; `None` where there is no such shell.
    fn read_by(shell: &[&str], words: &Argv) -> Option<Vec<u8>> {
        let script = format!("printf '%s\\0' {words}");
        Command::new(shell[0]).args(&shell[1..]).args(["-c", &script]).output().ok().map(|output| output.stdout)
    }

    proptest! {
        #![proptest_config(cases(40))]

        #[test]
        fn every_shell_gives_any_words_back(words in prop::collection::vec(text(), 1..60)) {
            let words = Argv(words.into_iter().map(|word| word.replace('\0', "")).collect());
            let expected: Vec<u8> = words.0.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
            for shell in SHELLS {
                let read = read_by(shell, &words);
                prop_assert!(read.is_none_or(|read| read == expected), "{shell:?}: {words}");
            }
        }
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(
            Argv::new(["ip", "link", "set", "dev", "eth1.5", "mtu", "9000"]).to_string(),
            "ip link set dev eth1.5 mtu 9000"
        );
    }

    #[test]
    fn nothing_a_user_writes_is_understood_by_the_shell() {
        for word in ["", "a b", "$(reboot)", "`id`", "it's", "a;b", "*", "~root", "line\nbreak", "\\", "!", "#x"] {
            let output =
                std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", quote(word))).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
