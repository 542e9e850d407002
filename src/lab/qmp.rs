//! The QEMU Machine Protocol, as much of it as a lab needs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// A monitor connection to one QEMU process.
#[derive(Debug)]
pub struct Qmp {
    reader: BufReader<UnixStream>,
}

impl Qmp {
    /// Connects to the monitor socket at `path` and negotiates.
    pub fn connect(path: &Path) -> Result<Self> {
        let stream =
            connect_short(path).with_context(|| format!("could not reach QEMU's monitor at `{}`", path.display()))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut qmp = Self { reader: BufReader::new(stream) };
        qmp.read()?;
        qmp.execute("qmp_capabilities", &Value::Null)?;
        Ok(qmp)
    }

    /// Runs a command and gives its return value; events on the way are passed over.
    pub fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let mut request = json!({ "execute": command });
        if !arguments.is_null() {
            request["arguments"] = arguments.clone();
        }
        let stream = self.reader.get_mut();
        writeln!(stream, "{request}").with_context(|| format!("could not send `{command}` to QEMU"))?;
        loop {
            let mut answer = self.read()?;
            if let Some(error) = answer.get("error") {
                bail!("QEMU refused `{command}`: {error}");
            }
            if answer.get("return").is_some() {
                return Ok(answer["return"].take());
            }
        }
    }

    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.reader.read_line(&mut line).context("QEMU's monitor did not answer")?;
        if line.is_empty() {
            bail!("QEMU closed its monitor");
        }
        serde_json::from_str(&line).with_context(|| format!("QEMU's monitor said `{}`", line.trim()))
    }
}

/// A socket's address holds 107 bytes; a cache directory may be deeper. A path through the open directory is
/// short whatever its depth.
pub fn connect_short(path: &Path) -> std::io::Result<UnixStream> {
    use std::os::fd::AsRawFd;
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return UnixStream::connect(path);
    };
    let dir = std::fs::File::open(dir)?;
    UnixStream::connect(Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name))
}
