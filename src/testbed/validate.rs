//! What makes a testbed file sound, beyond its keys and types.
//!
//! Finds every problem before it refuses. Must not look at any host.

use std::path::{Path, PathBuf};

use super::load::File;
use super::port::PortName;
use super::{HostSpec, Port, Seat, Testbed, middleboxes, network};
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

pub(super) type Found = Vec<Diagnostic>;

/// The testbeds that the file describes, one for each of its middleboxes; relative paths in it start at `folder`.
pub fn testbeds(file: Document<File>, folder: &Path) -> Result<Vec<Testbed>, Diagnostic> {
    let mut found = Vec::new();
    names(&file, &mut found);
    middleboxes::check(&file, &mut found);
    destinations(&file, &mut found);
    power(&file, &mut found);
    lines(&file, &mut found);
    let mtu = mtu(&file, &mut found);
    let rate = rate(&file, &mut found);
    let network = network(&file, &mut found);
    let ssh_config = ssh_config(&file, folder, &mut found);
    let File { name, hosts, lines, lab, .. } = file.finish(found)?;
    let machines = middleboxes::each(hosts.middlebox, hosts.middleboxes, lines);
    let testbed = |machine: middleboxes::Machine| Testbed {
        name: name.clone(),
        lab: lab.clone(),
        ssh_config: ssh_config.clone(),
        source: hosts.source.clone(),
        middlebox: machine.host,
        middlebox_name: machine.name,
        sink: hosts.sink.clone(),
        lines: machine.lines,
        mtu,
        rate,
        network,
    };
    Ok(machines.into_iter().map(testbed).collect())
}

/// What was written, for a sentence.
pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

/// Whether a name can be part of a file name.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain) && name.len() <= NAME_MAX
}

/// What is wrong with a name.
pub(super) fn misnamed(file: &Document<File>, path: &[&str], name: &str) -> Diagnostic {
    file.at(
        path,
        &format!("{} cannot be a name", quoted(name)),
        "becomes part of file names",
        &format!("write at most {NAME_MAX} letters, digits, `-`, `_` and `.`, a letter or digit first"),
    )
}

fn names(file: &Document<File>, found: &mut Found) {
    let named = [("name", Some(&file.value.name)), ("lab", file.value.lab.as_ref())];
    for (key, name) in named {
        found.extend(name.filter(|name| !is_name(name)).map(|name| misnamed(file, &[key], name)));
    }
}

/// A host of the file: what it is called, where it stands, and what is said of it.
struct Named<'f> {
    called: String,
    path: Vec<&'f str>,
    host: &'f HostSpec,
}

/// All hosts, in the order of the traffic.
fn hosts(file: &Document<File>) -> Vec<Named<'_>> {
    let of = |role: Role, host| Named { called: role.to_string(), path: vec!["hosts", role.name()], host };
    let hosts = &file.value.hosts;
    let several = hosts.middleboxes.iter().flatten().map(|(name, host)| Named {
        called: format!("middlebox {name}"),
        path: vec!["hosts", "middleboxes", name],
        host,
    });
    let middle = hosts.middlebox.iter().map(|host| of(Role::Middlebox, host)).chain(several);
    let mut all = vec![of(Role::Source, &hosts.source)];
    all.extend(middle);
    all.push(of(Role::Sink, &hosts.sink));
    all
}

/// The place of a key of a host.
fn below<'f>(host: &Named<'f>, keys: &[&'f str]) -> Vec<&'f str> {
    [host.path.as_slice(), keys].concat()
}

fn destinations(file: &Document<File>, found: &mut Found) {
    let all = hosts(file);
    for (number, named) in all.iter().enumerate() {
        let path = below(named, &["ssh"]);
        let ssh = named.host.ssh.as_str();
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
        if let Some(first) = all[..number].iter().find(|other| other.host.ssh == ssh) {
            let twice = file.at(
                &path,
                &format!("`{ssh}` is both {} and {}", first.called, named.called),
                "named again here",
                "write three different hosts: traffic must leave one, cross one and reach one",
            );
            found.push(file.also(twice, &below(first, &["ssh"]), "first named here"));
        }
    }
}

fn power(file: &Document<File>, found: &mut Found) {
    for named in hosts(file) {
        let Some(power) = &named.host.power else { continue };
        if power.cycle.trim().is_empty() || power.cycle.contains('\0') {
            found.push(file.at(
                &below(&named, &["power", "cycle"]),
                &format!("{} is not a command", quoted(power.cycle.trim())),
                "nothing that `sh` could run",
                &format!("write the command that switches the {} off and on again, or leave `power` out", named.called),
            ));
        }
    }
}

/// Whose port it is: a role, and which middlebox where there are several.
type Owner<'f> = (Role, Option<&'f str>);

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
    // Ports of two middleboxes may be called alike.
    let mut seen: Vec<(Owner<'_>, String, String, Seat)> = Vec::new();
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
            let role = seat.role();
            let owner = (role, line.middlebox.as_deref().filter(|_| role == Role::Middlebox));
            let earlier = seen.iter().find(|(other_owner, other, ..)| *other_owner == owner && *other == name);
            if let Some((_, _, first_item, first_seat)) = earlier {
                let twice = file.at(
                    &path,
                    &format!("port `{port}` of the {role} is used twice"),
                    "used again here",
                    &format!("write another port of the {role}: one cable goes into one port"),
                );
                let first = ["lines", first_item.as_str(), first_seat.key()];
                found.push(file.also(twice, &first, "first used here"));
            } else {
                seen.push((owner, name, item.clone(), seat));
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
