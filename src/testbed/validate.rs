//! What makes a testbed file sound, beyond its keys and types.
//!
//! Finds every problem before it refuses. Must not look at any host.

use std::path::{Path, PathBuf};

use super::load::File;
use super::port::PortName;
use super::{HostSpec, Port, Seat, Testbed, network};
use crate::role::Role;
use crate::units::BitsPerSecond;
use crate::yaml::{Diagnostic, Document};

/// 576 is what every IPv4 host must take (RFC 791); an IP packet's length has 16 bits.
pub(super) const MTU_BYTES: std::ops::RangeInclusive<u32> = 576..=65535;
const MTU_DEFAULT_BYTES: u32 = 1500;

/// Each line has a /24 whose third octet is its number.
pub(super) const LINES_MAX: usize = 254;

/// What a name may be: it becomes part of file names.
const NAME_MAX: usize = 64;

type Found = Vec<Diagnostic>;

/// The testbed that the file describes; relative paths in it start at `folder`.
pub fn testbed(file: Document<File>, folder: &Path) -> Result<Testbed, Diagnostic> {
    let mut found = Vec::new();
    names(&file, &mut found);
    destinations(&file, &mut found);
    power(&file, &mut found);
    lines(&file, &mut found);
    let mtu = mtu(&file, &mut found);
    let rate = rate(&file, &mut found);
    let network = network(&file, &mut found);
    let ssh_config = ssh_config(&file, folder, &mut found);
    let File { name, hosts, lines, lab, .. } = file.finish(found)?;
    Ok(Testbed {
        name,
        lab,
        ssh_config,
        source: hosts.source,
        middlebox: hosts.middlebox,
        sink: hosts.sink,
        lines,
        mtu,
        rate,
        network,
    })
}

/// What was written, for a sentence.
fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

fn names(file: &Document<File>, found: &mut Found) {
    let named = [("name", Some(&file.value.name)), ("lab", file.value.lab.as_ref())];
    for (key, name) in named {
        let Some(name) = name else { continue };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let first = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !first || !name.chars().all(plain) || name.len() > NAME_MAX {
            found.push(file.at(
                &[key],
                &format!("{} cannot be a name", quoted(name)),
                "becomes part of file names",
                &format!("write at most {NAME_MAX} letters, digits, `-`, `_` and `.`, a letter or digit first"),
            ));
        }
    }
}

fn destinations(file: &Document<File>, found: &mut Found) {
    let hosts = &file.value.hosts;
    let all: [(Role, &HostSpec); 3] =
        [(Role::Source, &hosts.source), (Role::Middlebox, &hosts.middlebox), (Role::Sink, &hosts.sink)];
    for (number, (role, host)) in all.iter().enumerate() {
        let path = ["hosts", role.name(), "ssh"];
        let ssh = host.ssh.as_str();
        if ssh.is_empty() || ssh.starts_with('-') || ssh.contains(char::is_whitespace) || ssh.contains(char::is_control)
        {
            found.push(file.at(
                &path,
                &format!("{} is not an ssh destination", quoted(ssh)),
                "nothing that `ssh` could log in to",
                "write an alias of your ssh configuration, `user@host` or `ssh://user@host:port`",
            ));
            continue;
        }
        if let Some((first, _)) = all[..number].iter().find(|(_, other)| other.ssh == ssh) {
            let twice = file.at(
                &path,
                &format!("`{ssh}` is both {first} and {role}"),
                "named again here",
                "write three different hosts: traffic must leave one, cross one and reach one",
            );
            found.push(file.also(twice, &["hosts", first.name(), "ssh"], "first named here"));
        }
    }
}

fn power(file: &Document<File>, found: &mut Found) {
    let hosts = &file.value.hosts;
    for (role, host) in Role::ALL.into_iter().zip([&hosts.source, &hosts.middlebox, &hosts.sink]) {
        let Some(power) = &host.power else { continue };
        if power.cycle.trim().is_empty() || power.cycle.contains('\0') {
            found.push(file.at(
                &["hosts", role.name(), "power", "cycle"],
                &format!("{} is not a command", quoted(power.cycle.trim())),
                "nothing that `sh` could run",
                &format!("write the command that switches the {role} off and on again, or leave `power` out"),
            ));
        }
    }
}

fn lines(file: &Document<File>, found: &mut Found) {
    let lines = &file.value.lines;
    if lines.is_empty() || lines.len() > LINES_MAX {
        found.push(file.at(
            &["lines"],
            &format!("{} lines", if lines.is_empty() { "no".to_owned() } else { lines.len().to_string() }),
            "how the hosts are connected",
            &format!("write 1 to {LINES_MAX} lines, each like `- {{ source: eth1, in: eth1, out: eth2, sink: eth1 }}`"),
        ));
        return;
    }
    let mut seen: Vec<(Role, String, String, Seat)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let item = index.to_string();
        for seat in Seat::ALL {
            let port = line.port(seat);
            let path = ["lines", item.as_str(), seat.key()];
            let name = match identity(port) {
                Ok(name) => name,
                Err((what, hint)) => {
                    found.push(file.at(&path, &what, "not a port", hint));
                    continue;
                }
            };
            let earlier = seen.iter().find(|(role, other, ..)| *role == seat.role() && *other == name);
            if let Some((role, _, first_item, first_seat)) = earlier {
                let twice = file.at(
                    &path,
                    &format!("port `{port}` of the {role} is used twice"),
                    "used again here",
                    &format!("write another port of the {role}: one cable goes into one port"),
                );
                let first = ["lines", first_item.as_str(), first_seat.key()];
                found.push(file.also(twice, &first, "first used here"));
            } else {
                seen.push((seat.role(), name, item.clone(), seat));
            }
        }
    }
}

/// One spelling a port, so that the same port written in two ways of the same kind is found.
fn identity(port: &Port) -> Result<String, (String, &'static str)> {
    Ok(match port.name()? {
        PortName::Interface(name) => name.to_owned(),
        PortName::Mac(address) => format!("mac:{address}"),
        PortName::Pci(address) => format!("pci:{address}"),
    })
}

fn mtu(file: &Document<File>, found: &mut Found) -> u32 {
    let mtu = file.value.mtu.unwrap_or(MTU_DEFAULT_BYTES);
    if !MTU_BYTES.contains(&mtu) {
        let (least, most) = (MTU_BYTES.start(), MTU_BYTES.end());
        found.push(file.at(
            &["mtu"],
            &format!("an MTU of {mtu} bytes cannot be"),
            &format!("not within {least} to {most}"),
            "write 1500, or 9000 for jumbo frames",
        ));
    }
    mtu
}

fn rate(file: &Document<File>, found: &mut Found) -> Option<BitsPerSecond> {
    let text = file.value.rate.as_ref()?;
    match text.parse::<BitsPerSecond>() {
        Ok(rate) if rate.0 > 0.0 => Some(rate),
        _ => {
            found.push(file.at(
                &["rate"],
                &format!("{} is not the rate of a line", quoted(text)),
                "not a rate",
                "write a number and a unit, like `10Gbps` or `100Mbps`",
            ));
            None
        }
    }
}

fn network(file: &Document<File>, found: &mut Found) -> std::net::Ipv4Addr {
    let Some(text) = &file.value.network else {
        return network::DEFAULT;
    };
    network::parse(text, file.value.lines.len().min(LINES_MAX)).unwrap_or_else(|malformed| {
        found.push(file.at(&["network"], &malformed.what, "test addresses come from here", &malformed.hint));
        network::DEFAULT
    })
}

fn ssh_config(file: &Document<File>, folder: &Path, found: &mut Found) -> Option<PathBuf> {
    let text = file.value.ssh_config.as_ref()?;
    if let Some(lab) = &file.value.lab {
        let both = file.at(
            &["ssh_config"],
            "both `ssh_config` and `lab`",
            "the lab brings its own",
            "leave out `ssh_config`, or `lab` where the hosts are not its guests",
        );
        found.push(file.also(both, &["lab"], &format!("says that the hosts are guests of lab `{lab}`")));
        return None;
    }
    let path = match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.join(text),
    };
    if !path.is_file() {
        found.push(file.at(
            &["ssh_config"],
            &format!("there is no file `{}`", path.display()),
            "a path, relative to this file",
            "write where the OpenSSH client configuration is, or leave the key out to use your own",
        ));
    }
    Some(path)
}
