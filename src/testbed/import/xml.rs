//! XML that somebody else wrote: parsed within bounds, and places in it.
//!
//! Alone decides by the root which kind of file it is. Must not know what the elements mean.

use anyhow::{Result, anyhow, bail};
use roxmltree::{Document, Node, ParsingOptions};

use super::{Found, graphml, manifest};

/// No manifest of a few hosts has so many elements; larger texts are refused before they take memory.
const NODES_MAX: u32 = 100_000;

/// Elements in one another: the deepest of a manifest are five.
const DEPTH_MAX: usize = 64;

/// Reads the hosts of a manifest or a graph.
pub fn read(origin: &str, text: &str) -> Result<Vec<Found>> {
    deep(origin, text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let document = Document::parse_with_options(text, options)
        .map_err(|error| anyhow!("`{origin}` is not sound XML: {error}\nhint: download the file again, whole"))?;
    let root = document.root_element();
    match root.tag_name().name() {
        "rspec" => manifest::read(origin, root),
        "graphml" => graphml::read(origin, root),
        other => bail!(
            "{}: the root is <{other}>, neither <rspec> nor <graphml>\nhint: a manifest is what `geni-lib` or the portal's tab \
             `Manifest` give; of FABRIC it is the graph of the slice",
            place(origin, root)
        ),
    }
}

/// What holds no elements, whatever is written in it, and how it ends.
const PLAIN: [(&str, &str); 3] = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];

/// Refuses what is nested so deeply that reading it would take the stack.
fn deep(origin: &str, text: &str) -> Result<()> {
    let (mut depth, mut line) = (0_usize, 1);
    // Where the tag that is open begins, and the quote that is open in it.
    let (mut tag, mut quote) = (None, None);
    let mut plain_until = 0;
    for (at, c) in text.bytes().enumerate() {
        line += usize::from(c == b'\n');
        if at < plain_until {
            continue;
        }
        if let (None, Some((_, end))) =
            (tag, PLAIN.iter().find(|(begin, _)| text.as_bytes()[at..].starts_with(begin.as_bytes())))
        {
            plain_until = text[at..].find(end).map_or(text.len(), |length| at + length + end.len());
            continue;
        }
        match (tag, quote, c) {
            (None, _, b'<') => tag = Some(at),
            (Some(_), Some(open), c) if c == open => quote = None,
            (Some(_), None, b'"' | b'\'') => quote = Some(c),
            (Some(begin), None, b'>') => {
                let inside = &text[begin + 1..at];
                match inside.as_bytes().first() {
                    Some(b'/') => depth = depth.saturating_sub(1),
                    Some(b'!' | b'?') => {}
                    _ => depth += usize::from(!inside.ends_with('/')),
                }
                tag = None;
            }
            _ => {}
        }
        if depth > DEPTH_MAX {
            bail!(
                "{origin}:{line}: more than {DEPTH_MAX} elements in one another\nhint: no manifest is nested so deeply"
            );
        }
    }
    Ok(())
}

pub fn place(origin: &str, node: Node) -> String {
    let at = node.document().text_pos_at(node.range().start);
    format!("{origin}:{}:{}", at.row, at.col)
}

/// Elements right below, of any namespace: versions and aggregates differ in it.
pub fn elements<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}
