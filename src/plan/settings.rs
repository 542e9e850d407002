//! Settings of a host that a check found to mislead, and how each is changed and changed back.

use super::{Step, interrupts, sysctl};
use crate::host::shell::quote;
use crate::testbed::finding::Fix;

/// Below it the kernel has what is known of CPUs.
const CPU: &str = "/sys/devices/system/cpu";

/// The step that makes this change.
pub fn step(fix: &Fix) -> Step {
    match fix {
        Fix::Governor => {
            files("CPUs keep their frequency", &format!("{CPU}/cpufreq/policy*/scaling_governor"), "performance")
        }
        Fix::Turbo { file, value } => files("turbo off", &format!("{CPU}/{file}"), &value.to_string()),
        Fix::IdleStates { longest_us } => idle_states(*longest_us),
        Fix::PauseFrames { port } => pause_frames(port),
        Fix::Interrupts { port, cpus } => interrupts::deal(port, cpus),
        Fix::Irqbalance => irqbalance(),
        Fix::KernelAddresses => sysctl::set("kernel.kptr_restrict", "1"),
    }
}

/// Writes `value` into every file of `pattern`; what each had is a word.
fn files(title: &str, pattern: &str, value: &str) -> Step {
    Step {
        title: title.to_owned(),
        save: format!("for f in {pattern}; do read -r now <\"$f\"; echo \"echo $now >$f\"; done"),
        apply: format!("for f in {pattern}; do echo {value} >\"$f\"; done"),
        verify: format!(
            "for f in {pattern}; do read -r now <\"$f\"; [ \"$now\" = {value} ] || {{ echo \"$f is $now\"; exit 1; }}; done"
        ),
        payload: None,
    }
}

/// Takes the states that take longer to leave from every CPU; the others stay as they were.
fn idle_states(longest_us: u32) -> Step {
    let each = format!(
        "for s in {CPU}/cpu[0-9]*/cpuidle/state[0-9]*; do\n  read -r us <\"$s/latency\"; read -r off <\"$s/disable\"\n  \
         [ \"$us\" -gt {longest_us} ] && [ \"$off\" = 0 ] || continue"
    );
    Step {
        title: format!("no idle state of more than {longest_us} us"),
        save: format!("{each}\n  echo \"echo 0 >$s/disable\"\ndone"),
        apply: format!("{each}\n  echo 1 >\"$s/disable\"\ndone"),
        verify: format!("{each}\n  echo \"$s is on\"; exit 1\ndone"),
        payload: None,
    }
}

/// A line of `ethtool -a` is `Autonegotiate:`, `RX:` or `TX:`, and `on` or `off`.
fn pause_frames(port: &str) -> Step {
    let p = quote(port);
    let read = format!(
        "auto= rx= tx=\nwhile read -r w s _; do\n  case $w in\n  Autonegotiate:) auto=$s ;;\n  RX:) rx=$s ;;\n  TX:) tx=$s ;;\n  \
         esac\ndone <<NSB_SAID\n$(ethtool -a {p})\nNSB_SAID"
    );
    Step {
        title: format!("{port}: no pause frames"),
        // Some drivers refuse to be told what they cannot negotiate.
        save: format!("{read}\necho \"ethtool -A {p} ${{auto:+autoneg $auto}} ${{rx:+rx $rx}} ${{tx:+tx $tx}}\""),
        apply: format!("ethtool -A {p} autoneg off rx off tx off 2>/dev/null || ethtool -A {p} rx off tx off"),
        verify: format!("{read}\n[ \"$rx$tx\" = offoff ]"),
        payload: None,
    }
}

fn irqbalance() -> Step {
    let alive =
        "for f in /proc/[0-9]*/comm; do read -r c 2>/dev/null <\"$f\" && [ \"$c\" = irqbalance ] && exit 1; done; :";
    Step {
        title: "irqbalance stopped".to_owned(),
        save: "systemctl is-active --quiet irqbalance || { echo 'it is no service of systemd: stop it by hand' >&2; exit 1; }\n\
               echo 'systemctl start irqbalance'"
            .to_owned(),
        apply: "systemctl stop irqbalance".to_owned(),
        verify: alive.to_owned(),
        payload: None,
    }
}

#[cfg(test)]
mod tests;
