//! The machine whose clock counts instructions, as far as it is made otherwise than the lab's: what emulation counts and no
//! processor would, and what its card asks of a kernel and no card of today does, is kept out of the figures.
//!
//! Must not know who measures what on it.

/// Every instruction is a nanosecond, and one processor runs them.
///
/// Without `erms` (a processor's word for string instructions that move any number of bytes fast) the kernel copies and
/// clears words of eight bytes. It would do so byte by byte, and emulation counts each as an instruction: 4,096 for a page
/// that is cleared, where a processor counts one and takes a hundred cycles.
pub const INSTRUCTION_CLOCK: [&str; 6] =
    ["-accel", "tcg,thread=single", "-cpu", "max,cx16=off,erms=off", "-icount", "shift=0,sleep=on,align=off"];

/// The longest frames, by their MTU, that the card's driver has one buffer for.
const ONE_BUFFER_MTU: u32 = 1500;

/// What the properties of each card end with, where frames are of `mtu` bytes: a frame lies in one buffer, as in what cards
/// of today write, and not in as many as it takes. Longer ones need several.
pub const fn card(mtu: u32) -> &'static str {
    if mtu <= ONE_BUFFER_MTU { ",mrg_rxbuf=off" } else { "" }
}

/// How a record names this machine.
pub fn description(mtu: u32) -> String {
    format!("-cpu {}, virtio-net-pci{}", INSTRUCTION_CLOCK[3], card(mtu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_are_longer_than_a_buffer_are_let_have_several() {
        assert_eq!((card(1500), card(9000)), (",mrg_rxbuf=off", ""));
        assert_ne!(description(1500), description(9000));
    }
}
