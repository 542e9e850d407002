//! Where the instructions go, on a middlebox of its own beside the lab.

use serde_json::Value;

use crate::bench::Bench;

/// Instructions a packet that the functions may add up to more or less than the middlebox's clock says.
const APART: f64 = 0.1;

/// A profile of a mode of netslice's.
fn profile(bench: &Bench, mode: &str, also: &[&str]) -> Value {
    let (results, set) = (bench.dir.path().join("profiles"), format!("netslice.mode={mode}"));
    let words =
        ["profile", "-f", "netslice", "--set", &set, "--format", "json", "--results", results.to_str().unwrap()];
    bench.expect(0, &[&words[..], also].concat()).json()
}

/// Instructions a packet of a function of the module's; `None` where it was not run.
fn each(run: &Value, function: &str) -> Option<f64> {
    let functions = run["profiled"]["functions"].as_array().unwrap();
    let found = functions.iter().find(|known| known["name"] == function && known["object"] == "netslice")?;
    assert_eq!(found["part"], "module");
    found["per_packet"].as_f64()
}

/// `classic` takes packets from its queue one by one, in a function that `ring` has no use for.
pub fn shows_the_dequeue_path(bench: &mut Bench) {
    let before = bench.processes();
    let classic = profile(bench, "classic", &["--annotate", "netslice_readv"]);
    let ring = profile(bench, "ring", &[]);
    for run in [&classic, &ring] {
        let profiled = &run["profiled"];
        let sum = profiled["total"].as_f64().unwrap() / profiled["packets"].as_f64().unwrap();
        let clock = profiled["instructions_per_packet"].as_f64().unwrap();
        assert!((sum / clock - 1.0).abs() < APART, "{sum} and {clock}");
        assert_eq!(profiled["warnings"], serde_json::json!([]));
        assert!(profiled["functions"].as_array().unwrap().iter().any(|f| f["part"] == "program"), "no program");
    }
    // A list, counters and a lock: tens of instructions for each packet.
    let (readv, read) = (each(&classic, "netslice_readv").unwrap(), each(&classic, "nsl_read").unwrap());
    assert!((15.0..100.0).contains(&readv) && read > 15.0, "{readv} and {read}");
    assert_eq!((each(&ring, "netslice_readv"), each(&ring, "nsl_read")), (None, None));
    let annotated = classic["profiled"]["annotated"].as_array().unwrap();
    let counts = |line: &Value| line["text"].as_str().is_some_and(|text| text.contains("queue->delivered++"));
    let line = annotated.iter().find(|line| counts(line)).unwrap_or_else(|| panic!("{annotated:?}"));
    assert!(line["count"].as_f64().unwrap() >= classic["profiled"]["packets"].as_f64().unwrap(), "{line}");
    let results = bench.dir.path().join("profiles");
    let ids = [&classic, &ring].map(|run| run["id"].as_str().unwrap());
    let words = ["profile", "compare", ids[0], ids[1], "--results", results.to_str().unwrap()];
    let table = bench.expect(0, &words).stdout;
    assert!(table.contains("netslice_readv") && table.contains("instructions a packet"), "{table}");
    let page = bench.dir.path().join("profile.html");
    bench.expect(0, &["report", ids[0], "-o", page.to_str().unwrap(), "--results", results.to_str().unwrap()]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Flame graph of netslice") && !page.contains("<script"), "{page}");
    assert_eq!((bench.processes(), bench.solo_dir().exists()), (before, false), "the middlebox is not gone");
}
