//! Words of a user's files, whatever they hold: each arrives as data where it is meant, or is refused at its place.

#[path = "words/hostile.rs"]
mod hostile;

use std::process::Command;

use hostile::{HOSTILE, yaml};
use nsbench::generator::Load;
use nsbench::plan::layout::Layout;
use nsbench::plan::template::Template;
use nsbench::plan::{Artifacts, Cell, Plan, Sources, Step, build, plan};
use nsbench::profile::Profile;
use nsbench::testbed::Testbed;
use nsbench::yaml::Diagnostic;
use serde_json::Value;

/// Every string field of a testbed file: the file with `@` for the word, and where the value then stands.
const TESTBED: [(&str, &str); 8] = [
    ("name: @\n", "/name"),
    ("hosts: { source: { ssh: @ }, middlebox: { ssh: b }, sink: { ssh: c } }\n", "/source/ssh"),
    ("lines: [{ source: @, in: eth1, out: eth2, sink: eth1 }]\n", "/lines/0/source"),
    ("lines: [{ source: eth1, in: @, out: eth2, sink: eth1 }]\n", "/lines/0/in"),
    ("lab: @\n", "/lab"),
    ("rate: @\n", "/rate"),
    ("network: @\n", "/network"),
    ("ssh_config: @\n", "/ssh_config"),
];

/// A testbed file that says `field`, and else what must be said.
fn testbed_with(field: &str) -> String {
    let needed = [
        "name: t\n",
        "hosts: { source: { ssh: a }, middlebox: { ssh: b }, sink: { ssh: c } }\n",
        "lines: [{ source: eth1, in: eth1, out: eth2, sink: eth1 }]\n",
    ];
    let key = |line: &str| line.split(':').next().unwrap().to_owned();
    let others = needed.into_iter().filter(|line| key(line) != key(field));
    others.chain([field]).collect()
}

/// Line and column of the `@`.
fn place(text: &str) -> (usize, usize) {
    let before = text.split('@').next().unwrap();
    (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().chars().count() + 1)
}

#[test]
fn every_string_of_a_testbed_file_is_kept_as_it_is_or_refused_at_its_place() {
    for (field, pointer) in TESTBED {
        let with = testbed_with(field);
        for word in HOSTILE {
            match Testbed::parse("x.yaml", &with.replace('@', &yaml(word))) {
                Ok(testbed) => {
                    let value = serde_json::to_value(&testbed).unwrap();
                    assert_eq!(value.pointer(pointer).unwrap(), word, "{field}");
                }
                Err(refusal) => assert_eq!(refusal.places(), [place(&with)], "{field} {word:?}: {refusal}"),
            }
        }
    }
}

#[test]
fn a_testbeds_name_is_never_a_path_nor_a_command() {
    for name in ["../x", "/etc/x", ".", "..", ".hidden", "a/b", &"n".repeat(65)].into_iter().chain(HOSTILE) {
        let refusal = Testbed::parse("x.yaml", &testbed_with(&format!("name: {}\n", yaml(name)))).unwrap_err();
        assert!(refusal.messages().all(|message| message.ends_with("cannot be a name")), "{refusal}");
    }
}

/// Every string field of a profile, with `@` for the word, and where the value then stands.
const PROFILE: [(&str, &str); 41] = [
    ("summary: @", "/summary"),
    ("variant_of: @", "/variant_of"),
    ("makes_possible: @", "/makes_possible"),
    ("parameters: { @: { default: a } }", "/parameters"),
    ("parameters: { p: { default: @ } }", "/parameters/p/default"),
    ("parameters: { p: { default: a, env: @ } }", "/parameters/p/env"),
    ("parameters: { p: { default: auto, auto: @ } }", "/parameters/p/auto"),
    ("parameters: { p: { default: a, values: [a, @] } }", "/parameters/p/values/1"),
    ("parameters: { p: { default: a, help: @ } }", "/parameters/p/help"),
    ("programs: { @: package }", "/programs"),
    ("programs: { program: @ }", "/programs/program"),
    ("bring: [@]", "/bring/0"),
    ("build: { source: @, products: [a] }", "/build/source"),
    ("build: { source: a, directory: @, products: [a] }", "/build/directory"),
    ("build: { source: a, configure: [@], products: [a] }", "/build/configure/0"),
    ("build: { source: a, configure: [a, @], products: [a] }", "/build/configure/1"),
    ("build: { source: a, make: [@], products: [a] }", "/build/make/0"),
    ("build: { source: a, products: [@] }", "/build/products/0"),
    ("autoloads: [@]", "/autoloads/0"),
    ("ports: { driver: @ }", "/ports/driver"),
    ("ports: { offloads: { @: \"off\" } }", "/ports/offloads"),
    ("ports: { offloads: { feature: @ } }", "/ports/offloads/feature"),
    ("load: [{ insmod: { file: @, module: m } }]", "/load/0/insmod/file"),
    ("load: [{ insmod: { file: f, module: @ } }]", "/load/0/insmod/module"),
    ("load: [{ insmod: { file: f, module: m, parameters: { p: @ } } }]", "/load/0/insmod/parameters/p"),
    ("load: [{ insmod: { file: f, module: m, parameters: { @: a } } }]", "/load/0/insmod/parameters"),
    ("load: [{ modprobe: { module: @ } }]", "/load/0/modprobe/module"),
    ("load: [{ modprobe: { module: m, parameters: { p: @ } } }]", "/load/0/modprobe/parameters/p"),
    ("load: [{ command: { do: [@] } }]", "/load/0/command/do/0"),
    ("load: [{ command: { do: [a, @] } }]", "/load/0/command/do/1"),
    ("load: [{ command: { do: [a], undo: [@] } }]", "/load/0/command/undo/0"),
    ("line: [{ command: { do: [a], undo: [a, @] } }]", "/line/0/command/undo/1"),
    ("line: [{ daemon: { name: @, command: [a], ready: r } }]", "/line/0/daemon/name"),
    ("line: [{ daemon: { name: d, command: [@], ready: r } }]", "/line/0/daemon/command/0"),
    ("line: [{ daemon: { name: d, command: [a, @], ready: r } }]", "/line/0/daemon/command/1"),
    ("line: [{ daemon: { name: d, command: [a], ready: @ } }]", "/line/0/daemon/ready"),
    ("line: [{ daemon: { name: d, command: [a], ready: r, stop: @ } }]", "/line/0/daemon/stop"),
    ("line: [{ sysctl: { name: @, value: a } }]", "/line/0/sysctl/name"),
    ("line: [{ sysctl: { name: a, value: @ } }]", "/line/0/sysctl/value"),
    ("line: [{ hugepages: { mib: @ } }]", "/line/0/hugepages/mib"),
    ("facts: { f: @, g: [a, @] }", "/facts/f"),
];

/// The profile that says `field` with `word`, or its refusal.
fn profile_with(field: &str, word: &str) -> anyhow::Result<Profile> {
    Profile::parse("x.yaml", &format!("name: x\nsummary: y\n{field}\n").replace('@', &yaml(word)))
}

/// What `--dry-run` prints of a profile, with `set` for its parameter `p`; sources are said to be there.
fn planned(profile: Profile, set: Option<&str>) -> anyhow::Result<Plan> {
    let params = profile.parameters(&set.map(|word| ("p".to_owned(), word.to_owned())).into_iter().collect())?;
    let artifacts = match &profile.build {
        None => Artifacts::None,
        Some(build) => {
            let (commands, products) = (build::commands(build, &Template::new(&params))?, build::products(build));
            Artifacts::OnHost(Sources { key: "0123456789abcdef".to_owned(), archive: Vec::new(), commands, products })
        }
    };
    plan(
        &Testbed::shipped("lab").unwrap(),
        &Layout::default(),
        &Cell { profile, params, lines: 1, frame_size: None },
        &artifacts,
        &Load::default(),
    )
}

/// The step's parts as functions, so that a shell can be asked whether it understands them.
fn functions(steps: &[Step]) -> String {
    let parts = steps.iter().flat_map(|step| [&step.save, &step.apply, &step.verify]);
    parts.fold(String::new(), |text, part| text + "f() {\n:\n" + part.trim_end() + "\n}\n")
}

fn is_understood(script: &str) {
    for shell in [&["dash"][..], &["bash", "--posix"], &["busybox", "sh"]] {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&path, script).unwrap();
        let mut command = Command::new(shell[0]);
        // A shell complains of a locale that is not on the machine.
        command.args(&shell[1..]).arg("-n").arg(path.path()).env("LC_ALL", "C.UTF-8");
        let Ok(output) = command.output() else {
            println!("skipped: there is no {}", shell[0]);
            continue;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{shell:?}: {said}");
    }
}

#[test]
fn every_string_of_a_profile_is_planned_as_it_is_or_refused_at_its_place() {
    let mut script = String::new();
    let mut planned_words = 0;
    for (field, pointer) in PROFILE {
        for word in HOSTILE {
            let profile = match profile_with(field, word) {
                Ok(profile) => profile,
                Err(error) => {
                    let refusal: &Diagnostic = error.downcast_ref().unwrap();
                    let (line, _) = place(&format!("name: x\nsummary: y\n{field}"));
                    let is_there = refusal.places().iter().all(|place| place.0 == line || field.starts_with("summary"));
                    assert!(is_there, "{field} {word:?}: {error}");
                    continue;
                }
            };
            let value = serde_json::to_value(&profile).unwrap();
            let value = value.pointer(pointer).unwrap();
            let kept = if let Value::Object(entries) = value { entries.contains_key(word) } else { value == word };
            assert!(kept, "{field} {word:?}");
            let Ok(plan) = planned(profile, None) else { continue };
            planned_words += 1;
            for step in plan.steps.values().flatten() {
                assert!(!step.title.contains(char::is_control), "{field} {word:?}: {:?}", step.title);
            }
            script += &plan.steps.values().map(|steps| functions(steps)).collect::<String>();
        }
    }
    assert!(planned_words > 500, "{planned_words}");
    is_understood(&script);
}

#[test]
fn a_parameters_value_stays_one_word_wherever_it_is_filled_in() {
    let fields = [
        "load: [{ command: { do: [tell, '{p}', 'a{p}b'], undo: [tell, '{p}'] } }]",
        "line: [{ daemon: { name: d, command: [tell, '{p}'], ready: r } }]",
        "line: [{ daemon: { name: 'd{p}', command: [tell], ready: r } }]",
        "load: [{ sysctl: { name: a, value: '{p}' } }]",
        "load: [{ insmod: { file: f, module: m, parameters: { q: '{p}' } } }]",
        "ports: { driver: '{p}' }",
        "build: { source: a, configure: [c, '{p}'], make: ['A={p}'], products: [a] }",
    ];
    let mut script = String::new();
    for (field, word) in fields.iter().flat_map(|field| HOSTILE.map(|word| (field, word))) {
        let text = format!("name: x\nsummary: y\nparameters: {{ p: {{ default: a }} }}\n{field}\n");
        let profile = Profile::parse("x.yaml", &text).unwrap();
        match planned(profile, Some(word)) {
            Ok(plan) => script += &plan.steps.values().map(|steps| functions(steps)).collect::<String>(),
            // What cannot arrive whole is refused in so many words.
            Err(error) => assert!(error.to_string().contains("cannot "), "{field} {word:?}: {error}"),
        }
    }
    is_understood(&script);
}

#[test]
fn each_step_of_a_dry_run_has_one_line_of_title_and_no_word_of_it_is_a_command() {
    for word in HOSTILE {
        let profile = profile_with("load: [{ command: { do: [tell, @] } }]", word).unwrap();
        let shown = planned(profile, None).unwrap().to_string();
        let titles = shown.lines().filter(|line| line.starts_with("# tell ")).count();
        assert_eq!(titles, 1, "{shown}");
    }
    let profile = profile_with("load: [{ command: { do: [tell, @] } }]", "a\n>owned\n").unwrap();
    let shown = planned(profile, None).unwrap().to_string();
    assert!(shown.contains("\n# tell 'a >owned '\ntell 'a\n>owned\n'\n"), "{shown}");
}

#[test]
fn what_a_shell_takes_for_its_own_is_a_programs_name_like_any_other() {
    for (word, shown) in [("A=b", "'A=b' c"), ("if", "'if' c"), ("time", "'time' c"), ("ip", "ip c"), ("{", "'{' c")] {
        let argv = nsbench::host::shell::Argv::new([word, "c"]).to_string();
        assert_eq!(argv, shown);
        let output = Command::new("sh").args(["-c", &format!("PATH=; {argv}")]).output().unwrap();
        assert_eq!(output.status.code(), Some(127), "{argv}");
    }
}
