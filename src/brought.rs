//! Files that travel in the program, so that it works wherever it is installed, and files of the user's that take their
//! place. Must not know what is in them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Result, bail};

use crate::profile::Profile;
use crate::profile::experiment::Experiment;
use crate::progress::note;
use crate::schema::Kind;
use crate::sources;
use crate::testbed::Testbed;

/// The variable that names a directory of such files: one's own, or a checkout of nsbench.
const VARIABLE: &str = "NSBENCH_FILES";

/// Folders of files that are asked for by their name, laid out as in the repository.
pub const TESTBEDS: &str = "testbeds";
/// See [`TESTBEDS`].
pub const FRAMEWORKS: &str = "profiles/frameworks";
/// See [`TESTBEDS`].
pub const EXPERIMENTS: &str = "profiles/experiments";

/// A file that travels in the program.
#[derive(Debug)]
pub struct File {
    /// Its path in the repository.
    pub path: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// Whether it can be run.
    pub program: bool,
}

/// All of them, by folder.
pub fn files() -> Vec<File> {
    let yaml = |folder: &str, name: &str, text: &str| text_file(format!("{folder}/{name}.yaml"), text);
    let mut files = Vec::new();
    files.extend(Testbed::shipped_texts().map(|(name, text)| yaml(TESTBEDS, name, text)));
    files.extend(Profile::shipped_texts().map(|(name, text)| yaml(FRAMEWORKS, name, text)));
    files.extend(Experiment::shipped_texts().map(|(name, text)| yaml(EXPERIMENTS, name, text)));
    files.extend(Kind::ALL.map(|kind| text_file(format!("schemas/{}.json", kind.name()), &kind.text())));
    files.extend(sources::brought());
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn text_file(path: String, text: &str) -> File {
    File { path, content: text.as_bytes().to_vec(), program: false }
}

/// The user's own YAML file of this name in `folder`, where there is one; says so, once.
///
/// # Errors
/// [`VARIABLE`] names no directory.
pub fn own(folder: &str, name: &str) -> Result<Option<PathBuf>> {
    let Some(directory) = directory()? else { return Ok(None) };
    Ok(found(&directory, folder, name).inspect(|path| tell(name, path)))
}

/// The user's own directory of this name, as above.
///
/// # Errors
/// [`VARIABLE`] names no directory.
pub fn own_sources(name: &str) -> Result<Option<PathBuf>> {
    let path = directory()?.map(|directory| directory.join(name)).filter(|path| path.is_dir());
    Ok(path.inspect(|path| tell(name, path)))
}

fn found(directory: &Path, folder: &str, name: &str) -> Option<PathBuf> {
    let is_name = !name.starts_with('.') && !name.contains('/');
    let path = directory.join(folder).join(format!("{name}.yaml"));
    (is_name && path.is_file()).then_some(path)
}

fn tell(name: &str, path: &Path) {
    static TOLD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if TOLD.lock().is_ok_and(|mut told| told.insert(path.to_owned())) {
        note(format!("note: `{name}` is your own: {}", path.display()));
    }
}

/// Where the user's own files are: what the variable names, else `nsbench` among the configurations.
fn directory() -> Result<Option<PathBuf>> {
    // Tests of this crate see what came along, whatever their user has.
    if cfg!(test) {
        return Ok(None);
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(named) = variable(VARIABLE) {
        if !named.is_dir() {
            bail!(
                "{VARIABLE} names `{}`, which is no directory\nhint: unset it, or `nsbench files --into DIR` and {VARIABLE}=DIR",
                named.display()
            );
        }
        return Ok(Some(named));
    }
    let configurations = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    Ok(configurations.map(|configurations| configurations.join("nsbench")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_travels_in_the_program_is_what_the_repository_has() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = files();
        for file in &files {
            assert!(
                fs::read(repository.join(&file.path)).is_ok_and(|content| content == file.content),
                "{}",
                file.path
            );
        }
        for folder in [TESTBEDS, FRAMEWORKS, EXPERIMENTS, "schemas"] {
            for entry in fs::read_dir(repository.join(folder)).unwrap() {
                let path = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
                assert!(files.iter().any(|file| file.path == path), "{path} does not travel in the program");
            }
        }
        let runnable = |path: &str| files.iter().any(|file| file.path == path && file.program);
        assert!(runnable("kernel-module/tests/netns.sh") && !runnable("kernel-module/Kbuild"));
    }

    #[test]
    fn only_a_name_is_looked_up() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join(FRAMEWORKS)).unwrap();
        fs::write(directory.path().join(FRAMEWORKS).join("mine.yaml"), "").unwrap();
        let found = |name: &str| found(directory.path(), FRAMEWORKS, name);
        assert!(found("mine").is_some());
        for name in ["", ".", "yours", "mine.yaml", "../frameworks/mine", "./mine"] {
            assert_eq!(found(name), None, "{name}");
        }
    }
}
