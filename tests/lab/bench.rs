//! The lab under test and the program, run as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nsbench::lab::Lab;
use nsbench::poll;
use nsbench::role::Role;
use serde_json::Value;

/// In the environment of every command, where an agent's socket and somebody's password may be.
pub const CANARY: &str = "canary-4711";

/// A lab of our own, a directory for results, a testbed file that names the lab.
pub struct Bench {
    pub dir: tempfile::TempDir,
    pub name: String,
    /// What the hosts looked like before anything was done to them.
    pub pristine: Option<String>,
}

/// What a host is, in the parts that a run changes. Kernel parameters that change by themselves are left out, and so are
/// interrupts that no driver handles.
const STATE: &str = r#"ip -o link | sed 's/^[0-9]*: //' | sort
ip -o address | sed 's/^[0-9]*: //; s/valid_lft.*//' | sort
ip route | sort
tc qdisc show | sort
lsmod | cut -d' ' -f1 | sort
ls -A /var/lib/nsbench /dev/netslice /dev/netmap /dev/vfio /var/run /run /dev/hugepages /tmp 2>&1
for p in /sys/class/net/eth*; do echo "${p##*/}"; for w in k g l; do ethtool -$w "${p##*/}" 2>&1; done; done | sort | uniq -c
for d in /sys/bus/pci/devices/*; do echo "$d $(readlink "$d/driver") $(cat "$d/driver_override")"; done
cat /sys/kernel/mm/hugepages/*/nr_hugepages
for p in /sys/class/net/eth*; do
  for i in "$p"/device/../msi_irqs/*; do
    for action in /proc/irq/"${i##*/}"/*-*; do
      [ ! -d "$action" ] || echo "${p##*/} ${action#*-} $(cat "/proc/irq/${i##*/}/smp_affinity_list")"
    done
  done
done | sort
sysctl -a 2>/dev/null | grep -v 'random\|dentry\|inode\|file-nr\|rss_key\|pid\|pty.nr\|jiffies\|tainted\|expired\|file-max\|reserve_kbytes' | sort
ls -A /var/cache
ps --ppid 2 -p 2 --deselect -o comm= | grep -v -x -E 'ps|grep|ba?sh|sort|uniq|sshd.*' | sort | uniq -c
:"#;

impl Bench {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let name = format!("test-{}", std::process::id());
        let bench = Self { dir, name, pristine: None };
        let shipped = nsbench::testbed::Testbed::shipped_text("lab").expect("the lab's testbed is shipped");
        std::fs::write(bench.testbed(), shipped.replace("\nlab: lab", &format!("\nlab: {}", bench.name))).unwrap();
        bench
    }

    pub fn testbed(&self) -> PathBuf {
        self.dir.path().join("testbed.yaml")
    }

    pub fn results(&self) -> PathBuf {
        self.dir.path().join("results")
    }

    pub fn lab(&self) -> Lab {
        Lab::new(&self.name).unwrap()
    }

    /// The program with our testbed as its default.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nsbench"));
        command.args(words).env("NSBENCH_TESTBED", self.testbed()).current_dir(self.dir.path());
        command.env("SSH_AUTH_SOCK", format!("/nowhere/{CANARY}")).env("PASSWORD", CANARY);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end, and shows what was said when the exit status is not `status`.
    pub fn expect(&self, status: i32, words: &[&str]) -> Said {
        let said = Said::of(self.command(words).output().unwrap());
        assert_eq!(said.status, status, "nsbench {}\n{}\n{}", words.join(" "), said.stdout, said.stderr);
        said
    }

    /// `lab VERB --name OURS …`
    pub fn lab_command(&self, status: i32, verb: &str, more: &[&str]) -> Said {
        let words: Vec<_> = ["lab", verb, "--name", &self.name].iter().chain(more).copied().collect();
        self.expect(status, &words)
    }

    /// A command on a guest, by its own shell.
    pub fn on(&self, role: Role, script: &str) -> String {
        // A new connection to an emulated guest takes more than a second, and there are hundreds of looks.
        let socket = format!("ControlPath={}/%C", self.dir.path().display());
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(self.lab().ssh_config());
        ssh.args(["-o", "ControlMaster=auto", "-o", &socket, "-o", "ControlPersist=60", role.name(), script]);
        let output = ssh.stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
        // A connection from before a guest's reset may be noticed dead only now. ssh says so, and makes a new one for the command.
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.split_inclusive('\n').filter(|line| !line.starts_with("mux_client_"));
        said.fold(String::from_utf8_lossy(&output.stdout).into_owned(), |text, line| text + line)
    }

    /// The same command on every guest.
    pub fn on_each(&self, script: &str) -> [String; 3] {
        std::thread::scope(|scope| {
            Role::ALL.map(|role| scope.spawn(move || self.on(role, script))).map(|thread| thread.join().unwrap())
        })
    }

    /// A testbed file by which the guests are hosts like any others: nobody knows that they are a lab.
    pub fn machines(&self) -> PathBuf {
        let text = std::fs::read_to_string(self.testbed()).unwrap();
        let config = self.lab().ssh_config();
        let text = text.replace(&format!("\nlab: {}", self.name), &format!("\nssh_config: {}", config.display()));
        let file = self.dir.path().join("machines.yaml");
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Waits until netperf runs on the source.
    pub fn wait_for_traffic(&self) {
        poll::until(Duration::from_secs(180), "netperf to run on the source", || {
            Ok(self.on(Role::Source, "pgrep -x netperf").lines().next().map(drop))
        })
        .unwrap();
    }

    /// What the three hosts are now.
    pub fn state(&self) -> String {
        self.states().concat()
    }

    /// What each of the hosts is now.
    pub fn states(&self) -> [String; 3] {
        let [source, middlebox, sink] = self.on_each(STATE);
        [("source", source), ("middlebox", middlebox), ("sink", sink)]
            .map(|(role, state)| format!("== {role}\n{state}"))
    }

    /// Compares the hosts with what they were at first.
    pub fn assert_pristine(&self) {
        let (before, now) = (self.pristine.as_deref().expect("the state was recorded"), self.state());
        assert!(before == now, "the hosts are not as they were\n{}", difference(before, &now));
    }

    /// QEMU processes that name our lab's directory.
    pub fn processes(&self) -> usize {
        Self::processes_in(&self.lab_dir())
    }

    /// Where the middlebox is that costs are measured on.
    pub fn solo_dir(&self) -> PathBuf {
        self.lab_dir().with_file_name(format!("{}_solo", self.name))
    }

    /// QEMU processes that name a directory.
    pub fn processes_in(dir: &Path) -> usize {
        let needle = format!("{}/", dir.display());
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| line.starts_with(b"qemu-system") && String::from_utf8_lossy(line).contains(&needle)).count()
    }

    /// The key by which the guests are reached.
    pub fn private_key(&self) -> PathBuf {
        let config = std::fs::read_to_string(self.lab().ssh_config()).unwrap();
        let file = config.lines().find_map(|line| line.trim().strip_prefix("IdentityFile ")).unwrap();
        PathBuf::from(file.trim_matches('"'))
    }

    /// The lab's directory in the cache.
    pub fn lab_dir(&self) -> PathBuf {
        self.lab().ssh_config().parent().map(Path::to_owned).unwrap()
    }
}

/// In which lines two states differ.
pub fn difference(before: &str, now: &str) -> String {
    let only = |of: &str, other: &str| {
        let lines: Vec<_> = of.lines().filter(|line| !other.lines().any(|l| l == *line)).collect();
        lines.join("\n  ")
    };
    format!("gone:\n  {}\nnew:\n  {}", only(before, now), only(now, before))
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Err(error) = self.lab().down() {
            eprintln!("the test's lab is not down: {error:#}");
        }
    }
}

/// What a run of the program left.
pub struct Said {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { status: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
