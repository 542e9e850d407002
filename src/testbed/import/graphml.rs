//! Slices of FABRIC, as its orchestrator and fablib save them: `GraphML`.
//!
//! Takes nodes with their addresses, ports with their hardware addresses, and the networks that ports are at. A node has
//! components, a component a switch of its own, that one ports; a link leads from a port to one of a network's. What else
//! is in there is left alone. Must not know what nodes are for.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow, bail};
use roxmltree::Node;
use serde_json::Value;

use super::xml::{elements, place};
use super::{Found, FoundPort};

/// Logins of FABRIC's images, by a word of their names; the first that fits counts.
const LOGINS: [(&str, &str); 7] = [
    ("centos9_stream", "cloud-user"),
    ("centos", "centos"),
    ("ubuntu", "ubuntu"),
    ("rocky", "rocky"),
    ("debian", "debian"),
    ("fedora", "fedora"),
    ("kali", "kali"),
];

/// What is said beside the hosts: nobody reaches them directly.
const BASTION: &str = "FABRIC's hosts are reached through its bastion: name the file that the portal gives for ssh with \
                       `--ssh-config`, or as `ssh_config:` here";

/// One node of the graph, whatever it stands for.
struct Item<'a, 'i> {
    place: Node<'a, 'i>,
    words: BTreeMap<&'a str, &'a str>,
    near: BTreeSet<&'a str>,
}

impl Item<'_, '_> {
    fn word(&self, name: &str) -> Option<&str> {
        // A database that has no value writes this word.
        self.words.get(name).map(|value| value.trim()).filter(|value| !value.is_empty() && *value != "None")
    }

    fn is(&self, class: &str) -> bool {
        self.word("Class") == Some(class)
    }

    /// The hardware address that was allocated, or asked for.
    fn mac(&self) -> Option<String> {
        ["LabelAllocations", "Labels"].into_iter().find_map(|labels| {
            let labels: Value = serde_json::from_str(self.word(labels)?).ok()?;
            Some(labels.get("mac")?.as_str()?.to_ascii_lowercase())
        })
    }
}

struct Graph<'a, 'i> {
    origin: &'a str,
    items: BTreeMap<&'a str, Item<'a, 'i>>,
    /// In the order of the file.
    order: Vec<&'a str>,
}

/// Reads the nodes of a slice, each with the ports that are at a network.
pub fn read(origin: &str, root: Node) -> Result<Vec<Found>> {
    let graph = Graph::of(origin, root)?;
    let nodes = graph.order.iter().filter(|id| graph.items[*id].is("NetworkNode"));
    let mut found: Vec<Found> = Vec::new();
    for id in nodes {
        let host = graph.host(id)?;
        if found.iter().any(|other| other.name == host.name) {
            let at = place(origin, graph.items[id].place);
            bail!("{at}: a second node `{}`\nhint: graphs of several slices are imported one by one", host.name);
        }
        found.push(host);
    }
    if found.is_empty() {
        bail!(
            "{}: no node of the graph is of the class `NetworkNode`\nhint: is it the graph of a slice of FABRIC's? In other \
             graphs nothing says how hosts are reached",
            place(origin, root)
        );
    }
    Ok(found)
}

impl<'a, 'i> Graph<'a, 'i> {
    fn of(origin: &'a str, root: Node<'a, 'i>) -> Result<Self> {
        let keys: BTreeMap<(&str, &str), &str> = elements(root, "key")
            .filter_map(|key| Some(((key.attribute("for")?, key.attribute("id")?), key.attribute("attr.name")?)))
            .collect();
        let mut graph = Self { origin, items: BTreeMap::new(), order: Vec::new() };
        for part in elements(root, "graph") {
            for node in elements(part, "node") {
                let id = attribute(origin, node, "id")?;
                let word = |data: Node<'a, 'i>| {
                    let key = data.attribute("key")?;
                    Some((keys.get(&("node", key)).copied().unwrap_or(key), data.text()?))
                };
                let words = elements(node, "data").filter_map(word).collect();
                if graph.items.insert(id, Item { place: node, words, near: BTreeSet::new() }).is_some() {
                    bail!("{}: a second node `{id}`\nhint: download the graph again, whole", place(origin, node));
                }
                graph.order.push(id);
            }
            for edge in elements(part, "edge") {
                let ends = [attribute(origin, edge, "source")?, attribute(origin, edge, "target")?];
                for (end, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
                    let item = graph.items.get_mut(end).ok_or_else(|| {
                        let at = place(origin, edge);
                        anyhow!(
                            "{at}: the edge ends at `{end}`, which is no node\nhint: download the graph again, whole"
                        )
                    })?;
                    item.near.insert(other);
                }
            }
        }
        Ok(graph)
    }

    /// Neighbours of this class.
    fn near(&self, id: &str, class: &'static str) -> impl Iterator<Item = &'a str> {
        self.items[id].near.iter().copied().filter(move |near| self.items[near].is(class))
    }

    fn host(&self, id: &'a str) -> Result<Found> {
        let item = &self.items[id];
        let at = place(self.origin, item.place);
        let name = item
            .word("Name")
            .ok_or_else(|| anyhow!("{at}: the node has no `Name`\nhint: download the graph again, whole"))?;
        let Some(address) = item.word("MgmtIp") else {
            bail!(
                "{at}: node `{name}` has no `MgmtIp`\nhint: the graph is complete when the slice is stable: save it again"
            )
        };
        let image = item.word("ImageRef").unwrap_or_default();
        let user = LOGINS.into_iter().find(|(word, _)| image.contains(word)).map(|(_, login)| login);
        let mut ports = Vec::new();
        for component in self.near(id, "Component") {
            for switch in self.near(component, "NetworkService") {
                for port in self.near(switch, "ConnectionPoint") {
                    ports.extend(self.port(name, port)?);
                }
            }
        }
        ports.sort_by_key(|(order, _)| *order);
        Ok(Found {
            name: name.to_owned(),
            ssh: super::inventory::destination(user, address, None),
            ports: ports.into_iter().map(|(_, port)| port).collect(),
            remarks: vec![BASTION.to_owned()],
            ..Found::default()
        })
    }

    /// A port of `node` with what it is sorted by, its place in the file; `None` where it is at no network.
    fn port(&self, node: &str, id: &'a str) -> Result<Option<(usize, FoundPort)>> {
        let item = &self.items[id];
        let Some(link) = self.near(id, "Link").next() else { return Ok(None) };
        let far = self.near(link, "ConnectionPoint").filter(|end| *end != id);
        let network = far
            .flat_map(|end| self.near(end, "NetworkService"))
            .find(|net| self.items[net].word("Type") != Some("OVS"));
        let Some(mac) = item.mac() else {
            bail!(
                "{}: port `{}` of node `{node}` has no `mac` among its labels\nhint: the graph is complete when the slice is \
                 stable: save it again; or name ports by hand: --line SOURCE,IN,OUT,SINK",
                place(self.origin, item.place),
                item.word("Name").unwrap_or(id)
            )
        };
        let order = self.order.iter().position(|known| *known == id).unwrap_or(usize::MAX);
        let link = network.unwrap_or(link);
        // Two networks may have one name; no two have one node.
        Ok(Some((order, FoundPort { port: format!("mac:{mac}"), link: link.to_owned() })))
    }
}

fn attribute<'a>(origin: &str, node: Node<'a, '_>, name: &str) -> Result<&'a str> {
    node.attribute(name).map(str::trim).filter(|value| !value.is_empty()).ok_or_else(|| {
        let tag = node.tag_name().name();
        anyhow!("{}: <{tag}> has no `{name}`\nhint: download the graph again, whole", place(origin, node))
    })
}

#[cfg(test)]
mod tests;
