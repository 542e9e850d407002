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
            match words[..] {
                ["heard", port, role, peer] => {
                    let role = Role::ALL
                        .into_iter()
                        .find(|known| known.name() == role)
                        .ok_or_else(|| HeardError::Line(line.to_owned()))?;
                    let interface = peer.to_owned();
                    heard.pairs.push((port.to_owned(), End { role, interface }));
                }
                ["no-carrier", port] => heard.no_carrier.push(port.to_owned()),
                ["error", port, _, ..] => {
                    heard.errors.push((port.to_owned(), words[2..].join(" ")));
                }
                ["done"] => return Ok(heard),
                _ => return Err(HeardError::Line(line.to_owned())),
            }
        }
        Err(HeardError::CutOff(output.lines().last().unwrap_or("").to_owned()))
    }
}
