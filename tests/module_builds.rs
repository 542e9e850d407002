//! The module and its programs build, without a warning, for every kernel that Debian packages.

use std::fs;
use std::path::Path;

use nsbench::lab::image::Image;
use nsbench::lab::root::{BuildRoot, Recipe};

const PACKAGES: &[&str] = &["linux-headers-amd64", "make", "gcc", "libc6-dev"];

/// What `make` makes; once more where its packages could not be fetched, as mirrors have their moments.
fn fetched<T>(make: impl Fn() -> anyhow::Result<T>) -> T {
    let again = |error: anyhow::Error| {
        let text = format!("{error:#}");
        println!("{text}");
        if text.contains("mmdebstrap") { make() } else { Err(error) }
    };
    make().or_else(again).unwrap()
}

/// The guests' own system.
fn guests_root() -> BuildRoot {
    fetched(Image::ensure).build_root()
}

/// Builds in `root` and checks what came out against `series`, the kernel that its suite is known for.
fn builds_for(root: &BuildRoot, series: &str) {
    builds_with(root, series, "make", "O2");
}

/// Does so with this command, and has the module say that it was compiled with `level`.
fn builds_with(root: &BuildRoot, series: &str, command: &str, level: &str) {
    let release = root.release().unwrap();
    assert!(release.starts_with(series), "the root has the headers of {release}, not of {series}");
    let output = tempfile::tempdir().unwrap();
    let products = ["netslice.ko", "user/netslice-bridge"];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernel-module");
    let log = root.build(&source, command, &products, output.path()).unwrap();
    // Of make's own, that a clock was set while it was at work says nothing of the source.
    let of_clocks = |line: &str| line.contains("Clock skew detected") || line.contains("modification time");
    assert!(!log.lines().any(|line| line.contains("warning:") && !of_clocks(line)), "{release}: {log}");
    let module = fs::read(output.path().join("netslice.ko")).unwrap();
    let says = |text: &str| module.windows(text.len()).any(|window| window == text.as_bytes());
    let vermagic = format!("vermagic={release} ");
    assert!(says(&vermagic), "netslice.ko does not say {vermagic}");
    assert!(says(&format!("\0{level}\0")), "netslice.ko does not say {level}");
    println!("built for {release}");
}

#[test]
fn the_module_builds_for_the_kernel_of_bookworm() {
    let recipe = Recipe { suite: "bookworm", extra_sources: &[], packages: PACKAGES };
    builds_for(&fetched(|| BuildRoot::ensure(&recipe)), "6.1.");
}

#[test]
fn the_module_builds_for_the_kernel_of_trixie() {
    // The guests' own system is trixie.
    builds_for(&guests_root(), "6.12.");
}

#[test]
fn the_module_builds_optimized_as_the_paper_tried_it_and_says_so() {
    builds_with(&guests_root(), "6.12.", "make OPTIMIZE=O3", "O3");
}

#[test]
fn a_level_of_optimization_that_there_is_not_is_refused_by_name() {
    let output = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernel-module");
    let root = guests_root();
    let error = root.build(&source, "make module OPTIMIZE=fast", &["netslice.ko"], output.path()).unwrap_err();
    assert!(error.to_string().contains("OPTIMIZE cannot be `fast`: it can be O2, O3"), "{error}");
}

#[test]
fn the_module_builds_for_the_newest_kernel_that_debian_packages() {
    let recipe = Recipe {
        suite: "trixie",
        extra_sources: &["deb http://deb.debian.org/debian trixie-backports main"],
        packages: &["linux-headers-amd64/trixie-backports", "make", "gcc", "libc6-dev"],
    };
    // Backports move on; only that they are ahead of the release is known.
    let root = fetched(|| BuildRoot::ensure(&recipe));
    let release = root.release().unwrap();
    assert!(!release.starts_with("6.12."), "backports have nothing newer than {release}");
    builds_for(&root, &release);
}
