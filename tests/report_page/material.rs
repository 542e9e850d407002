//! A made-up run that has something for every section of a page: searches, costs, series of three hosts, a calibration, names that
//! never end; and a soak.

use std::path::Path;

use serde_json::{Value, json};

/// Writes both into `results`, with the files beside their records; their names.
pub fn write(results: &Path) -> [&'static str; 2] {
    let [rates, soak] = ["20261126-120000-rack", "20261126-130000-rack"];
    for (name, record) in [(rates, run(rates)), (soak, soaked(soak))] {
        std::fs::create_dir_all(results.join(name).join("raw")).unwrap();
        std::fs::write(results.join(name).join("run.json"), record.to_string()).unwrap();
    }
    for host in ["source", "middlebox", "sink"] {
        std::fs::write(results.join(rates).join(format!("raw/{host}.jsonl")), stream(host)).unwrap();
    }
    std::fs::write(results.join(soak).join("raw/soak.jsonl"), cycles()).unwrap();
    [rates, soak]
}

fn cables(line: u32) -> Value {
    let [near, far] = ["enp59s0f", "enp94s0f"].map(|card| format!("{card}{line}np{line}"));
    json!({ "source": near, "in": near, "out": far, "sink": near })
}

fn record(id: &str, trials: &Value) -> Value {
    json!({
        "schema": 1, "id": id, "started": "2026-11-26T12:00:00Z", "nsbench_version": "0.1.0", "testbed": "rack",
        "emulated": false, "middlebox": "a-machine-with-a-name-that-hardly-ends-anywhere-at-all",
        "testbed_resolved": {
            "name": "rack", "source": { "ssh": "source.example.org" }, "middlebox": { "ssh": "middlebox.example.org" },
            "sink": { "ssh": "sink.example.org" }, "mtu": 1500, "rate": 1e10,
            "lines": Value::from([1, 2].map(cables).to_vec()),
        },
        "settings": {
            "generator": "pktgen", "protocol": "udp", "counts": "frames", "duration_s": 4.0, "trials": 1, "mtu": 1500,
        },
        "provenance": { "source": { "kernel": "6.1.0" }, "middlebox": { "kernel": "6.1.0" }, "sink": { "kernel": "6.1.0" } },
        "ceilings": {
            "line_rate_bps": 1e10, "line_rate_from": "ports", "counted": "frames", "payload_bps": 9.4e9, "ip_bps": 9.7e9,
            "frame_bps": 9.8e9, "slots": [], "calibrations": [{
                "lines": 2, "source_to_middlebox_bps": 1.7e10, "middlebox_to_sink_bps": 1.6e10, "source_alone_bps": 3e10,
            }],
        },
        "trials": trials,
    })
}

fn trial(framework: &str, measure: &str) -> Value {
    json!({
        "framework": framework, "lines": 2, "measure": measure, "trial": 1, "started": "2026-11-26T12:00:10Z",
        "status": "ok", "reason": null, "throughput_bps": null,
    })
}

fn run(id: &str) -> Value {
    let mut carried = trial("netslice", "throughput");
    carried["throughput_bps"] = json!(1.2e10);
    carried["window"] = json!({ "from_s": 1.0, "duration_s": 4.0 });
    let line = |line: u32| {
        let ports = json!({
            "source_tx_packets": 9000, "middlebox_rx_packets": 9000, "middlebox_tx_packets": 8950, "sink_rx_packets": 8950,
            "source_tx_bytes": null, "middlebox_rx_bytes": null, "middlebox_tx_bytes": null, "sink_rx_bytes": null,
        });
        json!({ "line": line, "throughput_bps": 6e9, "elapsed_s": 6.0, "ports": ports, "lost": { "framework": 50 } })
    };
    carried["per_line"] = json!([line(1), line(2)]);
    for host in ["source", "middlebox", "sink"] {
        let cpus = json!([{ "cpu": 0, "busy_mean": 0.995, "softirq_mean": 0.4 }]);
        carried["hosts"][host] = json!({ "stream": format!("raw/{host}.jsonl"), "samples": 60, "cpus": cpus });
    }
    let mut cost = trial("netslice", "cost");
    cost["frame_size"] = json!(60);
    cost["cost"] = json!({ "instructions_per_packet": 4321.0, "frame_size": 60 });
    let mut searched = trial("a-framework-whose-name-hardly-ends-anywhere-and-goes-on-and-on", "ndr");
    searched["throughput_bps"] = json!(4e6);
    searched["ndr"] = ndr();
    let mut failed = trial("netmap", "throughput");
    failed["status"] = json!("failed");
    failed["reason"] = json!("it did not load\nhint: dmesg");
    record(id, &json!([carried, cost, searched, failed]))
}

fn ndr() -> Value {
    let tried = |pps: u64, loss: f64, short: bool| {
        json!({
            "intended_pps": pps, "offered_pps": pps as f64, "duration_s": 1, "loss_percent": loss, "short": short,
            "per_line": [],
        })
    };
    let bound =
        |pps: u64, loss: f64| json!({ "intended_pps": pps, "offered_pps": pps, "loss_percent": loss, "trials": 1 });
    json!({
        "search": "mlr", "width_percent": 5.0, "frame_size": 60, "trials": 4, "seconds": 9.5,
        "goals": [{
            "loss_percent": 0.0, "verdict": "found", "packets_per_s": 8333.0, "throughput_bps": 4e6,
            "lower": bound(4166, 0.0), "upper": bound(4300, 2.0),
        }],
        "searched": [tried(9000, 40.0, false), tried(4166, 0.0, false), tried(4300, 2.0, false), tried(6000, 0.0, true)],
    })
}

fn soaked(id: &str) -> Value {
    let growth = |name: &str| {
        json!({
            "name": name, "first": 100.0, "last": 900.0, "per_cycle": 8.0, "interval": [7.0, 9.0], "leaks": true,
        })
    };
    let pace = json!({
        "median_s": 0.5, "first_s": 0.5, "last_s": 0.6, "per_cycle_s": 0.001, "interval_s": [0.0, 0.002], "slows_down": false,
    });
    let mut run = record(id, &json!([]));
    run["soak"] = json!({
        "framework": "netslice", "lines": 1, "params": [{}], "framework_facts": [], "cycles_asked": 100, "cycles": 100,
        "traffic_ms": 500, "frames": 12000, "failed": [], "troubles": [], "cycle_s": 2.5, "load": pace, "unload": pace,
        "warm_up": 10, "memory": [growth("slab_kib"), growth("tasks")], "caches_watched": 190, "caches": [growth("kmalloc-64")],
        "verdict": "grows", "samples": "raw/soak.jsonl",
    });
    run
}

fn cycles() -> String {
    let cycle = |number: u32| {
        let figures = json!({ "slab_kib": 1000 + 8 * number, "tasks": 70 + number });
        json!({ "cycle": number, "set": 0, "load_s": 0.5, "unload_s": 0.7, "cycle_s": 2.5, "frames": [9], "figures": figures })
    };
    let lines = std::iter::once(json!({ "caches": {} })).chain((1..=100).map(cycle));
    lines.map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}

/// Twelve CPUs and the ports of two lines, from two seconds before the traffic to two after it.
fn stream(host: &str) -> String {
    let seats = match host {
        "middlebox" => vec!["in", "out"],
        seat => vec![seat],
    };
    let ports: Vec<String> = (1..=2).flat_map(|line| seats.iter().map(move |seat| format!("{seat}{line}"))).collect();
    let of_line = |line: u32| seats.iter().map(|seat| ((*seat).to_owned(), json!(format!("{seat}{line}")))).collect();
    let lines: serde_json::Map<String, Value> =
        (1..=2).map(|line| (line.to_string(), Value::Object(of_line(line)))).collect();
    let cpus: Vec<u32> = (0..12).collect();
    let mut text = json!({ "stream": 1, "host": host, "zero_s": 12.0, "from_s": 10.0, "lines": lines }).to_string();
    text.push('\n');
    let columns =
        json!({ "hoststream": 1, "t": 10.0, "w": 1.0, "every_ms": 100, "cpu": cpus, "port": ports, "temp": [] });
    text.push_str(&columns.to_string());
    for sample in 1..=100_u32 {
        let busy = |cpu: &u32| (sample + cpu) % 10;
        let ticks: Vec<_> = cpus.iter().map(|cpu| json!([0, 1, 0, busy(cpu), 9 - busy(cpu), 0])).collect();
        let counted: Vec<_> = ports.iter().map(|_| json!([75_000_000, 50_000, 0, 0, 0, 0, 0, 0])).collect();
        let line = json!({ "t": 10.0 + f64::from(sample) / 10.0, "w": 1.0, "cpu": ticks, "irq": [1, 1, 1], "mem": 1, "port": counted });
        text.push('\n');
        text.push_str(&line.to_string());
    }
    text
}
