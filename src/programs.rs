//! Programs that nsbench brings along for frameworks to run, for hosts without a compiler.
//!
//! Built with nsbench (build.rs), static, for this machine's kind of processor. Which framework runs one, and with
//! which arguments, is for profiles to say; nothing here knows.

/// A program's name and its bytes; build.rs names what it makes after the source.
macro_rules! program {
    ($name:literal) => {
        ($name, include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}

const PROGRAMS: &[(&str, &[u8])] = &[program!("xdp-redirect")];

/// The program of that name, as it is written to a host.
pub fn find(name: &str) -> Option<&'static [u8]> {
    PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}

/// What there is to find.
pub fn names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_a_program_and_no_other_name_does() {
        for name in names() {
            assert!(find(name).unwrap().starts_with(b"\x7fELF"), "{name}");
        }
        assert_eq!(find("xdp-redirec"), None);
    }
}
