//! `topology show` on three servers: what each says is in the drawing, and one that says nothing holds up nobody.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::three::{NAMES, Testbed};

fn json(testbed: &Testbed) -> (Value, String) {
    let (status, stdout, stderr) = testbed.nsbench("topology show --format json");
    assert_eq!(status, 0, "{stderr}");
    (serde_json::from_str(&stdout).unwrap(), stderr)
}

#[tokio::test]
async fn every_host_is_asked_and_what_it_says_is_drawn() {
    let Some(testbed) = Testbed::start() else { return };
    let (drawing, stderr) = json(&testbed);
    assert_eq!(stderr, "");
    let cpus = std::thread::available_parallelism().unwrap().get();
    for role in ["source", "middlebox", "sink"] {
        assert_eq!(drawing["hosts"][role]["answer"]["cpus"], cpus, "{drawing:#}");
    }
    // The servers have this machine's ports, among which there is none of the file.
    assert!(drawing["lines"][0]["ports"]["sink"].is_object(), "{drawing:#}");
    let (_, text, _) = testbed.nsbench("topology show");
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
    let start = Instant::now();
    let (status, text, stderr) = testbed.nsbench("topology show");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(status, 0);
    assert!(
        stderr.starts_with(&format!("note: the sink does not answer: could not connect to `{}`: ", NAMES[2])),
        "{stderr}"
    );
    assert_eq!(stderr.lines().filter(|line| line.starts_with("hint: ")).count(), 1, "{stderr}");
    assert_eq!((text.matches("no answer").count(), text.matches("cores of the middlebox").count()), (1, 1), "{text}");
    let drawing = json(&testbed).0;
    assert!(drawing["hosts"]["sink"]["answer"].is_null() && drawing["hosts"]["source"]["answer"].is_object());
}
