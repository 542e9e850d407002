//! What each cycle of a soak found, as `raw/soak.jsonl` beside a record has it: read back, for whoever plots it.
//!
//! The first line says what the objects of the caches are, every other line is a cycle. Must not know how a cycle is made.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::streams::StreamError;

/// What one cycle found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Cycle {
    /// Its number, from 1.
    #[serde(rename = "cycle")]
    pub number: u32,
    /// Seconds of loading.
    pub load_s: f64,
    /// Seconds of unloading.
    pub unload_s: f64,
    /// What the middlebox had in use when the framework was unloaded, by name; the unit is in the name.
    pub figures: BTreeMap<String, f64>,
}

/// Reads the file at `path`: that of [`super::Soak::samples`], in the directory of its run.
pub fn read(path: &Path) -> Result<Vec<Cycle>, StreamError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| StreamError::NotReadable { path: path.display().to_string(), source })?;
    parse(&text)
}

/// Reads the text of such a file.
fn parse(text: &str) -> Result<Vec<Cycle>, StreamError> {
    let told = (1..).zip(text.lines()).skip(1).map(|(line, text)| {
        serde_json::from_str(text).map_err(|error| StreamError::Broken {
            line,
            why: error.to_string(),
            text: text.chars().take(120).collect(),
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_read_back_and_a_torn_line_is_quoted() {
        let whole = concat!(
            r#"{"caches":{}}"#,
            "\n",
            r#"{"cycle":1,"set":0,"load_s":0.5,"unload_s":0.7,"cycle_s":2.8,"frames":[9],"figures":{"slab_kib":12},"caches":[]}"#,
        );
        let cycles = parse(whole).unwrap();
        assert_eq!((cycles.len(), cycles[0].number, cycles[0].figures["slab_kib"]), (1, 1, 12.0));
        let error = parse(&format!("{whole}\n{{\"cycle\":2,\"load")).unwrap_err().to_string();
        assert!(error.starts_with("line 3 of the series") && error.ends_with("`{\"cycle\":2,\"load`"), "{error}");
        assert_eq!(parse("").unwrap(), []);
    }
}
