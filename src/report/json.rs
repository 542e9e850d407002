//! A comparison for programs. They rely on these keys: more may be added, none is renamed.
//! Must not round.

use serde_json::{Value, json};

use crate::compare::{Cell, Column, Comparison, Verdict, Warning, significance};

/// The comparison as one JSON object, ending in a newline.
pub fn render(comparison: &Comparison) -> String {
    let cells: Vec<_> = comparison.cells().map(|(column, c)| cell(column, c)).collect();
    let warnings: Vec<_> = comparison.warnings.iter().map(warning).collect();
    let whole = json!({
        "cells": cells,
        "baseline": comparison.baseline,
        "warnings": warnings,
        "significance": {
            "test": "Welch's t of the logarithm of the ratio",
            "correction": "Holm",
            "comparisons": comparison.tested,
            "level": significance::LEVEL,
        },
        "verdict": comparison.verdict.as_ref().map(verdict),
    });
    format!("{whole:#}\n")
}

fn cell(column: &Column, cell: &Cell) -> Value {
    let figure = column.figure(cell);
    let outliers = cell.outliers.iter().map(|(trial, figure)| json!({ "trial": trial, "value": figure }));
    let unlike = cell
        .unlike
        .iter()
        .map(|unlike| json!({ "field": unlike.field, "here": unlike.here, "baseline": unlike.baseline }));
    json!({
        "framework": column.framework,
        "lines": cell.lines,
        "params": column.params,
        "middlebox": column.middlebox,
        "n": cell.trials(),
        "throughput_bps": cell.throughput.map(|t| t.mean),
        "ci95_bps": cell.throughput.and_then(|t| t.ci95),
        "instructions_per_packet": cell.instructions.map(|i| i.mean),
        "ci95_instructions": cell.instructions.and_then(|i| i.ci95),
        "frame_size": column.frame_size,
        "loss_percent": column.loss_percent,
        "frame_mix": column.frame_mix,
        "counts": column.counts.name(),
        "ratio_to_baseline": cell.ratio.map(|r| r.value),
        "ratio_ci95": cell.ratio.and_then(|r| r.ci95),
        "limited_by": cell.limited_by,
        "reason": cell.reason,
        "run": column.run,
        "measure": column.measure,
        "failed": cell.failed,
        "remarks": cell.remarks,
        "shown": column.shown,
        "published": column.published,
        "emulated": column.emulated,
        "median_bps": cell.throughput.map(|t| t.median),
        "stddev_bps": cell.throughput.and_then(|t| t.deviation),
        "median_instructions": cell.instructions.map(|i| i.median),
        "stddev_instructions": cell.instructions.and_then(|i| i.deviation),
        "spread_percent": figure.and_then(|f| f.spread_percent()),
        "precision_percent": figure.and_then(|f| f.precision_percent()),
        "precision_asked_percent": column.precision_percent,
        "precise": column.is_precise(cell),
        "outliers": outliers.collect::<Vec<_>>(),
        "p_value": cell.ratio.and_then(|r| r.p),
        "p_adjusted": cell.p_adjusted,
        "significant": cell.is_significant(),
        "differs_from_baseline": unlike.collect::<Vec<_>>(),
    })
}

fn warning(warning: &Warning) -> Value {
    json!({ "kind": warning.kind(), "text": warning.to_string() })
}

fn verdict(verdict: &Verdict) -> Value {
    json!({
        "passed": verdict.passed(),
        "fail_under": verdict.threshold,
        "judged": verdict.judged,
        "short": verdict.short,
        "differs_from_baseline_in": verdict.unlike,
    })
}
