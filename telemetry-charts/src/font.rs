//! The letters that ship with the crate: how wide a text is, and what its letters look like.

use crate::unknown;
use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont as _, point};
use std::sync::LazyLock;

/// How bold a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
    /// Letters of equal width.
    Mono,
    MonoBold,
}

impl Weight {
    /// Whether its letters are of equal width.
    pub(crate) const fn is_equal(self) -> bool {
        matches!(self, Self::Mono | Self::MonoBold)
    }
}

type Loaded = Option<FontRef<'static>>;

static REGULAR: LazyLock<Loaded> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../font/Inter-Regular.otf")).ok());
static BOLD: LazyLock<Loaded> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../font/Inter-SemiBold.otf")).ok());
static MONO: LazyLock<Loaded> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../font/JetBrainsMono-Regular.ttf")).ok());
static MONO_BOLD: LazyLock<Loaded> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("../font/JetBrainsMono-Bold.ttf")).ok());

/// How much wider than ours the letters of a reader's system may be: those of DejaVu Sans are the widest that are usual.
const fn wider(weight: Weight) -> f64 {
    match weight {
        Weight::Regular => 1.08,
        Weight::Bold => 1.2,
        Weight::Mono | Weight::MonoBold => 1.0,
    }
}

fn font(weight: Weight) -> Option<&'static FontRef<'static>> {
    match weight {
        Weight::Regular => REGULAR.as_ref(),
        Weight::Bold => BOLD.as_ref(),
        Weight::Mono => MONO.as_ref(),
        Weight::MonoBold => MONO_BOLD.as_ref(),
    }
}

/// The size that gives an em so many pixels, which this library measures from the ascent to the descent.
fn scale(font: &FontRef<'_>, size: f64) -> PxScale {
    let em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(size as f32 * font.height_unscaled() / em)
}

/// How much room a text needs, in pixels, for whatever letters the reader has.
pub(crate) fn room(text: &str, size: f64, weight: Weight) -> f64 {
    advance(text, size, weight) * wider(weight)
}

/// How wide a text is in our letters.
pub(crate) fn advance(text: &str, size: f64, weight: Weight) -> f64 {
    let Some(font) = font(weight) else { return text.chars().count() as f64 * size * 0.6 };
    let scaled = font.as_scaled(scale(font, size));
    text.chars()
        .map(|letter| match drawn(font, letter, size, weight) {
            Drawn::Glyph(id) => f64::from(scaled.h_advance(id)),
            Drawn::Box(unknown) => unknown.advance(),
            Drawn::Nothing => 0.0,
        })
        .sum()
}

/// The letters of a text that the fonts lack, which a PNG shows as boxes with their code points.
pub(crate) fn lacking(text: &str, weight: Weight) -> impl Iterator<Item = char> {
    let boxed = move |letter: &char| {
        font(weight).is_some_and(|font| matches!(drawn(font, *letter, 1.0, weight), Drawn::Box(_)))
    };
    text.chars().filter(boxed)
}

/// What is drawn for a letter.
enum Drawn {
    Glyph(GlyphId),
    Box(unknown::Box),
    Nothing,
}

/// A letter that the font lacks is a box. What only chooses between two looks of the letter before it is nothing.
fn drawn(font: &impl Font, letter: char, size: f64, weight: Weight) -> Drawn {
    match (font.glyph_id(letter), letter) {
        (GlyphId(0), '\u{FE00}'..='\u{FE0F}') => Drawn::Nothing,
        (GlyphId(0), letter) => Drawn::Box(unknown::Box::of(letter, size, weight.is_equal())),
        (id, _) => Drawn::Glyph(id),
    }
}

/// The text, with an ellipsis in the place of what does not fit.
pub(crate) fn elided(text: &str, size: f64, weight: Weight, width: f64) -> String {
    // No letter is narrower than a tenth of its height, so that a text of a million letters is not measured.
    let most = (width.max(0.0) / size * 10.0) as usize + 1;
    let is_short = text.chars().nth(most).is_none();
    if is_short && room(text, size, weight) <= width {
        return text.to_owned();
    }
    let ellipsis = room("…", size, weight);
    let mut used = ellipsis;
    let fits = |letter: &char| {
        used += room(letter.encode_utf8(&mut [0; 4]), size, weight);
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// The text in at most so many lines, broken between words. What does not fit ends with an ellipsis.
pub(crate) fn wrapped(text: &str, size: f64, weight: Weight, width: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|line| lines.len() > most || room(line, size, weight) <= width) {
            Some(longer) => lines.last_mut().into_iter().for_each(|line| line.clone_from(&longer)),
            None => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        let rest = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| elided(line, size, weight, width)).collect()
}

/// Calls with every pixel that a text covers and how much of it, from 0 to 1; the text begins at `x` on the base line `y`.
pub(crate) fn draw(
    text: &str,
    (x, y): (f64, f64),
    size: f64,
    weight: Weight,
    mut pixel: impl FnMut(i64, i64, f32),
) {
    let Some(font) = font(weight) else { return };
    let scale = scale(font, size);
    let scaled = font.as_scaled(scale);
    let mut x = x as f32;
    for letter in text.chars() {
        let id = match drawn(font, letter, size, weight) {
            Drawn::Glyph(id) => id,
            Drawn::Box(unknown) => {
                unknown.draw((f64::from(x), y), &mut pixel);
                x += unknown.advance() as f32;
                continue;
            }
            Drawn::Nothing => continue,
        };
        let glyph = id.with_scale_and_position(scale, point(x, y as f32));
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|right, down, cover| {
                pixel(corner.x as i64 + i64::from(right), corner.y as i64 + i64::from(down), cover);
            });
        }
        x += scaled.h_advance(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fonts_are_there_and_bold_is_wider() {
        assert!(advance("health", 12.0, Weight::Bold) > advance("health", 12.0, Weight::Regular));
        assert_eq!(advance("111", 12.0, Weight::Regular), advance("888", 12.0, Weight::Regular));
    }

    #[test]
    fn what_we_write_of_numbers_has_letters() {
        let font = font(Weight::Regular).unwrap();
        for letter in "–∞≥≤µ×…/%<>=, .".chars() {
            assert_ne!(font.glyph_id(letter).0, 0, "{letter}");
        }
    }

    #[test]
    fn letters_that_the_font_lacks_are_told_and_are_as_wide_as_their_boxes() {
        let lacking: String = lacking("run \u{4E2D}\u{6587} \u{1F680}\u{FE0F} é", Weight::Regular).collect();
        assert_eq!(lacking, "\u{4E2D}\u{6587}\u{1F680}");
        assert_eq!(advance("\u{4E2D}\u{6587}\u{FE0F}", 11.0, Weight::Regular), 24.0);
        let mut covered = 0;
        draw("\u{4E2D}", (0.0, 12.0), 11.0, Weight::Regular, |_, _, _| covered += 1);
        assert!(covered > 40, "{covered}");
    }

    #[test]
    fn a_text_is_broken_between_words_and_ends_with_an_ellipsis_where_there_are_too_many() {
        let lines = |text: &str, most| wrapped(text, 12.0, Weight::Regular, 60.0, most);
        assert_eq!(lines("one two three", 3), ["one two", "three"]);
        assert_eq!(lines("", 3), Vec::<String>::new());
        let cut = lines(&"word ".repeat(50), 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…') && cut[0] == "word", "{cut:?}");
    }

    #[test]
    fn a_text_that_does_not_fit_ends_with_an_ellipsis() {
        assert_eq!(elided("short", 12.0, Weight::Regular, 100.0), "short");
        let cut = elided(&"wide ".repeat(200_000), 12.0, Weight::Regular, 100.0);
        assert!(cut.ends_with('…') && room(&cut, 12.0, Weight::Regular) <= 100.0, "{cut}");
        assert_eq!(elided("x", 12.0, Weight::Regular, -5.0), "…");
    }
}
