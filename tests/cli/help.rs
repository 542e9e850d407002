//! Help: every command has it, and none is forgotten here.

use insta::assert_snapshot;

use crate::program::nsbench;

/// The help of a command and of all below it.
fn help_of(command: &str) -> String {
    let ended = nsbench(&format!("{command} --help")).run();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{command}");
    let mut text = format!("$ nsbench {command} --help\n{}\n", ended.stdout);
    let listed = ended.stdout.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let listed = listed.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("    "));
    for name in listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        text += &help_of(format!("{command} {name}").trim());
    }
    text
}

#[test]
fn every_command_explains_itself() {
    let text = help_of("");
    for command in ["run", "soak", "compare", "restore", "lab up", "lab ssh", "results list", "results show"] {
        assert!(text.contains(&format!("$ nsbench {command} --help\n")), "{command} is not listed");
    }
    assert_snapshot!(text);
}

#[test]
fn without_a_command_the_help_goes_to_standard_error_as_bad_usage() {
    let ended = nsbench("").run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(ended.stderr, nsbench("-h").run().stdout);
}

#[test]
fn the_short_help_says_where_the_examples_are() {
    assert!(nsbench("run -h").run().stdout.contains("Print help (see more with '--help')"));
}

#[test]
fn the_version_is_the_packages() {
    let ended = nsbench("--version").run();
    assert_eq!((ended.status, ended.stdout), (Some(0), format!("nsbench {}\n", env!("CARGO_PKG_VERSION"))));
}
