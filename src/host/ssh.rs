//! The connection itself. The only place that names the `openssh` crate.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use openssh::{KnownHosts, Session, SessionBuilder, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};

use super::Output;
use super::shell::Argv;

/// How long to wait for a host to answer at all.
const CONNECT_BOUND: Duration = Duration::from_secs(30);

/// One `ControlMaster` connection; every command is a channel of it.
#[derive(Debug)]
pub struct Link {
    session: Arc<Session>,
    name: String,
}

impl Link {
    /// Connects to `destination`, anything `ssh` accepts, with strict host-key checking.
    pub async fn open(destination: &str, config: Option<&Path>) -> Result<Self> {
        let mut builder = SessionBuilder::default();
        builder.known_hosts_check(KnownHosts::Strict).connect_timeout(CONNECT_BOUND);
        builder.server_alive_interval(Duration::from_secs(5));
        builder.control_directory(std::env::temp_dir());
        if let Some(config) = config {
            builder.config_file(config);
        }
        let context = || format!("could not connect to `{destination}`\nhint: try `ssh {destination} true`");
        let session = builder.connect(destination).await.with_context(context)?;
        Ok(Self { session: Arc::new(session), name: destination.to_owned() })
    }

    /// Runs a program to its end, within `bound`.
    pub async fn run(&self, words: &[&str], input: Option<&[u8]>, bound: Duration) -> Result<Output> {
        let run = async {
            let mut command = self.command(words.iter().copied());
            command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
            let mut child = command.spawn().await?;
            let stdin = child.stdin().take();
            let feed = async move {
                if let (Some(mut stdin), Some(input)) = (stdin, input) {
                    // A program that ends without reading everything is judged by its exit status.
                    let _ = stdin.write_all(input).await;
                    let _ = stdin.shutdown().await;
                }
            };
            let ((), output) = tokio::join!(feed, child.wait_with_output());
            output
        };
        match tokio::time::timeout(bound, run).await {
            Err(_) => bail!("`{}` did not answer within {} s", self.name, bound.as_secs()),
            Ok(result) => {
                let output = result.with_context(|| format!("lost the connection to `{}`", self.name))?;
                Ok(Output {
                    status: shell_status(output.status),
                    stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                    stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
                })
            }
        }
    }

    /// Starts a program whose output is read line by line.
    pub async fn spawn(&self, argv: &Argv) -> Result<Process> {
        let mut command = self.command(argv.0.iter().map(String::as_str));
        command.stdin(Stdio::piped());
        let context = || format!("could not start `{argv}` on `{}`", self.name);
        let mut child = command.spawn().await.with_context(context)?;
        let stdin = child.stdin().take();
        let stdout = child.stdout().take().with_context(context)?;
        Ok(Process { name: self.name.clone(), child, stdin, lines: BufReader::new(stdout).lines() })
    }

    fn command<'a>(&self, mut words: impl Iterator<Item = &'a str>) -> openssh::OwningCommand<Arc<Session>> {
        let mut command = Arc::clone(&self.session).arc_command(words.next().unwrap_or("true").to_owned());
        command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Ends the connection.
    pub async fn close(self) -> Result<()> {
        match Arc::try_unwrap(self.session) {
            Ok(session) => {
                session.close().await.with_context(|| format!("could not close the connection to `{}`", self.name))
            }
            // A channel is still open; the connection ends with it.
            Err(_) => Ok(()),
        }
    }
}

/// Exit status as the shell has it.
fn shell_status(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// A program running on a host. Dropping it cuts the channel, which does not end the program: give whatever is started
/// a bound of its own.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: openssh::Child<Arc<Session>>,
    stdin: Option<openssh::ChildStdin>,
    lines: Lines<BufReader<openssh::ChildStdout>>,
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

    /// Closes its input and waits for its end; gives the exit status and what it wrote to standard error.
    pub async fn wait(mut self) -> Result<(i32, String)> {
        drop(self.stdin.take());
        let mut stderr = Vec::new();
        if let Some(mut pipe) = self.child.stderr().take() {
            pipe.read_to_end(&mut stderr).await.with_context(|| format!("lost the connection to `{}`", self.name))?;
        }
        let status = self.child.wait().await.with_context(|| format!("lost the connection to `{}`", self.name))?;
        Ok((shell_status(status), String::from_utf8_lossy(&stderr).into_owned()))
    }
}
