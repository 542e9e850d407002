//! The firewall on the lab: what its rules allow arrives, and what they block does not, on every framework.

use std::fs;

use serde_json::Value;

use crate::bench::Bench;
use crate::frameworks::has_netmap;

/// Set where there is time for every framework, with netperf, and for more frames.
pub const ALL: &str = "NSBENCH_FIREWALL_ALL";

/// Both let the run find its hosts; they differ in what becomes of the traffic.
const ALLOW: &str = "default drop\naccept icmp\naccept tcp\naccept on in udp keep\n";
const BLOCK: &str = "default drop\naccept icmp\naccept tcp\ndrop udp\n";

/// Of two flows between fixed ports one may pass.
const HALF: &str = "default drop\naccept icmp\naccept tcp\naccept on in udp from any port 20000\ndrop udp\n";

/// Without a figure where nothing arrives.
fn run(bench: &Bench, status: i32, frameworks: &str, rules: &str, also: &str) -> Vec<Value> {
    let results = bench.results();
    let words = ["run", "-f", frameworks, "--app", "firewall", "--rules", rules, "--trials", "1", "--duration", "2s"];
    let also: Vec<_> = also.split(' ').chain(["--format", "json", "--results", results.to_str().unwrap()]).collect();
    let run = bench.expect(status, &[&words[..], &also].concat()).json();
    run["trials"].as_array().unwrap().clone()
}

fn assert_allowed(trial: &Value, framework: &str, rules: &str) {
    assert_eq!(trial["framework"], format!("{framework}-firewall"), "{trial}");
    assert_eq!((&trial["status"], &trial["framework_facts"]["rules"]), (&"ok".into(), &rules.into()), "{trial}");
    assert_eq!(trial["framework_facts"]["rules_sha256"].as_str().unwrap().len(), 16, "{trial}");
    assert!(trial["per_line"][0]["ports"]["sink_rx_packets"].as_u64().unwrap() > 100, "{trial}");
}

pub fn allows_and_blocks(bench: &mut Bench) {
    let half = bench.dir.path().join("half.rules");
    fs::write(&half, HALF).unwrap();
    let trials =
        run(bench, 0, "netslice,dpdk", half.to_str().unwrap(), "--generator pktgen --flows 2 --frame-size 124");
    for (trial, framework) in trials.iter().zip(["netslice", "dpdk"]) {
        assert_allowed(trial, framework, "4 rules");
        let line = &trial["per_line"][0];
        let count = |key: &str| line.pointer(key).and_then(Value::as_u64).unwrap_or_else(|| panic!("{key} of {trial}"));
        let (came, went) = (count("/ports/middlebox_rx_packets"), count("/ports/sink_rx_packets"));
        let (dropped, by_rule) =
            (count("/framework_counters/forward_dropped"), count("/framework_counters/forward_dropped_rule"));
        // All of the one flow, and hardly anything else.
        assert!(by_rule > 100 && by_rule <= dropped && went + dropped <= came + 20, "{trial}");
    }
    assert_eq!(trials.len(), 2);
    bench.assert_pristine();
    if std::env::var_os(ALL).is_some() {
        every_framework(bench);
    }
}

/// netperf's own flows: a file of rules that lets them pass, and one that does not.
fn every_framework(bench: &Bench) {
    let (allow, block) = (bench.dir.path().join("allow.rules"), bench.dir.path().join("block.rules"));
    fs::write(&allow, ALLOW).unwrap();
    fs::write(&block, BLOCK).unwrap();
    let files = format!("{},{}", allow.display(), block.display());
    let frameworks = if has_netmap() { "netslice,dpdk,bridge,netmap" } else { "netslice,dpdk,bridge" };
    let trials = run(bench, 4, frameworks, &files, "--protocol udp");
    assert_eq!(trials.len(), 2 * frameworks.split(',').count());
    for (pair, framework) in trials.chunks(2).zip(frameworks.split(',')) {
        let [allowed, blocked] = pair else { panic!("{framework}") };
        assert_allowed(allowed, framework, "3 rules");
        let rules = &blocked["params"][format!("{framework}-firewall.rules")];
        assert_eq!((&blocked["status"], rules.as_str()), (&"failed".into(), block.to_str()), "{blocked}");
        assert!(blocked["reason"].as_str().unwrap().contains("nothing arrived"), "{blocked}");
    }
    bench.assert_pristine();
}
