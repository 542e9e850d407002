//! A testbed with several middleboxes, before any host is asked.

use crate::program::{Ended, nsbench};

const FILE: &str = "\
name: mine
hosts:
  source: { ssh: a }
  middleboxes: { old: { ssh: b }, new: { ssh: c } }
  sink: { ssh: d }
lines:
  - { source: eth1, middlebox: old, in: old1, out: old2, sink: eth1 }
  - { source: eth2, middlebox: new, in: new1, out: new2, sink: eth2 }
  - { source: eth3, middlebox: new, in: new3, out: new4, sink: eth3 }
";

fn on_it(arguments: &str) -> Ended {
    nsbench(arguments).file("testbed.yaml", FILE).run()
}

#[test]
fn a_run_is_planned_for_one_after_the_other_each_with_its_own_lines() {
    let planned = |arguments: &str| {
        let ended = on_it(&format!("run --dry-run -f bridge {arguments}"));
        assert_eq!(ended.status, Some(0), "{ended}");
        let told = |line: &&str| line.starts_with("# middlebox ") || line.starts_with("# bridge on");
        let ports = |line: &&str| line.starts_with("ip link set dev ") && line.contains(" master ");
        ended.stdout.lines().filter(|line| told(line) || ports(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    let old = ["# middlebox old (b)", "# bridge on 1 line"].map(str::to_owned);
    let of_old = ["ip link set dev old1 master nsb1", "ip link set dev old2 master nsb1"].map(str::to_owned);
    let of_new = ["ip link set dev new1 master nsb1", "ip link set dev new2 master nsb1"].map(str::to_owned);
    let new = ["# middlebox new (c)", "# bridge on 1 line"].map(str::to_owned);
    assert_eq!(planned(""), [&old[..], &of_old, &new, &of_new].concat());
    assert_eq!(planned("--middlebox new,old"), [&new[..], &of_new, &old, &of_old].concat());
    assert_eq!(planned("--middlebox new"), [&new[1..], &of_new].concat());
}

#[test]
fn what_cannot_be_done_on_each_of_them_is_said_before_anything_is_done() {
    let ended = on_it("run --dry-run -f bridge -l 2");
    assert_eq!(
        ended.to_string(),
        "[exit status 2]\n--- stderr\nerror: mine with middlebox old: the testbed `mine` has 1 lines, not 2\n\
         hint: write --lines with numbers from 1 to 1\n"
    );
    assert_eq!(on_it("run --dry-run -f bridge -l 2 --middlebox new").status, Some(0));
    let unknown = "error: the testbed `mine` has no middlebox `newer`\nhint: write one of `old`, `new`\n";
    for command in ["run --dry-run -f bridge", "topology show", "topology check", "soak -f bridge --cycles 2"] {
        let ended = on_it(&format!("{command} --middlebox newer"));
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(2), unknown), "{command}");
    }
    let soak = on_it("soak -f bridge --cycles 2 --dry-run");
    assert_eq!(soak.status, Some(2), "{soak}");
    assert!(soak.stderr.contains("several middleboxes"), "{soak}");
    assert!(soak.stderr.ends_with("hint: --middlebox with one of `old`, `new`\n"), "{soak}");
}

#[test]
fn each_is_drawn_and_for_programs_they_are_a_list() {
    let ended = on_it("topology show --offline");
    let drawn: Vec<_> = ended.stdout.lines().filter(|line| line.starts_with("testbed ")).collect();
    assert_eq!(
        drawn,
        ["testbed mine with middlebox old: 1 line, MTU 1500", "testbed mine with middlebox new: 2 lines, MTU 1500"]
    );
    let json = |arguments: &str| -> serde_json::Value {
        serde_json::from_str(&on_it(&format!("topology show --offline --format json {arguments}")).stdout).unwrap()
    };
    assert_eq!(json("")["middleboxes"][1]["middlebox"], "new");
    assert_eq!(json("--middlebox old")["hosts"]["middlebox"]["ssh"], "b");
}
