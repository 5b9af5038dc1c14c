//! Texts of anywhere in one line: as the terminal can show them, and cut where there is no room.

use super::super::skin::Skin;
use crate::output::Screen;
use crate::tables::harmless;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text of anywhere as the terminal can show it.
pub(super) fn said(text: &str, skin: Skin) -> String {
    Screen { utf8: skin.utf8, ..Screen::PLAIN }.written(&harmless(text))
}

/// What stands where something was cut.
const fn ellipsis(skin: Skin) -> &'static str {
    if skin.utf8 { "…" } else { "~" }
}

/// The beginning of a text that is too wide.
pub(super) fn cut(text: &str, room: usize, skin: Skin) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let beginning = start_of(text, room.saturating_sub(1));
    if room == 0 { String::new() } else { beginning + ellipsis(skin) }
}

/// Both ends of a text that is too wide: of an address the scheme and the file say most.
pub(super) fn cut_in_the_middle(text: &str, room: usize, skin: Skin) -> String {
    if text.width() <= room || room == 0 {
        return if room == 0 { String::new() } else { text.to_owned() };
    }
    let (ahead, behind) = ((room - 1).div_ceil(2), (room - 1) / 2);
    format!("{}{}{}", start_of(text, ahead), ellipsis(skin), end_of(text, behind))
}

/// As many letters as there is room for, from the first on.
fn start_of(text: &str, room: usize) -> String {
    fitting(text.chars(), room).into_iter().collect()
}

/// As many letters as there is room for, up to the last.
pub(super) fn end_of(text: &str, room: usize) -> String {
    fitting(text.chars().rev(), room).into_iter().rev().collect()
}

fn fitting(letters: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut left = room;
    let fits = |letter: &char| {
        let rest = left.checked_sub(letter.width().unwrap_or(0));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    letters.take_while(fits).collect()
}
