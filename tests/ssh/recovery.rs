//! A host that was lost and is back: a broken link, a reboot, a power command.

use std::time::Duration;

use nsbench::execute;
use nsbench::recovery::{Missing, Power};
use nsbench::role::Role;
use nsbench::testbed::HostSpec;

use crate::plans::{apply, is_as_found, said, steps};
use crate::sshd::{Setup, Sshd};

const CHANGE: &str = "[{ command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] } }]";

fn booted(boot_id: &'static str) -> Setup {
    Setup { boot_id: Some(boot_id), ..Setup::default() }
}

fn spec() -> HostSpec {
    HostSpec { ssh: "box".to_owned(), sudo: None, power: None }
}

macro_rules! missing {
    ($sshd:expr, $bound_s:expr) => {
        Missing {
            role: Role::Middlebox,
            spec: &spec(),
            ssh_config: Some(&$sshd.client_config()),
            boot_id: "before",
            journal: Some("run"),
            bound: Duration::from_secs($bound_s),
        }
    };
}

#[tokio::test]
async fn a_host_whose_link_broke_is_reached_again_and_given_back() {
    let Some(sshd) = Sshd::start_as(&booted("before")) else { return };
    let host = sshd.connect().await;
    apply(&host, &steps(CHANGE)).await.unwrap();
    sshd.cut_connections();
    assert!(execute::undo(&host, Some("run")).await.is_err());
    let missing = missing!(sshd, 60);
    assert!(missing.answers().await);
    let back = missing.back(false).await.unwrap();
    assert_eq!((back.rebooted, back.undone.changes), (false, Some(2)));
    assert_eq!((back.host.name.as_str(), back.host.role), ("box", Role::Middlebox));
    assert!(is_as_found(&back.host).await);
}

#[tokio::test]
async fn a_host_that_reboots_is_waited_for_and_its_journal_closed() {
    let Some(mut sshd) = Sshd::start_as(&booted("before")) else { return };
    apply(&sshd.connect().await, &steps(CHANGE)).await.unwrap();
    sshd.hang();
    sshd.reboot(&booted("after"));
    let config = sshd.client_config();
    let moved = sshd.dir().join("moved");
    std::fs::rename(sshd.dir().join("authorized_keys"), &moved).unwrap();
    let missing = missing!(sshd, 60);
    assert!(!missing.answers().await, "nobody is let in yet");
    let (back, ()) = tokio::join!(missing.back(false), async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        std::fs::rename(&moved, config.with_file_name("authorized_keys")).unwrap();
    });
    let back = back.unwrap();
    assert_eq!((back.rebooted, back.undone.changes), (true, None));
    assert!(is_as_found(&back.host).await);
}

#[tokio::test]
async fn a_host_whose_power_is_cycled_counts_as_back_only_when_it_was_booted() {
    let Some(mut sshd) = Sshd::start_as(&booted("before")) else { return };
    apply(&sshd.connect().await, &steps(CHANGE)).await.unwrap();
    let switch = sshd.dir().join("switch");
    let power = Power::Command(format!("echo cycling; touch '{}'", switch.display()));
    assert_eq!(power.cycle(Role::Middlebox).await.unwrap(), "cycling\n");
    assert!(switch.exists());
    let missing = missing!(sshd, 60);
    let (back, sshd) = tokio::join!(missing.back(true), async {
        // It answers until its power is off.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        sshd.reboot(&booted("after"));
        sshd
    });
    let back = back.unwrap();
    assert!(back.rebooted);
    assert_eq!(said(&back.host, "cat /proc/sys/kernel/random/boot_id").await, "after\n");
    drop(sshd);
}

#[tokio::test]
async fn a_host_that_does_not_come_back_is_given_up_with_the_reason() {
    let Some(sshd) = Sshd::start_as(&booted("before")) else { return };
    let error = missing!(sshd, 2).back(true).await.unwrap_err().to_string();
    let told = "`box` did not come back within 2 s: it answers, and was not rebooted by its power command";
    assert_eq!(error, told);
    let gone = missing!(sshd, 2);
    drop(sshd);
    let error = gone.back(false).await.unwrap_err().to_string();
    assert!(error.starts_with("`box` did not come back within 2 s: could not connect to `box`: "), "{error}");
}
