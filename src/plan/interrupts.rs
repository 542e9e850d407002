//! Interrupt affinity of a port's queues.

use super::Step;
use crate::host::shell::quote;

/// Queue `q` of the `nth` port goes to CPU `(nth + q) % CPUs`, so that ports and queues spread evenly.
///
/// The interrupts of a port are those of its device; a virtio port has them at the device above. An interrupt whose
/// affinity the kernel manages cannot be moved, and is left alone.
pub fn spread(port: &str, nth: usize) -> Step {
    let dev = quote(&format!("/sys/class/net/{port}/device"));
    let list = format!(
        "irqs={dev}/msi_irqs; [ -d \"$irqs\" ] || irqs={dev}/../msi_irqs\nfor i in \"$irqs\"/[0-9]*; do\n  i=${{i##*/}}; [ -d \"/proc/irq/$i\" ] || continue"
    );
    let file = "/proc/irq/$i/smp_affinity_list";
    Step {
        title: format!("{port}: interrupts spread from CPU {nth} on"),
        save: format!("{list}\n  read -r now <{file}; echo \"echo $now >{file} 2>/dev/null || :\"\ndone"),
        apply: format!(
            "cpu={nth}; cpus=$(nproc)\n{list}\n  echo $((cpu % cpus)) >{file} 2>/dev/null || :\n  cpu=$((cpu + 1))\ndone"
        ),
        verify: ":".to_owned(),
        payload: None,
    }
}
