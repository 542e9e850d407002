//! Whether the hosts and the lines between them are fit: asks, and gathers what is found.
//!
//! Talks to hosts only through [`Host`]; what answers mean is judged in `fitness` and `wiring`.

use anyhow::{Context, Result, bail};

use super::Testbed;
use super::facts::{self, Facts};
use super::finding::{Finding, Report};
use super::fitness::{self, Needs, Part};
use super::probe;
use super::wiring::{self, Ports};
use crate::host::Host;
use crate::host::shell::quote;
use crate::role::Role;

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
    report.findings.extend(fitness::same_netperf(&reached));
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

/// Why cables cannot be probed.
pub fn obstacle(reached: &[(Role, &Facts)]) -> Option<String> {
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
    let heard = match probe::wires(hosts, Role::ALL.map(|role| ports.of(role))).await {
        Ok(heard) => heard,
        Err(found) => return found,
    };
    let mut found = Vec::new();
    for role in Role::ALL {
        for (port, problem) in &heard[role as usize].errors {
            leave_out(&mut ports, role, port);
            let what = format!("{port} could not be probed");
            found.push(Finding::error(what).host(role).evidence(problem.as_str()));
        }
    }
    found.extend(wiring::findings(testbed, &ports, &heard));
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
