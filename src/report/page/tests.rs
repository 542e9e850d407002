//! The page of made-up and of published runs. What a browser makes of it is in `tests/report_page.rs`.

use serde_json::json;

use super::*;
use crate::compare::Options;
use crate::record::{Interim, Window, reference, sample};

fn page(runs: &[Run]) -> String {
    let comparison = Comparison::build(runs, &Options::default()).unwrap();
    render(&Material { runs, references: &[], soaks: &[], comparison: &comparison, watches: &[], remarks: &[] })
}

/// A run in which every word that a user or a tool writes is an attack.
fn hostile() -> Run {
    let evil = "</svg></style><script>alert(1)</script>\u{1}\"'&";
    let mut run = sample::run(evil, "2026-11-22T09:00:00Z");
    run.testbed = evil.to_owned();
    run.testbed_resolved = json!({
        "name": evil, "source": { "ssh": evil }, "middlebox": { "ssh": evil }, "sink": { "ssh": evil },
        "lines": [{ "source": evil, "in": evil, "out": evil, "sink": evil }], "mtu": 1500,
    });
    run.settings.generator = evil.to_owned();
    run.provenance.insert(evil.to_owned(), json!({ "kernel": evil, evil: evil, "interfaces": [{ "name": evil }] }));
    run.profiles.insert(evil.to_owned(), json!({ evil: evil }));
    for number in 1..=2 {
        let mut trial = sample::trial(evil, 1, number, 1e8);
        trial.params.insert(evil.to_owned(), format!("{evil}{number}"));
        trial.warnings.push(evil.to_owned());
        trial.commands = vec![evil.to_owned()];
        trial.framework_facts.insert(evil.to_owned(), json!(evil));
        trial.kernel_log.insert(evil.to_owned(), vec![evil.to_owned()]);
        trial.per_line[0].interim = vec![Interim { from_s: 0.0, duration_s: 1.0, throughput_bps: 1e8 }];
        run.trials.push(trial);
    }
    run.trials.push(sample::failed(evil, 2, 1, evil));
    run.trials.push(sample::cost(evil, 1, 60, 5000.0));
    run
}

#[test]
fn no_word_of_a_record_becomes_markup() {
    let text = page(&[hostile()]);
    assert_eq!(text.matches("<script").count(), 0);
    assert!(text.contains("&lt;script&gt;alert(1)"));
    assert_eq!(text.matches("</style>").count(), 1, "the page's own");
    assert_eq!(text.matches("</svg>").count(), text.matches("<svg ").count());
    for figure in crate::report::figure::all(
        &Comparison::build(&[hostile()], &Options::default()).unwrap(),
        &[hostile()],
        &[],
        &[],
    ) {
        let svg = crate::report::figure::svg(&figure, crate::report::figure::Size::Wide, true);
        assert!(!svg.contains('\u{1}') && !svg.contains("<script"), "{}: no XML", figure.name);
    }
}

#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    let text = page(&[hostile()]);
    for word in ["<script", "<link rel=\"stylesheet", "src=", "url(", "@import", "<iframe", "<img", "onclick"] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(text.contains("default-src 'none'"));
    // The names of namespaces are no addresses that anybody goes to.
    let addresses = text.matches("http").count() - text.matches("xmlns=\"http://www.w3.org/2000/svg\"").count();
    assert_eq!(addresses, text.matches("http-equiv").count());
}

#[test]
fn every_plot_has_words_and_a_table() {
    let text = page(&[hostile()]);
    let figures = text.matches("<figure ").count();
    assert!(figures >= 5, "testbed, throughput, cost, over time, losses: {figures}");
    assert_eq!(text.matches("role=\"img\" aria-label=\"").count(), 2 * figures, "for a screen and for a phone");
    assert_eq!(text.matches("The same as a table").count(), figures);
}

#[test]
fn warnings_stand_before_the_first_figure() {
    let text = page(&[hostile()]);
    let warnings = text.find("id=\"warnings\"").unwrap();
    assert!(warnings < text.find("<figure ").unwrap() && text[warnings..].contains("rank nothing"));
}

#[test]
fn print_alone_and_a_run_that_recorded_nothing_have_a_page() {
    let printed = reference::named("figure3").unwrap();
    let text = page(&[printed]);
    assert!(text.contains("<figure id=\"throughput\"") && !text.contains("id=\"over-time\""));
    let text = page(&[sample::run("a", "2026-11-22T09:00:00Z")]);
    assert!(text.contains("No trial was recorded.") && text.contains("3 of 3 trials were not made"), "{text}");
}

#[test]
fn a_run_of_an_older_version_says_what_it_lacks() {
    let mut run = sample::run("a", "2026-11-22T09:00:00Z");
    run.experiment = None;
    run.provenance.clear();
    run.trials.extend(sample::trials("netslice", 4, &[1e8]));
    let text = page(&[run]);
    assert!(
        text.contains("What was asked is not recorded") && text.contains("Not recorded: the generator gave one figure")
    );
}

#[test]
fn ten_thousand_trials_make_a_page_that_is_small() {
    let mut run = sample::run("a", "2026-11-22T09:00:00Z");
    for number in 0..10_000_u32 {
        let framework = format!("framework{}", number % 25);
        let mut trial = sample::trial(&framework, 1 + number / 25 % 4, number / 100 + 1, 1e8 + f64::from(number));
        trial.warnings.push(format!("trial {number} was odd"));
        trial.window = Some(Window { from_s: 1.0, duration_s: 58.0 });
        for line in &mut trial.per_line {
            line.interim =
                (0..60).map(|s| Interim { from_s: f64::from(s), duration_s: 1.0, throughput_bps: 1e8 }).collect();
        }
        run.trials.push(trial);
    }
    let text = page(&[run]);
    assert!(text.len() < 2_000_000, "{} bytes", text.len());
    assert!(text.contains("76 further cells are not drawn") && text.contains("further ones are in the records"));
}
