//! Interrupt affinity of a port's queues.

use super::Step;
use crate::host::shell::quote;

/// sh that goes through the interrupts of `port`, as `$i`, up to `done`.
///
/// The interrupts of a port are those of its device; a virtio port has them at the device above.
fn each(port: &str) -> String {
    let dev = quote(&format!("/sys/class/net/{port}/device"));
    format!(
        "irqs={dev}/msi_irqs; [ -d \"$irqs\" ] || irqs={dev}/../msi_irqs\n\
         for i in \"$irqs\"/[0-9]*; do\n  i=${{i##*/}}; [ -d \"/proc/irq/$i\" ] || continue"
    )
}

/// The interrupts of the port go to the CPU that receives there, those that tell of sent packets alone to the one that sends: else
/// they would wait for its lock on the queue. One whose affinity the kernel manages cannot be moved, and is left alone.
///
/// What an interrupt is for, its name says: `virtio5-output.0`, `eth6-tx-0`, and not `eth6-TxRx-0`.
pub fn pin(port: &str, receives: u32, sends: u32) -> Step {
    let each = each(port);
    Step {
        title: format!("{port}: interrupts to CPU {receives}, of sent packets to CPU {sends}"),
        save: save(&each),
        apply: format!(
            "{each}\n  cpu={receives}\n  case $(echo /proc/irq/$i/*/) in *[Rr][Xx]*) ;; *-output*|*-[Tt][Xx]*) cpu={sends} ;; esac\n  \
             echo $cpu >{AFFINITY} 2>/dev/null || :\ndone"
        ),
        verify: ":".to_owned(),
        payload: None,
    }
}

/// The interrupts of the port go to `cpus` in turn, the first of them to the first.
pub fn deal(port: &str, cpus: &[u32]) -> Step {
    let each = each(port);
    let words: Vec<_> = cpus.iter().map(u32::to_string).collect();
    let words = words.join(" ");
    Step {
        title: format!("{port}: interrupts over CPUs {words}"),
        save: save(&each),
        apply: format!(
            "set --\n{each}\n  [ $# -gt 0 ] || set -- {words}\n  echo \"$1\" >{AFFINITY} 2>/dev/null || :\n  shift\ndone"
        ),
        verify: ":".to_owned(),
        payload: None,
    }
}

/// Where an interrupt may go, as a list of CPUs.
const AFFINITY: &str = "/proc/irq/$i/smp_affinity_list";

fn save(each: &str) -> String {
    format!("{each}\n  read -r now <{AFFINITY}; echo \"echo $now >{AFFINITY} 2>/dev/null || :\"\ndone")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    /// Runs the step's script on a copy of the two trees that it looks at, and tells where each interrupt goes.
    fn applied(interrupts: &[(u32, &str)], step: &Step) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().display().to_string();
        for (number, name) in interrupts {
            fs::create_dir_all(dir.path().join(format!("irq/{number}/{name}"))).unwrap();
            fs::write(dir.path().join(format!("irq/{number}/smp_affinity_list")), "0-7\n").unwrap();
            let known = dir.path().join("net/eth6/device/msi_irqs");
            fs::create_dir_all(&known).unwrap();
            fs::write(known.join(number.to_string()), "msix\n").unwrap();
        }
        let here = |text: &str| {
            text.replace("/proc/irq", &format!("{root}/irq")).replace("/sys/class/net", &format!("{root}/net"))
        };
        assert!(Command::new("sh").args(["-ec", &here(&step.apply)]).status().unwrap().success());
        let cpu =
            |(number, _): &(u32, &str)| fs::read_to_string(dir.path().join(format!("irq/{number}/smp_affinity_list")));
        interrupts.iter().map(|interrupt| cpu(interrupt).unwrap().trim().to_owned()).collect()
    }

    #[test]
    fn interrupts_of_sent_packets_alone_go_to_who_sends() {
        let step = pin("eth6", 3, 5);
        let virtio = [(24, "virtio5-config"), (25, "virtio5-input.0"), (26, "virtio5-output.0")];
        assert_eq!(applied(&virtio, &step), ["3", "3", "5"]);
        assert_eq!(applied(&[(30, "eth6-TxRx-0"), (31, "eth6-Tx-Rx-1"), (32, "eth6")], &step), ["3", "3", "3"]);
        assert_eq!(applied(&[(40, "eth6-rx-0"), (41, "eth6-tx-0")], &step), ["3", "5"]);
        // Before a port is up, some have no name.
        assert_eq!(applied(&[(50, "")], &step), ["3"]);
    }

    #[test]
    fn interrupts_are_dealt_out_in_turn() {
        let all = [(24, "a"), (25, "b"), (26, "c")];
        assert_eq!(applied(&all, &deal("eth6", &[1, 2])), ["1", "2", "1"]);
    }
}
