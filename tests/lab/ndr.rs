//! The search for the highest rate on the lab: paced trials, each recorded, and a goal that comes out of them.

use serde_json::Value;

use crate::bench::Bench;

/// Under emulation a tenth may be lost: single frames are lost there at any rate.
pub fn search(bench: &mut Bench) {
    let results = bench.dir.path().join("ndr");
    let words = "run -f bridge -l 1 --measure ndr --loss 10 --width 50 --duration 1s --format json --results";
    let words: Vec<_> = words.split(' ').chain([results.to_str().unwrap()]).collect();
    let record = bench.expect(0, &words).json();
    assert_eq!((&record["settings"]["generator"], &record["settings"]["counts"]), (&"pktgen".into(), &"frames".into()));
    let trial = &record["trials"][0];
    let (ndr, goal) = (&trial["ndr"], &trial["ndr"]["goals"][0]);
    let searched = ndr["searched"].as_array().unwrap();
    assert_eq!((trial["measure"].as_str(), ndr["trials"].as_u64()), (Some("ndr"), Some(searched.len() as u64)));
    assert_eq!(searched[0]["intended_pps"], Value::Null, "the first trial is as fast as the generator can");
    for (number, step) in (1..).zip(searched) {
        let (offered, line) = (step["offered_pps"].as_f64().unwrap(), &step["per_line"][0]);
        let (sent, seconds) = (line["sent_packets"].as_f64().unwrap(), line["elapsed_s"].as_f64().unwrap());
        assert!((offered - sent / seconds).abs() < 1e-6, "{step}");
        if let Some(intended) = step["intended_pps"].as_f64() {
            // It catches up after a moment in which its guest did not run, and does no more.
            assert!(offered < 1.1 * intended, "it is paced: {step}");
            assert_eq!(step["short"].as_bool().unwrap(), offered < 0.99 * intended, "{step}");
        }
        let raw = format!("bridge-1lines-trial1-search{number}-all-lines-pktgen.txt");
        let raw = results.join(record["id"].as_str().unwrap()).join("raw").join(raw);
        assert!(raw.exists(), "{}", raw.display());
    }
    assert!(["found", "generator-limited"].contains(&goal["verdict"].as_str().unwrap()), "{ndr}");
    let (packets, bits) = (goal["packets_per_s"].as_f64().unwrap(), goal["throughput_bps"].as_f64().unwrap());
    assert!(
        packets <= goal["lower"]["intended_pps"].as_f64().unwrap()
            && goal["lower"]["loss_percent"].as_f64().unwrap() <= 10.0
    );
    assert!((bits - packets * 480.0).abs() < 1e-3 && trial["throughput_bps"] == goal["throughput_bps"], "{ndr}");
    let watched = trial["hosts"]["middlebox"]["samples"].as_u64();
    assert!(watched.is_some_and(|samples| samples > 0), "{trial}");
    bench.assert_pristine();
}
