//! Who may read what: nothing of nsbench on a host is writable by others, the journal is root's alone, and nothing of the
//! controller goes to a host but what was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use nsbench::execute;
use nsbench::host::{Host, Privilege};
use nsbench::plan::{Artifacts, Sources};
use nsbench::role::Role;
use nsbench::testbed::HostSpec;

use crate::plans::{apply, said, steps_with};
use crate::sshd::{Setup, Sshd};

/// A login whose files anybody may write, unless somebody sees to it.
const OPEN: &str = "#!/bin/sh\nshift\numask 000\nexec \"$@\"\n";

const EVERYTHING: &str = "cd / && find /var/lib/nsbench /var/cache/nsbench ! -type l";

#[tokio::test]
async fn nothing_of_nsbench_on_a_host_can_be_changed_by_others_and_its_journal_is_roots_alone() {
    for sh in ["/bin/dash", "/bin/bash", "/bin/busybox"] {
        let setup = Setup {
            sh: Some(sh),
            programs: vec![("sudo", OPEN), ("make", "#!/bin/sh\necho it >product\n")],
            ..Setup::default()
        };
        let Some(sshd) = Sshd::start_as(&setup) else { continue };
        let spec = HostSpec { ssh: "box".to_owned(), sudo: Some(true), power: None };
        let host = Host::connect(Role::Middlebox, &spec, Some(&sshd.client_config())).await.unwrap();
        assert_eq!((host.privilege, said(&host, "umask").await.trim_start_matches('0')), (Privilege::Sudo, "\n"));
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, "sub/source.c", &b""[..]).unwrap();
        let sources = Sources {
            key: "0123456789abcdef".to_owned(),
            archive: archive.into_inner().unwrap(),
            commands: "make".to_owned(),
            products: vec!["product".to_owned()],
        };
        let daemon = "[{ daemon: { name: d, command: [sh, -c, 'echo ready; exec sleep 1000'], ready: ready } }]";
        apply(&host, &steps_with(daemon, &Artifacts::OnHost(sources))).await.unwrap();
        host.write_file("/var/lib/nsbench/wireprobe-0", b"probe", 0o700).await.unwrap();
        let all = said(&host, EVERYTHING).await;
        assert!(
            all.contains("/journal/0001.sh\n") && all.contains("/sub/source.c\n") && all.contains("/d.pid\n"),
            "{all}"
        );
        for wrong in ["! -user root", "! -group root", "-perm -020", "-perm -002"] {
            assert_eq!(said(&host, &format!("{EVERYTHING} {wrong}")).await, "", "{sh}: {wrong}");
        }
        let mode = "find /var/lib/nsbench/journal -prune -perm 700";
        assert_eq!(said(&host, mode).await, "/var/lib/nsbench/journal\n", "{sh}");
        let nobody =
            "setpriv --reuid 65534 --regid 65534 --clear-groups ls /var/lib/nsbench/journal 2>&1 || echo refused";
        assert!(said(&host, nobody).await.ends_with("refused\n"), "{sh}");
        execute::undo(&host, None).await.unwrap();
    }
}

#[tokio::test]
async fn what_write_file_makes_is_writable_by_its_owner_alone() {
    let Some(sshd) = Sshd::start_as(&Setup { programs: vec![("sudo", OPEN)], ..Setup::default() }) else { return };
    let spec = HostSpec { ssh: "box".to_owned(), sudo: Some(true), power: None };
    let host = Host::connect(Role::Sink, &spec, Some(&sshd.client_config())).await.unwrap();
    host.write_file("/var/lib/nsbench/new/probe", b"probe", 0o700).await.unwrap();
    let found =
        said(&host, "find /var/lib/nsbench -perm -020 -o -perm -002; find /var/lib/nsbench/new/* -perm 700").await;
    assert_eq!(found, "/var/lib/nsbench/new/probe\n");
}

#[tokio::test]
async fn the_connection_to_a_host_is_its_owners_alone() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    // Those of tests that run at the same time are seen as well.
    let sockets = fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap());
    let sockets: Vec<_> = sockets.filter(|entry| entry.file_name().to_string_lossy().starts_with("nsb-")).collect();
    assert!(!sockets.is_empty());
    for entry in sockets {
        // Another test's may be gone by now.
        let Ok(meta) = entry.metadata() else { continue };
        assert!(meta.is_dir() && meta.permissions().mode() & 0o7777 == 0o700, "{}", entry.path().display());
    }
    host.close().await.unwrap();
}

/// The environment of what runs on a host, as the facts script's `ethtool` sees it.
const TELL_ENVIRONMENT: &str = "#!/bin/sh\nenv >>/run/environment\n";

#[tokio::test]
async fn neither_environment_nor_agent_nor_keys_of_the_controller_reach_a_host_or_the_output() {
    let setup =
        Setup { programs: vec![("netperf", TELL_ENVIRONMENT), ("ethtool", TELL_ENVIRONMENT)], ..Setup::default() };
    let Some(sshd) = Sshd::start_as(&setup) else { return };
    let host = sshd.connect().await;
    let names = ["one", "two", "three"];
    let config: String = names.iter().map(|name| sshd.client_config_for(name)).collect();
    let config = config.replace("IdentityAgent none", "ForwardAgent yes\n  SendEnv *");
    fs::write(sshd.dir().join("controller_config"), config).unwrap();
    let text = "name: t\nssh_config: controller_config\nhosts: { source: { ssh: one }, middlebox: { ssh: two }, sink: { ssh: three } }\n\
                lines: [{ source: p1, in: p1, out: p2, sink: p1 }]\n";
    fs::write(sshd.dir().join("t.yaml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsbench"));
    command.args(["topology", "check", "--no-wiring", "--format", "json", "-t"]).arg(sshd.dir().join("t.yaml"));
    command
        .env("NSBENCH_TEST_SECRET", "hunter2")
        .env("SSH_AUTH_SOCK", "/run/agent-of-mine")
        .env("LC_SECRET", "hunter2");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains("\"middlebox\""), "{printed}");
    let seen = said(&host, "cat /run/environment").await;
    assert!(seen.contains("SSH_CONNECTION=127.0.0.1 "), "{seen}");
    let key = fs::read_to_string(sshd.dir().join("client_key")).unwrap();
    let secrets = ["hunter2", "agent-of-mine", "NSBENCH_TEST_SECRET"].into_iter().chain(key.lines());
    for secret in secrets {
        assert!(!printed.contains(secret) && !seen.contains(secret), "{secret}");
    }
    assert!(!seen.contains("SSH_AUTH_SOCK"), "{seen}");
}
