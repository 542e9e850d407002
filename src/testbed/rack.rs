//! A testbed file as a whole: source, sink, and the middleboxes between them. Each middlebox with the lines that lead
//! through it is a [`Testbed`] of three hosts, and all else knows only such.
//!
//! Must not touch a host.

use std::path::Path;

use anyhow::{Result, bail};

use super::load::{self, LoadError};
use super::{HostSpec, Testbed};
use crate::role::Role;
use crate::yaml::Diagnostic;

/// The testbeds of one file; they share source and sink.
#[derive(Debug, Clone, PartialEq)]
pub struct Rack {
    testbeds: Vec<Testbed>,
}

impl Rack {
    /// Reads the testbed file at `path`.
    ///
    /// # Errors
    /// The file cannot be read, or says what cannot be; then every such place is in the error.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        Ok(Self { testbeds: load::load(path)? })
    }

    /// Reads it from `text`, which messages call `origin`.
    pub fn parse(origin: &str, text: &str) -> Result<Self, Diagnostic> {
        Ok(Self { testbeds: load::read(origin, text, Path::new(""))? })
    }

    /// The one that nsbench ships under `name`.
    pub fn shipped(name: &str) -> Option<Self> {
        Some(Self { testbeds: vec![Testbed::shipped(name)?] })
    }

    /// One for each middlebox, in the order of the file's lines.
    pub fn testbeds(&self) -> &[Testbed] {
        &self.testbeds
    }

    /// The same with the middleboxes of these names only, in this order; with no names all of them.
    ///
    /// # Errors
    /// The file has no such middlebox, or one is named twice.
    pub fn with(&self, names: &[String]) -> Result<Self> {
        if names.is_empty() {
            return Ok(self.clone());
        }
        let mut testbeds: Vec<Testbed> = Vec::new();
        for name in names {
            let of = |testbed: &&Testbed| testbed.middlebox_name.as_ref() == Some(name);
            if testbeds.iter().any(|testbed| of(&testbed)) {
                bail!("middlebox `{name}` is named twice\nhint: name each once");
            }
            let Some(testbed) = self.testbeds.iter().find(of) else { bail!("{}", self.unknown(name)) };
            testbeds.push(testbed.clone());
        }
        Ok(Self { testbeds })
    }

    /// The only testbed.
    ///
    /// # Errors
    /// There are several; says how one is chosen.
    pub fn only(&self) -> Result<&Testbed> {
        match self.testbeds.as_slice() {
            [testbed] => Ok(testbed),
            _ => bail!(
                "the testbed `{}` has several middleboxes, and this is done with one\nhint: --middlebox with one of {}",
                self.name(),
                self.names()
            ),
        }
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.testbeds[0].name
    }

    /// Every host once: source, middleboxes, sink.
    pub fn hosts(&self) -> Vec<(Role, &HostSpec)> {
        let middleboxes = self.testbeds.iter().map(|testbed| (Role::Middlebox, &testbed.middlebox));
        let first = &self.testbeds[0];
        [(Role::Source, &first.source)].into_iter().chain(middleboxes).chain([(Role::Sink, &first.sink)]).collect()
    }

    fn unknown(&self, name: &str) -> String {
        let names = self.names();
        if names.is_empty() {
            return format!(
                "the testbed `{}` has one middlebox, which has no name\nhint: leave out --middlebox",
                self.name()
            );
        }
        format!("the testbed `{}` has no middlebox `{name}`\nhint: write one of {names}", self.name())
    }

    fn names(&self) -> String {
        let names = self.testbeds.iter().filter_map(|testbed| testbed.middlebox_name.as_ref());
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
#[path = "rack/tests.rs"]
mod tests;
