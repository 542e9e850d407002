//! Testbed files: the shipped ones load, broken ones are refused with what to write.

use std::fmt::Write as _;
use std::path::Path;

use insta::assert_snapshot;
use nsbench::testbed::Testbed;

const SOUND: &str = "\
name: mine
hosts:
  source: { ssh: a }
  middlebox: { ssh: b }
  sink: { ssh: c }
lines:
  - { source: eth1, in: eth1, out: eth2, sink: eth1 }
";

fn refusal(text: &str) -> String {
    Testbed::parse("testbed.yaml", text).unwrap_err().to_string()
}

#[test]
fn every_shipped_testbed_loads_from_its_file_and_from_the_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testbeds");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let loaded = Testbed::load(&path).unwrap();
            assert_eq!(Some(loaded), Testbed::shipped(&name), "{name}");
            names.push(name);
        }
    }
    names.sort();
    assert_eq!(names, ["example", "fractus", "lab"]);
}

#[test]
fn the_papers_testbed_is_its_figure_2() {
    let fractus = Testbed::shipped("fractus").unwrap();
    let ports = |line: usize| {
        let line = &fractus.lines[line - 1];
        [&line.source, &line.input, &line.output, &line.sink].map(|port| port.0.as_str())
    };
    assert_eq!(ports(1), ["eth6", "eth7", "eth6", "eth6"]);
    assert_eq!(ports(4), ["eth9", "eth13", "eth12", "eth9"]);
    assert_eq!((fractus.lines.len(), fractus.mtu), (4, 9000));
    assert_eq!(fractus.middlebox.sudo, Some(true));
}

#[test]
fn what_may_be_left_out_has_the_documented_value() {
    let testbed = Testbed::parse("testbed.yaml", SOUND).unwrap();
    assert_eq!((testbed.mtu, testbed.rate), (1500, None));
    assert_eq!(testbed.network.to_string(), "198.18.0.0");
    assert_eq!((testbed.lab, testbed.ssh_config), (None, None));
}

#[test]
fn a_power_command_is_the_users_own_and_one_that_cannot_be_is_told_with_its_line() {
    let with = |power: &str| SOUND.replace("{ ssh: b }", &format!("{{ ssh: b, power: {power} }}"));
    let testbed =
        Testbed::parse("testbed.yaml", &with("{ cycle: \"ipmitool -H $(bmc) power cycle; sleep 5\" }")).unwrap();
    assert_eq!(testbed.middlebox.power.unwrap().cycle, "ipmitool -H $(bmc) power cycle; sleep 5");
    assert_eq!(testbed.sink.power, None);
    assert_snapshot!(refusal(&with("reboot")), @r#"
    wrong value for `hosts.middlebox.power`
     --> testbed.yaml:4:31
      |
    4 |   middlebox: { ssh: b, power: reboot }
      |                               ^^^^^^ found the text "reboot"
      |
      = hint: write how a host's power is cycled, like `{ cycle: "ipmitool …" }`
    "#);
    assert_snapshot!(refusal(&with("{ cycle: [reboot] }")), @r"
    wrong value for `hosts.middlebox.power.cycle`
     --> testbed.yaml:4:40
      |
    4 |   middlebox: { ssh: b, power: { cycle: [reboot] } }
      |                                        ^^^^^^^^ found a list
      |
      = hint: write text
    ");
    assert_snapshot!(refusal(&with("{ cycle: ' ' }")), @r"
    nothing is not a command
     --> testbed.yaml:4:40
      |
    4 |   middlebox: { ssh: b, power: { cycle: ' ' } }
      |                                        ^^^ nothing that `sh` could run
      |
      = hint: write the command that switches the middlebox off and on again, or leave `power` out
    ");
    assert_snapshot!(refusal(&with("{ cycle: reboot, off: x }")), @r"
    unknown key `off`
     --> testbed.yaml:4:48
      |
    4 |   middlebox: { ssh: b, power: { cycle: reboot, off: x } }
      |                                                ^^^ not a key of `hosts.middlebox.power`
      |
      = hint: the keys here are `cycle`
    ");
    assert_snapshot!(refusal(&with("{}")), @r"
    missing key `cycle`
     --> testbed.yaml:4:31
      |
    4 |   middlebox: { ssh: b, power: {} }
      |                               ^^ `hosts.middlebox.power` has no `cycle`
      |
      = hint: add `cycle: …` to `hosts.middlebox.power`
    ");
}

#[test]
fn a_power_command_which_may_hold_a_password_is_not_recorded() {
    let text = SOUND.replace("{ ssh: b }", "{ ssh: b, power: { cycle: ipmitool -P secret } }");
    let recorded = serde_json::to_string(&Testbed::parse("testbed.yaml", &text).unwrap()).unwrap();
    assert!(recorded.contains(r#""middlebox":{"ssh":"b"}"#), "{recorded}");
}

#[test]
fn a_missing_role_and_an_unknown_key_are_told_with_their_line() {
    assert_snapshot!(refusal(&SOUND.replace("  sink: { ssh: c }\n", "")), @r"
    missing key `sink`
     --> testbed.yaml:2:1
      |
    2 | hosts:
      | ^^^^^ `hosts` has no `sink`
      |
      = hint: add `sink: …` to `hosts`
    ");
    assert_snapshot!(refusal(&SOUND.replace("middlebox:", "midlebox:")), @r"
    unknown key `midlebox`
     --> testbed.yaml:4:3
      |
    4 |   midlebox: { ssh: b }
      |   ^^^^^^^^ not a key of `hosts`
      |
      = hint: did you mean `middlebox`? the keys here are `source`, `middlebox`, `middleboxes`, `sink`
    ");
    assert_snapshot!(refusal(&SOUND.replace("in: eth1", "inn: eth1")), @r"
    unknown key `inn`
     --> testbed.yaml:7:21
      |
    7 |   - { source: eth1, inn: eth1, out: eth2, sink: eth1 }
      |                     ^^^ not a key of item 1 of `lines`
      |
      = hint: did you mean `in`? the keys here are `source`, `in`, `out`, `sink`, `middlebox`
    ");
    assert_snapshot!(refusal(&format!("{SOUND}mtu: 9000\nmtu: 1500\n")), @r"
    key `mtu` is written twice
     --> testbed.yaml:9:1
      |
    8 | mtu: 9000
      | --- first written here
    9 | mtu: 1500
      | ^^^ written again here
      |
      = hint: keep one `mtu`
    ");
    assert_snapshot!(refusal(&SOUND.replace("{ ssh: a }", "compute24")), @r#"
    wrong value for `hosts.source`
     --> testbed.yaml:3:11
      |
    3 |   source: compute24
      |           ^^^^^^^^^ found the text "compute24"
      |
      = hint: write a host, like `{ ssh: user@host }`
    "#);
    assert_snapshot!(refusal(&format!("{SOUND}rate:\n")), @r"
    nothing is not the rate of a line
     --> testbed.yaml:8:1
      |
    8 | rate:
      | ^^^^ not a rate
      |
      = hint: write a number and a unit, like `10Gbps` or `100Mbps`
    ");
}

#[test]
fn a_port_used_twice_on_one_host_is_refused_and_on_two_hosts_is_not() {
    let text = format!("{SOUND}  - {{ source: eth2, in: eth2, out: eth3, sink: eth2 }}\n");
    assert_snapshot!(refusal(&text), @r"
    port `eth2` of the middlebox is used twice
     --> testbed.yaml:8:25
      |
    7 |   - { source: eth1, in: eth1, out: eth2, sink: eth1 }
      |                                    ---- first used here
    8 |   - { source: eth2, in: eth2, out: eth3, sink: eth2 }
      |                         ^^^^ used again here
      |
      = hint: write another port of the middlebox: one cable goes into one port
    ");
    let text = text.replace("in: eth2", "in: mac:52:54:00:00:00:0A");
    let again = text.replace("out: eth3", "out: mac:52:54:00:00:00:0a");
    assert!(Testbed::parse("testbed.yaml", &text).is_ok());
    assert_snapshot!(refusal(&again), @r"
    port `mac:52:54:00:00:00:0a` of the middlebox is used twice
     --> testbed.yaml:8:53
      |
    8 |   - { source: eth2, in: mac:52:54:00:00:00:0A, out: mac:52:54:00:00:00:0a, sink: eth2 }
      |                         ---------------------       ^^^^^^^^^^^^^^^^^^^^^ used again here
      |                         |
      |                         first used here
      |
      = hint: write another port of the middlebox: one cable goes into one port
    ");
}

#[test]
fn everything_that_cannot_be_is_told_at_once() {
    let text = "\
name: ../mine
hosts:
  source: { ssh: -oProxyCommand=x }
  middlebox: { ssh: b, sudo: true }
  sink: { ssh: b }
lines:
  - source: mac:52:54:00
    in: a-name-that-is-too-long
    out: pci:3b:00.0
    sink: eth0:1
mtu: 100
rate: fast
network: 198.18.0.1
ssh_config: no/such/file
";
    assert_snapshot!(refusal(text), @r"
    `../mine` cannot be a name
     --> testbed.yaml:1:7
      |
    1 | name: ../mine
      |       ^^^^^^^ becomes part of file names
      |
      = hint: write at most 64 letters, digits, `-`, `_` and `.`, a letter or digit first

    error: `-oProxyCommand=x` is not an ssh destination
     --> testbed.yaml:3:18
      |
    3 |   source: { ssh: -oProxyCommand=x }
      |                  ^^^^^^^^^^^^^^^^ nothing that `ssh` could log in to
      |
      = hint: write an alias of your ssh configuration, `user@host` or `ssh://user@host:port`

    error: `b` is both middlebox and sink
     --> testbed.yaml:5:16
      |
    4 |   middlebox: { ssh: b, sudo: true }
      |                     - first named here
    5 |   sink: { ssh: b }
      |                ^ named again here
      |
      = hint: write three different hosts: traffic must leave one, cross one and reach one

    error: `52:54:00` is not the hardware address of a port
     --> testbed.yaml:7:13
      |
    7 |   - source: mac:52:54:00
      |             ^^^^^^^^^^^^ not a port
      |
      = hint: write six pairs of hex digits, like `mac:52:54:00:00:01:01`

    error: `a-name-that-is-too-long` is too long for an interface, 15 characters at most
     --> testbed.yaml:8:9
      |
    8 |     in: a-name-that-is-too-long
      |         ^^^^^^^^^^^^^^^^^^^^^^^ not a port
      |
      = hint: write a name that `ip link` lists on that host

    error: `3b:00.0` is not a PCI address
     --> testbed.yaml:9:10
      |
    9 |     out: pci:3b:00.0
      |          ^^^^^^^^^^^ not a port
      |
      = hint: write domain, bus, device and function, like `pci:0000:3b:00.0`

    error: `eth0:1` is not an interface
      --> testbed.yaml:10:11
       |
    10 |     sink: eth0:1
       |           ^^^^^^ not a port
       |
       = hint: write an interface name, `mac:…` or `pci:…`; an alias with a colon is no port

    error: an MTU of 100 bytes cannot be
      --> testbed.yaml:11:6
       |
    11 | mtu: 100
       |      ^^^ not within 576 to 65535
       |
       = hint: write 1500, or 9000 for jumbo frames

    error: `fast` is not the rate of a line
      --> testbed.yaml:12:7
       |
    12 | rate: fast
       |       ^^^^ not a rate
       |
       = hint: write a number and a unit, like `10Gbps` or `100Mbps`

    error: 198.18.0.1 is an address inside a network, not a network
      --> testbed.yaml:13:10
       |
    13 | network: 198.18.0.1
       |          ^^^^^^^^^^ test addresses come from here
       |
       = hint: write `198.18.0.0`

    error: there is no file `no/such/file`
      --> testbed.yaml:14:13
       |
    14 | ssh_config: no/such/file
       |             ^^^^^^^^^^^^ a path, relative to this file
       |
       = hint: write where the OpenSSH client configuration is, or leave the key out to use your own
    ");
}

#[test]
fn no_lines_and_a_lab_with_its_own_ssh_config_are_refused() {
    let none = SOUND.split("lines:").next().unwrap().to_owned();
    assert_snapshot!(refusal(&format!("{none}lines: []\n")), @r"
    no lines
     --> testbed.yaml:6:8
      |
    6 | lines: []
      |        ^^ how the hosts are connected
      |
      = hint: write 1 to 254 lines, each like `- { source: eth1, in: eth1, out: eth2, sink: eth1 }`
    ");
    assert_snapshot!(refusal(&format!("{SOUND}lab: lab\nssh_config: config\n")), @r"
    both `ssh_config` and `lab`
     --> testbed.yaml:9:13
      |
    8 | lab: lab
      |      --- says that the hosts are guests of lab `lab`
    9 | ssh_config: config
      |             ^^^^^^ the lab brings its own
      |
      = hint: leave out `ssh_config`, or `lab` where the hosts are not its guests
    ");
}

#[test]
fn more_lines_than_the_addresses_can_tell_apart_are_refused() {
    let many = |count: usize| {
        let mut text = SOUND.split("  - {").next().unwrap().to_owned();
        for n in 0..count {
            let _ = writeln!(text, "  - {{ source: s{n}, in: i{n}, out: o{n}, sink: s{n} }}");
        }
        text
    };
    let most = Testbed::parse("testbed.yaml", &many(254)).unwrap();
    assert_eq!(most.addresses(254).0.to_string(), "198.18.254.1");
    assert!(refusal(&many(255)).starts_with("255 lines"));
}

#[test]
fn an_ssh_config_is_found_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("testbed.yaml");
    std::fs::write(&path, format!("{SOUND}ssh_config: hosts.conf\n")).unwrap();
    assert!(Testbed::load(&path).unwrap_err().to_string().contains("hosts.conf"));
    std::fs::write(folder.path().join("hosts.conf"), "").unwrap();
    let loaded = Testbed::load(&path).unwrap();
    assert_eq!(loaded.ssh_config, Some(folder.path().join("hosts.conf")));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Testbed::load(Path::new("no/such/testbed.yaml")).unwrap_err();
    assert!(error.to_string().contains("`no/such/testbed.yaml`"));
}
