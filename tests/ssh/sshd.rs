//! An OpenSSH server on 127.0.0.1 that a test starts for itself and that ends with the test.
//!
//! It runs as the first process of its own process, mount, UTS and IPC namespaces: /var/lib, /var/cache and /run are
//! empty there, root has another home, host and domain name may be changed, and whatever it started dies with it.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nsbench::host::Host;
use nsbench::poll;
use nsbench::role::Role;
use nsbench::testbed::HostSpec;
use tempfile::TempDir;

use crate::executable;

const SSHD: &str = "/usr/sbin/sshd";

/// Why tests have to be skipped here, if they have to.
static OBSTACLE: LazyLock<Option<String>> = LazyLock::new(|| {
    if !nix::unistd::geteuid().is_root() {
        return Some("only root can start an sshd in namespaces of its own".to_owned());
    }
    for program in [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/unshare", "/usr/bin/setpriv"] {
        if !Path::new(program).exists() {
            return Some(format!("there is no {program}"));
        }
    }
    let refused = !namespaces().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    refused.then(|| "namespaces cannot be made here".to_owned())
});

/// What the namespaces look like before the server starts. Ends by becoming the server.
const SET_UP: &str = r#"
set -e
cd "$1"
mount -t tmpfs -o "$2" tmpfs /var/lib
mount -t tmpfs tmpfs /var/cache
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd
# Without PAM a locked root could not log in; and what root's own shell does at a login is nobody's business here.
mount --bind shadow /etc/shadow
mount --bind passwd /etc/passwd
[ -z "$3" ] || mount --bind "$3" /bin/sh
[ -z "$4" ] || { echo "$4" >boot_id && mount --bind boot_id /proc/sys/kernel/random/boot_id; }
[ ! -p kmsg ] || mount --bind kmsg /dev/kmsg
[ ! -e uptime ] || mount --bind uptime /proc/uptime
exec /usr/sbin/sshd -D -f sshd_config -E log
"#;

/// How a server differs from the plain one.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Mount options of /var/lib.
    pub var_lib: &'static str,
    /// What is called `sh` there, where it is not this machine's.
    pub sh: Option<&'static str>,
    /// Its boot id, where it is not this machine's.
    pub boot_id: Option<&'static str>,
    /// Whether its kernel says what [`Sshd::kernel_says`] makes it say, and nothing else.
    pub kernel_log: bool,
    /// Whether its time stands still but for [`Sshd::passes`], whatever this machine does.
    pub clock: bool,
    /// Lines of its configuration that go before the usual ones, and so count instead of them.
    pub sshd_config: &'static str,
    /// Programs that are found before all others.
    pub programs: Vec<(&'static str, &'static str)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            var_lib: "size=16m",
            sh: None,
            boot_id: None,
            kernel_log: false,
            clock: false,
            sshd_config: "",
            programs: Vec::new(),
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Sshd {
    dir: TempDir,
    process: Child,
    kernel_log: Option<fs::File>,
}

impl Sshd {
    /// A plain server; `None`, having said why, where there can be none.
    pub fn start() -> Option<Self> {
        Self::start_as(&Setup::default())
    }

    /// A server; `None`, having said why, where there can be none.
    pub fn start_as(setup: &Setup) -> Option<Self> {
        let no_sh = setup.sh.filter(|sh| !Path::new(sh).exists()).map(|sh| format!("there is no {sh}"));
        if let Some(why) = OBSTACLE.clone().or(no_sh) {
            println!("skipped: {why}");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        for key in ["host_key", "client_key"] {
            keygen(&dir.path().join(key));
        }
        write_programs(&dir.path().join("bin"), &setup.programs);
        if setup.clock {
            fs::write(dir.path().join("uptime"), "1000.00 0.00\n").unwrap();
        }
        let kernel_log = setup.kernel_log.then(|| make_kernel_log(dir.path()));
        // Between choosing a free port and listening on it, another test may take it.
        for _ in 0..20 {
            write_configuration(dir.path(), free_port(), setup.sshd_config);
            let mut process = launch(dir.path(), setup);
            if is_listening(dir.path(), &mut process) {
                return Some(Self { dir, process, kernel_log });
            }
        }
        panic!("no port was free in 20 attempts");
    }

    /// A directory that the server's sessions see as well.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The file for `ssh -F`, by which every destination is this server.
    pub fn client_config(&self) -> PathBuf {
        self.dir.path().join("ssh_config")
    }

    /// What is in that file, for a destination of this name only.
    pub fn client_config_for(&self, name: &str) -> String {
        fs::read_to_string(self.client_config()).unwrap().replace("Host *", &format!("Host {name}"))
    }

    /// A connection as nsbench has it.
    pub async fn connect(&self) -> Host {
        self.try_connect("box").await.unwrap()
    }

    /// The same, where it may fail.
    pub async fn try_connect(&self, destination: &str) -> anyhow::Result<Host> {
        let spec = HostSpec { ssh: destination.to_owned(), sudo: None, power: None };
        Host::connect(Role::Middlebox, &spec, Some(&self.client_config())).await
    }

    /// The same as another part of the testbed.
    pub async fn connect_as(&self, role: Role) -> Host {
        let spec = HostSpec { ssh: role.name().to_owned(), sudo: None, power: None };
        Host::connect(role, &spec, Some(&self.client_config())).await.unwrap()
    }

    /// Makes the kernel say something, at a time in microseconds, and `dmesg` know of it.
    pub fn kernel_says(&self, time: u64, text: &str) {
        let (seconds, rest) = (time / 1_000_000, time % 1_000_000);
        fs::write(self.dir().join("dmesg"), format!("[{seconds:5}.{rest:06}] {text}\n")).unwrap();
        let mut log = self.kernel_log.as_ref().unwrap();
        writeln!(log, "4,{time},{time},-;{text}").unwrap();
    }

    /// What its clock shows, where the test owns it: a time since it was booted, as the scripts there read it.
    pub fn uptime(&self) -> String {
        fs::read_to_string(self.dir().join("uptime")).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    /// Lets time pass there. Some shells read a file byte by byte: so that nobody reads a time that never was, only one
    /// digit may change.
    pub fn passes(&self, seconds: u64) {
        let before = self.uptime();
        let after = format!("{}.00", before.strip_suffix(".00").unwrap().parse::<u64>().unwrap() + seconds);
        let changed: Vec<usize> =
            (0..before.len()).filter(|at| before.as_bytes()[*at] != after.as_bytes()[*at]).collect();
        let [at] = changed[..] else { panic!("from {before} to {after} more than one digit changes") };
        let file = fs::OpenOptions::new().write(true).open(self.dir().join("uptime")).unwrap();
        file.write_all_at(&after.as_bytes()[at..=at], at as u64).unwrap();
    }

    /// Ends the server with everything in it and starts it anew, empty, as a reboot does.
    pub fn reboot(&mut self, setup: &Setup) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let started = poll::until(Duration::from_secs(10), "its port to be free", || {
            fs::remove_file(self.dir().join("log"))?;
            self.process = launch(self.dir.path(), setup);
            Ok(is_listening(self.dir.path(), &mut self.process).then_some(()))
        });
        started.unwrap();
    }

    /// Stops every connection, so that nothing comes from there any more, and the server, so that no new one comes about:
    /// a machine that hangs.
    pub fn hang(&self) {
        let servers = children(self.process.id().cast_signed());
        for pid in self.connections().into_iter().chain(servers) {
            signal(pid, Signal::SIGSTOP);
        }
    }

    /// Returns when a command runs that came over a connection.
    pub async fn has_a_session(&self) {
        until("a session", async || self.connections().into_iter().any(|pid| !children(pid).is_empty())).await;
    }

    /// Whether a program of this name runs there.
    pub fn has_a_command(&self, name: &str) -> bool {
        let mut processes = children(self.process.id().cast_signed());
        let mut next = 0;
        while let Some(pid) = processes.get(next).copied() {
            if fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name) {
                return true;
            }
            processes.extend(children(pid));
            next += 1;
        }
        false
    }

    /// Cuts every connection without a word, as a lost link does.
    pub fn cut_connections(&self) {
        for connection in self.connections() {
            signal(connection, Signal::SIGKILL);
        }
    }

    fn connections(&self) -> Vec<i32> {
        let below = children(self.process.id().cast_signed()).into_iter().flat_map(children);
        // What was left behind by a session is below the server as well.
        below
            .filter(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().starts_with("sshd"))
            .collect()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // `unshare --kill-child` takes the first process of the namespace along, and that one everything in it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a signal to a process, which may just have ended.
fn signal(pid: i32, signal: Signal) {
    if let Err(error) = kill(Pid::from_raw(pid), signal) {
        assert_eq!(error, Errno::ESRCH);
    }
}

fn namespaces() -> Command {
    // Should the test die without ending it, the server dies too.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--mount", "--uts", "--ipc", "--pid", "--mount-proc"]);
    command.args(["--fork", "--kill-child"]);
    command
}

fn launch(dir: &Path, setup: &Setup) -> Child {
    let mut command = namespaces();
    command.args(["sh", "-c", SET_UP, "sh"]).arg(dir).arg(setup.var_lib).arg(setup.sh.unwrap_or_default());
    command.arg(setup.boot_id.unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(dir.join("stderr")).unwrap());
    command.spawn().unwrap()
}

/// Waits until the server answers; false where its port was taken.
fn is_listening(dir: &Path, process: &mut Child) -> bool {
    let said = |file: &str| fs::read_to_string(dir.join(file)).unwrap_or_default();
    let ready = poll::until(Duration::from_secs(20), "sshd to listen", || {
        if said("log").contains("Server listening on") {
            return Ok(Some(true));
        }
        Ok(process.try_wait()?.map(|_| false))
    });
    let ready = ready.unwrap();
    assert!(ready || said("log").contains("Address already in use"), "{}{}", said("stderr"), said("log"));
    ready
}

fn write_configuration(dir: &Path, port: u16, first: &str) {
    let path = dir.display();
    let write = |name: &str, text: String| fs::write(dir.join(name), text).unwrap();
    let public = |key: &str| fs::read_to_string(dir.join(format!("{key}.pub"))).unwrap();
    let _ = fs::remove_file(dir.join("log"));
    write("shadow", "root:*:19000:0:99999:7:::\n".to_owned());
    write("passwd", format!("root:x:0:0:root:{path}:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"));
    write("authorized_keys", public("client_key"));
    write("known_hosts", format!("[127.0.0.1]:{port} {}", public("host_key")));
    write(
        "sshd_config",
        format!(
            "{first}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {path}/host_key\nAuthorizedKeysFile {path}/authorized_keys\n\
             PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             AcceptEnv NSBENCH_* LC_*\n\
             SetEnv PATH={path}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        ),
    );
    write(
        "ssh_config",
        format!(
            "Host *\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  IdentityFile {path}/client_key\n\
             \x20 IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile {path}/known_hosts\n\
             \x20 GlobalKnownHostsFile none\n"
        ),
    );
}

/// A pipe in the place of /dev/kmsg, open at both ends as long as the server runs, and a `dmesg` that prints a file.
fn make_kernel_log(dir: &Path) -> fs::File {
    let path = dir.join("kmsg");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    fs::write(dir.join("dmesg"), "").unwrap();
    executable::write(&dir.join("bin/dmesg"), format!("#!/bin/sh\ncat {}/dmesg\n", dir.display()));
    fs::OpenOptions::new().read(true).write(true).open(path).unwrap()
}

fn write_programs(dir: &Path, programs: &[(&str, &str)]) {
    fs::create_dir(dir).unwrap();
    for (name, script) in programs {
        executable::write(&dir.join(name), script);
    }
}

/// Waits until `ready` says so.
pub async fn until(what: &str, mut ready: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !ready().await {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A port of 127.0.0.1 on which nobody listens now. The next who asks for one may get it.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Makes a key pair.
pub fn keygen(path: &Path) {
    let mut command = Command::new("ssh-keygen");
    let status = command.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path).status().unwrap();
    assert!(status.success());
}

fn children(pid: i32) -> Vec<i32> {
    let lists = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    lists.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}
