//! Hosts that are namespaces of this machine (scripts/loopback-rack), joined by real if virtual cables: many lines, and
//! several middleboxes.

#[path = "rack/bare.rs"]
mod bare;

use std::process::{Command, Stdio};

/// What a shell script says beside such a rack; `None`, having said why, where there can be none. `$nsbench` is the program.
fn beside(hosts: &str, script: &str) -> Option<String> {
    beside_bare(hosts, "", script)
}

/// The same beside hosts that have these programs only, busybox first; all of this machine's where there are none.
fn beside_bare(hosts: &str, programs: &str, script: &str) -> Option<String> {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/loopback-rack"));
    command.args([hosts, "sh", "-c", script]).env("nsbench", env!("CARGO_BIN_EXE_nsbench")).stdin(Stdio::null());
    command.env("RACK_BARE", programs);
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

#[test]
fn what_is_plugged_in_becomes_a_testbed_file_that_is_wired_as_written_and_ports_are_as_before() {
    let script = "on() { ssh -F \"$RACK/ssh_config\" \"$@\"; }
        links() { for host in source m1 sink; do on \"$host\" ip -o link show up | cut -d: -f2; done; }
        on source 'ip link add d1 type veth peer name d2; ip link set s1 up'
        links >\"$RACK/before\"
        \"$nsbench\" topology discover --virtual-ports --ssh-config \"$RACK/ssh_config\" --name found \\
            --source source --middlebox m1 --sink sink >\"$RACK/found.yaml\"; echo \"status $?\"
        links >\"$RACK/after\"; cmp \"$RACK/before\" \"$RACK/after\" && echo unchanged
        cat \"$RACK/found.yaml\"
        on source ip link del d1
        \"$nsbench\" topology check -t \"$RACK/found.yaml\"";
    let Some(said) = beside("3", script) else { return };
    assert!(said.starts_with("status 0\nunchanged\n# Found by `nsbench topology discover` on 20"), "{said}");
    for line in 1..=3 {
        let ends = format!("  - {{ source: s{line}, in: i{line}, out: o{line}, sink: k{line} }}");
        assert!(said.contains(&ends), "{said}");
        assert!(said.contains(&format!("line {line}: wired as written")), "{said}");
    }
    // Only the port that was up told its speed, so that there is no rate of all.
    assert!(said.contains("k1 }   # 10Gbps\n") && !said.contains("\nrate:"), "{said}");
    // Two ends of a cable between ports of one host, and ssh's.
    assert!(said.contains("#   source d1 <-> source d2: a cable that no line has a use for\n"), "{said}");
    assert!(said.contains("#   middlebox, left alone: mgmt carries the ssh connection\n"), "{said}");
    assert!(said.contains("\n3 lines found\n"), "{said}");
}

#[test]
fn hosts_without_lines_between_them_make_no_file_and_every_port_is_told_of() {
    let script = "ssh -F \"$RACK/ssh_config\" m1 ip link del o1
        ssh -F \"$RACK/ssh_config\" sink ip link add k1 type veth peer name k2
        \"$nsbench\" topology discover; echo \"status $?\"
        \"$nsbench\" topology discover --virtual-ports; echo \"status $?\"";
    let Some(said) = beside("1", script) else { return };
    assert!(said.contains("the source has no port whose cable could be found out\n"), "{said}");
    assert!(said.contains("say --virtual-ports") && said.matches("status 3\n").count() == 2, "{said}");
    let none = "no line leads from the source through the middlebox to the sink\n  \
                source s1 <-> middlebox i1: a cable that no line has a use for\n";
    assert!(said.contains(none), "{said}");
}

#[test]
fn of_several_middleboxes_one_has_to_be_named() {
    let Some(said) = beside("1x2", "\"$nsbench\" topology discover; echo \"status $?\"") else { return };
    assert!(said.contains("has several middleboxes") && said.contains("status 2\n"), "{said}");
    assert!(said.contains("hint: name three hosts: --source HOST --middlebox HOST --sink HOST"), "{said}");
}
