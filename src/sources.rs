//! Sources that frameworks are built from: the ones nsbench brings along, or a directory of the user's.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use include_dir::{Dir, include_dir};

use crate::lab::cache;
use crate::lab::image::Image;
use crate::plan::{Artifacts, Product, Sources};
use crate::profile::{Build, Profile};
use crate::progress::Progress;

/// The netslice module, its library and its bridge.
static KERNEL_MODULE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/kernel-module");

/// Endings of what a build leaves behind in a source directory.
const BUILT: [&str; 8] = ["o", "ko", "mod", "cmd", "a", "order", "symvers", "d"];

/// A file of the sources: its path in them and its content.
type File = (PathBuf, Vec<u8>);

/// What a framework needs built, and where: for the lab on this machine, in the guests' own system; else on the middlebox.
/// Nothing is built yet where `dry` is set.
pub fn artifacts(profile: &Profile, in_lab: bool, dry: bool) -> Result<Artifacts> {
    let Some(build) = &profile.build else { return Ok(Artifacts::None) };
    let files = files(&build.source)?;
    let key = key(&files);
    if !in_lab {
        let archive = archive(&files)?;
        return Ok(Artifacts::OnHost(Sources { key, archive, products: build.products.clone() }));
    }
    let dir = if dry { PathBuf::from("kernel-module") } else { build_for_lab(profile, build, &files, &key)? };
    let products = build.products.iter().map(|product| {
        let name = file_name(product);
        Product { path: dir.join(&name), name }
    });
    Ok(Artifacts::Here(products.collect()))
}

fn build_for_lab(profile: &Profile, build: &Build, files: &[File], key: &str) -> Result<PathBuf> {
    let image = Image::ensure()?;
    let root = image.build_root();
    let release = root.release()?;
    let output =
        cache::ensure("builds", &cache::key([key, &image.key, &build.products.join(" "), "stripped"]), |output| {
            let source = tempfile::tempdir().context("could not make a temporary directory")?;
            write(files, source.path())?;
            let progress = Progress::start(format!("building {} for {release}", profile.name));
            let kdir = format!("KDIR=/lib/modules/{release}/build");
            let products: Vec<_> = build.products.iter().map(String::as_str).collect();
            let log = root.make(source.path(), &[&kdir], &products, output)?;
            progress.done("built");
            fs::write(output.join("make.log"), log).context("could not keep what make said")
        })?;
    Ok(output)
}

fn files(source: &str) -> Result<Vec<File>> {
    let mut files = Vec::new();
    if source == "kernel-module" {
        embedded(&KERNEL_MODULE, &mut files);
    } else {
        on_disk(Path::new(source), Path::new(""), &mut files)?;
    }
    files.retain(|(path, _)| !is_built(path));
    files.sort();
    if files.is_empty() {
        bail!("there are no sources in `{source}`");
    }
    Ok(files)
}

fn is_built(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let hidden = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    BUILT.contains(&ending) || hidden || path.to_string_lossy().ends_with(".mod.c")
}

fn embedded(dir: &Dir<'_>, files: &mut Vec<File>) {
    files.extend(dir.files().map(|file| (file.path().to_owned(), file.contents().to_vec())));
    dir.dirs().for_each(|dir| embedded(dir, files));
}

fn on_disk(root: &Path, below: &Path, files: &mut Vec<File>) -> Result<()> {
    let dir = root.join(below);
    for entry in fs::read_dir(&dir).with_context(|| format!("could not read the sources in `{}`", dir.display()))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            on_disk(root, &path, files)?;
        } else {
            let content =
                fs::read(entry.path()).with_context(|| format!("could not read `{}`", entry.path().display()))?;
            files.push((path, content));
        }
    }
    Ok(())
}

fn key(files: &[File]) -> String {
    cache::key(files.iter().flat_map(|(path, content)| [path.as_os_str().as_encoded_bytes(), content.as_slice()]))
}

fn mode(path: &Path) -> u32 {
    if path.extension().is_some_and(|ending| ending == "sh") { 0o755 } else { 0o644 }
}

fn write(files: &[File], dir: &Path) -> Result<()> {
    for (path, content) in files {
        let to = dir.join(path);
        fs::create_dir_all(to.parent().unwrap_or(dir))
            .and_then(|()| fs::write(&to, content))
            .with_context(|| format!("could not write `{}`", to.display()))?;
    }
    Ok(())
}

fn archive(files: &[File]) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(mode(path));
        header.set_cksum();
        archive.append_data(&mut header, path, content.as_slice()).context("could not pack the sources")?;
    }
    archive.into_inner().context("could not pack the sources")
}

/// The last part of a product's path.
fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_key_names_the_content() {
        let file = |path: &str, text: &str| (PathBuf::from(path), text.as_bytes().to_vec());
        assert_ne!(key(&[file("a", "bc")]), key(&[file("ab", "c")]));
        assert_eq!(key(&[file("a", "b")]), key(&[file("a", "b")]));
    }
}
