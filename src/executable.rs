//! Programs that tests write and run at once; for tests only.

use std::path::Path;
use std::process::Command;

/// Writes a program. A file that another test's new process still has open for writing cannot be run; only `install`, which
/// has ended then, has this one open.
pub fn write(path: &Path, content: impl AsRef<[u8]>) {
    let original = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(original.path(), content).unwrap();
    assert!(Command::new("install").args(["-m", "755"]).args([original.path(), path]).status().unwrap().success());
}
