//! What a wire probe printed.
//!
//! Strict: a line that is not understood is an error that quotes it.

use super::End;
use crate::role::Role;

/// What the probe of one host heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// An interface of this host, and whom it heard.
    pub pairs: Vec<(String, End)>,
    /// An interface of this host, whose frames it heard, and of how many bytes the longest have, which did not arrive.
    pub short: Vec<(String, End, u32)>,
    /// Interfaces that had no carrier.
    pub no_carrier: Vec<String>,
    /// Interfaces that could not take part, and why.
    pub errors: Vec<(String, String)>,
}

/// An answer that is not what a probe prints.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeardError {
    /// A line that means nothing.
    #[error("could not read `{0}` from the wire probe")]
    Line(String),
    /// The end is not there.
    #[error("the wire probe did not end as it should; the last it said is `{0}`")]
    CutOff(String),
}

impl Heard {
    /// Reads what `wireprobe` printed.
    pub fn parse(output: &str) -> Result<Self, HeardError> {
        let mut heard = Self::default();
        for line in output.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let wrong = || HeardError::Line(line.to_owned());
            match words[..] {
                ["heard", port, role, peer] => {
                    heard.pairs.push((port.to_owned(), end(role, peer).ok_or_else(wrong)?));
                }
                ["short", port, role, peer, bytes] => {
                    let bytes = bytes.parse().map_err(|_| wrong())?;
                    heard.short.push((port.to_owned(), end(role, peer).ok_or_else(wrong)?, bytes));
                }
                ["no-carrier", port] => heard.no_carrier.push(port.to_owned()),
                ["error", port, _, ..] => {
                    heard.errors.push((port.to_owned(), words[2..].join(" ")));
                }
                ["done"] => return Ok(heard),
                _ => return Err(wrong()),
            }
        }
        Err(HeardError::CutOff(output.lines().last().unwrap_or("").to_owned()))
    }
}

fn end(role: &str, interface: &str) -> Option<End> {
    let role = Role::ALL.into_iter().find(|known| known.name() == role)?;
    Some(End { role, interface: interface.to_owned() })
}
