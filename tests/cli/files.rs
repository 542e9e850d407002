//! Files that travel in the program, and those of the user that take their place.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::program::nsbench;

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn a_file_is_printed_as_it_lies_in_the_repository() {
    let ended = nsbench("files testbeds/example.yaml").run();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.stdout, fs::read_to_string(Path::new(REPOSITORY).join("testbeds/example.yaml")).unwrap());
}

#[test]
fn a_folder_is_listed_and_so_is_everything() {
    assert_snapshot!(nsbench("files profiles").run(), @r"
    [exit status 0]
    --- stdout
    profiles/experiments/figure3.yaml
    profiles/experiments/figure5.yaml
    profiles/experiments/smoke.yaml
    profiles/frameworks/bridge-firewall.yaml
    profiles/frameworks/bridge.yaml
    profiles/frameworks/dpdk-af_packet.yaml
    profiles/frameworks/dpdk-af_xdp.yaml
    profiles/frameworks/dpdk-firewall.yaml
    profiles/frameworks/dpdk.yaml
    profiles/frameworks/netmap-firewall.yaml
    profiles/frameworks/netmap.yaml
    profiles/frameworks/netslice-firewall.yaml
    profiles/frameworks/netslice.yaml
    profiles/frameworks/xdp.yaml
    ");
    let all = nsbench("files").run().stdout;
    for name in ["kernel-module/Kbuild", "schemas/result.json", "testbeds/fractus.yaml"] {
        assert!(all.lines().any(|line| line == name), "{name}");
    }
}

#[test]
fn the_modules_sources_can_be_built_where_they_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let into = dir.path().join("src");
    let ended = nsbench(&format!("files kernel-module --into {}", into.display())).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), ""), "{ended}");
    let made = std::process::Command::new("make")
        .args(["-s", "-C"])
        .arg(into.join("kernel-module"))
        .args(["-n", "module", "KDIR=."])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&made.stdout).contains("modules"), "{made:?}");
    let again = nsbench(&format!("files kernel-module --into {}", into.display())).run();
    assert_eq!(again.status, Some(2));
    assert!(again.stderr.contains("is there already\nhint: "), "{again}");
}

#[test]
fn what_did_not_come_along_is_said_so() {
    assert_snapshot!(nsbench("files testbeds/mine.yaml").run(), @r"
    [exit status 2]
    --- stderr
    error: nothing that came along is called `testbeds/mine.yaml`
    hint: `nsbench files` lists what there is
    ");
}

const OWN: &str = "name: bridge\nsummary: our own\nline: [{ command: { do: [echo, '{in}'], undo: ['true'] } }]\n";

#[test]
fn a_file_of_the_users_own_takes_the_place_of_one_that_came_along() {
    let ended = nsbench("run -f bridge -t fractus --dry-run")
        .file(".config/nsbench/profiles/frameworks/bridge.yaml", OWN)
        .run();
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(ended.stderr, "note: `bridge` is your own: [dir]/.config/nsbench/profiles/frameworks/bridge.yaml\n");
    assert!(ended.stdout.contains("echo eth7") && !ended.stdout.contains("type bridge"), "{ended}");
}

#[test]
fn testbeds_and_experiments_of_ones_own_are_found_by_their_names() {
    let testbed = fs::read_to_string(Path::new(REPOSITORY).join("testbeds/fractus.yaml")).unwrap();
    let drawn = nsbench("topology show -t rack --offline").file(".config/nsbench/testbeds/rack.yaml", &testbed).run();
    assert_eq!(drawn.status, Some(0), "{drawn}");
    assert_eq!(drawn.stdout, nsbench("topology show -t fractus --offline").run().stdout);
    let experiment = "name: mine\nsummary: our own\nframeworks: [bridge]\nlines: 2\n";
    let files = "files/profiles/experiments/mine.yaml";
    let planned =
        nsbench("run -e mine -t fractus --dry-run").variable("NSBENCH_FILES", "files").file(files, experiment);
    assert_eq!(planned.run().stdout, nsbench("run -f bridge -l 2 -t fractus --dry-run").run().stdout);
}

#[test]
fn sources_of_ones_own_are_built_in_place_of_those_that_came_along() {
    let planned = |own: bool| {
        let program = nsbench("run -f netslice -t fractus --dry-run");
        if own { program.file(".config/nsbench/kernel-module/Makefile", "module:\n") } else { program }.run()
    };
    let (own, brought) = (planned(true), planned(false));
    assert_eq!((own.status, brought.status, brought.stderr.as_str()), (Some(0), Some(0), ""));
    assert_eq!(own.stderr, "note: `kernel-module` is your own: [dir]/.config/nsbench/kernel-module\n");
}

#[test]
fn a_variable_that_names_no_directory_is_an_error() {
    assert_snapshot!(nsbench("run -f bridge --dry-run").variable("NSBENCH_FILES", "/nowhere").run(), @r"
    [exit status 2]
    --- stderr
    error: NSBENCH_FILES names `/nowhere`, which is no directory
    hint: unset it, or `nsbench files --into DIR` and NSBENCH_FILES=DIR
    ");
}
