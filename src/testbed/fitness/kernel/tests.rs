//! Hosts whose kernel keeps something back, by their facts.

use insta::assert_snapshot;

use super::super::tests::MIDDLEBOX;
use super::super::tuning::tests::{told, told_by};
use super::*;

#[test]
fn what_a_profile_and_the_cost_of_a_packet_need_is_told_of_where_it_is_not_there() {
    let more = "tool\tperf\t-\t-\nsetting\tcounters\tno\nlockdown\tconfidentiality\nsetting\tperf_event_paranoid\t3\n";
    assert_snapshot!(told(more));
    assert!(!told("tool\tperf\t/usr/bin/perf\t-\nsetting\tcounters\tyes\n").contains("perf"));
    assert!(!told_by(Role::Source, &["eth6"], more).contains("counters"), "nobody counts there");
}

#[test]
fn an_iommu_that_translates_is_told_of_with_the_ports_behind_it() {
    let [first, second] = [1, 2].map(|n| format!("0000:03:{n:02x}.0"));
    let more = format!("translated\t{first}\tDMA-FQ\ntranslated\t{second}\tDMA\n");
    assert_snapshot!(told(&more));
    assert!(!told(&more.replace("DMA-FQ", "identity").replace("DMA", "identity")).contains("IOMMU"));
    assert_eq!(MIDDLEBOX[0], "eth6", "the first slot of the answer");
}

#[test]
fn huge_pages_that_somebody_has_are_told_of() {
    let more = "setting\tHugePages_Total\t64\nsetting\tHugePages_Free\t60\nsetting\tHugepagesize\t2048\n";
    assert_snapshot!(told(more));
    assert!(!told(&more.replace("60", "64")).contains("taken"));
}

#[test]
fn a_generator_that_isolated_cpus_leave_too_little_of_is_told_of() {
    // 16 CPUs, four lines.
    let said = told_by(Role::Source, &["eth6", "eth7", "eth8", "eth9"], "setting\tisolated\t2-15\n");
    assert_snapshot!(said);
    let few = told_by(Role::Source, &["eth6", "eth7", "eth8", "eth9"], "setting\tisolated\t4-15\n");
    assert!(!few.contains("left for the traffic"), "{few}");
    assert!(!told("setting\tisolated\t1-15\n").contains("left for the traffic"));
}
