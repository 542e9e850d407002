//! Asks the hosts where their cables go: a small program on each of the three says on every port who it is, and hears others.
//!
//! What was heard is judged in `wiring` and `discover`. The program brings up ports that were down, and sets them down again.

use std::hash::{BuildHasher, Hasher, RandomState};

use anyhow::{Context, Result};

use super::finding::Finding;
use super::wiring::Heard;
use crate::host::Host;
use crate::host::shell::quote;
use crate::role::Role;

/// The program that finds out where cables go, for this machine's kind of processor.
pub const WIREPROBE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wireprobe"));

/// Long enough for a port that was down to negotiate; right wiring ends it after a second or two.
const WINDOW_MS: u32 = 12_000;

/// /run and /tmp are often mounted so that nothing in them can be run.
const FOLDER: &str = "/var/lib/nsbench";

/// What the hosts (source, middlebox, sink) heard on these ports of theirs; what failed on which host otherwise.
pub async fn wires(hosts: [&Host; 3], ports: [Vec<&str>; 3]) -> Result<[Heard; 3], Vec<Finding>> {
    let id = format!("{:015x}", RandomState::new().build_hasher().finish() >> 4);
    let path = format!("{FOLDER}/wireprobe-{id}");
    let [source, middlebox, sink] = hosts;
    // All three are there before the first speaks, so that they speak at the same time.
    let sent: [Result<()>; 3] = tokio::join!(
        source.write_file(&path, WIREPROBE, 0o700),
        middlebox.write_file(&path, WIREPROBE, 0o700),
        sink.write_file(&path, WIREPROBE, 0o700),
    )
    .into();
    let all_sent = sent.iter().all(Result::is_ok);
    let probe = |role| {
        let ports = if all_sent { ports[role as usize].clone() } else { Vec::new() };
        probe_script(&id, &path, role, ports)
    };
    let heard: [Result<Heard>; 3] = tokio::join!(
        listen(source, probe(Role::Source)),
        listen(middlebox, probe(Role::Middlebox)),
        listen(sink, probe(Role::Sink)),
    )
    .into();

    let mut found = Vec::new();
    let mut all_heard = [Heard::default(), Heard::default(), Heard::default()];
    for ((role, sent), heard) in Role::ALL.into_iter().zip(sent).zip(heard) {
        match sent.context("could not upload the wire probe").and(heard) {
            Ok(heard) => all_heard[role as usize] = heard,
            Err(error) => {
                found.push(Finding::error("could not probe the wiring").host(role).evidence(format!("{error:#}")));
            }
        }
    }
    if found.is_empty() { Ok(all_heard) } else { Err(found) }
}

/// Runs the probe and leaves nothing of it behind; without ports it only removes it.
fn probe_script(id: &str, path: &str, role: Role, ports: Vec<&str>) -> String {
    let run = if ports.is_empty() {
        "echo done".to_owned()
    } else {
        let ports: Vec<String> = ports.into_iter().map(quote).collect();
        format!("{path} {id} {role} {WINDOW_MS} {}", ports.join(" "))
    };
    format!("trap 'rm -f {path}; rmdir {FOLDER} 2>/dev/null' EXIT\ntrap 'exit 130' HUP INT TERM\n{run}\n")
}

async fn listen(host: &Host, script: String) -> Result<Heard> {
    let output = host.script(&script).await?;
    Heard::parse(&output.stdout).with_context(|| {
        let said = output.stderr.trim();
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        format!("the wire probe ended with status {}{said}", output.status)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probe_is_removed_whatever_happens_and_names_cannot_leave_their_quotes() {
        let script = probe_script("0a", "/var/lib/nsbench/wireprobe-0a", Role::Sink, vec!["eth1", "a'b"]);
        insta::assert_snapshot!(script, @r"
    trap 'rm -f /var/lib/nsbench/wireprobe-0a; rmdir /var/lib/nsbench 2>/dev/null' EXIT
    trap 'exit 130' HUP INT TERM
    /var/lib/nsbench/wireprobe-0a 0a sink 12000 eth1 'a'\''b'
    ");
        assert!(probe_script("0a", "/p", Role::Sink, Vec::new()).contains("echo done"));
    }

    #[test]
    fn the_probe_gets_its_ports_word_by_word_and_is_gone_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("probe");
        let stand_in = "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 7\n";
        for shell in ["sh", "busybox"] {
            crate::executable::write(&path, stand_in);
            let shown = path.display().to_string();
            let script = probe_script("0a", &shown, Role::Sink, vec!["eth1", "a'b; exit"]);
            let mut command = std::process::Command::new(shell);
            command.args((shell == "busybox").then_some("sh")).args(["-c", &script]);
            let Ok(output) = command.output() else {
                println!("skipped: there is no `{shell}` on this machine");
                continue;
            };
            let said = String::from_utf8_lossy(&output.stdout);
            assert_eq!(said, "<0a><sink><12000><eth1><a'b; exit>");
            assert_eq!(output.status.code(), Some(7), "{shell}");
            assert!(!path.exists(), "{shell}");
        }
    }

    #[test]
    fn the_probe_is_a_program() {
        assert!(WIREPROBE.starts_with(b"\x7fELF"));
    }
}
