//! Made-up runs for tests.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    Cost, CountedBy, Counting, Experiment, Function, LineResult, LostAt, Ndr, NdrGoal, Part, Path, Paths, PlannedCell,
    PortCounts, Profiled, RateBound, Run, SCHEMA, Searched, SearchedLine, Settings, Soak, Status, Trial,
};
use crate::generator::Layer;
use crate::measure::search::{Method, Verdict};

/// A lab run begun at `started`, with no trials.
pub fn run(id: &str, started: &str) -> Run {
    Run {
        schema: SCHEMA,
        id: id.to_owned(),
        started: Some(started.to_owned()),
        nsbench_version: Some("0.1.0".to_owned()),
        published: None,
        testbed: "lab".to_owned(),

        middlebox: None,
        emulated: true,
        testbed_resolved: json!({ "name": "lab" }),
        profiles: BTreeMap::from([("netslice".to_owned(), json!({ "mode": "classic" }))]),
        settings: Settings {
            generator: "netperf".to_owned(),
            protocol: Some("tcp".to_owned()),
            flows: None,
            counts: Layer::Payload,
            duration_s: Some(10.0),
            warmup_s: None,
            cooldown_s: None,
            trials: 3,
            mtu: Some(1500),
            emulation: None,
            shuffled: false,
            seed: None,
        },
        experiment: Some(experiment()),
        provenance: BTreeMap::from([("middlebox".to_owned(), json!({ "kernel": "6.1.0-40" }))]),
        cores: Vec::new(),
        ceilings: None,
        trials: Vec::new(),
        soak: None,
        profiled: None,
    }
}

/// What such a run was asked: netslice on four lines, three times.
pub fn experiment() -> Experiment {
    Experiment {
        name: None,
        frameworks: vec!["netslice".to_owned()],
        lines: vec![4],
        trials: 3,
        precision_percent: None,
        max_trials: None,
        duration_s: 10,
        warmup_s: 0,
        cooldown_s: 0,
        generator: "netperf".to_owned(),
        protocol: "tcp".to_owned(),
        flows: None,
        set: BTreeMap::new(),
        sets: Vec::new(),
        measure: "throughput".to_owned(),
        frame_sizes: Vec::new(),
        rate: None,
        frame_mixes: Vec::new(),
        shuffle: false,
        seed: None,
        testbed_lines: 4,
        cells: vec![PlannedCell {
            framework: "netslice".to_owned(),
            lines: 4,
            params: BTreeMap::new(),
            frame_size: None,
            frame_mix: None,
        }],
    }
}

/// A good trial, its rate shared evenly by its lines, with nothing lost.
pub fn trial(framework: &str, lines: u32, number: u32, throughput_bps: f64) -> Trial {
    let ports = PortCounts {
        source_tx_packets: Some(8_000),
        middlebox_rx_packets: Some(8_000),
        middlebox_tx_packets: Some(8_000),
        sink_rx_packets: Some(8_000),
        source_tx_bytes: Some(12_112_000),
        middlebox_rx_bytes: Some(12_112_000),
        middlebox_tx_bytes: Some(12_112_000),
        sink_rx_bytes: Some(12_112_000),
    };
    let line = |line| LineResult {
        line,
        throughput_bps: throughput_bps / f64::from(lines),
        elapsed_s: 10.01,
        ports,
        ..LineResult::default()
    };
    Trial {
        framework: framework.to_owned(),
        lines,
        params: BTreeMap::new(),
        measure: "throughput".to_owned(),
        trial: number,
        started: Some("2026-11-22T17:15:30Z".to_owned()),
        status: Status::Ok,
        reason: None,
        warnings: Vec::new(),
        kernel_log: BTreeMap::new(),
        throughput_bps: Some(throughput_bps),
        limited_by: None,
        frame_size: None,
        frame_mix: None,
        cost: None,
        ndr: None,
        window: None,
        per_line: (1..=lines).map(line).collect(),
        hosts: BTreeMap::new(),
        framework_facts: BTreeMap::new(),
        commands: vec!["netperf -H 198.18.1.2".to_owned()],
    }
}

/// A trial that gave nothing.
pub fn failed(framework: &str, lines: u32, number: u32, reason: &str) -> Trial {
    Trial {
        status: Status::Failed,
        reason: Some(reason.to_owned()),
        throughput_bps: None,
        per_line: Vec::new(),
        ..trial(framework, lines, number, 0.0)
    }
}

/// A trial that counted instructions a packet, on one line.
pub fn cost(framework: &str, number: u32, frame_size: u32, instructions_per_packet: f64) -> Trial {
    let cost = Cost {
        instructions_per_packet,
        frame_size,
        counted_by: Some(CountedBy::InstructionClock),
        packets: Some(51_200),
        lost_share: Some(0.0),
        idle_instructions: Some(2_048_000.0),
        ..Cost::default()
    };
    Trial {
        measure: "cost".to_owned(),
        throughput_bps: None,
        frame_size: Some(frame_size),
        cost: Some(cost),
        per_line: Vec::new(),
        ..trial(framework, 1, number, 0.0)
    }
}

/// A search for the highest rate without loss, which was found or not, and with 0.5 %, on one line; trials of it are made
/// up as well.
pub fn ndr(framework: &str, number: u32, without_loss_pps: Option<u64>, with_loss_pps: u64) -> Trial {
    let bound = |pps: u64, loss_percent: f64| RateBound {
        intended_pps: pps,
        offered_pps: Some(pps as f64),
        loss_percent: Some(loss_percent),
        trials: 2,
    };
    let goal = |loss_percent: f64, pps: Option<u64>| NdrGoal {
        loss_percent,
        verdict: if pps.is_some() { Verdict::Found } else { Verdict::NotFound },
        packets_per_s: pps.map(|pps| pps as f64),
        throughput_bps: pps.map(|pps| pps as f64 * 480.0),
        limited_by: None,
        lower: pps.map(|pps| bound(pps, loss_percent)),
        upper: Some(bound(pps.map_or(100, |pps| pps + pps / 250), 3.0)),
    };
    let goals = vec![goal(0.0, without_loss_pps), goal(0.5, Some(with_loss_pps))];
    let searched = |goal: &NdrGoal| {
        let pps = goal.upper.map_or(0, |upper| upper.intended_pps);
        let lost = LostAt { place: "in the framework".to_owned(), packets: 31 };
        let line =
            SearchedLine { line: 1, sent_packets: pps, received_packets: pps - 31, elapsed_s: 1.0, lost: vec![lost] };
        Searched {
            intended_pps: Some(pps),
            offered_pps: pps as f64,
            duration_s: 1,
            loss_percent: 3.0,
            short: false,
            per_line: vec![line],
        }
    };
    let ndr = Ndr {
        search: Method::Mlr,
        width_percent: 0.5,
        frame_size: 60,
        searched: goals.iter().map(searched).collect(),
        goals,
        trials: 2,
        seconds: 12.3,
    };
    Trial {
        measure: "ndr".to_owned(),
        throughput_bps: ndr.goals[0].throughput_bps,
        warnings: ndr.goals[0].reason().into_iter().collect(),
        frame_size: Some(60),
        ndr: Some(ndr),
        per_line: Vec::new(),
        ..trial(framework, 1, number, 0.0)
    }
}

/// Good trials of one cell, one a rate.
pub fn trials(framework: &str, lines: u32, rates_bps: &[f64]) -> Vec<Trial> {
    (1..).zip(rates_bps).map(|(number, bps)| trial(framework, lines, number, *bps)).collect()
}

/// A soak that is asked for and has not begun.
pub fn soak() -> Soak {
    let mode = |mode: &str| BTreeMap::from([("netslice.mode".to_owned(), mode.to_owned())]);
    Soak {
        framework: "netslice".to_owned(),
        lines: 1,
        params: vec![mode("classic"), mode("ring")],
        framework_facts: Vec::new(),
        cycles_asked: 1000,
        cycles: 0,
        traffic_ms: 500,
        frames: 0,
        failed: Vec::new(),
        troubles: Vec::new(),
        cycle_s: None,
        load: None,
        unload: None,
        warm_up: 0,
        memory: Vec::new(),
        caches_watched: None,
        caches: Vec::new(),
        verdict: super::Verdict::Unfinished,
        samples: "raw/soak.jsonl".to_owned(),
    }
}

/// Two ways into netslice's module, with ten packets.
pub fn paths() -> Paths {
    let path = |function: &str, entered, [count, module, drivers]: [f64; 3]| Path {
        function: function.to_owned(),
        object: "netslice".to_owned(),
        entered: Some(entered),
        count,
        module,
        drivers,
    };
    Paths {
        packets: Some(10),
        entries: vec![
            path("nsl_device_read", 2.0, [4_000.0, 1_500.0, 0.0]),
            path("nsl_device_write", 2.0, [3_000.0, 500.0, 2_000.0]),
        ],
        programs: 1_000.0,
        rest: 2_000.0,
    }
}

/// A profile of netslice in classic: instructions, of three functions.
pub fn profiled() -> Profiled {
    let function = |name: &str, object: &str, part, count: f64| Function {
        name: name.to_owned(),
        object: object.to_owned(),
        part,
        count,
        share: count / 10_000.0,
        per_packet: Some(count / 10.0),
        cpus: [(0, count)].into(),
    };
    Profiled {
        framework: "netslice".to_owned(),
        lines: 1,
        params: [("netslice.mode".to_owned(), "classic".to_owned())].into(),
        framework_facts: BTreeMap::new(),
        by: Counting::Instructions,
        event: "instructions".to_owned(),
        frame_size: Some(60),
        packets: Some(10),
        total: 10_000.0,
        idle: None,
        instructions_per_packet: Some(990.0),
        functions: vec![
            function("kmem_cache_alloc", "kernel", Part::Kernel, 6_000.0),
            function("netslice_readv", "netslice", Part::Module, 3_000.0),
            function("direction_forward", "netslice-bridge", Part::Program, 1_000.0),
        ],
        paths: Some(paths()),
        spins: None,
        annotated: Vec::new(),
        stacks: None,
        chains: Vec::new(),
        looking: None,
        scheduling: None,
        warnings: Vec::new(),
    }
}
