//! What the results directory promises, on a real file system.

use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::compare::{self, Comparison};
use crate::fuzzing::{cases, damaged, text};
use crate::record::sample;
use crate::report;

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("results"));
    (directory, store)
}

fn noon() -> Zoned {
    "2026-11-22T12:00:00+01:00[+01:00]".parse().unwrap()
}

/// Saves a run with one trial, begun at `started`, under a directory of its own, and gives its id.
fn save(store: &Store, started: &str) -> String {
    let directory = store.prepare("lab", &noon()).unwrap();
    let mut run = sample::run(directory.id(), started);
    run.trials = sample::trials("netslice", 4, &[1.2e8]);
    directory.save(&run).unwrap();
    run.id
}

#[test]
fn a_run_is_named_after_its_local_time_and_testbed() {
    let (_keep, store) = store();
    let directory = store.prepare("lab", &noon()).unwrap();
    assert_eq!(directory.id(), "20261122-120000-lab");
    assert!(directory.path().join("raw").is_dir());
}

#[test]
fn a_second_run_of_the_same_second_gets_a_directory_of_its_own() {
    let (_keep, store) = store();
    let ids = [(); 3].map(|()| store.prepare("lab", &noon()).unwrap().id);
    let names = ["20261122-120000-lab", "20261122-120000-lab-2", "20261122-120000-lab-3"];
    assert_eq!(ids, names);
}

#[test]
fn a_testbeds_name_cannot_lead_out_of_the_results() {
    let (_keep, store) = store();
    let directory = store.prepare("../../etc x", &noon()).unwrap();
    assert_eq!(directory.path().parent().unwrap(), store.root());
    let raw = directory.save_raw("../netperf 1.txt", b"out").unwrap();
    assert_eq!(raw.parent().unwrap(), directory.path().join("raw"));
}

#[test]
fn nothing_but_the_record_and_the_raw_output_is_left_in_the_directory() {
    let (_keep, store) = store();
    let directory = store.prepare("lab", &noon()).unwrap();
    let run = sample::run(directory.id(), "2026-11-22T12:00:00Z");
    directory.save(&run).unwrap();
    directory.save(&run).unwrap();
    let path = directory.path().to_owned();
    drop(directory);
    let names = fs::read_dir(path).unwrap();
    let mut names: Vec<_> = names.map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["raw", "run.json"]);
}

#[test]
fn what_was_saved_is_loaded_unchanged() {
    // Rates of up to 15 digits, which is more than any generator prints; beyond that serde_json's
    // default reader may be off by the last bit.
    let (_keep, store) = store();
    let directory = store.prepare("lab", &noon()).unwrap();
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    for round in 0..200 {
        let mut run = sample::run(directory.id(), "2026-11-22T12:00:00.25+01:00");
        run.emulated = next(2) == 0;
        run.settings.mtu = (next(3) > 0).then(|| next(9000) as u32);
        for number in 0..next(4) as u32 {
            let bps = next(100_000_000) as f64 * 1000.0 + next(1000) as f64 / 8.0;
            let mut trial = sample::trial("netslice", 1, number, bps);
            trial.params.insert("netslice.mode".into(), "\u{fc}\"\n\\ring".into());
            trial.per_line[0].ports.sink_rx_packets = (next(2) == 0).then(|| u64::MAX - next(9));
            run.trials.push(trial);
            run.trials.push(sample::failed("dpdk", 2, number, "daemon said: `no`"));
        }
        directory.save(&run).unwrap();
        assert_eq!(store.load(directory.id()).unwrap(), run, "round {round}");
    }
}

#[test]
fn who_reads_while_a_trial_is_saved_sees_a_whole_record() {
    let (_keep, store) = store();
    let directory = store.prepare("lab", &noon()).unwrap();
    let mut run = sample::run(directory.id(), "2026-11-22T12:00:00Z");
    directory.save(&run).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::Relaxed) || reads == 0 {
                store.load(directory.id()).unwrap();
                reads += 1;
            }
            reads
        });
        for number in 0..60 {
            run.trials.push(sample::trial("bridge", 4, number, 1e8));
            directory.save(&run).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}

#[test]
fn a_run_is_found_by_id_by_its_beginning_and_by_path() {
    let (_keep, store) = store();
    let id = save(&store, "2026-11-22T12:00:00Z");
    let directory = store.root().join(&id);
    let record = directory.join("run.json");
    for name in [id.as_str(), "20261122", directory.to_str().unwrap(), record.to_str().unwrap()] {
        assert_eq!(store.load(name).unwrap().id, id, "{name}");
    }
}

#[test]
fn a_beginning_that_several_runs_share_names_them_and_a_whole_id_wins_over_longer_ones() {
    let (_keep, store) = store();
    let first = save(&store, "2026-11-22T12:00:00Z");
    let second = save(&store, "2026-11-22T12:00:00Z");
    assert_eq!(store.load(&first).unwrap().id, first);
    let error = store.load("2026").unwrap_err().to_string();
    assert!(error.contains(&format!("`{first}`, `{second}`")), "{error}");
}

#[test]
fn a_run_that_does_not_exist_is_quoted() {
    let (_keep, store) = store();
    save(&store, "2026-11-22T12:00:00Z");
    for name in ["yesterday", ""] {
        let error = store.load(name).unwrap_err();
        assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
        assert!(error.to_string().contains(&format!("`{name}`")));
    }
}

#[test]
fn runs_are_listed_by_time_and_not_by_name_or_offset() {
    let (_keep, store) = store();
    let late = save(&store, "2026-11-22T12:00:00+01:00");
    let early = save(&store, "2026-11-22T12:00:00+02:00");
    let ids: Vec<_> = store.list().unwrap().runs.into_iter().map(|r| r.id).collect();
    assert_eq!(ids, [early, late]);
}

#[test]
fn a_store_that_does_not_exist_yet_is_empty() {
    let (_keep, store) = store();
    let listing = store.list().unwrap();
    assert!(listing.runs.is_empty() && listing.skipped.is_empty());
}

#[test]
fn a_broken_and_a_newer_record_are_named_in_a_listing_and_refused_by_name() {
    let (_keep, store) = store();
    let good = save(&store, "2026-11-22T12:00:00Z");
    let broken = [
        ("cut", "{ \"schema\": 1, \"id\""),
        ("noise", "0"),
        ("later", "{ \"schema\": 2, \"trials\": {} }"),
        ("lacking", "{ \"schema\": 1 }"),
    ];
    for (id, text) in broken {
        fs::create_dir(store.root().join(id)).unwrap();
        fs::write(store.root().join(id).join("run.json"), text).unwrap();
        let error = store.load(id).unwrap_err().to_string();
        assert!(error.contains(&format!("{id}/run.json")), "{error}");
    }
    assert!(matches!(store.load("later"), Err(StoreError::NewerSchema { found: 2, .. })));
    let listing = store.list().unwrap();
    assert_eq!(listing.runs.len(), 1);
    assert_eq!(listing.runs[0].id, good);
    assert_eq!(listing.skipped.len(), broken.len());
}

#[test]
fn a_time_that_cannot_be_read_is_quoted_and_not_sorted_as_oldest() {
    let (_keep, store) = store();
    let id = save(&store, "yesterday");
    let error = store.load(&id).unwrap_err().to_string();
    assert!(error.contains("`yesterday`"), "{error}");
    assert_eq!(store.list().unwrap().skipped.len(), 1);
}

#[test]
fn a_file_where_the_results_belong_is_an_error_before_anything_is_measured() {
    let (keep, _) = store();
    let path = keep.path().join("file");
    fs::write(&path, "").unwrap();
    let error = Store::new(&path).prepare("lab", &noon()).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }));
    assert!(error.to_string().contains("hint: a file stands"), "{error}");
}

#[test]
fn only_a_directory_without_a_record_is_discarded() {
    let (_keep, store) = store();
    let id = save(&store, "2026-11-22T12:00:00Z");
    let path = store.root().join(&id);
    assert!(store.reopen(&id).unwrap().0.discard_if_empty().unwrap());
    assert!(path.exists());
    let empty = store.prepare("lab", &noon()).unwrap();
    let path = empty.path().to_owned();
    assert!(!empty.discard_if_empty().unwrap());
    assert!(!path.exists());
}

#[test]
fn a_run_is_opened_again_by_any_of_its_names_and_goes_on_in_the_same_record() {
    let (_keep, store) = store();
    let id = save(&store, "2026-11-22T12:00:00Z");
    let path = store.root().join(&id);
    for (number, name) in (2..).zip([id.as_str(), "2026", path.to_str().unwrap()]) {
        let (directory, mut run) = store.reopen(name).unwrap();
        assert_eq!((directory.id(), directory.path()), (id.as_str(), path.as_path()));
        run.trials.push(sample::trial("netslice", 4, number, 1e8));
        directory.save(&run).unwrap();
    }
    assert_eq!(store.load(&id).unwrap().trials.len(), 4);
    // From another directory of results, a path still leads there.
    let elsewhere = Store::new(store.root().join("none"));
    assert_eq!(elsewhere.reopen(path.to_str().unwrap()).unwrap().0.id(), id);
}

#[test]
fn two_processes_never_have_the_same_run() {
    let (_keep, store) = store();
    let first = store.prepare("lab", &noon()).unwrap();
    let run = sample::run(first.id(), "2026-11-22T12:00:00Z");
    first.save(&run).unwrap();
    let error = store.reopen(first.id()).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }) && error.to_string().contains(first.id()), "{error}");
    assert_eq!(store.load(first.id()).unwrap(), run, "who only reads is not kept out");
    drop(first);
    let (second, _) = store.reopen(&run.id).unwrap();
    assert!(matches!(store.reopen(&run.id), Err(StoreError::Busy { .. })));
    drop(second);
    store.reopen(&run.id).unwrap();
}

#[test]
fn what_is_not_a_runs_directory_is_not_opened_and_nothing_is_written_there() {
    let (keep, store) = store();
    let id = save(&store, "2026-11-22T12:00:00Z");
    let copy = keep.path().join("copy.json");
    fs::copy(store.root().join(id).join("run.json"), &copy).unwrap();
    assert!(matches!(store.reopen(copy.to_str().unwrap()), Err(StoreError::Broken { .. })));
    assert!(matches!(store.reopen("nothing"), Err(StoreError::Unknown { .. })));
    let mut names: Vec<_> = fs::read_dir(keep.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copy.json", "results"]);
}

#[test]
fn raw_output_of_an_earlier_attempt_stays() {
    let (_keep, store) = store();
    let directory = store.prepare("lab", &noon()).unwrap();
    let saved = ["first", "second", "third"].map(|text| {
        let path = directory.save_raw("trial1-netperf.txt", text.as_bytes()).unwrap();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
    });
    let expected =
        [("trial1-netperf.txt", "first"), ("trial1-netperf-2.txt", "second"), ("trial1-netperf-3.txt", "third")];
    assert_eq!(saved, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn a_record_of_before_there_were_experiments_is_read() {
    let (_keep, store) = store();
    let id = save(&store, "2026-11-22T12:00:00Z");
    let path = store.root().join(&id).join("run.json");
    let mut record: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    record.as_object_mut().unwrap().remove("experiment").unwrap();
    for key in ["shuffled", "seed"] {
        record["settings"].as_object_mut().unwrap().remove(key).unwrap();
    }
    fs::write(&path, record.to_string()).unwrap();
    let run = store.load(&id).unwrap();
    assert_eq!((run.experiment, run.settings.shuffled, run.settings.seed), (None, false, None));
}

/// A record with all that one can hold.
fn record() -> String {
    let mut run = sample::run("20261122-120000-lab", "2026-11-22T12:00:00Z");
    run.trials = sample::trials("netslice", 4, &[1.2e8, 1.3e8]);
    run.trials.push(sample::failed("netslice", 4, 3, "netperf printed no THROUGHPUT"));
    run.json()
}

fn read_text(text: &str) -> Result<Run, StoreError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(RECORD);
    fs::write(&path, text).unwrap();
    super::read(&path)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_damaged_record_is_refused_by_its_path_or_a_whole_run(text in prop_oneof![text(), damaged(vec![record()])]) {
        match read_text(&text) {
            Ok(run) => {
                prop_assert_eq!(&read_text(&run.json()).unwrap(), &run);
                report::run_table(&run);
                let runs = [run];
                report::run_list(&runs);
                let _ = Comparison::build(&runs, &compare::Options::default());
            }
            Err(error) => prop_assert!(error.to_string().contains("run.json`"), "{error}"),
        }
    }

    #[test]
    fn a_record_that_was_cut_off_is_refused(at in any::<Index>()) {
        let whole = record();
        let cut = at.index(whole.trim_end().len());
        prop_assert!(read_text(&whole[..cut]).is_err());
    }
}

#[test]
fn a_trial_that_says_it_was_measured_and_has_no_figure_is_refused() {
    for (sound, damaged, why) in [
        ("\"throughput_bps\": 120000000.0,", "\"throughput_bps\": null,", "item 1 of `trials`: `status` is `ok`"),
        ("\"throughput_bps\": 120000000.0,", "\"throughput_bps\": -1.0,", "`-1` is no figure"),
        ("\"schema\": 1", "\"schema\": 0", "no format version 0"),
    ] {
        let error = read_text(&record().replacen(sound, damaged, 1)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
