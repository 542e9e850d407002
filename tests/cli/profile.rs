//! `nsbench profile`: what is refused before a host is asked, and two records side by side.

use insta::assert_snapshot;

use crate::program::nsbench;
use crate::refusals::refused;

#[test]
fn what_cannot_be_profiled_is_refused_with_the_way_out() {
    assert_snapshot!(refused("profile -f all"));
    assert_snapshot!(refused("profile -f netslice --set netslice.mode=classic,ring"));
    assert_snapshot!(refused("profile -f netslice -t fractus --by instructions"));
    assert_snapshot!(refused("profile -f dpdk"));
    assert_snapshot!(refused("profile -f netslice --frequency 99"));
    assert_snapshot!(refused("profile -f netslice -l 2 --by instructions"));
}

/// A plan that must be printed without anything being made.
fn planned(arguments: &str) -> String {
    let said = nsbench(arguments).run();
    assert_eq!((said.status, said.stderr.as_str(), said.left.len()), (Some(0), "", 0), "{said}");
    said.stdout
}

#[test]
fn what_would_be_done_is_printed_and_nothing_is_done() {
    let counted = planned("profile -f bridge --dry-run");
    assert!(counted.contains("a middlebox is booted for it alone") && counted.contains("while calls are followed"));
    assert!(!counted.contains("traffic of a trial") && counted.contains("bridge"), "{counted}");
    let sampled = planned("profile -f bridge -l 2 -t fractus --dry-run");
    assert!(sampled.contains("traffic of a trial") && sampled.contains("perf record"), "{sampled}");
    assert_eq!(planned("profile -f bridge --by samples --dry-run").matches("# four times").count(), 1);
    let said = refused("profile -f nothing --dry-run");
    assert!(said.stderr.contains("`nothing`") && said.stderr.contains("hint: "), "{said}");
}

#[test]
fn only_profiles_are_set_side_by_side() {
    let said = refused("profile compare nothing there");
    assert!(said.stderr.contains("`nothing`") || said.stderr.contains("no runs"), "{said}");
    let said = nsbench("profile compare one").run();
    assert_eq!(said.status, Some(2), "{said}");
    assert!(said.stderr.contains("<B>"), "{said}");
}

#[test]
fn a_framework_has_to_be_named() {
    let said = nsbench("profile").run();
    assert_eq!(said.status, Some(2), "{said}");
    assert!(said.stderr.contains("--framework <NAME>"), "{said}");
}
