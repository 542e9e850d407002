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

/// Instructions a packet of a way into the module with all that it called; none where it was not gone.
fn way(run: &Value, function: &str) -> f64 {
    let paths = &run["profiled"]["paths"];
    let found = paths["entries"].as_array().unwrap().iter().find(|path| path["function"] == function);
    found.map_or(0.0, |path| path["count"].as_f64().unwrap() / paths["packets"].as_f64().unwrap())
}

/// What `ring` saves most is the way of a packet out of the queue, and its own has none.
fn saves_the_dequeue_path(classic: &Value, ring: &Value) {
    let read = way(classic, "nsl_device_read");
    let sending = way(classic, "nsl_device_write") - way(ring, "nsl_device_ioctl");
    let queueing = way(classic, "nsl_port_hook") - way(ring, "nsl_port_hook");
    assert!(read > sending && sending > queueing, "{read}, {sending}, {queueing}");
    assert!((700.0..1400.0).contains(&read), "{read}");
    assert!(way(ring, "nsl_device_read") + way(ring, "nsl_device_write") < 1.0, "{}", ring["profiled"]["paths"]);
    // The hook is entered for each packet, and the rest once for a burst of 64.
    for (run, function, times) in [(classic, "nsl_port_hook", 1.0), (classic, "nsl_device_read", 1.0 / 64.0)] {
        let paths = &run["profiled"]["paths"];
        let found = paths["entries"].as_array().unwrap().iter().find(|path| path["function"] == function).unwrap();
        let entered = found["entered"].as_f64().unwrap() / paths["packets"].as_f64().unwrap();
        assert!((times * 0.9..times * 4.0).contains(&entered), "{function}: {entered}");
    }
    assert!(classic["profiled"]["chains"].as_array().unwrap().len() > 100);
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
    saves_the_dequeue_path(&classic, &ring);
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
