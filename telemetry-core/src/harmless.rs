//! Text of others where it could do harm: which characters do something instead of being shown, and the same text without them.
//!
//! Label values, files and servers say what they like. What of it is repeated in a message, on a screen or on a page goes through this
//! list, so that nothing is harmless in one place and not in another.

/// The same text on one line, where every character that a terminal or a log would obey is an escape, as Rust writes it.
///
/// ```
/// use telemetry_core::harmless::harmless;
///
/// assert_eq!(harmless("all\u{1b}[2J\nis wéll"), r"all\u{1b}[2J\nis wéll");
/// ```
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_obeyed(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    shown
}

/// Whether a terminal or a log would do what the character says instead of showing it: end the line, change the screen, turn the direction
/// of the text around.
///
/// These are the controls of Unicode (its category `Cc`), the separators of lines and paragraphs, and what embeds, overrides or isolates
/// a direction.
#[must_use]
pub const fn is_obeyed(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether nothing is shown of the character, and the device does not obey it either: it joins or parts its neighbours, or says in which
/// direction they are read. Two texts that differ in it alone look the same.
///
/// Some scripts and signs need them, so that [`harmless`] leaves them as they are.
#[must_use]
pub const fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_nothing_else() {
        assert_eq!(harmless("a\u{1b}[2Jb\nc\u{202e}é"), "a\\u{1b}[2Jb\\nc\\u{202e}é");
        assert_eq!(harmless("one\u{2028}two\u{2029}\u{9b}"), r"one\u{2028}two\u{2029}\u{9b}");
        let plain = "日本語 \u{5e9}\u{200f} e\u{301} \u{1f469}\u{200d}\u{1f680} \\ '\"";
        assert_eq!(harmless(plain), plain);
    }

    #[test]
    fn every_control_is_obeyed_and_no_character_is_in_both_lists() {
        for character in '\0'..=char::MAX {
            assert!(!character.is_control() || is_obeyed(character), "{character:?}");
            assert!(!(is_obeyed(character) && is_unseen(character)), "{character:?}");
            assert!(!(is_obeyed(character) && character.is_alphanumeric()), "{character:?}");
        }
    }

    #[test]
    fn what_was_made_harmless_stays_as_it_is() {
        let all: String = ('\0'..=char::MAX).collect();
        let once = harmless(&all);
        assert!(!once.contains(is_obeyed));
        assert_eq!(harmless(&once), once);
    }
}
