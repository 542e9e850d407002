//! Trials of runs for other programs: CSV with a row a trial and line, or a JSON object a trial. Must not round.

use ::csv::WriterBuilder;
use serde_json::{Value, json};

use crate::record::loss::Lost;
use crate::record::{LineResult, Run, Status, Trial};

const HEADER: [&str; 21] = [
    "run",
    "testbed",
    "emulated",
    "framework",
    "params",
    "measure",
    "lines",
    "trial",
    "started",
    "status",
    "reason",
    "generator",
    "protocol",
    "frame_size",
    "throughput_bps",
    "instructions_per_packet",
    "line",
    "line_throughput_bps",
    "elapsed_s",
    "source_tx_packets",
    "sink_rx_packets",
];

/// Places of [`Lost`], as columns.
const PLACES: [&str; 9] = [
    "lost_source",
    "lost_source_nic",
    "lost_wire_in",
    "lost_middlebox_nic",
    "lost_framework",
    "lost_middlebox_transmit",
    "lost_wire_out",
    "lost_sink_nic",
    "lost_sink",
];

/// A row a trial and line; one row where a trial has no lines. What was not measured is empty.
///
/// # Panics
/// Never: memory takes every row, and every row has the header's width.
pub fn csv<'a>(trials: impl Iterator<Item = (&'a Run, &'a Trial)>) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(HEADER.iter().chain(&PLACES)).expect("memory takes every row");
    for (run, trial) in trials {
        let own = of_trial(run, trial);
        let lines: Vec<Option<&LineResult>> =
            if trial.per_line.is_empty() { vec![None] } else { trial.per_line.iter().map(Some).collect() };
        for line in lines {
            writer.write_record(own.iter().cloned().chain(of_line(line))).expect("memory takes every row");
        }
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("only text was written")
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn of_trial(run: &Run, trial: &Trial) -> [String; 16] {
    let params: Vec<_> = trial.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let status = match trial.status {
        Status::Ok => "ok",
        Status::Failed => "failed",
    };
    [
        run.id.clone(),
        run.testbed.clone(),
        run.emulated.to_string(),
        trial.framework.clone(),
        params.join(";"),
        trial.measure.clone(),
        trial.lines.to_string(),
        trial.trial.to_string(),
        text(trial.started.as_ref()),
        status.to_owned(),
        text(trial.reason.as_ref()),
        run.settings.generator.clone(),
        text(run.settings.protocol.as_ref()),
        text(trial.frame_size),
        text(trial.throughput_bps),
        text(trial.cost.map(|cost| cost.instructions_per_packet)),
    ]
}

fn of_line(line: Option<&LineResult>) -> Vec<String> {
    let lost = line.map_or(Lost::default(), |line| line.losses()[0]);
    let mut row = vec![
        text(line.map(|line| line.line)),
        text(line.map(|line| line.throughput_bps)),
        text(line.map(|line| line.elapsed_s)),
        text(line.and_then(|line| line.ports.source_tx_packets)),
        text(line.and_then(|line| line.ports.sink_rx_packets)),
    ];
    row.extend(lost.places().map(|(_, lost)| text(lost)));
    row
}

/// A trial a line, whole, with what is known of its run before it.
///
/// # Panics
/// Never: every key of a trial is a string.
pub fn jsonl<'a>(trials: impl Iterator<Item = (&'a Run, &'a Trial)>) -> String {
    let mut all = String::new();
    for (run, trial) in trials {
        let mut object = json!({
            "run": run.id,
            "run_started": run.started,
            "testbed": run.testbed,
            "emulated": run.emulated,
            "nsbench_version": run.nsbench_version,
            "settings": run.settings,
        });
        let own = serde_json::to_value(trial).expect("every key of a trial is a string");
        if let (Value::Object(object), Value::Object(own)) = (&mut object, own) {
            object.extend(own);
        }
        all.push_str(&object.to_string());
        all.push('\n');
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn run() -> Run {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials.push(sample::trial("netslice", 2, 1, 1e8));
        run.trials.push(sample::failed("netslice", 4, 1, "it fell, \"hard\"\nhint: none"));
        run.trials.push(sample::cost("bridge", 1, 60, 5123.25));
        run
    }

    fn pairs(run: &Run) -> impl Iterator<Item = (&Run, &Trial)> {
        run.trials.iter().map(move |trial| (run, trial))
    }

    #[test]
    fn csv_has_a_row_a_line_and_is_read_back_as_it_was() {
        let run = run();
        let text = csv(pairs(&run));
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let at = |row: usize, name: &str| rows[row].get(header.iter().position(|h| h == name).unwrap()).unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!((at(0, "line"), at(1, "line"), at(1, "line_throughput_bps")), ("1", "2", "50000000"));
        assert_eq!((at(0, "lost_framework"), at(0, "lost_source")), ("0", ""), "nobody counted in the source");
        assert_eq!((at(2, "status"), at(2, "throughput_bps"), at(2, "line")), ("failed", "", ""));
        assert_eq!(at(2, "reason"), "it fell, \"hard\"\nhint: none");
        assert_eq!((at(3, "instructions_per_packet"), at(3, "throughput_bps")), ("5123.25", ""));
    }

    #[test]
    fn jsonl_has_each_trial_whole_on_a_line_of_its_own() {
        let run = run();
        let text = jsonl(pairs(&run));
        let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(objects.len(), 3);
        assert_eq!((&objects[0]["run"], &objects[0]["settings"]["mtu"]), (&json!("a"), &json!(1500)));
        assert_eq!(objects[1]["throughput_bps"], Value::Null);
        for (object, trial) in objects.into_iter().zip(&run.trials) {
            let back: Trial = serde_json::from_value(object).unwrap();
            assert_eq!(back, *trial);
        }
    }
}
