//! Times and ages as people say them, and text of others made harmless.

use chrono::DateTime;
use telemetry_catalog::quantity;
use telemetry_core::harmless::{is_obeyed, is_unseen};

/// How long a label or a message may be, in characters.
const LONGEST: usize = 120;
const LONGEST_TEXT: usize = 600;

/// A text of others on one line: what it would do to the rest of the page is taken out, and what is too long for anybody is cut.
pub(crate) fn cut(text: &str) -> String {
    shortened(text, LONGEST)
}

/// The same for sentences.
pub(crate) fn cut_long(text: &str) -> String {
    shortened(text, LONGEST_TEXT)
}

fn shortened(text: &str, longest: usize) -> String {
    let mut kept: String = text.chars().take(longest).map(visible).collect();
    if text.chars().nth(longest).is_some() {
        kept.push('…');
    }
    kept
}

/// A character that would steer the reader's device or the direction of the text is shown as one that is not known.
const fn visible(character: char) -> char {
    match character {
        '\n' | '\t' | '\r' => ' ',
        other if is_obeyed(other) || is_unseen(other) => '\u{fffd}',
        other => other,
    }
}

/// A span of time in its two largest units and in whole seconds: `4 s`, `3 m 20 s`, `2 h 5 m`, `4 d`.
pub(crate) fn age(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    // An age is that of the last whole unit, as the page says it when it counts on by itself.
    let smallest = match seconds {
        ..3600 => 1,
        3600..86_400 => 60,
        86_400.. => 3600,
    };
    quantity::seconds((seconds - seconds % smallest) as f64)
}

/// A time in milliseconds since 1970 as machines read it; nothing for one that no calendar has.
pub(crate) fn stamp(millis: i64) -> String {
    formatted(millis, "%Y-%m-%dT%H:%M:%SZ")
}

/// The same for people.
pub(crate) fn moment(millis: i64) -> String {
    formatted(millis, "%-d %b %Y, %H:%M:%S UTC")
}

/// The time of day, for people.
pub(crate) fn clock(millis: i64) -> String {
    formatted(millis, "%H:%M:%S UTC")
}

fn formatted(millis: i64, format: &str) -> String {
    DateTime::from_timestamp_millis(millis).map(|time| time.format(format).to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_cut_between_characters_and_steers_nothing() {
        assert_eq!(cut("plain"), "plain");
        let long = "ü".repeat(1_000_000);
        assert_eq!(cut(&long).chars().count(), LONGEST + 1);
        assert_eq!(cut("a\u{202e}b\u{0}c\u{1b}[31m\nd"), "a\u{fffd}b\u{fffd}c\u{fffd}[31m d");
    }

    #[test]
    fn ages_have_two_units() {
        let said = [
            (0, "0 s"),
            (59_999, "59 s"),
            (200_000, "3 m 20 s"),
            (7_500_000, "2 h 5 m"),
            (7_559_999, "2 h 5 m"),
        ];
        for (millis, expected) in said {
            assert_eq!(age(millis), expected);
        }
        assert_eq!((age(90_000_000).as_str(), age(-5).as_str()), ("1 d 1 h", "0 s"));
    }

    #[test]
    fn times_are_those_of_the_world() {
        assert_eq!(stamp(1_700_000_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(moment(1_700_000_000_000), "14 Nov 2023, 22:13:20 UTC");
        assert_eq!(moment(i64::MAX), "");
    }
}
