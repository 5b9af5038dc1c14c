//! The numbers of now: how many there are, how that is by the highest of late, and how it went.

use super::super::super::look::{Look, Tile};
use super::digits;
use super::ink::{Ink, behind, columns, first, line};
use crate::tables::{bar, sparkline};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use telemetry_catalog::quantity::{UNKNOWN, number, seconds};

/// The widest gauge and the widest course. A longer one says nothing more.
const WIDEST_GAUGE: u16 = 40;
const WIDEST_COURSE: u16 = 120;

/// What a gauge stands on.
const TRACK: &str = "─";

/// Boxes side by side.
pub(super) fn boxes(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    if look.tiles.is_empty() {
        return;
    }
    let places = Layout::horizontal(look.tiles.iter().map(|_| Constraint::Fill(1))).split(area);
    for (tile, place) in look.tiles.iter().zip(places.iter()) {
        let title = [(tile.title.to_owned(), ink.skin.strong())];
        let inside = ink.boxed(*place, &title);
        filled(ink, inside, tile, look);
    }
}

fn filled(ink: &mut Ink<'_>, inside: Rect, tile: &Tile, look: &Look) {
    let Some(value) = tile.value else { return unknown(ink, inside, look) };
    let used = shown(ink, inside, value);
    let gauge = line(inside, used);
    let strip = line(inside, used + 1);
    gauged(ink, gauge, tile, value);
    let over = seconds(tile.over.as_secs_f64().round());
    let faint = ink.skin.faint();
    if known(tile).nth(1).is_none() {
        ink.write(strip, "no course yet", faint);
        return;
    }
    let rest = ink.write(strip, &over, faint);
    course(ink, behind(rest, 1), tile);
}

/// The number, as large as there is room for, and how many lines that took.
fn shown(ink: &mut Ink<'_>, inside: Rect, value: f64) -> usize {
    let strong = ink.skin.strong();
    let text = number(value);
    let large = digits::large(&text).filter(|rows| {
        ink.skin.utf8
            && inside.height >= digits::HEIGHT + 2
            && rows.iter().all(|row| columns(row) <= inside.width)
    });
    let Some(rows) = large else {
        ink.write(line(inside, 0), &text, strong);
        return if inside.height > 3 { 2 } else { 1 };
    };
    for (place, row) in rows.iter().enumerate() {
        ink.write(line(inside, place), row, strong);
    }
    rows.len()
}

fn unknown(ink: &mut Ink<'_>, inside: Rect, look: &Look) {
    let (strong, faint) = (ink.skin.strong(), ink.skin.faint());
    ink.write(line(inside, 0), UNKNOWN, strong);
    ink.write(line(inside, 1), "no data:", faint);
    ink.write(line(inside, 2), &super::why(look), faint);
}

/// One line for each.
pub(super) fn lines(ink: &mut Ink<'_>, area: Rect, look: &Look) {
    let titles = look.tiles.iter().map(|tile| columns(tile.title)).max().unwrap_or_default();
    let values = look.tiles.iter().filter_map(|tile| tile.value).map(|value| columns(&number(value)));
    let values = values.max().unwrap_or(1);
    for (place, tile) in look.tiles.iter().enumerate() {
        let strong = ink.skin.strong();
        let row = line(area, place);
        ink.write(row, tile.title, Style::new());
        let row = behind(row, titles + 2);
        let text = tile.value.map_or_else(|| UNKNOWN.to_owned(), number);
        ink.write_right(first(row, values), &text, strong);
        let row = behind(row, values + 2);
        let Some(value) = tile.value else {
            let faint = ink.skin.faint();
            ink.write(row, &format!("no data: {}", super::why(look)), faint);
            continue;
        };
        gauged(ink, first(row, row.width / 2), tile, value);
        course(ink, behind(row, row.width / 2 + 1), tile);
    }
}

/// How much of the highest of late it is, as a bar, and what that highest is.
fn gauged(ink: &mut Ink<'_>, line: Rect, tile: &Tile, value: f64) {
    let (faint, drawn) = (ink.skin.faint(), ink.skin.drawn());
    let highest = known(tile).fold(value, f64::max);
    let words = format!(" highest {}", number(highest));
    let width = line.width.saturating_sub(columns(&words)).min(WIDEST_GAUGE);
    let full = bar(value / highest, usize::from(width), ink.skin.screen());
    let full = full.trim_end();
    let rest = ink.write(first(line, width), full, drawn);
    ink.write(rest, &TRACK.repeat(usize::from(rest.width)), faint);
    ink.write(behind(line, width), &words, faint);
}

fn course(ink: &mut Ink<'_>, line: Rect, tile: &Tile) {
    let width = usize::from(line.width.min(WIDEST_COURSE));
    let picture = sparkline(&tile.course, width, ink.skin.screen());
    ink.picture(line, &picture);
}

/// What is known of how it went.
fn known(tile: &Tile) -> impl Iterator<Item = f64> {
    tile.course.iter().copied().filter(|value| value.is_finite())
}
