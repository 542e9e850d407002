//! The times of an experiment's file. Must not know what is measured in them.

use serde_json::Value;

use super::{Experiment, File, word};
use crate::profile::notation;
use crate::yaml::{Diagnostic, Document};

impl Experiment {
    /// Seconds of traffic before and after what counts: none where it is known only at the end what arrived, so that nothing
    /// can be cut off.
    pub fn effective_around_s(&self) -> [u64; 2] {
        if self.load().reports() { self.around_s } else { [0, 0] }
    }
}

/// Seconds of traffic a trial that count, where the file says.
pub fn duration_s(document: &Document<File>) -> Result<Option<u64>, Diagnostic> {
    let Some(value) = &document.value.duration else { return Ok(None) };
    let seconds = word(value).and_then(|text| notation::duration_s(&text).ok());
    let refuse = || {
        let hint = "write whole seconds or minutes, from 1 s to a day: 10s, 2min";
        document.at(&["duration"], "wrong value for `duration`", "no time to measure for", hint)
    };
    seconds.map(Some).ok_or_else(refuse)
}

/// Seconds of traffic before and after those.
pub fn around_s(document: &Document<File>, default: [u64; 2]) -> Result<[u64; 2], Diagnostic> {
    let File { warmup, cooldown, .. } = &document.value;
    let read = |key, value: &Option<Value>, default| {
        let Some(value) = value else { return Ok(default) };
        let seconds = word(value).and_then(|text| notation::around_s(&text).ok());
        seconds.ok_or_else(|| {
            let hint = "write whole seconds or minutes, 0 for none, up to an hour: 1s, 2min";
            document.at(&[key], &format!("wrong value for `{key}`"), "no time before or after", hint)
        })
    };
    Ok([read("warmup", warmup, default[0])?, read("cooldown", cooldown, default[1])?])
}
