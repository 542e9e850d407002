//! What an error says over several lines, as one sentence for a table or a list. Must not know where it stands.

/// The causes after one another, the way out last.
pub fn of(text: &str) -> String {
    let mut sentence = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !sentence.is_empty() {
            sentence.push_str("; ");
        }
        match line.strip_prefix("hint: ") {
            Some(hint) => {
                sentence.push_str("what helps: ");
                sentence.push_str(hint);
            }
            None => sentence.push_str(line.trim_end_matches(';')),
        }
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_stands_in_the_sentence_and_not_as_a_hint() {
        assert_eq!(of("it did not load\nhint: dmesg"), "it did not load; what helps: dmesg");
        assert_eq!(of("it fell\n  because\n\nhint: a\nhint: b"), "it fell; because; what helps: a; what helps: b");
        assert_eq!(of("it fell"), "it fell");
    }
}
