//! Strings in YAML, quoted wherever any reader could take them for something else.
//!
//! Prometheus and Grafana follow YAML 1.1 in places, where `no` is false and `12:30` is the number 750.

use std::fmt::Write as _;

/// Plain words that YAML 1.1 takes for a truth value or for nothing, in any case.
const MISREAD: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// The string as a YAML scalar: plain where it is a word that no reader misreads, else in double quotes.
pub(crate) fn string(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// A plain scalar begins with a letter, so that it is no number, no time and no mark of YAML's own, and has no character that ends
/// or changes it.
fn is_plain(text: &str) -> bool {
    let begins_well = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let goes_on_well = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    begins_well && goes_on_well && !MISREAD.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The string in double quotes, with what needs it escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            // Readers of YAML end a line at these three too, and refuse most other control characters unless they are escaped.
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => escape(&mut out, c),
            c if c.is_control() => escape(&mut out, c),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, c: char) {
    // Writing into a string cannot fail.
    let _ = write!(out, "\\u{:04X}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_plain() {
        for text in ["sase_axe", "pushgateway", "/metrics", "a/b.c-d", "nobody"] {
            let expected = if text.starts_with('/') { format!("\"{text}\"") } else { text.to_owned() };
            assert_eq!(string(text), expected);
        }
    }

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for text in [
            "no",
            "On",
            "OFF",
            "y",
            "null",
            "~",
            "",
            "12:30",
            "1e3",
            "0x1",
            ".5",
            "-",
            "a: b",
            "a #b",
            "localhost:9091",
        ] {
            assert_eq!(string(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn quotes_and_control_characters_are_escaped() {
        assert_eq!(string("a\"b\\c\nd\u{1b}\u{2028}é"), "\"a\\\"b\\\\c\\nd\\u001B\\u2028é\"");
    }
}
