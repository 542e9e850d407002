//! A comparison for a spreadsheet: one row a cell, the unit in the column's name, nothing where there
//! is nothing. Must not round.

use ::csv::WriterBuilder;

use crate::compare::{Cell, Column, Comparison};

const COLUMNS: usize = 35;

const HEADER: [&str; COLUMNS] = [
    "run",
    "framework",
    "params",
    "measure",
    "lines",
    "n",
    "failed",
    "throughput_bps",
    "ci95_low_bps",
    "ci95_high_bps",
    "instructions_per_packet",
    "ratio_to_baseline",
    "ratio_ci95_low",
    "ratio_ci95_high",
    "reason",
    "published",
    "emulated",
    "frame_size",
    "ci95_low_instructions",
    "ci95_high_instructions",
    "median_bps",
    "stddev_bps",
    "median_instructions",
    "stddev_instructions",
    "spread_percent",
    "precision_percent",
    "precision_asked_percent",
    "outlier_trials",
    "p_value",
    "p_adjusted",
    "significant",
    "differs_from_baseline_in",
    "middlebox",
    "loss_percent",
    "frame_mix",
];

/// The comparison as CSV with a header (RFC 4180, but with line feeds).
///
/// # Panics
/// Never: memory takes every row, and every row has the header's width.
pub fn render(comparison: &Comparison) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(HEADER).expect("memory takes every row");
    for (column, cell) in comparison.cells() {
        writer.write_record(row(column, cell)).expect("memory takes every row");
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("only text was written")
}

fn row(column: &Column, cell: &Cell) -> [String; COLUMNS] {
    let params: Vec<_> = column.params.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let interval = cell.throughput.and_then(|t| t.ci95);
    let cost = cell.instructions.and_then(|i| i.ci95);
    let figure = column.figure(cell);
    let outliers: Vec<_> = cell.outliers.iter().map(|(number, _)| number.to_string()).collect();
    let ratio = cell.ratio.and_then(|r| r.ci95);
    [
        column.run.clone(),
        column.framework.clone(),
        params.join(";"),
        column.measure.clone(),
        cell.lines.to_string(),
        cell.trials().to_string(),
        cell.failed.to_string(),
        number(cell.throughput.map(|t| t.mean)),
        number(interval.map(|[low, _]| low)),
        number(interval.map(|[_, high]| high)),
        number(cell.instructions.map(|i| i.mean)),
        number(cell.ratio.map(|r| r.value)),
        number(ratio.map(|[low, _]| low)),
        number(ratio.map(|[_, high]| high)),
        cell.reason.clone().unwrap_or_default(),
        column.published.to_string(),
        column.emulated.to_string(),
        column.frame_size.map(|size| size.to_string()).unwrap_or_default(),
        number(cost.map(|[low, _]| low)),
        number(cost.map(|[_, high]| high)),
        number(cell.throughput.map(|t| t.median)),
        number(cell.throughput.and_then(|t| t.deviation)),
        number(cell.instructions.map(|i| i.median)),
        number(cell.instructions.and_then(|i| i.deviation)),
        number(figure.and_then(|f| f.spread_percent())),
        number(figure.and_then(|f| f.precision_percent())),
        number(column.precision_percent),
        outliers.join(";"),
        number(cell.ratio.and_then(|r| r.p)),
        number(cell.p_adjusted),
        cell.is_significant().map(|is| is.to_string()).unwrap_or_default(),
        cell.unlike.iter().map(|unlike| unlike.field.as_str()).collect::<Vec<_>>().join(";"),
        column.middlebox.clone().unwrap_or_default(),
        number(column.loss_percent),
        column.frame_mix.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn number(value: Option<f64>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}
