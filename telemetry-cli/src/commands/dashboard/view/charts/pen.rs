//! The characters and colours of series, and how text is written into its place.

use crate::commands::dashboard::skin::Skin;
use crate::commands::dashboard::state::App;
use crate::output::Screen;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use telemetry_catalog::indicator::Severity;
use telemetry_catalog::verdict::Verdict;
use telemetry_charts::Zone;
use telemetry_charts::colours::COLOURS;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The colours of series, in the order of those of the pictures and near to them. Red and yellow are left to what is bad.
const PALETTE: [Color; COLOURS] = [
    Color::Blue,
    Color::LightMagenta,
    Color::Green,
    Color::Magenta,
    Color::LightBlue,
    Color::LightGreen,
    Color::Cyan,
    Color::Gray,
];

/// With what everything is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen<'a> {
    pub(super) app: &'a App,
    pub(super) skin: Skin,
    /// The clock that people read.
    pub(super) zone: &'a Zone,
}

impl Pen<'_> {
    /// The colour of a series by its look; what several are together is faint.
    pub(super) fn series(&self, look: Option<usize>) -> Style {
        look.map_or(self.skin.faint(), |look| self.skin.paint(PALETTE[look % COLOURS]))
    }

    /// How a value is written that has reached that severity, or none.
    pub(super) fn severity(&self, severity: Option<Severity>) -> Style {
        match severity {
            Some(Severity::Info) => self.skin.paint(Color::Cyan),
            Some(severity) => self.skin.verdict(Verdict::of(severity)),
            None => self.skin.verdict(Verdict::Healthy),
        }
    }

    /// Whether a series of that look is told by its letter: where its line consists of letters, no colour tells it, or another one has the
    /// same colour.
    pub(super) fn is_lettered(&self, look: Option<usize>) -> bool {
        look.is_some_and(|look| !self.skin.utf8 || !self.skin.colour || look >= COLOURS)
    }

    /// What is known of the terminal, for what is written in the same way in tables.
    pub(super) fn screen(&self) -> Screen {
        Screen { width: None, colour: self.skin.colour, utf8: self.skin.utf8 }
    }

    /// The one in UTF-8, or the one in ASCII.
    pub(super) const fn one_of<T: Copy>(&self, utf8: T, ascii: T) -> T {
        if self.skin.utf8 { utf8 } else { ascii }
    }
}

/// The letter of each series that is drawn, by its place among all of its panel: it keeps it whatever is drawn beside it, unless there are
/// more series than letters and one of them has it already.
pub(super) fn letters(places: impl IntoIterator<Item = usize>) -> Vec<char> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut taken = [false; LETTERS.len()];
    let letter = |place: usize| {
        let mut all = (0..LETTERS.len()).map(|step| (place + step) % LETTERS.len());
        let free = all.find(|at| !taken[*at]).unwrap_or(place % LETTERS.len());
        taken[free] = true;
        char::from(LETTERS[free])
    };
    places.into_iter().map(letter).collect()
}

/// Writes a text into the first line of an area, cut where there is no room, and gives the area behind it.
pub(super) fn put(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> Rect {
    let line = Rect { height: area.height.min(1), ..area }.intersection(buffer.area);
    if line.is_empty() {
        return Rect { width: 0, ..area };
    }
    let text = fitted(text, line.width);
    let (x, _) = buffer.set_stringn(line.x, line.y, &text, usize::from(line.width), style);
    let used = x - line.x;
    Rect { x, width: area.width.saturating_sub(used), ..area }
}

/// Writes a text at the right end of the first line, and gives what is left of it.
pub(super) fn put_last(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> Rect {
    let needed = width(text).min(area.width);
    let left = area.width - needed;
    put(buffer, Rect { x: area.x + left, width: needed, ..area }, text, style);
    Rect { width: left, ..area }
}

/// Writes a text into the middle of an area.
pub(super) fn middle(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    let needed = width(text).min(area.width);
    let x = area.x + (area.width - needed) / 2;
    let y = area.y + area.height.saturating_sub(1) / 2;
    put(buffer, Rect { x, y, width: needed, height: area.height.min(1) }, text, style);
}

/// In how many columns a text stands.
pub(super) fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// A text in at most so many columns; where it is cut, it says so.
pub(super) fn fitted(text: &str, columns: u16) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = usize::from(columns).saturating_sub(1);
    let fits = |letter: &char| {
        let needed = letter.width().unwrap_or_default();
        let is_room = needed <= left;
        left = left.saturating_sub(needed);
        is_room
    };
    let cut: String = text.chars().take_while(fits).collect();
    if columns == 0 { cut } else { cut + "…" }
}

/// Puts what ASCII has in place of everything else.
pub(super) fn in_ascii(buffer: &mut Buffer, area: Rect) {
    let screen = Screen { utf8: false, ..Screen::PLAIN };
    for at in area.positions() {
        if let Some(cell) = buffer.cell_mut(at).filter(|cell| !cell.symbol().is_ascii()) {
            let written: String = screen.written(cell.symbol()).chars().take(1).collect();
            cell.set_symbol(&written);
        }
    }
}

/// What is struck out because nobody wants to see it now.
pub(super) fn struck(skin: Skin) -> Style {
    skin.faint().add_modifier(Modifier::CROSSED_OUT | Modifier::DIM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bad_has_its_colours_alone() {
        let bad = [Color::Red, Color::LightRed, Color::Yellow, Color::LightYellow];
        assert!(PALETTE.iter().all(|colour| !bad.contains(colour)));
    }

    #[test]
    fn letters_follow_from_places_and_are_different_as_long_as_there_are_enough() {
        assert_eq!(letters([0, 2, 51, 52, 54]), ['a', 'c', 'Z', 'b', 'd']);
        assert_eq!(letters(0..80).len(), 80);
    }

    #[test]
    fn texts_are_cut_by_columns() {
        assert_eq!(
            (fitted("日本語", 5), fitted("ab", 2), fitted("abc", 2)),
            ("日本…".into(), "ab".into(), "a…".into())
        );
        assert_eq!((fitted("abc", 0), fitted("abc", 1)), (String::new(), "…".to_owned()));
    }
}
