//! Text for a terminal that shows nothing but ASCII.

use unicode_width::UnicodeWidthChar as _;

/// What stands for each character that tables are made of, or that this project's texts use.
const KNOWN: [(&str, char); 18] = [
    ("─━–—−", '-'),
    ("│┃", '|'),
    ("…·", '.'),
    ("▁", '_'),
    ("▂", '.'),
    ("▃", ':'),
    ("▄", '-'),
    ("▅", '='),
    ("▆", '+'),
    ("▇", '*'),
    ("█▉▊▋▌●", '#'),
    ("▍▎▏", ' '),
    ("≥→", '>'),
    ("≤←", '<'),
    ("×✗", 'x'),
    ("✓", '+'),
    ("µμ", 'u'),
    ("‘’“”", '\''),
];

/// What stands for a character that ASCII has nothing for, in each of its columns.
const UNKNOWN: char = '?';

/// The text in ASCII, every character in as many columns as it had, so that what was aligned still is.
pub(super) fn ascii(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let (shown, columns) = shown(character);
            std::iter::repeat_n(shown, columns)
        })
        .collect()
}

fn shown(character: char) -> (char, usize) {
    if character.is_ascii() {
        return (character, 1);
    }
    let known = KNOWN.iter().find(|(of, _)| of.contains(character)).map(|(_, shown)| *shown);
    (known.unwrap_or(UNKNOWN), character.width().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn every_character_keeps_its_columns() {
        for (text, expected) in [
            ("✓ Agent ─── 5 µs … ▁▄█ ≥ 1 – 2", "+ Agent --- 5 us . _-# > 1 - 2"),
            ("é 日本 e\u{301}\n\u{1b}[1mx", "? ???? e\n\u{1b}[1mx"),
        ] {
            assert_eq!(ascii(text), expected);
        }
        assert!(super::KNOWN.iter().all(|(of, shown)| shown.is_ascii() && !of.is_ascii()));
    }
}
