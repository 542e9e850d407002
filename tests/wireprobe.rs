//! The wire probe itself: three network namespaces, real frames over veth pairs.
//!
//! Needs root and `ip`; says `skipped: why` otherwise.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nsbench::role::Role;
use nsbench::testbed::finding::{Finding, Severity};
use nsbench::testbed::wiring::{self, Heard, Ports};
use nsbench::testbed::{Seat, Testbed, probe};

#[path = "../src/executable.rs"]
mod executable;

/// Three namespaces that go away with the value.
struct Hosts {
    names: [String; 3],
    folder: tempfile::TempDir,
}

fn ip(args: &[&str]) -> Result<String, String> {
    let output = Command::new("ip").args(args).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("ip {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

impl Hosts {
    /// Fresh hosts without cables, or why there are none.
    fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = |role: Role| format!("nsbench-test-{}-{number}-{role}", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let hosts = Self { names: Role::ALL.map(name), folder };
        for name in &hosts.names {
            if let Err(why) = ip(&["netns", "add", name]) {
                println!("skipped: network namespaces cannot be made here: {why}");
                return None;
            }
        }
        let probe = hosts.probe();
        executable::write(&probe, probe::WIREPROBE);
        Some(hosts)
    }

    fn probe(&self) -> PathBuf {
        self.folder.path().join("wireprobe")
    }

    /// Puts a cable between two ports, each written `source eth1`.
    fn plug(&self, a: &str, b: &str) {
        let [(a, at_a), (b, at_b)] = [a, b].map(|end| {
            let (role, port) = end.split_once(' ').unwrap();
            let role = Role::ALL.into_iter().find(|known| known.name() == role).unwrap();
            (port, self.names[role as usize].as_str())
        });
        ip(&["link", "add", a, "netns", at_a, "type", "veth", "peer", "name", b, "netns", at_b]).unwrap();
    }

    /// A port that nothing is plugged into: one end of a veth pair whose other end stays down.
    fn unplugged(&self, role: Role, port: &str) {
        let host = self.names[role as usize].as_str();
        ip(&["-n", host, "link", "add", port, "type", "veth", "peer", "name", &format!("no-{port}")]).unwrap();
    }

    fn is_up(&self, role: Role, port: &str) -> bool {
        let shown = ip(&["-n", &self.names[role as usize], "-o", "link", "show", port]).unwrap();
        shown.contains("UP,") || shown.contains(",UP") || shown.contains("<UP")
    }

    fn start(&self, role: Role, window_ms: u32, ports: &[&str]) -> Child {
        Command::new("ip")
            .args(["netns", "exec", &self.names[role as usize]])
            .arg(self.probe())
            .args(["test", role.name(), &window_ms.to_string()])
            .args(ports)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs the probe everywhere at once and judges what it heard.
    fn findings(&self, testbed: &Testbed, window_ms: u32) -> Vec<Finding> {
        let lines = testbed.lines.iter();
        let ports = Ports { lines: lines.map(|line| Seat::ALL.map(|seat| Some(line.port(seat).0.clone()))).collect() };
        let running = Role::ALL.map(|role| self.start(role, window_ms, &ports.of(role)));
        let heard = running.map(|child| {
            let output = child.wait_with_output().unwrap();
            Heard::parse(&String::from_utf8_lossy(&output.stdout)).unwrap()
        });
        assert!(heard.iter().all(|heard| heard.errors.is_empty()), "{heard:?}");
        wiring::findings(testbed, &ports, &heard)
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

fn two_lines() -> Testbed {
    let mut testbed = Testbed::shipped("lab").unwrap();
    testbed.lines.truncate(2);
    testbed
}

const CABLES: [(&str, &str); 4] = [
    ("source eth1", "middlebox eth1"),
    ("middlebox eth2", "sink eth1"),
    ("source eth2", "middlebox eth3"),
    ("middlebox eth4", "sink eth2"),
];

fn errors(findings: &[Finding]) -> Vec<(Option<usize>, &str)> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| (finding.line, finding.what.as_str())).collect()
}

#[test]
fn right_wiring_is_found_right_soon_and_ports_are_left_as_they_were() {
    let Some(hosts) = Hosts::new() else { return };
    for (a, b) in CABLES {
        hosts.plug(a, b);
    }
    ip(&["-n", &hosts.names[1], "link", "set", "eth3", "up"]).unwrap();
    let start = Instant::now();
    let findings = hosts.findings(&two_lines(), 60_000);
    assert!(start.elapsed() < Duration::from_secs(50), "did not end early: {:?}", start.elapsed());
    assert!(findings.iter().all(|finding| finding.severity == Severity::Ok), "{findings:?}");
    assert_eq!(findings.len(), 2);
    assert!(hosts.is_up(Role::Middlebox, "eth3"), "was up before");
    for (role, port) in [(Role::Source, "eth1"), (Role::Middlebox, "eth1"), (Role::Sink, "eth2")] {
        assert!(!hosts.is_up(role, port), "{role} {port} was down before");
    }
}

#[test]
fn swapped_cables_are_found_with_real_frames() {
    let Some(hosts) = Hosts::new() else { return };
    for (a, b) in [("source eth1", "middlebox eth3"), ("source eth2", "middlebox eth1"), CABLES[1], CABLES[3]] {
        hosts.plug(a, b);
    }
    let findings = hosts.findings(&two_lines(), 20_000);
    assert_eq!(
        errors(&findings),
        [
            (Some(1), "source eth1 is wired to middlebox eth3, which is the in port of line 2, not to eth1"),
            (Some(2), "source eth2 is wired to middlebox eth1, which is the in port of line 1, not to eth3"),
        ]
    );
}

#[test]
fn an_unplugged_cable_is_found_by_the_missing_carrier_and_the_other_line_is_right() {
    let Some(hosts) = Hosts::new() else { return };
    for (a, b) in &CABLES[..3] {
        hosts.plug(a, b);
    }
    hosts.unplugged(Role::Middlebox, "eth4");
    hosts.unplugged(Role::Sink, "eth2");
    let findings = hosts.findings(&two_lines(), 10_000);
    assert_eq!(errors(&findings), [(Some(2), "nothing goes between middlebox eth4 and sink eth2")]);
    assert_eq!(findings[1].evidence.as_deref(), Some("no carrier at middlebox eth4 and sink eth2"));
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Ok, Some(1)));
    assert!(!hosts.is_up(Role::Sink, "eth2"));
}

#[test]
fn a_bridge_in_the_middle_is_found_as_several_ports_at_once() {
    let Some(hosts) = Hosts::new() else { return };
    for (a, b) in CABLES {
        hosts.plug(a, b);
    }
    let middlebox = hosts.names[1].as_str();
    ip(&["-n", middlebox, "link", "add", "br0", "up", "type", "bridge"]).unwrap();
    for port in ["eth1", "eth2"] {
        ip(&["-n", middlebox, "link", "set", port, "master", "br0", "up"]).unwrap();
    }
    let findings = hosts.findings(&two_lines(), 20_000);
    let found = errors(&findings);
    assert!(found.contains(&(Some(1), "source eth1 is connected to 2 ports at once")), "{found:?}");
    assert_eq!(found.iter().filter(|(line, _)| *line == Some(2)).count(), 0);
}

/// What is between two ports takes frames of 1500 bytes, and both ports of 9000: two bridged ports on the way.
#[test]
fn a_cable_that_loses_full_size_frames_is_found() {
    let Some(hosts) = Hosts::new() else { return };
    for (a, b) in &CABLES[1..] {
        hosts.plug(a, b);
    }
    let [source, middlebox, sink] = &hosts.names;
    ip(&["link", "add", "eth1", "netns", source, "type", "veth", "peer", "name", "way1", "netns", sink]).unwrap();
    ip(&["link", "add", "eth1", "netns", middlebox, "type", "veth", "peer", "name", "way2", "netns", sink]).unwrap();
    ip(&["-n", sink, "link", "add", "way", "up", "mtu", "1500", "type", "bridge"]).unwrap();
    for port in ["way1", "way2"] {
        ip(&["-n", sink, "link", "set", port, "master", "way", "up"]).unwrap();
    }
    assert_eq!(errors(&hosts.findings(&two_lines(), 20_000)), []);
    for host in [source, middlebox] {
        ip(&["-n", host, "link", "set", "eth1", "mtu", "9000"]).unwrap();
    }
    let found = hosts.findings(&two_lines(), 20_000);
    assert_eq!(errors(&found), [(Some(1), "full-size frames do not go from source eth1 to middlebox eth1")]);
}

/// Of two hosts the second begins late, and is heard at once; then the first stands still, as a busy guest may.
#[test]
fn a_host_that_stands_still_when_it_has_heard_another_speaks_to_it_before_it_ends() {
    let Some(hosts) = Hosts::new() else { return };
    hosts.plug(CABLES[0].0, CABLES[0].1);
    let mut early = hosts.start(Role::Source, 60_000, &["eth1"]);
    until("the port is up", || hosts.is_up(Role::Source, "eth1"));
    let late = hosts.start(Role::Middlebox, 20_000, &["eth1"]);
    let mut lines = BufReader::new(early.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "heard eth1 middlebox eth1");
    let send = |signal| kill(Pid::from_raw(i32::try_from(early.id()).unwrap()), signal).unwrap();
    send(Signal::SIGSTOP);
    // Longer than five of its rounds.
    std::thread::sleep(Duration::from_secs(1));
    send(Signal::SIGCONT);
    assert_eq!(early.wait().unwrap().code(), Some(0));
    assert_eq!(lines.next().unwrap().unwrap(), "done");
    let output = late.wait_with_output().unwrap();
    let heard = Heard::parse(&String::from_utf8_lossy(&output.stdout)).unwrap();
    assert_eq!(heard.pairs.len(), 1, "{heard:?}");
}

#[test]
fn a_probe_that_is_terminated_gives_the_ports_back() {
    let Some(hosts) = Hosts::new() else { return };
    hosts.plug(CABLES[0].0, CABLES[0].1);
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut child = hosts.start(Role::Source, 60_000, &["eth1"]);
        until("the port is up", || hosts.is_up(Role::Source, "eth1"));
        // `ip netns exec` becomes the program it runs, so that its pid is the probe's.
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert!(!hosts.is_up(Role::Source, "eth1"), "{signal}");
    }
}

#[test]
fn a_probe_whose_shell_is_killed_gives_the_ports_back() {
    let Some(hosts) = Hosts::new() else { return };
    hosts.plug(CABLES[0].0, CABLES[0].1);
    let script = format!("{} test source 60000 eth1; :", hosts.probe().display());
    let mut shell = Command::new("ip")
        .args(["netns", "exec", &hosts.names[0], "sh", "-c", &script])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the port is up", || hosts.is_up(Role::Source, "eth1"));
    shell.kill().unwrap();
    shell.wait().unwrap();
    until("the port is down", || !hosts.is_up(Role::Source, "eth1"));
}

#[test]
fn a_port_that_is_not_there_is_said_and_the_others_go_on() {
    let Some(hosts) = Hosts::new() else { return };
    hosts.plug(CABLES[0].0, CABLES[0].1);
    let far = hosts.start(Role::Middlebox, 10_000, &["eth1"]);
    let near = hosts.start(Role::Source, 10_000, &["eth1", "eth9"]).wait_with_output().unwrap();
    far.wait_with_output().unwrap();
    let heard = Heard::parse(&String::from_utf8_lossy(&near.stdout)).unwrap();
    assert_eq!(heard.errors, [("eth9".to_owned(), "No such device".to_owned())]);
    assert_eq!(heard.pairs.len(), 1);
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited 60 s until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
