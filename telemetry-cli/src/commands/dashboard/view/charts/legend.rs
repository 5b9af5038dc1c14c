//! The names of what is drawn, each with how it is drawn and its present value, and of what is hidden.

use super::pen::{Pen, fitted, put, put_last, struck, width};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use telemetry_charts::colours::COLOURS;
use telemetry_charts::pile::{self, Layer};

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

/// How much of each name is written, where there is room for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    /// With less room between them.
    Close,
    /// Without values, so that it is at least told what the colours mean.
    Names,
}

/// Where each of the first names begins; the others do not fit.
pub(super) struct Flow {
    form: Form,
    places: Vec<(u16, u16)>,
    /// How many lines that takes.
    pub(super) rows: u16,
    /// Where it is said how many more there are.
    more: Option<(u16, u16)>,
}

impl Entry {
    fn text(&self, form: Form) -> String {
        let name = fitted(&self.name, WIDEST);
        if self.value.is_empty() || form == Form::Names { name } else { format!("{name} {}", self.value) }
    }

    fn room(&self, form: Form) -> u16 {
        1 + form.after_mark() + width(&self.text(form))
    }
}

impl Form {
    const fn after_mark(self) -> u16 {
        if matches!(self, Self::Close) { 0 } else { 1 }
    }

    const fn between(self) -> u16 {
        if matches!(self, Self::Close) { 1 } else { BETWEEN }
    }
}

/// The form in which all names fit into so many lines, or as many of them as do.
pub(super) fn flow(entries: &[Entry], room: u16, rows: u16) -> Flow {
    // A letter close to a name would read as a part of it.
    let is_lettered = entries.iter().any(|entry| entry.mark.is_alphanumeric());
    let all = [Form::Whole, Form::Close, Form::Names].into_iter();
    let all = all.filter(|form| *form != Form::Close || !is_lettered);
    let all = all.map(|form| (form, entries.len()));
    let fewer = (0..entries.len()).rev().map(|named| (Form::Names, named));
    // Of thousands of names only those that may fit are tried.
    let most = usize::from(room) * usize::from(rows);
    let mut tries = all.chain(fewer).filter(|(_, named)| *named <= most);
    let found = tries.find_map(|(form, named)| placed(entries, form, named, room, rows));
    found.unwrap_or(Flow { form: Form::Names, places: Vec::new(), rows: rows.min(1), more: Some((0, 0)) })
}

fn placed(entries: &[Entry], form: Form, named: usize, room: u16, rows: u16) -> Option<Flow> {
    let (mut row, mut left) = (0, 0);
    let mut place = |needed: u16| {
        if left > 0 && left + needed > room {
            (row, left) = (row + 1, 0);
        }
        let at = (row, left);
        left += needed + form.between();
        (row < rows && at.1 + needed <= room).then_some(at)
    };
    let places: Option<Vec<_>> = entries[..named].iter().map(|entry| place(entry.room(form))).collect();
    let places = places?;
    let rest = entries.len() - named;
    let more = if rest > 0 { Some(place(width(&more_or_all(rest, named)))?) } else { None };
    Some(Flow { form, places, rows: row + 1, more })
}

/// The entries of the layers, each with its letter, in the order of those of a picture, and of the series that are hidden.
pub(super) fn entries(shown: &Shown<'_>, layers: &[Layer], letters: &[char], together: usize) -> Vec<Entry> {
    let pen = &shown.pen;
    let order = pile::named(layers, shown.panel.stacked).into_iter();
    let drawn = order.filter_map(|place| Some((layers.get(place)?, *letters.get(place)?)));
    let drawn = drawn.map(|(layer, letter)| Entry {
        mark: mark(pen, layer, letter),
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
fn mark(pen: &Pen<'_>, layer: &Layer, letter: char) -> char {
    match layer.look {
        None => pen.one_of('░', ':'),
        Some(_) if pen.is_lettered(layer.look) => letter,
        Some(look) if look >= COLOURS => pen.one_of('╍', '-'),
        Some(_) => pen.one_of('━', '-'),
    }
}

/// Writes names one behind the other, and how many there are beyond.
pub(super) fn below(buffer: &mut Buffer, area: Rect, entries: &[Entry], flow: &Flow, pen: &Pen<'_>) {
    let at = |&(row, left): &(u16, u16)| {
        let line =
            Rect { x: area.x + left, y: area.y + row, width: area.width.saturating_sub(left), height: 1 };
        line.intersection(area)
    };
    for (entry, place) in entries.iter().zip(&flow.places) {
        let left = put(buffer, at(place), &entry.mark.to_string(), entry.mark_style);
        let skipped = flow.form.after_mark().min(left.width);
        let left = Rect { x: left.x + skipped, width: left.width - skipped, ..left };
        let left = put(buffer, left, &fitted(&entry.name, WIDEST), entry.style);
        if flow.form != Form::Names && !entry.value.is_empty() {
            put(buffer, left, &format!(" {}", entry.value), pen.skin.strong());
        }
    }
    if let Some(place) = &flow.more {
        let rest = entries.len() - flow.places.len();
        put(buffer, at(place), &more_or_all(rest, flow.places.len()), pen.skin.faint());
    }
}

fn more_or_all(count: usize, named: usize) -> String {
    if named == 0 { format!("{count} series") } else { format!("+{count} more") }
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
