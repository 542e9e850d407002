//! xdp-redirect itself: a line of three network namespaces, real frames over veth pairs.
//!
//! Needs root, `ip` and a kernel with BPF; says `skipped: why` otherwise.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nsbench::{poll, programs};

#[path = "../src/executable.rs"]
mod executable;

const BOUND: Duration = Duration::from_secs(20);
const SINK: &str = "10.9.0.2";

/// The program in a folder that goes away with the value.
struct Program(tempfile::TempDir);

impl Program {
    fn new() -> Self {
        let program = Self(tempfile::tempdir().unwrap());
        executable::write(&program.path(), programs::find("xdp-redirect").unwrap());
        program
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("xdp-redirect")
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(self.path()).args(args).output().unwrap()
    }
}

/// source eth1 - middle eth1, middle eth2 - sink eth1: three namespaces that go away with the value.
struct Line {
    source: String,
    middle: String,
    sink: String,
    program: Program,
}

/// xdp-redirect on the middle; killed with the value.
struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

fn ip(args: &[&str]) -> Result<String, String> {
    let output = Command::new("ip").args(args).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("ip {}: {}", args.join(" "), stderr(&output).trim()))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    poll::until(BOUND, what, || Ok(so().then_some(()))).unwrap();
}

impl Line {
    /// All ports up, addresses at the ends, nothing that forwards; or why there is none.
    fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if !Path::new("/proc/sys/kernel/unprivileged_bpf_disabled").exists() {
            println!("skipped: this machine's kernel has no bpf(2)");
            return None;
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let [source, middle, sink] =
            ["source", "middle", "sink"].map(|host| format!("nsbench-xdp-{}-{number}-{host}", std::process::id()));
        let line = Self { source, middle, sink, program: Program::new() };
        for name in line.hosts() {
            if let Err(why) = ip(&["netns", "add", name]) {
                println!("skipped: network namespaces cannot be made here: {why}");
                return None;
            }
        }
        line.plug("eth1", &line.source, "10.9.0.1/24");
        line.plug("eth2", &line.sink, &format!("{SINK}/24"));
        Some(line)
    }

    fn hosts(&self) -> [&str; 3] {
        [&self.source, &self.middle, &self.sink]
    }

    fn plug(&self, port: &str, host: &str, address: &str) {
        // Larger than a page: a program that cannot take fragments is refused in native mode.
        let mtu = ["mtu", "9000"];
        let [near, far] = [["name", port, "netns", &self.middle], ["name", "eth1", "netns", host]];
        ip(&[&["link", "add"], &near[..], &mtu, &["type", "veth", "peer"], &far[..], &mtu].concat()).unwrap();
        ip(&["-n", host, "address", "add", address, "dev", "eth1"]).unwrap();
        ip(&["-n", host, "link", "set", "eth1", "up"]).unwrap();
        ip(&["-n", &self.middle, "link", "set", port, "up"]).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.middle]).arg(self.program.path()).args(args);
        command
    }

    /// Started, and either forwarding or ended; none where the kernel lets nobody in here load programs.
    fn start(&self, mode: &str) -> Option<Running> {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.program.0.path().join(name));
        let child = self
            .command(&["--in", "eth1", "--out", "eth2", "--mode", mode])
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&stdout).unwrap())
            .stderr(std::fs::File::create(&stderr).unwrap())
            .spawn()
            .unwrap();
        let mut running = Running { child, stdout, stderr };
        until("a line from xdp-redirect", || {
            running.said().ends_with('\n') || running.child.try_wait().unwrap().is_some()
        });
        let complaint = running.complaint();
        if complaint.contains("could not load") && complaint.contains("Operation not permitted") {
            println!("skipped: XDP programs cannot be loaded here: {complaint}");
            return None;
        }
        assert_eq!(complaint, "");
        Some(running)
    }

    fn ping(&self, bytes: u32) -> bool {
        let ping = ["ping", "-c", "1", "-W", "1", "-M", "do", "-s", &bytes.to_string(), SINK].map(str::to_owned);
        let output = Command::new("ip").args(["netns", "exec", &self.source]).args(ping).output().unwrap();
        output.status.success()
    }

    /// The middle's ports with a program attached, as `eth1 xdp`, by name.
    fn attached(&self) -> Vec<String> {
        let shown = ip(&["-n", &self.middle, "-o", "link"]).unwrap();
        let mut attached: Vec<_> = shown.lines().filter_map(attachment).collect();
        attached.sort();
        attached
    }
}

/// `eth1 xdp` from a line of `ip -o link` such as `2: eth1@if2: <…> mtu 9000 xdp qdisc …`.
fn attachment(line: &str) -> Option<String> {
    let name = line.split([':', '@']).nth(1)?.trim();
    let word = line.split_whitespace().find(|word| word.starts_with("xdp"))?;
    Some(format!("{name} {word}"))
}

impl Drop for Line {
    fn drop(&mut self) {
        for name in self.hosts() {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

impl Running {
    fn said(&self) -> String {
        std::fs::read_to_string(&self.stdout).unwrap()
    }

    fn complaint(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Sends a signal; `ip netns exec` becomes the program it runs, so that its pid is the program's.
    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    fn status(&mut self) -> Option<i32> {
        until("the end of xdp-redirect", || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn bad_arguments_are_named_and_end_with_status_2() {
    let program = Program::new();
    for (args, what) in [
        (&[][..], "missing option `--in`"),
        (&["--in", "eth1"], "missing option `--out`"),
        (&["--in", "eth1", "--out"], "a value is missing after `--out`"),
        (&["--in", "eth1", "--out", "eth1"], "`--in` and `--out` are both `eth1`"),
        (&["--in", "eth1", "--out", "eth2", "--mode", "fast"], "`--mode` is `native` or `generic`, not `fast`"),
        (&["--in", "eth1", "--out", "eth2", "eth3"], "unexpected argument `eth3`"),
        (&["--pin"], "unknown option `--pin`"),
    ] {
        let output = program.run(args);
        let expected = format!("xdp-redirect: {what}\nhint: see `xdp-redirect --help`\n");
        assert_eq!((stderr(&output), output.status.code()), (expected, Some(2)), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_port_that_is_not_there_is_named() {
    let output = Program::new().run(&["--in", "nsbench-none", "--out", "lo"]);
    let expected = "xdp-redirect: there is no port `nsbench-none`\nhint: `ip link` lists the ports\n";
    assert_eq!((stderr(&output).as_str(), output.status.code()), (expected, Some(1)));
}

#[test]
fn generic_mode_forwards_both_ways_until_it_is_told_to_stop() {
    let Some(line) = Line::new() else { return };
    assert!(!line.ping(56), "nothing forwards yet");
    for signal in ["-INT", "-TERM"] {
        let Some(mut running) = line.start("generic") else { return };
        assert_eq!(running.said(), "forwarding eth1 <-> eth2, mode generic\n");
        assert_eq!(line.attached(), ["eth1 xdpgeneric", "eth2 xdpgeneric"]);
        until("a ping goes through", || line.ping(56));
        running.signal(signal);
        assert_eq!(running.status(), Some(0), "{signal}");
        assert_eq!(line.attached(), [""; 0], "{signal}");
        assert!(!line.ping(56), "{signal}");
    }
}

#[test]
fn native_mode_attaches_to_jumbo_ports_and_forwards_jumbo_frames() {
    let Some(line) = Line::new() else { return };
    let Some(running) = line.start("native") else { return };
    assert_eq!(running.said(), "forwarding eth1 <-> eth2, mode native\n");
    assert_eq!(line.attached(), ["eth1 xdp", "eth2 xdp"]);
    // A veth port takes redirected frames only where its other end polls, as it does for GRO.
    for host in [&line.source, &line.sink] {
        let mut ethtool = Command::new("ip");
        ethtool.args(["netns", "exec", host, "ethtool", "-K", "eth1", "gro", "on"]);
        let output = ethtool.output().unwrap();
        if !output.status.success() {
            println!("skipped: frames in native mode: ethtool cannot turn on GRO: {}", stderr(&output).trim());
            return;
        }
    }
    until("a ping goes through", || line.ping(56));
    until("a jumbo frame goes through", || line.ping(8900));
}

#[test]
fn a_killed_program_leaves_nothing_attached() {
    let Some(line) = Line::new() else { return };
    for (mode, word) in [("native", "xdp"), ("generic", "xdpgeneric")] {
        let Some(mut running) = line.start(mode) else { return };
        assert_eq!(line.attached(), [format!("eth1 {word}"), format!("eth2 {word}")]);
        running.signal("-KILL");
        assert_eq!(running.status(), None, "it has died of the signal");
        until("the kernel has detached", || line.attached().is_empty());
    }
}

#[test]
fn a_port_with_a_program_is_refused_and_keeps_it() {
    let Some(line) = Line::new() else { return };
    for (mode, word) in [("native", "xdp"), ("generic", "xdpgeneric")] {
        let Some(mut running) = line.start(mode) else { return };
        let before = line.attached();
        for second in ["native", "generic"] {
            let output = line.command(&["--in", "eth2", "--out", "eth1", "--mode", second]).output().unwrap();
            let expected = format!(
                "xdp-redirect: there is an XDP program of somebody else on port `eth2`\n\
                 hint: `ip link set dev eth2 {word} off` takes it off; where the kernel refuses that, a running \
                 program holds it: stop that one\n"
            );
            assert_eq!((stderr(&output), output.status.code()), (expected, Some(1)));
        }
        assert_eq!(line.attached(), before);
        running.signal("-INT");
        assert_eq!(running.status(), Some(0));
    }
}

#[test]
fn a_port_that_goes_away_ends_it() {
    let Some(line) = Line::new() else { return };
    let Some(mut running) = line.start("native") else { return };
    // A change that takes no port away is none of its business.
    ip(&["-n", &line.middle, "link", "set", "lo", "up"]).unwrap();
    ip(&["-n", &line.middle, "link", "del", "eth2"]).unwrap();
    assert_eq!(running.status(), Some(1));
    assert_eq!(running.complaint(), "xdp-redirect: lost port `eth2`: No such device\n");
    assert_eq!(line.attached(), [""; 0]);
}

#[test]
fn a_driver_without_native_mode_is_explained_and_the_other_port_let_go() {
    let Some(line) = Line::new() else { return };
    if let Err(why) = ip(&["-n", &line.middle, "link", "add", "br0", "type", "bridge"]) {
        println!("skipped: there is no port without native XDP: {why}");
        return;
    }
    // Says where programs cannot be loaded at all.
    if line.start("native").is_none() {
        return;
    }
    let output = line.command(&["--in", "eth1", "--out", "br0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    let what =
        "xdp-redirect: could not attach in native mode to port `br0`: Operation not supported\nhint: likely its driver";
    assert!(said.starts_with(what), "{said}");
    assert_eq!(line.attached(), [""; 0]);
}
