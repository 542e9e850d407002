//! The keys of a demo, and what they wish for.
//!
//! Must not know what becomes of a wish.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What whoever shows the demo wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The next framework.
    Next,
    /// The one before.
    Previous,
    /// So many lines; as many as there are where there are fewer.
    Lines(usize),
    /// One line more.
    MoreLines,
    /// One line less.
    FewerLines,
    /// All lines.
    AllLines,
    /// The next size of frames.
    FrameSize,
    /// Stay with this framework, or go on by itself again.
    Stay,
    /// The end.
    End,
    /// The end, as by Ctrl-C.
    Interrupt,
}

/// What an event of the terminal wishes for.
pub fn wish(event: &Event) -> Option<Wish> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => of_key(*key),
        _ => None,
    }
}

fn of_key(key: KeyEvent) -> Option<Wish> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        // In raw mode the terminal makes no signal of it.
        return (key.code == KeyCode::Char('c')).then_some(Wish::Interrupt);
    }
    match key.code {
        KeyCode::Right | KeyCode::Char('n') => Some(Wish::Next),
        KeyCode::Left | KeyCode::Char('p') => Some(Wish::Previous),
        KeyCode::Char('0') => Some(Wish::AllLines),
        KeyCode::Char(digit @ '1'..='9') => Some(Wish::Lines(digit as usize - '0' as usize)),
        KeyCode::Char('+' | '=') | KeyCode::Up => Some(Wish::MoreLines),
        KeyCode::Char('-') | KeyCode::Down => Some(Wish::FewerLines),
        KeyCode::Char('f') => Some(Wish::FrameSize),
        KeyCode::Char(' ') => Some(Wish::Stay),
        KeyCode::Char('q') | KeyCode::Esc => Some(Wish::End),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Wish> {
        wish(&Event::Key(KeyEvent::new(code, modifiers)))
    }

    #[test]
    fn every_key_of_the_help_has_a_wish_and_others_have_none() {
        let plain = |code| pressed(code, KeyModifiers::NONE);
        let letters = [
            ('n', Wish::Next),
            ('p', Wish::Previous),
            ('1', Wish::Lines(1)),
            ('9', Wish::Lines(9)),
            ('0', Wish::AllLines),
            ('+', Wish::MoreLines),
            ('-', Wish::FewerLines),
            ('f', Wish::FrameSize),
            (' ', Wish::Stay),
            ('q', Wish::End),
        ];
        for (letter, wish) in letters {
            assert_eq!(plain(KeyCode::Char(letter)), Some(wish), "{letter}");
        }
        assert_eq!(
            [KeyCode::Left, KeyCode::Right, KeyCode::Esc].map(plain),
            [Some(Wish::Previous), Some(Wish::Next), Some(Wish::End)]
        );
        assert_eq!([KeyCode::Char('x'), KeyCode::Enter, KeyCode::F(1)].map(plain), [None; 3]);
    }

    #[test]
    fn ctrl_c_is_an_interrupt_and_a_key_that_is_let_go_is_nothing() {
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Wish::Interrupt));
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(pressed(KeyCode::Char('q'), KeyModifiers::CONTROL), None);
        let released =
            KeyEvent { kind: KeyEventKind::Release, ..KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE) };
        assert_eq!(wish(&Event::Key(released)), None);
        assert_eq!(wish(&Event::Resize(80, 24)), None);
    }
}
