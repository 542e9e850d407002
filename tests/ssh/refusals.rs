//! Why a host was not reached: each reason has words and a cure of its own, and nothing waits for somebody to type.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nsbench::host::Host;
use nsbench::output::error_text;
use nsbench::role::Role;
use nsbench::testbed::HostSpec;

use crate::awake::Awake;
use crate::sshd::{Setup, Sshd, keygen};

/// What is said when `destination` is not reached, with paths of the test replaced.
async fn refusal_of(sshd: &Sshd, destination: &str) -> String {
    refusal_within(sshd, destination, Duration::from_secs(20)).await
}

async fn refusal_within(sshd: &Sshd, destination: &str, bound: Duration) -> String {
    let spec = HostSpec { ssh: destination.to_owned(), sudo: None, power: None };
    let error = Host::connect_within(Role::Sink, &spec, Some(&sshd.client_config()), bound).await.unwrap_err();
    error_text(&error).replace(sshd.dir().to_str().unwrap(), "DIR")
}

fn change(sshd: &Sshd, file: &str, change: impl Fn(&str) -> String) {
    let path = sshd.dir().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    fs::write(path, changed).unwrap();
}

/// The port that the client's configuration has.
fn port(sshd: &Sshd) -> String {
    let text = fs::read_to_string(sshd.client_config()).unwrap();
    text.lines().find_map(|line| line.trim().strip_prefix("Port ").map(str::to_owned)).unwrap()
}

fn try_by_hand(destination: &str) -> String {
    format!("`ssh -F DIR/ssh_config {destination} true`")
}

#[tokio::test]
async fn an_unknown_host_key_says_how_it_is_accepted_and_accepts_nothing_by_itself() {
    let Some(sshd) = Sshd::start() else { return };
    fs::write(sshd.dir().join("known_hosts"), "").unwrap();
    let port = port(&sshd);
    assert_eq!(
        refusal_of(&sshd, "box").await,
        format!(
            "could not connect to `box`: its host key is not known here: No ED25519 host key is known for [127.0.0.1]:{port} \
             and you have requested strict checking.\nhint: {} shows the key's fingerprint: answer yes if it is the host's \
             (`ssh-keygen -lf` there)",
            try_by_hand("box")
        )
    );
    assert_eq!(fs::read_to_string(sshd.dir().join("known_hosts")).unwrap(), "");
}

#[tokio::test]
async fn a_changed_host_key_names_the_line_and_the_command_that_removes_it() {
    let Some(sshd) = Sshd::start() else { return };
    keygen(&sshd.dir().join("other_key"));
    let other = fs::read_to_string(sshd.dir().join("other_key.pub")).unwrap();
    let port = port(&sshd);
    fs::write(sshd.dir().join("known_hosts"), format!("# a line before\n[127.0.0.1]:{port} {other}")).unwrap();
    let remove = format!("ssh-keygen -f DIR/known_hosts -R '[127.0.0.1]:{port}'");
    let said = refusal_of(&sshd, "box").await;
    assert_eq!(
        said,
        format!(
            "could not connect to `box`: its host key has changed: it is not the one in DIR/known_hosts:2 \
             (REMOTE HOST IDENTIFICATION HAS CHANGED)\nhint: was it installed anew? Then `{remove}` and {}. If not, somebody \
             may be in between",
            try_by_hand("box")
        )
    );
    // The command is one that a shell takes and that does it.
    let remove = remove.replace("DIR", sshd.dir().to_str().unwrap());
    assert!(Command::new("sh").args(["-c", &remove]).output().unwrap().status.success());
    assert!(refusal_of(&sshd, "box").await.contains("its host key is not known here"));
}

#[tokio::test]
async fn a_host_that_wants_a_password_says_how_a_key_gets_there_and_asks_nobody() {
    let setup = Setup { sshd_config: "PasswordAuthentication yes", ..Setup::default() };
    let Some(sshd) = Sshd::start_as(&setup) else { return };
    fs::write(sshd.dir().join("authorized_keys"), "").unwrap();
    assert_eq!(
        refusal_of(&sshd, "box").await,
        "could not connect to `box`: it asks for a password, and accepts none of your keys: root@127.0.0.1: Permission \
         denied (publickey,password).\nhint: put your key there, `ssh-copy-id box`; or load the one that it knows \
         (`ssh-add`), or name it in DIR/ssh_config (`IdentityFile`)"
    );
    let port = port(&sshd);
    let said = refusal_of(&sshd, &format!("ssh://root@127.0.0.1:{port}")).await;
    assert!(said.contains(&format!("`ssh-copy-id -p {port} root@127.0.0.1`")), "{said}");
}

#[tokio::test]
async fn a_host_that_takes_keys_only_and_not_this_one_says_so() {
    let Some(sshd) = Sshd::start() else { return };
    fs::write(sshd.dir().join("authorized_keys"), "").unwrap();
    let said = refusal_of(&sshd, "box").await;
    let begin = "could not connect to `box`: it accepts none of your keys: root@127.0.0.1: Permission denied (publickey).\n\
                 hint: add your public key to ~/.ssh/authorized_keys there";
    assert!(said.starts_with(begin), "{said}");
}

#[tokio::test]
async fn a_key_that_others_may_read_is_named_with_the_command_that_closes_it() {
    let Some(sshd) = Sshd::start() else { return };
    fs::set_permissions(sshd.dir().join("client_key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        refusal_of(&sshd, "box").await,
        "could not connect to `box`: the key DIR/client_key can be read by others, and so ssh does not use it\n\
         hint: chmod 600 DIR/client_key"
    );
}

#[tokio::test]
async fn too_many_keys_are_said_to_be_that() {
    let setup = Setup { sshd_config: "MaxAuthTries 1", ..Setup::default() };
    let Some(sshd) = Sshd::start_as(&setup) else { return };
    for name in ["first", "second"] {
        keygen(&sshd.dir().join(name));
    }
    change(&sshd, "ssh_config", |text| {
        let all =
            ["first", "second", "client_key"].map(|key| format!("  IdentityFile {}/{key}\n", sshd.dir().display()));
        text.replace(&format!("  IdentityFile {}/client_key\n", sshd.dir().display()), &all.concat())
    });
    let said = refusal_of(&sshd, "box").await;
    assert!(
        said.starts_with("could not connect to `box`: it was offered too many keys: Received disconnect"),
        "{said}"
    );
    assert!(said.contains("\nhint: name the one key that it accepts in DIR/ssh_config: `IdentityFile`"), "{said}");
}

#[tokio::test]
async fn a_port_nobody_listens_on_and_a_name_nobody_knows_are_told_apart() {
    let Some(sshd) = Sshd::start() else { return };
    // Of the ports that no test is given.
    let nobodys = 1;
    let port = format!("Port {}", port(&sshd));
    change(&sshd, "ssh_config", |text| text.replace(&port, &format!("Port {nobodys}")));
    assert_eq!(
        refusal_of(&sshd, "compute25").await,
        format!(
            "could not connect to `compute25`: nothing listens there: connect to host 127.0.0.1 port {nobodys}: Connection \
             refused\nhint: see that sshd runs there, and on that port; another is written `ssh://HOST:PORT`, or `Port` in \
             DIR/ssh_config; try {}",
            try_by_hand("compute25")
        )
    );
    change(&sshd, "ssh_config", |text| text.replace("HostName 127.0.0.1", "HostName compute25.invalid"));
    let said = refusal_of(&sshd, "compute25").await;
    let begin =
        "could not connect to `compute25`: nobody knows its name: Could not resolve hostname compute25.invalid: ";
    assert!(said.starts_with(begin), "{said}");
    assert!(said.ends_with("hint: write its address, or its name with a `HostName` in DIR/ssh_config"), "{said}");
}

#[tokio::test]
async fn a_port_that_takes_connections_and_says_nothing_is_given_up() {
    let Some(sshd) = Sshd::start() else { return };
    let mute = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (port, other) = (port(&sshd), mute.local_addr().unwrap().port());
    change(&sshd, "ssh_config", |text| text.replace(&port, &other.to_string()));
    let begun = Awake::start();
    let said = refusal_within(&sshd, "box", Duration::from_secs(2)).await;
    assert!(said.starts_with("could not connect to `box`: it took the connection and said nothing: "), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_configuration_that_ssh_refuses_is_named_with_its_line() {
    let Some(sshd) = Sshd::start() else { return };
    change(&sshd, "ssh_config", |text| format!("{text}  Prot 22\n"));
    let said = refusal_of(&sshd, "box").await;
    let begin = "could not connect to `box`: ssh refuses its configuration: DIR/ssh_config: line ";
    assert!(
        said.starts_with(begin) && said.contains("Bad configuration option: prot\nhint: correct that file"),
        "{said}"
    );
}

#[tokio::test]
async fn a_login_that_runs_no_commands_is_said_to_be_that() {
    let setup = Setup { sshd_config: "ForceCommand echo This account is currently not available.", ..Setup::default() };
    let Some(sshd) = Sshd::start_as(&setup) else { return };
    let said = refusal_of(&sshd, "box").await;
    assert!(
        said.starts_with("`box` runs no commands: it says `This account is currently not available.`\nhint: "),
        "{said}"
    );
}

/// Runs `topology show` where no packet gets out: one address swallows, one does not exist, to one leads no way.
#[tokio::test]
async fn a_host_that_does_not_answer_and_one_to_which_no_way_leads_are_told_apart() {
    let Some(sshd) = Sshd::start() else { return };
    if !Path::new("/usr/sbin/ip").exists() && !Path::new("/sbin/ip").exists() {
        println!("skipped: there is no `ip`");
        return;
    }
    let hosts = "source: { ssh: 192.0.2.1 }, middlebox: { ssh: 192.0.2.2 }, sink: { ssh: 203.0.113.1 }";
    let file = sshd.dir().join("away.yaml");
    let text = format!("name: t\nhosts: {{ {hosts} }}\nlines: [{{ source: a, in: a, out: b, sink: a }}]\n");
    fs::write(&file, text).unwrap();
    let script = "ip link add d0 type veth peer name d1 && ip address add 192.0.2.9/24 dev d0 && ip link set d0 up && \
                  ip link set d1 up && ip neighbour add 192.0.2.1 lladdr 52:54:00:00:00:01 dev d0 && \
                  exec \"$1\" topology show -t \"$2\"";
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_nsbench")]).arg(&file);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let notes: Vec<&str> = said.lines().filter(|line| line.starts_with("note: ")).collect();
    // How long the kernel asks for a neighbour that is not there before it says so, or whether ssh gives up first, varies.
    let begins = [
        "note: the source does not answer: could not connect to `192.0.2.1`: no answer came: connect to host 192.0.2.1 port 22: ",
        "note: the middlebox does not answer: could not connect to `192.0.2.2`: no ",
        "note: the sink does not answer: could not connect to `203.0.113.1`: no way leads there: ",
    ];
    assert!(notes.len() == 3 && notes.iter().zip(begins).all(|(note, begin)| note.starts_with(begin)), "{said}");
}
