//! The process that holds a host, as the host's journal names it, and whether it is still there. Only the machine that it
//! ran on can tell.
//!
//! Must not know what a host is.

use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Written where something is not known.
const UNKNOWN: &str = "-";

/// A process of a machine. Process numbers come again, so its start time belongs to it; and they are those of one boot,
/// in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// The machine's name.
    pub hostname: String,
    /// The machine, whatever its name is.
    pub machine: String,
    /// The boot of the machine's kernel.
    pub boot: String,
    /// The namespace in which `pid` counts.
    pub namespace: String,
    /// The process.
    pub pid: i32,
    /// When it began, in ticks since the boot.
    pub started: String,
}

/// What has become of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Alive,
    /// It does not, and why this is known.
    Dead(String),
    /// It is not one of this machine's, or it is out of sight.
    Unknown,
}

impl Controller {
    /// This process.
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).map_or_else(|_| UNKNOWN.to_owned(), |text| word(&text));
        let pid = std::process::id().cast_signed();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            hostname: word(&nix::unistd::gethostname().unwrap_or_default().to_string_lossy()),
            machine: read("/etc/machine-id"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            namespace: word(&namespace.to_string_lossy()),
            pid,
            started: stat(pid).map_or_else(|| UNKNOWN.to_owned(), |(_, started)| started),
        }
    }

    /// As one line.
    pub fn line(&self) -> String {
        let Self { hostname, machine, boot, namespace, pid, started } = self;
        format!("{hostname} {machine} {boot} {namespace} {pid} {started}")
    }

    /// From such a line.
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let [hostname, machine, boot, namespace, pid, started] = words.try_into().ok()?;
        Some(Self { hostname, machine, boot, namespace, pid: pid.parse().ok()?, started })
    }

    /// What has become of it, as far as this machine can tell.
    pub fn fate(&self) -> Fate {
        self.fate_seen_by(&Self::this())
    }

    fn fate_seen_by(&self, here: &Self) -> Fate {
        let same = |a: &str, b: &str| a == b && a != UNKNOWN;
        if same(&self.boot, &here.boot) {
            // A process of another container has a number of its own, which says nothing here.
            return if same(&self.namespace, &here.namespace) { self.fate_of_process() } else { Fate::Unknown };
        }
        if same(&self.machine, &here.machine) && same(&self.hostname, &here.hostname) {
            return Fate::Dead(format!("{} was booted since", self.hostname));
        }
        Fate::Unknown
    }

    fn fate_of_process(&self) -> Fate {
        let gone = || Fate::Dead(format!("its process {} is gone", self.pid));
        if self.pid <= 0 || kill(Pid::from_raw(self.pid), None) == Err(Errno::ESRCH) {
            return gone();
        }
        match stat(self.pid) {
            Some((state, started)) if state == "Z" || started != self.started => gone(),
            // Other users' processes may be hidden.
            None => Fate::Unknown,
            Some(_) => Fate::Alive,
        }
    }
}

/// One word: what is in a line by itself must not have gaps.
fn word(text: &str) -> String {
    let word: String = text.split_whitespace().collect();
    if word.is_empty() { UNKNOWN.to_owned() } else { word }
}

/// State and start time of a process.
fn stat(pid: i32) -> Option<(String, String)> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    // The program's name stands in parentheses before them and may have any characters in it.
    let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(((*fields.first()?).to_owned(), (*fields.get(19)?).to_owned()))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn gone(process: &Controller) -> Fate {
        Fate::Dead(format!("its process {} is gone", process.pid))
    }

    #[test]
    fn a_controller_is_one_line_of_a_journal_and_back() {
        let this = Controller::this();
        assert_eq!(Controller::parse(&this.line()), Some(this));
        for line in ["", "a b c", "a b c d five f", "a b c d 5 f g"] {
            assert_eq!(Controller::parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_process_is_alive_while_it_runs_and_dead_as_a_zombie_and_when_it_is_gone() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = child.id().cast_signed();
        let process = Controller { pid, started: stat(pid).unwrap().1, ..Controller::this() };
        assert_eq!(process.fate(), Fate::Alive);
        child.kill().unwrap();
        crate::poll::until(std::time::Duration::from_secs(10), "the child's death", || {
            Ok((process.fate() == gone(&process)).then_some(()))
        })
        .unwrap();
        child.wait().unwrap();
        assert_eq!(process.fate(), gone(&process));
    }

    #[test]
    fn another_process_that_got_the_number_is_not_taken_for_it() {
        let earlier = Controller { started: "1".to_owned(), ..Controller::this() };
        assert_eq!(earlier.fate(), gone(&earlier));
    }

    #[test]
    fn a_process_of_before_this_machine_was_booted_is_dead() {
        let here = Controller { machine: "m".to_owned(), hostname: "desk".to_owned(), ..Controller::this() };
        let earlier = Controller { boot: "another".to_owned(), ..here.clone() };
        assert_eq!(earlier.fate_seen_by(&here), Fate::Dead("desk was booted since".to_owned()));
    }

    #[test]
    fn of_a_process_elsewhere_nothing_is_known() {
        let here = Controller { machine: "m".to_owned(), ..Controller::this() };
        let boot = "another".to_owned();
        let container = Controller { namespace: "pid:[1]".to_owned(), ..here.clone() };
        let machine = Controller { boot: boot.clone(), machine: "n".to_owned(), ..here.clone() };
        let clone = Controller { boot: boot.clone(), hostname: "twin".to_owned(), ..here.clone() };
        let nameless = Controller { boot, machine: UNKNOWN.to_owned(), ..here.clone() };
        for elsewhere in [container, machine, clone, nameless.clone()] {
            assert_eq!(elsewhere.fate_seen_by(&here), Fate::Unknown, "{elsewhere:?}");
        }
        assert_eq!(nameless.fate_seen_by(&Controller { machine: UNKNOWN.to_owned(), ..here }), Fate::Unknown);
    }
}
