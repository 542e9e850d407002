//! Words of an `ssh` command, as an inventory has them for a host, as lines of an `ssh` configuration.
//!
//! Pure. Must not know where the words come from.

use anyhow::{Result, bail};

/// Options without a value that change nothing here.
const IDLE: [&str; 6] = ["-4", "-6", "-C", "-q", "-T", "-v"];

/// Keys that nsbench sees to itself: it has a connection of its own for each host.
const OURS: [&str; 3] = ["controlmaster", "controlpath", "controlpersist"];

/// `KEY VALUE` of each option. `of` is what the words are, for errors.
pub fn options(of: &str, words: &[String]) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if IDLE.contains(&word) {
            continue;
        }
        let (letter, value) = word.split_at_checked(2).unwrap_or((word, ""));
        let value = if value.is_empty() { words.next().unwrap_or_default() } else { value };
        let (key, value) = match letter {
            "-o" => match value.split_once(['=', ' ']) {
                Some((key, value)) => (key.trim(), value.trim()),
                None => bail!("{of} has `-o {value}`, without a value\nhint: write `-o KEY=VALUE`"),
            },
            "-J" => ("ProxyJump", value),
            "-i" => ("IdentityFile", value),
            "-l" => ("User", value),
            "-p" => ("Port", value),
            _ => bail!(
                "{of} has `{word}`, which has no place in a configuration of ssh\nhint: write it as `-o KEY=VALUE`, or take it out"
            ),
        };
        let one_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric());
        if !one_word || value.is_empty() || value.contains(char::is_control) {
            bail!("{of} has `{word}`, which is no option with a value\nhint: write `-o KEY=VALUE`");
        }
        if !OURS.contains(&key.to_ascii_lowercase().as_str()) {
            found.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Vec<(String, String)>> {
        options("`args`", &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_of_either_spelling_become_lines_and_those_of_a_shared_connection_are_left_out() {
        let words = [
            "-o",
            "ProxyJump=ann@gate:2222",
            "-oServerAliveInterval=5",
            "-J",
            "a,b",
            "-i",
            "~/.ssh/k",
            "-C",
            "-o",
            "ControlMaster=auto",
            "-o",
            "ProxyCommand=ssh -W %h:%p gate",
        ];
        let lines: Vec<_> = read(&words).unwrap().iter().map(|(key, value)| format!("{key} {value}")).collect();
        assert_eq!(
            lines,
            [
                "ProxyJump ann@gate:2222",
                "ServerAliveInterval 5",
                "ProxyJump a,b",
                "IdentityFile ~/.ssh/k",
                "ProxyCommand ssh -W %h:%p gate"
            ]
        );
    }

    #[test]
    fn what_has_no_place_in_a_configuration_is_refused() {
        for words in [&["-N"][..], &["-o", "ProxyJump"], &["-J"], &["gate"], &["-o", "=x"], &["-o", "A=x\nHost *"]] {
            let said = read(words).unwrap_err().to_string();
            assert!(said.starts_with("`args` has `") && said.contains("\nhint: "), "{said}");
        }
    }
}
