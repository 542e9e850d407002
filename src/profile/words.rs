//! The placeholders that a profile may use beside its parameters; `profiles/README.md` says what they stand for.
//!
//! `plan` gives them their meaning, and a test there sees to it that these are all.

/// One word each, wherever a cell is known.
pub const CELL: [&str; 9] =
    ["buffer", "frame", "lines", "mtu", "port_rings", "ring_slots", "rings", "user_driver", "work"];

/// Several words each, where a word is nothing else.
pub const LISTS: [&str; 2] = ["ports", "slots"];

/// One word each, in what is done for a line.
pub const LINE: [&str; 7] = ["cpu_forward", "cpu_reverse", "in", "in_slot", "line", "out", "out_slot"];
