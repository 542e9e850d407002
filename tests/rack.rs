//! Hosts that are namespaces of this machine (scripts/loopback-rack), joined by real if virtual cables: many lines, and
//! several middleboxes.

use std::process::{Command, Stdio};

/// What a shell script says beside such a rack; `None`, having said why, where there can be none. `$nsbench` is the program.
fn beside(hosts: &str, script: &str) -> Option<String> {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/loopback-rack"));
    command.args([hosts, "sh", "-c", script]).env("nsbench", env!("CARGO_BIN_EXE_nsbench")).stdin(Stdio::null());
    let output = command.env_remove("RUST_BACKTRACE").output().unwrap();
    let (stdout, stderr) = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).into();
    if output.status.code() == Some(77) {
        println!("{}", stderr.lines().last().unwrap_or_default());
        return None;
    }
    Some(stdout + &stderr)
}

#[test]
fn all_of_sixteen_lines_are_found_wired_as_written() {
    let Some(said) = beside("16", "\"$nsbench\" topology check") else { return };
    for line in 1..=16 {
        let wired = format!(
            "line {line}: wired as written\n           frames went both ways: source s{line} <-> middlebox i{line}, "
        );
        assert!(said.contains(&wired), "{said}");
    }
}

#[test]
fn several_middleboxes_are_checked_at_once_and_all_hosts_restored() {
    let script = "\"$nsbench\" topology check --no-wiring | grep '^testbed'
        \"$nsbench\" topology check --middlebox m2 | grep -c 'wired as written'
        ssh -F \"$RACK/ssh_config\" m2 mkdir -p /var/lib/nsbench/journal
        \"$nsbench\" restore";
    let Some(said) = beside("2x2", script) else { return };
    let lines: Vec<_> = said.lines().filter(|line| !line.starts_with("checking testbed")).collect();
    assert!(lines[0].starts_with("testbed rack with middlebox m1: "), "{said}");
    assert!(lines[1].starts_with("testbed rack with middlebox m2: "), "{said}");
    let left_behind = "m2: a reboot had undone every change; the journal is closed";
    let restored = ["source: nothing to restore", "m1: nothing to restore", left_behind, "sink: nothing to restore"];
    assert_eq!(lines[2..], [&["2"][..], &restored].concat(), "{said}");
}

#[test]
fn cables_that_lead_to_another_middlebox_than_the_file_says_are_found() {
    let script = "sed 's/s1,/sX,/; s/s2,/s1,/; s/sX,/s2,/' \"$NSBENCH_TESTBED\" >\"$RACK/crossed.yaml\"
        \"$nsbench\" topology check -t \"$RACK/crossed.yaml\"";
    let Some(said) = beside("1x2", script) else { return };
    assert_eq!(said.matches("wired as written").count(), 0, "{said}");
    assert_eq!(said.matches("not fit to run").count(), 2, "{said}");
}
