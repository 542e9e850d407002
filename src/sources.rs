//! Sources that frameworks are built from: the ones nsbench brings along, or a directory of the user's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use include_dir::{Dir, include_dir};

use crate::brought;
use crate::lab::cache;
use crate::lab::image::Image;
use crate::plan::template::Template;
use crate::plan::{Artifacts, Cell, Product, Sources, build};
use crate::profile::{Build, FIREWALL_SOURCE, MODULE_SOURCE, is_brought_source};
use crate::progress::Progress;

/// The netslice module, its library and its bridge.
static KERNEL_MODULE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/kernel-module");

/// The firewall, for every framework that has one.
static FIREWALL: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/apps/firewall");

/// What nsbench brings along, by the names that profiles have for it: paths in this repository.
fn embedded_sources() -> [(&'static str, &'static Dir<'static>); 2] {
    [(MODULE_SOURCE, &KERNEL_MODULE), (FIREWALL_SOURCE, &FIREWALL)]
}

/// Endings of what a build leaves behind in a source directory.
const BUILT: [&str; 8] = ["o", "ko", "mod", "cmd", "a", "order", "symvers", "d"];

/// A file of the sources.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct File {
    /// Its path in them.
    path: PathBuf,
    content: Vec<u8>,
    /// Whether it can be run.
    program: bool,
}

impl File {
    const fn mode(&self) -> u32 {
        if self.program { 0o755 } else { 0o644 }
    }
}

/// What a framework needs built, and where: for the lab on this machine, in the guests' own system; else on the middlebox.
/// Nothing is built yet where `dry` is set.
///
/// # Errors
/// A parameter of the cell has no value, or the sources are not there or do not build.
pub fn artifacts(cell: &Cell, in_lab: bool, dry: bool) -> Result<Artifacts> {
    cell.profile.require(&cell.params)?;
    let Some(build) = &cell.profile.build else { return Ok(Artifacts::None) };
    let parameters = Template::new(&cell.params);
    let files = all_files(build, &parameters)?;
    let (commands, products) = (build::commands(build, &parameters)?, build::products(build));
    let parts = files.iter().flat_map(|file| [file.path.as_os_str().as_encoded_bytes(), file.content.as_slice()]);
    let key = cache::key(parts.chain([commands.as_bytes()]));
    if !in_lab {
        let archive = archive(&files)?;
        return Ok(Artifacts::OnHost(Sources { key, archive, commands, products }));
    }
    let dir = if dry {
        PathBuf::from(build.source.as_str())
    } else {
        build_for_lab(&cell.profile.name, &files, &key, &commands, &products)?
    };
    let products = products.iter().map(|product| {
        let name = file_name(product);
        Product { path: dir.join(&name), name }
    });
    Ok(Artifacts::Here(products.collect()))
}

/// The sources of a cell's framework, in a directory that is there for as long as it is held; an empty one where there are none.
pub fn tree(cell: &Cell) -> Result<tempfile::TempDir> {
    let dir = tempfile::tempdir().context("could not make a temporary directory")?;
    if let Some(build) = &cell.profile.build {
        write(&files(&Template::new(&cell.params).fill(&build.source)?)?, dir.path())?;
    }
    Ok(dir)
}

fn build_for_lab(name: &str, files: &[File], key: &str, commands: &str, products: &[String]) -> Result<PathBuf> {
    let image = Image::ensure()?;
    let root = image.build_root();
    let release = root.release()?;
    cache::ensure("builds", &cache::key([key, &image.key, &products.join(" "), "stripped"]), |output| {
        let source = tempfile::tempdir().context("could not make a temporary directory")?;
        write(files, source.path())?;
        let progress = Progress::start(format!("building {name} for {release}"));
        let products: Vec<_> = products.iter().map(String::as_str).collect();
        let log = root.build(source.path(), commands, &products, output)?;
        progress.done("built");
        fs::write(output.join("make.log"), log).context("could not keep what make said")
    })
}

/// The sources that nsbench brings along, by their paths in the repository.
pub fn brought() -> impl Iterator<Item = brought::File> {
    let mut files = Vec::new();
    for (name, dir) in embedded_sources() {
        let mut own = Vec::new();
        embedded(dir, &mut own);
        files.extend(below(name, own));
    }
    files.into_iter().filter(|file| !is_built(&file.path)).map(|file| brought::File {
        path: file.path.display().to_string(),
        content: file.content,
        program: file.program,
    })
}

/// The sources of a build, and those that it wants beside them.
fn all_files(build: &Build, parameters: &Template) -> Result<Vec<File>> {
    let mut all = files(&parameters.fill(&build.source)?)?;
    for name in &build.with {
        all.extend(below(name, files(name)?));
    }
    all.sort();
    Ok(all)
}

/// The same files in a directory.
fn below(directory: &str, files: Vec<File>) -> impl Iterator<Item = File> {
    files.into_iter().map(move |file| File { path: Path::new(directory).join(&file.path), ..file })
}

fn files(source: &str) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let own = if is_brought_source(source) { brought::own_sources(source)? } else { Some(PathBuf::from(source)) };
    let shipped = embedded_sources().into_iter().find(|(name, _)| *name == source);
    match (own, shipped) {
        (None, Some((_, dir))) => embedded(dir, &mut files),
        (own, _) => on_disk(&own.unwrap_or_else(|| PathBuf::from(source)), Path::new(""), &mut files)?,
    }
    files.retain(|file| !is_built(&file.path));
    files.sort();
    if files.is_empty() {
        bail!(
            "there are no sources in `{source}`\nhint: `build.source` of the profile, or --set FRAMEWORK.source=DIR, names the directory"
        );
    }
    Ok(files)
}

fn is_built(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let hidden = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    BUILT.contains(&ending) || hidden || path.to_string_lossy().ends_with(".mod.c")
}

fn embedded(dir: &Dir<'_>, files: &mut Vec<File>) {
    files.extend(dir.files().map(|file| {
        let path = file.path().to_owned();
        // Permissions do not travel in the program.
        let program = path.extension().is_some_and(|ending| ending == "sh");
        File { path, content: file.contents().to_vec(), program }
    }));
    dir.dirs().for_each(|dir| embedded(dir, files));
}

fn on_disk(root: &Path, below: &Path, files: &mut Vec<File>) -> Result<()> {
    let dir = root.join(below);
    for entry in fs::read_dir(&dir).with_context(|| format!("could not read the sources in `{}`", dir.display()))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        // What a link leads to is what is built; one that leads nowhere is of no use to anybody.
        let Ok(meta) = fs::metadata(entry.path()) else { continue };
        if meta.is_dir() && !is_built(&path) {
            on_disk(root, &path, files)?;
        } else if meta.is_file() && !is_built(&path) {
            let content =
                fs::read(entry.path()).with_context(|| format!("could not read `{}`", entry.path().display()))?;
            files.push(File { path, content, program: meta.permissions().mode() & 0o100 != 0 });
        }
    }
    Ok(())
}

fn write(files: &[File], dir: &Path) -> Result<()> {
    for file in files {
        let to = dir.join(&file.path);
        fs::create_dir_all(to.parent().unwrap_or(dir))
            .and_then(|()| fs::write(&to, &file.content))
            .and_then(|()| fs::set_permissions(&to, fs::Permissions::from_mode(file.mode())))
            .with_context(|| format!("could not write `{}`", to.display()))?;
    }
    Ok(())
}

fn archive(files: &[File]) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.content.len() as u64);
        header.set_mode(file.mode());
        header.set_cksum();
        archive.append_data(&mut header, &file.path, file.content.as_slice()).context("could not pack the sources")?;
    }
    archive.into_inner().context("could not pack the sources")
}

/// The last part of a product's path.
fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::profile::Profile;

    #[test]
    fn what_a_build_leaves_behind_is_not_a_source() {
        for built in ["netslice.ko", "src/main.o", ".main.o.cmd", "netslice.mod.c", "Module.symvers", "modules.order"] {
            assert!(is_built(Path::new(built)), "{built}");
        }
        for source in ["Kbuild", "src/main.c", "include/uapi/linux/netslice.h", "tests/netns.sh"] {
            assert!(!is_built(Path::new(source)), "{source}");
        }
    }

    #[test]
    fn what_a_parameter_changes_in_a_build_is_a_build_of_its_own() {
        let text = "name: x\nsummary: y\nparameters: { level: { default: O2 } }\n\
                    build: { source: kernel-module, configure: [echo, '{level}'], make: [module, 'A={level}'], products: [a] }\n";
        let profile = Profile::parse("x.yaml", text).unwrap();
        let sources = |level: &str| {
            let params = BTreeMap::from([("level".to_owned(), level.to_owned())]);
            let cell = Cell { profile: profile.clone(), params, lines: 1, frame_size: None };
            let Artifacts::OnHost(sources) = artifacts(&cell, false, false).unwrap() else { panic!("not built there") };
            sources
        };
        let (plain, other) = (sources("O2"), sources("O3 b"));
        assert_eq!(plain.commands, "echo O2\nmake -j \"$(nproc)\" module A=O2");
        assert_eq!(other.commands, "echo 'O3 b'\nmake -j \"$(nproc)\" module 'A=O3 b'");
        assert_ne!(plain.key, other.key);
        assert_eq!(plain.key, sources("O2").key);
    }

    #[test]
    fn a_source_tree_travels_whole_with_its_programs_runnable_and_without_what_was_built() {
        let tree = tempfile::tempdir().unwrap();
        let path = |name: &str| tree.path().join(name);
        fs::create_dir_all(path("LINUX/.git")).unwrap();
        for name in ["LINUX/configure", "LINUX/main.c", "LINUX/main.o", "LINUX/.git/config"] {
            fs::write(path(name), name).unwrap();
        }
        fs::set_permissions(path("LINUX/configure"), fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("/nowhere", path("LINUX/dangling")).unwrap();
        let files = files(tree.path().to_str().unwrap()).unwrap();
        let listed: Vec<_> = files.iter().map(|file| (file.path.to_str().unwrap(), file.mode())).collect();
        assert_eq!(listed, [("LINUX/configure", 0o755), ("LINUX/main.c", 0o644)]);
        assert!(!archive(&files).unwrap().is_empty());
    }
}
