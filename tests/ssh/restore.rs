//! `nsbench restore` on three hosts, as a user runs it after a controller was lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::plans::{apply, is_as_found, said, steps};
use crate::sshd::Sshd;

/// Three servers, and a testbed file by which they are its hosts.
struct Testbed {
    servers: Vec<Sshd>,
    file: PathBuf,
}

const NAMES: [&str; 3] = ["compute24", "compute25", "compute26"];

impl Testbed {
    fn start() -> Option<Self> {
        let servers = NAMES.into_iter().map(|_| Sshd::start()).collect::<Option<Vec<_>>>()?;
        let dir = servers[0].dir();
        let config: String = servers.iter().zip(NAMES).map(|(server, name)| server.client_config_for(name)).collect();
        fs::write(dir.join("three"), config).unwrap();
        let text = format!(
            "name: mine\nhosts:\n  source: {{ ssh: {} }}\n  middlebox: {{ ssh: {} }}\n  sink: {{ ssh: {} }}\n\
             lines: [{{ source: eth1, in: eth1, out: eth2, sink: eth1 }}]\nssh_config: three\n",
            NAMES[0], NAMES[1], NAMES[2]
        );
        let file = dir.join("testbed.yaml");
        fs::write(&file, text).unwrap();
        Some(Self { servers, file })
    }

    fn restore(&self) -> (i32, String, String) {
        nsbench(&["restore".as_ref(), "-t".as_ref(), &self.file])
    }
}

fn nsbench(arguments: &[&Path]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_nsbench")).args(arguments).env_remove("RUST_BACKTRACE").output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

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
    assert_eq!(testbed.restore(), (0, stdout.to_owned(), String::new()));
    assert!(is_as_found(&source).await);
    let stdout = NAMES.map(|name| format!("{name}: nothing to restore\n")).concat();
    assert_eq!(testbed.restore(), (0, stdout, String::new()));
}

#[tokio::test]
async fn a_host_that_cannot_be_restored_is_told_with_status_5_and_does_not_keep_the_others_from_it() {
    let Some(mut testbed) = Testbed::start() else { return };
    let (source, middlebox) = (testbed.servers[0].connect().await, testbed.servers[1].connect().await);
    apply(&source, &steps(CHANGE)).await.unwrap();
    apply(&middlebox, &steps(CHANGE)).await.unwrap();
    said(&source, "touch /run/first/in-the-way").await;
    drop(testbed.servers.pop());
    let (status, stdout, stderr) = testbed.restore();
    assert_eq!((status, stdout.as_str()), (5, "compute25: 2 changes undone\n"), "{stderr}");
    assert!(is_as_found(&middlebox).await);
    let [source, sink] = [0, 1].map(|n| stderr.split("error: ").nth(n + 1).unwrap());
    assert!(source.starts_with("`compute24` is not restored: could not undo `mkdir /run/first`"), "{stderr}");
    assert!(source.ends_with("\nhint: mend the cause and run: nsbench restore -t TESTBED\n"), "{stderr}");
    assert!(sink.starts_with("could not connect to `compute26`: "), "{stderr}");
    assert!(sink.lines().last().unwrap().starts_with("hint: try `ssh "), "{stderr}");
}
