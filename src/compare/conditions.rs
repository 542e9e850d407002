//! What has to be alike for figures to be comparable, and how it is read off a run. Must not know the figures.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::record::{Run, Trial};
use crate::role::Role;

/// The condition that tells the middleboxes of one testbed apart.
pub const MIDDLEBOX: &str = "middlebox";

/// How to read one condition off a run; `None` where the run does not say.
pub type Read = Box<dyn Fn(&Run) -> Option<String>>;

/// The conditions that these runs may differ in, by name.
pub fn of(runs: &[&Run]) -> Vec<(String, Read)> {
    let mut list: Vec<(String, Read)> = vec![
        ("testbed".to_owned(), Box::new(|run| Some(run.testbed.clone()))),
        (MIDDLEBOX.to_owned(), Box::new(|run| run.middlebox.clone())),
        ("MTU".to_owned(), Box::new(|run| run.settings.mtu.map(|m| m.to_string()))),
        ("emulated machine".to_owned(), Box::new(|run| run.settings.emulation.clone())),
        ("duration".to_owned(), Box::new(|run| run.settings.duration_s.map(|s| format!("{s} s")))),
        ("warm-up".to_owned(), Box::new(|run| run.settings.warmup_s.map(|s| format!("{s} s")))),
        ("cool-down".to_owned(), Box::new(|run| run.settings.cooldown_s.map(|s| format!("{s} s")))),
        ("protocol".to_owned(), Box::new(|run| run.settings.protocol.clone())),
        ("generator".to_owned(), Box::new(|run| Some(run.settings.generator.clone()))),
        ("layer of the rates".to_owned(), Box::new(|run| Some(run.settings.counts.name().to_owned()))),
        (
            "flows a line".to_owned(),
            Box::new(|run| Some(run.settings.flows.map_or_else(|| "one".to_owned(), |flows| flows.to_string()))),
        ),
        (
            "generator's version".to_owned(),
            Box::new(|run| {
                text(host(run, Role::Source)?.pointer(&format!("/tools/{}/version", run.settings.generator))?)
            }),
        ),
        ("search for the highest rate".to_owned(), Box::new(search)),
        ("queue map of the middlebox".to_owned(), Box::new(queue_map)),
    ];
    for role in Role::ALL {
        list.push((format!("kernel of the {role}"), Box::new(move |run| text(host(run, role)?.get("kernel")?))));
        list.push((format!("processor of the {role}"), Box::new(move |run| text(host(run, role)?.get("cpu_model")?))));
        list.push((format!("queues of the {role}"), Box::new(move |run| queues(run, role, ["rx", "tx"]))));
        list.push((
            format!("ring sizes of the {role}"),
            Box::new(move |run| queues(run, role, ["rx_slots", "tx_slots"])),
        ));
    }
    list.extend(shared_modules(runs).into_iter().map(|framework| {
        let field = format!("module of {framework} (srcversion)");
        let read: Read = Box::new(move |run| module(run, &framework));
        (field, read)
    }));
    list.extend(shared_rules(runs).into_iter().map(|path| {
        let field = format!("content of the rules `{path}`");
        let read: Read = Box::new(move |run| rules(run, &path));
        (field, read)
    }));
    list
}

fn host(run: &Run, role: Role) -> Option<&Value> {
    run.provenance.get(role.name())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// How the highest rate was searched for. What may be lost tells columns apart.
fn search(run: &Run) -> Option<String> {
    let rate = run.experiment.as_ref()?.rate.as_ref()?;
    Some(format!("{}, within {} %", rate.search.name(), rate.width_percent))
}

/// Which CPU takes the interrupts of which line, there and back.
fn queue_map(run: &Run) -> Option<String> {
    let lines = run.cores.iter().map(|cores| format!("line {} {}/{}", cores.line, cores.forward, cores.reverse));
    let lines: Vec<_> = lines.collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Two numbers of every test port of a host, said once where they are the same at all of them.
fn queues(run: &Run, role: Role, keys: [&str; 2]) -> Option<String> {
    let known = host(run, role)?.get("queues")?.as_array()?;
    let of_port = |port: &String| {
        let queues = known.iter().find(|queues| queues.get("interface").and_then(Value::as_str) == Some(port))?;
        let [rx, tx] = keys.map(|key| queues.get(key).and_then(text));
        Some((port.clone(), format!("rx {}, tx {}", rx?, tx?)))
    };
    let ports: Vec<(String, String)> = test_ports(run, role).iter().filter_map(of_port).collect();
    let (_, first) = ports.first()?;
    if ports.iter().all(|(_, numbers)| numbers == first) {
        return Some(first.clone());
    }
    let each: Vec<_> = ports.iter().map(|(port, numbers)| format!("{port} {numbers}")).collect();
    Some(each.join("; "))
}

/// Interfaces of a host that carry the lines.
fn test_ports(run: &Run, role: Role) -> Vec<String> {
    let ends: &[&str] = match role {
        Role::Source => &["source"],
        Role::Middlebox => &["in", "out"],
        Role::Sink => &["sink"],
    };
    let lines = run.testbed_resolved.get("lines").and_then(Value::as_array);
    let ports = lines.into_iter().flatten().flat_map(|line| ends.iter().map(|end| line.get(end)));
    ports.filter_map(|port| port?.as_str().map(str::to_owned)).collect()
}

/// Frameworks with a module that more than one of the runs measured.
fn shared_modules(runs: &[&Run]) -> Vec<String> {
    let frameworks = |run: &Run| {
        let with_module = run.trials.iter().filter(|trial| trial.framework_facts.contains_key("srcversion"));
        let mut names: Vec<String> = with_module.map(|trial| trial.framework.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let mut all: Vec<String> = runs.iter().flat_map(|run| frameworks(run)).collect();
    all.sort_unstable();
    let shared = all.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    shared.filter_map(|same| same.first().cloned()).collect()
}

/// What tells the builds of a framework's module apart, each that was measured.
fn module(run: &Run, framework: &str) -> Option<String> {
    let trials = run.trials.iter().filter(|trial| trial.framework == framework);
    let mut versions: Vec<String> = trials.filter_map(|trial| text(trial.framework_facts.get("srcversion")?)).collect();
    versions.sort_unstable();
    versions.dedup();
    (!versions.is_empty()).then(|| versions.join(" and "))
}

/// The trials of a run that an application's file of rules was given to, by its path.
fn with_rules(run: &Run) -> impl Iterator<Item = (&str, &Trial)> {
    run.trials.iter().filter_map(|trial| {
        let path = trial.params.get(&format!("{}.rules", trial.framework))?;
        Some((path.as_str(), trial))
    })
}

/// Paths of files of rules that more than one of the runs has: their content may have changed in between.
fn shared_rules(runs: &[&Run]) -> Vec<String> {
    let paths = |run: &Run| with_rules(run).map(|(path, _)| path.to_owned()).collect::<BTreeSet<_>>();
    let mut all: Vec<String> = runs.iter().flat_map(|run| paths(run)).collect();
    all.sort_unstable();
    let shared = all.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    shared.filter_map(|same| same.first().cloned()).collect()
}

/// What the file was, each that was measured.
fn rules(run: &Run, path: &str) -> Option<String> {
    let trials = with_rules(run).filter(|(of, _)| *of == path);
    let hashes: BTreeSet<String> =
        trials.filter_map(|(_, trial)| text(trial.framework_facts.get("rules_sha256")?)).collect();
    (!hashes.is_empty()).then(|| hashes.into_iter().collect::<Vec<_>>().join(" and "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::cores::LineCores;
    use crate::record::sample;

    /// What a run says of one condition.
    fn read(run: &Run, field: &str) -> Option<String> {
        let conditions = of(&[run, run]);
        let (_, read) = conditions.iter().find(|(name, _)| name == field).unwrap_or_else(|| panic!("no {field}"));
        read(run)
    }

    /// A run on two lines whose second output has another ring.
    fn run() -> Run {
        let mut run = sample::run("r", "2026-11-22T12:00:00Z");
        let line =
            |n: u32| json!({ "source": format!("s{n}"), "in": format!("i{n}"), "out": format!("o{n}"), "sink": "k" });
        run.testbed_resolved = json!({ "lines": [line(1), line(2)] });
        let queues = |name: &str, slots: Value| json!({ "interface": name, "rx": 4, "tx": 4, "rx_slots": slots, "tx_slots": 512 });
        let middlebox = ["eth0", "i1", "o1", "i2"].map(|name| queues(name, json!(1024)));
        let middlebox: Vec<_> = middlebox.into_iter().chain([queues("o2", json!(256))]).collect();
        run.provenance.insert("middlebox".to_owned(), json!({ "kernel": "6.12", "queues": middlebox }));
        let source = [queues("s1", json!(null)), queues("s2", json!(null))];
        let tools = json!({ "netperf": { "path": "/usr/bin/netperf", "version": "Netperf version 2.7.0" } });
        run.provenance.insert("source".to_owned(), json!({ "cpu_model": null, "queues": source, "tools": tools }));
        run
    }

    #[test]
    fn queues_and_rings_are_those_of_the_test_ports() {
        let run = run();
        assert_eq!(read(&run, "queues of the middlebox").unwrap(), "rx 4, tx 4");
        let rings = read(&run, "ring sizes of the middlebox").unwrap();
        assert_eq!(rings, "i1 rx 1024, tx 512; o1 rx 1024, tx 512; i2 rx 1024, tx 512; o2 rx 256, tx 512");
        assert_eq!(read(&run, "ring sizes of the source"), None, "its driver does not tell");
        assert_eq!(read(&run, "queues of the sink"), None, "nobody asked it");
    }

    #[test]
    fn what_a_host_did_not_say_is_not_known_and_what_it_said_is_kept() {
        let mut run = run();
        assert_eq!(read(&run, "processor of the source"), None);
        assert_eq!(read(&run, "generator's version").unwrap(), "Netperf version 2.7.0");
        assert_eq!(read(&run, "queue map of the middlebox"), None);
        run.cores = [(1, 1, 0), (2, 3, 2)]
            .map(|(line, forward, reverse)| LineCores { line, forward, reverse, node: None })
            .to_vec();
        assert_eq!(read(&run, "queue map of the middlebox").unwrap(), "line 1 1/0, line 2 3/2");
    }

    #[test]
    fn modules_are_compared_only_where_both_runs_loaded_one() {
        let with = |version: &str| {
            let mut run = run();
            let mut trial = sample::trial("netslice", 1, 1, 1e8);
            trial.framework_facts.insert("srcversion".to_owned(), json!(version));
            run.trials = vec![trial, sample::trial("bridge", 1, 1, 1e8)];
            run
        };
        let (one, two) = (with("A1"), with("B2"));
        let modules: Vec<_> = of(&[&one, &two]).into_iter().filter(|(field, _)| field.starts_with("module")).collect();
        assert_eq!(modules.len(), 1);
        assert_eq!(modules[0].0, "module of netslice (srcversion)");
        assert_eq!([&one, &two].map(|run| modules[0].1(run)), ["A1", "B2"].map(|v| Some(v.to_owned())));
        assert!(!of(&[&one, &run()]).iter().any(|(field, _)| field.starts_with("module")));
    }

    #[test]
    fn a_file_of_rules_is_compared_by_its_content_where_both_runs_had_one_of_that_path() {
        let with = |path: &str, hash: &str| {
            let mut run = run();
            let mut trial = sample::trial("netslice-firewall", 1, 1, 1e8);
            trial.params.insert("netslice-firewall.rules".to_owned(), path.to_owned());
            trial.framework_facts.insert("rules_sha256".to_owned(), json!(hash));
            run.trials = vec![trial];
            run
        };
        let rules = |one: &Run, two: &Run| {
            let all = of(&[one, two]).into_iter().filter(|(field, _)| field.starts_with("content"));
            all.map(|(_, read)| [read(one).unwrap(), read(two).unwrap()]).collect::<Vec<_>>()
        };
        assert_eq!(rules(&with("a", "1"), &with("a", "2")), [["1", "2"]]);
        assert!(rules(&with("a", "1"), &with("b", "2")).is_empty());
    }
}
