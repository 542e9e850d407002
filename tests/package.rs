//! The packages: what Cargo packs is all that the build asks for, and Debian's packages hold what they say.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths that `include_str!` and its like ask for, outside of modules for tests.
fn included(dir: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            included(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for part in text.split("include_str!(\"").skip(1) {
                let name = part.split('"').next().unwrap();
                found.insert(dir.join(name).canonicalize().unwrap());
            }
        }
    }
}

/// Whether a compiler made it.
fn is_built(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ["o", "ko", "a", "d"].iter().any(|built| ending == *built))
}

#[test]
fn what_cargo_packs_is_all_that_the_program_is_built_from() {
    let listed = Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let packed: BTreeSet<_> = listed.lines().collect();
    let mut wanted = BTreeSet::new();
    included(&repository().join("src"), &mut wanted);
    assert!(wanted.len() > 20, "{wanted:?}");
    let root = repository().canonicalize().unwrap();
    // Files that are for tests alone.
    for path in wanted.into_iter().filter(|path| !path.starts_with(root.join("tests"))) {
        let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        assert!(packed.contains(path.as_str()), "`{path}` is not packed: see `include` in Cargo.toml");
    }
    assert!(packed.contains("kernel-module/Kbuild") && packed.contains("README.md"));
    let built = packed.iter().find(|path| is_built(path));
    assert_eq!(built, None, "what was built is packed");
}

/// A package's names of files, or one of its fields.
fn told(package: &Path, arguments: &[&str]) -> String {
    let output = Command::new("dpkg-deb").arg(arguments[0]).arg(package).args(&arguments[1..]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn debian_packages_hold_program_pages_completions_and_the_module_for_dkms() {
    if ["dpkg-deb", "make", "cc"].iter().any(|tool| Command::new(tool).arg("--version").output().is_err()) {
        println!("skipped: this machine cannot make Debian packages");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new(repository().join("scripts/build-deb"))
        .arg(env!("CARGO_BIN_EXE_nsbench"))
        .arg(dir.path())
        .env("COMPRESSION", "none")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let package = |name: &str| {
        let begins = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{name}_"));
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).find(begins).unwrap()
    };
    let program = package("nsbench");
    let files = told(&program, &["-c"]);
    for name in [
        "./usr/bin/nsbench",
        "./usr/share/man/man1/nsbench-run.1.gz",
        "./usr/share/bash-completion/completions/nsbench",
        "./usr/share/zsh/vendor-completions/_nsbench",
        "./usr/share/fish/vendor_completions.d/nsbench.fish",
        "./usr/share/doc/nsbench/copyright",
    ] {
        assert!(files.lines().any(|line| line.ends_with(name)), "no {name} in\n{files}");
    }
    assert!(files.lines().all(|line| line.contains(" root/root ")), "{files}");
    assert_eq!(told(&program, &["-f", "Version"]).trim(), format!("{}-1", env!("CARGO_PKG_VERSION")));
    assert!(told(&program, &["-f", "Depends"]).starts_with("libc6 (>= 2."));

    let module = told(&package("netslice-dkms"), &["-c"]);
    for name in ["dkms.conf", "Kbuild", "Makefile", "src/main.c", "include/uapi/linux/netslice.h"] {
        assert!(module.lines().any(|line| line.ends_with(&format!("./usr/src/netslice-0.1.0/{name}"))), "no {name}");
    }
    let rules = fs::read_to_string(repository().join("kernel-module/Kbuild")).unwrap();
    let objects: Vec<_> = rules.split_whitespace().filter_map(|word| word.strip_suffix(".o")).collect();
    for source in objects.iter().filter(|object| object.starts_with("src/") || object.starts_with("pure/")) {
        assert!(module.contains(&format!("./usr/src/netslice-0.1.0/{source}.c\n")), "no source of {source}.o");
    }
    assert!(objects.len() > 10, "{objects:?}");
    let built = module.lines().find(|line| is_built(line));
    assert_eq!(built, None, "what was built is in the package");
    let utils = told(&package("netslice-utils"), &["-c"]);
    assert!(utils.contains("./usr/sbin/netslice-bridge\n") && utils.contains("./usr/include/libnetslice.h\n"));
}
