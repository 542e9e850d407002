//! One line of what the hosts did in a trial: whose CPUs had no time left, and what a port lost. Must not know of other
//! trials.

use std::collections::BTreeMap;

use crate::record::{CpuUse, Watched};
use crate::role::Role;

/// CPUs of a host that are named; of more only how many there are is told.
const NAMED: usize = 4;

/// From which share of a CPU on its softirqs are worth a word.
const WORTH: f64 = 0.005;

/// `CPUs: source 0 at 41 %; middlebox 1 at 100 % (softirq 93 %); sink 0 at 22 %`, ended; nothing where nobody looked.
pub fn line(hosts: &BTreeMap<String, Watched>) -> String {
    let told = Role::ALL.into_iter().filter_map(|role| Some(format!("{role} {}", busiest(hosts.get(role.name())?)?)));
    let told: Vec<_> = told.collect();
    if told.is_empty() { String::new() } else { format!("busiest CPUs: {}\n", told.join("; ")) }
}

/// The CPUs of a host that had no time left, else its busiest: `1 at 100 % (softirq 93 %)`.
pub fn busiest(host: &Watched) -> Option<String> {
    let cpus = host.telling();
    let named: Vec<_> = cpus.iter().take(NAMED).filter_map(|cpu| share(cpu)).collect();
    let more = match cpus.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

fn share(cpu: &CpuUse) -> Option<String> {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let softirq = cpu.softirq_mean.filter(|share| *share >= WORTH);
    let softirq = softirq.map_or(String::new(), |share| format!(" (softirq {})", percent(share)));
    Some(format!("{} at {}{softirq}", cpu.cpu, percent(cpu.busy_mean?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(cpus: &[(f64, f64)]) -> Watched {
        let cpu = |(cpu, (busy, softirq)): (u32, &(f64, f64))| CpuUse {
            cpu,
            busy_mean: Some(*busy),
            softirq_mean: Some(*softirq),
            ..CpuUse::default()
        };
        Watched { cpus: (0..).zip(cpus).map(cpu).collect(), ..Watched::default() }
    }

    fn of(hosts: &[(Role, Watched)]) -> String {
        line(&hosts.iter().map(|(role, watched)| (role.to_string(), watched.clone())).collect())
    }

    #[test]
    fn cpus_without_time_are_named_else_the_busiest() {
        let hosts = [
            (Role::Middlebox, host(&[(0.2, 0.0), (0.998, 0.931), (0.98, 0.9)])),
            (Role::Source, host(&[(0.41, 0.0), (0.1, 0.0)])),
        ];
        assert_eq!(
            of(&hosts),
            "busiest CPUs: source 0 at 41 %; middlebox 1 at 100 % (softirq 93 %), 2 at 98 % (softirq 90 %)\n"
        );
    }

    #[test]
    fn of_many_the_first_are_named() {
        assert!(of(&[(Role::Sink, host(&[(1.0, 0.0); 6]))]).ends_with("3 at 100 %, and 2 more\n"));
    }

    #[test]
    fn of_hosts_that_nobody_watched_nothing_is_told() {
        assert_eq!(of(&[]), "");
        assert_eq!(of(&[(Role::Sink, Watched { reason: Some("why".to_owned()), ..Watched::default() })]), "");
    }
}
