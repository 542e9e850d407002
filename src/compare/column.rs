//! Trials grouped into columns and cells. Must not know of a baseline's meaning or of warnings' text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::student::{Estimate, Ratio};
use super::{Unlike, Warning, goals, outliers, significance};
use crate::ceiling::{self, Limit};
use crate::generator::{Frames, Layer, Mix};
use crate::record::{COST, Run, Status, Trial, goal_name};
use crate::units::beside;

/// One framework with one set of parameters, in one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Id of the run.
    pub run: String,
    /// What the testbed calls the middlebox, where it has several.
    pub middlebox: Option<String>,
    /// Framework profile name.
    pub framework: String,
    /// Parameters, `framework.parameter` to value.
    pub params: BTreeMap<String, String>,
    /// What was measured: `throughput`, `cost`, `ndr`.
    pub measure: String,
    /// Bytes of the frames that were sent, where that was chosen.
    pub frame_size: Option<u32>,
    /// Their sizes and weights, where several were mixed.
    pub frame_mix: Option<Mix>,
    /// Percent of the packets that may be lost at its rates, where those were searched for.
    pub loss_percent: Option<f64>,
    /// What the bits of its rates are.
    pub counts: Layer,
    /// True where the figures are printed ones and nothing was measured here.
    pub published: bool,
    /// True where the hosts were virtual.
    pub emulated: bool,
    /// What the framework said of itself that its profile wants shown: `generic` of netmap's adapter.
    pub shown: Vec<String>,
    /// What makes cells possible here that print does not have, by the framework's profile.
    pub makes_possible: Option<String>,
    /// How precise its cells' means were to be, half of the 95 % interval in percent; where that was asked.
    pub precision_percent: Option<f64>,
    /// What tells this column from the others, most important first.
    pub heading: Vec<String>,
    /// Its cells by number of lines, ascending.
    pub cells: Vec<Cell>,
}

/// All trials of a column on one number of lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Lines that carried traffic.
    pub lines: u32,
    /// Throughput over the trials that gave one, bits a second.
    pub throughput: Option<Estimate>,
    /// Instructions a packet over the trials that counted them.
    pub instructions: Option<Estimate>,
    /// Figures far from the others, by the numbers of their trials. They are in the mean.
    pub outliers: Vec<(u32, f64)>,
    /// Trials that gave nothing.
    pub failed: usize,
    /// Why there is no figure, where there is none.
    pub reason: Option<String>,
    /// What the figure is near that is not the framework's, by the first trial that says so.
    pub limited_by: Option<Limit>,
    /// What makes the figure suspect, each once.
    pub remarks: Vec<String>,
    /// Figure of the baseline's cell that this one answers to.
    pub baseline: Option<Estimate>,
    /// Ratio to that.
    pub ratio: Option<Ratio>,
    /// What makes it a ratio of unlike to unlike.
    pub unlike: Vec<Unlike>,
    /// The ratio's p, adjusted for all comparisons of the table.
    pub p_adjusted: Option<f64>,
}

impl Column {
    /// Which frames were sent, where that was chosen.
    pub fn frames(&self) -> Option<Frames> {
        Frames::recorded(self.frame_size, self.frame_mix.as_ref())
    }

    /// Whether its figures are instructions and not rates.
    pub fn is_cost(&self) -> bool {
        self.measure == COST
    }

    /// What was measured in a cell of this column.
    pub fn figure(&self, cell: &Cell) -> Option<Estimate> {
        if self.is_cost() { cell.instructions } else { cell.throughput }
    }

    /// The cell on `lines` lines.
    pub fn cell(&self, lines: u32) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.lines == lines)
    }
}

impl Column {
    /// Whether a cell is as precise as it was asked to be; `None` where nothing was asked or nothing measured.
    pub fn is_precise(&self, cell: &Cell) -> Option<bool> {
        let (asked, figure) = (self.precision_percent?, self.figure(cell)?);
        Some(figure.precision_percent().is_some_and(|reached| reached <= asked))
    }
}

impl Cell {
    /// Whether the ratio differs from 1 by more than chance would take it; `None` where that was not tested.
    pub fn is_significant(&self) -> Option<bool> {
        self.p_adjusted.map(|p| p < significance::LEVEL)
    }

    /// Trials that gave a figure.
    pub fn trials(&self) -> usize {
        self.throughput.or(self.instructions).map_or(0, |e| e.n)
    }

    fn of(lines: u32, trials: &[&Trial]) -> Self {
        let ok = || trials.iter().filter(|t| t.status == Status::Ok);
        let samples: Vec<f64> = ok().filter_map(|t| t.throughput_bps).collect();
        let costs: Vec<f64> = ok().filter_map(|t| t.cost.map(|c| c.instructions_per_packet)).collect();
        let failed: Vec<&&Trial> = trials.iter().filter(|t| t.status == Status::Failed).collect();
        let mut reasons: Vec<&str> = Vec::new();
        for trial in &failed {
            let reason = trial.reason.as_deref().unwrap_or("no reason was recorded");
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let reasons = reasons.join("; ");
        let mut remarks: Vec<String> = Vec::new();
        for warning in trials.iter().flat_map(|t| &t.warnings) {
            if !remarks.contains(warning) {
                remarks.push(warning.clone());
            }
        }
        let outliers = outliers_of(ok());
        remarks.extend(outliers.iter().map(|(number, _)| {
            format!("trial {number} lies far from the others (Tukey's outer fences); it is in the mean")
        }));
        let nothing = samples.is_empty() && costs.is_empty();
        if !failed.is_empty() && !nothing {
            let (failed, all) = (failed.len(), trials.len());
            remarks.push(format!("{failed} of {all} trials failed: {reasons}"));
        }
        let reason = match (nothing, failed.is_empty()) {
            (false, _) => None,
            (true, false) => Some(reasons),
            (true, true) => Some("the trials ended well and recorded no figure".to_owned()),
        };
        Self {
            lines,
            throughput: Estimate::of(&samples),
            instructions: Estimate::of(&costs),
            outliers,
            failed: failed.len(),
            limited_by: ok().find_map(|trial| trial.limited_by),
            reason,
            remarks,
            baseline: None,
            ratio: None,
            unlike: Vec::new(),
            p_adjusted: None,
        }
    }
}

fn outliers_of<'a>(trials: impl Iterator<Item = &'a &'a Trial>) -> Vec<(u32, f64)> {
    let figures: Vec<(u32, f64)> = trials.filter_map(|trial| Some((trial.trial, trial.figure()?))).collect();
    let figures_alone: Vec<f64> = figures.iter().map(|(_, figure)| *figure).collect();
    outliers::far_out(&figures_alone).into_iter().map(|place| figures[place]).collect()
}

/// The columns of `runs`: each framework's stand together, in the order that was asked for, printed
/// figures after measured ones, or beside those of the parameters that were printed.
pub fn of_runs<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Vec<Column> {
    let mut columns: Vec<Column> = runs.into_iter().flat_map(of_run).collect();
    let mut order: Vec<String> = Vec::new();
    for column in &columns {
        if !order.contains(&column.framework) {
            order.push(column.framework.clone());
        }
    }
    columns.sort_by_key(|c| (order.iter().position(|f| *f == c.framework), c.published));
    let mut columns = beside_their_like(columns);
    name(&mut columns);
    columns
}

/// Moves print that says something of parameters to the last measured column that has them as well.
fn beside_their_like(columns: Vec<Column>) -> Vec<Column> {
    let says = |print: &Column| print.published && !print.params.is_empty();
    let (print, mut others): (Vec<_>, Vec<_>) = columns.into_iter().partition(says);
    for column in print {
        let of_framework = |c: &Column| c.framework == column.framework && !c.published;
        let alike =
            |c: &Column| of_framework(c) && column.params.iter().all(|(key, value)| c.params.get(key) == Some(value));
        let last = others.iter().rposition(alike).or_else(|| others.iter().rposition(of_framework));
        others.insert(last.map_or(others.len(), |last| last + 1), column);
    }
    others
}

fn of_run(run: &Run) -> Vec<Column> {
    let mut columns: Vec<(Column, BTreeMap<u32, Vec<&Trial>>)> = Vec::new();
    let trials = goals::of(run);
    for (loss_percent, trial) in trials.iter().map(|(loss_percent, trial)| (*loss_percent, trial.as_ref())) {
        let same = |c: &Column| {
            let own = (&trial.framework, &trial.params, &trial.measure, trial.frames(), loss_percent);
            (&c.framework, &c.params, &c.measure, c.frames(), c.loss_percent) == own
        };
        let known = columns.iter().position(|(c, _)| same(c));
        let place = known.unwrap_or_else(|| {
            columns.push((Column { loss_percent, ..empty(run, trial) }, BTreeMap::new()));
            columns.len() - 1
        });
        columns[place].1.entry(trial.lines).or_default().push(trial);
    }
    let fill = |(mut column, by_lines): (Column, BTreeMap<u32, Vec<&Trial>>)| {
        let cells = by_lines.iter().map(|(lines, trials)| Cell::of(*lines, trials));
        column.cells = cells.collect();
        if let (true, Some(rate)) = (column.published, run.ceilings.as_ref().and_then(|c| c.line_rate_bps)) {
            note_layers(&mut column.cells, rate);
        }
        column.shown = shown(run, by_lines.values().flatten());
        column
    };
    let mut columns: Vec<_> = columns.into_iter().map(fill).collect();
    columns.sort_by_key(|column| asked(run, column));
    columns
}

/// Where among the cells that the run was asked for this column's are; trials may have been made in any order.
fn asked(run: &Run, column: &Column) -> usize {
    let own = (&column.framework, &column.params, column.frames());
    let mut cells = run.experiment.iter().flat_map(|asked| &asked.cells);
    cells.position(|cell| (&cell.framework, &cell.params, cell.frames()) == own).unwrap_or(usize::MAX)
}

/// Says which ceiling a printed figure is under that says neither MTU nor layer: whoever takes it for payload at MTU 1500
/// compares with what no cable carries.
fn note_layers(cells: &mut [Cell], line_rate_bps: f64) {
    for cell in cells {
        let figure = cell.throughput.map(|throughput| throughput.mean / f64::from(cell.lines.max(1)));
        cell.remarks.extend(figure.and_then(|figure| ceiling::beyond_usual(figure, line_rate_bps)));
    }
}

/// Values of the facts that the framework's profile wants shown, each once.
fn shown<'a>(run: &Run, trials: impl Iterator<Item = &'a &'a Trial> + Clone) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for trial in trials {
        let names = run.profiles.get(&trial.framework).and_then(|profile| profile.get("show")?.as_array());
        for name in names.into_iter().flatten().filter_map(Value::as_str) {
            let value = trial.framework_facts.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
            values.extend(value.filter(|value| !values.iter().any(|known| known == value)).map(str::to_owned));
        }
    }
    values
}

fn empty(run: &Run, trial: &Trial) -> Column {
    let mut heading = vec![trial.framework.clone()];
    if let Some(publication) = &run.published {
        heading.push(publication.label.clone());
    }
    Column {
        run: run.id.clone(),
        middlebox: run.middlebox.clone(),
        framework: trial.framework.clone(),
        params: trial.params.clone(),
        measure: trial.measure.clone(),
        frame_size: trial.frame_size,
        frame_mix: trial.frame_mix.clone(),
        loss_percent: None,
        counts: run.settings.counts,
        published: run.published.is_some(),
        emulated: run.emulated,
        shown: Vec::new(),
        makes_possible: run
            .profiles
            .get(&trial.framework)
            .and_then(|profile| profile.get("makes_possible")?.as_str())
            .map(str::to_owned),
        precision_percent: run.experiment.as_ref().and_then(|asked| asked.precision_percent),
        heading,
        cells: Vec::new(),
    }
}

/// Adds to the headings what tells columns of one framework apart: the parameters that differ, the
/// measure, and where all these are the same, the run.
fn name(columns: &mut [Column]) {
    let all = columns.to_vec();
    for column in columns.iter_mut() {
        let others = || all.iter().filter(|o| o.framework == column.framework);
        let mut parts = Vec::new();
        if let Some(middlebox) = &column.middlebox
            && others().any(|o| !o.published && o.middlebox != column.middlebox)
        {
            parts.push(format!("on {middlebox}"));
        }
        parts.extend(column.shown.clone());
        for (key, value) in &column.params {
            // Print names no parameters, and its label tells it apart.
            if others().any(|o| !o.published && o.params.get(key) != Some(value)) {
                let prefix = format!("{}.", column.framework);
                parts.push(format!("{}={value}", key.strip_prefix(&prefix).unwrap_or(key)));
            }
        }
        if others().any(|o| o.measure != column.measure) {
            parts.push(column.measure.clone());
        }
        parts.extend(column.loss_percent.map(goal_name));
        if let Some(frames) = column.frames() {
            parts.push(format!("{} frames", frames.adjective()));
        }
        if !column.is_cost() && others().any(|o| o.counts != column.counts) {
            parts.push(format!("bits of {}", column.counts.name()));
        }
        let key = |c: &Column| {
            let loss = c.loss_percent.map(f64::to_bits);
            (c.params.clone(), c.measure.clone(), c.frames(), loss, c.published, c.middlebox.clone())
        };
        let twin = |o: &Column| o.run != column.run && key(o) == key(column);
        if !column.published && others().any(twin) {
            parts.push(column.run.clone());
        }
        column.heading.splice(1..1, parts);
    }
}

/// Says of each cell that print could not measure, and this run could, what made it possible.
pub fn note_possible(columns: &mut [Column]) {
    let failed = |column: &Column| {
        let reasons = column.cells.iter().filter_map(|cell| Some((cell.lines, cell.reason.clone()?)));
        reasons.map(|(lines, reason)| (column.framework.clone(), lines, reason)).collect::<Vec<_>>()
    };
    let printed: Vec<_> = columns.iter().filter(|column| column.published).flat_map(failed).collect();
    for column in columns.iter_mut().filter(|column| !column.published) {
        let Some(why) = &column.makes_possible else { continue };
        for cell in column.cells.iter_mut().filter(|cell| cell.throughput.is_some()) {
            let missing =
                |(framework, lines, _): &&(String, u32, String)| *framework == column.framework && *lines == cell.lines;
            if let Some((.., reason)) = printed.iter().find(missing) {
                cell.remarks.push(format!("not in print ({reason}); measured here because {why}"));
            }
        }
    }
}

/// What the cells themselves give cause to say.
pub fn warnings(columns: &[Column]) -> Vec<Warning> {
    let measured = columns.iter().filter(|c| !c.published);
    let cells: Vec<_> = measured.flat_map(|column| column.cells.iter().map(move |cell| (column, cell))).collect();
    let figures = |(column, cell): &(&Column, &Cell)| column.figure(cell);
    let single = cells.iter().filter_map(figures).any(|figure| figure.ci95.is_none());
    let short = |(column, cell): &&(&Column, &Cell)| column.is_precise(cell) == Some(false);
    let short: Vec<_> = cells.iter().filter(short).filter_map(imprecise).collect();
    let imprecise = (!short.is_empty()).then_some(Warning::Imprecise { cells: short });
    single.then_some(Warning::OneTrial).into_iter().chain(imprecise).collect()
}

/// What a cell that is not as precise as it was asked to be reached, in words.
fn imprecise((column, cell): &(&Column, &Cell)) -> Option<String> {
    let (asked, figure) = (column.precision_percent?, column.figure(cell)?);
    let reached = |reached| format!("±{} %", beside(reached, 2, asked));
    let reached = figure.precision_percent().map_or("unknown".to_owned(), reached);
    let place = format!("{}, lines {}", column.heading.join(", "), cell.lines);
    Some(format!("{place}: {reached} after {} trials, not ±{asked} %", figure.n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{PlannedCell, sample};

    #[test]
    fn columns_of_a_shuffled_run_stand_in_the_order_that_was_asked_for() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        let params = |value: &str| BTreeMap::from([("netslice.counters".to_owned(), value.to_owned())]);
        for (number, value) in [(1, "batched"), (1, "each"), (2, "batched"), (2, "each")] {
            run.trials.push(Trial { params: params(value), ..sample::trial("netslice", 4, number, 1e9) });
        }
        let asked = run.experiment.as_mut().unwrap();
        asked.cells =
            ["each", "batched"].map(|value| PlannedCell { params: params(value), ..asked.cells[0].clone() }).into();
        let counters: Vec<_> = of_run(&run).iter().map(|column| column.params["netslice.counters"].clone()).collect();
        assert_eq!(counters, ["each", "batched"]);
    }
}
