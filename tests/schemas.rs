//! The schemas in `schemas/`, as an editor uses them: shipped files fit them, broken ones do not.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use nsbench::yaml;
use serde_json::Value;

/// Where the shipped files of each kind are.
const SHIPPED: [(&str, &str); 3] =
    [("testbed", "testbeds"), ("framework", "profiles/frameworks"), ("experiment", "profiles/experiments")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema(kind: &str) -> Validator {
    let text = fs::read_to_string(root().join(format!("schemas/{kind}.json"))).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "{kind}: no JSON Schema");
    jsonschema::validator_for(&schema).unwrap()
}

/// The shipped files of a folder, with what they say.
fn shipped(folder: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    assert!(!files.is_empty(), "{folder}");
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What an editor would mark: each place, and why.
fn marked(schema: &Validator, text: &str) -> Vec<String> {
    let value = yaml::read::<Value>("x.yaml", text).unwrap().value;
    schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_shipped_file_names_its_schema_to_editors_in_its_first_line() {
    for (kind, folder) in SHIPPED {
        let schema = root().join(format!("schemas/{kind}.json")).canonicalize().unwrap();
        for (path, text) in shipped(folder) {
            let first = text.lines().next().unwrap_or_default();
            let named = first.strip_prefix("# yaml-language-server: $schema=");
            let named = named.unwrap_or_else(|| panic!("{} begins with `{first}`", path.display()));
            assert_eq!(
                path.parent().unwrap().join(named).canonicalize().ok(),
                Some(schema.clone()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn every_shipped_file_fits_its_schema() {
    for (kind, folder) in SHIPPED {
        let schema = schema(kind);
        for (path, text) in shipped(folder) {
            assert_eq!(marked(&schema, &text), [""; 0], "{}", path.display());
        }
    }
}

#[test]
fn the_papers_figures_are_results() {
    let schema = schema("result");
    for name in ["figure3", "figure5"] {
        let text = fs::read_to_string(root().join(format!("results/reference/{name}.json"))).unwrap();
        let errors: Vec<_> = schema.iter_errors(&serde_json::from_str(&text).unwrap()).map(|e| e.to_string()).collect();
        assert_eq!(errors, [""; 0], "{name}");
    }
}

/// Where each text is marked, when it stands behind `sound`.
fn places(kind: &str, sound: &str, broken: &[(&str, &str)]) {
    let schema = schema(kind);
    assert_eq!(marked(&schema, sound), [""; 0]);
    for (text, place) in broken {
        let marked = marked(&schema, &format!("{sound}{text}\n"));
        assert!(matches!(marked.as_slice(), [one] if one.starts_with(&format!("{place}: "))), "{text}: {marked:?}");
    }
}

#[test]
fn a_broken_profile_is_marked_where_it_is_broken() {
    let broken = [
        ("colour: red", ""),
        ("variant_of:", "/variant_of"),
        ("load:\n  - modprobe: { module: a }\n    sysctl: { name: b, value: c }", "/load/0"),
        ("line: [{}]", "/line/0"),
        ("line:\n  - command:", "/line/0/command"),
        ("line: [{ command: { do: [ip, true] } }]", "/line/0/command/do/1"),
        ("line: [{ daemon: { name: a, command: b, ready: c } }]", "/line/0/daemon/command"),
        ("parameters: { batch: { default: 64 } }", "/parameters/batch/default"),
        ("ports: { offloads: { generic-receive-offload: false } }", "/ports/offloads/generic-receive-offload"),
        ("bring: [gcc]", "/bring/0"),
        ("facts: { version: 1 }", "/facts/version"),
    ];
    places("framework", "name: x\nsummary: y\n", &broken);
}

#[test]
fn a_broken_experiment_is_marked_where_it_is_broken() {
    let broken = [
        ("line: 1", ""),
        ("lines: 1..", "/lines"),
        ("lines: []", "/lines"),
        ("trials: 0", "/trials"),
        ("warmup: -1", "/warmup"),
        ("cooldown: 500ms", "/cooldown"),
        ("precision: 0", "/precision"),
        ("precision: fine", "/precision"),
        ("max_trials: 0", "/max_trials"),
        ("loss: 100", "/loss"),
        ("loss: [0, most]", "/loss"),
        ("search: random", "/search"),
        ("width: 0", "/width"),
        ("duration: 500ms", "/duration"),
        ("protocol: sctp", "/protocol"),
        ("protocol:", "/protocol"),
        ("set: { batch: 16 }", "/set"),
        ("set: { netslice.batch: 1.5 }", "/set/netslice.batch"),
        ("shuffle: \"yes\"", "/shuffle"),
    ];
    places("experiment", "name: x\nsummary: y\nframeworks: [bridge, own/mine.yaml]\n", &broken);
    let misspelt = "name: x\nsummary: y\nframeworks: brigde\n";
    assert_eq!(marked(&schema("experiment"), misspelt).len(), 1);
}

#[test]
fn a_broken_testbed_is_marked_where_it_is_broken() {
    let hosts = "name: x\nhosts: { source: { ssh: a }, middlebox: { ssh: b, sudo: true }, sink: { ssh: c } }\n";
    let sound = format!("{hosts}lines: [{{ source: eth1, in: eth1, out: eth2, sink: eth1 }}]\n");
    let broken = [
        ("port: 22", ""),
        ("mtu: 80", "/mtu"),
        ("mtu: big", "/mtu"),
        ("rate: 10", "/rate"),
        ("network: 198.18", "/network"),
        ("lab: a lab", "/lab"),
        ("ssh_config:", "/ssh_config"),
    ];
    places("testbed", &sound, &broken);
    let line = format!("{hosts}lines: [{{ source: eth1, in: eth1, sink: eth1 }}]\n");
    assert!(marked(&schema("testbed"), &line)[0].starts_with("/lines/0: "));
}
