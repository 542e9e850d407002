//! The commands that make the figures again. Must not run one.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::Material;
use crate::host::shell;
use crate::record::{COST, Experiment, Run};

/// Of a page with more cells the rest is in the record.
const MOST: usize = 40;

/// A command line a run, what the generators were told, and the files that a run was made from.
pub fn section(material: &Material<'_>) -> Markup {
    html! {
        section id="commands" aria-labelledby="commands-heading" {
            h2 id="commands-heading" { "Commands to reproduce" }
            @for run in material.runs {
                h3 { (run.id) }
                @match (&run.published, &run.experiment) {
                    (Some(_), _) => p { "Taken from print." },
                    (None, Some(asked)) => pre { code { (command(run, asked)) } },
                    (None, None) => p { "What was asked is not recorded: the record is of an older version." },
                }
                (generators(run))
                (files(run))
            }
            @for run in material.soaks.iter().map(|told| told.run) {
                @if let Some(profiled) = &run.profiled {
                    h3 { (run.id) }
                    pre { code {
                        "nsbench profile --framework " (quoted(&profiled.framework)) " --lines " (profiled.lines) " --by "
                        (profiled.by.name())
                        @for (name, value) in &profiled.params { " --set " (quoted(&format!("{name}={value}"))) }
                        " --testbed testbed.yaml"
                    } }
                }
                @if let Some(soak) = &run.soak {
                    h3 { (run.id) }
                    pre { code {
                        "nsbench soak --framework " (quoted(&soak.framework)) " --lines " (soak.lines) " --cycles "
                        (soak.cycles_asked) " --testbed testbed.yaml"
                    } }
                }
            }
        }
    }
}

fn quoted(word: &str) -> String {
    shell::quote(word)
}

/// What to type; the testbed's file is below it.
fn command(run: &Run, asked: &Experiment) -> String {
    let each = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let names: Vec<_> = asked.frameworks.iter().map(|name| quoted(name)).collect();
    let mut text = format!("nsbench run --framework {} --lines {}", names.join(","), each(&asked.lines));
    let testbed = if run.testbed == "lab" { "lab" } else { "testbed.yaml" };
    let _ = write!(text, " --testbed {testbed}");
    if let Some(name) = &run.middlebox {
        let _ = write!(text, " --middlebox {}", quoted(name));
    }
    let _ = write!(text, " --trials {}", asked.trials);
    if let Some(percent) = asked.precision_percent {
        let _ = write!(text, " --precision {percent}");
    }
    if let Some(most) = asked.max_trials {
        let _ = write!(text, " --max-trials {most}");
    }
    if asked.measure != "throughput" {
        let _ = write!(text, " --measure {}", quoted(&asked.measure));
    }
    if let Some(rate) = &asked.rate {
        let loss: Vec<_> = rate.loss_percent.iter().map(f64::to_string).collect();
        let _ =
            write!(text, " --loss {} --search {} --width {}", loss.join(","), rate.search.name(), rate.width_percent);
    }
    // What counts instructions sends frames of its own.
    if asked.measure != COST {
        let _ = write!(
            text,
            " --duration {}s --warmup {}s --cooldown {}s",
            asked.duration_s, asked.warmup_s, asked.cooldown_s
        );
        let _ = write!(text, " --generator {} --protocol {}", quoted(&asked.generator), quoted(&asked.protocol));
        if let Some(flows) = asked.flows {
            let _ = write!(text, " --flows {flows}");
        }
    }
    let sizes = asked.frame_sizes.iter().map(u32::to_string);
    let frames: Vec<_> = sizes.chain(asked.frame_mixes.iter().map(|mix| quoted(&mix.to_string()))).collect();
    if !frames.is_empty() {
        let _ = write!(text, " --frame-size {}", frames.join(","));
    }
    if run.ceilings.as_ref().is_some_and(|ceilings| !ceilings.calibrations.is_empty()) {
        text.push_str(" --calibrate");
    }
    for (name, values) in &asked.set {
        let _ = write!(text, " --set {}", quoted(&format!("{name}={}", values.join(","))));
    }
    if asked.shuffle {
        text.push_str(" --shuffle");
    }
    if !asked.sets.is_empty() {
        let name = asked.name.as_deref().unwrap_or("the experiment file");
        let _ = write!(text, "\n# sets of parameters of {name} were tried one by one: nsbench run --experiment FILE");
    }
    text
}

/// What made the traffic, once a cell.
fn generators(run: &Run) -> Markup {
    let mut cells: Vec<(String, &[String])> = Vec::new();
    for trial in run.trials.iter().filter(|trial| !trial.commands.is_empty()) {
        let known = |(_, commands): &(String, &[String])| *commands == trial.commands;
        if !cells.iter().any(known) && cells.len() <= MOST {
            cells.push((format!("{}, {} Line", trial.framework, trial.lines), &trial.commands));
        }
    }
    let beyond = cells.len() > MOST;
    html! {
        @if !cells.is_empty() {
            details {
                summary { "What made the traffic" }
                @for (cell, commands) in cells.iter().take(MOST) {
                    p.quiet { (cell) }
                    pre { code { (commands.join("\n")) } }
                }
                @if beyond { p { "Further ones are in the record." } }
            }
        }
    }
}

/// The testbed and the profiles as they were resolved. JSON is YAML, so that each is a file to use again.
fn files(run: &Run) -> Markup {
    let named = run.testbed_resolved.as_object().is_some_and(|file| file.len() > 1);
    html! {
        @if named {
            details {
                summary { "Testbed, as it was recorded" }
                pre { code { (pretty(&run.testbed_resolved)) } }
            }
        }
        @for (name, profile) in &run.profiles {
            @if run.trials.iter().any(|trial| trial.framework == *name) {
                details {
                    summary { "Profile of " (name) ", as it was recorded" }
                    pre { code { (pretty(profile)) } }
                }
            }
        }
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{AskedRate, sample};

    #[test]
    fn the_command_has_what_was_asked_with_foreign_words_quoted() {
        let mut run = sample::run("a", "2026-11-22T09:00:00Z");
        let asked = run.experiment.as_mut().unwrap();
        asked.frameworks = vec!["netslice".to_owned(), "./it's.yaml".to_owned()];
        asked.set.insert("netslice.mode".to_owned(), vec!["ring".to_owned(), "classic".to_owned()]);
        let search = crate::measure::search::Method::Mlr;
        asked.rate = Some(AskedRate { loss_percent: vec![0.0, 0.5], search, width_percent: 0.5 });
        asked.measure = "ndr".to_owned();
        let asked = asked.clone();
        run.middlebox = Some("old".to_owned());
        let text = command(&run, &asked);
        assert!(text.starts_with("nsbench run --framework netslice,"), "{text}");
        assert!(text.contains(&shell::quote("./it's.yaml")), "{text}");
        assert!(
            text.contains("--set netslice.mode=ring,classic") || text.contains("'netslice.mode=ring,classic'"),
            "{text}"
        );
        assert!(
            text.contains(" --middlebox old --trials 3 --measure ndr --loss 0,0.5 --search mlr --width 0.5 "),
            "{text}"
        );
        assert!(text.contains(" --duration 10s --warmup 0s --cooldown 0s --generator netperf"), "{text}");
    }
}
