//! `--dry-run`: the commands that would run, host by host, and no host asked.

use std::path::Path;

use insta::assert_snapshot;

use crate::program::{Ended, nsbench};

fn planned(arguments: &str) -> Ended {
    let ended = nsbench(&format!("run --dry-run {arguments}")).run();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    assert_eq!(ended.left, Vec::<String>::new(), "a dry run leaves nothing behind");
    ended
}

/// Whether there are sources of the module to plan with.
fn has_module() -> bool {
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernel-module/Makefile").exists();
    if !there {
        println!("skipped: kernel-module has no sources");
    }
    there
}

#[test]
fn the_bridge_on_two_lines_of_the_papers_testbed() {
    assert_snapshot!(planned("-f bridge -l 2 -t fractus"));
}

#[test]
fn the_bridge_on_two_lines_of_the_lab_which_stays_down() {
    assert_snapshot!(planned("-f bridge -l 2"));
}

#[test]
fn netslice_on_two_lines_of_the_papers_testbed_is_built_there() {
    if has_module() {
        assert_snapshot!(planned("-f netslice -l 2 -t fractus"));
    }
}

#[test]
fn a_calibration_stands_before_the_cells_once_for_each_number_of_lines() {
    let text = planned("-f bridge -l 1,2 -t lab --calibrate").stdout;
    let places =
        ["# 1 line without forwarding", "# 2 lines without forwarding", "# bridge on 1 line", "# bridge on 2 lines"]
            .map(|title| text.find(&format!("{title}\n")).unwrap_or_else(|| panic!("`{title}` is missing:\n{text}")));
    assert!(places.is_sorted(), "{places:?}");
    assert!(text.contains("ip address add 198.18.2.4 peer 198.18.2.2/32 dev eth4"), "{text}");
}

#[test]
fn a_cost_cannot_be_calibrated() {
    let ended = nsbench("run -f bridge --measure cost --calibrate -t fractus").run();
    assert_snapshot!(ended, @r"
    [exit status 2]
    --- stderr
    error: `--calibrate` tells which rates are the generator's, and a cost is no rate
    hint: leave it out, or measure throughput
    ");
}

#[test]
fn netslice_on_two_lines_of_the_lab_is_uploaded() {
    if has_module() {
        assert_snapshot!(planned("-f netslice -l 2"));
    }
}

/// What is said of the generator: on source and sink, and the commands of its traffic.
fn of_the_generator(arguments: &str) -> String {
    let text = planned(arguments).stdout;
    let ends =
        ["\n# generator", "\n# program", "\n# module pktgen", "\n# module netmap", "\n# net.ipv4.tcp_max_tw_buckets"];
    let steps = text.split("\n# ").filter(|step| ends.iter().any(|end| format!("\n# {step}").starts_with(end)));
    let applied = steps.map(|step| step.split("\n#   its undo").next().unwrap().to_owned());
    let traffic = text.split("## traffic").nth(1).unwrap();
    format!("{}\n## traffic{}", applied.collect::<Vec<_>>().join("\n"), traffic.trim_end())
}

#[test]
fn each_generator_is_started_in_its_own_way() {
    for (name, arguments) in [
        ("netperf_flows", "--flows 2 --protocol udp --frame-size 508"),
        ("iperf3", "--generator iperf3"),
        ("iperf3_flows", "--generator iperf3 --flows 2"),
        ("pktgen", "--generator pktgen --flows 2 --frame-size 124"),
        ("testpmd", "--generator testpmd"),
        ("pkt_gen", "--generator pkt-gen"),
        ("pktgen_imix", "--generator pktgen --frame-size imix"),
    ] {
        assert_snapshot!(name, of_the_generator(&format!("-f bridge -l 2 -t lab {arguments}")));
    }
}

#[test]
fn the_cost_of_the_bridge_in_the_lab_takes_the_middlebox_alone() {
    assert_snapshot!(planned("-f bridge --measure cost --frame-size 60,1514 -t lab"));
}

#[test]
fn every_combination_is_planned_in_the_order_of_the_command_line() {
    let text = "name: mine\nsummary: for a test\nparameters:\n  a: { default: '0' }\n  b: { default: '0' }\n\
                line:\n  - command: { do: [tell, '{a}', '{b}', '{line}'] }\n";
    let program = nsbench("run --dry-run -f mine.yaml,bridge -l 2,1 -t fractus --set mine.a=1,2 --set mine.b=x");
    let ended = program.file("mine.yaml", text).run();
    let told = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("tell") || line.starts_with("# mine on") || line.starts_with("# bridge on"));
    let told: Vec<_> = told.collect();
    let mine = [
        ["# mine on 2 lines, a=1, b=x", "tell 1 x 1", "tell 1 x 2", "# mine on 1 line, a=1, b=x", "tell 1 x 1"],
        ["# mine on 2 lines, a=2, b=x", "tell 2 x 1", "tell 2 x 2", "# mine on 1 line, a=2, b=x", "tell 2 x 1"],
    ];
    let bridge = ["# bridge on 2 lines", "# bridge on 1 line"];
    assert_eq!(told, [&mine[0][..], &mine[1], &bridge].concat());
}

#[test]
fn the_testbed_is_the_one_named_else_the_variables_else_the_directorys_else_the_lab() {
    let port = |name: &str| {
        format!(
            "name: mine\nhosts:\n  source: {{ ssh: a }}\n  middlebox: {{ ssh: b }}\n  sink: {{ ssh: c }}\n\
             lines: [{{ source: {name}, in: eth1, out: eth2, sink: eth1 }}]\n"
        )
    };
    let with = |arguments: &str, variable: Option<&str>, here: bool| {
        let mut program = nsbench(&format!("run --dry-run -f bridge {arguments}")).file("named.yaml", &port("named0"));
        program = program.file("variable.yaml", &port("variable0"));
        if let Some(variable) = variable {
            program = program.variable("NSBENCH_TESTBED", variable);
        }
        if here {
            program = program.file("testbed.yaml", &port("here0"));
        }
        let ended = program.run();
        let source = ended.stdout.split("## sink").next().unwrap().split("## source").nth(1).unwrap_or_default();
        let set = |line: &&str| line.starts_with("ip link set dev ") && line.ends_with(" up");
        source.lines().find(set).unwrap_or_default().split(' ').nth(4).unwrap_or_default().to_owned()
    };
    assert_eq!(with("-t named.yaml", Some("variable.yaml"), true), "named0");
    assert_eq!(with("", Some("variable.yaml"), true), "variable0");
    assert_eq!(with("", Some("fractus"), true), "eth6");
    assert_eq!(with("", None, true), "here0");
    assert_eq!(with("", None, false), "eth1");
}

#[test]
fn a_search_for_the_highest_rates_says_what_it_searches_for_and_how_it_begins() {
    let planned = planned("-f bridge -l 2 -t fractus --measure ndr --loss 0.5 --flows 2");
    let (_, traffic) = planned.stdout.split_once("## traffic of ").unwrap();
    let (heading, rest) = traffic.split_once("sh -c").unwrap();
    let searched = "# searched for: the highest rates with 0.5 % loss, within 0.5 %, by MLRsearch; those that follow";
    assert!(heading.starts_with("the first trial, as fast as the generator can, from the source\n"), "{heading}");
    assert!(heading.contains(searched), "{heading}");
    assert!(rest.contains("' pktgen 10 0 60 1 eth6 198.18.1.1 "), "{rest}");
}
