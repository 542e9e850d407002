//! What tools printed: cut down to what fits an error, and what of it is for the reader of their figures.

/// Characters of an output that an error quotes.
const MOST: usize = 2000;

/// The end of an output, in one line.
pub fn excerpt(output: &str) -> String {
    let lines: Vec<_> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(8)..].join(" | ");
    if last.is_empty() {
        return "(nothing)".to_owned();
    }
    let cut = last.char_indices().rev().nth(MOST).map_or(0, |(at, _)| at);
    if cut == 0 { last } else { format!("…{}", &last[cut..]) }
}

/// Bits a second, of what a script of this program's says once a second: `sending 115149120`.
pub fn sending(line: &str) -> Option<f64> {
    let rate: u64 = line.strip_prefix("sending ")?.parse().ok()?;
    Some(rate as f64)
}

/// What a script of this program's says that the reader of its generator's figures must know: lines `remark: TEXT`.
pub fn remarks(output: &str) -> Vec<String> {
    output.lines().filter_map(|line| line.strip_prefix("remark: ")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_output_is_quoted_and_nothing_is_said_to_be_nothing() {
        assert_eq!(excerpt("one\n\n  two\n"), "one | two");
        assert_eq!(excerpt(" \n"), "(nothing)");
        let long = excerpt(&"ä".repeat(5000));
        assert!(long.starts_with('…') && long.chars().count() < MOST + 3);
    }
}
