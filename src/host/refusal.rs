//! Why `ssh` did not connect, and the way out: read off what it and the `ssh` of a jump host said.
//!
//! Knows OpenSSH's words, those of 8.4 to 10. Must not connect; what it does not understand it quotes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::anyhow;

use super::shell::quote;
use crate::output::one_line;

/// Where the connection was to go.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// As the user wrote it.
    pub name: &'a str,
    /// The file for `ssh -F`.
    pub config: Option<&'a Path>,
}

impl Destination<'_> {
    /// What to type to see it with one's own eyes.
    fn by_hand(self) -> String {
        let file = self.config.map(|path| format!("-F {} ", quote(&path.to_string_lossy()))).unwrap_or_default();
        format!("`ssh {file}{} true`", quote(self.name))
    }

    /// What puts the user's key there.
    fn copy_id(self) -> String {
        let bare = self.name.strip_prefix("ssh://").map(|rest| rest.trim_end_matches('/'));
        match bare.map(|bare| bare.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).ok_or(bare)) {
            None => format!("`ssh-copy-id {}`", quote(self.name)),
            Some(Ok((host, port))) => format!("`ssh-copy-id -p {port} {}`", quote(host)),
            Some(Err(host)) => format!("`ssh-copy-id {}`", quote(host)),
        }
    }

    /// The file that says how hosts are reached.
    fn file(self) -> String {
        self.config.map_or_else(|| "~/.ssh/config".to_owned(), |path| path.display().to_string())
    }

    /// What the user's configuration has for it under `key`, which is in lower case.
    pub fn setting(self, key: &str) -> Option<String> {
        let mut ssh = Command::new("ssh");
        ssh.arg("-G");
        if let Some(config) = self.config {
            ssh.arg("-F").arg(config);
        }
        let output = ssh.arg("--").arg(self.name).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let value = text.lines().filter_map(|line| line.split_once(' ')).find(|(known, _)| *known == key)?.1;
        Some(value.to_owned())
    }
}

/// How `ssh` calls a connection that goes through a jump host or a `ProxyCommand`.
const THROUGH: &str = "UNKNOWN port 65535";

/// Whether the host itself wants another key, or more than keys.
pub fn is_denied(words: &str) -> bool {
    words.contains("Permission denied (") && !is_on_the_way(words)
}

/// Whether it is a jump host or a `ProxyCommand` that failed, of which `ssh` says no more than that.
pub fn is_on_the_way(words: &str) -> bool {
    words.contains(THROUGH)
}

/// The error, from what `ssh` said.
pub fn explained(words: &str, destination: &Destination) -> anyhow::Error {
    let (what, cure) = explain(words, destination);
    anyhow!("{what}\nhint: {cure}")
}

/// The error, from what was said on the way by those that `ssh` started.
pub fn explained_on_the_way(around: &str, destination: &Destination) -> anyhow::Error {
    let jumps = destination.setting("proxyjump").filter(|jumps| jumps != "none");
    refused_on_the_way(around, jumps.as_deref(), destination)
}

/// The error where `ssh` did not come to an end.
pub fn too_slow(words: &str, destination: &Destination, bound: Duration) -> anyhow::Error {
    let said = last_line(words).map(|line| format!(": {line}")).unwrap_or_default();
    anyhow!(
        "the login took longer than {} s{said}\nhint: see whether a jump host or an agent waits for somebody: {}",
        bound.as_secs(),
        destination.by_hand()
    )
}

/// Which hop failed, and why. Every `ssh` behind it says once that its connection through the hop was closed.
fn refused_on_the_way(around: &str, jumps: Option<&str>, destination: &Destination) -> anyhow::Error {
    let Some(jumps) = jumps else {
        let said = last_line(around).unwrap_or_else(|| "it ended without a word".to_owned());
        let (file, by_hand) = (destination.file(), destination.by_hand());
        return anyhow!("its ProxyCommand failed: {said}\nhint: see `ProxyCommand` in {file}; try {by_hand}");
    };
    let hops: Vec<&str> = jumps.split(',').collect();
    let behind = around.matches(THROUGH).count();
    let at = hops.len().saturating_sub(1 + behind);
    let hop = Destination { name: hops[at], ..*destination };
    let own = around.lines().filter(|line| !line.contains(THROUGH) && !line.starts_with("kex_exchange_identification"));
    let own: Vec<&str> = own.filter(|line| !line.starts_with("Pseudo-terminal")).collect();
    let own = own.join("\n");
    let shown = one_line(hop.name);
    if own.contains("stdio forwarding failed") || own.contains("open failed") {
        let next = hops.get(at + 1).copied().unwrap_or(destination.name);
        let why = line_with(&own, "open failed").unwrap_or_default();
        let cure = if why.contains("prohibited") {
            format!("allow `AllowTcpForwarding` in /etc/ssh/sshd_config of `{shown}`")
        } else {
            format!("see that sshd runs on `{}` and that `{shown}` can reach it", one_line(next))
        };
        return anyhow!("its jump host `{shown}` could not go on to `{}`: {why}\nhint: {cure}", one_line(next));
    }
    if own.trim().is_empty() {
        let try_hop = hop.by_hand();
        return anyhow!("its jump host `{shown}` closed the connection without a word\nhint: try {try_hop}");
    }
    let (what, cure) = explain(&own, &hop);
    anyhow!("its jump host `{shown}`: {what}\nhint: {cure}")
}

/// What each kind of refusal is called, told by words of `ssh` that only it has; the first that is found counts.
const KINDS: [(&str, Explain); 17] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", changed_key),
    ("REVOKED HOST KEY", revoked_key),
    ("Host key verification failed", unknown_key),
    ("Too many authentication failures", too_many_keys),
    ("UNPROTECTED PRIVATE KEY FILE", open_key),
    ("Permission denied (", denied),
    ("Could not resolve hostname", no_such_name),
    ("Connection refused", refused),
    ("timed out during banner exchange", mute),
    ("timed out", timed_out),
    ("No route to host", no_way),
    ("Network is unreachable", no_way),
    ("Unable to negotiate", nothing_in_common),
    ("Bad owner or permissions", bad_configuration),
    ("Bad configuration option", bad_configuration),
    ("configuration option", bad_configuration),
    ("kex_exchange_identification", closed),
];

type Explain = fn(&str, &Destination) -> (String, String);

fn explain(words: &str, destination: &Destination) -> (String, String) {
    let kind = KINDS.iter().find(|(sign, _)| words.contains(sign));
    kind.map_or_else(|| unknown(words, destination), |(_, explain)| explain(words, destination))
}

fn changed_key(words: &str, destination: &Destination) -> (String, String) {
    let (file, line) = between(words, "Offending ", "\n")
        .and_then(|said| said.split_once(" in ")?.1.trim().rsplit_once(':'))
        .unwrap_or(("~/.ssh/known_hosts", "?"));
    let name = between(words, "Host key for ", " has changed").unwrap_or(destination.name);
    let (file, name, by_hand) = (one_line(file), one_line(name), destination.by_hand());
    let what = format!(
        "its host key has changed: it is not the one in {file}:{line} (REMOTE HOST IDENTIFICATION HAS CHANGED)"
    );
    let remove = format!("ssh-keygen -f {} -R {}", quote(&file), quote(&name));
    let cure = format!("was it installed anew? Then `{remove}` and {by_hand}. If not, somebody may be in between");
    (what, cure)
}

fn revoked_key(_: &str, _: &Destination) -> (String, String) {
    let cure = "give the host a new key, or see `RevokedHostKeys` in the configuration of ssh";
    ("its host key was revoked".to_owned(), cure.to_owned())
}

fn unknown_key(words: &str, destination: &Destination) -> (String, String) {
    let key = line_with(words, "host key is known for").or_else(|| line_with(words, "Host key verification failed"));
    let what = format!("its host key is not known here: {}", key.unwrap_or_default());
    let by_hand = destination.by_hand();
    let cure =
        format!("{by_hand} shows the key's fingerprint: answer yes if it is the host's (`ssh-keygen -lf` there)");
    (what, cure)
}

fn too_many_keys(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "Too many authentication failures").unwrap_or_default();
    let cure = format!(
        "name the one key that it accepts in {}: `IdentityFile` with `IdentitiesOnly yes`; an agent offers all that it has",
        destination.file()
    );
    (format!("it was offered too many keys: {said}"), cure)
}

fn open_key(words: &str, destination: &Destination) -> (String, String) {
    let Some(key) = between(words, "for '", "' are too open") else { return denied(words, destination) };
    let key = one_line(key);
    (format!("the key {key} can be read by others, and so ssh does not use it"), format!("chmod 600 {}", quote(&key)))
}

fn denied(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "Permission denied (").unwrap_or_default();
    let (file, by_hand) = (destination.file(), destination.by_hand());
    if said.contains("password") || said.contains("keyboard-interactive") {
        let what = format!("it asks for a password, and accepts none of your keys: {said}");
        let cure = format!(
            "put your key there, {}; or load the one that it knows (`ssh-add`), or name it in {file} (`IdentityFile`)",
            destination.copy_id()
        );
        return (what, cure);
    }
    let what = format!("it accepts none of your keys: {said}");
    let cure = format!(
        "add your public key to ~/.ssh/authorized_keys there, load the key that it knows (`ssh-add`), or name it in {file} \
         (`IdentityFile`, `User`); with -v, {by_hand} lists what is offered"
    );
    (what, cure)
}

fn no_such_name(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "Could not resolve hostname").unwrap_or_default();
    let cure = format!("write its address, or its name with a `HostName` in {}", destination.file());
    (format!("nobody knows its name: {said}"), cure)
}

fn refused(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "Connection refused").unwrap_or_default();
    let by_hand = destination.by_hand();
    let cure = format!(
        "see that sshd runs there, and on that port; another is written `ssh://HOST:PORT`, or `Port` in {}; try {by_hand}",
        destination.file()
    );
    (format!("nothing listens there: {said}"), cure)
}

fn mute(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "timed out during").unwrap_or_default();
    let cure = format!("the host may hang, or the port be another service's; try {}", destination.by_hand());
    (format!("it took the connection and said nothing: {said}"), cure)
}

fn timed_out(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "timed out").unwrap_or_default();
    let cure = format!(
        "see that the host is on, that its address is right, and that no firewall drops the port; try {}",
        destination.by_hand()
    );
    (format!("no answer came: {said}"), cure)
}

fn no_way(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "No route to host").or_else(|| line_with(words, "Network is unreachable"));
    let cure =
        format!("see its address, and `ip route` here; through another machine: `ProxyJump` in {}", destination.file());
    (format!("no way leads there: {}", said.unwrap_or_default()), cure)
}

fn nothing_in_common(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "Unable to negotiate").unwrap_or_default();
    let cure = format!(
        "allow what it offers in {}, for this host only: `HostKeyAlgorithms +…` or `KexAlgorithms +…`",
        destination.file()
    );
    (format!("it and your ssh have no algorithm in common: {said}"), cure)
}

fn bad_configuration(words: &str, destination: &Destination) -> (String, String) {
    let said = words.lines().next().map(one_line).unwrap_or_default();
    (format!("ssh refuses its configuration: {said}"), format!("correct that file; try {}", destination.by_hand()))
}

fn closed(words: &str, destination: &Destination) -> (String, String) {
    let said = line_with(words, "kex_exchange_identification").unwrap_or_default();
    let cure = format!(
        "is that port sshd's? It also closes where it is busy (`MaxStartups`) or blocks you (fail2ban); try {}",
        destination.by_hand()
    );
    (format!("it closed the connection before it said what it is: {said}"), cure)
}

fn unknown(words: &str, destination: &Destination) -> (String, String) {
    let said: Vec<String> = words.lines().map(one_line).filter(|line| !line.trim().is_empty()).collect();
    let said = if said.is_empty() { "`ssh` ended without a word".to_owned() } else { said.join("; ") };
    (said, format!("try {}", destination.by_hand()))
}

/// The first line that has `sign`, as text that speaks to no terminal.
fn line_with(words: &str, sign: &str) -> Option<String> {
    let line = words.lines().find(|line| line.contains(sign))?.trim();
    Some(one_line(line.strip_prefix("ssh: ").unwrap_or(line)))
}

fn last_line(words: &str) -> Option<String> {
    words
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty() && !line.contains(THROUGH))
        .map(|line| one_line(line.trim()))
}

fn between<'w>(words: &'w str, before: &str, after: &str) -> Option<&'w str> {
    let rest = words.split_once(before)?.1;
    Some(rest.split_once(after)?.0)
}

#[cfg(test)]
mod tests;
