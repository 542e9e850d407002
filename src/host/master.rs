//! The `ssh` that holds a connection for all commands of a host: begun in the background, ended with the last that uses it.
//!
//! Must not know what goes over the connection, nor what a refusal means: `refusal` does.

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{ErrorKind, Read as _};
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::timeout;

use super::refusal::{Destination, explained, explained_on_the_way, is_denied, is_on_the_way, too_slow};
use crate::poll::within;

/// A host is asked for a sign of life when it has said nothing for so long. `ssh` gives up at the fourth time that it
/// would ask: a host that is dead without a word is noticed after 8 s.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// How long a connection outlives its last command, where nobody ends it: this process was killed. Longer than any build.
const IDLE_S: NonZeroU32 = NonZeroU32::new(3600).unwrap();

/// How long `ssh` itself gets beyond what it was allowed for connecting: logging in comes after that.
const GRACE: Duration = Duration::from_millis(500);

/// What a host says is quoted up to here.
const LONGEST: u64 = 64 << 10;

/// A connection by its socket. Whoever gets at that is on the host, so it is in a directory of its own.
#[derive(Debug)]
pub struct Master {
    /// The socket.
    pub socket: PathBuf,
    /// What `ssh` said, and says when it ends.
    pub log: Option<PathBuf>,
    /// Whether it is to be ended here; one that the user has open is left as it is.
    own: bool,
    _directory: TempDir,
}

impl Master {
    /// Connects. Nothing is asked of the user on the way, neither by `ssh` nor by those that it starts for jump hosts.
    ///
    /// # Errors
    /// Why there is no connection, and what to do.
    pub async fn start(destination: &Destination<'_>, bound: Duration) -> Result<Self> {
        let private = tempfile::Builder::new().prefix("nsb-").permissions(Permissions::from_mode(0o700)).tempdir();
        let directory = private.context("could not make a directory for the connection's socket")?;
        let (socket, log) = (directory.path().join("master"), directory.path().join("log"));
        let mut ssh = Ssh::to(destination, &log, bound);
        ssh.words(["-S".as_ref(), socket.as_os_str()]).words(["-M", "-f", "-N", "-o"]);
        ssh.words([format!("ControlPersist={IDLE_S}")]);
        let connected = ssh.run(None).await;
        let own = words(&log);
        match connected {
            Ok(true) => Ok(Self { socket, log: Some(log), own: true, _directory: directory }),
            Ok(false) if is_denied(&own) => match users_own(destination).await {
                // Whoever has typed a password there already has shown that it may be.
                Some(socket) => Ok(Self { socket, log: None, own: false, _directory: directory }),
                None => Err(explained(&own, destination)),
            },
            Ok(false) if is_on_the_way(&own) => {
                let around = around(destination, directory.path(), bound).await;
                Err(explained_on_the_way(&around?, destination))
            }
            Ok(false) => Err(explained(&own, destination)),
            Err(Trouble::Slow) => Err(too_slow(&own, destination, bound)),
            Err(Trouble::NotRun(error)) => Err(not_run(&error)),
            Err(Trouble::WouldAsk) => Err(anyhow!(
                "it is behind another host, which could ask for a password on this terminal: there is no `setsid` to keep it from that\n\
                 hint: install it: apt install util-linux; or run nsbench without a terminal"
            )),
        }
    }

    /// Whether it is for this process to end the connection.
    pub const fn is_own(&self) -> bool {
        self.own
    }

    /// Takes it that the connection was ended.
    pub const fn forget(&mut self) {
        self.own = false;
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        if self.own {
            let mut exit = Command::new("ssh");
            exit.args(["-F", "/dev/null", "-O", "exit", "-S"]).arg(&self.socket).arg("none");
            // One that is gone already has nothing to end.
            let _ = exit.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// Why it is not known whether there is a connection.
enum Trouble {
    /// It took longer than it may.
    Slow,
    /// There is no such program.
    NotRun(std::io::Error),
    /// Somebody on the way could ask, and nothing would keep them from it.
    WouldAsk,
}

/// An `ssh` that asks nobody anything. Without a terminal, one that it starts for a jump host cannot ask there either, whatever
/// that is configured to.
struct Ssh<'d> {
    destination: Destination<'d>,
    words: Vec<OsString>,
    last: Vec<OsString>,
    bound: Duration,
}

impl<'d> Ssh<'d> {
    fn to(destination: &Destination<'d>, log: &Path, bound: Duration) -> Self {
        let last = vec!["--".into(), destination.name.into()];
        let mut ssh = Self { destination: *destination, words: Vec::new(), last, bound };
        ssh.words(["-E".as_ref(), log.as_os_str()]);
        ssh.words(["-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o"]);
        ssh.words([format!("ConnectTimeout={}", bound.as_secs().max(1))]);
        ssh.words(["-o".to_owned(), format!("ServerAliveInterval={}", SIGN_OF_LIFE.as_secs())]);
        if let Some(config) = destination.config {
            ssh.words(["-F".as_ref(), config.as_os_str()]);
        }
        ssh
    }

    fn words<W: Into<OsString>>(&mut self, words: impl IntoIterator<Item = W>) -> &mut Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    fn spawn(&self, before: Option<&str>, stderr: Stdio) -> std::io::Result<Child> {
        let mut command = tokio::process::Command::new(before.unwrap_or("ssh"));
        command.args(before.map(|_| "ssh")).args(&self.words).args(&self.last);
        command.env("SSH_ASKPASS_REQUIRE", "never").kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn()
    }

    fn is_behind_another(&self) -> bool {
        ["proxyjump", "proxycommand"]
            .iter()
            .any(|key| self.destination.setting(key).is_some_and(|value| value != "none"))
    }

    /// Whether it ended well.
    async fn run(&self, stderr: Option<&File>) -> Result<bool, Trouble> {
        let to = || stderr.map_or_else(|| Ok(Stdio::null()), |file| file.try_clone().map(Stdio::from));
        let spawned = match self.spawn(Some("setsid"), to().map_err(Trouble::NotRun)?) {
            // An `ssh` that this one starts does not know that nobody is to be asked, and finds the terminal by itself.
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && File::open("/dev/tty").is_ok()
                    && self.is_behind_another() =>
            {
                return Err(Trouble::WouldAsk);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.spawn(None, to().map_err(Trouble::NotRun)?),
            spawned => spawned,
        };
        let mut child = spawned.map_err(Trouble::NotRun)?;
        match within(self.bound, GRACE, child.wait()).await {
            Ok(status) => Ok(status.map_err(Trouble::NotRun)?.success()),
            Err(_) => Err(Trouble::Slow),
        }
    }
}

/// What is said on the way to a host by those that `ssh` starts for it. One that is to stay in the background keeps it from
/// us, so it is tried a second time by one that is not.
async fn around(destination: &Destination<'_>, directory: &Path, bound: Duration) -> Result<String> {
    let path = directory.join("around");
    let stderr = File::create(&path).context("could not write to the connection's directory")?;
    let mut ssh = Ssh::to(destination, &directory.join("again"), bound);
    ssh.words(["-o", "ControlPath=none"]).last.push("true".into());
    // Should it connect now, there are no words, and that is what is told.
    let _ = ssh.run(Some(&stderr)).await;
    Ok(words(&path))
}

/// The socket of a connection that the user has open to the destination, where the configuration says to share it.
async fn users_own(destination: &Destination<'_>) -> Option<PathBuf> {
    let path = destination.setting("controlpath").filter(|path| path != "none")?;
    let mut check = tokio::process::Command::new("ssh");
    check.args(["-F", "/dev/null", "-O", "check", "-S"]).arg(&path).arg("none").kill_on_drop(true);
    check.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let there =
        timeout(SIGN_OF_LIFE, check.status()).await.is_ok_and(|ended| ended.is_ok_and(|status| status.success()));
    there.then(|| path.into())
}

fn words(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(LONGEST).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn not_run(error: &std::io::Error) -> anyhow::Error {
    let hint = match error.kind() {
        ErrorKind::NotFound => "\nhint: install the OpenSSH client: apt install openssh-client",
        _ => "",
    };
    anyhow!("could not run `ssh`: {error}{hint}")
}
