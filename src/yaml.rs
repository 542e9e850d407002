//! YAML files that people write: values out of them, and errors that point into them.
//!
//! Every error names file, line and column, shows the line and says what to write. Must not know
//! what any file means; those who do make their own diagnostics with [`Document::at`].

mod diagnostic;
mod place;
mod refusal;

use std::sync::Arc;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

pub use diagnostic::Diagnostic;
pub use refusal::nearest;

use diagnostic::{Problem, Source};
use place::Place;

/// A value with the text it was read from.
#[derive(Debug)]
pub struct Document<T> {
    /// What the text says.
    pub value: T,
    source: Arc<Source>,
    root: Place,
}

/// Reads the only document of `text`; `origin` is what messages call it, usually a path.
///
/// # Errors
/// Broken syntax, duplicate keys (all of them), or the first thing that does not fit `T`.
pub fn read<T: DeserializeOwned>(origin: &str, text: &str) -> Result<Document<T>, Diagnostic> {
    let source = Arc::new(Source { origin: origin.to_owned(), text: text.to_owned() });
    let refuse = |problems| Diagnostic::new(Arc::clone(&source), problems);
    let root = Place::read(text).map_err(refuse)?;
    match serde_yaml::from_str(text) {
        Ok(value) => Ok(Document { value, source, root }),
        Err(error) => {
            let place = error.location().map(|at| place::offset(text, at.line(), at.column()));
            let message = error.to_string();
            let message = error.location().map_or(message.as_str(), |at| {
                let suffix = format!(" at line {} column {}", at.line(), at.column());
                message.strip_suffix(&suffix).unwrap_or(&message)
            });
            Err(refuse(vec![refusal::explain(text, &root, place.unwrap_or(0), message)]))
        }
    }
}

/// For an optional key: present means a value of its type, so that `key:` with nothing is refused.
///
/// Use as `#[serde(default, deserialize_with = "yaml::present")]`.
pub fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl<T> Document<T> {
    /// An error at `path`, where a number counts the items of a list from 0.
    ///
    /// `label` stands beside the marker, `hint` says what to write instead. Where the text has no
    /// such path, the deepest part that it has is marked.
    pub fn at(&self, path: &[&str], message: &str, label: &str, hint: &str) -> Diagnostic {
        let problem = Problem {
            span: self.root.find(&self.source.text, path),
            message: message.to_owned(),
            label: label.to_owned(),
            hint: hint.to_owned(),
            context: None,
        };
        Diagnostic::new(Arc::clone(&self.source), vec![problem])
    }

    /// The same error with a second place marked, for what clashes with something earlier.
    #[must_use]
    pub fn also(&self, diagnostic: Diagnostic, path: &[&str], label: &str) -> Diagnostic {
        diagnostic.with_context(self.root.find(&self.source.text, path), label)
    }

    /// The value where nothing was found, else every problem at once, in file order.
    pub fn finish(self, found: Vec<Diagnostic>) -> Result<T, Diagnostic> {
        match Diagnostic::all(found) {
            Some(diagnostic) => Err(diagnostic),
            None => Ok(self.value),
        }
    }
}

#[cfg(test)]
mod tests;
