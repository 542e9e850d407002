//! The drawing of a testbed.

use std::fmt::Write as _;

use insta::assert_snapshot;
use nsbench::testbed::{Testbed, show};

fn drawing(name: &str) -> String {
    show::show(&Testbed::shipped(name).unwrap())
}

fn with_lines(count: usize) -> Testbed {
    let mut text =
        "name: t\nhosts: { source: { ssh: a }, middlebox: { ssh: b }, sink: { ssh: c } }\nlines:\n".to_owned();
    for n in 1..=count {
        let _ = writeln!(text, " - {{ source: s{n}, in: i{n}, out: o{n}, sink: k{n} }}");
    }
    Testbed::parse("t.yaml", &text).unwrap()
}

#[test]
fn the_papers_testbed_is_drawn_like_its_figure() {
    assert_snapshot!(drawing("fractus"), @r"
    testbed fractus: 4 lines of 10.00 Gb/s, MTU 9000

           ┌───────────┐               ┌─────────────────┐               ┌───────────┐
           │ source    │               │ middlebox       │               │ sink      │
           │ compute24 │               │ compute25       │               │ compute26 │
           ├───────────┤               ├─────────────────┤               ├───────────┤
    line 1 │      eth6 ├─ 198.18.1.1 ─>┤ eth7  ··>  eth6 ├─ 198.18.1.2 ─>┤ eth6      │
    line 2 │      eth7 ├─ 198.18.2.1 ─>┤ eth9  ··>  eth8 ├─ 198.18.2.2 ─>┤ eth7      │
    line 3 │      eth8 ├─ 198.18.3.1 ─>┤ eth11 ··> eth10 ├─ 198.18.3.2 ─>┤ eth8      │
    line 4 │      eth9 ├─ 198.18.4.1 ─>┤ eth13 ··> eth12 ├─ 198.18.4.2 ─>┤ eth9      │
           └───────────┘               └─────────────────┘               └───────────┘
    ");
}

#[test]
fn the_lab_is_drawn_as_virtual() {
    assert_snapshot!(drawing("lab"), @r"
    testbed lab: 4 lines, MTU 1500, virtual hosts of lab `lab`

           ┌────────┐               ┌───────────────┐               ┌──────┐
           │ source │               │ middlebox     │               │ sink │
           │ source │               │ middlebox     │               │ sink │
           ├────────┤               ├───────────────┤               ├──────┤
    line 1 │   eth1 ├─ 198.18.1.1 ─>┤ eth1 ··> eth2 ├─ 198.18.1.2 ─>┤ eth1 │
    line 2 │   eth2 ├─ 198.18.2.1 ─>┤ eth3 ··> eth4 ├─ 198.18.2.2 ─>┤ eth2 │
    line 3 │   eth3 ├─ 198.18.3.1 ─>┤ eth5 ··> eth6 ├─ 198.18.3.2 ─>┤ eth3 │
    line 4 │   eth4 ├─ 198.18.4.1 ─>┤ eth7 ··> eth8 ├─ 198.18.4.2 ─>┤ eth4 │
           └────────┘               └───────────────┘               └──────┘
    ");
}

#[test]
fn long_destinations_and_hardware_addresses_keep_the_boxes_closed() {
    assert_snapshot!(drawing("example"), @r"
    testbed mine: 2 lines of 10.00 Gb/s, MTU 1500

           ┌───────────────────────┐               ┌───────────────────────────────────────┐               ┌──────────────────────────┐
           │ source                │               │ middlebox                             │               │ sink                     │
           │ root@192.0.2.11       │               │ bench@192.0.2.12                      │               │ ssh://root@192.0.2.13:22 │
           │                       │               │                                       │               │ 22                       │
           ├───────────────────────┤               ├───────────────────────────────────────┤               ├──────────────────────────┤
    line 1 │             enp65s0f0 ├─ 198.18.1.1 ─>┤ enp65s0f0        ··>        enp66s0f0 ├─ 198.18.1.2 ─>┤ enp65s0f0                │
    line 2 │ mac:52:54:00:00:01:02 ├─ 198.18.2.1 ─>┤ pci:0000:41:00.1 ··> pci:0000:42:00.1 ├─ 198.18.2.2 ─>┤ enp65s0f1                │
           └───────────────────────┘               └───────────────────────────────────────┘               └──────────────────────────┘
    ");
}

#[test]
fn one_line_and_eight_lines_are_drawn() {
    assert_snapshot!(show::show(&with_lines(1)), @r"
    testbed t: 1 line, MTU 1500

           ┌────────┐               ┌───────────┐               ┌──────┐
           │ source │               │ middlebox │               │ sink │
           │ a      │               │ b         │               │ c    │
           ├────────┤               ├───────────┤               ├──────┤
    line 1 │     s1 ├─ 198.18.1.1 ─>┤ i1 ··> o1 ├─ 198.18.1.2 ─>┤ k1   │
           └────────┘               └───────────┘               └──────┘
    ");
    assert_snapshot!(show::show(&with_lines(8)), @r"
    testbed t: 8 lines, MTU 1500

           ┌────────┐               ┌───────────┐               ┌──────┐
           │ source │               │ middlebox │               │ sink │
           │ a      │               │ b         │               │ c    │
           ├────────┤               ├───────────┤               ├──────┤
    line 1 │     s1 ├─ 198.18.1.1 ─>┤ i1 ··> o1 ├─ 198.18.1.2 ─>┤ k1   │
    line 2 │     s2 ├─ 198.18.2.1 ─>┤ i2 ··> o2 ├─ 198.18.2.2 ─>┤ k2   │
    line 3 │     s3 ├─ 198.18.3.1 ─>┤ i3 ··> o3 ├─ 198.18.3.2 ─>┤ k3   │
    line 4 │     s4 ├─ 198.18.4.1 ─>┤ i4 ··> o4 ├─ 198.18.4.2 ─>┤ k4   │
    line 5 │     s5 ├─ 198.18.5.1 ─>┤ i5 ··> o5 ├─ 198.18.5.2 ─>┤ k5   │
    line 6 │     s6 ├─ 198.18.6.1 ─>┤ i6 ··> o6 ├─ 198.18.6.2 ─>┤ k6   │
    line 7 │     s7 ├─ 198.18.7.1 ─>┤ i7 ··> o7 ├─ 198.18.7.2 ─>┤ k7   │
    line 8 │     s8 ├─ 198.18.8.1 ─>┤ i8 ··> o8 ├─ 198.18.8.2 ─>┤ k8   │
           └────────┘               └───────────┘               └──────┘
    ");
}

#[test]
fn every_row_of_a_drawing_ends_in_the_same_column() {
    let mut drawings: Vec<String> = ["fractus", "lab", "example"].map(drawing).to_vec();
    drawings.extend([1, 8, 12, 254].map(|lines| show::show(&with_lines(lines))));
    for drawing in drawings {
        let widths: Vec<usize> = drawing.lines().skip(2).map(|row| row.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{drawing}");
    }
}

#[test]
fn the_json_form_has_the_addresses_of_every_line() {
    let json = show::json(&Testbed::shipped("fractus").unwrap(), None);
    assert_eq!(json["lines"][3]["in"], "eth13");
    assert_eq!(json["lines"][3]["sink_address"], "198.18.4.2");
    assert_eq!(json["hosts"]["middlebox"]["sudo"], true);
    assert_eq!(json["rate_bps"], 1e10);
}
