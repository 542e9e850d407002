//! Profiles that cannot be, and where that is said.

use super::*;

fn refusal(text: &str) -> String {
    Profile::parse("x.yaml", &format!("name: x\nsummary: y\n{text}\n")).unwrap_err().to_string()
}

fn refused(text: &str, place: &str, said: &str) {
    let error = refusal(text);
    assert!(error.contains(&format!("x.yaml:{place}\n")) && error.contains(said), "{text}: {error}");
    assert!(error.contains("hint: "), "{error}");
}

#[test]
fn a_placeholder_that_means_nothing_is_refused_at_its_place_with_those_that_mean_something_there() {
    let text = "parameters: { batch: { default: '1' } }\nload:\n  - sysctl: { name: a.b, value: '{btch}' }";
    insta::assert_snapshot!(refusal(text), @r"
    `{btch}` asks for `{btch}`, which means nothing here
     --> x.yaml:5:33
      |
    5 |   - sysctl: { name: a.b, value: '{btch}' }
      |                                 ^^^^^^^^ cannot be filled in
      |
      = hint: there are batch, buffer, frame, lines, mtu, port_rings, ring_slots, rings, user_driver, work, ports, slots
    ");
    for (text, place) in [
        ("load: [{ command: { do: [a, '{line}'] } }]", "3:29"),
        ("load: [{ command: { do: [a], undo: [b, '{in}'] } }]", "3:40"),
        ("load: [{ command: { do: [a, 'x{ports}'] } }]", "3:29"),
        ("line: [{ command: { do: [a, '{input}'] } }]", "3:29"),
        ("line: [{ daemon: { name: 'd{nr}', command: [a], ready: r } }]", "3:26"),
        ("line: [{ daemon: { name: d, command: ['{wrk}/a'], ready: r } }]", "3:39"),
        ("load:\n  - insmod:\n      file: a.ko\n      module: a\n      parameters: { b: '{c}' }", "7:24"),
        ("load: [{ modprobe: { module: a, parameters: { b: '{c}' } } }]", "3:50"),
        ("line: [{ hugepages: { mib: '{lines * mib}' } }]", "3:28"),
        ("parameters: { a: { auto: '{ports}' } }", "3:26"),
        ("parameters: { a: { auto: '{line}' } }", "3:26"),
        ("build: { source: '{work}', products: [a] }", "3:18"),
        ("build: { source: s, make: [all, 'A={a}'], products: [a] }", "3:33"),
        ("build: { source: s, make: ['W={work}'], products: [a] }", "3:28"),
        ("build: { source: s, make: ['{ports}'], products: [a] }", "3:28"),
        ("build: { source: s, configure: [sh, '{line}'], products: [a] }", "3:37"),
        ("parameters: { a: { auto: '{rings}' } }\nbuild: { source: s, make: ['A={a}'], products: [a] }", "4:28"),
        ("facts: { a: '/sys/{line}' }", "3:13"),
        ("facts: { a: [cat, '{line}'] }", "3:19"),
        ("ports: { driver: '{slots}' }", "3:18"),
        ("load: [{ command: { do: [a, '{lines'] } }]", "3:29"),
        ("load: [{ command: { do: [a, '{lines +}'] } }]", "3:29"),
    ] {
        refused(text, place, "hint: ");
    }
}

#[test]
fn every_placeholder_may_stand_where_it_means_something() {
    for (section, names) in [
        ("load", [&words::CELL[..], &words::LISTS].concat()),
        ("line", [&words::CELL[..], &words::LISTS, &words::LINE].concat()),
    ] {
        let words: Vec<_> = names.iter().map(|name| format!("'{{{name}}}'")).collect();
        let text = format!("name: x\nsummary: y\n{section}: [{{ command: {{ do: [a, {}] }} }}]\n", words.join(", "));
        Profile::parse("x.yaml", &text).unwrap();
    }
    for text in [
        "parameters: { a: { default: auto, auto: '{max(2, rings) * mtu + 4}{user_driver}' }, b: { auto: '{a}' }, c: { env: C } }\nbuild: { source: '{c}/x', configure: ['./{c}'], make: ['A={c}', all], products: [c] }",
        "ports: { driver: '{user_driver}' }\nfacts: { a: '{work}/{lines}', b: [c, '{ports}'] }\nshow: [a]",
    ] {
        Profile::parse("x.yaml", &format!("name: x\nsummary: y\n{text}\n")).unwrap();
    }
}

#[test]
fn names_that_would_not_arrive_as_they_are_written_are_refused_at_their_place() {
    for (text, place, said) in [
        ("load: [{ modprobe: { module: -r } }]", "3:30", "`-r` cannot name a kernel module"),
        ("load: [{ modprobe: { module: '$(touch x)' } }]", "3:30", "cannot name a kernel module"),
        ("load: [{ insmod: { file: a.ko, module: 'a;b' } }]", "3:40", "cannot name a kernel module"),
        ("load: [{ insmod: { file: ../a.ko, module: a } }]", "3:26", "cannot name a file"),
        ("autoloads: [a, '../b']", "3:16", "cannot name a kernel module"),
        ("ports: { driver: -a }", "3:18", "cannot name a kernel module"),
        ("load: [{ command: { do: [] } }]", "3:25", "a command without words"),
        ("load: [{ command: { do: [-a] } }]", "3:26", "cannot be a program"),
        ("load: [{ command: { do: [a], undo: [''] } }]", "3:37", "cannot be a program"),
        ("line: [{ daemon: { name: a/b, command: [a], ready: r } }]", "3:26", "cannot name a file"),
        ("line: [{ daemon: { name: a, command: [a], ready: \"r\\n\" } }]", "3:50", "a text of several lines"),
        ("line: [{ daemon: { name: a, command: [a], ready: r, stop: SIGINT } }]", "3:59", "`SIGINT` is no signal"),
        ("line: [{ daemon: { name: a, command: [a], ready: r, stop: '9 -1' } }]", "3:59", "`9 -1` is no signal"),
        ("build: { source: s, products: [a/] }", "3:32", "is not a file"),
        ("build: { source: s, configure: [-x], products: [a] }", "3:33", "cannot be a program"),
        ("facts: { a: -e }", "3:13", "is not the path of a file"),
        ("facts: { a: [] }", "3:13", "a command without words"),
        ("parameters: { 'a=b': { default: '1' } }", "3:22", "cannot name a parameter"),
        ("parameters: { mtu: { default: '1' } }", "3:20", "`mtu` cannot be a parameter"),
        ("load: [{ command: { do: [a, \"b\\0\"] } }]", "3:29", "a zero byte"),
        ("parameters: { \"a\\0\": { default: '1' } }", "3:22", "a zero byte"),
    ] {
        refused(text, place, said);
    }
    for name in ["''", "../x", "a b", "\"a\\nb\"", "-a", "a.b", "'$(touch x)'", "ü", &"n".repeat(65)] {
        let error = Profile::parse("x.yaml", &format!("name: {name}\nsummary: y\n")).unwrap_err().to_string();
        assert!(error.contains("x.yaml:1:7") && error.contains("cannot name a framework"), "{error}");
    }
}
