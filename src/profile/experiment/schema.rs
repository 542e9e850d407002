//! The keys of an experiment that may be written in several ways, as an editor is to know them.
//!
//! Says what `notation` and the parent read, and no more narrowly. Must not read anything itself.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::generator::FRAME_SIZES;
use crate::profile::{ALL, Profile};

/// One number of lines or range of them, with the blanks that may stand around.
const LINES: &str = r" *[0-9]+ *(\.\. *[0-9]+ *)?";

pub fn frameworks(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<_> = Profile::names().into_iter().chain([ALL]).collect();
    one_or_more(&[json!({ "enum": names }), json!({ "type": "string", "pattern": r".\.ya?ml$" })])
}

pub fn lines(_: &mut SchemaGenerator) -> Schema {
    let pattern = format!("^{LINES}(,{LINES})*$");
    one_or_more(&[json!({ "type": ["integer", "string"], "minimum": 1, "maximum": 254, "pattern": pattern })])
}

pub fn frame_sizes(_: &mut SchemaGenerator) -> Schema {
    let (least, most) = (FRAME_SIZES.start(), FRAME_SIZES.end());
    one_or_more(&[
        json!({ "type": ["integer", "string"], "minimum": least, "maximum": most, "pattern": "^([0-9, *+]|rfc2544|imix)+$" }),
    ])
}

pub fn duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "string"], "minimum": 1, "maximum": 86_400, "pattern": "^[0-9]+ *(s|min)?$" })
}

pub fn around(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "string"], "minimum": 0, "maximum": 3600, "pattern": "^[0-9]+ *(s|min)?$" })
}

pub fn precision(_: &mut SchemaGenerator) -> Schema {
    let pattern = "^ *[0-9]+([.][0-9]+)? *%? *$";
    json_schema!({ "type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 100, "pattern": pattern })
}

pub fn loss(_: &mut SchemaGenerator) -> Schema {
    let pattern = "^ *[0-9]+([.][0-9]+)? *%? *$";
    one_or_more(&[json!({ "type": ["number", "string"], "minimum": 0, "exclusiveMaximum": 100, "pattern": pattern })])
}

pub fn width(_: &mut SchemaGenerator) -> Schema {
    let pattern = "^ *[0-9]+([.][0-9]+)? *%? *$";
    json_schema!({ "type": ["number", "string"], "exclusiveMinimum": 0, "maximum": 50, "pattern": pattern })
}

pub fn settings(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": r"^[^.]+\." },
        "additionalProperties": one_or_more(&[json!({ "type": ["integer", "string"], "minLength": 1 })]),
    })
}

pub fn sets(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": settings(generator), "minItems": 1 })
}

/// One of these, or a list of them.
fn one_or_more(choices: &[Value]) -> Schema {
    let items = if let [only] = choices { only.clone() } else { json!({ "anyOf": choices }) };
    let list = json!({ "type": "array", "items": items, "minItems": 1 });
    let choices: Vec<_> = choices.iter().chain([&list]).collect();
    json_schema!({ "anyOf": choices })
}
