//! What each host was, and what the frameworks said of themselves. Must not know how a host is asked.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use super::{Material, figures};
use crate::record::Run;
use crate::report::figure::Table;

/// What says nothing of a measurement, and something of a network that is not everybody's business.
const LEFT_OUT: [&str; 8] =
    ["connection", "addresses", "management", "clock_s", "var_free_kib", "uid", "sudo", "places"];

/// One block a set of hosts that are alike, however many runs were made on them.
pub fn section(material: &Material<'_>) -> Markup {
    let mut blocks: Vec<(Vec<&str>, String, Markup)> = Vec::new();
    for run in super::all(material) {
        let block = hosts(run);
        let text = block.clone().into_string();
        match blocks.iter_mut().find(|(_, known, _)| *known == text) {
            Some((ids, ..)) => ids.push(&run.id),
            None => blocks.push((vec![&run.id], text, block)),
        }
    }
    html! {
        section id="provenance" aria-labelledby="provenance-heading" {
            h2 id="provenance-heading" { "Provenance" }
            @for (ids, _, block) in &blocks {
                @if blocks.len() > 1 { h3 { (ids.join(", ")) } }
                (block)
            }
            @for run in material.references {
                @if let Some(publication) = &run.published { p { (publication.label) ": " (publication.source) } }
            }
            (frameworks(material))
        }
    }
}

fn hosts(run: &Run) -> Markup {
    if run.provenance.is_empty() {
        return html! { p { "Not recorded." } };
    }
    let ports: Vec<_> = run.provenance.iter().filter_map(|(host, facts)| Some((host, ports(facts)?))).collect();
    html! {
        @if let Some(name) = &run.middlebox { p { "The middlebox is " (name) "." } }
        (figures::table(&facts(run), "Hosts"))
        @for (host, table) in &ports {
            details {
                summary { "Ports of the " (host) }
                (figures::table(table, &format!("Ports of the {host}")))
            }
        }
    }
}

/// A row a fact that is a plain value, a column a host.
fn facts(run: &Run) -> Table {
    let of: BTreeMap<&str, BTreeMap<String, String>> =
        run.provenance.iter().map(|(host, facts)| (host.as_str(), plain(facts))).collect();
    let mut headings = vec!["host".to_owned()];
    headings.extend(of.keys().map(|host| (*host).to_owned()));
    let names: BTreeSet<&String> = of.values().flat_map(BTreeMap::keys).collect();
    let row = |name: &String| {
        let mut row = vec![name.clone()];
        row.extend(of.values().map(|facts| facts.get(name).cloned().unwrap_or_else(|| "-".to_owned())));
        row
    };
    Table { headings, rows: names.into_iter().map(row).collect() }
}

fn plain(facts: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in facts.as_object().into_iter().flatten().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()))
    {
        if let (true, Some(tools)) = (name == "tools", value.as_object()) {
            for (tool, about) in tools {
                // Of most tools it counts that they are there; of those with a version that one.
                if let Some(version) = about.get("version").and_then(Value::as_str) {
                    found.insert(format!("tool {tool}"), version.to_owned());
                }
            }
        } else if let Some(text) = scalar(value) {
            found.insert(name.replace('_', " "), text);
        }
    }
    found
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("not known".to_owned()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A row an interface, with its queues, and the link of its slot.
fn ports(facts: &Value) -> Option<Table> {
    let list = |name: &str| facts.get(name).and_then(Value::as_array).into_iter().flatten();
    let with = |name: &str, key: &str, of: Option<&Value>| {
        list(name).find(|entry| of.is_some() && entry.get(key) == of).cloned().unwrap_or(Value::Null)
    };
    let merged: Vec<BTreeMap<String, String>> = list("interfaces")
        .map(|interface| {
            let queues = with("queues", "interface", interface.get("name"));
            let slot = with("pcie", "pci", interface.get("pci"));
            let mut row = BTreeMap::new();
            for (name, value) in [interface, &queues, &slot].into_iter().filter_map(Value::as_object).flatten() {
                if !["interface", "flags", "operstate", "master"].contains(&name.as_str()) {
                    row.insert(name.clone(), scalar(value).unwrap_or_else(|| value.to_string()));
                }
            }
            row
        })
        .collect();
    let mut names: Vec<&String> = merged.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>().into_iter().collect();
    names.sort_by_key(|name| *name != "name");
    let headings: Vec<String> = names.iter().map(|name| name.replace('_', " ")).collect();
    let entry =
        |row: &BTreeMap<String, String>, name: &String| row.get(name).cloned().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = merged.iter().map(|row| names.iter().map(|name| entry(row, name)).collect()).collect();
    (!rows.is_empty()).then_some(Table { headings, rows })
}

/// What each framework said of itself, each answer once.
fn frameworks(material: &Material<'_>) -> Markup {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for trial in material.runs.iter().flat_map(|run| &run.trials) {
        for (name, value) in &trial.framework_facts {
            let text = scalar(value).unwrap_or_else(|| value.to_string());
            let row = vec![trial.framework.clone(), name.clone(), text];
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    rows.sort();
    let headings = ["framework", "what", "value"].map(str::to_owned).to_vec();
    html! {
        @if !rows.is_empty() {
            h3 { "Frameworks, by what they say of themselves" }
            (figures::table(&Table { headings, rows }, "Frameworks"))
        }
    }
}
