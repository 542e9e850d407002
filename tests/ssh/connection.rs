//! The connection: what goes in and out of a host arrives whole.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use nsbench::host::shell::Argv;
use nsbench::host::{Host, Output, Privilege};
use nsbench::role::Role;
use nsbench::testbed::HostSpec;
use tokio::time::timeout;

use crate::sshd::{Setup, Sshd};

/// Far more than any of these takes; reached only by what hangs.
const BOUND: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_scripts_output_exit_status_and_standard_error_come_back() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    assert_eq!((host.privilege, host.name.as_str()), (Privilege::Root, "box"));
    let output = host.script("echo out; echo err >&2; exit 7").await.unwrap();
    assert_eq!(output, Output { status: 7, stdout: "out\n".to_owned(), stderr: "err\n".to_owned() });
    // 127 and 255 are also what `ssh` itself says when something is wrong.
    for status in [0, 126, 127, 255] {
        let output = host.script(&format!("echo out; exit {status}")).await.unwrap();
        assert_eq!((output.status, output.stdout.as_str()), (status, "out\n"));
    }
    // Whether a shell is there to see the signal is the host's business.
    assert!([255, 128 + 9].contains(&host.script("kill -KILL $$").await.unwrap().status));
    assert_eq!(host.script("").await.unwrap().status, 0);
    host.close().await.unwrap();
}

#[tokio::test]
async fn a_large_script_and_large_output_pass() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let mut text = String::new();
    while text.len() < 1 << 20 {
        writeln!(text, "line {} of $(reboot) `reboot` \\ 'quoted'", text.len()).unwrap();
    }
    let output = host.script(&format!("cat <<'END'\n{text}END\necho complaint >&2")).await.unwrap();
    assert!(output.stdout == text, "{} bytes became {}", text.len(), output.stdout.len());
    assert_eq!(output.stderr, "complaint\n");
    let output = host.script("dd if=/dev/zero bs=1024 count=1024 2>/dev/null | tr '\\0' e >&2").await.unwrap();
    assert_eq!((output.status, output.stderr.len()), (0, 1 << 20));
}

#[tokio::test]
async fn a_command_of_a_script_cannot_take_the_rest_of_the_script_for_its_input() {
    let Some(sshd) = Sshd::start() else { return };
    let output = sshd.connect().await.script("cat\necho after").await.unwrap();
    assert_eq!(output.stdout, "after\n");
}

#[tokio::test]
async fn a_script_that_arrives_in_part_does_nothing() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    // Bigger than the pipes on the way, so that it is still being sent when the link breaks.
    let payload = "x\n".repeat(16 << 20);
    let marker = sshd.dir().join("began");
    let script = format!("touch {}\ncat >/dev/null <<'END'\n{payload}END\n", marker.display());
    let (output, ()) = tokio::join!(host.script(&script), async {
        sshd.has_a_session().await;
        sshd.cut_connections();
    });
    let error = format!("{:#}", output.unwrap_err());
    assert!(error.starts_with("lost the connection to `box`"), "{error}");
    assert!(!marker.exists());
}

#[tokio::test]
async fn a_script_that_takes_too_long_is_given_up() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let error = host.script_within("sleep 60", Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.to_string(), "`box` did not answer within 1 s");
    assert_eq!(host.script("echo still here").await.unwrap().stdout, "still here\n");
}

#[tokio::test]
async fn a_file_written_is_whole_and_has_its_mode() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let bytes: Vec<u8> = (0..1_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let path = sshd.dir().join("new dir/it's $HOME");
    host.write_file(path.to_str().unwrap(), &bytes, 0o750).await.unwrap();
    assert!(fs::read(&path).unwrap() == bytes);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o750);
    host.write_file(path.to_str().unwrap(), b"", 0o600).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let error = host.write_file("/proc/nonsense/file", b"x", 0o600).await.unwrap_err().to_string();
    assert!(error.starts_with("writing /proc/nonsense/file on `box` failed"), "{error}");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing half-written remains");
}

#[tokio::test]
async fn a_file_that_does_not_fit_leaves_the_old_one_in_place() {
    let Some(sshd) = Sshd::start_as(&Setup { var_lib: "size=64k", ..Setup::default() }) else { return };
    let host = sshd.connect().await;
    host.write_file("/var/lib/file", b"old", 0o644).await.unwrap();
    assert!(host.write_file("/var/lib/file", &vec![0; 1 << 17], 0o644).await.is_err());
    assert_eq!(host.script("cat /var/lib/file; ls /var/lib").await.unwrap().stdout, "oldfile\n");
}

#[tokio::test]
async fn a_program_that_was_started_is_talked_with_while_it_runs() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let script = "echo ready; while read -r line; do echo \"got $line\"; done; echo last words >&2; exit 3";
    let mut process = host.spawn(&Argv::new(["sh", "-c", script])).await.unwrap();
    let talk = async {
        assert_eq!(process.line().await.unwrap().as_deref(), Some("ready"));
        for word in ["one", "two $(three)"] {
            process.write(&format!("{word}\n")).await.unwrap();
            assert_eq!(process.line().await.unwrap(), Some(format!("got {word}")));
        }
        assert_eq!(process.wait().await.unwrap(), (3, "last words\n".to_owned()));
    };
    timeout(BOUND, talk).await.unwrap();
}

#[tokio::test]
async fn a_program_that_complains_or_talks_more_than_anybody_reads_does_not_hang() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let flood = "dd if=/dev/zero bs=1024 count=4096 2>/dev/null | tr '\\0' x";
    let script = format!("{flood} >&2; echo ready; {flood}; exit 4");
    let talk = async {
        let mut process = host.spawn(&Argv::new(["sh", "-c", &script])).await.unwrap();
        assert_eq!(process.line().await.unwrap().as_deref(), Some("ready"));
        let (status, stderr) = process.wait().await.unwrap();
        assert_eq!((status, stderr.len()), (4, 4 << 20));
    };
    timeout(BOUND, talk).await.unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_there_says_so() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let mut process = host.spawn(&Argv::new(["no such program"])).await.unwrap();
    assert_eq!(process.line().await.unwrap(), None);
    let (status, stderr) = process.wait().await.unwrap();
    assert!(status == 127 && stderr.contains("no such program"), "{status} {stderr}");
}

#[tokio::test]
async fn with_sudo_scripts_and_files_go_through_it_and_know_the_connection() {
    let sudo = "#!/bin/sh\n[ \"$1\" = -n ] || exit 1\nshift\necho \"$1\" >>\"${0%/bin/sudo}/sudo.log\"\n\
                exec env -u SSH_CONNECTION \"$@\"\n";
    let setup = Setup { programs: vec![("sudo", sudo)], ..Setup::default() };
    let Some(sshd) = Sshd::start_as(&setup) else { return };
    let spec = HostSpec { ssh: "box".to_owned(), sudo: Some(true), power: None };
    let host = Host::connect(Role::Sink, &spec, Some(&sshd.client_config())).await.unwrap();
    assert_eq!(host.privilege, Privilege::Sudo);
    let script = "echo \"it's $SSH_CONNECTION\"";
    let said = host.script(script).await.unwrap().stdout;
    assert!(said.starts_with("it's 127.0.0.1 "), "{said}");
    let path = sshd.dir().join("it's a file");
    host.write_file(path.to_str().unwrap(), b"\0", 0o600).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), b"\0");
    assert_eq!(fs::read_to_string(sshd.dir().join("sudo.log")).unwrap(), "true\nenv\nsh\n");
}
