//! Schemas: what the command prints is what lies in `schemas/`.

use std::fs;
use std::path::Path;

use crate::program::nsbench;

#[test]
fn the_files_in_schemas_are_what_the_command_prints() {
    for kind in ["testbed", "framework", "experiment", "result"] {
        let ended = nsbench(&format!("schema {kind}")).run();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{kind}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{kind}.json"));
        let same = fs::read_to_string(path).is_ok_and(|text| text == ended.stdout);
        assert!(same, "schemas/{kind}.json is of an earlier day: nsbench schema {kind} >schemas/{kind}.json");
    }
}

#[test]
fn of_anything_else_there_is_no_schema() {
    let ended = nsbench("schema host").run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("[possible values: testbed, framework, experiment, result]"), "{ended}");
}
