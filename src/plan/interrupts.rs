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
    let file = "/proc/irq/$i/smp_affinity_list";
    Step {
        title: format!("{port}: interrupts to CPU {cpu}"),
        save: format!("{each}\n  read -r now <{file}; echo \"echo $now >{file} 2>/dev/null || :\"\ndone"),
        apply: format!("{each}\n  echo {cpu} >{file} 2>/dev/null || :\ndone"),
        verify: ":".to_owned(),
        payload: None,
    }
}
