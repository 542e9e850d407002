//! Hosts that have busybox and nothing else, as a small Alpine: what is missing there is named with its cure, and what is there
//! works.

use std::process::Command;

use crate::{beside, beside_bare};

#[test]
fn hosts_with_busybox_only_are_checked_discovered_drawn_and_restored() {
    let script = "exec 2>&1; echo == show; \"$nsbench\" topology show
        echo == check; \"$nsbench\" topology check; echo \"status $?\"
        echo == discover; \"$nsbench\" topology discover --virtual-ports; echo \"status $?\"
        echo == plan; \"$nsbench\" run -f bridge --dry-run >/dev/null; echo \"status $?\"
        echo == run; \"$nsbench\" run -f bridge; echo \"status $?\"
        echo == restore; \"$nsbench\" restore; echo \"status $?\"";
    let Some(said) = beside_bare("2", "busybox", script) else { return };
    let part = |name: &str| said.split("== ").find_map(|part| part.strip_prefix(name)).unwrap_or_default();
    // Each is asked by a script that runs there to its end.
    let show = part("show");
    assert!(show.contains("cores of the middlebox (") && !show.contains("no answer"), "{show}");
    let check = part("check");
    for line in 1..=2 {
        assert!(check.contains(&format!("ok       line {line}: wired as written")), "{check}");
    }
    let missing =
        ["netperf", "netserver", "gcc", "make"].map(|program| format!("error    `{program}` is not installed"));
    for what in &missing {
        assert_eq!(check.matches(what).count(), 1, "{check}");
    }
    assert!(
        check.contains("warning  `ethtool` is not installed: frameworks that leave ports with the kernel cannot"),
        "{check}"
    );
    assert_eq!(check.matches("note     `ethtool` is not installed").count(), 2, "{check}");
    assert!(!check.contains("not found") && check.contains("status 3"), "{check}");
    let found = part("discover");
    assert!(found.contains("  - { source: s2, in: i2, out: o2, sink: k2 }\n") && found.contains("status 0"), "{found}");
    assert!(part("plan").contains("status 0"), "{said}");
    let (run, hint) = (part("run"), "hint: sink: install it: `apt install netperf`");
    assert!(run.contains(hint) && run.contains("status 3"), "{run}");
    let restored = "\nsource: nothing to restore\nm1: nothing to restore\nsink: nothing to restore\nstatus 0\n";
    assert_eq!(part("restore"), restored);
}

#[test]
fn a_user_without_sudo_is_told_what_cannot_be_done_and_the_rest_is_done() {
    for programs in ["", "busybox"] {
        let script = "exec 2>&1; sed 's/ssh: source/ssh: ann@source/' \"$NSBENCH_TESTBED\" >\"$RACK/ann.yaml\"
            for command in 'topology check' 'topology discover --virtual-ports' 'run -f bridge' restore; do
                \"$nsbench\" $command -t \"$RACK/ann.yaml\"; echo \"status $?\"
            done";
        let Some(said) = beside_bare("1", programs, script) else { return };
        assert!(said.contains("error    commands run as user 1000, not as root\n"), "{said}");
        if programs == "busybox" {
            assert!(
                said.contains("           there is no `sudo`\n           hint: log in as root; or install it: "),
                "{said}"
            );
        }
        assert!(
            said.contains("the wiring was not checked\n           it takes root, which commands on the source are not"),
            "{said}"
        );
        assert!(
            said.contains("error: cables cannot be found: it takes root, which commands on the source are not\nhint: "),
            "{said}"
        );
        assert!(said.contains("source commands run as user 1000, not as root: "), "{said}");
        assert!(said.contains("error: cannot restore `ann@source`: the login is not root"), "{said}");
        assert!(
            said.contains("m1: nothing to restore\nsink: nothing to restore"),
            "one that cannot keeps nobody from it: {said}"
        );
        let statuses: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("status ")).collect();
        assert_eq!(statuses, ["3", "3", "3", "5"], "{said}");
    }
}

#[test]
fn a_run_on_hosts_with_busybox_and_a_generator_measures_and_gives_them_back() {
    if Command::new("iperf3").arg("--version").output().is_err() {
        println!("skipped: there is no iperf3");
        return;
    }
    let script = "cd \"$RACK\"
        look() { for host in source m1 sink; do ssh -F ssh_config \"$host\" 'ip -o link show; ip -o address show; ls /var/lib' ; done |
            sed 's/ qdisc [a-z]*//'; }
        look >before
        \"$nsbench\" run -f bridge --generator iperf3 --duration 1s --warmup 0s --cooldown 0s --trials 1; echo \"status $?\"
        look >after; cmp before after && echo unchanged";
    let Some(said) = beside_bare("1", "busybox iperf3 ethtool", script) else { return };
    assert!(said.contains("status 0\nunchanged\n"), "{said}");
    let total = said.lines().find_map(|line| line.strip_prefix(" total |")).and_then(|row| row.split('|').next());
    assert!(total.unwrap().trim().parse::<f64>().unwrap() > 0.0, "{said}");
}

#[test]
fn a_framework_that_sets_offloads_is_not_measured_where_nobody_sees_them() {
    if Command::new("iperf3").arg("--version").output().is_err() {
        println!("skipped: there is no iperf3");
        return;
    }
    let script = "cd \"$RACK\"; \"$nsbench\" run -f bridge --generator iperf3 --trials 1; echo \"status $?\"; \"$nsbench\" restore";
    let Some(said) = beside_bare("1", "busybox iperf3", script) else { return };
    assert!(said.contains("`has ethtool` failed on `m1`: `ethtool` is not installed"), "{said}");
    assert!(said.contains("m1: nothing to restore"), "{said}");
}

#[test]
fn what_the_rack_is_made_of_is_busybox_or_everything() {
    let Some(said) = beside("1", "ssh -F \"$RACK/ssh_config\" m1 'readlink -f /bin/sh'") else { return };
    assert!(!said.contains("/bin/busybox"), "{said}");
    let look = "ssh -F \"$RACK/ssh_config\" m1 'readlink -f /bin/sh; ls /bin/bash /usr/bin/perl /sbin/ethtool 2>&1 | grep -c No; ls /usr/bin'";
    let Some(said) = beside_bare("1", "busybox", look) else { return };
    assert_eq!(said, "/bin/busybox\n3\n");
}
