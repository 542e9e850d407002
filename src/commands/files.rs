//! `nsbench files`: what travels in the program, to look at and to start from. Must not know what is in the files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Failure, Outcome};
use crate::brought::{self, File};
use crate::output;
use crate::progress::note;

/// Prints the file of this name, or the names of all. Where `into` says so, writes them there instead.
///
/// # Errors
/// There is no such file, or they cannot be written.
pub fn run(name: Option<&str>, into: Option<&Path>) -> Result<Outcome> {
    let wanted = wanted(brought::files(), name).map_err(Failure::mark(Outcome::BadInput))?;
    match (into, name) {
        (Some(dir), _) => write(&wanted, dir).map_err(Failure::mark(Outcome::BadInput))?,
        (None, Some(name)) if wanted.len() == 1 && wanted[0].path == name => {
            output::result(&String::from_utf8_lossy(&wanted[0].content))?;
        }
        (None, _) => wanted.iter().try_for_each(|file| output::line(&file.path))?,
    }
    Ok(Outcome::Good)
}

/// A file by its path, or all that are in a folder.
fn wanted(files: Vec<File>, name: Option<&str>) -> Result<Vec<File>> {
    let Some(name) = name else { return Ok(files) };
    let folder = format!("{}/", name.trim_end_matches('/'));
    let wanted: Vec<_> = files.into_iter().filter(|file| file.path == name || file.path.starts_with(&folder)).collect();
    if wanted.is_empty() {
        bail!("nothing that came along is called `{name}`\nhint: `nsbench files` lists what there is");
    }
    Ok(wanted)
}

/// Nothing of the user's is written over.
fn write(files: &[File], dir: &Path) -> Result<()> {
    let there = files.iter().map(|file| dir.join(&file.path)).find(|path| path.exists());
    if let Some(there) = there {
        bail!("`{}` is there already\nhint: name another directory, or remove it", there.display());
    }
    for file in files {
        let path = dir.join(&file.path);
        let mode = if file.program { 0o755 } else { 0o644 };
        fs::create_dir_all(path.parent().unwrap_or(dir))
            .and_then(|()| fs::write(&path, &file.content))
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .with_context(|| {
                format!("could not write `{}`\nhint: name a directory of yours: --into DIR", path.display())
            })?;
    }
    note(format!("{} files are in `{}`", files.len(), dir.display()));
    Ok(())
}
