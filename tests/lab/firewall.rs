//! The firewall on the lab: what its rules allow arrives, and what they block does not.

use std::fs;

use crate::bench::Bench;

/// Both let the run find its hosts; they differ in what becomes of the traffic.
const ALLOW: &str = "default drop\naccept icmp\naccept tcp\naccept on in udp keep\n";
const BLOCK: &str = "default drop\naccept icmp\naccept tcp\ndrop udp\n";

pub fn allows_and_blocks(bench: &mut Bench) {
    let (allow, block) = (bench.dir.path().join("allow.rules"), bench.dir.path().join("block.rules"));
    fs::write(&allow, ALLOW).unwrap();
    fs::write(&block, BLOCK).unwrap();
    let results = bench.results();
    let (allow, block) = (allow.to_str().unwrap(), block.to_str().unwrap());
    let words =
        ["run", "-f", "netslice", "--app", "firewall", "--protocol", "udp", "--trials", "1", "--duration", "2s"];
    let files = ["--rules", &format!("{allow},{block}"), "--format", "json", "--results", results.to_str().unwrap()];
    // A trial in which nothing arrives has no figure.
    let run = bench.expect(4, &[&words[..], &files].concat()).json();
    let trials = run["trials"].as_array().unwrap();
    let [allowed, blocked] = trials.as_slice() else { panic!("{run}") };
    assert_eq!((&allowed["framework"], &allowed["status"]), (&"netslice-firewall".into(), &"ok".into()), "{allowed}");
    assert_eq!(allowed["framework_facts"]["rules"], "3 rules", "{allowed}");
    assert_eq!(allowed["framework_facts"]["rules_sha256"].as_str().unwrap().len(), 16, "{allowed}");
    assert!(allowed["per_line"][0]["ports"]["sink_rx_packets"].as_u64().unwrap() > 100, "{allowed}");
    assert_eq!(blocked["params"]["netslice-firewall.rules"], block, "{blocked}");
    assert_eq!(blocked["status"], "failed", "{blocked}");
    assert!(blocked["reason"].as_str().unwrap().contains("nothing arrived"), "{blocked}");
    bench.assert_pristine();
}
