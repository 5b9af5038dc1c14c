//! The names of what is drawn, each with how it is drawn and its present value, and of what is hidden.

use super::pen::{Pen, letter, put, put_last, struck, width};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use telemetry_charts::colours::COLOURS;
use telemetry_charts::pile::Layer;

/// The widest name where names stand one behind the other.
const WIDEST: u16 = 24;

/// How much room there is between two names.
const BETWEEN: u16 = 2;

/// One name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// How it is drawn, in a character.
    pub(super) mark: char,
    pub(super) name: String,
    /// Empty where there is none.
    pub(super) value: String,
    pub(super) mark_style: Style,
    pub(super) style: Style,
}

impl Entry {
    fn room(&self) -> u16 {
        let value = if self.value.is_empty() { 0 } else { 1 + width(&self.value) };
        2 + width(&self.name).min(WIDEST) + value
    }
}

/// The entries of the layers and of the series that are hidden.
pub(super) fn entries(shown: &Shown<'_>, layers: &[Layer], together: usize) -> Vec<Entry> {
    let pen = &shown.pen;
    let drawn = layers.iter().enumerate().map(|(place, layer)| Entry {
        mark: mark(pen, layer, place),
        name: match layer.look {
            Some(_) => layer.name.clone(),
            None => format!("and {together} more, as {}", layer.name),
        },
        value: layer.look.map_or(String::new(), |_| shown.panel.unit.shown(layer.now)),
        mark_style: pen.series(layer.look),
        style: Style::new(),
    });
    let hidden = shown.hidden().map(|name| Entry {
        mark: pen.one_of('×', 'x'),
        name: if pen.skin.colour { name.to_owned() } else { format!("{name} (hidden)") },
        value: String::new(),
        mark_style: pen.skin.faint(),
        style: struck(pen.skin),
    });
    drawn.chain(hidden).collect()
}

/// The letter where that tells the series, else a piece of its line.
fn mark(pen: &Pen<'_>, layer: &Layer, place: usize) -> char {
    match layer.look {
        None => pen.one_of('░', ':'),
        Some(_) if pen.is_lettered(layer.look) => letter(place),
        Some(look) if look >= COLOURS => pen.one_of('╍', '-'),
        Some(_) => pen.one_of('━', '-'),
    }
}

/// Writes names one behind the other, and how many there are beyond.
pub(super) fn below(buffer: &mut Buffer, area: Rect, entries: &[Entry], pen: &Pen<'_>) {
    let mut left = Rect { height: area.height.min(1), ..area };
    for (place, entry) in entries.iter().enumerate() {
        let rest = entries.len() - place - 1;
        let is_last = left.y + 1 >= area.bottom();
        // On the last line there must be room to say how many more there are.
        let more = if rest > 0 && is_last { BETWEEN + width(&more(rest)) } else { 0 };
        if entry.room() + more > left.width {
            if is_last {
                put(buffer, left, &more_or_all(rest + 1, place), pen.skin.faint());
                return;
            }
            left = Rect { x: area.x, y: left.y + 1, width: area.width, height: 1 };
        }
        let after = write(buffer, Rect { width: entry.room().min(left.width), ..left }, entry);
        let used = after.x - left.x + BETWEEN;
        left = Rect { x: left.x + used, width: left.width.saturating_sub(used), ..left };
    }
}

fn more(count: usize) -> String {
    format!("+{count} more")
}

fn more_or_all(count: usize, named: usize) -> String {
    if named == 0 { format!("{count} series") } else { more(count) }
}

/// Writes names below each other, each with its value at the right.
pub(super) fn beside(buffer: &mut Buffer, area: Rect, entries: &[Entry], pen: &Pen<'_>) {
    let room = usize::from(area.height);
    let named = if entries.len() > room { room.saturating_sub(1) } else { entries.len() };
    for (line, entry) in area.rows().zip(&entries[..named]) {
        let left = put_last(buffer, line, &entry.value, pen.skin.strong());
        let left = Rect { width: left.width.saturating_sub(1), ..left };
        let left = put(buffer, left, &format!("{} ", entry.mark), entry.mark_style);
        put(buffer, left, &entry.name, entry.style);
    }
    if named < entries.len() {
        let line = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        put(buffer, line, &more_or_all(entries.len() - named, named), pen.skin.faint());
    }
}

fn write(buffer: &mut Buffer, area: Rect, entry: &Entry) -> Rect {
    let left = put(buffer, area, &format!("{} ", entry.mark), entry.mark_style);
    let value = if entry.value.is_empty() { 0 } else { 1 + width(&entry.value) };
    let name = Rect { width: left.width.saturating_sub(value), ..left };
    let after = put(buffer, name, &entry.name, entry.style);
    let rest = Rect { x: after.x, width: area.right().saturating_sub(after.x), ..left };
    if entry.value.is_empty() {
        return rest;
    }
    put(buffer, rest, &format!(" {}", entry.value), Style::new().add_modifier(ratatui::style::Modifier::BOLD))
}
