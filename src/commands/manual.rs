//! `nsbench man`: writes man pages. Must not know what is in them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Failure, Outcome};
use crate::output;
use crate::progress::note;

/// Writes all pages into `dir`, which is made where it is not there; without one prints the first.
///
/// # Errors
/// The directory cannot be made or written to.
pub fn run(pages: &[(String, String)], dir: Option<&Path>) -> Result<Outcome> {
    let Some(dir) = dir else {
        output::result(&pages[0].1)?;
        return Ok(Outcome::Good);
    };
    write(pages, dir).map_err(Failure::mark(Outcome::BadInput))?;
    note(format!("{} man pages are in `{}`", pages.len(), dir.display()));
    Ok(Outcome::Good)
}

fn write(pages: &[(String, String)], dir: &Path) -> Result<()> {
    let failed =
        || format!("could not write man pages into `{}`\nhint: nsbench man DIR, a directory of yours", dir.display());
    fs::create_dir_all(dir).with_context(failed)?;
    for (name, text) in pages {
        fs::write(dir.join(name), text).with_context(failed)?;
    }
    Ok(())
}
