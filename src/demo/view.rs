//! A moment of a demo, drawn: what matters most is largest, and goes last where there is little room.
//!
//! Pure: must not know a terminal, nor where a figure comes from.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::Paragraph;

use super::letters;
use super::paint::Paint;
use super::scene::{Phase, Scene};
use super::table;
use crate::units::BitsPerSecond;

/// Columns a dot of the largest letters; beyond it, nobody reads faster.
const LARGEST: usize = 6;

/// Columns that the words beside the number take.
const BESIDE: u16 = 20;

/// Columns below which the league has no place beside the lines.
const WIDE: u16 = 70;

/// Draws `scene` on all of the frame.
pub fn draw(frame: &mut Frame<'_>, scene: &Scene, paint: Paint) {
    let area = frame.area();
    let name = name_scale(scene, area);
    let rate = rate_scale(area);
    let rows = |scale: Option<usize>| scale.map_or(1, |scale| letters::height(scale) as u16);
    let [head, title, _, number, _, body, limit, foot, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rows(name)),
        Constraint::Length(u16::from(area.height >= 22)),
        Constraint::Length(rows(rate)),
        Constraint::Length(u16::from(area.height >= 22)),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(header(scene, head.width, paint), head);
    large(frame, title, &scene.framework, name, Paint::name());
    total(frame, number, scene, rate, paint);
    let league_width = if body.width >= WIDE { (body.width * 2 / 5).min(56) } else { 0 };
    let [left, _, right] = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(u16::from(league_width > 0) * 2),
        Constraint::Length(league_width),
    ])
    .areas(body);
    frame.render_widget(Text::from(table::left(scene, left, paint)), left);
    frame.render_widget(Text::from(table::league(scene, right, paint)), right);
    frame.render_widget(limits(scene, paint), limit);
    frame.render_widget(Line::styled(scene.remark.as_str(), paint.quiet()), foot);
    frame.render_widget(key_help(scene, keys.width), keys);
}

fn name_scale(scene: &Scene, area: Rect) -> Option<usize> {
    letters::fitting(&scene.framework, area.width.into(), usize::from(area.height) / 5, LARGEST / 2)
}

/// The scale of the number, the same whatever its digits are, so that it does not jump.
fn rate_scale(area: Rect) -> Option<usize> {
    letters::fitting("88.88", usize::from(area.width.saturating_sub(BESIDE)), usize::from(area.height) / 3, LARGEST)
}

fn header(scene: &Scene, width: u16, paint: Paint) -> Line<'static> {
    let seconds = scene.elapsed.as_secs();
    let mut right = format!("{}:{:02}", seconds / 60, seconds % 60);
    if let Some(left) = scene.left {
        let seconds = left.as_secs();
        right = format!("{right}, {}:{:02} to go", seconds / 60, seconds % 60);
    }
    let virtual_hosts = if scene.emulated { " (virtual hosts: rates rank nothing)" } else { "" };
    let left = format!("{}{virtual_hosts} · {}", scene.testbed, scene.cell);
    let gap = usize::from(width).saturating_sub(left.chars().count() + right.chars().count()).max(1);
    Line::from(vec![Span::raw(left), Span::raw(" ".repeat(gap)), Span::styled(right, paint.quiet())])
}

/// Text in large letters, or in small ones where those do not fit.
fn large(frame: &mut Frame<'_>, area: Rect, text: &str, scale: Option<usize>, style: Style) {
    let rows = scale.map_or_else(|| vec![text.to_owned()], |scale| letters::rows(text, scale));
    frame.render_widget(Paragraph::new(rows.into_iter().map(Line::from).collect::<Vec<_>>()).style(style), area);
}

/// The number, its unit beside it, and what is lost.
fn total(frame: &mut Frame<'_>, area: Rect, scene: &Scene, scale: Option<usize>, paint: Paint) {
    let flows = matches!(scene.phase, Phase::Traffic(_));
    let known = scene.total_bps().filter(|_| flows).map(|bps| BitsPerSecond(bps).to_string());
    // Without traffic a number would be one that nobody sent for.
    let (number, unit) = known.as_deref().and_then(|text| text.split_once(' ')).unwrap_or(("-", ""));
    let wide = scale.map_or(number.len(), |scale| letters::width("88.88", scale)) as u16 + 2;
    let [digits, beside] = Layout::horizontal([Constraint::Length(wide), Constraint::Fill(1)]).areas(area);
    large(frame, digits, number, scale, paint.rate());
    let lost = match scene.lost_pps().filter(|_| flows) {
        Some(lost) if lost > 0.0 => Span::styled(format!("✗ {} lost/s", table::count(lost)), paint.trouble()),
        Some(_) => Span::raw("nothing lost"),
        None => Span::raw(""),
    };
    let said = match &scene.phase {
        Phase::Loading => format!("loading {} …", scene.framework),
        Phase::Traffic(_) => String::new(),
        Phase::Between => "traffic starts …".to_owned(),
        Phase::Unloading => format!("unloading {} …", scene.framework),
        Phase::Ending => "giving the hosts back …".to_owned(),
    };
    let mut lines = vec![Line::styled(unit.to_owned(), Paint::name()), Line::from(lost)];
    if !said.is_empty() {
        lines = vec![Line::styled(said, Paint::name())];
    }
    frame.render_widget(Text::from(lines), beside);
}

fn limits(scene: &Scene, paint: Paint) -> Line<'static> {
    match &scene.limit {
        Some(limit) => {
            Line::from(vec![Span::styled("limited by ", paint.quiet()), Span::styled(limit.clone(), Paint::name())])
        }
        None => Line::raw(""),
    }
}

/// The keys, those that matter most first; those that have no room are left out whole.
fn key_help(scene: &Scene, width: u16) -> Line<'static> {
    let stay = if scene.cycles { "stay here" } else { "go on by itself" };
    let frames = ("f", "frame size");
    let keys = [("q", "end"), ("← →", "framework"), ("space", stay), ("1-9", "lines"), frames, ("+ -", "line")];
    let (mut spans, mut used) = (Vec::new(), 0);
    for (key, does) in keys.into_iter().filter(|key| scene.sized || *key != frames) {
        let room = key.chars().count() + does.len() + 5;
        if used + room > usize::from(width) + 2 {
            break;
        }
        used += room;
        spans.extend([Span::styled(format!(" {key} "), Paint::key()), Span::raw(format!(" {does}  "))]);
    }
    Line::from(spans)
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
