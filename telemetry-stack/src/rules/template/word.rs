//! Functions of texts.

use super::run::grow;
use super::value::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

/// What Go leaves as it is in a query, besides letters and digits.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');

/// Whether a part of the text is as the pattern says.
pub(super) fn matches(pattern: &str, text: &str) -> Result<Value, String> {
    Ok(Value::Bool(compiled(pattern)?.is_match(text)))
}

/// The text with everything that is as the pattern says replaced; `$1` and `${name}` are parts of it.
pub(super) fn replace_all(pattern: &str, replacement: &str, text: &str) -> Result<Value, String> {
    let (mut out, mut end) = (String::new(), 0);
    for captures in compiled(pattern)?.captures_iter(text) {
        let Some(found) = captures.get(0) else { continue };
        grow(&mut out, &text[end..found.start()])?;
        let mut replaced = String::new();
        captures.expand(replacement, &mut replaced);
        grow(&mut out, &replaced)?;
        end = found.end();
    }
    grow(&mut out, &text[end..])?;
    Ok(Value::Text(out))
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|_| format!("`{pattern}` is no regular expression"))
}

/// Every word with a capital letter.
pub(super) fn title(text: &str) -> Result<Value, String> {
    let mut begins = true;
    let each = |c: char| {
        let c = if begins { upper(c) } else { c };
        begins = separates(c);
        c
    };
    Ok(Value::Text(text.chars().map(each).collect()))
}

/// Whether a word ends before this character, by Go's simple rule.
fn separates(c: char) -> bool {
    if c.is_ascii() {
        !c.is_ascii_alphanumeric() && c != '_'
    } else {
        !c.is_alphanumeric() && c.is_whitespace()
    }
}

/// In capital letters, character by character.
pub(super) fn to_upper(text: &str) -> Result<Value, String> {
    Ok(Value::Text(text.chars().map(upper).collect()))
}

/// In small letters, character by character.
pub(super) fn to_lower(text: &str) -> Result<Value, String> {
    Ok(Value::Text(text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()))
}

/// A character that would become several stays as it is.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The host of an address.
pub(super) fn strip_port(address: &str) -> Result<Value, String> {
    let host =
        match (address.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:")), address.rsplit_once(':')) {
            (Some((host, _)), _) => host,
            (None, Some((host, port))) if !host.contains([':', '[', ']']) && !port.contains([']', '[']) => {
                host
            }
            _ => address,
        };
    Ok(Value::Text(host.to_owned()))
}

/// The text as it may stand in a page.
pub(super) fn html(text: &str) -> Result<Value, String> {
    let mut out = String::new();
    for c in text.chars() {
        let plain = &mut [0; 4];
        grow(
            &mut out,
            match c {
                '"' => "&#34;",
                '\'' => "&#39;",
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '\0' => "\u{fffd}",
                other => other.encode_utf8(plain),
            },
        )?;
    }
    Ok(Value::Text(out))
}

/// The text as it may stand in the query of an address.
pub(super) fn url_query(text: &str) -> Result<Value, String> {
    let mut out = String::new();
    for part in utf8_percent_encode(text, QUERY) {
        grow(&mut out, &part.replace(' ', "+"))?;
    }
    Ok(Value::Text(out))
}
