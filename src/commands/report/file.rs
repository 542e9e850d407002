//! Where a report is written: whole or not at all, and never over what is not a report. Must not know what a report says.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::report::{figure, page};

/// By one of these words a report is known.
const MARKS: [&str; 3] = [page::MARK, figure::MARK, figure::png::MARK];

/// In so many bytes at its beginning a report says that it is one.
const HEAD: u64 = 1024;

/// Writes `contents` to `path`. What stands there is replaced if nsbench wrote it, or by `force`.
pub fn write(path: &Path, contents: &[u8], force: bool) -> Result<()> {
    let name = path.display();
    let cannot = || format!("cannot write the report to `{name}`");
    if path.is_dir() {
        bail!("`{name}` is a directory\nhint: name a file, like `{}`", path.join("report.html").display());
    }
    if !force && path.exists() && !is_report(path).with_context(cannot)? {
        bail!("`{name}` is there, and is no report of nsbench's\nhint: name another file, or replace it with --force");
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        bail!(
            "cannot write the report to `{name}`: there is no directory `{0}`\nhint: mkdir -p {0}",
            directory.display()
        );
    }
    put(path, directory, contents).with_context(cannot)
}

fn is_report(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    // An empty file, as `mktemp` makes, holds nothing to lose.
    let has = |mark: &str| head.windows(mark.len()).any(|part| part == mark.as_bytes());
    Ok(head.is_empty() || MARKS.into_iter().any(has))
}

/// A reader meanwhile sees the old file or the new one, whole.
fn put(path: &Path, directory: &Path, contents: &[u8]) -> io::Result<()> {
    // A pipe or a device is written to, and not replaced by a file.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, contents);
    }
    let permissions = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(directory)?;
    file.write_all(contents)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_replaced_and_another_file_only_by_force() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.html");
        let report = format!("<!doctype html>{}first", page::MARK);
        write(&path, report.as_bytes(), false).unwrap();
        write(&path, report.replace("first", "second").as_bytes(), false).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("second"));

        fs::write(&path, "a letter").unwrap();
        let error = write(&path, report.as_bytes(), false).unwrap_err().to_string();
        assert!(error.contains("no report of nsbench's\nhint: "), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
        write(&path, report.as_bytes(), true).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("first"));
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_directory_and_one_that_is_missing_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = write(directory.path(), b"", true).unwrap_err().to_string();
        assert!(error.contains("is a directory\nhint: "), "{error}");
        let error = write(&directory.path().join("no/such/report.html"), b"", false).unwrap_err().to_string();
        assert!(error.contains("there is no directory") && error.contains("hint: mkdir -p"), "{error}");
    }
}
