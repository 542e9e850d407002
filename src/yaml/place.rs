//! Where each node of a YAML text stands, in bytes.
//!
//! Must not know what the nodes are for.

use std::ops::Range;

use saphyr_parser::{Event, Parser, Span, StrInput};

use super::diagnostic::Problem;

/// A node: its bytes, and what is in it.
#[derive(Debug)]
pub struct Place {
    pub span: Range<usize>,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    /// A scalar, or an alias of something elsewhere.
    Leaf,
    List(Vec<Place>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    key: String,
    key_span: Range<usize>,
    value: Place,
}

/// Gives the mark of an entry (or list item) that is the one looked for.
type Test<'f> = dyn FnMut(Option<&Entry>, &Place) -> Option<Range<usize>> + 'f;

/// What a byte offset belongs to.
pub struct Found {
    /// Keys and list positions from the root, as [`Place::find`] takes them.
    pub path: Vec<String>,
    /// The mark to show.
    pub span: Range<usize>,
}

/// Byte offset of a line and column, both from 1 and counted in characters.
pub fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text[start..].char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| start + at)
}

impl Place {
    /// The positions of the only document in `text`, or what is wrong with its syntax.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader {
            text,
            depth: 0,
            parser: Parser::new_from_str(text),
            starts: text.char_indices().map(|(at, _)| at).collect(),
            duplicates: Vec::new(),
        };
        let root = reader.document().map_err(|problem| vec![*problem])?;
        if reader.duplicates.is_empty() { Ok(root) } else { Err(reader.duplicates) }
    }

    /// The mark for `path`, or for the deepest part of it that exists.
    pub fn find(&self, text: &str, path: &[&str]) -> Range<usize> {
        let mut place = self;
        let mut mark = self.mark(text, None);
        for step in path {
            let next = match &place.inside {
                Inside::Leaf => None,
                Inside::List(items) => {
                    step.parse().ok().and_then(|number: usize| items.get(number)).map(|item| (item, None))
                }
                Inside::Map(entries) => {
                    entries.iter().find(|entry| entry.key == *step).map(|entry| (&entry.value, Some(&entry.key_span)))
                }
            };
            let Some((value, key_span)) = next else { break };
            mark = value.mark(text, key_span);
            place = value;
        }
        mark
    }

    /// The key that starts at byte `at`.
    pub fn key_at(&self, at: usize) -> Option<Found> {
        self.search(&mut Vec::new(), &mut |entry, _| {
            entry.filter(|entry| entry.key_span.start == at).map(|entry| entry.key_span.clone())
        })
    }

    /// The value that starts at byte `at`.
    pub fn value_at(&self, text: &str, at: usize) -> Option<Found> {
        if self.span.start == at {
            return Some(Found { path: Vec::new(), span: self.mark(text, None) });
        }
        self.search(&mut Vec::new(), &mut |entry, value| {
            // Nothing at all after a key: parsers differ about where that nothing stands.
            let absent = entry.is_some_and(|entry| {
                let after_key = text.get(entry.key_span.end..at);
                matches!(value.inside, Inside::Leaf)
                    && matches!(text[value.span.clone()].trim(), "" | ":")
                    && after_key.is_some_and(|between| between.trim() == ":")
            });
            (value.span.start == at || absent).then(|| value.mark(text, entry.map(|entry| &entry.key_span)))
        })
    }

    /// What to underline: a value where it is on one line, else the key that introduces it.
    fn mark(&self, text: &str, key_span: Option<&Range<usize>>) -> Range<usize> {
        let shown = &text[self.span.clone()];
        let block = !matches!(self.inside, Inside::Leaf) && !shown.starts_with(['{', '[']);
        match key_span {
            Some(key_span) if block || matches!(shown.trim(), "" | ":") => key_span.clone(),
            _ => {
                let first = shown.lines().next().unwrap_or("").trim_end();
                self.span.start..self.span.start + first.len()
            }
        }
    }

    fn search(&self, path: &mut Vec<String>, test: &mut Test<'_>) -> Option<Found> {
        let children: Vec<(String, Option<&Entry>, &Self)> = match &self.inside {
            Inside::Leaf => Vec::new(),
            Inside::List(items) => (0..).zip(items).map(|(i, v)| (format!("{i}"), None, v)).collect(),
            Inside::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), Some(entry), &entry.value)).collect()
            }
        };
        for (step, entry, value) in children {
            path.push(step);
            let found =
                test(entry, value).map(|span| Found { path: path.clone(), span }).or_else(|| value.search(path, test));
            if found.is_some() {
                return found;
            }
            path.pop();
        }
        None
    }
}

/// Lists and mappings in one another; each costs stack, and no file of ours has more than a few.
const MAX_DEPTH: usize = 64;

struct Reader<'t> {
    text: &'t str,
    /// Lists and mappings that are open.
    depth: usize,
    parser: Parser<'t, StrInput<'t>>,
    /// Byte offset of every character.
    starts: Vec<usize>,
    duplicates: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Place, Box<Problem>> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd => {
                    return Err(Box::new(Problem {
                        span: 0..0,
                        message: "the file says nothing".to_owned(),
                        label: "no YAML here".to_owned(),
                        hint: "write the keys that the file is for; a line that starts with `#` is a comment"
                            .to_owned(),
                        context: None,
                    }));
                }
                event => {
                    let root = self.node(&event, &span)?;
                    self.nothing_more()?;
                    return Ok(root);
                }
            }
        }
    }

    fn nothing_more(&mut self) -> Result<(), Box<Problem>> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) => {
                    return Err(Box::new(Problem {
                        span,
                        message: "a second document in the file".to_owned(),
                        label: "starts here".to_owned(),
                        hint: "write one document a file, without `---` between its parts".to_owned(),
                        context: None,
                    }));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Range<usize>), Box<Problem>> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.bytes(&span))),
            Some(Err(error)) => {
                let at = self.byte(error.marker().index());
                Err(Box::new(super::refusal::syntax(self.text, at, error.info())))
            }
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
        }
    }

    fn byte(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or(self.text.len())
    }

    fn bytes(&self, span: &Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }

    fn node(&mut self, event: &Event<'t>, span: &Range<usize>) -> Result<Place, Box<Problem>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Box::new(Problem {
                span: span.clone(),
                message: "lists and mappings are nested too deep".to_owned(),
                label: format!("in {MAX_DEPTH} others"),
                hint: "check the brackets: nothing here needs more than a few in one another".to_owned(),
                context: None,
            }));
        }
        let (inside, end) = match event {
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            _ => (Inside::Leaf, span.end),
        };
        self.depth -= 1;
        let span = span.start..end.max(span.start);
        Ok(Place { span, inside })
    }

    fn list(&mut self) -> Result<(Inside, usize), Box<Problem>> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok((Inside::List(items), span.end));
            }
            items.push(self.node(&event, &span)?);
        }
    }

    fn map(&mut self) -> Result<(Inside, usize), Box<Problem>> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, key_span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok((Inside::Map(entries), key_span.end));
            }
            let key = match &event {
                Event::Scalar(text, ..) => text.to_string(),
                // Not a name: the reader of values refuses it, here it only keeps its place.
                _ => self.text[key_span.clone()].to_owned(),
            };
            let key_span = self.node(&event, &key_span)?.span;
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                self.duplicates.push(Problem {
                    span: key_span.clone(),
                    message: format!("key `{key}` is written twice"),
                    label: "written again here".to_owned(),
                    hint: format!("keep one `{key}`"),
                    context: Some((first.key_span.clone(), "first written here".to_owned())),
                });
            }
            let (event, span) = self.next()?;
            let value = self.node(&event, &span)?;
            entries.push(Entry { key, key_span, value });
        }
    }
}
