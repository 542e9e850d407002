//! A testbed file out of what other tools have, and what is said where that cannot be.

use insta::assert_snapshot;

use crate::program::{Ended, nsbench};

const MANIFEST: &str = include_str!("manifest.xml");

const INVENTORY: &str = "[rack]\nhp[1:3] ansible_user=ada\n";

/// What is said of a file with this text under this name.
fn import(name: &str, text: &str, arguments: &str) -> Ended {
    nsbench(&format!("topology import {name} {arguments}")).file(name, text).run()
}

/// The last part of the imported file's way: it is read and drawn like one by hand.
fn drawn(name: &str, text: &str, arguments: &str) -> String {
    let imported = import(name, text, arguments);
    assert_eq!((imported.status, imported.stderr.as_str()), (Some(0), ""), "{imported}");
    let drawn = nsbench("topology show --offline -t found.yaml").file("found.yaml", &imported.stdout).run();
    assert_eq!((drawn.status, drawn.stderr.as_str()), (Some(0), ""), "{drawn}");
    drawn.stdout
}

#[test]
fn what_is_imported_is_a_testbed_file() {
    let nodes = "--source node0 --middlebox node1 --sink node2 --name utah";
    assert_snapshot!(import("manifest.xml", MANIFEST, nodes).stdout);
    assert!(drawn("manifest.xml", MANIFEST, nodes).starts_with("testbed utah: 2 lines"));
    let hosts = "--source hp1 --middlebox hp2 --sink hp3 --line eth1,eth1,eth2,eth1";
    assert!(drawn("hosts.ini", INVENTORY, hosts).starts_with("testbed imported: 1 line,"));
    let graph = include_str!("fabric.graphml");
    let slice = "--source gen --middlebox box --sink rcv --ssh-config fabric_ssh_config";
    let imported = nsbench(&format!("topology import slice.graphml {slice}")).file("slice.graphml", graph);
    let imported = imported.file("fabric_ssh_config", "Host bastion\n").run();
    assert!(imported.stdout.contains("\nssh_config: \"[dir]/fabric_ssh_config\"\n"), "{imported}");
    let nowhere = import("slice.graphml", graph, slice);
    assert!(
        nowhere.status == Some(2) && nowhere.stderr.contains("there is no file `[dir]/fabric_ssh_config`"),
        "{nowhere}"
    );
    assert!(drawn("slice.graphml", graph, slice.split(" --ssh-config").next().unwrap()).contains("1 line,"));
}

#[test]
fn what_cannot_be_imported_is_refused_with_the_way_out() {
    let nodes = "--source node0 --middlebox node1 --sink node2";
    let mut said = String::new();
    let mut refused = |ended: Ended| {
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{ended}");
        assert!(ended.stderr.contains("hint: ") || ended.stderr.contains("For more information"), "{ended}");
        said += &ended.stderr;
        said += "\n";
    };
    refused(nsbench("topology import nowhere.ini").run());
    refused(nsbench("topology import .").run());
    refused(nsbench("topology import").run());
    refused(import("manifest.xml", MANIFEST, ""));
    refused(import("manifest.xml", MANIFEST, "--source node0 --middlebox node0 --sink node2"));
    refused(import("manifest.xml", &MANIFEST[..MANIFEST.len() / 2], nodes));
    refused(import("page.xml", "<html><body>Please log in</body></html>\n", nodes));
    refused(import("manifest.xml", MANIFEST, &format!("{nodes} --line eth1,eth1,eth2")));
    refused(import("manifest.xml", MANIFEST, &format!("{nodes} --name a/b")));
    refused(import("hosts.ini", INVENTORY, "--source hp1 --middlebox hp2 --sink hp3"));
    refused(import("hosts.ini", "[rack]\nhp[3:1]\n", "--source hp1 --middlebox hp2 --sink hp3"));
    refused(import("hosts.yaml", "all: { hosts: { a: { b: } }\n", nodes));
    refused(import("empty.yaml", "\n", nodes));
    assert_snapshot!(said);
}
