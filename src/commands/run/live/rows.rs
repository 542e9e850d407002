//! The rows of a trial's view: one a line of the testbed, then the middlebox's cores. Pure.
//!
//! No row is wider than the terminal, and all of them together leave room for what is above them. Must not know how rows
//! come to the terminal.

use std::time::Duration;

use crate::measure::live::{CpuBusy, Live, LiveLine};
use crate::output::tone;
use crate::role::Role;
use crate::units::BitsPerSecond;

/// Rows of the terminal that are others': the trial's name, what was said before it.
const OTHERS: usize = 4;

/// The longest sparkline.
const LONGEST: usize = 40;

/// What of a narrow one is worth its room.
const SHORTEST: usize = 4;

/// Columns of a rate, and of a sparkline where lines stand beside each other.
const RATE: usize = 10;
const SHORT: usize = 8;

/// A CPU that does less than this does not work.
const WORKS: f64 = 0.02;

/// Letters of a height of 0 to 7 eighths.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const PLAIN_BARS: [char; 8] = ['_', '.', '-', '=', '+', '*', '%', '#'];

/// What there is to draw on.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Whether it has more letters than ASCII.
    pub unicode: bool,
    /// Whether it is coloured.
    pub color: bool,
}

/// What is so now; `left` is how long the trial goes on to send.
pub fn rows(live: &Live, left: Option<Duration>, shape: &Shape) -> Vec<String> {
    let room = shape.height.saturating_sub(OTHERS).max(1);
    let mut rows = lines(&live.lines, room, shape);
    rows.push(cores(live.cpus.get(&Role::Middlebox).map(Vec::as_slice), left, shape));
    rows
}

/// Each line in a row of its own; where these are too many, several in a row.
fn lines(lines: &[LiveLine], room: usize, shape: &Shape) -> Vec<String> {
    if lines.len() <= room {
        let digits = lines.iter().map(|line| line.line.to_string().len()).max().unwrap_or(1);
        let ends = lines.iter().map(|line| ends(line, shape).chars().count()).max().unwrap_or(0);
        return lines.iter().map(|line| row(line, digits, ends, shape)).collect();
    }
    let cells: Vec<_> = lines.iter().map(|line| cell(line, shape)).collect();
    let widest = cells.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(1) + 2;
    if widest > shape.width {
        return Vec::new();
    }
    let beside = shape.width / widest;
    let mut rows: Vec<String> = cells
        .chunks(beside)
        .map(|cells| {
            let pad = |(text, bad): &(String, bool)| {
                format!("  {}", tone::yellow(&format!("{text:<0$}", widest - 2), *bad && shape.color))
            };
            cells.iter().map(pad).collect::<String>()
        })
        .collect();
    if rows.len() > room {
        rows.truncate(room.saturating_sub(1));
        let more = lines.len() - rows.len() * beside;
        rows.push(cut(format!("  and {more} more lines"), shape.width));
    }
    rows
}

/// `line 2  eth3→eth4  9.410 Gb/s ▂▃▅▇ drops 0`; what there is no room for is left out: the past, then the ports.
fn row(line: &LiveLine, digits: usize, widest: usize, shape: &Shape) -> String {
    let name = format!("  line {:>digits$}  ", line.line);
    let ports = format!("{:<widest$}  ", ends(line, shape));
    let rate = format!("{:>RATE$} ", rate(line));
    let drops = drops(line);
    let fixed = name.len() + rate.chars().count() + drops.len();
    // The last column stays free, lest the cursor goes on to the next row.
    let mut free = shape.width.saturating_sub(fixed + 1);
    let ports = if ports.chars().count() + SHORTEST < free { ports } else { String::new() };
    free = free.saturating_sub(ports.chars().count());
    let past = if free > SHORTEST { spark(&line.history, (free - 1).min(LONGEST), shape) + " " } else { String::new() };
    let text = format!("{name}{ports}{rate}{past}");
    let drops = cut(drops, shape.width.saturating_sub(text.chars().count()));
    cut(text, shape.width) + &tone::yellow(&drops, line.lost > Some(0) && shape.color)
}

/// A line as short as can be, and whether it loses packets.
fn cell(line: &LiveLine, shape: &Shape) -> (String, bool) {
    let past = spark(&line.history, SHORT, shape);
    let bad = line.lost > Some(0);
    // Without colour, a mark.
    let mark = if bad { '!' } else { ' ' };
    (format!("{:>3} {:>RATE$} {past}{mark}", line.line, rate(line)), bad)
}

fn ends(line: &LiveLine, shape: &Shape) -> String {
    let arrow = if shape.unicode { "→" } else { "->" };
    line.ends.join(arrow)
}

fn rate(line: &LiveLine) -> String {
    line.rate_bps.map_or_else(|| "-".to_owned(), |rate| BitsPerSecond(rate).to_string())
}

fn drops(line: &LiveLine) -> String {
    let all = line.lost.map_or_else(|| "-".to_owned(), |lost| lost.to_string());
    match line.losing_pps {
        Some(now) if now >= 1.0 => format!("drops {all} (+{now:.0}/s)"),
        _ => format!("drops {all}"),
    }
}

/// The last of `history`, as high as their share of the highest that is shown; what nobody counted is a gap.
fn spark(history: &[Option<f64>], width: usize, shape: &Shape) -> String {
    let shown = &history[history.len().saturating_sub(width)..];
    let highest = shown.iter().flatten().copied().fold(0.0, f64::max);
    let letter = |rate: &Option<f64>| rate.map_or(' ', |rate| height(rate / highest.max(1.0), shape));
    let mut text: String = shown.iter().map(letter).collect();
    text.extend(std::iter::repeat_n(' ', width - shown.len()));
    text
}

fn height(part: f64, shape: &Shape) -> char {
    let bars = if shape.unicode { BARS } else { PLAIN_BARS };
    bars[((part * 8.0) as usize).min(7)]
}

/// The middlebox's cores as far as there is room, those that work if not all can be shown, and what is left of the trial.
fn cores(cpus: Option<&[CpuBusy]>, left: Option<Duration>, shape: &Shape) -> String {
    let left = left.map(|left| format!("  {} s left", left.as_secs_f64().ceil())).unwrap_or_default();
    let Some(cpus) = cpus else {
        let text = format!("  cores -{left}");
        return cut(text, shape.width);
    };
    let room = shape.width.saturating_sub(left.len() + 1);
    let show = |cpus: &[&CpuBusy]| {
        let mut text = "  cores".to_owned();
        for (index, cpu) in cpus.iter().enumerate() {
            let one = core(cpu, shape);
            let more = format!(" +{}", cpus.len() - index);
            let reserve = if index + 1 == cpus.len() { 0 } else { more.len() };
            if text.chars().count() + one.chars().count() + reserve > room {
                return (text + &more, false);
            }
            text += &one;
        }
        (text, true)
    };
    let all: Vec<_> = cpus.iter().collect();
    let (mut text, whole) = show(&all);
    if !whole {
        let works = |cpu: &&CpuBusy| cpu.busy.is_some_and(|busy| busy >= WORKS);
        text = show(&all.into_iter().filter(works).collect::<Vec<_>>()).0;
    }
    cut(text + &left, shape.width)
}

/// ` 3▇`, or ` 3:87%` where there are no such letters.
fn core(cpu: &CpuBusy, shape: &Shape) -> String {
    match cpu.busy {
        None => format!(" {}-", cpu.cpu),
        Some(busy) if shape.unicode => format!(" {}{}", cpu.cpu, height(busy, shape)),
        Some(busy) => format!(" {}:{:.0}%", cpu.cpu, busy * 100.0),
    }
}

fn cut(text: String, width: usize) -> String {
    if text.chars().count() <= width { text } else { text.chars().take(width).collect() }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
