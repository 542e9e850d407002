//! Ports whose packets come to few cores or to far ones, by the facts of their hosts.

use insta::assert_snapshot;

use super::super::tuning::tests::{told, told_by};
use super::*;

/// Two nodes of two CPUs, a port with four queues on the second.
const HOST: &str = "cpu\t0\t0\t0:0\ncpu\t1\t0\t0:1\ncpu\t2\t1\t1:0\ncpu\t3\t1\t1:1\n\
                    placed\t0000:03:01.0\t1\t-\nqueues\teth6\t4\t4\t512\t512\n";

fn of_source(more: &str) -> String {
    told_by(Role::Source, &["eth6", "eth7", "eth8", "eth9"], &format!("{HOST}{more}"))
}

#[test]
fn queues_that_the_indirection_table_leaves_out_are_told_of() {
    assert_snapshot!(of_source("spread\teth6\t4\t2\n"));
    assert!(!of_source("spread\teth6\t4\t4\n").contains("deals out"));
}

#[test]
fn interrupts_that_come_to_one_cpu_or_to_another_node_are_told_of_and_those_of_the_middlebox_are_a_runs_affair() {
    assert_snapshot!(of_source("interrupts\teth6\t5\t2\n"));
    assert_snapshot!(of_source("interrupts\teth6\t5\t0-3\n"));
    let well = of_source("interrupts\teth6\t5\t2 3\n");
    assert!(
        well.contains("4 of 512 slots (eth6); interrupts 5 on CPUs 2-3 (eth6)") && !well.contains("come to"),
        "{well}"
    );
    let said = told(&format!("{HOST}interrupts\teth6\t5\t0\n"));
    assert!(said.contains("interrupts 5 on CPU 0 (eth6)") && !said.contains("come to"), "{said}");
}
