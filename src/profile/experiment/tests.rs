//! Experiments as they are written, and where mistakes in them are told.

use super::*;
use crate::profile::ALL;

/// What is set for `framework`, a group a line.
fn groups(experiment: &Experiment, framework: &str) -> Vec<String> {
    let shown = |group: Vec<&Setting>| {
        let parts = group.iter().map(|(name, values)| format!("{name}={}", values.join(",")));
        parts.collect::<Vec<_>>().join(" ")
    };
    experiment.groups(framework).into_iter().map(shown).collect()
}

const GROUPS: &str = "frameworks: [netslice, netmap, bridge]\nset: { netslice.mode: classic, netmap.ring_num: 7 }\nsets:\n\
                      - {}\n- { netslice.wakeup: sleeper }\n- { netslice.batch: [16, 64] }\n- { netmap.if_num: 9 }\n";

#[test]
fn a_group_is_tried_beside_what_is_set_in_any_case_and_not_with_other_groups() {
    let experiment = parse(GROUPS);
    assert_eq!(
        groups(&experiment, "netslice"),
        [
            "netslice.mode=classic",
            "netslice.mode=classic netslice.wakeup=sleeper",
            "netslice.mode=classic netslice.batch=16,64"
        ]
    );
    assert_eq!(groups(&experiment, "netmap"), ["netmap.ring_num=7", "netmap.ring_num=7 netmap.if_num=9"]);
    assert_eq!(groups(&experiment, "bridge"), [""]);
    let without = parse("frameworks: [netslice, bridge]\nsets: [{ netslice.batch: 16 }]\n");
    assert_eq!(
        (groups(&without, "netslice"), groups(&without, "bridge")),
        (vec!["netslice.batch=16".to_owned()], vec![String::new()])
    );
}

#[test]
fn the_command_lines_value_of_a_parameter_holds_for_every_group() {
    let mut experiment = parse(GROUPS);
    experiment.replace_setting("netslice.wakeup".to_owned(), vec!["always".to_owned()]);
    let always = "netslice.mode=classic netslice.wakeup=always";
    assert_eq!(groups(&experiment, "netslice"), [always, always, &format!("{always} netslice.batch=16,64")]);
    experiment.replace_frameworks(vec!["netmap".to_owned()]);
    assert_eq!(groups(&experiment, "netmap"), ["netmap.ring_num=7", "netmap.ring_num=7 netmap.if_num=9"]);
    assert_eq!(experiment.sets.len(), 2);
}

fn parse(text: &str) -> Experiment {
    Experiment::parse("x.yaml", &format!("name: x\nsummary: y\n{text}"), Path::new("dir")).unwrap()
}

fn refusal(text: &str) -> String {
    Experiment::parse("x.yaml", &format!("name: x\nsummary: y\n{text}"), Path::new("")).unwrap_err().to_string()
}

fn set(name: &str, values: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
}

#[test]
fn every_experiment_in_the_directory_is_shipped_understood_and_named_after_its_file() {
    let files = fs::read_dir("profiles/experiments").unwrap();
    let mut stems: Vec<_> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    stems.sort();
    assert_eq!(stems, Experiment::names());
    for name in stems {
        assert_eq!(Experiment::find(&name).unwrap().name, Some(name));
    }
}

#[test]
fn an_experiment_says_what_the_command_line_could() {
    let text = "frameworks: [netslice, mine.yaml, /abs/own.yml]\nlines: [1, 2..3, 4]\ntrials: 5\nprecision: 0.5%\nmax_trials: 9\nduration: 2min\nwarmup: 2s\ncooldown: 0\n\
                generator: iperf3\nprotocol: udp\nflows: 8\nmeasure: cost\nframe_size: [60, rfc2544, imix]\nset: { netslice.mode: classic, netslice.batch: [16, \"64\"] }\nsets:\n\
                - {}\n- { netslice.wakeup: sleeper, netslice.touch: [all, headers] }\n- { own.a: b }\nshuffle: true\n";
    let expected = Experiment {
        name: Some("x".to_owned()),
        summary: "y".to_owned(),
        frameworks: ["netslice", "dir/mine.yaml", "/abs/own.yml"].map(str::to_owned).to_vec(),
        lines: vec![1, 2, 3, 4],
        repeats: Wish { trials: Some(5), precision_percent: Some(0.5), max_trials: Some(9) },
        duration_s: 120,
        around_s: [2, 0],
        generator: Some(Generator::Iperf3),
        protocol: Some(Protocol::Udp),
        flows: Some(8),
        set: vec![set("netslice.mode", &["classic"]), set("netslice.batch", &["16", "64"])],
        sets: vec![
            vec![],
            vec![set("netslice.wakeup", &["sleeper"]), set("netslice.touch", &["all", "headers"])],
            vec![set("own.a", &["b"])],
        ],
        measure: Measure::Cost,
        frame_sizes: [60, 60, 124, 252, 508, 1020, 1276, 1514]
            .map(Frames::Size)
            .into_iter()
            .chain([Frames::Mix("imix".parse().unwrap())])
            .collect(),
        rate: Rate::default(),
        shuffle: true,
    };
    assert_eq!(parse(text), expected);
}

#[test]
fn what_a_file_does_not_say_is_as_on_the_command_line() {
    let least = parse("frameworks: bridge\n");
    let default = Experiment { frameworks: vec!["bridge".to_owned()], ..Experiment::default() };
    assert_eq!(Experiment { name: None, summary: String::new(), ..least }, default);
    assert_eq!(parse("frameworks: all\n").frameworks, [ALL]);
    assert_eq!(parse("frameworks: bridge\nlines: 1..3\nduration: 7\n").lines, [1, 2, 3]);
}

#[test]
fn mistakes_are_refused_at_their_place() {
    for (text, place, said) in [
        ("frameworks: bridge\nline: 1\n", "x.yaml:4:1", "did you mean `lines`?"),
        ("lines: 1\n", "x.yaml:1:1", "missing key `frameworks`"),
        ("frameworks: []\n", "x.yaml:3:13", "an empty list"),
        ("frameworks: [bridge, { a: b }]\n", "x.yaml:3:22", "wrong value for `frameworks`"),
        ("frameworks: bridge\nlines: [1, four]\n", "x.yaml:4:12", "no number of lines"),
        ("frameworks: bridge\nlines: 4..1\n", "x.yaml:4:8", "write a number of lines"),
        ("frameworks: bridge\nlines:\n", "x.yaml:4:1", "wrong value for `lines`"),
        ("frameworks: bridge\ntrials: 0\n", "x.yaml:4:9", "from 1 to 1000"),
        ("frameworks: bridge\nmax_trials: 1001\n", "x.yaml:4:13", "from 1 to 1000"),
        ("frameworks: bridge\ntrials: 5\nmax_trials: 4\n", "x.yaml:5:13", "write 5 or more"),
        ("frameworks: bridge\nprecision: 0\n", "x.yaml:4:12", "above 0 and up to 100"),
        ("frameworks: bridge\nprecision: [1]\n", "x.yaml:4:12", "0.5%"),
        ("frameworks: bridge\nwarmup: -1\n", "x.yaml:4:9", "0 for none"),
        ("frameworks: bridge\nduration: 0.5s\n", "x.yaml:4:11", "10s, 2min"),
        ("frameworks: bridge\nprotocol: sctp\n", "x.yaml:4:11", "the choices are `tcp`, `udp`"),
        (
            "frameworks: bridge\ngenerator: netcat\n",
            "x.yaml:4:12",
            "the choices are `netperf`, `iperf3`, `pktgen`, `testpmd`, `pkt-gen`",
        ),
        ("frameworks: bridge\nflows: 0\n", "x.yaml:4:8", "from 1 to 256"),
        ("frameworks: bridge\nmeasure: speed\n", "x.yaml:4:10", "the choices are `throughput`, `cost`"),
        ("frameworks: bridge\nframe_size: [60, 59]\n", "x.yaml:4:18", "no size of a frame"),
        ("frameworks: bridge\nframe_size: 60*7+60\n", "x.yaml:4:13", "or a mix, imix or 60*7+1514*1"),
        ("frameworks: bridge\nshuffle: maybe\n", "x.yaml:4:10", "`true` or `false`"),
        ("frameworks: bridge\nset: { netslice.mode: classic }\n", "x.yaml:4:23", "is for none of the frameworks"),
        ("frameworks: mine.yaml\nset: { batch: 16 }\n", "x.yaml:4:15", "write FRAMEWORK.PARAMETER"),
        ("frameworks: netslice\nset: { netslice.batch: [16, 1.50] }\n", "x.yaml:4:29", "netslice.batch`"),
        ("frameworks: netslice\nsets: []\n", "x.yaml:4:7", "an empty list"),
        ("frameworks: netslice\nsets: {}\n", "x.yaml:4:7", "write a list"),
        ("frameworks: netslice\nsets: [{}, 1]\n", "x.yaml:4:12", "a mapping"),
        ("frameworks: netslice\nsets: [{}, { bridge.a: 1 }]\n", "x.yaml:4:24", "is for none of the frameworks"),
        ("frameworks: netslice\nsets: [{ netslice.batch: [] }]\n", "x.yaml:4:26", "`sets.netslice.batch`"),
        (
            "frameworks: netslice\nset: { netslice.batch: 1 }\nsets: [{}, { netslice.batch: 2 }]\n",
            "x.yaml:5:30",
            "leave it out here, or under `set`",
        ),
    ] {
        let error = refusal(text);
        assert!(error.contains(place) && error.contains(said), "{error}");
    }
}

#[test]
fn frameworks_and_settings_of_the_command_line_take_the_place_of_the_files() {
    let mut experiment =
        parse("frameworks: [bridge, netslice]\nset: { netslice.mode: classic, netslice.batch: [16, 64] }\n");
    experiment.replace_setting("netslice.batch".to_owned(), vec!["32".to_owned()]);
    assert_eq!(experiment.set, [set("netslice.mode", &["classic"]), set("netslice.batch", &["32"])]);
    experiment.replace_frameworks(vec!["netslice".to_owned()]);
    assert_eq!(experiment.set.len(), 2);
    experiment.replace_frameworks(vec!["bridge".to_owned()]);
    assert_eq!((experiment.frameworks, experiment.set), (vec!["bridge".to_owned()], Vec::new()));
}
