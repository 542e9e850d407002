//! Ansible inventories, as INI and as YAML: hosts, and how each is reached.
//!
//! Takes `ansible_host`, `ansible_port`, `ansible_user`, `ansible_become`, keys and words for `ssh`, from a host or its groups;
//! the rest is left alone. A host may stand for several. Runs nothing: what Ansible would work out, such as templates, is an error for the host that needs it.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value};

use super::{Found, ranges, ssh_words};
use crate::yaml;

/// Groups within groups, as deep as anybody looks.
const DEPTH_MAX: usize = 16;

type Words = BTreeMap<String, String>;

#[derive(Debug, Default)]
struct Group {
    hosts: Vec<String>,
    vars: Words,
    children: Vec<String>,
}

#[derive(Debug, Default)]
struct Inventory {
    groups: BTreeMap<String, Group>,
    /// In the order of the file.
    hosts: Vec<(String, Words)>,
}

/// Reads the hosts of an inventory of either form.
pub fn read(origin: &str, text: &str) -> Result<Vec<Found>> {
    let mut inventory = Inventory::default();
    if is_ini(text) {
        inventory.read_ini(origin, text)?;
    } else {
        let document = yaml::read::<Map<String, Value>>(origin, text)?;
        for (name, group) in &document.value {
            inventory.read_yaml(origin, name, group, 0)?;
        }
    }
    inventory.hosts.iter().map(|(name, own)| inventory.found(origin, name, own)).collect()
}

/// A line with a group's name, or whose first word is followed by `key=value`, is in no YAML inventory.
fn is_ini(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    lines
        .next()
        .is_some_and(|line| line.starts_with('[') || !(line.ends_with(':') || line.contains(": ") || line == "---"))
}

/// Whether what stands behind a `[` is the rest of a host, an IPv6 address or a range, and not of a group's name.
fn is_host(rest: &str) -> bool {
    rest.split_once(']').is_some_and(|(inside, after)| {
        let after = after.trim_start();
        inside.matches(':').count() > 1 || !(after.is_empty() || after.starts_with(['#', ';']))
    })
}

/// What `ssh` is given for a host of this name or address.
pub fn destination(user: Option<&str>, host: &str, port: Option<u16>) -> String {
    let user = user.map_or(String::new(), |user| format!("{user}@"));
    match port {
        None => format!("{user}{host}"),
        Some(port) if host.contains(':') => format!("ssh://{user}[{host}]:{port}"),
        Some(port) => format!("ssh://{user}{host}:{port}"),
    }
}

impl Inventory {
    fn host(&mut self, name: &str) -> &mut Words {
        if let Some(at) = self.hosts.iter().position(|(known, _)| known == name) {
            return &mut self.hosts[at].1;
        }
        self.hosts.push((name.to_owned(), Words::new()));
        &mut self.hosts.last_mut().expect("it was just put there").1
    }

    /// Adds the hosts that `pattern` stands for to a group; `node[1:3]:2222` is three with a port.
    fn add(&mut self, place: &str, group: &str, pattern: &str, own: &Words) -> Result<()> {
        let port = pattern.rsplit_once(':').filter(|(name, port)| {
            port.parse::<u16>().is_ok()
                && (name.ends_with(']') || !name.contains(':'))
                && name.matches('[').count() == name.matches(']').count()
        });
        let (names, port) = port.map_or((pattern, None), |(name, port)| (name, Some(port)));
        for name in ranges::expand(place, names)? {
            // An IPv6 address is in brackets only to be told from its port.
            let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name).to_owned();
            self.group(group).hosts.push(name.clone());
            let words = self.host(&name);
            words.extend(port.map(|port| ("ansible_port".to_owned(), port.to_owned())));
            words.extend(own.clone());
        }
        Ok(())
    }

    fn read_ini(&mut self, origin: &str, text: &str) -> Result<()> {
        let (mut group, mut kind) = ("ungrouped".to_owned(), String::new());
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[').filter(|rest| !is_host(rest)) {
                let Some((name, _)) = rest.split_once(']') else {
                    bail!(
                        "{origin}:{number}: a group without its `]`\nhint: write `[name]`, `[name:vars]` or `[name:children]`"
                    )
                };
                let (name, section) = name.split_once(':').unwrap_or((name, ""));
                if !["", "vars", "children"].contains(&section) {
                    bail!("{origin}:{number}: `{section}` is no kind of section\nhint: write `vars` or `children`")
                }
                (group, kind) = (name.to_owned(), section.to_owned());
                self.groups.entry(group.clone()).or_default();
                continue;
            }
            let of =
                |problem| anyhow!("{origin}:{number}: {problem}\nhint: write it as Ansible takes it: HOST KEY=VALUE …");
            if kind == "vars" {
                let (key, value) = line.split_once('=').ok_or_else(|| of("a variable without `=`"))?;
                let value = value.trim().trim_matches(['"', '\'']);
                self.group(&group).vars.insert(key.trim().to_owned(), value.to_owned());
                continue;
            }
            let words = words(line).ok_or_else(|| of("a quote that is not closed"))?;
            let Some((name, vars)) = words.split_first() else { continue };
            if kind == "children" {
                self.group(&group).children.push(name.clone());
                continue;
            }
            let mut own = Words::new();
            for word in vars {
                let (key, value) = word.split_once('=').ok_or_else(|| of("a word without `=` behind a host"))?;
                own.insert(key.to_owned(), value.to_owned());
            }
            self.add(&format!("{origin}:{number}"), &group, name, &own)?;
        }
        Ok(())
    }

    fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    fn read_yaml(&mut self, origin: &str, name: &str, group: &Value, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            bail!("`{origin}`: more than {DEPTH_MAX} groups in one another, the last `{name}`\nhint: name fewer")
        }
        let part = |key: &str| match group.get(key) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map.clone()),
            Some(_) => Err(anyhow!(
                "`{origin}`: `{key}` of group `{name}` is no mapping\nhint: write `{key}:` and below it `name:`"
            )),
        };
        if !group.is_object() && !group.is_null() {
            bail!(
                "`{origin}`: `{name}` is no group\nhint: an inventory is `all: {{ hosts: {{ NAME: {{ ansible_host: … }} }} }}`"
            )
        }
        let vars = scalars(&part("vars")?);
        self.group(name).vars.extend(vars);
        for (host, own) in part("hosts")? {
            let own = own.as_object().map(scalars).unwrap_or_default();
            self.add(&format!("`{origin}`: group `{name}`"), name, &host, &own)?;
        }
        for (child, below) in part("children")? {
            self.group(name).children.push(child.clone());
            self.read_yaml(origin, &child, &below, depth + 1)?;
        }
        Ok(())
    }

    /// How far below the outermost group one is: what is nearer to a host counts.
    fn depth(&self, name: &str, seen: usize) -> usize {
        if name == "all" || seen > DEPTH_MAX {
            return 0;
        }
        let above = self.groups.iter().filter(|(_, group)| group.children.iter().any(|child| child == name));
        above.map(|(parent, _)| self.depth(parent, seen + 1) + 1).max().unwrap_or(1)
    }

    fn has(&self, group: &str, host: &str, seen: usize) -> bool {
        let Some(group) = self.groups.get(group).filter(|_| seen <= DEPTH_MAX) else { return false };
        let own = group.hosts.iter().any(|known| known == host);
        own || group.children.iter().any(|child| self.has(child, host, seen + 1))
    }

    fn found(&self, origin: &str, name: &str, own: &Words) -> Result<Found> {
        let mut groups: Vec<&String> =
            self.groups.keys().filter(|group| *group == "all" || self.has(group, name, 0)).collect();
        groups.sort_by_key(|group| self.depth(group, 0));
        let mut vars = Words::new();
        for group in groups {
            vars.extend(self.groups[group].vars.clone());
        }
        vars.extend(own.clone());
        let get = |keys: &[&str]| {
            let value = keys.iter().find_map(|key| vars.get(*key)).map(String::as_str);
            match value {
                Some(value) if value.contains("{{") => Err(anyhow!(
                    "`{origin}`: `{}` of host `{name}` is a template: {value}\nhint: write its value",
                    keys[0]
                )),
                value => Ok(value),
            }
        };
        let port = get(&["ansible_port", "ansible_ssh_port"])?.filter(|port| *port != "22");
        let port = port.map(|port| {
            port.parse::<u16>().map_err(|_| {
                anyhow!("`{origin}`: `{port}` is no port of host `{name}`\nhint: write a number as its `ansible_port`")
            })
        });
        let user = get(&["ansible_user", "ansible_ssh_user"])?;
        let host = get(&["ansible_host", "ansible_ssh_host"])?.unwrap_or(name);
        let sudo = match get(&["ansible_become"])?.map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes" | "1" | "on") => Some(true),
            _ => None,
        };
        let ssh = destination(user, host, port.transpose()?);
        let mut found = Found { name: name.to_owned(), ssh, sudo, ..Found::default() };
        for key in ["ansible_ssh_private_key_file", "ansible_private_key_file"] {
            found.options.extend(get(&[key])?.map(|file| ("IdentityFile".to_owned(), file.to_owned())));
        }
        for key in ["ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args"] {
            let Some(args) = get(&[key])? else { continue };
            let of = format!("`{origin}`: `{key}` of host `{name}`");
            let words = words(args)
                .ok_or_else(|| anyhow!("{of} has a quote that is not closed\nhint: write it as a shell takes it"))?;
            found.options.extend(ssh_words::options(&of, &words)?);
        }
        if ["ansible_password", "ansible_ssh_pass"].iter().any(|key| vars.contains_key(*key)) {
            found
                .remarks
                .push(format!("{name} has a password there, and nsbench types none: ssh-copy-id {}", found.ssh));
        }
        Ok(found)
    }
}

fn scalars(map: &Map<String, Value>) -> Words {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    map.iter().filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

/// Words as a shell reads them, up to a comment; `None` where a quote is not closed.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '#' && word.is_none() => break,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
