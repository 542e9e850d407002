//! Whether the ratios to a baseline are high enough. Must not know exit statuses.

use super::{Column, Unlike};
use crate::units::beside;

/// The answer to "is any cell under the threshold?".
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Least acceptable ratio.
    pub threshold: f64,
    /// Cells that could be judged.
    pub judged: usize,
    /// A sentence for each cell that fell short.
    pub short: Vec<String>,
    /// What differed between a judged cell and the baseline, besides what was to be judged.
    pub unlike: Vec<String>,
}

impl Verdict {
    /// Judges by the ratio itself, not by its interval: with few trials an interval is so wide that
    /// nothing would ever fall short. A cell that failed where the baseline has a figure falls short.
    pub(super) fn of(columns: &[Column], threshold: f64) -> Self {
        let mut verdict = Self { threshold, judged: 0, short: Vec::new(), unlike: Vec::new() };
        for column in columns.iter().filter(|c| !c.published) {
            for cell in &column.cells {
                let place = format!("{}, lines {}", column.heading.join(", "), cell.lines);
                match (cell.ratio, cell.baseline) {
                    (Some(ratio), _) => {
                        verdict.judged += 1;
                        for Unlike { field, .. } in &cell.unlike {
                            if !verdict.unlike.contains(field) {
                                verdict.unlike.push(field.clone());
                            }
                        }
                        if ratio.value < threshold {
                            verdict.short.push(format!("{place}: ratio {}", beside(ratio.value, 3, threshold)));
                        }
                    }
                    (None, Some(_)) => {
                        verdict.judged += 1;
                        let reason = cell.reason.as_deref().unwrap_or("no throughput");
                        verdict.short.push(format!("{place}: no figure: {reason}"));
                    }
                    (None, None) => {}
                }
            }
        }
        verdict
    }

    /// True where something was judged and nothing fell short: a gate that saw nothing stays shut.
    pub fn passed(&self) -> bool {
        self.judged > 0 && self.short.is_empty()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { threshold, judged, short, unlike } = self;
        let unlike =
            if unlike.is_empty() { String::new() } else { format!("; not like to like in {}", unlike.join(", ")) };
        if *judged == 0 {
            return write!(f, "fell short: no cell could be compared with the baseline");
        }
        if short.is_empty() {
            return write!(f, "passed: no ratio of {judged} is under {threshold}{unlike}");
        }
        write!(f, "fell short: {} of {judged} under {threshold}{unlike}", short.len())?;
        short.iter().try_for_each(|cell| write!(f, "\n  {cell}"))
    }
}
