//! The connection itself. The only place that names the `openssh` crate.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use openssh::Session;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::master::Master;
use super::refusal::Destination;
use super::shell::Argv;
use super::{Lost, Output};

/// Exit status of `ssh` when the connection is at fault; a command may have it as well.
const SSH_FAILED: i32 = 255;

/// How long a host that takes no further session is asked again, and how often.
const SESSION_BOUND: Duration = Duration::from_secs(10);
const SESSION_PAUSE: Duration = Duration::from_millis(200);

/// The session, and the `ssh` that holds it.
#[derive(Debug)]
struct Connection {
    session: Session,
    master: Master,
}

/// One multiplexed connection; every command is a channel of it.
#[derive(Debug, Clone)]
pub struct Link {
    connection: Arc<Connection>,
    name: String,
}

/// Whether a terminal's Ctrl-C reaches the `ssh` of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruptible {
    /// It does: the command is given up.
    Yes,
    /// It does not.
    No,
}

impl Link {
    /// Connects to `destination`, anything `ssh` accepts, with strict host-key checking. Gives up after `bound`, in whole
    /// seconds.
    pub async fn open(destination: &str, config: Option<&Path>, bound: Duration) -> Result<Self> {
        let started = Master::start(&Destination { name: destination, config }, bound).await;
        let master = started.with_context(|| format!("could not connect to `{destination}`"))?;
        let session = Session::resume(master.socket.clone().into(), master.log.clone().map(Into::into));
        Ok(Self { connection: Arc::new(Connection { session, master }), name: destination.to_owned() })
    }

    /// Runs a program to its end, within `bound`. Where the host takes no further session now, it is asked again for a
    /// while: sessions come and go.
    pub async fn run(
        &self,
        words: &[&str],
        input: Option<&[u8]>,
        bound: Duration,
        interruptible: Interruptible,
    ) -> Result<Output> {
        let begun = Instant::now();
        loop {
            let output = self.run_once(words, input, bound, interruptible).await?;
            if output.status != SSH_FAILED || !is_refused(&output.stderr) {
                return Ok(output);
            }
            if begun.elapsed() > SESSION_BOUND.min(bound) {
                bail!(
                    "`{}` took no further session on its connection within {} s: {}\nhint: see `MaxSessions` in its \
                     /etc/ssh/sshd_config, and what runs there",
                    self.name,
                    begun.elapsed().as_secs(),
                    output.stderr.lines().next().unwrap_or_default().trim()
                )
            }
            sleep(SESSION_PAUSE).await;
        }
    }

    async fn run_once(
        &self,
        words: &[&str],
        input: Option<&[u8]>,
        bound: Duration,
        interruptible: Interruptible,
    ) -> Result<Output> {
        let mut command = self.command(&Argv::new(words.iter().copied()));
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        if interruptible == Interruptible::No {
            command.process_group(0);
        }
        let mut child = command.spawn().context("could not run `ssh`")?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async move {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A program that ends without reading everything is judged by its exit status.
                let _ = stdin.write_all(input).await;
                let _ = stdin.shutdown().await;
            }
        };
        let work = async { tokio::join!(feed, whole(stdout), whole(stderr), child.wait()) };
        let Ok(((), stdout, stderr, status)) = tokio::time::timeout(bound, work).await else {
            bail!("`{}` did not answer within {} s", self.name, bound.as_secs())
        };
        let status = status.context("could not wait for `ssh`")?;
        Ok(Output { status: exit_status(&self.connection.session, &self.name, status, &stderr).await?, stdout, stderr })
    }

    /// Starts a program whose output is read line by line. To be called on the runtime that reads it.
    pub fn spawn(&self, argv: &Argv, interruptible: Interruptible) -> Result<Process> {
        let mut command = self.command(argv);
        if interruptible == Interruptible::No {
            command.process_group(0);
        }
        let mut child = command.stdin(Stdio::piped()).spawn().context("could not run `ssh`")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("could not read from `ssh`")?;
        let stderr = tokio::spawn(whole(child.stderr.take()));
        let lines = BufReader::new(stdout).lines();
        Ok(Process { name: self.name.clone(), connection: Arc::clone(&self.connection), child, stdin, lines, stderr })
    }

    /// An `ssh` that opens a channel of this connection.
    fn command(&self, argv: &Argv) -> Command {
        let mut command = Command::new("ssh");
        // The user's configuration has its say when the connection is made. Should it be gone, then a new one must not
        // come about: there is no host `none`, and port 9 discards.
        command.args(["-F", "/dev/null", "-o", "BatchMode=yes", "-T", "-p", "9"]);
        command.arg("-S").arg(self.connection.session.control_socket()).args(["none", "--"]).arg(argv.to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Ends the connection.
    pub async fn close(self) -> Result<()> {
        match Arc::try_unwrap(self.connection) {
            Ok(Connection { session, mut master }) if master.is_own() => {
                master.forget();
                session.close().await.with_context(|| format!("could not close the connection to `{}`", self.name))
            }
            // A channel is still open and the connection ends with it, or it is the user's.
            _ => Ok(()),
        }
    }
}

/// Whether `ssh` was not given a session: it then tries to connect to `none` by itself, and the command did not begin.
fn is_refused(stderr: &str) -> bool {
    let mut lines = stderr.lines();
    let refused = |line: &str| line.starts_with("mux_client_request_session: session request failed: ");
    lines.next().is_some_and(refused) && lines.all(|line| line.starts_with("ssh: ") || line.trim().is_empty())
}

/// Everything that comes through a pipe, lossily decoded. A pipe that breaks ends; why is told by the exit status.
async fn whole(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The command's exit status, or an error where it is not the command's but `ssh` failed.
async fn exit_status(session: &Session, name: &str, status: ExitStatus, stderr: &str) -> Result<i32> {
    let Some(code) = status.code() else {
        bail!("`ssh` to `{name}` was killed by signal {}", status.signal().unwrap_or(0))
    };
    if code == SSH_FAILED
        && let Err(error) = session.check().await
    {
        let error = anyhow::Error::new(error);
        let said = stderr.lines().last().map(|line| format!(": {}", line.trim())).unwrap_or_default();
        return Err(error.context(Lost { name: name.to_owned(), said }));
    }
    Ok(code)
}

/// A program running on a host. Dropping it cuts the channel, which does not end the program: give whatever is started
/// a bound of its own.
#[derive(Debug)]
pub struct Process {
    name: String,
    connection: Arc<Connection>,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    /// Read from the beginning: a program that complains a lot must not wait for somebody to listen.
    stderr: JoinHandle<String>,
}

impl Process {
    /// The next line of its output; `None` at the end.
    pub async fn line(&mut self) -> Result<Option<String>> {
        self.lines.next_line().await.with_context(|| format!("lost the connection to `{}`", self.name))
    }

    /// Writes to its input.
    pub async fn write(&mut self, text: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("the program's input is closed")?;
        let written = async {
            stdin.write_all(text.as_bytes()).await?;
            stdin.flush().await
        };
        written.await.with_context(|| format!("lost the connection to `{}`", self.name))
    }

    /// Closes its input and waits for its end; gives the exit status and what it wrote to standard error. Output that
    /// was not read as lines is lost.
    pub async fn wait(mut self) -> Result<(i32, String)> {
        drop(self.stdin.take());
        whole(Some(self.lines.into_inner())).await;
        let stderr = self.stderr.await.context("could not read from `ssh`")?;
        let status = self.child.wait().await.context("could not wait for `ssh`")?;
        Ok((exit_status(&self.connection.session, &self.name, status, &stderr).await?, stderr))
    }
}
