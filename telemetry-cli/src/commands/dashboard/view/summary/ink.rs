//! Text in cells: cut where there is no more room, harmless, and as the terminal can show it.

use super::super::super::skin::Skin;
use crate::tables::harmless;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Borders, Paragraph, Widget, Wrap};
use telemetry_core::harmless::is_unseen;
use unicode_width::UnicodeWidthStr as _;

/// The most characters of a text of others that are looked at. No line shows more.
const LONGEST: usize = 600;

/// What stands where a text goes on.
const CUT: &str = "…";

/// Borders in characters that every terminal has.
const PLAIN_BORDERS: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// A text with its style.
pub(super) type Piece = (String, Style);

/// Writes into the cells of a frame, and never beside them.
#[derive(Debug)]
pub(super) struct Ink<'b> {
    cells: &'b mut Buffer,
    pub(super) skin: Skin,
}

/// A text of others that does nothing to a terminal but stand there.
pub(super) fn clean(text: &str) -> String {
    harmless(&text.chars().take(LONGEST).filter(|character| !joins(*character)).collect::<String>())
}

/// Whether a character only changes how its neighbours are drawn: about the columns of those together terminals disagree, and what stands
/// behind them would not be where it should.
const fn joins(character: char) -> bool {
    is_unseen(character) || matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// The columns that a text fills.
pub(super) fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// One line of an area, counted from its top; empty where it has none such.
pub(super) fn line(area: Rect, place: usize) -> Rect {
    let place = u16::try_from(place).unwrap_or(u16::MAX).min(area.height);
    Rect { y: area.y + place, height: (area.height - place).min(1), ..area }
}

/// What is left of a line or an area without its first columns.
pub(super) fn behind(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect { x: area.x + columns, width: area.width - columns, ..area }
}

/// The first columns of a line or an area.
pub(super) fn first(area: Rect, columns: u16) -> Rect {
    Rect { width: columns.min(area.width), ..area }
}

/// Parts side by side of about the same width, with so many blank columns between two of them.
pub(super) fn side_by_side(area: Rect, count: usize, gap: u16) -> Vec<Rect> {
    let count = u16::try_from(count).unwrap_or(u16::MAX).max(1);
    let room = u32::from(area.width.saturating_sub(gap.saturating_mul(count - 1)));
    let edge = |place: u16| u16::try_from(room * u32::from(place) / u32::from(count)).unwrap_or(u16::MAX);
    let part = |place: u16| {
        let from = edge(place).saturating_add(gap.saturating_mul(place));
        first(behind(area, from), edge(place + 1) - edge(place))
    };
    (0..count).map(part).collect()
}

impl<'b> Ink<'b> {
    pub(super) const fn new(cells: &'b mut Buffer, skin: Skin) -> Self {
        Self { cells, skin }
    }

    /// Writes from the left, and says what is left of the line. Where the text does not fit it ends in `…`.
    pub(super) fn write(&mut self, line: Rect, text: &str, style: Style) -> Rect {
        let line = line.intersection(self.cells.area);
        if line.is_empty() {
            return line;
        }
        let text = self.skin.screen().written(text);
        let fits = columns(&text) <= line.width;
        let room = usize::from(if fits { line.width } else { line.width - 1 });
        let (mut end, y) = self.cells.set_stringn(line.x, line.y, &text, room, style);
        if !fits {
            let cut = self.skin.screen().written(CUT);
            (end, _) = self.cells.set_stringn(end, y, cut, 1, style);
        }
        behind(line, end.saturating_sub(line.x))
    }

    /// Writes so that the text ends where the line does, and says what is left before it.
    pub(super) fn write_right(&mut self, line: Rect, text: &str, style: Style) -> Rect {
        let room = line.width.saturating_sub(columns(text));
        self.write(behind(line, room), text, style);
        first(line, room)
    }

    /// Writes in the middle of the line.
    pub(super) fn centred(&mut self, line: Rect, text: &str, style: Style) {
        let before = line.width.saturating_sub(columns(text)) / 2;
        self.write(behind(line, before), text, style);
    }

    /// Writes texts behind each other, and says what is left of the line.
    pub(super) fn pieces(&mut self, line: Rect, pieces: &[Piece]) -> Rect {
        pieces.iter().fold(line, |rest, (text, style)| self.write(rest, text, *style))
    }

    /// A picture with a blank wherever nothing is to be seen, such that its last column is that of the line.
    pub(super) fn picture(&mut self, line: Rect, picture: &str) {
        let style = self.skin.drawn();
        self.write_right(line, picture, style);
    }

    /// Writes a sentence in as many lines as there are.
    pub(super) fn sentence(&mut self, area: Rect, text: &str, style: Style) {
        let text = self.skin.screen().written(text);
        let area = area.intersection(self.cells.area);
        Paragraph::new(text).style(style).wrap(Wrap { trim: true }).render(area, self.cells);
    }

    /// Draws a border with a title in it, and says what is inside.
    pub(super) fn boxed(&mut self, area: Rect, title: &[Piece]) -> Rect {
        let area = area.intersection(self.cells.area);
        let set = if self.skin.utf8 { border::ROUNDED } else { PLAIN_BORDERS };
        let block = Block::new().borders(Borders::ALL).border_set(set).border_style(self.skin.faint());
        let inside = block.inner(area);
        block.render(area, self.cells);
        let over = first(behind(line(area, 0), 2), area.width.saturating_sub(3));
        if !over.is_empty() && !title.is_empty() {
            let blank = || (" ".to_owned(), Style::new());
            let title: Vec<_> = [blank()].into_iter().chain(title.iter().cloned()).chain([blank()]).collect();
            self.pieces(over, &title);
        }
        first(behind(inside, 1), inside.width.saturating_sub(2))
    }
}
