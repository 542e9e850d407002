//! Interrupt affinity of a port's queues.

use super::Step;
use crate::host::shell::quote;

/// Queue `q` of the `nth` port goes to CPU `(nth + q) % CPUs`, so that ports and queues spread evenly.
///
/// The interrupts of a port are those of its device; a virtio port has them at the device above. An interrupt whose
/// affinity the kernel manages cannot be moved, and is left alone.
pub fn spread(port: &str, nth: usize) -> Step {
    let dev = quote(&format!("/sys/class/net/{port}/device"));
    let list = format!("for i in $(ls {dev}/msi_irqs {dev}/../msi_irqs 2>/dev/null | grep '^[0-9]' | sort -n | uniq)");
    let file = "/proc/irq/$i/smp_affinity_list";
    Step {
        title: format!("{port}: interrupts spread from CPU {nth} on"),
        save: format!("{list}; do echo \"echo $(cat {file}) >{file} 2>/dev/null || :\"; done"),
        apply: format!(
            "cpu={nth}; cpus=$(nproc)\n{list}; do\n  echo $((cpu % cpus)) >{file} 2>/dev/null || :\n  cpu=$((cpu + 1))\ndone"
        ),
        verify: ":".to_owned(),
        payload: None,
    }
}
