//! Disks that are full or read-only, for real: small file systems in a mount namespace of the test's
//! own. Skipped, saying why, where the system allows no such namespace.

use std::env;
use std::path::Path;
use std::process::Command;

use nsbench::record::store::{Store, StoreError};

/// Set in the process that runs inside the namespace: where the file system is mounted.
const INSIDE: &str = "NSBENCH_TEST_MOUNT";

/// Runs the test `name` again with a tmpfs of `size` at a fresh directory; `after` is one more
/// command there. True where this is that second run, false where the first is done.
fn inside(name: &str, size: &str, after: &str) -> Option<String> {
    if let Ok(mount) = env::var(INSIDE) {
        return Some(mount);
    }
    let directory = tempfile::tempdir().unwrap();
    let mount = directory.path().to_str().unwrap();
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--map-root-user", "sh", "-ec", script, "sh"])
            .args([mount, size])
            .arg(env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
            .env(INSIDE, mount);
        command
    };
    let tmpfs = format!("mount -t tmpfs -o size=$2 tmpfs \"$1\"; {after}");
    match unshare(&tmpfs).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            println!("skipped: no mount namespace for a small disk: {said}");
            return None;
        }
        Err(error) => {
            println!("skipped: cannot start `unshare`: {error}");
            return None;
        }
    }
    let rerun = format!("{tmpfs}; shift 2; exec \"$@\"");
    let output = unshare(&rerun).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "the test did not run again: {said}");
    None
}

fn error_of_prepare(mount: &str) -> (StoreError, usize) {
    let store = Store::new(Path::new(mount).join("results"));
    let error = store.prepare("lab", &jiff::Zoned::now()).unwrap_err();
    let left = std::fs::read_dir(store.root()).map_or(0, Iterator::count);
    (error, left)
}

#[test]
fn a_full_disk_is_found_before_anything_is_measured_and_nothing_is_left_on_it() {
    let name = "a_full_disk_is_found_before_anything_is_measured_and_nothing_is_left_on_it";
    let Some(mount) = inside(name, "256k", ":") else {
        return;
    };
    let (error, left) = error_of_prepare(&mount);
    assert!(error.to_string().contains("hint: free some space"), "{error}");
    assert_eq!(left, 0);
}

#[test]
fn a_read_only_disk_is_found_before_anything_is_measured() {
    let name = "a_read_only_disk_is_found_before_anything_is_measured";
    let remount = "mount -o remount,ro \"$1\"";
    let Some(mount) = inside(name, "8m", remount) else {
        return;
    };
    let (error, _) = error_of_prepare(&mount);
    assert!(error.to_string().contains("that you may write to"), "{error}");
}

#[test]
fn a_disk_with_room_is_taken() {
    let name = "a_disk_with_room_is_taken";
    let Some(mount) = inside(name, "8m", ":") else {
        return;
    };
    let store = Store::new(Path::new(&mount).join("results"));
    assert!(store.prepare("lab", &jiff::Zoned::now()).is_ok());
}

#[test]
fn a_disk_that_fills_up_during_a_run_keeps_the_trials_that_were_saved() {
    let name = "a_disk_that_fills_up_during_a_run_keeps_the_trials_that_were_saved";
    let Some(mount) = inside(name, "2m", ":") else {
        return;
    };
    let store = Store::new(Path::new(&mount).join("results"));
    let directory = store.prepare("lab", &jiff::Zoned::now()).unwrap();
    let mut run = nsbench::record::reference::named("figure3").unwrap();
    directory.save(&run).unwrap();
    let saved = run.clone();
    run.trials[0].commands = vec!["x".repeat(3 << 20)];
    let error = directory.save(&run).unwrap_err();
    assert!(error.to_string().contains("hint: free some space"), "{error}");
    assert_eq!(store.load(directory.id()).unwrap(), saved);
}
