//! netmap on the source, for its pkt-gen: the module, and the queueing discipline for which its emulation puts one of its own.

use super::{MUST, Step, qdisc, say};

/// Loads the module with as many frames as netmap has by itself, 163840 of 2 KiB, but no more than fill a quarter of the memory that
/// is left: it takes them all when it is first asked for some, and a small host has no memory then.
const LOAD: &str = "[ -d /sys/module/netmap ] || {
  frames=163840
  while read -r key kilobytes _; do
    [ \"$key\" != MemAvailable: ] || [ $((kilobytes / 8)) -ge $frames ] || frames=$((kilobytes / 8))
  done </proc/meminfo
  modprobe netmap buf_num=$frames
}";

/// Steps for a source that sends on these ports.
pub fn steps<'a>(ports: impl Iterator<Item = &'a str>) -> Vec<Step> {
    let module = Step {
        title: "module netmap".to_owned(),
        save: format!(
            "[ -d /sys/module/netmap ] || {}",
            say(&format!("{MUST}\n[ ! -d /sys/module/netmap ] || rmmod netmap"))
        ),
        apply: format!(
            "{LOAD} || {{ {}; false; }}",
            say("hint: build netmap for this kernel and `make install` it, or choose another --generator")
        ),
        verify: "[ -c /dev/netmap ]".to_owned(),
        payload: None,
    };
    std::iter::once(module).chain(ports.map(qdisc::come_back)).collect()
}
