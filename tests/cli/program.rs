//! Runs the built program in a directory of its own, which is also its home: no testbed, result or lab of this
//! machine's user is seen.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A run of the program, not yet begun.
#[derive(Debug)]
#[must_use]
pub struct Program {
    dir: TempDir,
    command: Command,
}

/// Will run `nsbench` with these arguments, which are given as one text and have no spaces of their own.
pub fn nsbench(arguments: &str) -> Program {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsbench"));
    command.args(arguments.split_whitespace()).current_dir(dir.path()).env_clear();
    // Without programs, nothing that ought to be refused can become a lab.
    command.env("PATH", "").env("HOME", dir.path()).env("XDG_CACHE_HOME", dir.path().join("cache"));
    Program { dir, command }
}

impl Program {
    /// Its directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// With this file in its directory.
    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// With this environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it with a standard output that nobody reads any more.
    #[must_use]
    pub fn run_unread(mut self) -> Ended {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.ended(writer.into())
    }

    /// Runs it to its end.
    #[must_use]
    pub fn run(mut self) -> Ended {
        self.ended(Stdio::piped())
    }

    fn ended(&mut self, stdout: Stdio) -> Ended {
        let child = self.command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let dir = self.dir.path();
        let text = |bytes| hide_key(&String::from_utf8(bytes).unwrap().replace(dir.to_str().unwrap(), "[dir]"));
        let mut left: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let left = left.into_iter().map(|name| name.into_string().unwrap()).collect();
        Ended { status: status.code(), stdout: text(stdout), stderr: text(stderr), left }
    }
}

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Ended {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// Names of what is in its directory.
    pub left: Vec<String>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or("a signal".to_owned(), |status| status.to_string());
        let mut text = format!("[exit status {status}]\n");
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                write!(text, "--- {name}\n{stream}")?;
            }
        }
        f.write_str(&text)
    }
}

/// The key of built sources changes with every line of them.
fn hide_key(text: &str) -> String {
    let mut parts = text.split("/var/cache/nsbench/");
    let mut hidden = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_hexdigit).count();
        hidden += "/var/cache/nsbench/";
        hidden += if digits == 16 { "[key]" } else { &part[..digits] };
        hidden += &part[digits..];
    }
    hidden
}
