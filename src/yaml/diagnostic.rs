//! What is wrong with a text, shown with the line it is on.
//!
//! Must not know how the problem was found.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::output::one_line;

/// A text and what messages call it.
#[derive(Debug)]
pub struct Source {
    pub origin: String,
    pub text: String,
}

#[derive(Debug, Clone)]
pub struct Problem {
    /// Bytes of the text to mark.
    pub span: Range<usize>,
    pub message: String,
    /// Stands beside the mark.
    pub label: String,
    /// What to write instead.
    pub hint: String,
    /// A second place that has to do with it.
    pub context: Option<(Range<usize>, String)>,
}

/// One or more problems of one text.
///
/// Displayed without a leading `error: ` for the first, so that whoever prints errors puts it there.
#[derive(Clone)]
pub struct Diagnostic {
    source: Arc<Source>,
    problems: Vec<Problem>,
}

impl Diagnostic {
    pub(super) fn new(source: Arc<Source>, mut problems: Vec<Problem>) -> Self {
        // Behind the last line there is nothing to show: its end is marked.
        let end = source.text.trim_end_matches(['\n', '\r']).len();
        for problem in &mut problems {
            let span = &mut problem.span;
            *span = span.start.min(end)..span.end.min(end).max(span.start.min(end));
            for text in [&mut problem.message, &mut problem.label, &mut problem.hint] {
                *text = one_line(text);
            }
        }
        Self { source, problems }
    }

    /// Several as one, in the order of the text; the same problem of the same place only once.
    pub(super) fn all(found: Vec<Self>) -> Option<Self> {
        let source = Arc::clone(&found.first()?.source);
        let mut problems: Vec<Problem> = found.into_iter().flat_map(|d| d.problems).collect();
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        problems.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        Some(Self { source, problems })
    }

    pub(super) fn with_context(mut self, span: Range<usize>, label: &str) -> Self {
        for problem in &mut self.problems {
            problem.context = Some((span.clone(), label.to_owned()));
        }
        self
    }

    /// Line and column of every problem, from 1, columns in characters.
    pub fn places(&self) -> Vec<(usize, usize)> {
        let text = &self.source.text;
        let place = |problem: &Problem| {
            let before = &text[..problem.span.start];
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let line = before.matches('\n').count() + 1;
            (line, before[line_start..].chars().count() + 1)
        };
        self.problems.iter().map(place).collect()
    }

    /// What each problem is, in one line.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|problem| problem.message.as_str())
    }

    fn group<'a>(&'a self, problem: &'a Problem, level: Level<'a>) -> Group<'a> {
        let primary = AnnotationKind::Primary.span(problem.span.clone());
        let context =
            problem.context.iter().map(|(span, label)| AnnotationKind::Context.span(span.clone()).label(label));
        let snippet = Snippet::source(&self.source.text)
            .path(&self.source.origin)
            .annotation(primary.label(&problem.label))
            .annotations(context);
        level
            .primary_title(&problem.message)
            .element(snippet)
            .element(Level::HELP.with_name("hint").message(&problem.hint))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let level = if number == 0 {
                Level::ERROR.no_name()
            } else {
                f.write_str("\n\n")?;
                Level::ERROR
            };
            f.write_str(&Renderer::plain().render(&[self.group(problem, level)]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Diagnostic {
    /// The same text: it is what `unwrap` shows in a failed test.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Diagnostic {}
