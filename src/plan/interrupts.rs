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

/// All interrupts of the port go to `cpu`. One whose affinity the kernel manages cannot be moved, and is left alone.
pub fn pin(port: &str, cpu: u32) -> Step {
    let each = each(port);
    Step {
        title: format!("{port}: interrupts to CPU {cpu}"),
        save: save(&each),
        apply: format!("{each}\n  echo {cpu} >{AFFINITY} 2>/dev/null || :\ndone"),
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
