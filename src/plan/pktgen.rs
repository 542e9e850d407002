//! The kernel's traffic generator on the source.

use super::{MUST, Step, say};

/// Ends what it sends and forgets what it was to send, where it is in the kernel at all.
const RESET: &str = "[ ! -e /proc/net/pktgen/pgctrl ] || { echo stop; echo reset; } >/proc/net/pktgen/pgctrl";

/// Looks whether somebody else's devices are in it; sets `used`.
const LOOK: &str = r"used=
for file in /proc/net/pktgen/*; do
  case ${file##*/} in pgctrl | kpktgend_* | '*') ;; *) used=${file##*/} ;; esac
done";

/// The module; taken out again where it was not in before. It does not go while it sends, and what sends is a thread of
/// the kernel, which outlives whoever started it.
pub fn pktgen() -> Step {
    let out = "n=0; until modprobe -r pktgen 2>/dev/null || [ $n -ge 50 ]; do sleep 0.1; n=$((n + 1)); done; \
               [ ! -e /proc/net/pktgen/pgctrl ]";
    Step {
        title: "module pktgen".to_owned(),
        save: format!(
            "{LOOK}\nif [ -n \"$used\" ]; then echo \"pktgen is in use on this host: it has the device $used\" >&2; {} >&2; false\n\
             elif [ -e /proc/net/pktgen/pgctrl ]; then {}\nelse {}; fi",
            say("hint: if nobody needs it: echo reset >/proc/net/pktgen/pgctrl"),
            say(&format!("{MUST}\n{RESET}")),
            say(&format!("{MUST}\n{RESET}; {out}"))
        ),
        apply: format!(
            "modprobe pktgen || {{ {}; false; }}",
            say("hint: this kernel comes without pktgen (CONFIG_NET_PKTGEN); choose another --generator")
        ),
        verify: "[ -e /proc/net/pktgen/pgctrl ]".to_owned(),
        payload: None,
    }
}
