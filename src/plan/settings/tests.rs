//! Each step on files and programs that stand in for a host's, in any shell.

use std::path::Path;
use std::process::Command;

use super::*;

/// A step whose files and programs are in `root`.
fn within(root: &Path, step: Step) -> Step {
    let root = root.display();
    let moved =
        |text: String| text.replace("/sys/", &format!("{root}/sys/")).replace("/proc/irq/", &format!("{root}/irq/"));
    Step { save: moved(step.save), apply: moved(step.apply), verify: moved(step.verify), ..step }
}

fn sh(root: &Path, script: &str) -> (bool, String) {
    let path = format!("{}/bin:{}", root.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh").args(["-ec", script]).env("PATH", path).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), said)
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
}

fn read(root: &Path, file: &str) -> String {
    std::fs::read_to_string(root.join(file)).unwrap()
}

/// Applies and undoes a step; gives what the files held in between.
fn there_and_back(root: &Path, fix: &Fix, files: &[&str]) -> Vec<String> {
    let step = within(root, step(fix));
    let before: Vec<_> = files.iter().map(|file| read(root, file)).collect();
    let (saved, undo) = sh(root, &step.save);
    assert!(saved, "{undo}");
    assert!(!sh(root, &step.verify).0, "it is there before it is made");
    for part in [&step.apply, &step.verify] {
        let (done, said) = sh(root, part);
        assert!(done, "{said}");
    }
    let between = files.iter().map(|file| read(root, file)).collect();
    let (undone, said) = sh(root, &undo);
    assert!(undone, "{undo}: {said}");
    assert_eq!(files.iter().map(|file| read(root, file)).collect::<Vec<_>>(), before);
    between
}

#[test]
fn governors_are_changed_on_every_cpu_and_each_gets_its_own_back() {
    let root = tempfile::tempdir().unwrap();
    let files = [0, 8].map(|n| format!("sys/devices/system/cpu/cpufreq/policy{n}/scaling_governor"));
    write(root.path(), &files[0], "powersave\n");
    write(root.path(), &files[1], "schedutil\n");
    let between = there_and_back(root.path(), &Fix::Governor, &[&files[0], &files[1]]);
    assert_eq!(between, ["performance\n", "performance\n"]);
}

#[test]
fn turbo_goes_off_by_the_file_that_there_is() {
    let root = tempfile::tempdir().unwrap();
    let file = "sys/devices/system/cpu/intel_pstate/no_turbo";
    write(root.path(), file, "0\n");
    let fix = Fix::Turbo { file: "intel_pstate/no_turbo", value: 1 };
    assert_eq!(there_and_back(root.path(), &fix, &[file]), ["1\n"]);
}

#[test]
fn only_idle_states_that_take_long_are_taken_away_and_come_back_where_they_were_on() {
    let root = tempfile::tempdir().unwrap();
    let state = |n: u32| format!("sys/devices/system/cpu/cpu0/cpuidle/state{n}");
    for (n, latency, disable) in [(0, "2\n", "0\n"), (1, "133\n", "0\n"), (2, "250\n", "1\n")] {
        write(root.path(), &format!("{}/latency", state(n)), latency);
        write(root.path(), &format!("{}/disable", state(n)), disable);
    }
    let files = [0, 1, 2].map(|n| format!("{}/disable", state(n)));
    let between = there_and_back(root.path(), &Fix::IdleStates { longest_us: 60 }, &[&files[0], &files[1], &files[2]]);
    assert_eq!(between, ["0\n", "1\n", "1\n"]);
}

#[test]
fn interrupts_are_dealt_out_in_turn_and_each_goes_back_to_where_it_was() {
    let root = tempfile::tempdir().unwrap();
    let files = [30, 31, 32].map(|irq| format!("irq/{irq}/smp_affinity_list"));
    for (irq, file) in [30, 31, 32].iter().zip(&files) {
        write(root.path(), &format!("sys/class/net/eth6/device/msi_irqs/{irq}"), "msix\n");
        write(root.path(), file, "0\n");
    }
    write(root.path(), &files[1], "0-3\n");
    let step = within(root.path(), step(&Fix::Interrupts { port: "eth6".to_owned(), cpus: vec![2, 5] }));
    let now = || files.each_ref().map(|file| read(root.path(), file));
    let before = now();
    let (saved, undo) = sh(root.path(), &step.save);
    assert!(saved && sh(root.path(), &step.apply).0 && sh(root.path(), &step.verify).0, "{undo}");
    assert_eq!(now(), ["2\n", "5\n", "2\n"]);
    assert!(sh(root.path(), &undo).0, "{undo}");
    assert_eq!(now(), before);
}

fn program(root: &Path, name: &str, script: &str) {
    std::fs::create_dir(root.join("bin")).unwrap();
    crate::executable::write(&root.join("bin").join(name), script);
}

/// `ethtool -a` and `-A` of a card that keeps its pause settings in a file.
const ETHTOOL: &str = r#"#!/bin/sh
state=$(dirname "$0")/../pause
case $1 in
-a)
	read -r auto rx tx <"$state"
	printf 'Pause parameters for %s:\nAutonegotiate:\t%s\nRX:\t\t%s\nTX:\t\t%s\n\n' "$2" "$auto" "$rx" "$tx"
	;;
-A) [ "$3 $5 $7" = "autoneg rx tx" ] && echo "$4 $6 $8" >"$state" ;;
esac
"#;

#[test]
fn pause_frames_go_off_and_come_back_as_they_were() {
    let root = tempfile::tempdir().unwrap();
    program(root.path(), "ethtool", ETHTOOL);
    write(root.path(), "pause", "on on off\n");
    let fix = Fix::PauseFrames { port: "eth6".to_owned() };
    assert_eq!(there_and_back(root.path(), &fix, &["pause"]), ["off off off\n"]);
}

/// A service whose process is this script's own.
const SYSTEMCTL: &str = r#"#!/bin/sh
state=$(dirname "$0")/../irqbalance
case $1 in
is-active) [ "$(cat "$state")" = on ] ;;
stop) echo off >"$state" ;;
start) echo on >"$state" ;;
esac
"#;

#[test]
fn a_balancer_that_ran_as_a_service_runs_again() {
    let root = tempfile::tempdir().unwrap();
    program(root.path(), "systemctl", SYSTEMCTL);
    write(root.path(), "irqbalance", "on\n");
    let step = step(&Fix::Irqbalance);
    let (saved, undo) = sh(root.path(), &step.save);
    assert!(saved && undo == "systemctl start irqbalance\n", "{undo}");
    assert!(sh(root.path(), &step.apply).0 && read(root.path(), "irqbalance") == "off\n");
    assert!(sh(root.path(), &undo).0 && read(root.path(), "irqbalance") == "on\n");
    write(root.path(), "irqbalance", "off\n");
    assert!(!sh(root.path(), &step.save).0, "one that is no service cannot be started again");
}
