//! `nsbench demo` where no host is asked: what it would do, and what it refuses.

use insta::assert_snapshot;

use crate::program::nsbench;
use crate::refusals::refused;

#[test]
fn a_dry_demo_shows_what_each_framework_begins_with() {
    let ended = nsbench("demo -f bridge,xdp -l 2 -t lab --dry-run").run();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    assert_eq!(ended.left, Vec::<String>::new(), "a dry run leaves nothing behind");
    let titles: Vec<_> = ended.stdout.lines().filter(|line| line.contains(" on 2 lines")).collect();
    assert_eq!(titles, ["# bridge on 2 lines", "# xdp on 2 lines"]);
    assert!(ended.stdout.contains("type bridge"), "{ended}");
}

#[test]
fn a_demo_without_a_terminal_says_how_to_do_without() {
    assert_snapshot!(refused("demo -f bridge -t lab"), @r"
    [exit status 2]
    --- stderr
    error: a demo is shown on a terminal, and there is none
    hint: --no-screen shows it in lines, with --for 5min to end by itself
    ");
}

#[test]
fn a_demo_that_cannot_be_is_refused() {
    assert_snapshot!(refused("demo -f bridge -t lab -l 9 --no-screen"), @r"
    [exit status 2]
    --- stderr
    error: the testbed `lab` has 4 lines, not 9
    hint: write --lines with a number from 1 to 4
    ");
    assert_snapshot!(refused("demo -f nosuch -t lab --no-screen"), @r"
    [exit status 2]
    --- stderr
    error: there is no framework `nosuch`
    hint: there are bridge, bridge-firewall, dpdk, dpdk-af_packet, dpdk-af_xdp, dpdk-firewall, netmap, netmap-firewall, netslice, netslice-firewall, xdp; or give the path of a profile, FILE.yaml
    ");
    assert_snapshot!(refused("demo -f bridge -t lab --frame-size 9000 --no-screen"), @r"
    [exit status 2]
    --- stderr
    error: a frame of 9000 bytes is too long for the MTU of 1500
    hint: at most 1514 bytes, the check sequence not counted
    ");
    assert_snapshot!(refused("demo -f bridge --for 0"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '0' for '--for <DURATION>': this takes between 1 s and a day

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("demo -f bridge --dwell soon"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'soon' for '--dwell <DURATION>': `soon` is no duration; write whole seconds or minutes, 10s or 2min

    For more information, try '--help'.
    ");
}
