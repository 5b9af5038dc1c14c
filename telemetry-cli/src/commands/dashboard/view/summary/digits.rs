//! Numbers in letters of three lines, of half blocks.

/// How many lines they are high.
pub(super) const HEIGHT: u16 = 3;

/// The blank columns between two characters.
const GAP: &str = " ";

/// A character, line by line.
type Glyph = [&'static str; 3];

/// The number in large letters; `None` where it has a character for which there is no large one.
pub(super) fn large(number: &str) -> Option<[String; 3]> {
    let glyphs: Option<Vec<Glyph>> = number.chars().map(glyph).collect();
    let glyphs = glyphs?;
    Some([0, 1, 2].map(|row: usize| {
        let rows: Vec<&str> = glyphs.iter().filter_map(|glyph| glyph.get(row).copied()).collect();
        rows.join(GAP)
    }))
}

const fn glyph(character: char) -> Option<Glyph> {
    Some(match character {
        '0' => ["█▀█", "█ █", "▀▀▀"],
        '1' => ["▀█ ", " █ ", "▀▀▀"],
        '2' => ["▀▀█", "█▀▀", "▀▀▀"],
        '3' => ["▀▀█", " ▀█", "▀▀▀"],
        '4' => ["█ █", "▀▀█", "  ▀"],
        '5' => ["█▀▀", "▀▀█", "▀▀▀"],
        '6' => ["█▀▀", "█▀█", "▀▀▀"],
        '7' => ["▀▀█", "  █", "  ▀"],
        '8' => ["█▀█", "█▀█", "▀▀▀"],
        '9' => ["█▀█", "▀▀█", "▀▀▀"],
        '.' => [" ", " ", "▀"],
        ',' => [" ", " ", "█"],
        '-' => ["  ", "▀▀", "  "],
        ' ' => [" ", " ", " "],
        'M' => ["█▄ ▄█", "█ ▀ █", "▀   ▀"],
        _ => return None,
    })
}
