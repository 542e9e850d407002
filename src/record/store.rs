//! The results directory: making a run's directory, saving each trial, finding runs again.
//!
//! Must not know what the figures mean or how they are shown.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};
use serde::Deserialize;

use super::file_name::file_name;
use super::lock::Lock;
use super::{Run, SCHEMA, sound};

/// Name of a run's record in its directory.
const RECORD: &str = "run.json";
/// Name of the directory with the tools' raw output.
const RAW: &str = "raw";
/// Name of the file that says that somebody writes to the directory.
const LOCK: &str = "lock";
/// Written and synced before anything is measured; a run's record and raw output fit well inside.
const PROBE_BYTES: usize = 1 << 20;

/// Why results could not be written, found or read.
///
/// A way out stands on the text's last line, after `hint: `.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The place for results does not take them.
    #[error("cannot write results to `{path}`\nhint: {hint}")]
    NotWritable {
        /// What could not be written.
        path: String,
        /// The way out.
        hint: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A record, or the directory of records, could not be read.
    #[error("cannot read `{path}`")]
    NotReadable {
        /// What could not be read.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A record is not a run.
    #[error(
        "`{path}` is not a run that nsbench recorded: {why}\nhint: `nsbench schema result` says what a record has in it"
    )]
    Broken {
        /// The file.
        path: String,
        /// What is wrong, with line and column.
        why: String,
    },
    /// A record was written by a later nsbench.
    #[error(
        "`{path}` has format version {found}, this nsbench reads up to {SCHEMA}\n\
         hint: read it with the nsbench that wrote it, or a later one"
    )]
    NewerSchema {
        /// The file.
        path: String,
        /// Its version.
        found: u64,
    },
    /// No run has this name.
    #[error("no run is named `{name}` under `{root}`\nhint: `nsbench results list` names the runs")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        root: String,
    },
    /// Several runs begin with this name.
    #[error("`{name}` is the beginning of several runs: {ids}\nhint: write more of the name")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The runs that begin with it.
        ids: String,
    },
    /// Another process measures this run.
    #[error("the run `{id}` is being measured by another nsbench\nhint: wait until that one has ended")]
    Busy {
        /// The run.
        id: String,
    },
}

impl StoreError {
    fn not_writable(path: &Path, source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "free some space there, or run nsbench in a directory on another disk"
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                "run nsbench in a directory that you may write to"
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "a file stands where the directory belongs: move it away"
            }
            _ => "run nsbench in another directory",
        };
        Self::NotWritable { path: path.display().to_string(), hint, source }
    }

    fn not_readable(path: &Path, source: io::Error) -> Self {
        Self::NotReadable { path: path.display().to_string(), source }
    }
}

/// The directory that holds all runs, `results/` where nsbench was started.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// All runs of a store.
#[derive(Debug, Default)]
pub struct Listing {
    /// The runs that could be read, oldest first.
    pub runs: Vec<Run>,
    /// The records that could not be read, each error naming its file.
    pub skipped: Vec<StoreError>,
}

impl Default for Store {
    fn default() -> Self {
        Self::new("results")
    }
}

impl Store {
    /// A store at `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the runs are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the directory of a new run and proves, before anything is measured, that it takes data.
    ///
    /// An existing directory is never reused: a second run of the same second gets a suffix.
    pub fn prepare(&self, testbed: &str, started: &Zoned) -> Result<RunDirectory, StoreError> {
        fs::create_dir_all(&self.root).map_err(|e| StoreError::not_writable(&self.root, e))?;
        let stem = format!("{}-{}", started.strftime("%Y%m%d-%H%M%S"), file_name(testbed));
        let directory = self.make_directory(&stem)?;
        // The new directory's own name is the root's to keep.
        let sync = || File::open(&self.root).and_then(|d| d.sync_all());
        let proved = directory.prove_writable();
        if let Err(error) = proved.and_then(|()| sync().map_err(|e| StoreError::not_writable(&self.root, e))) {
            // Not a run yet; that it cannot be cleared away matters less than why.
            let _ = fs::remove_dir_all(&directory.path);
            return Err(error);
        }
        Ok(directory)
    }

    fn make_directory(&self, stem: &str) -> Result<RunDirectory, StoreError> {
        let mut id = stem.to_owned();
        for number in 2.. {
            let path = self.root.join(&id);
            match fs::create_dir(&path) {
                Ok(()) => return RunDirectory::lock(path, id),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    id = format!("{stem}-{number}");
                }
                Err(e) => return Err(StoreError::not_writable(&path, e)),
            }
        }
        unreachable!("some number is free")
    }

    /// Loads one run by its id, by the beginning of its id, or by the path of its directory or record.
    pub fn load(&self, name: &str) -> Result<Run, StoreError> {
        read(&self.find(name)?)
    }

    /// The directory that the record of a run is in; `name` is as for [`Store::load`].
    pub fn directory(&self, name: &str) -> Result<PathBuf, StoreError> {
        Ok(self.find(name)?.parent().map(Path::to_owned).unwrap_or_default())
    }

    /// Opens the directory of a run to go on with it; what is recorded there is read once nobody else writes to it.
    ///
    /// `name` is as for [`Store::load`].
    pub fn reopen(&self, name: &str) -> Result<(RunDirectory, Run), StoreError> {
        let record = self.find(name)?;
        // What is no run is refused before anything is written beside it.
        let id = read(&record)?.id;
        let Some(path) = record.parent().filter(|path| record == path.join(RECORD)) else {
            let why = format!("it is not the `{RECORD}` of a run's directory");
            return Err(StoreError::Broken { path: record.display().to_string(), why });
        };
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let directory = RunDirectory::lock(path.to_owned(), id)?;
        directory.prove_writable()?;
        let run = read(&record)?;
        Ok((directory, run))
    }

    fn find(&self, name: &str) -> Result<PathBuf, StoreError> {
        let ids = self.ids()?;
        if ids.iter().any(|id| id == name) {
            return Ok(self.root.join(name).join(RECORD));
        }
        let mut beginning = ids.iter().filter(|id| !name.is_empty() && id.starts_with(name));
        match (beginning.next(), beginning.next()) {
            (Some(id), None) => return Ok(self.root.join(id).join(RECORD)),
            (Some(first), Some(second)) => {
                let all: Vec<_> = [first, second].into_iter().chain(beginning).collect();
                return Err(StoreError::Ambiguous {
                    name: name.to_owned(),
                    ids: all.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
                });
            }
            (None, _) => {}
        }
        let path = Path::new(name);
        let record = path.join(RECORD);
        if record.is_file() {
            return Ok(record);
        }
        if path.is_file() {
            return Ok(path.to_owned());
        }
        Err(StoreError::Unknown { name: name.to_owned(), root: self.root.display().to_string() })
    }

    /// All runs, oldest first; records that cannot be read are named beside them.
    pub fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        for id in self.ids()? {
            match read(&self.root.join(id).join(RECORD)) {
                Ok(run) => listing.runs.push(run),
                Err(error) => listing.skipped.push(error),
            }
        }
        listing.runs.sort_by(|a, b| (time(a), &a.id).cmp(&(time(b), &b.id)));
        Ok(listing)
    }

    /// The directories that hold a record, by name. A store that does not exist holds none.
    fn ids(&self) -> Result<Vec<String>, StoreError> {
        let entries = match fs::read_dir(&self.root) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|e| StoreError::not_readable(&self.root, e))?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| StoreError::not_readable(&self.root, e))?;
            if entry.path().join(RECORD).exists() {
                ids.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        ids.sort();
        Ok(ids)
    }
}

/// Reads the record at `path`.
fn read(path: &Path) -> Result<Run, StoreError> {
    #[derive(Deserialize)]
    struct Version {
        schema: u64,
    }
    let text = fs::read_to_string(path).map_err(|e| StoreError::not_readable(path, e))?;
    let broken = |why: String| StoreError::Broken { path: path.display().to_string(), why };
    let newer = |found| StoreError::NewerSchema { path: path.display().to_string(), found };
    let run: Run = match serde_json::from_str(&text) {
        Ok(run) => run,
        // A later format may differ in every other key; its version is looked for only now, as a long record takes its time.
        Err(error) => match serde_json::from_str(&text) {
            Ok(Version { schema }) if schema > u64::from(SCHEMA) => return Err(newer(schema)),
            _ => return Err(broken(error.to_string())),
        },
    };
    if run.schema > SCHEMA {
        return Err(newer(u64::from(run.schema)));
    }
    sound::check(&run).map_err(broken)?;
    Ok(run)
}

/// When a run began; a run without a time counts as older than all others.
fn time(run: &Run) -> Option<Timestamp> {
    run.started.as_ref().and_then(|s| s.parse().ok())
}

/// The directory of one run, made by [`Store::prepare`] or found by [`Store::reopen`]. No other process has it.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    id: String,
    _lock: Lock,
}

impl RunDirectory {
    fn lock(path: PathBuf, id: String) -> Result<Self, StoreError> {
        match Lock::take(&path.join(LOCK)) {
            Ok(Some(lock)) => Ok(Self { path, id, _lock: lock }),
            Ok(None) => Err(StoreError::Busy { id }),
            Err(error) => Err(StoreError::not_writable(&path, error)),
        }
    }

    /// The run's id, which is the directory's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Saves the run as far as it has come. Whoever reads meanwhile, and whatever is left after a
    /// power cut, is either the state before or this one, whole.
    pub fn save(&self, run: &Run) -> Result<(), StoreError> {
        write_atomically(&self.path, RECORD, run.json().as_bytes())
    }

    /// Keeps what a tool printed, as `raw/<name>`, and says where. What an earlier attempt left under that name stays:
    /// the new file then is `<name>` with a number before its ending.
    pub fn save_raw(&self, name: &str, contents: &[u8]) -> Result<PathBuf, StoreError> {
        let raw = self.path.join(RAW);
        let name = file_name(name);
        let (stem, ending) = name.rfind('.').map_or((name.as_str(), ""), |dot| name.split_at(dot));
        let mut free = name.clone();
        // This process alone writes here, so that a name which is free stays free.
        for number in 2.. {
            if !raw.join(&free).exists() {
                break;
            }
            free = format!("{stem}-{number}{ending}");
        }
        write_atomically(&raw, &free, contents)?;
        Ok(raw.join(free))
    }

    /// Adds a line to `raw/<name>`. It is on the disk when this returns; after a power cut the last may be there in part.
    pub fn append_raw(&self, name: &str, line: &str) -> Result<(), StoreError> {
        let path = self.path.join(RAW).join(file_name(name));
        let write = || {
            let mut file = File::options().create(true).append(true).open(&path)?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_data()
        };
        write().map_err(|error| StoreError::not_writable(&path, error))
    }

    /// Removes the directory of a run that recorded nothing; one with a record stays. Says whether it does.
    pub fn discard_if_empty(self) -> Result<bool, StoreError> {
        if self.path.join(RECORD).exists() {
            return Ok(true);
        }
        fs::remove_dir_all(&self.path).map_err(|e| StoreError::not_writable(&self.path, e))?;
        Ok(false)
    }

    fn prove_writable(&self) -> Result<(), StoreError> {
        let fail = |e| StoreError::not_writable(&self.path, e);
        fs::create_dir_all(self.path.join(RAW)).map_err(fail)?;
        let mut probe = tempfile::NamedTempFile::new_in(&self.path).map_err(fail)?;
        probe.write_all(&vec![0x5a; PROBE_BYTES]).map_err(fail)?;
        probe.as_file().sync_all().map_err(fail)?;
        probe.close().map_err(fail)
    }
}

/// Writes `directory/name` so that it is there whole or not at all, also after a power cut.
fn write_atomically(directory: &Path, name: &str, contents: &[u8]) -> Result<(), StoreError> {
    let path = directory.join(name);
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(directory)?;
        file.write_all(contents)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|e| e.error)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|e| StoreError::not_writable(&path, e))
}

/// A temporary file is its owner's alone by default; a record is for everyone that the umask lets in.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
