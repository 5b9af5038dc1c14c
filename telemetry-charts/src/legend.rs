//! The names of what is drawn, with a sample of how it is drawn and its present value.

use crate::font::{self, Weight};
use crate::frame::{LABEL, LINE};
use crate::ink::Ink;
use crate::scene::{Dash, Rect, Scene, Text};

/// The most that are named; how many more there are is said.
const NAMED: usize = 8;

/// The widest name, in pixels.
const WIDEST: f64 = 190.0;

/// The room between the sample, the name, the value and the next one.
const SAMPLE: f64 = 18.0;
const GAP: f64 = 5.0;
const BETWEEN: f64 = 16.0;

/// One name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Empty where there is none.
    pub(crate) value: String,
    pub(crate) ink: Ink,
    /// How its line is dashed; none is a filled box.
    pub(crate) dash: Option<Dash>,
}

/// Where each of the first entries begins, in rows; the rest did not fit.
struct Flow {
    places: Vec<(usize, f64)>,
    rows: usize,
    /// Where the words about the rest begin.
    more: (usize, f64),
}

/// Draws the names at the bottom of an area, and gives what is left above them.
pub(crate) fn below(scene: &mut Scene, area: Rect, entries: &[Entry]) -> Rect {
    let rows = match area.height {
        height if height < 90.0 => return area,
        height if height < 150.0 => 1,
        height if height < 260.0 => 2,
        _ => 3,
    };
    let Some(flow) =
        (1..=entries.len().min(NAMED)).rev().find_map(|named| flow(entries, named, area.width, rows))
    else {
        return area;
    };
    let top = area.bottom() - flow.rows as f64 * LINE;
    let base = |row: usize| top + row as f64 * LINE + LINE - 3.0;
    for (entry, (row, left)) in entries.iter().zip(&flow.places) {
        draw(scene, entry, (area.left + left, base(*row)));
    }
    if let Some(more) = more(entries.len(), flow.places.len()) {
        let (row, left) = flow.more;
        scene.text(Text::new((area.left + left, base(row)), more, LABEL, Ink::Faint));
    }
    area.above(flow.rows as f64 * LINE + 4.0)
}

fn more(all: usize, named: usize) -> Option<String> {
    (all > named).then(|| format!("and {} more", all - named))
}

/// The places of so many entries and of the words about the rest, if there is room for them.
fn flow(entries: &[Entry], named: usize, width: f64, rows: usize) -> Option<Flow> {
    let (mut row, mut left, mut places) = (0, 0.0, Vec::new());
    let mut place = |needed: f64| {
        if left > 0.0 && left + needed > width {
            (row, left) = (row + 1, 0.0);
        }
        let at = (row, left);
        left += needed + BETWEEN;
        at
    };
    for entry in &entries[..named] {
        places.push(place(room(entry)));
    }
    let more = more(entries.len(), named);
    let more = more.map(|more| place(font::room(&more, LABEL, Weight::Regular)));
    let rows_used = row + 1;
    (rows_used <= rows).then(|| Flow { places, rows: rows_used, more: more.unwrap_or_default() })
}

fn room(entry: &Entry) -> f64 {
    let name = font::room(&name(entry), LABEL, Weight::Regular);
    let value = font::room(&entry.value, LABEL, Weight::Bold);
    SAMPLE + name + if entry.value.is_empty() { 0.0 } else { GAP + value }
}

fn name(entry: &Entry) -> String {
    font::elided(&entry.name, LABEL, Weight::Regular, WIDEST)
}

fn draw(scene: &mut Scene, entry: &Entry, (left, base): (f64, f64)) {
    let middle = base - LABEL * 0.36;
    match entry.dash {
        Some(dash) => scene.line(vec![(left, middle), (left + 13.0, middle)], entry.ink, 2.5, dash),
        None => scene.rect(Rect { left, top: middle - 4.5, width: 9.0, height: 9.0 }, entry.ink, 1.0),
    }
    let name = Text::new((left + SAMPLE, base), name(entry), LABEL, Ink::Faint);
    let value = (left + SAMPLE + name.room() + GAP, base);
    scene.text(name);
    if !entry.value.is_empty() {
        scene.text(Text::new(value, entry.value.clone(), LABEL, Ink::Text).bold());
    }
}
