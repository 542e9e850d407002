//! `RSpec` manifests as GENI aggregates, `CloudLab` among them, write them: XML, GENI version 3.
//!
//! Takes nodes, logins, interfaces and links; what else is in there is left alone. Must not know what nodes are for.

use std::collections::HashMap;

use anyhow::{Result, anyhow, bail};
use roxmltree::Node;

use super::xml::{elements, place};
use super::{Found, FoundPort};

/// Reads the nodes of a manifest, each with the ports that links end at.
pub fn read(origin: &str, root: Node) -> Result<Vec<Found>> {
    let links = links(origin, root)?;
    let mut found: Vec<Found> = Vec::new();
    for node in elements(root, "node") {
        let host = host(origin, node, &links)?;
        if found.iter().any(|other| other.name == host.name) {
            let at = place(origin, node);
            bail!("{at}: a second node `{}`\nhint: manifests of several sites are imported one by one", host.name);
        }
        found.push(host);
    }
    Ok(found)
}

fn attribute<'a>(origin: &str, node: Node<'a, '_>, name: &str) -> Result<&'a str> {
    node.attribute(name).map(str::trim).filter(|value| !value.is_empty()).ok_or_else(|| {
        let tag = node.tag_name().name();
        anyhow!("{}: <{tag}> has no `{name}`\nhint: is it a manifest, and not a request?", place(origin, node))
    })
}

/// The link that each interface is at, by its `client_id`.
fn links(origin: &str, root: Node) -> Result<HashMap<String, String>> {
    let mut links = HashMap::new();
    for link in elements(root, "link") {
        let name = attribute(origin, link, "client_id")?;
        for end in elements(link, "interface_ref") {
            let interface = attribute(origin, end, "client_id")?;
            if let Some(before) = links.insert(interface.to_owned(), name.to_owned()) {
                bail!(
                    "{}: interface `{interface}` is at link `{before}` and at link `{name}`\n\
                     hint: --line SOURCE,IN,OUT,SINK says what goes where; remove one of the two here",
                    place(origin, end)
                );
            }
        }
    }
    Ok(links)
}

fn host(origin: &str, node: Node, links: &HashMap<String, String>) -> Result<Found> {
    let name = attribute(origin, node, "client_id")?.to_owned();
    let logins = elements(node, "services").flat_map(|services| elements(services, "login"));
    let login =
        logins.into_iter().find(|login| login.attribute("authentication").is_none_or(|kind| kind == "ssh-keys"));
    let Some(login) = login else {
        bail!(
            "{}: node `{name}` has no <login authentication=\"ssh-keys\">\nhint: the manifest is complete when the nodes are \
             ready: download it again",
            place(origin, node)
        )
    };
    let host = attribute(origin, login, "hostname")?;
    let port = match login.attribute("port").map(str::trim) {
        None | Some("22") => None,
        Some(port) => Some(port.parse::<u16>().map_err(|_| {
            anyhow!("{}: `{port}` is no port\nhint: write a number, 22 for most hosts", place(origin, login))
        })?),
    };
    let ports = elements(node, "interface").filter_map(|interface| port_of(origin, interface, links).transpose());
    let ssh = super::inventory::destination(login.attribute("username"), host, port);
    Ok(Found { ssh, ports: ports.collect::<Result<_>>()?, name, ..Found::default() })
}

/// What a testbed file calls the interface; `None` where no link ends at it.
fn port_of(origin: &str, interface: Node, links: &HashMap<String, String>) -> Result<Option<FoundPort>> {
    let Some(link) = links.get(attribute(origin, interface, "client_id")?) else { return Ok(None) };
    // Names that a manifest has for interfaces are the aggregate's; what they are called on the host it does not say.
    let mac = interface.attribute("mac_address").map(|mac| mac.trim().to_ascii_lowercase());
    let port = match mac {
        Some(mac) if mac.len() == 12 && mac.is_ascii() => {
            let pairs: Vec<&str> = (0..6).map(|pair| &mac[pair * 2..pair * 2 + 2]).collect();
            format!("mac:{}", pairs.join(":"))
        }
        Some(mac) if !mac.is_empty() => format!("mac:{mac}"),
        _ => bail!(
            "{}: the interface has no `mac_address`\nhint: the manifest is complete when the nodes are ready: download it again",
            place(origin, interface)
        ),
    };
    Ok(Some(FoundPort { port, link: link.clone() }))
}
