//! Three servers that are the hosts of a testbed, and nsbench as a user runs it on them.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use nsbench::generator::{Protocol, Traffic};
use nsbench::host::Host;

use crate::sshd::{Setup, Sshd};

/// Three servers, and a testbed file by which they are its hosts.
pub struct Testbed {
    /// Source, middlebox and sink.
    pub servers: Vec<Sshd>,
    file: PathBuf,
}

/// What the testbed file calls them.
pub const NAMES: [&str; 3] = ["compute24", "compute25", "compute26"];

impl Testbed {
    /// Starts them; `None`, having said why, where there can be none.
    pub fn start() -> Option<Self> {
        Self::start_as(&Setup::default())
    }

    /// The same with servers that differ from plain ones.
    pub fn start_as(setup: &Setup) -> Option<Self> {
        let servers = NAMES.into_iter().map(|_| Sshd::start_as(setup)).collect::<Option<Vec<_>>>()?;
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

    /// A connection to each.
    pub async fn connect(&self) -> [Host; 3] {
        let [source, middlebox, sink] = [0, 1, 2].map(|n| self.servers[n].connect());
        [source.await, middlebox.await, sink.await]
    }

    /// A command of nsbench's on this testbed.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nsbench"));
        command.args(words.split(' ')).arg("-t").arg(&self.file).env_remove("RUST_BACKTRACE");
        command.current_dir(self.servers[0].dir());
        command
    }

    /// Runs it to its end: exit status, standard output and standard error.
    pub fn nsbench(&self, words: &str) -> (i32, String, String) {
        ended(self.command(words).output().unwrap())
    }
}

/// Exit status, standard output and standard error.
pub fn ended(Output { status, stdout, stderr }: Output) -> (i32, String, String) {
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// TCP on the first line for this long.
pub fn traffic(testbed: &nsbench::testbed::Testbed, duration: Duration) -> Traffic {
    let (from, to) = testbed.addresses(1);
    Traffic {
        line: 1,
        port: "eth1".to_owned(),
        from,
        to,
        to_mac: String::new(),
        protocol: Protocol::Tcp,
        duration,
        around: [Duration::ZERO; 2],
        mtu: 1500,
        frame_size: None,
        flows: None,
        pace_pps: None,
    }
}
