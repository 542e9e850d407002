use super::*;
use crate::testbed::Testbed;

const MANIFEST: &str = include_str!("../../../tests/cli/manifest.xml");

const INI: &str = "\
# our rack
gate ansible_host=203.0.113.1

[generators]
hp1 ansible_host=10.0.0.11 ansible_port=2222   # the new one
hp3 ansible_host=2001:db8::3 ansible_user='ada'

[forwarders]
hp2

[rack:children]
generators
forwarders

[rack:vars]
ansible_user=bench
ansible_become = yes

[forwarders:vars]
ansible_user=root
";

const YAML: &str = "\
all:
  vars: { ansible_user: bench }
  children:
    rack:
      vars: { ansible_become: true }
      children:
        generators:
          hosts:
            hp1: { ansible_host: 10.0.0.11, ansible_port: 2222 }
            hp3: { ansible_host: '2001:db8::3', ansible_user: ada }
        forwarders:
          vars: { ansible_user: root }
          hosts:
            hp2:
  hosts:
    gate: { ansible_host: 203.0.113.1 }
";

pub(super) fn choices(hosts: [&str; 3]) -> Choices {
    Choices { name: "mine".to_owned(), hosts: hosts.map(str::to_owned), ..Choices::default() }
}

fn with_line(hosts: [&str; 3]) -> Choices {
    Choices { lines: vec![["eth1", "eth2", "pci:0000:3b:00.1", "eth4"].map(str::to_owned)], ..choices(hosts) }
}

fn nodes() -> Choices {
    choices(["node0", "node1", "node2"])
}

pub(super) fn refused(text: &str, choices: &Choices) -> String {
    let said = format!("{:#}", import("in", text, choices).unwrap_err());
    assert_eq!(said.matches("hint: ").count(), 1, "{said}");
    said
}

/// Each text is refused with words that begin as they stand beside it.
pub(super) fn each_refused<T: AsRef<str>>(choices: &Choices, cases: &[(T, &str)]) {
    for (text, begin) in cases {
        let said = refused(text.as_ref(), choices);
        assert!(said.starts_with(begin), "{}: {said}", text.as_ref());
    }
}

#[test]
fn nodes_and_links_of_a_manifest_become_hosts_and_lines() {
    let text = import("manifest.xml", MANIFEST, &nodes()).unwrap();
    let testbed = Testbed::parse("t", &text).unwrap();
    let hosts = [&testbed.source.ssh, &testbed.middlebox.ssh, &testbed.sink.ssh];
    assert_eq!(hosts, ["ada@hp101.utah.cloudlab.us", "ada@hp102.utah.cloudlab.us", "ssh://ada@[2001:db8::3]:32103"]);
    let mac = |end: &str| Port(format!("mac:9c:dc:71:00:{end}"));
    let line = |[source, input, output, sink]: [&str; 4]| Line {
        source: mac(source),
        input: mac(input),
        output: mac(output),
        sink: mac(sink),
        middlebox: None,
    };
    assert_eq!(testbed.lines, [line(["01:01", "02:01", "02:02", "03:01"]), line(["01:02", "02:03", "02:04", "03:02"])]);
    assert!(text.starts_with("# Imported from manifest.xml. "), "{text}");
}

#[test]
fn both_forms_of_an_inventory_say_the_same() {
    for text in [INI, YAML] {
        let testbed = Testbed::parse("t", &import("in", text, &with_line(["hp1", "hp2", "hp3"])).unwrap()).unwrap();
        let hosts = [&testbed.source, &testbed.middlebox, &testbed.sink].map(|host| (host.ssh.as_str(), host.sudo));
        let expected =
            [("ssh://bench@10.0.0.11:2222", Some(true)), ("root@hp2", Some(true)), ("ada@2001:db8::3", Some(true))];
        assert_eq!(hosts, expected, "{text}");
        assert_eq!(testbed.lines[0].output.0, "pci:0000:3b:00.1");
    }
}

#[test]
fn what_a_file_leaves_open_is_an_error_that_says_what_to_add() {
    let said = refused(INI, &choices(["hp1", "hp2", "hp3"]));
    assert!(
        said.starts_with("`in` does not say how `hp1`, `hp2` and `hp3` are connected\nhint: --line SOURCE,IN,OUT,SINK"),
        "{said}"
    );
    let said = refused(INI, &with_line(["hp1", "hp9", "hp3"]));
    assert_eq!(said, "`in` has no host `hp9`\nhint: --middlebox with one of `gate`, `hp1`, `hp3`, `hp2`");
    let said = refused(INI, &with_line(["hp1", "hp2", "hp1"]));
    assert!(said.starts_with("`hp1` is both source and sink\nhint: name three different hosts"), "{said}");
    let fewer = MANIFEST.replace("<interface_ref client_id=\"node2:if1\"/>", "");
    let said = refused(&fewer, &nodes());
    assert!(
        said.starts_with("`in` has 2 links between `node0` and `node1`, and 1 link between `node1` and `node2`"),
        "{said}"
    );
    let lan = MANIFEST.replace("client_id=\"link2\">", "client_id=\"link2\"><interface_ref client_id=\"node1:if9\"/>");
    let lan = lan.replace(
        "<interface client_id=\"node1:if3\"",
        "<interface client_id=\"node1:if9\" mac_address=\"9cdc71000209\"/><interface client_id=\"node1:if3\"",
    );
    assert!(refused(&lan, &nodes()).starts_with("link `link2` of `in` has several ports of"));
}

#[test]
fn a_broken_manifest_is_refused_with_its_place() {
    each_refused(
        &nodes(),
        &[
            (MANIFEST.replace("</rspec>", ""), "`in` is not sound XML: "),
            (
                MANIFEST.replace("rspec", "advertisement"),
                "in:2:1: the root is <advertisement>, neither <rspec> nor <graphml>",
            ),
            (MANIFEST.replace("9cdc71000101", ""), "in:9:5: the interface has no `mac_address`"),
            (MANIFEST.replace("client_id=\"node1\"", "client_id=\"node0\""), "in:15:3: a second node `node0`"),
            (MANIFEST.replace("client_id=\"node1\"", ""), "in:15:3: <node> has no `client_id`"),
            (MANIFEST.replace("32103", "http"), "in:23:15: `http` is no port"),
            (
                MANIFEST.replace("ssh-keys", "password"),
                "in:4:3: node `node0` has no <login authentication=\"ssh-keys\">",
            ),
            (
                MANIFEST.replace("client_id=\"node0:if1\"/>", "client_id=\"node0:if0\"/>"),
                "in:29:27: interface `node0:if0` is at link `link0` and at link `link2`",
            ),
        ],
    );
}

#[test]
fn entities_depth_and_size_of_a_hostile_manifest_take_neither_memory_nor_stack() {
    let entity = |n: u32| format!("<!ENTITY e{n} \"&e{};&e{};\">", n - 1, n - 1);
    let entities = (1..12).map(entity).collect::<Vec<_>>().concat();
    let bomb = format!("<?xml version='1.0'?><!DOCTYPE rspec [<!ENTITY e0 \"ha\">{entities}]><rspec>&e11;</rspec>");
    assert!(refused(&bomb, &nodes()).starts_with("`in` is not sound XML: "));
    let deep = format!("<rspec>{}{}</rspec>", "<a>".repeat(500_000), "</a>".repeat(500_000));
    assert!(refused(&deep, &nodes()).starts_with("in:1: more than 64 elements in one another"));
    let hidden = format!("<rspec>{}", "<a b='/>'>".repeat(200_000));
    assert!(refused(&hidden, &nodes()).contains("hint: "));
    let many = format!("<rspec>{}</rspec>", "<a/>".repeat(200_000));
    assert!(refused(&many, &nodes()).starts_with("`in` is not sound XML: "));
}

#[test]
fn a_broken_inventory_is_refused_with_its_place() {
    each_refused(
        &with_line(["a", "b", "c"]),
        &[
            ("[rack\na\n", "in:1: a group without its `]`"),
            ("[rack:hosts]\na\n", "in:1: `hosts` is no kind of section"),
            ("[rack]\na ansible_host\n", "in:2: a word without `=` behind a host"),
            ("[rack]\na ansible_host='x\n", "in:2: a quote that is not closed"),
            ("[rack:vars]\nansible_user\n", "in:2: a variable without `=`"),
            ("[rack]\na ansible_host='-oProxyCommand=reboot'\nb\nc\n", ""),
            ("[rack]\na ansible_port=many\nb\nc\n", "`in`: `many` is no port of host `a`"),
            (
                "[rack]\na ansible_host='{{ lookup }}'\nb\nc\n",
                "`in`: `ansible_host` of host `a` is a template: {{ lookup }}",
            ),
            ("all: [a, b]\n", "`in`: `all` is no group"),
            ("all: { hosts: [a, b] }\n", "`in`: `hosts` of group `all` is no mapping"),
            ("all: {}\n", "`in` names no host"),
        ],
    );
}

#[test]
fn groups_that_contain_one_another_come_to_an_end() {
    let text = "[a:children]\nb\n[b:children]\na\n[b]\nx\ny\nz\n[a:vars]\nansible_user=u\n";
    let text = import("in", text, &with_line(["x", "y", "z"])).unwrap();
    assert!(text.contains("ssh: \"u@x\""), "{text}");
}

/// What a shared rack's inventory looks like: ranges, groups of groups, keys, and a way through a gate.
const RACK: &str = "\
[generators]
gen[01:02].lab ansible_ssh_private_key_file=~/.ssh/rack_key

[forwarders]
fwd-[a:b] ansible_ssh_extra_args='-o ForwardAgent=no'
[2001:db8::7]:2222
old.lab:2022 ansible_ssh_pass='{{ vault_old }}'

[rack:children]
generators
forwarders

[rack:vars]
ansible_user=bench
ansible_ssh_common_args='-o ProxyJump=ann@gate.lab:2200 -o ControlMaster=auto -o ControlPersist=60s'
";

#[test]
fn ranges_ports_keys_and_jump_hosts_of_an_inventory_are_taken() {
    let text = import("in", RACK, &with_line(["gen01.lab", "fwd-b", "2001:db8::7"])).unwrap();
    insta::assert_snapshot!(text);
    let testbed = Testbed::parse("t", &text).unwrap();
    let hosts = [&testbed.source.ssh, &testbed.middlebox.ssh, &testbed.sink.ssh];
    assert_eq!(hosts, ["bench@gen01.lab", "bench@fwd-b", "ssh://bench@[2001:db8::7]:2222"]);
    let text = import("in", RACK, &with_line(["gen02.lab", "fwd-a", "old.lab"])).unwrap();
    assert!(text.contains("ssh://bench@old.lab:2022") && text.contains("#   Host old.lab\n"), "{text}");
    assert!(text.contains("# old.lab has a password there, and nsbench types none: ssh-copy-id ssh://"), "{text}");
}

/// `ssh -G` says what `ssh` would do with the comment as its configuration.
#[test]
fn the_comment_of_an_import_is_a_configuration_that_ssh_takes() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("rack.ssh");
    std::fs::write(&config, "").unwrap();
    let named = Some(config.to_str().unwrap().to_owned());
    let choices = Choices { ssh_config: named, ..with_line(["gen01.lab", "fwd-b", "2001:db8::7"]) };
    let text = import("in", RACK, &choices).unwrap();
    assert!(text.contains("\nssh_config: \"/") && text.contains("write it into that file:"), "{text}");
    let (_, below) = text.split_once("into that file:\n").unwrap();
    let lines = below.lines().map_while(|line| line.strip_prefix("#   ")).map(|line| format!("{line}\n"));
    std::fs::write(&config, lines.collect::<String>()).unwrap();
    for (host, key) in
        [("bench@gen01.lab", "identityfile ~/.ssh/rack_key"), ("fwd-b", "forwardagent no"), ("2001:db8::7", "port 22")]
    {
        let Ok(output) = std::process::Command::new("ssh").arg("-G").arg("-F").arg(&config).arg(host).output() else {
            println!("skipped: there is no ssh");
            return;
        };
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.lines().any(|line| line == "proxyjump ann@gate.lab:2200"), "{host}: {said}");
        assert!(said.lines().any(|line| line == key), "{host}: {said}");
    }
}

#[test]
fn ranges_and_words_for_ssh_that_cannot_be_taken_are_refused_with_their_place() {
    each_refused(
        &with_line(["a", "b", "c"]),
        &[
            ("[rack]\na\nn[3:1]\n", "in:3: `[3:1]` ends before it begins"),
            ("all: { hosts: { 'n[3:1]': } }\n", "`in`: group `all`: `[3:1]` ends before it begins"),
            ("a ansible_ssh_common_args='-N'\nb\nc\n", "`in`: `ansible_ssh_common_args` of host `a` has `-N`"),
            ("a ansible_ssh_common_args='-o \"x'\nb\nc\n", "`in`: `ansible_ssh_common_args` of host `a` has a quote"),
        ],
    );
}

#[test]
fn manifests_of_other_aggregates_are_read_as_well() {
    for (name, text, source) in [
        (
            "instageni.xml",
            include_str!("../../../tests/cli/instageni.xml"),
            "ssh://ada@pc3.instageni.example.edu:31036",
        ),
        ("exogeni.xml", include_str!("../../../tests/cli/geni3.xml"), "root@192.0.2.101"),
    ] {
        let testbed = Testbed::parse("t", &import(name, text, &choices(["left", "router", "right"])).unwrap()).unwrap();
        assert_eq!((testbed.source.ssh.as_str(), testbed.lines.len()), (source, 1), "{name}");
        let line = &testbed.lines[0];
        let ports = [&line.source, &line.input, &line.output, &line.sink].map(|port| port.0.as_str());
        assert_eq!(
            ports,
            ["mac:02:aa:00:00:00:01", "mac:02:aa:00:00:00:02", "mac:02:aa:00:00:00:03", "mac:02:aa:00:00:00:04"]
        );
    }
}
