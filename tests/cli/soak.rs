//! `nsbench soak` where no host is asked: what it would do, and what it refuses.

use insta::assert_snapshot;

use crate::program::nsbench;
use crate::refusals::refused;

#[test]
fn a_soak_of_the_bridge_says_what_is_done_once_and_what_in_every_cycle() {
    let ended = nsbench("soak -f bridge --cycles 100 --dry-run").run();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    assert_eq!(ended.left, Vec::<String>::new(), "a dry run leaves nothing behind");
    let (once, cycle) = ended.stdout.split_once("\n# in a cycle, and undone in the same: bridge").expect("a cycle");
    assert!(once.contains("# once, and undone at the end") && once.contains("# program pings-1"), "{once}");
    assert!(
        !once.contains("type bridge") && cycle.contains("type bridge") && !cycle.contains("mtu 1500\n# eth1"),
        "{cycle}"
    );
}

#[test]
fn a_soak_that_cannot_be_is_refused() {
    assert_snapshot!(refused("soak -f all --cycles 5"), @r"
    [exit status 2]
    --- stderr
    error: a soak is of one framework, not of all
    hint: soak them one after the other
    ");
    assert_snapshot!(refused("soak -f netslice --cycles 0"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '0' for '--cycles <N>': 0 is not in 1..=1000000

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("soak -f bridge --cycles 5 --traffic 2h"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '2h' for '--traffic <DURATION>': `2h` is no time from 1ms to 1min; write it like 500ms or 10s

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("soak -f bridge --cycles 5 -l 9 -t lab"), @r"
    [exit status 2]
    --- stderr
    error: the testbed `lab` has 4 lines, not 9
    hint: write --lines with numbers from 1 to 4
    ");
    assert_snapshot!(refused("soak -f bridge --cycles 5 --set netslice.mode=ring"), @r"
    [exit status 2]
    --- stderr
    error: `--set netslice.mode=…` is for none of the frameworks
    hint: write FRAMEWORK.PARAMETER=VALUE
    ");
    assert_snapshot!(refused("soak -f dpdk --cycles 5 --set dpdk.driver=vfio-pci,kernel"), @r"
    [exit status 2]
    --- stderr
    error: these parameters cannot take turns: they make a difference in what is done once, and not in every cycle (middlebox, eth1: mtu 1500)
    hint: soak them one after the other
    ");
}
