//! SSH keys of the lab: one for the user, one a guest, made once a user and known to nobody else.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{cache, root};
use crate::role::Role;

/// The key files in the cache.
#[derive(Debug)]
pub struct Keys {
    dir: PathBuf,
}

impl Keys {
    /// The user's lab keys, made where there are none.
    pub fn ensure() -> Result<Self> {
        let dir = cache::ensure("keys", "lab", make)?;
        cache::private(&dir)?;
        Ok(Self { dir })
    }

    /// The public keys, which stand for the key set.
    pub fn fingerprint(&self) -> Result<String> {
        let publics = ["client", "source", "middlebox", "sink"].map(|name| self.public(name));
        publics.into_iter().collect()
    }

    fn public(&self, name: &str) -> Result<String> {
        let path = self.dir.join(format!("{name}.pub"));
        fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))
    }

    /// Writes `ssh_config` and `known_hosts` for a lab whose guests answer at `ports` of 127.0.0.1. Host keys are
    /// known beforehand, so checking stays strict.
    pub fn write_client_files(&self, dir: &Path, lab: &str, ports: [u16; 3]) -> Result<()> {
        let known_hosts = dir.join("known_hosts");
        let (mut hosts, mut known) = (String::new(), String::new());
        for (role, port) in Role::ALL.into_iter().zip(ports) {
            let alias = format!("nsbench-{lab}-{role}");
            write!(known, "{alias} {}", self.public(role.name())?)?;
            writeln!(hosts, "Host {role}\n  Port {port}\n  HostKeyAlias {alias}")?;
        }
        let config = format!(
            "# Lab `{lab}`; written by nsbench lab up.\n{hosts}Host *\n  HostName 127.0.0.1\n  User root\n  \
             IdentityFile \"{}\"\n  IdentitiesOnly yes\n  UserKnownHostsFile \"{}\"\n  \
             GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n  UpdateHostKeys no\n  \
             ServerAliveInterval 5\n  ServerAliveCountMax 6\n  ConnectTimeout 30\n  LogLevel ERROR\n",
            self.dir.join("client").display(),
            known_hosts.display()
        );
        for (path, text) in [(dir.join("ssh_config"), config), (known_hosts, known)] {
            fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))?;
        }
        Ok(())
    }

    /// Writes the initramfs of `role`: the image's, followed by an archive with the keys that guest needs.
    pub fn write_initrd(&self, image: &Path, role: Role, output: &Path) -> Result<()> {
        let mut initrd = fs::read(image).with_context(|| format!("could not read `{}`", image.display()))?;
        // The kernel takes archives one after another, each on a 4-byte boundary.
        initrd.resize(initrd.len().next_multiple_of(4), 0);
        let private = fs::read(self.dir.join(role.name())).context("could not read the guest's host key")?;
        let mut archive = Cpio::default();
        archive.entry("keys", 0o040_700, b"");
        archive.entry("keys/ssh_host_ed25519_key", 0o100_600, &private);
        archive.entry("keys/ssh_host_ed25519_key.pub", 0o100_644, self.public(role.name())?.as_bytes());
        archive.entry("keys/authorized_keys", 0o100_600, self.public("client")?.as_bytes());
        initrd.extend(archive.finish());
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(output)?;
        file.write_all(&initrd).with_context(|| format!("could not write `{}`", output.display()))
    }
}

fn make(dir: &Path) -> Result<()> {
    cache::private(dir)?;
    for name in ["client", "source", "middlebox", "sink"] {
        let mut keygen = Command::new("ssh-keygen");
        let comment = format!("nsbench-lab-{name}");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", &comment, "-f"]).arg(dir.join(name));
        root::run(keygen)?;
    }
    Ok(())
}

/// A cpio archive in the `newc` form that the kernel unpacks (Documentation/driver-api/early-userspace).
#[derive(Default)]
struct Cpio {
    bytes: Vec<u8>,
    entries: u32,
}

impl Cpio {
    fn entry(&mut self, name: &str, mode: u32, contents: &[u8]) {
        self.entries += 1;
        let fields = [self.entries, mode, 0, 0, 1, 0, contents.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(contents);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, b"");
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Stdio;

    /// Names in `dir` that somebody other than the owner may read.
    fn readable_by_others(dir: &Path) -> Vec<String> {
        let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
        let open = files.filter(|file| file.metadata().unwrap().permissions().mode() & 0o077 != 0);
        let mut names: Vec<_> = open.map(|file| file.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn private_keys_are_their_owners_alone_and_lie_where_nobody_else_looks() {
        let dir = tempfile::tempdir().unwrap();
        let (keys, lab) = (dir.path().join("keys"), dir.path().join("lab"));
        if let Err(error) = make(&keys) {
            println!("skipped: no keys can be made: {error:#}");
            return;
        }
        cache::private(&lab).unwrap();
        assert_eq!(readable_by_others(dir.path()), [""; 0]);
        // Whether these are is for the user's umask to say.
        let beside = |names: &[&str], dir: &Path| {
            let mut open = readable_by_others(dir);
            open.retain(|name| !names.contains(&name.as_str()));
            open
        };
        assert_eq!(beside(&["client.pub", "middlebox.pub", "sink.pub", "source.pub"], &keys), [""; 0]);
        let image = dir.path().join("initrd");
        fs::write(&image, "an initramfs").unwrap();
        let keys = Keys { dir: keys };
        keys.write_initrd(&image, Role::Source, &lab.join("initrd-source")).unwrap();
        keys.write_client_files(&lab, "lab", [1, 2, 3]).unwrap();
        assert_eq!(beside(&["known_hosts", "ssh_config"], &lab), [""; 0]);
        let private = fs::read_to_string(keys.dir.join("client")).unwrap();
        for file in ["known_hosts", "ssh_config"] {
            let text = fs::read_to_string(lab.join(file)).unwrap();
            assert!(!private.lines().any(|line| text.contains(line)), "{file}");
        }
    }

    #[test]
    fn cpio_archives_are_understood_by_others() {
        let mut archive = Cpio::default();
        archive.entry("keys", 0o040_700, b"");
        archive.entry("keys/one", 0o100_600, b"secret\n");
        let bytes = archive.finish();
        let Ok(mut cpio) = Command::new("cpio").arg("-t").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            println!("skipped: no cpio program to read the archive with");
            return;
        };
        cpio.stdin.take().unwrap().write_all(&bytes).unwrap();
        let listed = cpio.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&listed.stdout), "keys\nkeys/one\n");
    }
}
