//! Generators other than netperf on the lab: that each carries traffic and is counted, and leaves the hosts as they were.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nsbench::poll;
use nsbench::record::loss::BESIDE;
use nsbench::role::Role;
use serde_json::Value;

use crate::bench::Bench;

/// The record of a run of the bridge on one line.
fn run(bench: &Bench, arguments: &str) -> Value {
    let results = bench.dir.path().join("generators");
    let words: Vec<_> = "run -f bridge -l 1 --trials 1 --duration 2s --format json".split(' ').collect();
    let more: Vec<_> = arguments.split(' ').chain(["--results", results.to_str().unwrap()]).collect();
    bench.expect(0, &[words, more].concat()).json()
}

pub fn iperf3(bench: &mut Bench) {
    let record = run(bench, "--generator iperf3 --flows 2");
    assert_eq!(record["settings"]["generator"], "iperf3", "{record}");
    assert_eq!((&record["settings"]["flows"], &record["settings"]["counts"]), (&2.into(), &"payload".into()));
    let line = &record["trials"][0]["per_line"][0];
    assert!(line["throughput_bps"].as_f64().unwrap() > 1e5 && line["ports"]["sink_rx_packets"].as_u64().unwrap() > 10);
    // Two seconds of the four in which it sent, by what its server says of each; how long it says it took, a busy guest
    // decides. A second of warm-up and one of cool-down are not in them.
    let window = record["trials"][0]["window"]["duration_s"].as_f64().unwrap_or_else(|| panic!("no window: {record}"));
    let interim = line["interim"].as_array().unwrap();
    let end = |report: &Value| report["from_s"].as_f64().unwrap() + report["duration_s"].as_f64().unwrap();
    let last = interim.iter().map(end).fold(0.0, f64::max);
    assert!(window >= 1.0 && (window - (last - 2.0)).abs() < 0.01, "{window} of {last}: {record}");
    assert!(interim.len() >= 3 && line["whole_bps"] != line["throughput_bps"], "{line}");
    bench.assert_pristine();
}

pub fn pktgen(bench: &mut Bench) {
    let record = run(bench, "--generator pktgen --frame-size 124 --flows 2");
    assert_eq!((&record["settings"]["generator"], &record["settings"]["counts"]), (&"pktgen".into(), &"frames".into()));
    let line = &record["trials"][0]["per_line"][0];
    let (arrived, seconds) = (line["ports"]["sink_rx_packets"].as_f64().unwrap(), line["elapsed_s"].as_f64().unwrap());
    assert!(arrived > 100.0 && seconds > 1.0, "{line}");
    let rate = arrived * 124.0 * 8.0 / seconds;
    assert!((line["throughput_bps"].as_f64().unwrap() - rate).abs() < 1.0, "{line}");
    bench.assert_pristine();
}

/// Of mixed sizes the sink's port counts bytes, and the source's kernel tells how many frames of each size it sent.
pub fn pktgen_imix(bench: &mut Bench) {
    let record = run(bench, "--generator pktgen --frame-size imix");
    let trial = &record["trials"][0];
    assert_eq!((&trial["frame_mix"], &trial["frame_size"]), (&"60*7+590*4+1514*1".into(), &Value::Null), "{trial}");
    let line = &trial["per_line"][0];
    let number = |key: &str| line.pointer(key).and_then(Value::as_f64).unwrap();
    let (packets, bytes) = (number("/ports/sink_rx_packets"), number("/ports/sink_rx_bytes"));
    // 356.52 bytes on average, as they are dealt out at random.
    assert!(packets > 100.0 && (bytes / packets - 356.5).abs() < 60.0, "{line}");
    // The guests' ports leave out check sequences.
    assert!((number("/throughput_bps") - bytes * 8.0 / number("/elapsed_s")).abs() < 1.0, "{line}");
    let sent = number("/generator/sent_bytes") / number("/generator/sent_packets") + 42.0;
    assert!((bytes / packets - sent).abs() < sent * 0.1, "{line}");
    bench.assert_pristine();
}

pub fn testpmd(bench: &mut Bench) {
    let record = run(bench, "--generator testpmd --frame-size 124");
    let (settings, line) = (&record["settings"], &record["trials"][0]["per_line"][0]);
    assert_eq!((&settings["generator"], &settings["counts"]), (&"testpmd".into(), &"frames".into()), "{record}");
    let number = |key: &str| line.pointer(key).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {key} in {line}"));
    let arrived = number("/ports/sink_rx_packets");
    // A host may have asked for a neighbour's address meanwhile: what the middlebox asks, the source has not sent.
    let from_source = |key: &str| number(key) + BESIDE as f64 >= arrived;
    assert!(arrived > 100.0, "{line}");
    assert!(from_source("/generator/sent_packets") && from_source("/ports/source_tx_packets"), "{line}");
    let rate = arrived * 124.0 * 8.0 / number("/elapsed_s");
    assert!((number("/throughput_bps") - rate).abs() < 1.0, "{line}");
    bench.assert_pristine();
}

/// The threads of the kernel go on when their controller is gone.
pub fn pktgen_killed(bench: &mut Bench) {
    let results = bench.dir.path().join("generators");
    let words = "run -f bridge -l 1 --trials 1 --duration 120s --generator pktgen --results";
    let words: Vec<_> = words.split(' ').chain([results.to_str().unwrap()]).collect();
    let mut child = bench.command(&words).spawn().unwrap();
    poll::until(Duration::from_secs(180), "pktgen to send", || {
        let said = bench.on(Role::Source, "grep -h pkts-sofar /proc/net/pktgen/eth1@0");
        Ok((said.contains("pkts-sofar") && !said.contains("pkts-sofar: 0 ")).then_some(()))
    })
    .unwrap();
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGKILL).unwrap();
    child.wait().unwrap();
    bench.expect(0, &["restore"]);
    bench.assert_pristine();
}
