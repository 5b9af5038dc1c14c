//! What is refused because of its size: the memory of the parser and of the evaluation for nested expressions is the stack, and
//! the parser leaves parts of a duration out that are too large for it.

use promql_parser::parser::Expr;

use crate::error::QueryError;

/// How many brackets, commas and operators an expression may have, each of which the parser may have to remember.
const COMPLEXITY: usize = 1_000;

/// How many expressions may be inside of each other; each operator of a chain is one.
const DEPTH: usize = 100;

/// The longest duration in seconds that is read without a unit, about three hundred thousand years.
const LONGEST: f64 = 1e13;

/// Refuses a text that is too nested, or has a duration in it that the parser would not read as it is written.
pub(super) fn check(text: &str) -> Result<(), QueryError> {
    let mut complexity = 0_usize;
    let mut braces = 0_usize;
    // Between the brackets of a range, and after the word `offset`, a number is a duration.
    let (mut in_range, mut after_offset) = (false, false);
    for token in Tokens(text) {
        match token {
            "{" => braces += 1,
            "}" => braces = braces.saturating_sub(1),
            "[" | "]" => in_range = token == "[",
            "+" | "-" | " " | "\n" | "\t" | "\r" => {}
            _ => {
                check_word(token, in_range || after_offset)?;
                after_offset = token.eq_ignore_ascii_case("offset");
            }
        }
        complexity += usize::from(braces == 0 && may_nest(token));
    }
    if complexity > COMPLEXITY {
        Err(QueryError::TooComplex { what: "brackets and operators", limit: COMPLEXITY })
    } else {
        Ok(())
    }
}

/// Refuses an expression that would need too much of the stack.
pub(super) fn check_depth(expr: &Expr) -> Result<(), QueryError> {
    let mut open = vec![(expr, 1)];
    while let Some((expr, depth)) = open.pop() {
        if depth > DEPTH {
            return Err(QueryError::TooComplex { what: "levels of nesting", limit: DEPTH });
        }
        open.extend(parts(expr).into_iter().map(|part| (part, depth + 1)));
    }
    Ok(())
}

fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Aggregate(operation) => {
            [Some(&operation.expr), operation.param.as_ref()].into_iter().flatten().map(|it| &**it).collect()
        }
        Expr::Unary(operation) => vec![&operation.expr],
        Expr::Binary(operation) => vec![&operation.lhs, &operation.rhs],
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Subquery(query) => vec![&query.expr],
        Expr::Call(call) => call.args.args.iter().map(|argument| &**argument).collect(),
        _ => Vec::new(),
    }
}

fn may_nest(token: &str) -> bool {
    const SIGNS: &str = "([+-*/%^=<>!@,";
    let word = ["and", "or", "unless", "atan2"].iter().any(|word| token.eq_ignore_ascii_case(word));
    word || (token.len() == 1 && SIGNS.contains(token))
}

/// A number may be a duration, with units anywhere and without them in some places.
fn check_word(word: &str, is_duration: bool) -> Result<(), QueryError> {
    let too_large = match word.parse::<f64>() {
        // Only what begins with a digit or is called a number parses as one; NaN is as little a duration as infinity.
        Ok(number) => is_duration && (number.is_nan() || number.abs() > LONGEST),
        Err(_) if !word.starts_with(|first: char| first.is_ascii_digit()) => false,
        Err(_) if is_hexadecimal(word) => false,
        Err(_) => word
            .split(|it: char| !it.is_ascii_digit())
            .any(|part| part.parse::<u32>().is_err() && !part.is_empty()),
    };
    if too_large { Err(QueryError::TimeOutOfRange(word.to_owned())) } else { Ok(()) }
}

fn is_hexadecimal(word: &str) -> bool {
    word.starts_with("0x") || word.starts_with("0X")
}

/// Words, numbers with their exponent, and single characters; strings and comments are left out.
struct Tokens<'t>(&'t str);

impl<'t> Iterator for Tokens<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let first = self.0.chars().next()?;
            let (length, counts) = match first {
                '"' | '\'' | '`' => (string_length(self.0, first), false),
                '#' => (self.0.find('\n').unwrap_or(self.0.len()), false),
                _ if is_word(first) => (word_length(self.0), true),
                _ => (first.len_utf8(), true),
            };
            let (token, rest) = self.0.split_at(length);
            self.0 = rest;
            if counts {
                return Some(token);
            }
        }
    }
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.')
}

fn word_length(text: &str) -> usize {
    let end = text.find(|character| !is_word(character)).unwrap_or(text.len());
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    let has_exponent = text[..end].ends_with(['e', 'E']) && !is_hexadecimal(text);
    match text[end..].strip_prefix(['+', '-']) {
        Some(digits) if is_number && has_exponent => {
            let exponent = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
            end + 1 + exponent
        }
        _ => end,
    }
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, character) in text.char_indices().skip(1) {
        if character == quote && !escaped {
            return position + 1;
        }
        escaped = character == '\\' && !escaped && quote != '`';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        let tokens: Vec<_> =
            Tokens("a1{b=\"c\\\"}\"}[1e+5:2m] # x\n'(' `\\`-0x1e-2").filter(|token| *token != " ").collect();
        assert_eq!(
            tokens,
            ["a1", "{", "b", "=", "}", "[", "1e+5", ":", "2m", "]", "\n", "-", "0x1e", "-", "2"]
        );
    }

    #[test]
    fn durations_that_the_parser_cannot_hold_are_refused() {
        for text in [
            "x[1e300]",
            "x[1e+300:5m]",
            "x offset Inf",
            "x OFFSET - NaN",
            "x[99999999999999999999]",
            "1 + 4294967296s",
        ] {
            assert!(matches!(check(text), Err(QueryError::TimeOutOfRange(_))), "{text}");
        }
        for text in [
            "x > 1e300",
            "x[5m] offset 1m > Inf",
            "0xffffffffff",
            "x offset -1.5",
            "offset1e300",
            "y{a=\"[1e300]\"}",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn nesting_is_limited_and_matchers_do_not_count() {
        assert!(check(&"(".repeat(COMPLEXITY)).is_ok());
        assert!(check(&"(".repeat(COMPLEXITY + 1)).is_err());
        assert!(check(&vec!["x"; COMPLEXITY + 2].join(" or ")).is_err());
        assert!(check(&format!("x{{{}}}", vec!["a=\"-\""; 1_000].join(","))).is_ok());
    }
}
