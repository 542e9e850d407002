//! What a check finds, and how it is told.
//!
//! Must not know how anything is found out.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::Testbed;
use crate::role::Role;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it must be.
    Ok,
    /// Worth knowing when figures are read; nothing needs to be done.
    Note,
    /// A run may do, and may mislead.
    Warning,
    /// No run can do.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The host it is about, where it is about one.
    pub host: Option<Role>,
    /// The line it is about, from 1.
    pub line: Option<usize>,
    /// What is so.
    pub what: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// What to do about it.
    pub cure: Option<String>,
    /// The setting that would mend it, where `topology check --fix` can change it.
    pub fix: Option<Fix>,
}

/// A setting of a host that can be changed back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Every CPU keeps its highest frequency.
    Governor,
    /// No CPU goes beyond its nominal frequency.
    Turbo {
        /// Below /sys/devices/system/cpu.
        file: &'static str,
        /// By which it is off.
        value: u8,
    },
    /// No CPU sleeps in states that it takes longer than this to come out of.
    IdleStates {
        /// Microseconds.
        longest_us: u32,
    },
    /// This port neither sends pause frames nor obeys them.
    PauseFrames {
        /// Its interface.
        port: String,
    },
    /// The port's interrupts come to these CPUs, in turn.
    Interrupts {
        /// Its interface.
        port: String,
        /// Their numbers.
        cpus: Vec<u32>,
    },
    /// Interrupts stay where they were put.
    Irqbalance,
    /// Root sees the kernel's addresses.
    KernelAddresses,
}

impl Finding {
    /// A finding about the testbed as a whole.
    pub fn new(severity: Severity, what: impl Into<String>) -> Self {
        Self { severity, host: None, line: None, what: what.into(), evidence: None, cure: None, fix: None }
    }

    /// Something as it must be.
    pub fn ok(what: impl Into<String>) -> Self {
        Self::new(Severity::Ok, what)
    }

    /// Something that a reader of figures should know.
    pub fn note(what: impl Into<String>) -> Self {
        Self::new(Severity::Note, what)
    }

    /// Something that may mislead.
    pub fn warning(what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, what)
    }

    /// Something that no run can do with.
    pub fn error(what: impl Into<String>) -> Self {
        Self::new(Severity::Error, what)
    }

    /// The same, about a host.
    #[must_use]
    pub fn host(mut self, role: Role) -> Self {
        self.host = Some(role);
        self
    }

    /// The same, about a line.
    #[must_use]
    pub fn line(mut self, number: usize) -> Self {
        self.line = Some(number);
        self
    }

    /// The same, with what shows it.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }

    /// The same, with the setting that would mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }
}

/// All that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the testbed is called.
    pub testbed: String,
    /// What its file calls the middlebox, where it names several.
    pub middlebox: Option<String>,
    /// Destinations of source, middlebox and sink.
    pub destinations: [String; 3],
    /// Host by host, then line by line.
    pub findings: Vec<Finding>,
}

impl Report {
    /// An empty report about `testbed`.
    pub fn new(testbed: &Testbed) -> Self {
        Self {
            testbed: testbed.name.clone(),
            middlebox: testbed.middlebox_name.clone(),
            destinations: Role::ALL.map(|role| testbed.host(role).ssh.clone()),
            findings: Vec::new(),
        }
    }

    /// How many findings are this severe.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Exit status: 0 where a run can do, 3 where a host or the wiring is not fit.
    pub fn status(&self) -> u8 {
        if self.count(Severity::Error) == 0 { 0 } else { 3 }
    }

    /// For people: a paragraph a host, one for the lines, the sum in the last row.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (role, destination) in Role::ALL.into_iter().zip(&self.destinations) {
            let about = |finding: &&Finding| finding.line.is_none() && finding.host == Some(role);
            self.paragraph(&mut text, &format!("{role} ({destination})"), about);
        }
        self.paragraph(&mut text, "hosts together", |finding| finding.line.is_none() && finding.host.is_none());
        self.paragraph(&mut text, "lines", |finding| finding.line.is_some());
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        let verdict = if errors == 0 { "fit to run" } else { "not fit to run" };
        let _ = writeln!(
            text,
            "testbed {}{}: {verdict}: {}, {}",
            self.testbed,
            self.middlebox.as_ref().map_or(String::new(), |name| format!(" with middlebox {name}")),
            counted(errors, "error"),
            counted(warnings, "warning"),
        );
        text
    }

    fn paragraph(&self, text: &mut String, title: &str, about: impl Fn(&&Finding) -> bool) {
        let mut findings = self.findings.iter().filter(about).peekable();
        if findings.peek().is_none() {
            return;
        }
        let _ = writeln!(text, "{title}");
        for finding in findings {
            let mark = match finding.severity {
                Severity::Ok => "ok",
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let line = finding.line.map_or(String::new(), |line| format!("line {line}: "));
            let _ = writeln!(text, "  {mark:<7}  {line}{}", finding.what);
            let more = [("", &finding.evidence), ("hint: ", &finding.cure)];
            for (start, more) in more.iter().filter_map(|(s, m)| m.as_ref().map(|m| (s, m))) {
                for (number, row) in more.lines().enumerate() {
                    let start = if number == 0 { start } else { "" };
                    let _ = writeln!(text, "           {start}{row}");
                }
            }
        }
        text.push('\n');
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let [source, middlebox, sink] = &self.destinations;
        json!({
            "testbed": self.testbed,
            "middlebox": self.middlebox,
            "fit": self.status() == 0,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "hosts": { "source": source, "middlebox": middlebox, "sink": sink },
            "findings": self.findings,
        })
    }
}

fn counted(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
