//! Which functions `--functions` means: patterns, and names by which a framework's profile calls several at once.
//!
//! Must not know what they took.

use std::fmt::Write as _;

use crate::profile::Profile;

/// Functions that a table is limited to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Suspects {
    /// Names, in which a `*` stands for anything.
    pub patterns: Vec<String>,
    /// What others call them, and what they are called here.
    others: Vec<(String, Vec<String>)>,
}

impl Suspects {
    /// Of what a user wrote.
    pub fn of(asked: &[String], profile: &Profile) -> Self {
        let mut suspects = Self::default();
        for name in asked {
            let Some(known) = profile.functions.get(name) else {
                suspects.patterns.push(name.clone());
                continue;
            };
            for (other, here) in known {
                suspects.patterns.extend(here.iter().cloned());
                suspects.others.push((other.clone(), here.clone()));
            }
        }
        suspects
    }

    /// Who has another name here; nothing where none has.
    pub fn text(&self) -> String {
        let renamed: Vec<_> = self.others.iter().filter(|(other, here)| *here != [other.as_str()]).collect();
        if renamed.is_empty() {
            return String::new();
        }
        let mut text = "\nother names here:\n".to_owned();
        for (other, here) in renamed {
            let _ = writeln!(text, "  {other}: {}", here.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_that_the_paper_suspects_are_found_by_their_names_of_today() {
        let netslice = Profile::find("netslice").unwrap();
        let suspects = Suspects::of(&["paper".to_owned(), "kfree*".to_owned()], &netslice);
        for name in ["netslice_readv", "nsl_device_ioctl", "nsl_write", "nsl_device_poll", "kfree*"] {
            assert!(suspects.patterns.iter().any(|pattern| pattern == name), "{name}: {:?}", suspects.patterns);
        }
        let text = suspects.text();
        assert!(text.contains("  unlocked_netslice_ioctl: nsl_device_ioctl"), "{text}");
        assert!(!text.contains("kfree"), "{text}");
    }

    #[test]
    fn every_function_that_stands_for_one_of_the_papers_is_in_the_module() {
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/kernel-module/src");
        let Ok(files) = std::fs::read_dir(sources) else { return println!("skipped: kernel-module has no sources") };
        let text: String =
            files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect::<Vec<_>>().concat();
        let netslice = Profile::find("netslice").unwrap();
        for name in netslice.functions["paper"].values().flatten() {
            assert!(text.contains(&format!("{name}(")), "there is no `{name}` any more");
        }
    }

    #[test]
    fn what_a_profile_has_no_name_for_is_a_pattern() {
        let suspects = Suspects::of(&["paper".to_owned()], &Profile::find("bridge").unwrap());
        assert_eq!((suspects.patterns.as_slice(), suspects.text()), (&["paper".to_owned()][..], String::new()));
    }
}
