//! Short texts behind each other, in as many lines as they need.

use super::ink::{Ink, Piece, behind, columns, line};
use ratatui::layout::Rect;

/// Some pieces that stand on one line together.
pub(super) type Item = Vec<Piece>;

/// How many lines they fill, with so many blanks between two of them.
pub(super) fn height(items: &[Item], gap: u16, width: u16) -> usize {
    placed(items, gap, width).last().map_or(0, |(row, _)| row + 1)
}

/// Draws them, as far as there are lines.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, items: &[Item], gap: u16) {
    for (item, (row, column)) in items.iter().zip(placed(items, gap, area.width)) {
        ink.pieces(behind(line(area, row), column), item);
    }
}

/// The line and the first column of each.
fn placed(items: &[Item], gap: u16, width: u16) -> Vec<(usize, u16)> {
    let (mut row, mut column) = (0, 0_u16);
    let place = |item: &Item| {
        let own = item.iter().map(|(text, _)| columns(text)).fold(0, u16::saturating_add);
        if column > 0 && column.saturating_add(own) > width {
            (row, column) = (row + 1, 0);
        }
        let at = (row, column);
        column = column.saturating_add(own).saturating_add(gap);
        at
    };
    items.iter().map(place).collect()
}
