use insta::assert_snapshot;

use super::*;

const BOX: Destination = Destination { name: "me@box", config: None };

fn told(words: &str) -> String {
    explained(words, &BOX).to_string()
}

/// What OpenSSH 9.2 says, where a test on one machine cannot make it say so.
#[test]
fn words_that_only_a_network_brings_about_have_their_cure_too() {
    assert_snapshot!(told("ssh: connect to host box port 22: Connection timed out\r\n"), @r"
    no answer came: connect to host box port 22: Connection timed out
    hint: see that the host is on, that its address is right, and that no firewall drops the port; try `ssh me@box true`
    ");
    assert_snapshot!(told("ssh: connect to host box port 22: No route to host\r\n"), @r"
    no way leads there: connect to host box port 22: No route to host
    hint: see its address, and `ip route` here; through another machine: `ProxyJump` in ~/.ssh/config
    ");
    assert_snapshot!(told("Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa\r\n"), @r"
    it and your ssh have no algorithm in common: Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa
    hint: allow what it offers in ~/.ssh/config, for this host only: `HostKeyAlgorithms +…` or `KexAlgorithms +…`
    ");
    assert_snapshot!(told("kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22\r\n"), @r"
    it closed the connection before it said what it is: kex_exchange_identification: read: Connection reset by peer
    hint: is that port sshd's? It also closes where it is busy (`MaxStartups`) or blocks you (fail2ban); try `ssh me@box true`
    ");
}

#[test]
fn what_is_not_understood_is_quoted_on_one_line_and_speaks_to_no_terminal() {
    assert_snapshot!(told("first\r\n\x1b]0;owned\x07second\n\n"), @r"
    first;  ]0;owned second
    hint: try `ssh me@box true`
    ");
    assert!(told("").starts_with("`ssh` ended without a word\nhint: "));
}

#[test]
fn the_hop_that_failed_is_found_by_how_many_lost_their_way_behind_it() {
    let closed =
        "kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n";
    let refused = "ssh: connect to host 10.0.0.9 port 22: Connection refused\n";
    let hop = |behind: usize, jumps: &str| {
        let said = refused_on_the_way(&format!("{refused}{}", closed.repeat(behind)), Some(jumps), &BOX).to_string();
        said.split(": ").next().unwrap().to_owned()
    };
    assert_eq!(hop(2, "a,b,ssh://c:2"), "its jump host `a`");
    assert_eq!(hop(1, "a,b,ssh://c:2"), "its jump host `b`");
    assert_eq!(hop(0, "a,b,c"), "its jump host `c`");
    assert_eq!(hop(7, "a"), "its jump host `a`");
}

#[test]
fn the_command_that_copies_a_key_has_the_port_apart() {
    for (name, command) in [
        ("box", "`ssh-copy-id box`"),
        ("me@box", "`ssh-copy-id me@box`"),
        ("ssh://me@box:2222", "`ssh-copy-id -p 2222 me@box`"),
        ("ssh://box/", "`ssh-copy-id box`"),
        ("it's", r"`ssh-copy-id 'it'\''s'`"),
    ] {
        assert_eq!(Destination { name, config: None }.copy_id(), command);
    }
}
