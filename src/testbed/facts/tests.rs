//! Recorded answers, and the script itself on this machine.

use std::process::Command;

use super::*;
use crate::testbed::Port;

/// A middlebox: ssh over a bond, one card given to DPDK, a VLAN with the address of its port.
const ANSWER: &str = include_str!("answer.txt");

fn facts() -> Facts {
    Facts::parse(ANSWER).unwrap()
}

fn resolved(port: &str) -> Result<String, String> {
    facts()
        .resolve(&Port(port.to_owned()))
        .map(|interface| interface.name.clone())
        .map_err(|unresolved| unresolved.to_string())
}

#[test]
fn an_answer_is_read_past_what_login_scripts_print() {
    let facts = facts();
    assert_eq!((facts.uid, facts.cpus, facts.headers), (0, 16, true));
    assert_eq!(facts.secure_boot, Some(false));
    assert_eq!(facts.tool("netperf").unwrap().version.as_deref(), Some("Netperf version 2.7.0"));
    assert_eq!(facts.tool("make"), None);
    assert_eq!(facts.management("eth0").unwrap().through.as_deref(), Some("bond0"));
    assert_eq!(facts.management("eth6"), None);
}

#[test]
fn cpus_queues_and_the_places_of_cards_are_read() {
    let facts = facts();
    let cpus: Vec<_> = facts.cpu_map.iter().map(|cpu| (cpu.number, cpu.node, cpu.core.as_str())).collect();
    assert_eq!(cpus, [(0, Some(0), "0:0"), (8, Some(1), "1:0")]);
    let queues: Vec<_> = facts.queues.iter().map(|q| (q.rx, q.tx, q.rx_slots, q.tx_slots)).collect();
    assert_eq!(queues, [(16, 16, Some(512), Some(512)), (1, 1, None, None)]);
    let group = |list: &[&str]| Some(list.iter().map(|slot| (*slot).to_owned()).collect::<Vec<_>>());
    let places: Vec<_> = facts.places.iter().map(|place| (place.node, place.group.clone())).collect();
    assert_eq!(places, [(Some(0), group(&["0000:3b:00.1", "0000:3b:00.2"])), (None, group(&[])), (Some(1), None)]);
}

#[test]
fn how_packets_and_interrupts_are_dealt_out_is_read() {
    let facts = facts();
    assert_eq!(facts.spread["eth6"], Spread { queues: 16, used: 8 });
    assert_eq!(facts.interrupts["eth6"], Interrupts { count: 17, cpus: vec![0, 8, 9] });
    assert_eq!(facts.translated["0000:3b:00.0"], "DMA-FQ");
}

#[test]
fn the_links_between_a_card_and_the_cpu_are_read() {
    let facts = facts();
    let links: Vec<_> =
        facts.pcie.iter().map(|l| (l.card.as_str(), l.link.as_str(), l.speed.as_str(), l.width)).collect();
    assert_eq!(
        links,
        [
            ("0000:3b:00.0", "0000:3b:00.0", "8.0 GT/s PCIe", Some(8)),
            ("0000:3b:00.0", "0000:3a:00.0", "8.0 GT/s PCIe", Some(16)),
            ("0000:5e:00.0", "0000:5e:00.0", "Unknown", None)
        ]
    );
}

#[test]
fn a_speed_or_carrier_that_is_not_known_is_not_a_number() {
    let facts = facts();
    let port = |name: &str| facts.interfaces.iter().find(|i| i.name == name).unwrap();
    assert_eq!((port("eth6").speed_mbps, port("eth6").carrier), (Some(10000), Some(true)));
    assert_eq!((port("eth7").speed_mbps, port("eth7").carrier), (None, None));
    assert_eq!((port("eth8").speed_mbps, port("eth8").carrier), (None, Some(false)));
    assert!(port("eth6").is_up() && !port("eth7").is_up());
}

#[test]
fn what_cannot_be_read_is_quoted() {
    for (from, to, error) in [
        ("cpus\t16", "cpus\tmany", "could not read `cpus\tmany`: not a number"),
        ("cpus\t16", "cpus\t-", "could not read `cpus\t-`: the host does not say"),
        ("cpus\t16", "cpus\t1\t6", "could not read `cpus\t1\t6`: not as many fields as it must have"),
        ("cpus\t16\n", "", "the answer has no `cpus`"),
        ("uid\t0", "sh: not found", "could not read `sh: not found`: no such fact"),
        ("headers\tyes", "headers\tperhaps", "could not read `headers\tperhaps`: neither yes nor no"),
        ("0 8-9 9", "0 9-8", "could not read `interrupts\teth6\t17\t0 9-8`: not a list of CPUs"),
        ("signatures\tN\nend\n", "signatures\tN\n", "the answer was cut off after `signatures\tN`"),
    ] {
        let answer = ANSWER.replace(from, to);
        assert_ne!(answer, ANSWER, "{from}");
        assert_eq!(Facts::parse(&answer).unwrap_err().to_string(), error);
    }
    let refused = Facts::parse("sh: 1: Syntax error").unwrap_err();
    assert!(refused.to_string().ends_with("it says: `sh: 1: Syntax error`"));
}

#[test]
fn ports_are_found_by_name_hardware_address_and_slot() {
    assert_eq!(resolved("eth6"), Ok("eth6".to_owned()));
    assert_eq!(resolved("mac:52:54:00:00:00:07"), Ok("eth7".to_owned()));
    assert_eq!(resolved("mac:52:54:00:00:00:06"), Ok("eth6".to_owned()), "not the VLAN above it");
    assert_eq!(resolved("pci:0000:3B:00.1"), Ok("eth7".to_owned()));
}

#[test]
fn a_port_that_is_not_there_is_answered_with_those_that_are() {
    insta::assert_snapshot!(resolved("eth66").unwrap_err(), @r"
    there is no interface `eth66`
    hint: write one that the host has: `eth6`, `eth6.7`, `eth7`, `eth8`, `eth9`
    ");
    insta::assert_snapshot!(resolved("mac:52:54:00:00:00:99").unwrap_err(), @r"
    no interface has the hardware address 52:54:00:00:00:99
    hint: write one that the host has: `eth6`, `eth6.7`, `eth7`, `eth8`, `eth9`
    ");
    insta::assert_snapshot!(resolved("pci:0000:5e:00.0").unwrap_err(), @r"
    `pci:0000:5e:00.0` is 2 interfaces at once
    hint: write one of their names: `eth8`, `eth9`
    ");
    insta::assert_snapshot!(resolved("pci:0000:af:00.0").unwrap_err(), @r"
    the card in slot 0000:af:00.0 is driven by `vfio-pci` and has no interface
    hint: give it back to its kernel driver: `nsbench restore` does, where nsbench took it
    ");
    insta::assert_snapshot!(resolved("pci:0000:af:00.1").unwrap_err(), @r"
    nothing drives the card in slot 0000:af:00.1
    hint: load its kernel driver; `lspci -k -s 0000:af:00.1` names it
    ");
    insta::assert_snapshot!(resolved("pci:0000:b0:00.0").unwrap_err(), @r"
    there is no network card in slot 0000:b0:00.0
    hint: write one that the host has: `eth6`, `eth6.7`, `eth7`, `eth8`, `eth9`
    ");
}

/// Runs the script with a shell; `None` where that shell is not here.
fn run(shell: &[&str], connection: Option<&str>) -> Option<Facts> {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["-c", SCRIPT]).env_remove("SSH_CONNECTION");
    if let Some(connection) = connection {
        command.env("SSH_CONNECTION", connection);
    }
    let output = match command.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: there is no `{}` on this machine", shell[0]);
            return None;
        }
        output => output.unwrap(),
    };
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
    Some(Facts::parse(&String::from_utf8(output.stdout).unwrap()).unwrap())
}

#[test]
fn the_script_tells_the_truth_about_this_machine_in_any_shell() {
    for shell in [&["sh"][..], &["busybox", "sh"]] {
        let Some(facts) = run(shell, None) else {
            continue;
        };
        let read = |path: &str| std::fs::read_to_string(path).unwrap().trim().to_owned();
        assert_eq!(facts.boot_id, read("/proc/sys/kernel/random/boot_id"));
        assert_eq!(facts.kernel, read("/proc/sys/kernel/osrelease"));
        let mut names: Vec<_> = facts.interfaces.iter().map(|i| i.name.clone()).collect();
        let mut listed: Vec<_> = std::fs::read_dir("/sys/class/net")
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("ifindex").exists())
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        listed.sort();
        assert_eq!(names, listed, "{shell:?}");
    }
}

#[test]
fn the_port_of_the_ssh_connection_is_found_with_and_without_the_variable() {
    let loopback = "127.0.0.1 50000 127.0.0.1 22";
    let over_lo = [Management { reason: Reason::Ssh, interface: "lo".to_owned(), through: None }];
    let ssh = |facts: Facts| -> Vec<Management> {
        facts.management.into_iter().filter(|m| m.reason == Reason::Ssh).collect()
    };
    if Command::new("ip").arg("-V").output().is_err() {
        println!("skipped: there is no `ip` on this machine");
        return;
    }
    for shell in [&["sh"][..], &["busybox", "sh"]] {
        if let Some(facts) = run(shell, Some(loopback)) {
            assert_eq!(facts.connection.as_deref(), Some(loopback));
            assert_eq!(ssh(facts), over_lo);
        }
    }
    // As sudo does it: the variable is gone, but the process above still has it.
    let above = ["env", "SSH_CONNECTION=127.0.0.1 50000 127.0.0.1 22", "sh", "-c"];
    let under = r#"env -u SSH_CONNECTION sh "$@"; exit $?"#;
    let facts = run(&[&above[..], &[under, "sh"]].concat(), None).unwrap();
    assert_eq!(ssh(facts), over_lo);
}
