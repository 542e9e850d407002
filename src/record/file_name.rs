//! Names that others chose as parts of file names.
//!
//! Must not know which file is meant.

/// Bytes of a part; file systems take 255 of a whole name.
const NAME_MAX: usize = 160;

/// A testbed's or tool's name as part of a file name: what could leave the directory becomes `-`, and of a long name
/// the middle is left out.
pub fn file_name(name: &str) -> String {
    let keep = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut safe: String = name.chars().map(|c| if keep(c) { c } else { '-' }).collect();
    if safe.len() > NAME_MAX {
        let from = (safe.len() - NAME_MAX / 2..=safe.len()).find(|at| safe.is_char_boundary(*at)).unwrap_or(safe.len());
        let to = (0..NAME_MAX / 2).rev().find(|at| safe.is_char_boundary(*at)).unwrap_or(0);
        safe = format!("{}-{}", &safe[..to], &safe[from..]);
    }
    match safe.trim_start_matches('.') {
        "" => "unnamed".to_owned(),
        rest => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::{cases, text};

    proptest! {
        #![proptest_config(cases(1000))]

        #[test]
        fn any_name_becomes_that_of_a_file_in_its_directory(name in prop_oneof![text(), "(\\.|/|[a-z]|\u{e9}){0,600}"]) {
            let safe = file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= NAME_MAX && !safe.starts_with('.'), "{safe}");
            prop_assert!(safe.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)), "{safe}");
        }
    }

    #[test]
    fn the_end_of_a_long_name_is_kept() {
        let name = file_name(&format!("{}-trial1.txt", "n".repeat(900)));
        assert!(name.len() <= NAME_MAX && name.starts_with("nnn") && name.ends_with("n-trial1.txt"), "{name}");
    }
}
