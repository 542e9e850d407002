//! The user's cache directory: entries keyed by the content that made them, built once, visible only when whole.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::root;

/// `$XDG_CACHE_HOME/nsbench`, else `~/.cache/nsbench`.
pub fn dir() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute()) {
        Some(dir) => dir,
        None => std::env::home_dir().context("no home directory\nhint: set XDG_CACHE_HOME")?.join(".cache"),
    };
    Ok(base.join("nsbench"))
}

/// A key of 16 hex digits over the parts, each told apart from its neighbour.
pub fn key<I: AsRef<[u8]>>(parts: impl IntoIterator<Item = I>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.as_ref().len() as u64).to_le_bytes());
        hash.update(part.as_ref());
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

/// The entry `kind/key`, if it is there and whole.
pub fn find(kind: &str, key: &str) -> Result<Option<PathBuf>> {
    let path = dir()?.join(kind).join(key);
    Ok(path.is_dir().then_some(path))
}

/// The entry `kind/key`; `build` fills the directory it is given where the entry is not there yet. Of two
/// processes that want the same entry one builds, the other waits.
pub fn ensure(kind: &str, key: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let parent = dir()?.join(kind);
    let entry = parent.join(key);
    if entry.is_dir() {
        return Ok(entry);
    }
    fs::create_dir_all(&parent).with_context(|| format!("could not create `{}`", parent.display()))?;
    let lock = Lock::acquire(&parent.join(format!("{key}.lock")), &format!("another command prepares {kind}"))?;
    if !entry.is_dir() {
        let partial = parent.join(format!("{key}.partial"));
        root::remove_tree(&partial)?;
        fs::create_dir(&partial).with_context(|| format!("could not create `{}`", partial.display()))?;
        if let Err(error) = build(&partial) {
            root::remove_tree(&partial)?;
            return Err(error);
        }
        fs::rename(&partial, &entry).with_context(|| format!("could not create `{}`", entry.display()))?;
    }
    lock.remove();
    Ok(entry)
}

/// Makes the directory where there is none, and sees to it that nobody but its owner gets at what is in it.
pub fn private(dir: &Path) -> Result<()> {
    let make = || {
        fs::create_dir_all(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
    };
    make().with_context(|| format!("could not keep `{}` to its owner", dir.display()))
}

/// A lock file held by this process until dropped; the kernel frees it when the process dies.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock; waits while another process holds it, saying `held`.
    pub fn acquire(path: &Path, held: &str) -> Result<Self> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("could not create `{}`", parent.display()))?;
        }
        for _ in 0..1000 {
            let file = File::create(path).with_context(|| format!("could not create `{}`", path.display()))?;
            if file.try_lock().is_err() {
                crate::output::remark(&format!("{held}; waiting for it"));
                file.lock().with_context(|| format!("could not lock `{}`", path.display()))?;
            }
            // The holder before us may have removed the file: then this lock guards nothing.
            let ours = file.metadata()?.ino();
            if fs::metadata(path).is_ok_and(|meta| meta.ino() == ours) {
                return Ok(Self { file, path: path.to_owned() });
            }
        }
        bail!("could not lock `{}`", path.display())
    }

    /// Takes the lock if nobody holds it.
    pub fn attempt(path: &Path) -> Result<Option<Self>> {
        let file = File::create(path).with_context(|| format!("could not create `{}`", path.display()))?;
        Ok(file.try_lock().is_ok().then(|| Self { file, path: path.to_owned() }))
    }

    /// Frees the lock and leaves no file behind.
    pub fn remove(self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_parts_apart() {
        assert_eq!(key(["a", "b"]).len(), 16);
        assert_ne!(key(["ab", ""]), key(["a", "b"]));
        assert_eq!(key(["a", "b"]), key(["a", "b"]));
    }

    #[test]
    fn what_is_private_is_its_owners_alone_even_where_it_was_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("labs/new"), dir.path().join("old"));
        fs::create_dir(&old).unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o777)).unwrap();
        for dir in [new, old] {
            private(&dir).unwrap();
            assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o7777, 0o700, "{}", dir.display());
        }
    }

    #[test]
    fn a_removed_lock_can_be_taken_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        Lock::acquire(&path, "held").unwrap().remove();
        assert!(!path.exists());
        let again = Lock::acquire(&path, "held").unwrap();
        assert!(path.exists());
        drop(again);
    }
}
