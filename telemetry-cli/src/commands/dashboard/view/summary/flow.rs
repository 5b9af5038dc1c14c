//! Short texts behind each other, in as many lines as they need.

use super::ink::{Ink, Piece, behind, columns, line};
use ratatui::layout::Rect;

/// Some pieces that stand on one line together.
pub(super) type Item = Vec<Piece>;

/// How many lines they fill, with so many blanks between two of them.
pub(super) fn height(items: &[Item], gap: u16, width: u16) -> usize {
    placed(items, gap, width).last().map_or(0, |(row, _)| row + 1)
}

/// Draws them, as far as there are lines; how many more there are stands at the end.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, items: &[Item], gap: u16) {
    let places = placed(items, gap, area.width);
    let end = usize::from(area.height.saturating_sub(1));
    let mut seen = places.iter().take_while(|(row, _)| *row < usize::from(area.height)).count();
    let mut last = line(area, end);
    if seen < items.len() && !last.is_empty() {
        let room = last.width.saturating_sub(columns(&more(items.len())));
        // What stands at the beginning of a line stays, cut where that must be.
        let fits = |seen: usize| {
            let (row, column) = places[seen - 1];
            row < end || column == 0 || column.saturating_add(wide(&items[seen - 1])) <= room
        };
        seen = (1..=seen).rev().find(|seen| fits(*seen)).unwrap_or_default();
        let faint = ink.skin.faint();
        last = ink.write_right(last, &more(items.len() - seen), faint);
    }
    for (item, (row, column)) in items.iter().zip(&places).take(seen) {
        let row = if *row == end { last } else { line(area, *row) };
        ink.pieces(behind(row, *column), item);
    }
}

fn more(count: usize) -> String {
    format!("  +{count} more")
}

/// The columns of an item.
fn wide(item: &Item) -> u16 {
    item.iter().map(|(text, _)| columns(text)).fold(0, u16::saturating_add)
}

/// The line and the first column of each.
fn placed(items: &[Item], gap: u16, width: u16) -> Vec<(usize, u16)> {
    let (mut row, mut column) = (0, 0_u16);
    let place = |item: &Item| {
        let own = wide(item);
        if column > 0 && column.saturating_add(own) > width {
            (row, column) = (row + 1, 0);
        }
        let at = (row, column);
        column = column.saturating_add(own).saturating_add(gap);
        at
    };
    items.iter().map(place).collect()
}
