//! Whether the hosts and the lines between them are fit: asks, and gathers what is found.
//!
//! Talks to hosts only through [`Host`]; what answers mean is judged in `fitness` and `wiring`.

use std::hash::{BuildHasher, Hasher, RandomState};

use anyhow::{Context, Result, bail};

use super::Testbed;
use super::facts::{self, Facts};
use super::finding::{Finding, Report};
use super::fitness::{self, Needs, Part};
use super::wiring::{self, Heard, Ports};
use crate::host::Host;
use crate::host::shell::quote;
use crate::role::Role;

/// The program that finds out where cables go, for this machine's kind of processor.
pub const WIREPROBE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wireprobe"));

/// Long enough for a port that was down to negotiate; right wiring ends it after a second or two.
const WINDOW_MS: u32 = 12_000;

/// /run and /tmp are often mounted so that nothing in them can be run.
const FOLDER: &str = "/var/lib/nsbench";

/// What is to become of the cables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cables {
    /// Frames are sent down each.
    Probed,
    /// Nobody wants to know.
    LeftAlone,
    /// Somebody's traffic may be on them: the hosts that are held, and by whom.
    Held(Vec<(Role, String)>),
}

impl Cables {
    /// What may be done with the cables of hosts that these hold.
    pub fn of(holders: Vec<(Role, String)>) -> Self {
        if holders.is_empty() { Self::Probed } else { Self::Held(holders) }
    }

    /// Each host that is held: a run would be refused there, and what its ports look like is that run's doing.
    fn held(&self) -> Vec<Finding> {
        let Self::Held(holders) = self else { return Vec::new() };
        let cure =
            "check again when that run has ended: its ports are as that run set them, and cables were left alone";
        let held = |(role, holder): &(Role, String)| {
            Finding::error("is held by another run").host(*role).evidence(holder.as_str()).cure(cure)
        };
        holders.iter().map(held).collect()
    }
}

/// Checks the three hosts (source, middlebox, sink; those that could not be reached say why) and,
/// where `cables` says so, that every cable goes where the file says.
///
/// Wiring is checked with ports up that may have been down; they are down again afterwards.
pub async fn check(testbed: &Testbed, hosts: &[Result<Host>; 3], cables: &Cables) -> Report {
    let wiring = *cables == Cables::Probed;
    let mut report = Report::new(testbed);
    let [source, middlebox, sink] = hosts;
    let answers: [Result<Facts>; 3] = tokio::join!(asked(source), asked(middlebox), asked(sink)).into();
    let mut ports = Ports::default();
    let mut reached: Vec<(Role, &Facts)> = Vec::new();
    for (role, answer) in Role::ALL.into_iter().zip(&answers) {
        match answer {
            Err(error) => report.findings.push(unreachable(testbed, role, error)),
            Ok(facts) => {
                let needs = Needs { builds: true, ..Needs::default() };
                let part = Part { testbed, role, facts, wiring, needs };
                report.findings.extend(part.findings(fitness::now_s()));
                part.resolve(&mut ports);
                reached.push((role, facts));
            }
        }
    }
    report.findings.extend(fitness::same_machine(&reached));
    if !wiring {
        report.findings.extend(cables.held());
        return report;
    }
    let found = match (hosts, obstacle(&reached)) {
        ([Ok(source), Ok(middlebox), Ok(sink)], None) => check_wiring(testbed, [source, middlebox, sink], ports).await,
        (_, obstacle) => {
            let evidence = obstacle.unwrap_or_else(|| "not all hosts were reached".to_owned());
            vec![Finding::warning("the wiring was not checked").evidence(evidence)]
        }
    };
    report.findings.extend(found);
    report
}

/// The facts of a host, in one round trip.
pub async fn ask(host: &Host) -> Result<Facts> {
    let output = host.script(facts::SCRIPT).await?;
    Facts::parse(&output.stdout).with_context(|| {
        let said = output.stderr.trim();
        let said = if said.is_empty() { String::new() } else { format!(", and it complained: {said}") };
        format!("the facts script ended with status {}{said}", output.status)
    })
}

async fn asked(host: &Result<Host>) -> Result<Facts> {
    match host {
        Ok(host) => ask(host).await,
        Err(error) => bail!("{error:#}"),
    }
}

fn unreachable(testbed: &Testbed, role: Role, error: &anyhow::Error) -> Finding {
    let finding = Finding::error("does not answer").host(role);
    let evidence = format!("{error:#}");
    if evidence.contains("hint: ") {
        return finding.evidence(evidence);
    }
    let config = |path: &std::path::PathBuf| format!("-F {} ", quote(&path.to_string_lossy()));
    let config = testbed.ssh_config.as_ref().map_or(String::new(), config);
    let destination = quote(&testbed.host(role).ssh);
    finding
        .evidence(evidence)
        .cure(format!("see that `ssh {config}-o BatchMode=yes {destination} true` works, without a password"))
}

/// Why the wiring cannot be checked.
fn obstacle(reached: &[(Role, &Facts)]) -> Option<String> {
    if reached.len() < Role::ALL.len() {
        return Some("it takes all three hosts, and not all answer".to_owned());
    }
    if let Some((role, _)) = reached.iter().find(|(_, facts)| facts.uid != 0) {
        return Some(format!("it takes root, which commands on the {role} are not"));
    }
    let ours = std::env::consts::ARCH;
    let foreign = |facts: &Facts| facts.machine != ours && !(ours == "x86" && facts.machine == "x86_64");
    let (role, facts) = reached.iter().find(|(_, facts)| foreign(facts))?;
    Some(format!(
        "the probe is built for {ours} like this nsbench, and the {role} is {}; run nsbench on a machine of that kind",
        facts.machine
    ))
}

async fn check_wiring(testbed: &Testbed, hosts: [&Host; 3], mut ports: Ports) -> Vec<Finding> {
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
    let probe = |role| probe_script(&id, &path, role, if all_sent { ports.of(role) } else { Vec::new() });
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
    if !all_sent || !found.is_empty() {
        return found;
    }
    for role in Role::ALL {
        for (port, problem) in &all_heard[role as usize].errors {
            leave_out(&mut ports, role, port);
            let what = format!("{port} could not be probed");
            found.push(Finding::error(what).host(role).evidence(problem.as_str()));
        }
    }
    found.extend(wiring::findings(testbed, &ports, &all_heard));
    found
}

fn leave_out(ports: &mut Ports, role: Role, port: &str) {
    for line in &mut ports.lines {
        for seat in super::Seat::ALL.into_iter().filter(|seat| seat.role() == role) {
            if line[seat as usize].as_deref() == Some(port) {
                line[seat as usize] = None;
            }
        }
    }
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
            std::fs::write(&path, stand_in).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            std::fs::set_permissions(&path, mode).unwrap();
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

    #[tokio::test]
    async fn hosts_that_cannot_be_reached_are_findings_and_not_the_end() {
        let testbed = Testbed::shipped("fractus").unwrap();
        let gone = |why: &'static str| Err(anyhow::anyhow!(why).context("could not log in"));
        let hosts = [gone("no route to host"), gone("permission denied\nhint: ssh-copy-id"), gone("timed out")];
        let report = check(&testbed, &hosts, &Cables::Probed).await;
        assert_eq!(report.status(), 3);
        assert_eq!(report.json()["findings"][1]["host"], "middlebox");
        insta::assert_snapshot!(report.text(), @r"
    source (compute24)
      error    does not answer
               could not log in: no route to host
               hint: see that `ssh -o BatchMode=yes compute24 true` works, without a password

    middlebox (compute25)
      error    does not answer
               could not log in: permission denied
               hint: ssh-copy-id

    sink (compute26)
      error    does not answer
               could not log in: timed out
               hint: see that `ssh -o BatchMode=yes compute26 true` works, without a password

    hosts together
      warning  the wiring was not checked
               it takes all three hosts, and not all answer

    testbed fractus: not fit to run: 3 errors, 1 warning
    ");
    }

    #[tokio::test]
    async fn cables_of_a_host_that_somebody_holds_are_left_alone_and_it_says_who_that_is() {
        let testbed = Testbed::shipped("fractus").unwrap();
        let gone = || Err(anyhow::anyhow!("no route to host"));
        let cables = Cables::of(vec![(Role::Sink, "run `r` of ki@desk, pid 7".to_owned())]);
        let report = check(&testbed, &[gone(), gone(), gone()], &cables).await;
        let held = "is held by another run\n           run `r` of ki@desk, pid 7\n";
        assert!(report.text().contains(held), "{}", report.text());
        assert!(!report.text().contains("wiring"), "{}", report.text());
        assert_eq!(report.status(), 3);
        assert_eq!(Cables::of(Vec::new()), Cables::Probed);
    }

    #[test]
    fn the_probe_is_a_program() {
        assert!(WIREPROBE.starts_with(b"\x7fELF"));
    }
}
