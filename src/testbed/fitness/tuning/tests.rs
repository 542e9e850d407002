//! Hosts whose settings mislead, by their facts.

use insta::assert_snapshot;

use super::super::tests::{MIDDLEBOX, NOW_S, answer};
use super::*;
use crate::generator::Generator;
use crate::testbed::Testbed;
use crate::testbed::facts::Facts;
use crate::testbed::finding::{Report, Severity};
use crate::testbed::fitness::Needs;

/// What the check says of a middlebox that has these facts too, unless all is well.
pub fn told(more: &str) -> String {
    told_of(&Testbed::shipped("fractus").unwrap(), more)
}

fn told_of(testbed: &Testbed, more: &str) -> String {
    told_on(testbed, Role::Middlebox, &MIDDLEBOX, more)
}

/// The same of a host with another part, that has these ports.
pub fn told_by(role: Role, ports: &[&str], more: &str) -> String {
    told_on(&Testbed::shipped("fractus").unwrap(), role, ports, more)
}

fn told_on(testbed: &Testbed, role: Role, ports: &[&str], more: &str) -> String {
    let text = answer(ports).replace("end\n", &format!("{more}end\n"));
    let facts = Facts::parse(&text).unwrap();
    let needs = Needs { builds: true, generator: Generator::Netperf };
    let part = Part { testbed, role, facts: &facts, wiring: true, needs };
    let mut report = Report::new(testbed);
    report.findings = part.findings(NOW_S);
    report.findings.retain(|finding| finding.severity != Severity::Ok || finding.what == "set up");
    report.text()
}

#[test]
fn a_host_that_says_nothing_of_its_settings_is_not_accused_of_any() {
    assert_eq!(told(""), "testbed fractus: fit to run: no errors, no warnings\n");
}

#[test]
fn settings_that_change_figures_are_told_of_with_the_command_that_mends_them() {
    assert_snapshot!(told(
        "setting\tgovernor\tpowersave\nsetting\tno_turbo\t0\nsetting\tsmt\t1\nsetting\tidle_state\tC6 133\n\
         setting\tload\t2.50\nsetting\tirqbalance\tyes\nsetting\tkptr_restrict\t2\nsetting\tiommu\tyes\n\
         setting\tHugePages_Total\t64\nsetting\tHugePages_Free\t60\nsetting\tHugepagesize\t2048\nsetting\tisolated\t2-7\n"
    ));
}

#[test]
fn the_best_settings_are_told_of_in_one_row() {
    assert_snapshot!(told(
        "setting\tgovernor\tperformance\nsetting\tno_turbo\t1\nsetting\tboost\t1\nsetting\tsmt\t0\nsetting\tload\t0.10\n\
         setting\tidle_state\tC1 2\nsetting\tiommu\tno\nlink\teth6\tfull\toff\toff\t0x800\nlargest_mtu\teth6\t9702\n"
    ));
}

#[test]
fn ports_that_are_set_badly_are_named() {
    assert_snapshot!(told(
        "link\teth6\thalf\ton\toff\t-\nlargest_mtu\teth6\t1500\nlink\teth9\tfull\t-\ton\t-\nlink\teth0\thalf\ton\ton\t-\n"
    ));
}

#[test]
fn lines_that_cross_between_numa_nodes_are_named() {
    // Line 1 goes from eth7 to eth6, slots 02 and 01 of the answer.
    let cpu = "cpu\t0\t0\t0:0\n";
    assert_snapshot!(told(&format!("{cpu}placed\t0000:03:01.0\t0\t-\nplaced\t0000:03:02.0\t1\t-\n")));
}

#[test]
fn a_slot_that_carries_less_than_its_lines_want_is_named() {
    let mut testbed = Testbed::shipped("fractus").unwrap();
    testbed.rate = "10Gbps".parse().ok();
    let narrow = "pcie\t0000:03:01.0\t0000:03:01.0\t5.0 GT/s PCIe\t2\n";
    let said = told_of(&testbed, narrow);
    assert!(
        said.contains("slot 0000:03:01 carries about 6.737 Gb/s each way, and its 1 line wants 10.00 Gb/s"),
        "{said}"
    );
    assert!(!told_of(&testbed, &narrow.replace("PCIe\t2", "PCIe\t8")).contains("slot"));
}

#[test]
fn different_versions_of_netperf_are_told_of() {
    let one = Facts::parse(&answer(&["eth6"])).unwrap();
    let mut other = one.clone();
    let both = |sink: &Facts| super::super::same_netperf(&[(Role::Source, &one), (Role::Sink, sink)]);
    assert_eq!(both(&other), None);
    other.tools.get_mut("netserver").unwrap().version = Some("Netperf version 2.6.0".to_owned());
    let found = both(&other).unwrap();
    assert_eq!(found.evidence.as_deref(), Some("Netperf version 2.7.0 and Netperf version 2.6.0"));
}
