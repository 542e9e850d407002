//! Letters of foreign words that would change what stands around them. Must not know where words are shown.

/// What stands in the place of one.
pub const REPLACED: char = '\u{fffd}';

/// Whether a letter is none that is shown: no XML may hold a control character, and a mark that turns the direction of
/// writing turns that of all that follows (Unicode Standard Annex 9).
pub fn is_hidden(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}
