//! Letters that are read from the back of a room: five by seven dots, drawn with half blocks, so that a dot is a square.
//!
//! Must not know what is written.

/// Dots from one letter to the next.
const PITCH: usize = 6;
/// Dots of a letter's height.
const DOTS: usize = 7;

/// Columns that `text` takes at so many columns a dot.
pub fn width(text: &str, scale: usize) -> usize {
    (text.chars().count() * PITCH).saturating_sub(1) * scale
}

/// Rows that any text takes.
pub const fn height(scale: usize) -> usize {
    (DOTS * scale).div_ceil(2)
}

/// The largest scale of at most `most` at which `text` fits into so many columns and rows; none where not even the
/// smallest does.
pub fn fitting(text: &str, columns: usize, rows: usize, most: usize) -> Option<usize> {
    (1..=most).rev().find(|scale| width(text, *scale) <= columns && height(*scale) <= rows)
}

/// `text` as rows of half blocks.
pub fn rows(text: &str, scale: usize) -> Vec<String> {
    let letters: Vec<[u8; DOTS]> = text.chars().map(dots).collect();
    let lit = |x: usize, y: usize| {
        let (letter, column, row) = (x / scale / PITCH, x / scale % PITCH, y / scale);
        row < DOTS && column < 5 && letters[letter][row] & (0b1_0000 >> column) != 0
    };
    let cell = |x: usize, row: usize| match (lit(x, 2 * row), lit(x, 2 * row + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    (0..height(scale)).map(|row| (0..width(text, scale)).map(|x| cell(x, row)).collect()).collect()
}

/// The dots of a letter, a row each, the leftmost in the highest bit. What has no dots of its own is a box.
#[rustfmt::skip] // a letter a line
const fn dots(letter: char) -> [u8; DOTS] {
    match letter.to_ascii_lowercase() {
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        'a' => [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'b' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110],
        'c' => [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
        'd' => [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
        'e' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        'f' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
        'g' => [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110],
        'h' => [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'i' => [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        'j' => [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100],
        'k' => [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001],
        'l' => [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        'm' => [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
        'n' => [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001],
        'o' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'p' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000],
        'q' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101],
        'r' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        's' => [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        't' => [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        'u' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'v' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100],
        'w' => [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001],
        'x' => [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001],
        'y' => [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100],
        'z' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111],
        '.' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100],
        '-' => [0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000],
        '_' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b11111],
        '+' => [0b00000, 0b00100, 0b00100, 0b11111, 0b00100, 0b00100, 0b00000],
        '/' => [0b00001, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b10000],
        ' ' => [0; DOTS],
        _ => [0b11111, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11111],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::profile::Profile;

    #[test]
    fn a_dot_is_a_square_of_half_blocks() {
        assert_eq!(rows("1.", 1), [" ▄█        ", "  █        ", "  █    ▄▄  ", " ▀▀▀   ▀▀  "]);
        assert_eq!(rows("-", 2)[3], "██████████");
    }

    #[test]
    fn a_text_takes_what_was_said_at_every_scale() {
        for scale in 1..=6 {
            let rows = rows("9.41", scale);
            assert_eq!(rows.len(), height(scale));
            assert!(rows.iter().all(|row| row.chars().count() == width("9.41", scale)), "{scale}");
        }
    }

    #[test]
    fn the_largest_that_fits_is_taken_and_none_where_none_does() {
        assert_eq!(fitting("9.41", 80, 24, 6), Some(3));
        assert_eq!(fitting("9.41", 80, 7, 6), Some(2));
        assert_eq!(fitting("9.41", 80, 24, 1), Some(1));
        assert_eq!(fitting("9.41", 22, 24, 6), None);
        assert_eq!(width("", 3), 0);
    }

    #[test]
    fn every_letter_of_a_framework_and_of_a_number_has_its_own_dots() {
        let mut letters: BTreeSet<char> = "0123456789.-".chars().collect();
        letters.extend(Profile::names().into_iter().flat_map(str::chars));
        let unknown = dots('\u{1}');
        assert!(letters.iter().all(|letter| dots(*letter) != unknown), "{letters:?}");
        let seen: BTreeSet<_> = letters.iter().map(|letter| dots(*letter)).collect();
        assert_eq!(seen.len(), letters.len());
    }
}
