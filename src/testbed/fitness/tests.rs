//! Hosts that fit and hosts that do not, by their facts.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::*;

const NEEDS: Needs = Needs { builds: true, generator: Generator::Netperf };
use crate::testbed::finding::{Report, Severity};

pub(super) const NOW_S: i64 = 1_763_800_000;

/// A host with `ports`, reached over eth0, with all that any part needs.
pub(super) fn answer(ports: &[&str]) -> String {
    let mut text = "nsbench-facts\t1\nkernel\t6.12.48-amd64\nmachine\tx86_64\n\
        distribution\tDebian GNU/Linux 13 (trixie)\nuid\t0\nsudo\t-\ncpus\t16\ncpu_model\t-\nmicrocode\t-\nboot\tb0\n\
        clock\t1763800001\nvar_free_kib\t9000000\n"
        .to_owned();
    for (index, port) in ["eth0"].iter().chain(ports).enumerate() {
        let _ = writeln!(
            text,
            "interface\t{port}\t52:54:00:00:00:{index:02x}\t0000:03:{index:02x}.0\tixgbe\tup\t0x1003\t1\t1500\t10000\t-"
        );
    }
    text.push_str(
        "address\teth0\t192.0.2.5/24\nconnection\t192.0.2.1 50000 192.0.2.5 22\n\
        ssh\teth0\t-\ndefault\teth0\t-\ntool\tip\t/usr/sbin/ip\t-\ntool\tethtool\t/usr/sbin/ethtool\t-\ntool\tnetperf\t/usr/bin/netperf\tNetperf version 2.7.0\n\
        tool\tnetserver\t/usr/bin/netserver\tNetperf version 2.7.0\ntool\tcc\t/usr/bin/cc\t-\n\
        tool\tmake\t/usr/bin/make\t-\ntool\tmodprobe\t/usr/sbin/modprobe\t-\nheaders\tyes\nlockdown\tnone\n\
        signatures\tN\nend\n",
    );
    text
}

const SOURCE: [&str; 4] = ["eth6", "eth7", "eth8", "eth9"];
pub(super) const MIDDLEBOX: [&str; 8] = ["eth6", "eth7", "eth8", "eth9", "eth10", "eth11", "eth12", "eth13"];

fn told(role: Role, answer: &str, wiring: bool) -> String {
    let testbed = Testbed::shipped("fractus").unwrap();
    let facts = Facts::parse(answer).unwrap();
    let part = Part { testbed: &testbed, role, facts: &facts, wiring, needs: NEEDS };
    let mut report = Report::new(&testbed);
    report.findings = part.findings(NOW_S);
    report.text()
}

/// Only what is not as it must be.
fn complaints(role: Role, answer: &str) -> String {
    let testbed = Testbed::shipped("fractus").unwrap();
    let facts = Facts::parse(answer).unwrap();
    let part = Part { testbed: &testbed, role, facts: &facts, wiring: false, needs: NEEDS };
    let mut report = Report::new(&testbed);
    report.findings = part.findings(NOW_S);
    report.findings.retain(|finding| finding.severity != Severity::Ok);
    report.text()
}

pub(super) fn replaced(answer: &str, changes: &[(&str, &str)]) -> String {
    let mut answer = answer.to_owned();
    for (from, to) in changes {
        assert!(answer.contains(from), "{from}");
        answer = answer.replace(from, to);
    }
    answer
}

#[test]
fn fit_hosts_are_told_with_what_shows_it() {
    assert_snapshot!(told(Role::Source, &answer(&SOURCE), true), @r"
    source (compute24)
      ok       answers
               Debian GNU/Linux 13 (trixie), kernel 6.12.48-amd64, x86_64, 16 CPUs
      ok       commands run as root
      ok       has the ports eth6, eth7, eth8, eth9
      ok       ssh comes in over eth0, not over a test port
      ok       has /usr/bin/netperf
               Netperf version 2.7.0

    testbed fractus: fit to run: no errors, no warnings
    ");
    assert_snapshot!(told(Role::Middlebox, &answer(&MIDDLEBOX), true), @r"
    middlebox (compute25)
      ok       answers
               Debian GNU/Linux 13 (trixie), kernel 6.12.48-amd64, x86_64, 16 CPUs
      ok       commands run as root
      ok       has the ports eth7, eth6, eth9, eth8, eth11, eth10, eth13, eth12
      ok       ssh comes in over eth0, not over a test port
      ok       can build modules for kernel 6.12.48-amd64

    testbed fractus: fit to run: no errors, no warnings
    ");
    assert_snapshot!(told(Role::Sink, &answer(&SOURCE), true), @r"
    sink (compute26)
      ok       answers
               Debian GNU/Linux 13 (trixie), kernel 6.12.48-amd64, x86_64, 16 CPUs
      ok       commands run as root
      ok       has the ports eth6, eth7, eth8, eth9
      ok       ssh comes in over eth0, not over a test port
      ok       has /usr/bin/netserver
               Netperf version 2.7.0

    testbed fractus: fit to run: no errors, no warnings
    ");
}

#[test]
fn missing_programs_and_headers_are_told_with_their_packages() {
    let bare = [
        ("/usr/bin/netperf\tNetperf version 2.7.0", "-\t-"),
        ("/usr/bin/netserver\tNetperf version 2.7.0", "-\t-"),
        ("tool\tcc\t/usr/bin/cc", "tool\tcc\t-"),
        ("headers\tyes", "headers\tno"),
    ];
    assert_snapshot!(complaints(Role::Source, &replaced(&answer(&SOURCE), &bare)), @r"
    source (compute24)
      error    `netperf` is not installed
               hint: install it: `apt install netperf` (up to Debian 12 from non-free), or what your distribution calls it

    testbed fractus: not fit to run: 1 error, no warnings
    ");
    assert_snapshot!(complaints(Role::Middlebox, &replaced(&answer(&MIDDLEBOX), &bare)), @r"
    middlebox (compute25)
      error    the headers of kernel 6.12.48-amd64 are not installed
               /lib/modules/6.12.48-amd64/build has no Makefile
               hint: install it: `apt install linux-headers-6.12.48-amd64`, or what your distribution calls it
      error    `gcc` is not installed
               hint: install it: `apt install gcc`, or what your distribution calls it

    testbed fractus: not fit to run: 2 errors, no warnings
    ");
    assert_snapshot!(complaints(Role::Sink, &replaced(&answer(&SOURCE), &bare)), @r"
    sink (compute26)
      error    `netserver` is not installed
               hint: install it: `apt install netperf` (up to Debian 12 from non-free), or what your distribution calls it

    testbed fractus: not fit to run: 1 error, no warnings
    ");
}

#[test]
fn a_lab_middlebox_needs_no_compiler() {
    let testbed = Testbed::shipped("lab").unwrap();
    let names: Vec<String> = (1..=8).map(|n| format!("eth{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bare = [("tool\tcc\t/usr/bin/cc", "tool\tcc\t-"), ("headers\tyes", "headers\tno")];
    let facts = Facts::parse(&replaced(&answer(&names), &bare)).unwrap();
    let part = Part { testbed: &testbed, role: Role::Middlebox, facts: &facts, wiring: true, needs: NEEDS };
    assert!(part.findings(NOW_S).iter().all(|finding| finding.severity == Severity::Ok));
}

#[test]
fn ports_that_must_be_left_alone_are_never_test_ports() {
    let changes = [
        ("ssh\teth0\t-\n", "ssh\tbond0\t-\nssh\teth6\tbond0\n"),
        ("default\teth0\t-\n", "default\teth7\t-\n"),
        ("0000:03:03.0\tixgbe\tup\t0x1003\t1\t1500\t10000\t-", "0000:03:03.0\tixgbe\tup\t0x1003\t1\t1500\t10000\tbr0"),
    ];
    let answer = replaced(&answer(&SOURCE), &changes);
    assert_snapshot!(complaints(Role::Source, &answer), @r"
    source (compute24)
      error    eth6, the `source` port of line 1, carries the ssh connection through bond0
               hint: write another port, or reach the host over one that is not tested: a run would cut you off
      error    eth7, the `source` port of line 2, has the default route
               hint: write another port, or reach the host over one that is not tested: a run would cut you off
      error    eth8, the `source` port of line 3, belongs to br0
               hint: take it out: `ip link set eth8 nomaster`, and out of whatever puts it there at boot

    testbed fractus: not fit to run: 3 errors, no warnings
    ");
    let testbed = Testbed::shipped("fractus").unwrap();
    let facts = Facts::parse(&answer).unwrap();
    let mut ports = Ports::default();
    Part { testbed: &testbed, role: Role::Source, facts: &facts, wiring: true, needs: NEEDS }.resolve(&mut ports);
    assert_eq!(ports.of(Role::Source), ["eth9"]);
}

#[test]
fn one_port_under_two_names_is_found() {
    let mut testbed = Testbed::shipped("fractus").unwrap();
    testbed.lines[1].source = crate::testbed::Port("mac:52:54:00:00:00:01".to_owned());
    let facts = Facts::parse(&answer(&SOURCE)).unwrap();
    let part = Part { testbed: &testbed, role: Role::Source, facts: &facts, wiring: true, needs: NEEDS };
    let found = part.findings(NOW_S);
    let errors: Vec<_> = found.iter().filter(|f| f.severity == Severity::Error).collect();
    assert_eq!(errors[0].what, "`source` of line 2 and `source` of line 1 are both eth6");
    assert_eq!(errors.len(), 1);
}

#[test]
fn missing_down_and_slow_ports_are_told() {
    let changes = [
        ("03:01.0\tixgbe\tup\t0x1003\t1\t1500\t10000", "03:01.0\tixgbe\tdown\t0x1002\t-\t1500\t-"),
        ("03:02.0\tixgbe\tup\t0x1003\t1\t1500\t10000", "03:02.0\tixgbe\tdown\t0x1003\t0\t1500\t-"),
        ("03:03.0\tixgbe\tup\t0x1003\t1\t1500\t10000", "03:03.0\tixgbe\tup\t0x1003\t1\t1500\t1000"),
    ];
    assert_snapshot!(complaints(Role::Source, &replaced(&answer(&["eth6", "eth7", "eth8", "eth19"]), &changes)), @r"
    source (compute24)
      error    `source` of line 4: there is no interface `eth9`
               hint: write one that the host has: `eth6`, `eth7`, `eth8`, `eth19`
      warning  eth6 is down
               hint: none needed: a run brings it up; a check of the wiring shows whether it has a cable
      warning  eth7 has no carrier
               hint: plug it in, or bring up the port at the other end: `nsbench topology check` tells which
      warning  eth8 runs at 1.000 Gb/s, and the file says 10.00 Gb/s
               hint: see why the card negotiated less, or correct `rate`

    testbed fractus: not fit to run: 1 error, 3 warnings
    ");
}

#[test]
fn a_kernel_that_refuses_modules_is_told() {
    let changes = [("lockdown\tnone", "secure_boot\t1\nlockdown\tintegrity")];
    assert_snapshot!(complaints(Role::Middlebox, &replaced(&answer(&MIDDLEBOX), &changes)), @r"
    middlebox (compute25)
      error    the kernel refuses modules without a signature
               the kernel is locked down (integrity); Secure Boot is on
               hint: turn Secure Boot off in the firmware, or sign the module with a key enrolled by `mokutil --import`

    testbed fractus: not fit to run: 1 error, no warnings
    ");
    let changes = [("signatures\tN", "signatures\tY")];
    assert!(complaints(Role::Middlebox, &replaced(&answer(&MIDDLEBOX), &changes)).contains("sig_enforce"));
    assert!(!complaints(Role::Source, &replaced(&answer(&SOURCE), &changes)).contains("sig_enforce"));
}

#[test]
fn odd_surroundings_are_told() {
    let changes = [
        ("uid\t0\nsudo\t-", "uid\t1000\nsudo\tno"),
        ("var_free_kib\t9000000", "var_free_kib\t20480"),
        ("clock\t1763800001", "clock\t1763790000"),
        ("address\teth0\t192.0.2.5/24", "address\teth0\t198.18.4.77/24\naddress\teth9\t198.18.3.1/24"),
        ("ssh\teth0\t-\n", ""),
    ];
    assert_snapshot!(complaints(Role::Source, &replaced(&answer(&SOURCE), &changes)), @r"
    source (compute24)
      error    commands run as user 1000, not as root
               `sudo -n true` fails
               hint: log in as root, or let the user use sudo without a password: `USER ALL=(ALL) NOPASSWD: ALL` in a file in /etc/sudoers.d
      warning  could not tell which port carries the ssh connection
               sshd says `192.0.2.1 50000 192.0.2.5 22`, and no interface fits
               hint: see for yourself that it is none of the test ports
      error    eth0 has the address 198.18.4.77/24, in the test network of line 4
               hint: write `network:` with a range that no host uses
      warning  /var has only 20 MiB free
               hint: make room, 50 MiB at least
      warning  its clock is 10000 s away from this machine's
               hint: set it, or run an NTP client: times in logs will not match

    testbed fractus: not fit to run: 2 errors, 3 warnings
    ");
}

#[test]
fn a_host_without_room_for_the_undo_of_changes_is_not_fit() {
    let room = |kib: u32| {
        complaints(Role::Source, &replaced(&answer(&SOURCE), &[("free_kib\t9000000", &format!("free_kib\t{kib}"))]))
    };
    assert_snapshot!(room(20479), @r"
    source (compute24)
      error    /var has only 19 MiB free
               the undo of every change is kept there
               hint: make room, 50 MiB at least

    testbed fractus: not fit to run: 1 error, no warnings
    ");
    assert!(room(20480).contains("fit to run: no errors, 1 warning"));
    assert!(room(51200).contains("fit to run: no errors, no warnings"));
}

#[test]
fn two_parts_on_one_machine_are_noticed() {
    let one = Facts::parse(&answer(&SOURCE)).unwrap();
    let other = Facts::parse(&replaced(&answer(&SOURCE), &[("boot\tb0", "boot\tb1")])).unwrap();
    assert!(same_machine(&[(Role::Source, &one), (Role::Sink, &other)]).is_empty());
    let found = same_machine(&[(Role::Source, &one), (Role::Middlebox, &other), (Role::Sink, &one)]);
    assert_eq!(found[0].what, "source and sink run the same kernel: they are one machine");
}

#[test]
fn a_host_without_sudo_is_told_so() {
    let nobody = replaced(
        &answer(&SOURCE),
        &[("uid\t0\nsudo\t-", "uid\t1000\nsudo\tno"), ("tool\tip", "tool\tsudo\t-\t-\ntool\tip")],
    );
    let said = complaints(Role::Source, &nobody);
    let cure = "there is no `sudo`\n           hint: log in as root; or install it: `apt install sudo`, or what your distribution calls it, and let";
    assert!(said.contains(cure), "{said}");
}

#[test]
fn a_host_without_ethtool_is_told_what_is_not_known_of_it() {
    let without = |role, ports: &[&str], installer: &str| {
        let changes = [("tool\tethtool\t/usr/sbin/ethtool\t-\n", installer)];
        complaints(role, &replaced(&answer(ports), &changes))
    };
    assert_snapshot!(without(Role::Source, &SOURCE, "tool\tapk\t/sbin/apk\t-\n"));
    assert_snapshot!(without(Role::Middlebox, &MIDDLEBOX, ""));
}
