//! A flame graph: call chains as boxes, each as wide as its share, what was called above what called it. SVG without scripts; a
//! box tells its name and share when it is pointed at. Must not know how the chains were made.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::record::{Profiled, Stack};

/// Units of the drawing's own; a page scales it.
const WIDTH: f64 = 1200.0;
const ROW: f64 = 18.0;

/// Boxes that are narrower cannot be seen.
const NARROWEST: f64 = 1.0;

/// What a letter takes, so that names are cut where their boxes end.
const LETTER: f64 = 7.0;

/// A function in its place among the chains.
#[derive(Debug, Default, PartialEq)]
struct Node {
    count: f64,
    called: BTreeMap<String, Node>,
}

/// A box to be drawn.
#[derive(Debug, PartialEq)]
struct Drawn {
    name: String,
    from: f64,
    width: f64,
    level: usize,
    count: f64,
}

/// The profile's chains; nothing where there are none. Where no chains are known, functions stand above what they belong to.
pub fn graph(profiled: &Profiled) -> Option<Markup> {
    let root = if profiled.chains.is_empty() { by_part(profiled) } else { tree(&profiled.chains) };
    let boxes = boxes(&root);
    let levels = boxes.iter().map(|drawn| drawn.level + 1).max()?;
    let height = levels as f64 * ROW;
    let title = format!("Flame graph of {}: each box is as wide as the share of what it took", profiled.framework);
    Some(html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } xmlns="http://www.w3.org/2000/svg" role="img" aria-label=(title)
            font-family="sans-serif" font-size="12" {
            title { (title) }
            @for drawn in &boxes {
                g {
                    title { (drawn.name) ": " (format!("{:.1}", drawn.count / root.count * 100.0)) " %" }
                    rect x=(tenths(drawn.from)) y=(height - (drawn.level + 1) as f64 * ROW) width=(tenths(drawn.width))
                        height=(ROW - 1.0) fill=(colour(&drawn.name)) {}
                    @if let Some(label) = label(drawn) {
                        text x=(tenths(drawn.from + 3.0)) y=(height - drawn.level as f64 * ROW - 5.0) fill="#000" { (label) }
                    }
                }
            }
        }
    })
}

fn tree(chains: &[Stack]) -> Node {
    let mut root = Node::default();
    for stack in chains {
        root.add(stack.chain.split(';'), stack.count);
    }
    root
}

fn by_part(profiled: &Profiled) -> Node {
    let mut root = Node::default();
    for function in &profiled.functions {
        root.add([function.part.name(), &function.object, &function.name].into_iter(), function.count);
    }
    root
}

impl Node {
    fn add<'a>(&mut self, chain: impl Iterator<Item = &'a str>, count: f64) {
        let mut node = self;
        node.count += count;
        for name in chain {
            node = node.called.entry(name.to_owned()).or_default();
            node.count += count;
        }
    }
}

fn boxes(root: &Node) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    // A list and not recursion: a chain may be as long as a kernel's stack is deep.
    let mut open = vec![(root, 0.0, 0)];
    while let Some((node, begin, level)) = open.pop() {
        let mut from = begin;
        for (name, called) in &node.called {
            let width = if root.count > 0.0 { called.count / root.count * WIDTH } else { 0.0 };
            if width >= NARROWEST {
                drawn.push(Drawn { name: name.clone(), from, width, level, count: called.count });
                open.push((called, from, level + 1));
            }
            from += width;
        }
    }
    drawn
}

/// As much of the name as its box has room for.
fn label(drawn: &Drawn) -> Option<String> {
    let room = ((drawn.width - 6.0) / LETTER) as usize;
    match drawn.name.chars().count() {
        length if length <= room => Some(drawn.name.clone()),
        _ if room >= 4 => Some(drawn.name.chars().take(room - 1).chain(['…']).collect()),
        _ => None,
    }
}

/// Warm and light, so that black letters stand out, and the same for the same name in every graph.
fn colour(name: &str) -> String {
    let hash = name.bytes().fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(byte));
    format!("hsl({},80%,{}%)", 10 + hash % 45, 66 + hash / 64 % 12)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn stack(chain: &str, count: f64) -> Stack {
        Stack { chain: chain.to_owned(), count }
    }

    #[test]
    fn a_box_stands_above_what_called_it_and_is_as_wide_as_its_share() {
        let root = tree(&[stack("a;b;c", 30.0), stack("a;d", 10.0)]);
        let mut got: Vec<_> = boxes(&root).into_iter().map(|d| (d.level, d.name, d.from, d.width)).collect();
        got.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let is = |level, name: &str, from, width| (level, name.to_owned(), from, width);
        assert_eq!(
            got,
            [is(0, "a", 0.0, 1200.0), is(1, "b", 0.0, 900.0), is(1, "d", 900.0, 300.0), is(2, "c", 0.0, 900.0)]
        );
    }

    #[test]
    fn names_are_escaped_and_there_is_no_script() {
        let profiled = Profiled { chains: vec![stack("<script>;b", 1.0)], ..sample::profiled() };
        let svg = graph(&profiled).unwrap().into_string();
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"), "{svg}");
        // In a page a box that is not closed would have its name inside it, where it is not drawn.
        assert_eq!(svg.matches("<rect").count(), svg.matches("</rect><text").count());
    }

    #[test]
    fn without_chains_functions_stand_above_what_they_belong_to() {
        let svg = graph(&sample::profiled()).unwrap().into_string();
        assert!(svg.contains("netslice_readv") && svg.contains("module"), "{svg}");
        let nothing = Profiled { functions: Vec::new(), ..sample::profiled() };
        assert!(graph(&nothing).is_none());
    }

    #[test]
    fn a_name_is_cut_where_its_box_ends() {
        let drawn = |width| Drawn { name: "netslice_readv".to_owned(), from: 0.0, width, level: 0, count: 1.0 };
        assert_eq!(label(&drawn(200.0)).unwrap(), "netslice_readv");
        assert_eq!(label(&drawn(62.0)).unwrap(), "netslic…");
        assert_eq!(label(&drawn(20.0)), None);
    }
}
