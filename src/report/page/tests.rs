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
    assert!(text.contains("<figure id=\"throughput\"") && !text.contains("id=\"lines\""));
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

/// Values of an attribute, in the order in which they stand.
fn attributes<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    text.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn whoever_goes_by_keyboard_or_listens_finds_each_place_by_its_name_and_in_order() {
    let mut run = hostile();
    run.trials.push(sample::ndr("bridge", 1, Some(8000), 9000));
    let text = page(&[run]);
    let ids = attributes(&text, "id");
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    for name in attributes(&text, "aria-labelledby") {
        assert!(ids.contains(&name), "{name} is no heading");
    }
    let targets: Vec<_> = attributes(&text, "href").into_iter().filter_map(|link| link.strip_prefix('#')).collect();
    assert!(targets.len() > 6 && targets.iter().all(|target| ids.contains(target)), "{targets:?}");
    let sections = text.matches("<section id=\"").count();
    assert_eq!(sections, targets.len(), "each section is linked to");
    // What can be reached is reached in the order of reading, and every table that scrolls can be reached.
    assert!(attributes(&text, "tabindex").iter().all(|order| *order == "0"));
    assert_eq!(
        text.matches("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").count(),
        text.matches("<table").count()
    );
    assert_eq!(text.matches("<th scope=\"").count(), text.matches("<th ").count(), "each heading says of what");
    let levels: Vec<u32> =
        text.match_indices("<h").filter_map(|(at, _)| text[at + 2..].chars().next()?.to_digit(10)).collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels.windows(2).all(|two| two[1] <= two[0] + 1), "no level is left out: {levels:?}");
}

#[test]
fn words_that_run_from_right_to_left_or_never_end_stay_in_their_place() {
    let endless = "x".repeat(5000);
    let mut run = sample::run("a", "2026-11-22T09:00:00Z");
    let mut trial = sample::trial("\u{202e}gnorw", 1, 1, 1e8);
    trial.warnings.push(endless.clone());
    run.trials.push(trial);
    run.trials.push(sample::trial(&endless, 1, 1, 1e8));
    let text = page(&[run]);
    // A mark that turns the direction of all that follows would turn the page's own words as well.
    assert!(!text.contains('\u{202e}') && text.contains("gnorw"), "such a mark is shown as what it is");
    assert!(text.matches(&endless).count() < 40, "{}", text.matches(&endless).count());
}

/// The colours that the style gives names, on light ground or on dark.
fn colours(rules: &str) -> std::collections::BTreeMap<&str, [u8; 3]> {
    let named = rules.split("--").skip(1).filter_map(|rest| rest.split_once(": #"));
    let byte = |digits: &str| u8::from_str_radix(digits, 16).unwrap();
    let read = |(name, rest): (&'static str, &str)| {
        let digits = rest.split(';').next().unwrap();
        let whole: String = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            _ => digits.to_owned(),
        };
        (name, [byte(&whole[..2]), byte(&whole[2..4]), byte(&whole[4..])])
    };
    // The names stand in the style, which lasts as long as the program.
    let wanted = ["paper", "ink", "quiet", "rule", "field", "link", "alarm-field", "alarm"];
    let known = |name: &str| wanted.into_iter().find(|known| *known == name);
    named.filter_map(|(name, rest)| Some(read((known(name)?, rest)))).collect()
}

#[test]
fn words_stand_out_from_whatever_they_stand_on_as_wcag_asks() {
    let (light, dark) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
    let dark = dark.split("* {").next().unwrap();
    for (theme, rules) in [("light", light), ("dark", dark)] {
        let colours = colours(rules);
        assert_eq!(colours.len(), 8, "{theme}: {colours:?}");
        for ground in ["paper", "field", "alarm-field"] {
            for words in ["ink", "quiet", "link"] {
                let found = palette::tests::contrast(colours[words], colours[ground]);
                assert!(found >= 4.5, "{theme}: {words} on {ground} {found}");
            }
        }
        assert!(palette::tests::contrast(colours["alarm"], colours["paper"]) >= 3.0, "{theme}");
        let of = |shade: palette::Shade| if theme == "light" { shade.light } else { shade.dark };
        let pairs = [("paper", palette::PAPER), ("ink", palette::INK), ("quiet", palette::QUIET)];
        for (name, shade) in pairs {
            assert_eq!(colours[name], of(shade), "{theme}: {name} of a page and of its plots");
        }
    }
}
