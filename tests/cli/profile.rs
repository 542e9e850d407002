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
