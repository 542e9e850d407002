//! Schemas against the code that reads the same files. Shipped files are held against them in `tests/schemas.rs`.

use std::path::Path;

use jsonschema::Validator;
use serde_json::json;

use super::*;
use crate::profile::experiment::Experiment;
use crate::record::{Cost, Run, sample};
use crate::testbed::Testbed;
use crate::yaml;

fn validator(kind: Kind) -> Validator {
    jsonschema::validator_for(&kind.schema()).unwrap()
}

fn recorded() -> Run {
    let mut run = sample::run("r", "2026-11-22T12:00:00Z");
    run.trials = vec![sample::trial("netslice", 4, 1, 1e8), sample::failed("netslice", 4, 2, "no")];
    run.trials[0].cost = Some(Cost { instructions_per_packet: 1.5e3, frame_size: 60, ..Cost::default() });
    run
}

#[test]
fn a_recorded_run_is_a_result_and_may_have_keys_that_are_yet_to_come() {
    let schema = validator(Kind::Result);
    let mut run = serde_json::to_value(recorded()).unwrap();
    run["trials"][0]["weather"] = json!("rain");
    assert_eq!(schema.iter_errors(&run).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
    for (place, value) in [("/trials/0/status", json!("good")), ("/trials/1/lines", json!("4")), ("/schema", json!(2))]
    {
        let mut run = serde_json::to_value(recorded()).unwrap();
        *run.pointer_mut(place).unwrap() = value;
        assert!(!schema.is_valid(&run), "{place}");
    }
}

#[test]
fn every_key_that_people_write_is_described_in_words_and_not_in_links() {
    fn undescribed(path: &str, schema: &Value, found: &mut Vec<String>) {
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{key}");
            let text = schema["description"].as_str().unwrap_or_default();
            if text.is_empty() || text.contains("[`") || text.contains("`]") {
                found.push(path.clone());
            }
            undescribed(&path, schema, found);
        }
        for inner in ["items", "additionalProperties"].iter().filter_map(|inner| schema.get(inner)) {
            undescribed(path, inner, found);
        }
    }
    for kind in Kind::ALL {
        let mut found = Vec::new();
        undescribed(kind.name(), &kind.schema(), &mut found);
        // The names of the counters say port, direction and unit.
        let counters = ["result/trials/per_line/ports/", "result/trials/per_line/reverse_ports/"];
        found.retain(|path| !counters.iter().any(|counters| path.starts_with(counters)));
        assert_eq!(found, [""; 0]);
    }
}

/// Whether editors and nsbench agree on what may stand in place of the `@` of `template`.
fn agree(kind: Kind, template: &str, texts: &[&str], reads: impl Fn(&str) -> bool) {
    let schema = validator(kind);
    for text in texts {
        let file = template.replace('@', text);
        let value = yaml::read::<Value>("x.yaml", &file).unwrap().value;
        assert_eq!(schema.is_valid(&value), reads(&file), "{file}");
    }
}

#[test]
fn an_editor_marks_what_an_experiment_cannot_say() {
    let reads = |text: &str| Experiment::parse("x.yaml", text, Path::new("")).is_ok();
    let keys = |keys: &str| format!("name: x\nsummary: y\n{keys}\n");
    let durations = ["10s", "10", "2min", "10 s", "0.5s", "500ms", "2d", "s", "0", "90000", "\"\"", "[10s]", ""];
    agree(Kind::Experiment, &keys("frameworks: bridge\nduration: @"), &durations, reads);
    let lines =
        ["4", "[1, 2, 4]", "1..4", "[1, 2..3]", "1, 2", "\"3,1..2\"", "0", "1..", "four", "[]", "-1", "1,,2", ""];
    agree(Kind::Experiment, &keys("frameworks: bridge\nlines: @"), &lines, reads);
    let set = ["netslice.a: 1", "netslice.a: [b, 2]", "netslice.a: 1.5", "a: 1", "netslice.a: []", "netslice.a: \"\""];
    agree(Kind::Experiment, &keys("frameworks: netslice\nset: { @ }"), &set, reads);
    let frameworks = ["bridge", "all", "[bridge, own/mine.yml]", "[]", "[[bridge]]", "{}", ""];
    agree(Kind::Experiment, &keys("frameworks: @"), &frameworks, reads);
}

#[test]
fn an_editor_marks_what_a_testbed_cannot_say() {
    let reads = |text: &str| Testbed::parse("x.yaml", text).is_ok();
    let sound = "name: x\nhosts: { source: { ssh: a }, middlebox: { ssh: b }, sink: { ssh: c } }\n\
                 lines: [{ source: eth1, in: eth1, out: eth2, sink: eth1 }]\n";
    let with = |key: &str| format!("{sound}{key}: \"@\"\n");
    let rates = ["10Gbps", "2.5 Gb/s", "100Mbps", "8bps", "", "10", "fast", "10GB", "1.2.3Gbps"];
    agree(Kind::Testbed, &with("rate"), &rates, reads);
    let networks = ["198.18.0.0", "198.18.0.0/15", "10.1.0.0/16", "198.18", "fe80::/64", ""];
    agree(Kind::Testbed, &with("network"), &networks, reads);
    let long = "a".repeat(65);
    let names = ["lab", "a.b_c-d", &long[..64], &long, "a lab", "-a", "a/b", ""];
    agree(Kind::Testbed, &with("lab"), &names, reads);
    agree(Kind::Testbed, &format!("{sound}mtu: @\n"), &["1500", "576", "65535", "575", "65536", "-1", ""], reads);
    let destinations = ["alias", "me@host", "ssh://root@host:22", "", "-oProxyCommand=x", "two words"];
    agree(Kind::Testbed, &sound.replace("ssh: a", "ssh: \"@\""), &destinations, reads);
}
