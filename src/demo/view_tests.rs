use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::*;
use crate::demo::scene::{self, sample};

fn drawn(scene: &Scene, width: u16, height: u16, colour: bool) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, scene, Paint::new(colour))).unwrap();
    terminal.backend().buffer().clone()
}

/// What is read, without what is painted.
fn text(buffer: &Buffer) -> String {
    let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    let rows: Vec<_> = buffer.content().chunks(buffer.area.width.into()).map(row).collect();
    rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_audience_sees_it_on_small_and_on_large_terminals() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (60, 12)] {
        insta::assert_snapshot!(format!("{width}x{height}"), text(&drawn(&sample::scene(), width, height, true)));
    }
}

#[test]
fn no_terminal_is_too_small_to_draw_on() {
    for (width, height) in [(1, 1), (5, 3), (20, 5), (300, 4), (3, 90)] {
        for phase in [Phase::Loading, Phase::Traffic(1), Phase::Between, Phase::Unloading, Phase::Ending] {
            let scene = Scene { phase, left: Some(Duration::from_secs(61)), ..sample::scene() };
            drawn(&scene, width, height, true);
        }
    }
    drawn(&Scene::default(), 80, 24, true);
}

#[test]
fn while_no_traffic_flows_there_is_no_number() {
    let scene = Scene { phase: Phase::Loading, emulated: true, ..sample::scene() };
    let seen = text(&drawn(&scene, 80, 24, true));
    assert!(seen.contains("loading netslice …"), "{seen}");
    assert!(seen.contains("virtual hosts: rates rank nothing"), "{seen}");
    assert!(!seen.contains("9.410 Gb/s") && !seen.contains("lost"), "{seen}");
    let scene = Scene { lines: vec![scene::LineNow { number: 1, ..Default::default() }], ..sample::scene() };
    let seen = text(&drawn(&scene, 80, 24, true));
    assert!(!seen.contains("nothing lost"), "what is not known is not called none: {seen}");
}

#[test]
fn without_colour_there_is_none_and_the_words_stay() {
    let (with, without) = (drawn(&sample::scene(), 80, 24, true), drawn(&sample::scene(), 80, 24, false));
    assert_eq!(text(&with), text(&without));
    let colours =
        |buffer: &Buffer| buffer.content().iter().filter(|cell| cell.fg != ratatui::style::Color::Reset).count();
    assert!(colours(&with) > 100);
    assert_eq!(colours(&without), 0);
}
