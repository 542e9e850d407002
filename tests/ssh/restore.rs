//! `nsbench restore` on three hosts, as a user runs it after a controller was lost.

use nsbench::execute;

use crate::plans::{apply, is_as_found, said, steps};
use crate::three::{NAMES, Testbed};

const CHANGE: &str = "[{ command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] } }]";

#[tokio::test]
async fn restore_gives_every_host_of_a_testbed_back_and_a_second_time_finds_nothing() {
    let Some(testbed) = Testbed::start() else { return };
    let (source, sink) = (testbed.servers[0].connect().await, testbed.servers[2].connect().await);
    apply(&source, &steps(CHANGE)).await.unwrap();
    apply(&sink, &steps(CHANGE)).await.unwrap();
    said(&sink, "echo 0 >/var/lib/nsbench/journal/boot_id").await;
    let stdout = "compute24: 2 changes undone\ncompute25: nothing to restore\n\
                  compute26: a reboot had undone every change; the journal is closed\n";
    assert_eq!(testbed.nsbench("restore"), (0, stdout.to_owned(), String::new()));
    assert!(is_as_found(&source).await);
    let stdout = NAMES.map(|name| format!("{name}: nothing to restore\n")).concat();
    assert_eq!(testbed.nsbench("restore"), (0, stdout, String::new()));
}

#[tokio::test]
async fn a_host_that_cannot_be_restored_is_told_with_status_5_and_does_not_keep_the_others_from_it() {
    let Some(mut testbed) = Testbed::start() else { return };
    let (source, middlebox) = (testbed.servers[0].connect().await, testbed.servers[1].connect().await);
    apply(&source, &steps(CHANGE)).await.unwrap();
    apply(&middlebox, &steps(CHANGE)).await.unwrap();
    said(&source, "touch /run/first/in-the-way").await;
    drop(testbed.servers.pop());
    let (status, stdout, stderr) = testbed.nsbench("restore");
    assert_eq!((status, stdout.as_str()), (5, "compute25: 2 changes undone\n"), "{stderr}");
    assert!(is_as_found(&middlebox).await);
    let [source, sink] = [0, 1].map(|n| stderr.split("error: ").nth(n + 1).unwrap());
    assert!(source.starts_with("`compute24` is not restored: could not undo `mkdir /run/first`"), "{stderr}");
    assert!(source.ends_with("\nhint: mend the cause and run: nsbench restore -t TESTBED\n"), "{stderr}");
    assert!(sink.starts_with("could not connect to `compute26`: "), "{stderr}");
    assert!(sink.lines().last().unwrap().starts_with("hint: "), "{stderr}");
}

/// As `topology check --fix` does it, twice, with a run of somebody's on top that died.
#[tokio::test]
async fn settings_that_were_changed_to_stay_lock_nobody_out_and_come_back_last() {
    let Some(testbed) = Testbed::start() else { return };
    let host = testbed.servers[0].connect().await;
    for name in ["first", "second"] {
        let change = format!("[{{ command: {{ do: [mkdir, /run/{name}], undo: [rmdir, /run/{name}] }} }}]");
        apply(&host, &steps(&change)).await.unwrap();
        execute::keep(&host, "run").await.unwrap();
        assert_eq!(execute::look(&host).await.unwrap(), None);
    }
    // What stands on them can only go before them.
    let above = "[{ command: { do: [mkdir, /run/second/above], undo: [rmdir, /run/second/above] } }]";
    apply(&host, &steps(above)).await.unwrap();
    assert!(execute::keep(&host, "another").await.is_err(), "it is held by another journal");
    // A run that ends takes its own changes only.
    assert_eq!(execute::undo(&host, Some("run")).await.unwrap().changes, Some(2));
    assert_eq!(said(&host, "ls -d /run/first /run/second").await, "/run/first\n/run/second\n");
    apply(&host, &steps(above)).await.unwrap();
    let (status, stdout, stderr) = testbed.nsbench("restore");
    assert_eq!((status, stdout.lines().next()), (0, Some("compute24: 6 changes undone")), "{stderr}");
    assert!(is_as_found(&host).await && said(&host, "ls -d /run/first /run/second 2>/dev/null || :").await.is_empty());
}
