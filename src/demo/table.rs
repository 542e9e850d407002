//! Rows of the demo's view: lines with their rates, cores, and the frameworks side by side.
//!
//! Must not know where they are drawn.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::paint::Paint;
use super::scene::{CoreNow, LineNow, Phase, Place, Scene};
use crate::units::BitsPerSecond;

/// Columns of a row's name.
const NAME: usize = 8;

/// Lines above, cores below; where there is no room for all, the cores go first.
pub fn left(scene: &Scene, area: Rect, paint: Paint) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let best = scene.lines.iter().flat_map(|line| line.past_bps.iter().copied()).fold(1.0, f64::max);
    let flows = matches!(scene.phase, Phase::Traffic(_));
    let mut rows: Vec<_> = scene.lines.iter().map(|now| line(now, best, flows, width, paint)).collect();
    rows.truncate(height);
    if rows.len() + 2 <= height && !scene.cores.is_empty() {
        if rows.len() + scene.cores.len() + 2 <= height {
            rows.push(Line::raw(""));
        }
        rows.push(Line::styled("middlebox at work: ▓ softirq, █ other", paint.quiet()));
        rows.extend(scene.cores.iter().map(|now| core(now, width, paint)));
    }
    rows.truncate(height);
    rows
}

fn line(now: &LineNow, best: f64, flows: bool, width: usize, paint: Paint) -> Line<'static> {
    let rate = now.rate_bps.filter(|_| flows);
    let said = rate.map_or("-".to_owned(), |rate| BitsPerSecond(rate).to_string());
    let lost = now.lost_pps.filter(|lost| flows && *lost > 0.0).map(|lost| format!("✗ {}/s", count(lost)));
    let room = width.saturating_sub(NAME + 12 + 11);
    let (bar_room, past_room) = (room.div_ceil(2), room / 2);
    Line::from(vec![
        Span::raw(format!("{:NAME$}", format!("line {}", now.number))),
        Span::styled(bar(rate.unwrap_or(0.0) / best, bar_room), paint.rate()),
        Span::raw(format!("{said:>11} ")),
        Span::styled(past(now, best, past_room), paint.quiet()),
        Span::raw(" "),
        Span::styled(lost.unwrap_or_default(), paint.trouble()),
    ])
}

fn core(now: &CoreNow, width: usize, paint: Paint) -> Line<'static> {
    let room = width.saturating_sub(NAME + 6);
    let all = (now.busy.clamp(0.0, 1.0) * room as f64).round() as usize;
    let soft = ((now.softirq.clamp(0.0, 1.0) * room as f64).round() as usize).min(all);
    Line::from(vec![
        Span::raw(format!("{:NAME$}", format!("CPU {}", now.number))),
        Span::styled("▓".repeat(soft), paint.softirq()),
        Span::styled("█".repeat(all - soft), paint.rate()),
        Span::styled("·".repeat(room - all), paint.quiet()),
        Span::raw(format!(" {:>3.0} %", now.busy * 100.0)),
    ])
}

/// Every framework with its mean, a bar for it, or why there is none.
pub fn league(scene: &Scene, area: Rect, paint: Paint) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    if width == 0 {
        return Vec::new();
    }
    let title = if scene.emulated { "so far, not ranked (mean)" } else { "so far (mean)" };
    let best = scene.league.iter().filter_map(|place| place.mean_bps).fold(1.0, f64::max);
    let mut rows = vec![Line::styled(title.to_owned(), paint.quiet())];
    rows.extend(scene.ranked().into_iter().map(|one| place(one, scene, best, width, paint)));
    rows.truncate(height);
    rows
}

fn place(place: &Place, scene: &Scene, best: f64, width: usize, paint: Paint) -> Line<'static> {
    const NAMES: usize = 15;
    let (mark, style) = if place.framework == scene.framework { ("▶ ", Paint::name()) } else { ("  ", Style::new()) };
    let name =
        Span::styled(format!("{mark}{:NAMES$} ", place.framework.chars().take(NAMES).collect::<String>()), style);
    let room = width.saturating_sub(NAMES + 3);
    match (&place.failed, place.mean_bps) {
        (Some(why), _) => {
            let said: String = format!("✗ {why}").chars().take(room).collect();
            Line::from(vec![name, Span::styled(said, paint.trouble())])
        }
        (None, Some(mean)) => Line::from(vec![
            name,
            Span::styled(bar(mean / best, room.saturating_sub(12)), paint.rate()),
            Span::styled(format!("{:>12}", BitsPerSecond(mean).to_string()), style),
        ]),
        (None, None) => Line::from(vec![name, Span::styled("-", paint.quiet())]),
    }
}

/// A bar that fills a share of the room, in eighths of a column.
fn bar(share: f64, room: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * room as f64 * 8.0).round() as usize;
    let drawn = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{drawn:room$}")
}

/// The rates until now, as many as there is room for.
fn past(now: &LineNow, best: f64, room: usize) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let skipped = now.past_bps.len().saturating_sub(room);
    let height = |rate: &f64| HEIGHTS[((rate / best).clamp(0.0, 1.0) * 7.0).round() as usize];
    let drawn: String = now.past_bps.iter().skip(skipped).map(height).collect();
    format!("{drawn:>room$}")
}

/// A number of things a second, short.
pub fn count(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{:.2} M", n / 1e6),
        n if n >= 1e4 => format!("{:.1} k", n / 1e3),
        n if n >= 10.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_takes_its_room_whatever_its_share() {
        assert_eq!([0.0, 0.5, 1.0, 7.0, f64::NAN].map(|share| bar(share, 4)), ["    ", "██  ", "████", "████", "    "]);
        assert_eq!(bar(0.03, 4), "▏   ");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.4, 12.0, 9999.0, 12_400.0, 3.2e6].map(count), ["0.4", "12", "9999", "12.4 k", "3.20 M"]);
    }
}
