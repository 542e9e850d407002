//! `topology show` on three servers: what each says is in the drawing, and one that says nothing holds up nobody.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::awake::Awake;
use crate::three::{NAMES, Testbed};

/// What it says on its way to its end. A host that was too slow to answer, because this machine stood still, is asked once
/// more, unless it is to be silent.
fn show(testbed: &Testbed, words: &str, silent: Option<&str>) -> (String, String) {
    let slow = |line: &str| {
        let words = ["said nothing within", "timed out", "the login took longer than"];
        words.iter().any(|words| line.contains(words)) && !silent.is_some_and(|name| line.contains(name))
    };
    let mut shown = testbed.nsbench(words);
    if shown.2.lines().any(slow) {
        shown = testbed.nsbench(words);
    }
    let (status, stdout, stderr) = shown;
    assert_eq!(status, 0, "{stderr}");
    (stdout, stderr)
}

fn json(testbed: &Testbed, silent: Option<&str>) -> (Value, String) {
    let (stdout, stderr) = show(testbed, "topology show --format json", silent);
    (serde_json::from_str(&stdout).unwrap(), stderr)
}

#[tokio::test]
async fn every_host_is_asked_and_what_it_says_is_drawn() {
    let Some(testbed) = Testbed::start() else { return };
    let (drawing, stderr) = json(&testbed, None);
    assert_eq!(stderr, "");
    let cpus = Command::new("getconf").arg("_NPROCESSORS_ONLN").output().unwrap().stdout;
    let cpus: usize = String::from_utf8(cpus).unwrap().trim().parse().unwrap();
    for role in ["source", "middlebox", "sink"] {
        assert_eq!(drawing["hosts"][role]["answer"]["cpus"], cpus, "{drawing:#}");
    }
    // The servers have this machine's ports, among which there is none of the file.
    assert!(drawing["lines"][0]["ports"]["sink"].is_object(), "{drawing:#}");
    let (text, _) = show(&testbed, "topology show", None);
    assert_eq!(
        text.matches(&format!("{cpus} CPU")).count(),
        3 + 1,
        "in each box, and above the table of cores: {text}"
    );
}

#[tokio::test]
async fn a_host_that_hangs_is_said_and_the_rest_is_drawn() {
    let Some(testbed) = Testbed::start() else { return };
    testbed.servers[2].hang();
    let silent = Some(NAMES[2]);
    let start = Awake::start();
    let (text, stderr) = show(&testbed, "topology show", silent);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(
        stderr.starts_with(&format!("note: the sink does not answer: could not connect to `{}`: ", NAMES[2])),
        "{stderr}"
    );
    assert_eq!(stderr.lines().filter(|line| line.starts_with("hint: ")).count(), 1, "{stderr}");
    assert_eq!((text.matches("no answer").count(), text.matches("cores of the middlebox").count()), (1, 1), "{text}");
    let drawing = json(&testbed, silent).0;
    assert!(drawing["hosts"]["sink"]["answer"].is_null() && drawing["hosts"]["source"]["answer"].is_object());
}
