//! The module and its programs build, without a warning, for every kernel that Debian packages.

use std::fs;
use std::path::Path;

use nsbench::lab::image::Image;
use nsbench::lab::root::{BuildRoot, Recipe};

const PACKAGES: &[&str] = &["linux-headers-amd64", "make", "gcc", "libc6-dev"];

/// Builds in `root` and checks what came out against `series`, the kernel that its suite is known for.
fn builds_for(root: &BuildRoot, series: &str) {
    let release = root.release().unwrap();
    assert!(release.starts_with(series), "the root has the headers of {release}, not of {series}");
    let output = tempfile::tempdir().unwrap();
    let products = ["netslice.ko", "user/netslice-bridge"];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernel-module");
    let log = root.build(&source, "make", &products, output.path()).unwrap();
    assert!(!log.contains("warning:"), "{release}: {log}");
    let module = fs::read(output.path().join("netslice.ko")).unwrap();
    let vermagic = format!("vermagic={release} ");
    let found = module.windows(vermagic.len()).any(|window| window == vermagic.as_bytes());
    assert!(found, "netslice.ko does not say {vermagic}");
    println!("built for {release}");
}

#[test]
fn the_module_builds_for_the_kernel_of_bookworm() {
    let recipe = Recipe { suite: "bookworm", extra_sources: &[], packages: PACKAGES };
    builds_for(&BuildRoot::ensure(&recipe).unwrap(), "6.1.");
}

#[test]
fn the_module_builds_for_the_kernel_of_trixie() {
    // The guests' own system is trixie.
    builds_for(&Image::ensure().unwrap().build_root(), "6.12.");
}

#[test]
fn the_module_builds_for_the_newest_kernel_that_debian_packages() {
    let recipe = Recipe {
        suite: "trixie",
        extra_sources: &["deb http://deb.debian.org/debian trixie-backports main"],
        packages: &["linux-headers-amd64/trixie-backports", "make", "gcc", "libc6-dev"],
    };
    // Backports move on; only that they are ahead of the release is known.
    let root = BuildRoot::ensure(&recipe).unwrap();
    let release = root.release().unwrap();
    assert!(!release.starts_with("6.12."), "backports have nothing newer than {release}");
    builds_for(&root, &release);
}
