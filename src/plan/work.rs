//! The directory in which a run keeps its files on a host.

use super::{Step, WORK, say};

/// Makes the directory; its undo, the last of all, takes everything in it away.
pub fn directory() -> Step {
    Step {
        title: format!("directory {WORK}"),
        save: say(&format!("rm -rf {WORK}")),
        apply: format!("mkdir -p {WORK}"),
        verify: format!("[ -d {WORK} ]"),
        payload: None,
    }
}
