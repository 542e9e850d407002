//! Completions: the script is one that the shell takes, and completes with it.

use std::process::Command;

use crate::program::nsbench;

/// A shell that says nothing of a locale which is not on the machine, and reads no file of the user's.
fn shell(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("LC_ALL", "C.UTF-8").env_remove("BASH_ENV");
    command
}

/// What bash offers for this command line, whose last word is begun.
fn offered(line: &str) -> Vec<String> {
    let script = nsbench("completions bash").run().stdout;
    let words: Vec<_> = line.split(' ').collect();
    let (command, begun, before) = (words[0], words[words.len() - 1], words[words.len() - 2]);
    let ask = format!(
        "{script}\nCOMP_WORDS=({line}); COMP_CWORD={}; _nsbench {command} '{begun}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len() - 1
    );
    let mut bash = shell("bash");
    let output = bash.args(["--norc", "--noprofile", "-c", &ask]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Whether the shell is on this machine; says so where it is not.
fn is_there(shell: &str) -> bool {
    let there = Command::new(shell).arg("--version").output().is_ok();
    if !there {
        println!("skipped: no {shell} on this machine");
    }
    there
}

#[test]
fn bash_completes_commands_options_and_names() {
    assert_eq!(offered("nsbench to"), ["topology"]);
    assert_eq!(offered("nsbench topology s"), ["show"]);
    assert_eq!(offered("nsbench run --dead"), ["--deadman"]);
    assert_eq!(offered("nsbench run --generator p"), ["pktgen", "pkt-gen"]);
    assert_eq!(offered("nsbench run -f netslice"), ["netslice", "netslice-firewall"]);
    assert_eq!(offered("nsbench run --experiment sm"), ["smoke"]);
    assert_eq!(offered("nsbench topology check -t fr"), ["fractus"]);
}

#[test]
fn bash_completes_files_where_no_name_fits() {
    // An empty reply makes bash ask again for files, which `-o default` says it may.
    assert_eq!(offered("nsbench run -t my-own"), [""]);
    assert!(nsbench("completions bash").run().stdout.contains("-o default nsbench"));
}

#[test]
fn the_other_shells_take_their_script() {
    for (name, check) in [("zsh", ["-f", "-n"].as_slice()), ("fish", &["--no-config", "--no-execute"])] {
        let script = nsbench(&format!("completions {name}")).run();
        assert_eq!((script.status, script.stderr.as_str()), (Some(0), ""));
        assert!(script.stdout.contains("netslice") && script.stdout.contains("topology"), "{name}");
        if is_there(name) {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), script.stdout).unwrap();
            let output = shell(name).args(check).arg(file.path()).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
        }
    }
}

#[test]
fn a_shell_that_is_not_known_is_told_which_are() {
    let ended = nsbench("completions csh").run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{ended}");
}
