//! Any destination that `ssh` reaches: over jump hosts, with keys of an agent, by its address and port, and over a connection
//! that the user has open; and which hop it was where the way is closed.

use std::fs;
use std::path::Path;
use std::process::Command;

use nsbench::host::{Host, Privilege};
use nsbench::output::error_text;
use nsbench::role::Role;
use nsbench::testbed::HostSpec;

use crate::sshd::{Setup, Sshd};

/// A client that reaches `box` by way of `outer` and then `inner`.
struct Way {
    servers: [Sshd; 3],
    outer: String,
    inner: String,
    target: String,
}

impl Way {
    fn start_as(outer: &Setup) -> Option<Self> {
        let servers = [Sshd::start_as(outer)?, Sshd::start()?, Sshd::start()?];
        let [outer, inner, target] =
            [("outer", 0), ("inner", 1), ("box", 2)].map(|(name, n)| servers[n].client_config_for(name));
        Some(Self { servers, outer, inner, target: format!("{target}  ProxyJump outer,inner\n") })
    }

    async fn connect(&self) -> anyhow::Result<Host> {
        let config = self.servers[2].dir().join("way");
        fs::write(&config, [self.outer.as_str(), &self.inner, &self.target].concat()).unwrap();
        connect("box", &config).await
    }

    async fn refusal(&self) -> String {
        let said = error_text(&self.connect().await.unwrap_err());
        said.replace(self.servers[2].dir().to_str().unwrap(), "DIR")
    }
}

async fn connect(destination: &str, config: &Path) -> anyhow::Result<Host> {
    let spec = HostSpec { ssh: destination.to_owned(), sudo: None, power: None };
    Host::connect(Role::Sink, &spec, Some(config)).await
}

/// The configuration of a server's client with another port.
fn with_port(config: &str, port: u16) -> String {
    let old = config.lines().find(|line| line.contains("Port ")).unwrap();
    config.replace(old, &format!("  Port {port}"))
}

#[tokio::test]
async fn a_host_behind_two_others_is_reached() {
    let Some(way) = Way::start_as(&Setup::default()) else { return };
    let host = way.connect().await.unwrap();
    assert_eq!(host.script("echo there").await.unwrap().stdout, "there\n");
    host.close().await.unwrap();
}

#[tokio::test]
async fn a_jump_host_that_is_not_reached_is_named_whichever_it_is() {
    let Some(mut way) = Way::start_as(&Setup::default()) else { return };
    // Port 1 is none that a test is given.
    let (port, right) = (1, way.outer.clone());
    way.outer = with_port(&right, port);
    let refused = |hop: &str, before: &str| {
        let said = format!("Connection refused\nhint: {before}");
        (format!("could not connect to `box`: its jump host `{hop}`"), said)
    };
    let (begin, more) = refused("outer", "see that sshd runs there, and on that port");
    let said = way.refusal().await;
    assert!(said.starts_with(&format!("{begin}: nothing listens there: ")) && said.contains(&more), "{said}");
    assert!(said.ends_with("`ssh -F DIR/way outer true`"), "the hop is what to try: {said}");
    way.outer = right;
    let right = way.inner.clone();
    way.inner = with_port(&right, port);
    let said = way.refusal().await;
    let (begin, more) = refused("outer", "see that sshd runs on `inner` and that `outer` can reach it");
    assert!(said.starts_with(&format!("{begin} could not go on to `inner`: ")) && said.contains(&more), "{said}");
    way.inner = right;
    way.target = with_port(&way.target, port);
    let said = way.refusal().await;
    let (begin, more) = refused("inner", "see that sshd runs on `box` and that `inner` can reach it");
    assert!(said.starts_with(&format!("{begin} could not go on to `box`: ")) && said.contains(&more), "{said}");
}

#[tokio::test]
async fn a_jump_host_that_would_ask_is_an_error_and_waits_for_nobody() {
    let setup = Setup { sshd_config: "PasswordAuthentication yes", ..Setup::default() };
    let Some(way) = Way::start_as(&setup) else { return };
    let keys = way.servers[0].dir().join("authorized_keys");
    let right = fs::read_to_string(&keys).unwrap();
    fs::write(&keys, "").unwrap();
    let said = way.refusal().await;
    let begin =
        "could not connect to `box`: its jump host `outer`: it asks for a password, and accepts none of your keys: ";
    assert!(said.starts_with(begin) && said.contains("`ssh-copy-id outer`"), "{said}");
    fs::write(&keys, right).unwrap();
    fs::write(way.servers[1].dir().join("known_hosts"), "").unwrap();
    let said = way.refusal().await;
    assert!(
        said.starts_with("could not connect to `box`: its jump host `inner`: its host key is not known here"),
        "{said}"
    );
    assert!(said.contains("`ssh -F DIR/way inner true` shows the key's fingerprint"), "{said}");
}

/// `script` gives the program a terminal; `setsid` is not among the programs that it finds.
#[tokio::test]
async fn without_setsid_a_host_behind_another_is_refused_on_a_terminal_and_others_are_reached() {
    let Some(sshd) = Sshd::start() else { return };
    if Command::new("script").arg("--version").output().is_err() {
        println!("skipped: there is no `script`");
        return;
    }
    let dir = sshd.dir();
    let programs = dir.join("programs");
    fs::create_dir(&programs).unwrap();
    for program in ["ssh", "sh"] {
        std::os::unix::fs::symlink(format!("/usr/bin/{program}"), programs.join(program)).unwrap();
    }
    let config = fs::read_to_string(sshd.client_config()).unwrap();
    let behind = format!("Host behind\n  ProxyJump gate\n{config}");
    fs::write(dir.join("behind"), behind).unwrap();
    let hosts = "source: { ssh: behind }, middlebox: { ssh: near }, sink: { ssh: nearer }";
    let text = format!(
        "name: t\nssh_config: behind\nhosts: {{ {hosts} }}\nlines: [{{ source: a, in: a, out: b, sink: a }}]\n"
    );
    fs::write(dir.join("testbed.yaml"), text).unwrap();
    let run = format!(
        "env PATH={} {} topology show -t {}/testbed.yaml",
        programs.display(),
        env!("CARGO_BIN_EXE_nsbench"),
        dir.display()
    );
    let shown = || {
        let mut command = Command::new("script");
        command.args(["-qec", &run, "/dev/null"]).stdin(std::process::Stdio::null());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let mut said = shown();
    // Where this machine stood still, one that is near may have been too slow.
    if said.matches("does not answer").count() > 1 {
        said = shown();
    }
    assert!(said.contains("could not connect to `behind`: it is behind another host, which could ask"), "{said}");
    assert_eq!(said.matches("does not answer").count(), 1, "the others are reached: {said}");
}

#[tokio::test]
async fn a_jump_host_that_forwards_nothing_says_which_setting_it_is() {
    let setup = Setup { sshd_config: "AllowTcpForwarding no", ..Setup::default() };
    let Some(way) = Way::start_as(&setup) else { return };
    let said = way.refusal().await;
    assert!(
        said.starts_with("could not connect to `box`: its jump host `outer` could not go on to `inner`: "),
        "{said}"
    );
    assert!(said.ends_with("hint: allow `AllowTcpForwarding` in /etc/ssh/sshd_config of `outer`"), "{said}");
}

#[tokio::test]
async fn a_proxy_command_that_fails_is_quoted() {
    let Some(sshd) = Sshd::start() else { return };
    let config = sshd.client_config();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}  ProxyCommand sh -c 'echo no tunnel here >&2; exit 1'\n")).unwrap();
    let said = error_text(&connect("box", &config).await.unwrap_err());
    assert!(
        said.starts_with(
            "could not connect to `box`: its ProxyCommand failed: no tunnel here\nhint: see `ProxyCommand`"
        ),
        "{said}"
    );
}

#[tokio::test]
async fn a_user_an_address_and_a_port_in_the_destination_are_used() {
    let Some(sshd) = Sshd::start() else { return };
    let config = sshd.client_config();
    let text = fs::read_to_string(&config).unwrap();
    let port: String = text.lines().find_map(|line| line.trim().strip_prefix("Port ")).unwrap().to_owned();
    let bare: Vec<&str> =
        text.lines().filter(|line| !["Port", "User ", "HostName"].iter().any(|key| line.contains(key))).collect();
    let known: Vec<&str> = text.lines().filter(|line| line.contains("UserKnownHostsFile")).collect();
    fs::write(&config, bare.iter().chain(&known).map(|line| format!("{line}\n")).collect::<Vec<_>>().concat()).unwrap();
    let host = connect(&format!("ssh://root@127.0.0.1:{port}"), &config).await.unwrap();
    assert_eq!(host.privilege, Privilege::Root);
    host.close().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_user_has_open_is_used_where_no_key_would_do_and_is_left_open() {
    let Some(sshd) = Sshd::start() else { return };
    let config = sshd.client_config();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}  ControlPath {}/open\n", sshd.dir().display())).unwrap();
    let ssh =
        |words: &[&str]| Command::new("ssh").arg("-F").arg(&config).args(words).output().unwrap().status.success();
    assert!(ssh(&["-M", "-N", "-f", "box"]));
    // As after a login with a one-time password: nobody gets in a second time.
    fs::write(sshd.dir().join("authorized_keys"), "").unwrap();
    let host = connect("box", &config).await.unwrap();
    assert_eq!(host.script("echo there").await.unwrap().stdout, "there\n");
    host.close().await.unwrap();
    let host = connect("box", &config).await.unwrap();
    drop(host);
    assert!(ssh(&["-O", "check", "box"]), "it was ended");
    assert!(ssh(&["-O", "exit", "box"]));
    assert!(error_text(&connect("box", &config).await.unwrap_err()).contains("it accepts none of your keys"));
}

#[tokio::test]
async fn a_key_that_only_an_agent_has_is_used() {
    let Some(sshd) = Sshd::start() else { return };
    let (config, socket) = (sshd.client_config(), sshd.dir().join("agent"));
    let mut agent =
        Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(std::process::Stdio::null()).spawn().unwrap();
    crate::sshd::until("an agent", async || socket.exists()).await;
    let added =
        Command::new("ssh-add").arg("-q").arg(sshd.dir().join("client_key")).env("SSH_AUTH_SOCK", &socket).status();
    fs::remove_file(sshd.dir().join("client_key")).unwrap();
    let text = fs::read_to_string(&config).unwrap();
    let text = text.replace("IdentitiesOnly yes", "IdentitiesOnly no");
    fs::write(&config, text.replace("IdentityAgent none", &format!("IdentityAgent {}", socket.display()))).unwrap();
    let connected = connect("box", &config).await;
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(added.unwrap().success());
    assert_eq!(connected.unwrap().script("echo there").await.unwrap().stdout, "there\n");
}
