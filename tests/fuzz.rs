//! Texts that nobody meant, to everything that reads the text of others: nothing panics, and what is refused is quoted or
//! shown at its place.

#[path = "../src/fuzzing.rs"]
mod fuzzing;

use std::path::Path;

use nsbench::generator::netperf::{self, Netperf};
use nsbench::generator::{Protocol, Tool, iperf3, pkt_gen, pktgen, testpmd};
use nsbench::plan::template::Template;
use nsbench::profile::Profile;
use nsbench::profile::experiment::Experiment;
use nsbench::profile::notation;
use nsbench::testbed::Testbed;
use nsbench::testbed::facts::Facts;
use nsbench::testbed::wiring::Heard;
use nsbench::units::BitsPerSecond;
use nsbench::yaml::Diagnostic;
use proptest::prelude::*;

use fuzzing::{cases, damaged, text};

const IPERF3: &str = include_str!("../src/generator/iperf3/udp.json");
const PKTGEN: &str = include_str!("../src/generator/pktgen/one-line.txt");
const PKT_GEN: &str = include_str!("../src/generator/pkt_gen/one-line.txt");
const TESTPMD: &str = include_str!("../src/generator/testpmd/one-line.txt");
const NETPERF: &str = "MIGRATED TCP STREAM TEST from 198.18.1.1 () port 0 AF_INET to 198.18.1.2 () port 0 AF_INET : demo\n\
    NETPERF_INTERIM_RESULT[0]=93.73\nNETPERF_UNITS[0]=10^6bits/s\nNETPERF_INTERVAL[0]=1.004\n\
    THROUGHPUT=76.07\nTHROUGHPUT_UNITS=10^6bits/s\nELAPSED_TIME=5.13\nREMOTE_RECV_THROUGHPUT=75.80\n";

const PROBE: &str =
    "heard eth1 source eth1\nno-carrier eth2\nerror eth3 could not open a socket\nheard eth4 sink eth2\ndone\n";

/// The files of a directory that nsbench brings along.
fn shipped(directory: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// A refusal shows places that the text has, and says what to do.
fn is_told_well(diagnostic: &Diagnostic, text: &str) {
    let shown = diagnostic.to_string();
    assert!(!diagnostic.places().is_empty() && shown.contains("hint: "), "{shown}");
    for (line, column) in diagnostic.places() {
        let there = text.split('\n').nth(line - 1).expect("a line of the text");
        assert!(column <= there.chars().count() + 1, "{line}:{column} of {text:?}");
        assert!(shown.contains(&format!("x.yaml:{line}:")), "{line}:{column} in {shown}");
    }
}

fn read_testbed(text: &str) {
    if let Err(diagnostic) = Testbed::parse("x.yaml", text) {
        is_told_well(&diagnostic, text);
    }
}

fn read_profile(text: &str) {
    if let Err(error) = Profile::parse("x.yaml", text) {
        is_told_well(error.downcast_ref().expect("every refusal has its place"), text);
    }
}

fn read_experiment(text: &str) {
    if let Err(diagnostic) = Experiment::parse("x.yaml", text, Path::new("")) {
        is_told_well(&diagnostic, text);
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn a_damaged_testbed_is_refused_at_its_place(text in damaged(shipped("testbeds"))) {
        read_testbed(&text);
    }

    #[test]
    fn a_damaged_profile_is_refused_at_its_place(text in damaged(shipped("profiles/frameworks"))) {
        read_profile(&text);
    }

    #[test]
    fn a_damaged_experiment_is_refused_at_its_place(text in damaged(shipped("profiles/experiments"))) {
        read_experiment(&text);
    }

    #[test]
    fn any_text_is_a_file_or_refused_at_its_place(text in text()) {
        read_testbed(&text);
        read_profile(&text);
        read_experiment(&text);
    }

    #[test]
    fn what_netperf_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![NETPERF.to_owned()])]) {
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            match netperf::parse(&text, protocol) {
                Ok((arrived_bps, _)) => prop_assert!(arrived_bps > 0.0 && arrived_bps.is_finite()),
                Err(error) => {
                    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("(nothing)");
                    prop_assert!(error.to_string().contains(last), "{error} of {text:?}");
                }
            }
        }
        for line in text.lines() {
            prop_assert!(Netperf.interim(line).is_none_or(|rate| rate.is_finite() && rate >= 0.0), "{line:?}");
        }
    }

    #[test]
    fn what_iperf3_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![IPERF3.to_owned()])]) {
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            match iperf3::parse(&text, protocol, 2) {
                Ok((arrived_bps, elapsed_s, reports)) => {
                    prop_assert!(arrived_bps > 0.0 && arrived_bps.is_finite() && elapsed_s > 0.0);
                    prop_assert!(reports.iter().all(|report| report.duration_s > 0.0), "{reports:?}");
                }
                Err(error) => prop_assert!(error.to_string().starts_with("iperf3's output could not be used: `")),
            }
        }
    }

    #[test]
    fn what_testpmd_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![TESTPMD.to_owned()])]) {
        match testpmd::sent(&text, 3) {
            Ok((elapsed_s, packets)) => prop_assert!(elapsed_s > 0.0 && elapsed_s.is_finite() && packets > 0),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn what_pkt_gen_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![PKT_GEN.to_owned()])]) {
        match pkt_gen::sent(&text) {
            Ok((elapsed_s, packets)) => prop_assert!(elapsed_s > 0.0 && elapsed_s.is_finite() && packets > 0),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn what_pktgen_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![PKTGEN.to_owned()])]) {
        match pktgen::elapsed_s(&text, 3) {
            Ok(elapsed_s) => prop_assert!(elapsed_s > 0.0 && elapsed_s.is_finite()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn what_the_wire_probe_never_said_is_quoted(text in prop_oneof![text(), damaged(vec![PROBE.to_owned()])]) {
        if let Err(error) = Heard::parse(&text) {
            let shown = error.to_string();
            prop_assert!(text.lines().any(|line| shown.contains(line)) || text.is_empty(), "{shown} of {text:?}");
        }
    }

    #[test]
    fn any_text_is_a_rate_or_quoted(text in prop_oneof![text(), "[0-9.]{0,6} ?[kmgtKMGT]?(bps|b/s|Bps)?", "[0-9]{300,320}bps"]) {
        match text.parse::<BitsPerSecond>() {
            Ok(rate) => prop_assert!(rate.0.is_finite() && rate.0 >= 0.0 && !rate.to_string().is_empty(), "{text:?}"),
            Err(error) => prop_assert!(error.to_string().contains(&text)),
        }
    }

    #[test]
    fn any_text_is_a_notation_or_quoted(text in prop_oneof![text(), "[0-9.,]{0,9}", "[0-9]{1,22} ?(s|min)?", "[a-z.]{1,4}=[a-z,]{0,4}"]) {
        match notation::lines(&text) {
            Ok(lines) => prop_assert!(lines.iter().all(|lines| (1..255).contains(lines)) && !lines.is_empty()),
            Err(error) => prop_assert!(text.split(',').any(|part| error.contains(part)), "{error}"),
        }
        match notation::duration_s(&text) {
            Ok(seconds) => prop_assert!((1..=86_400).contains(&seconds)),
            Err(error) => prop_assert!(error.contains(&text) || error.contains("between"), "{error}"),
        }
        if let Ok((name, values)) = notation::setting(&text) {
            let again = format!("{name}={}", values.join(","));
            prop_assert_eq!(again, text);
        }
    }

    #[test]
    fn any_text_is_filled_or_quoted(text in prop_oneof![text(), "[{}()+*, a-c0-9max]{0,24}", "\\{[()+*, a-c0-9max]{0,24}\\}"]) {
        let mut words = Template::new(&[("a", "2"), ("b", "18446744073709551615"), ("c", "word {a}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        words.set_list("ab", vec!["one".to_owned(), "{two}".to_owned()]);
        match words.fill(&text) {
            Ok(filled) => prop_assert!(text.contains('{') || filled == text, "{}", filled),
            Err(error) => {
                let inside = text.split('{').skip(1).map(|part| part.split('}').next().unwrap_or(part));
                let shown = format!("{error:#}");
                prop_assert!(inside.into_iter().any(|name| shown.contains(name)), "{shown} of {text:?}");
            }
        }
    }
}

/// What the host said whose facts are recorded here.
fn facts() -> String {
    include_str!("../src/testbed/facts/answer.txt").to_owned()
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn damaged_facts_are_refused_and_quoted(text in prop_oneof![text(), damaged(vec![facts()])]) {
        match Facts::parse(&text) {
            Ok(facts) => drop(nsbench::plan::layout::Layout::of(&facts)),
            Err(error) => {
                let shown = error.to_string();
                let is_quoted = text.lines().any(|line| shown.contains(&format!("`{line}`")));
                let is_named = shown.contains("has no `") || shown.contains("does not begin with `nsbench-facts`");
                prop_assert!(is_quoted || is_named, "{shown} of {text:?}");
            }
        }
    }
}

#[test]
fn brackets_without_end_are_refused_and_not_followed_until_the_stack_is_full() {
    for open in ["[", "{ a: ", "- ", "? ", "[{ a: "] {
        let text = format!("name: {}", open.repeat(100_000));
        for text in [&text, &text["name: ".len()..]] {
            let refusal = Testbed::parse("x.yaml", text).unwrap_err();
            is_told_well(&refusal, text);
        }
    }
    let nested = format!("name: {}a{}\n", "[".repeat(100), "]".repeat(100));
    let refusal = Testbed::parse("x.yaml", &nested).unwrap_err().to_string();
    assert!(refusal.contains("x.yaml:1:70") && refusal.contains("nested too deep"), "{refusal}");
}
