//! `{placeholders}` in the words of a profile.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use crate::host::shell::Argv;

/// What the placeholders stand for.
#[derive(Debug)]
pub struct Template {
    words: BTreeMap<String, String>,
}

impl Template {
    /// Begins with the framework's parameters.
    pub fn new(params: &BTreeMap<String, String>) -> Self {
        Self { words: params.clone() }
    }

    /// Gives a placeholder its meaning.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.words.insert(name.to_owned(), value.into());
    }

    /// `text` with every placeholder replaced.
    pub fn fill(&self, text: &str) -> Result<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                bail!("`{text}` has a `{{` without its `}}`");
            };
            let Some(value) = self.words.get(name) else {
                let names: Vec<_> = self.words.keys().map(String::as_str).collect();
                bail!("`{text}` asks for `{{{name}}}`, which means nothing here\nhint: there are {}", names.join(", "));
            };
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// A command with every placeholder replaced; a replaced word stays one word.
    pub fn argv(&self, words: &[String]) -> Result<Argv> {
        Ok(Argv(words.iter().map(|word| self.fill(word)).collect::<Result<_>>()?))
    }

    /// `name=value` words of module parameters.
    pub fn assignments(&self, parameters: &BTreeMap<String, String>) -> Result<Vec<String>> {
        parameters.iter().map(|(name, value)| Ok(format!("{name}={}", self.fill(value)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_unknown_ones_refused() {
        let mut template = Template::new(&BTreeMap::from([("mode".to_owned(), "classic".to_owned())]));
        template.set("line", "3");
        assert_eq!(template.fill("nsb{line}-{mode}").unwrap(), "nsb3-classic");
        assert!(template.fill("{port}").unwrap_err().to_string().contains("there are line, mode"));
        assert!(template.fill("{line").is_err());
    }
}
