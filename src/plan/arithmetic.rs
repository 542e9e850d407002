//! Sums in profiles: whole numbers and names, `+`, `*`, brackets and `max(a, b)`. Nothing more, so that a profile stays
//! data.

use anyhow::{Context, Result, bail, ensure};

/// Works out `text`; `number` gives the value of a name, `None` where it is no number.
///
/// # Errors
/// Says what was not understood; a result beyond 64 bits is an error too.
pub fn evaluate(text: &str, number: &dyn Fn(&str) -> Option<u64>) -> Result<u64> {
    let mut reader = Reader { rest: text, depth: 0, number };
    let value = reader.sum()?;
    ensure!(reader.peek().is_none(), "`{}` is not understood", reader.rest.trim());
    Ok(value)
}

/// Brackets in brackets; each costs stack.
const MAX_DEPTH: usize = 32;

struct Reader<'a> {
    rest: &'a str,
    /// Brackets that are open.
    depth: usize,
    number: &'a dyn Fn(&str) -> Option<u64>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Whether `sign` comes next, which is then taken.
    fn take(&mut self, sign: char) -> bool {
        let there = self.peek() == Some(sign);
        if there {
            self.rest = &self.rest[sign.len_utf8()..];
        }
        there
    }

    /// Opens a bracket; the sum in it is read next.
    fn open(&mut self) -> Result<()> {
        self.depth += 1;
        ensure!(self.depth <= MAX_DEPTH, "brackets are nested more than {MAX_DEPTH} deep");
        Ok(())
    }

    /// Takes the bracket that closes.
    fn close(&mut self) -> Result<()> {
        self.depth -= 1;
        self.expect(')')
    }

    fn expect(&mut self, sign: char) -> Result<()> {
        ensure!(self.take(sign), "`{sign}` is missing before `{}`", self.rest);
        Ok(())
    }

    fn sum(&mut self) -> Result<u64> {
        let mut value = self.product()?;
        while self.take('+') {
            value = value.checked_add(self.product()?).context("the number is too large")?;
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<u64> {
        let mut value = self.factor()?;
        while self.take('*') {
            value = value.checked_mul(self.factor()?).context("the number is too large")?;
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<u64> {
        if self.take('(') {
            self.open()?;
            let value = self.sum()?;
            self.close()?;
            return Ok(value);
        }
        self.peek();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            bail!("a number or a name is missing before `{}`", self.rest);
        }
        if word == "max" && self.take('(') {
            self.open()?;
            let first = self.sum()?;
            self.expect(',')?;
            let second = self.sum()?;
            self.close()?;
            return Ok(first.max(second));
        }
        word.parse().ok().or_else(|| (self.number)(word)).with_context(|| format!("`{word}` is no number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked_out(text: &str) -> Result<u64> {
        evaluate(text, &|name| (name == "rings").then_some(288))
    }

    #[test]
    fn products_come_before_sums_and_brackets_before_both() {
        let values = ["7", "rings", "1 + 2*3", "(1+2) * 3", "max(200, rings)", "max(rings,max(1,2)) + 1"];
        assert_eq!(values.map(|text| worked_out(text).unwrap()), [7, 288, 7, 9, 288, 289]);
    }

    #[test]
    fn brackets_may_be_nested_and_not_without_end() {
        let nested = |depth: usize, open: &str, close: &str| format!("{}7{}", open.repeat(depth), close.repeat(depth));
        for (open, close) in [("(", ")"), ("max(1, ", ")"), ("1 + (", ")")] {
            assert!(worked_out(&nested(MAX_DEPTH, open, close)).is_ok(), "{open}");
            for depth in [MAX_DEPTH + 1, 1_000_000] {
                let error = worked_out(&nested(depth, open, close)).unwrap_err().to_string();
                assert_eq!(error, "brackets are nested more than 32 deep");
            }
        }
        assert!(worked_out(&"(".repeat(1_000_000)).is_err());
    }

    #[test]
    fn what_is_not_a_sum_is_refused() {
        for text in ["", "1 +", "(1", "1)", "1 2", "max(1)", "max", "slots", "-1", "1.5", "18446744073709551615 + 1"] {
            assert!(worked_out(text).is_err(), "{text}");
        }
    }
}
