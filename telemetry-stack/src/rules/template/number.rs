//! Numbers in a template.

use super::value::Value;

/// The length of the number with which a text begins, if it begins with one.
pub(super) fn number_length(text: &str) -> Option<usize> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let first = unsigned.strip_prefix('.').unwrap_or(unsigned).chars().next()?;
    if !first.is_ascii_digit() {
        return None;
    }
    let belongs = |at: usize, c: char| match c {
        '+' | '-' => unsigned[..at].ends_with(['e', 'E']) && !has_base(unsigned),
        other => other == '.' || other == '_' || other.is_alphanumeric(),
    };
    let end = unsigned.char_indices().find(|&(at, c)| !belongs(at, c)).map_or(unsigned.len(), |(at, _)| at);
    Some(sign + end)
}

/// The number that is written so, or what is wrong with it.
pub(super) fn read_number(text: &str) -> Result<Value, String> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if !has_base(unsigned) && unsigned.contains(['.', 'e', 'E']) && is_decimal(unsigned) {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        return value.map(Value::Float).ok_or_else(|| format!("`{text}` is no number"));
    }
    integer(text, unsigned).map(Value::Int).ok_or_else(|| {
        format!("`{text}` is no number that is known here; write a whole number of 64 bits, or one with a point or an exponent")
    })
}

fn has_base(unsigned: &str) -> bool {
    let base = unsigned.as_bytes();
    base.first() == Some(&b'0')
        && base.get(1).is_some_and(u8::is_ascii_alphabetic)
        && !unsigned[1..].starts_with(['e', 'E'])
}

/// Whether a number has nothing that Rust reads otherwise than Go, such as the word `infinity`.
fn is_decimal(unsigned: &str) -> bool {
    unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'))
}

/// A whole number as Go writes them: with `0x`, `0o` or `0b`, or eight-based with a leading zero.
fn integer(text: &str, unsigned: &str) -> Option<i64> {
    let (radix, digits) = match unsigned.get(..2).unwrap_or_default() {
        "0x" | "0X" => (16, &unsigned[2..]),
        "0o" | "0O" => (8, &unsigned[2..]),
        "0b" | "0B" => (2, &unsigned[2..]),
        _ if unsigned.len() > 1 && unsigned.starts_with('0') => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    let sign = if text.starts_with('-') { "-" } else { "" };
    let is_plain = digits.chars().all(|c| c.is_digit(radix));
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok().filter(|_| is_plain)
}
