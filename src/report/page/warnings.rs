//! What speaks against believing the figures: it stands before them. Must not judge anew what is recorded.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::Material;
use crate::record::{PlannedCell, Run, Status, Trial, Verdict};
use crate::report::sentence;

/// Of a page with more kinds of warnings the rest is counted: nobody reads on.
const MOST: usize = 60;

/// A warning, and what it is about.
struct Said {
    text: String,
    hint: Option<String>,
    /// Trials that say so, and the first of them.
    by: Option<(usize, String)>,
}

/// All of them, or the sentence that there are none.
pub fn section(material: &Material<'_>) -> Markup {
    let all = gathered(material);
    let beyond = all.len().saturating_sub(MOST);
    html! {
        section id="warnings" aria-labelledby="warnings-heading" {
            h2 id="warnings-heading" { "Warnings" }
            @if all.is_empty() {
                p { "None: every trial that was begun gave a figure, and nothing recorded makes one suspect." }
            } @else {
                ul.warnings { @for said in all.iter().take(MOST) { li { (item(said)) } } }
            }
            @if beyond > 0 {
                p { (beyond) " further ones are in the records: " code { "nsbench results show RUN" } }
            }
        }
    }
}

fn item(said: &Said) -> Markup {
    html! {
        (said.text)
        @if let Some((count, first)) = &said.by {
            " " span.quiet {
                "(" (first) @if *count > 1 { " and " (count - 1) " more " (if *count == 2 { "trial" } else { "trials" }) } ")"
            }
        }
        @if let Some(hint) = &said.hint { br; span.quiet { "hint: " (hint) } }
    }
}

fn gathered(material: &Material<'_>) -> Vec<Said> {
    let mut all: Vec<Said> = material.comparison.warnings.iter().map(|warning| said(&warning.to_string())).collect();
    all.extend(material.remarks.iter().map(|remark| said(remark)));
    all.extend(material.runs.iter().filter_map(unfinished));
    all.extend(material.soaks.iter().filter_map(|told| soak(told.run)));
    let profiles = material.soaks.iter().filter_map(|told| Some((&told.run.id, told.run.profiled.as_ref()?)));
    all.extend(profiles.flat_map(|(id, profiled)| {
        profiled.warnings.iter().map(move |warning| said(&format!("the profile `{id}`: {warning}")))
    }));
    let several = material.runs.len() > 1;
    for run in material.runs {
        for trial in &run.trials {
            let place = || place(run, trial, several);
            for new in of_trial(trial).iter().map(|text| said(text)) {
                let same =
                    |known: &&mut Said| known.by.is_some() && (&known.text, &known.hint) == (&new.text, &new.hint);
                match all.iter_mut().find(same) {
                    Some(Said { by: Some((count, _)), .. }) => *count += 1,
                    _ => all.push(Said { by: Some((1, place())), ..new }),
                }
            }
        }
        for calibration in run.ceilings.iter().flat_map(|ceilings| &ceilings.calibrations) {
            if let Some(reason) = &calibration.reason {
                all.push(said(&format!("no ceiling without forwarding on {} lines: {reason}", calibration.lines)));
            }
        }
    }
    all
}

/// The way out stands on the last line.
fn said(text: &str) -> Said {
    let (text, hint) = match text.split_once("\nhint: ") {
        Some((text, hint)) => (text, Some(hint.to_owned())),
        None => (text, None),
    };
    Said { text: sentence::of(text), hint, by: None }
}

/// `bridge, 4 Line, trial 3`.
fn place(run: &Run, trial: &Trial, several: bool) -> String {
    let mut text = format!("{}, {} Line, trial {}", trial.framework, trial.lines, trial.trial);
    if several {
        let _ = write!(text, " of {}", run.id);
    }
    text
}

fn of_trial(trial: &Trial) -> Vec<String> {
    let mut all = Vec::new();
    if trial.status == Status::Failed {
        let reason = trial.reason.as_deref().unwrap_or("no reason was recorded");
        all.push(format!("failed: {reason}"));
    }
    all.extend(trial.warnings.iter().cloned());
    all.extend(
        trial
            .kernel_log
            .iter()
            .filter_map(|(host, lines)| lines.first().map(|line| format!("the kernel of the {host} says: {line}"))),
    );
    all
}

/// What a run did not come to. A run that was trimmed to some frameworks answers for those alone.
fn unfinished(run: &Run) -> Option<Said> {
    let asked = run.experiment.as_ref()?;
    let shown = |name: &str| run.trials.is_empty() || run.trials.iter().any(|trial| trial.framework == name);
    let cells = || asked.cells.iter().filter(|cell| shown(&cell.framework));
    let made: BTreeSet<_> = run
        .trials
        .iter()
        .map(|trial| (&trial.framework, trial.lines, &trial.params, trial.frame_size, trial.trial))
        .collect();
    let begun = |cell: &PlannedCell, number: u32| {
        made.contains(&(&cell.framework, cell.lines, &cell.params, cell.frame_size, number))
    };
    let planned = cells().count() * asked.trials as usize;
    let missing: usize = cells().map(|cell| (1..=asked.trials).filter(|number| !begun(cell, *number)).count()).sum();
    (missing > 0).then(|| Said {
        text: format!("`{}` did not come to its end: {missing} of {planned} trials were not made", run.id),
        hint: Some(format!("nsbench run --resume {}", run.id)),
        by: None,
    })
}

fn soak(run: &Run) -> Option<Said> {
    let verdict = match run.soak.as_ref()?.verdict {
        Verdict::Clean => return None,
        Verdict::TooShort => "had too few cycles to say whether memory grows",
        Verdict::Unfinished => "did not come to its end",
        Verdict::Grows => "found something that grows from cycle to cycle",
        Verdict::KernelLog => "found trouble in a kernel log",
        Verdict::Failed => "had a cycle that failed",
    };
    Some(said(&format!("the soak `{}` {verdict}", run.id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Comparison, Options};
    use crate::record::sample;

    fn texts(runs: &[Run]) -> Vec<String> {
        let comparison = Comparison::build(runs, &Options::default()).unwrap();
        let material =
            Material { runs, references: &[], soaks: &[], comparison: &comparison, watches: &[], remarks: &[] };
        gathered(&material).iter().map(|said| item(said).into_string()).collect()
    }

    #[test]
    fn one_warning_of_many_trials_is_said_once_with_their_number() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.experiment = None;
        for number in 1..=3 {
            let mut trial = sample::trial("netslice", 1, number, 1e8);
            trial.warnings.push("the clock went back".to_owned());
            run.trials.push(trial);
        }
        let texts = texts(&[run]);
        let found: Vec<_> = texts.iter().filter(|text| text.contains("clock")).collect();
        assert_eq!(found.len(), 1, "{texts:?}");
        assert!(found[0].contains("netslice, 1 Line, trial 1 and 2 more trials"), "{found:?}");
    }

    #[test]
    fn an_interrupted_run_says_how_much_is_missing_and_how_to_go_on() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        run.trials.push(sample::trial("netslice", 4, 1, 1e8));
        let texts = texts(&[run]);
        let found = texts.iter().find(|text| text.contains("did not come to its end")).unwrap();
        assert!(found.contains("2 of 3 trials") && found.contains("nsbench run --resume a"), "{found}");
    }
}
