//! `{placeholders}` in the words of a profile: names, and whole-number arithmetic on them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::arithmetic;
use crate::host::shell::Argv;

/// What the placeholders stand for.
#[derive(Debug, Clone)]
pub struct Template {
    words: BTreeMap<String, String>,
    lists: BTreeMap<String, Vec<String>>,
}

impl Template {
    /// Begins with the framework's parameters.
    pub fn new(params: &BTreeMap<String, String>) -> Self {
        Self { words: params.clone(), lists: BTreeMap::new() }
    }

    /// Gives a placeholder its meaning.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.words.insert(name.to_owned(), value.into());
    }

    /// Gives a word that is nothing but this placeholder its meaning: several words.
    pub fn set_list(&mut self, name: &str, values: Vec<String>) {
        self.lists.insert(name.to_owned(), values);
    }

    /// `text` with every placeholder replaced.
    pub fn fill(&self, text: &str) -> Result<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                bail!("`{text}` has a `{{` without its `}}`");
            };
            filled.push_str(before);
            filled.push_str(&self.value(name, text)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// What `{name}` stands for; `name` may be a sum.
    fn value(&self, name: &str, text: &str) -> Result<String> {
        if let Some(word) = self.words.get(name) {
            return Ok(word.clone());
        }
        let number = |name: &str| self.words.get(name).and_then(|word| word.parse().ok());
        if name.contains(|c: char| " +*(),".contains(c)) {
            let sum = arithmetic::evaluate(name, &number);
            return Ok(sum.with_context(|| format!("`{{{name}}}` cannot be worked out"))?.to_string());
        }
        let lists = self.lists.keys().map(String::as_str);
        let names: Vec<_> = self.words.keys().map(String::as_str).chain(lists).collect();
        bail!("`{text}` asks for `{{{name}}}`, which means nothing here\nhint: there are {}", names.join(", "))
    }

    /// A command with every placeholder replaced; a replaced word stays one word, only one that stands for a list
    /// becomes several.
    pub fn argv(&self, words: &[String]) -> Result<Argv> {
        let mut argv = Vec::new();
        for word in words {
            match self.list(word) {
                Some(list) => argv.extend(list.iter().cloned()),
                None => argv.push(self.fill(word)?),
            }
        }
        Ok(Argv(argv))
    }

    /// Whether `word` is nothing but the placeholder of a list.
    pub fn is_list(&self, word: &str) -> bool {
        self.list(word).is_some()
    }

    fn list(&self, word: &str) -> Option<&Vec<String>> {
        self.lists.get(word.strip_prefix('{')?.strip_suffix('}')?)
    }

    /// `name=value` words of module parameters.
    pub fn assignments(&self, parameters: &BTreeMap<String, String>) -> Result<Vec<String>> {
        let assignment = |(name, value): (&String, &String)| {
            let value = self.fill(value)?;
            // The kernel is handed all of them in one text, with blanks between.
            let parts = |c: char| c.is_whitespace() || c.is_control() || c == '"';
            ensure!(
                !value.contains(parts) && !name.contains(parts),
                "`{name}={value}` cannot be a module's parameter: it may hold no blank and no quote"
            );
            Ok(format!("{name}={value}"))
        };
        parameters.iter().map(assignment).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        let mut template = Template::new(&BTreeMap::from([("mode".to_owned(), "classic".to_owned())]));
        template.set("line", "3");
        template.set_list("ports", vec!["eth1".to_owned(), "eth 2".to_owned()]);
        template
    }

    #[test]
    fn placeholders_are_replaced_and_unknown_ones_refused() {
        let template = template();
        assert_eq!(template.fill("nsb{line}-{mode}").unwrap(), "nsb3-classic");
        assert!(template.fill("{port}").unwrap_err().to_string().contains("there are line, mode, ports"));
        assert!(template.fill("{line").is_err());
    }

    #[test]
    fn sums_are_worked_out_and_words_that_are_no_numbers_refused() {
        let template = template();
        assert_eq!(template.fill("a{max(2, line * 4 + 1)}b").unwrap(), "a13b");
        let error = format!("{:#}", template.fill("{line + mode}").unwrap_err());
        assert!(error.contains("`{line + mode}`") && error.contains("`mode` is no number"), "{error}");
    }

    #[test]
    fn a_list_becomes_several_words_where_it_is_the_whole_word_only() {
        let template = template();
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(template.argv(&words(&["sh", "{ports}", "{line}"])).unwrap().0, ["sh", "eth1", "eth 2", "3"]);
        assert!(template.argv(&words(&["x{ports}"])).is_err());
    }
}
