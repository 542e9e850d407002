//! JSON Schemas of the files that nsbench reads and writes, for editors and for programs that read results.
//!
//! What a file may say is written at the types that read it; here is what all schemas have in common. Draft 7, which is
//! what editors know best, and without references, so that nothing has to be looked up. Must not read a file.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, RestrictFormats};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use crate::{profile, record, testbed};

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A testbed file.
    Testbed,
    /// A framework profile.
    Framework,
    /// An experiment file.
    Experiment,
    /// A recorded run, `run.json`.
    Result,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Testbed, Self::Framework, Self::Experiment, Self::Result];

    /// What the command line calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Testbed => "testbed",
            Self::Framework => "framework",
            Self::Experiment => "experiment",
            Self::Result => "result",
        }
    }

    /// The schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Testbed => self.written::<testbed::File>(),
            Self::Framework => self.written::<profile::Profile>(),
            Self::Experiment => self.written::<profile::experiment::File>(),
            Self::Result => self.of::<record::Run>(settings()),
        }
    }

    /// The schema as a file has it, ending in a newline.
    pub fn text(self) -> String {
        format!("{:#}\n", self.schema())
    }

    /// Of a file that people write: a key with nothing behind it is one that they have not finished.
    fn written<T: JsonSchema>(self) -> Value {
        self.of::<T>(settings().with_transform(RecursiveTransform(without_null)))
    }

    fn of<T: JsonSchema>(self, settings: SchemaSettings) -> Value {
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        let (id, title) = (format!("nsbench/{}", self.name()), format!("nsbench {}", self.name()));
        schema.insert("title".to_owned(), title.into());
        put_first(schema.ensure_object(), "title");
        schema.insert("$id".to_owned(), id.into());
        put_first(schema.ensure_object(), "$id");
        put_first(schema.ensure_object(), "$schema");
        schema.to_value()
    }
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RestrictFormats::default())
        .with_transform(RecursiveTransform(tidy))
}

/// Joins the lines of doc comments, puts them first, and leaves out defaults that say nothing.
fn tidy(schema: &mut Schema) {
    let Some(keys) = schema.as_object_mut() else { return };
    if let Some(Value::String(text)) = keys.get_mut("description") {
        *text = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
    }
    put_first(keys, "description");
    let empty = |default: &Value| matches!(default, Value::Null | Value::Array(_) | Value::Object(_)) || default == "";
    keys.retain(|key, value| key != "default" || !empty(value));
}

/// Takes `null` from what a value may be.
fn without_null(schema: &mut Schema) {
    let Some(keys) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = keys.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            keys["type"] = only.clone();
        }
    }
    let Some(Value::Array(choices)) = keys.get_mut("anyOf") else { return };
    choices.retain(|choice| choice["type"] != "null");
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        keys.shift_remove("anyOf");
        for (key, value) in only {
            keys.entry(key).or_insert(value);
        }
    }
}

fn put_first(keys: &mut Map<String, Value>, key: &str) {
    if let Some(value) = keys.shift_remove(key) {
        keys.shift_insert(0, key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
