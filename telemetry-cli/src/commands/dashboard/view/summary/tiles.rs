//! The numbers of now: how many there are, how that is by the highest of late, and how it went.

use super::super::super::look::{Look, Tile};
use super::digits;
use super::ink::{Ink, behind, columns, first, line, side_by_side};
use crate::tables::{bar, level_line};
use ratatui::layout::Rect;
use ratatui::style::Style;
use telemetry_catalog::quantity::{UNKNOWN, number, seconds};

/// The widest gauge and the widest course. A longer one says nothing more.
const WIDEST_GAUGE: u16 = 60;
const WIDEST_COURSE: u16 = 120;

/// What stands beside a number that is not known. Why nobody tells it stands above.
const NO_DATA: &str = "no data";

/// What a gauge stands on.
const TRACK: &str = "─";

/// Boxes side by side.
pub(super) fn boxes(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    let places = side_by_side(area, look.tiles.len(), 0);
    for (tile, place) in look.tiles.iter().zip(places) {
        let title = [(tile.title.to_owned(), ink.skin.strong())];
        let inside = ink.boxed(place, &title);
        filled(ink, inside, tile);
        footed(ink, place, tile);
    }
}

/// Says in the border below what the gauge is the present part of, and over which time, as far as there is room.
fn footed(ink: &mut Ink<'_>, place: Rect, tile: &Tile) {
    let Some(value) = tile.value.filter(|_| has_course(tile)) else { return };
    let words = highest(tile, value);
    let over = seconds(tile.over.as_secs_f64().round());
    let texts = [format!(" {words} in {over} "), format!(" {words} "), words];
    let room = behind(line(place, usize::from(place.height.saturating_sub(1))), 2);
    let room = first(room, room.width.saturating_sub(2));
    if let Some(text) = texts.iter().find(|text| columns(text) <= room.width) {
        let faint = ink.skin.faint();
        ink.write(room, text, faint);
    }
}

fn filled(ink: &mut Ink<'_>, inside: Rect, tile: &Tile) {
    let (strong, faint) = (ink.skin.strong(), ink.skin.faint());
    let Some(value) = tile.value else {
        ink.write(line(inside, 0), UNKNOWN, strong);
        ink.write(line(inside, 1), NO_DATA, faint);
        return;
    };
    let used = shown(ink, inside, value);
    if !has_course(tile) {
        ink.write(line(inside, used + 1), "no course yet", faint);
        return;
    }
    gauged(ink, line(inside, used), tile, value);
    course(ink, line(inside, used + 1), tile);
}

/// The number, as large as there is room for, and how many lines that took.
fn shown(ink: &mut Ink<'_>, inside: Rect, value: f64) -> usize {
    let strong = ink.skin.strong();
    let text = number(value);
    let fits = |rows: &[String; 3]| rows.iter().all(|row| columns(row) <= inside.width);
    let is_high = ink.skin.utf8 && inside.height >= digits::HEIGHT + 2;
    let Some(rows) = digits::large(&text).filter(fits).filter(|_| is_high) else {
        ink.write(line(inside, 0), &text, strong);
        return if inside.height > 3 { 2 } else { 1 };
    };
    for (place, row) in rows.iter().enumerate() {
        ink.write(line(inside, place), row, strong);
    }
    rows.len()
}

/// One line for each.
pub(super) fn lines(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    let titles = look.tiles.iter().map(|tile| columns(tile.title)).max().unwrap_or_default();
    let values = look.tiles.iter().filter_map(|tile| tile.value).map(|value| columns(&number(value)));
    let values = values.max().unwrap_or(1);
    let words = |tile: &Tile| tile.value.map_or(0, |value| columns(&highest(tile, value)));
    let words = look.tiles.iter().map(words).max().unwrap_or_default();
    let (strong, faint) = (ink.skin.strong(), ink.skin.faint());
    for (place, tile) in look.tiles.iter().enumerate() {
        let row = line(area, place);
        ink.write(row, tile.title, Style::new());
        let row = behind(row, titles + 2);
        let text = tile.value.map_or_else(|| UNKNOWN.to_owned(), number);
        ink.write_right(first(row, values), &text, strong);
        let row = behind(row, values + 2);
        let Some(value) = tile.value else {
            ink.write(row, NO_DATA, faint);
            continue;
        };
        let half = first(row, row.width / 5 * 3);
        let rest = ink.write_right(half, &highest(tile, value), faint);
        gauged(ink, first(rest, half.width.saturating_sub(words + 1)), tile, value);
        course(ink, behind(row, half.width + 1), tile);
    }
}

/// How much of the highest of late it is, as a bar.
fn gauged(ink: &mut Ink<'_>, line: Rect, tile: &Tile, value: f64) {
    let (faint, drawn) = (ink.skin.faint(), ink.skin.drawn());
    let line = first(line, WIDEST_GAUGE);
    let share = value / known(tile).fold(value, f64::max);
    let full = bar(share, usize::from(line.width), ink.skin.screen());
    let rest = ink.write(line, full.trim_end(), drawn);
    ink.write(rest, &TRACK.repeat(usize::from(rest.width)), faint);
}

/// What the gauge is the present part of.
fn highest(tile: &Tile, value: f64) -> String {
    format!("highest {}", number(known(tile).fold(value, f64::max)))
}

fn course(ink: &mut Ink<'_>, line: Rect, tile: &Tile) {
    let width = usize::from(line.width.min(WIDEST_COURSE));
    let picture = level_line(&tile.course, width, ink.skin.screen());
    ink.picture(line, &picture);
}

/// Whether there is anything to compare the present with.
fn has_course(tile: &Tile) -> bool {
    known(tile).nth(1).is_some()
}

/// What is known of how it went.
fn known(tile: &Tile) -> impl Iterator<Item = f64> {
    tile.course.iter().copied().filter(|value| value.is_finite())
}
