//! The names of what is drawn, with a sample of how it is drawn, its present value and its largest.

use crate::font::{self, Weight};
use crate::frame::{self, LABEL, LINE};
use crate::ink::Ink;
use crate::scene::{Anchor, At, Dash, Rect, Scene, Text};

/// The most that are named one after the other; how many more there are is said.
const NAMED: usize = 24;

/// The widest name, in pixels.
const WIDEST: f64 = 190.0;

/// The room between the sample, the name, the value and the next one.
const SAMPLE: f64 = 18.0;
const GAP: f64 = 5.0;
const BETWEEN: f64 = 16.0;

/// The room between two columns of a table, and the part of a picture that a table takes at most.
const ASIDE: f64 = 30.0;
const PART: f64 = 0.42;

/// One name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Empty where there is none.
    pub(crate) value: String,
    /// The largest value; empty where there is none.
    pub(crate) most: String,
    pub(crate) ink: Ink,
    /// How its line is dashed; none is a filled box.
    pub(crate) dash: Option<Dash>,
}

/// The lowest area with a table.
const LOWEST: f64 = 150.0;

/// A table of names, last and largest values, in one or more columns beside each other.
struct Table {
    columns: usize,
    rows: usize,
    /// How many are in it.
    shown: usize,
    names: f64,
    values: f64,
    most: f64,
}

/// What stands above the values.
const HEADS: [&str; 2] = ["last", "max"];

impl Table {
    /// In this width and at most so many rows; none where not even one fits.
    fn of(entries: &[Entry], width: f64, rows: usize) -> Option<Self> {
        let widest = |text: &dyn Fn(&Entry) -> String, head: &str, weight| {
            let all = entries.iter().map(text).chain([head.to_owned()]);
            all.map(|text| font::room(&text, LABEL, weight)).fold(0.0, f64::max)
        };
        let values = widest(&|entry| entry.value.clone(), HEADS[0], Weight::Bold);
        let most = widest(&|entry| entry.most.clone(), HEADS[1], Weight::Regular);
        let around = SAMPLE + BETWEEN + values + BETWEEN + most;
        let names = widest(&name, "", Weight::Regular).min(width - around);
        if rows == 0 || entries.is_empty() || names < SAMPLE.min(widest(&name, "", Weight::Regular)) {
            return None;
        }
        let beside = (((width + ASIDE) / (around + names + ASIDE)) as usize).max(1);
        // The last row is for the words about those for which there is none.
        let room = if entries.len() > beside * rows { beside * (rows - 1) } else { entries.len() };
        let rows = room.div_ceil(beside);
        let columns = room.checked_div(rows).map_or(0, |_| room.div_ceil(rows));
        (rows > 0).then_some(Self { columns, rows, shown: room, names, values, most })
    }

    /// How wide a column is.
    fn width(&self) -> f64 {
        SAMPLE + self.names + BETWEEN + self.values + BETWEEN + self.most
    }

    fn draw(&self, scene: &mut Scene, area: Rect, entries: &[Entry]) -> Rect {
        let more = more(entries.len(), self.shown);
        let lines = 1 + self.rows + usize::from(more.is_some());
        let top = area.bottom() - lines as f64 * LINE;
        let base = |line: usize| top + line as f64 * LINE + LINE - 3.0;
        for (column, entries) in entries[..self.shown].chunks(self.rows).enumerate().take(self.columns) {
            let left = area.left + column as f64 * (self.width() + ASIDE);
            self.write(scene, (left, base(0)), HEADS.map(str::to_owned), Ink::Faint);
            for (row, entry) in entries.iter().enumerate() {
                let at = (left, base(row + 1));
                sample(scene, entry, at);
                let name = Text::new((left + SAMPLE, at.1), entry.name.clone(), LABEL, Ink::Faint);
                scene.text(name.within(self.names));
                self.write(scene, at, [entry.value.clone(), entry.most.clone()], Ink::Text);
            }
        }
        if let Some(more) = more {
            scene.text(Text::new((area.left, base(self.rows + 1)), more, LABEL, Ink::Faint));
        }
        area.above(lines as f64 * LINE + 4.0)
    }

    /// Two values, or what stands above them, each at the right of its column.
    fn write(&self, scene: &mut Scene, (left, base): At, [value, most]: [String; 2], ink: Ink) {
        let text = |right: f64, text| Text::new((right, base), text, LABEL, ink).held(Anchor::End);
        let value = text(left + self.width() - self.most - BETWEEN, value);
        scene.text(if ink == Ink::Text { value.bold() } else { value });
        scene.text(text(left + self.width(), most));
    }
}

/// Where each of the first entries begins, in rows; the rest did not fit.
struct Flow {
    places: Vec<(usize, f64)>,
    rows: usize,
    /// Where the words about the rest begin.
    more: (usize, f64),
}

/// Draws the names at the bottom of an area as a table with their values, in the order in which they come, and gives what is left above.
/// Where there is no room for a table, they follow each other.
pub(crate) fn table(scene: &mut Scene, area: Rect, entries: &[Entry]) -> Rect {
    let lines = (area.height * PART / LINE) as usize;
    match Table::of(entries, area.width, lines.saturating_sub(1)) {
        Some(table) if area.height >= LOWEST => table.draw(scene, area, entries),
        _ => below(scene, area, entries),
    }
}

/// How many rows a table of so many names takes in this width, beyond the few that there always is room for.
pub(crate) fn long(count: usize, width: f64) -> f64 {
    const USUAL: f64 = 230.0;
    const FEW: usize = 3;
    let columns = ((width / USUAL) as usize).max(1);
    count.min(NAMED).div_ceil(columns).saturating_sub(FEW) as f64 * LINE / PART
}

/// Draws the names at the bottom of an area, and gives what is left above them.
pub(crate) fn below(scene: &mut Scene, area: Rect, entries: &[Entry]) -> Rect {
    let rows = match area.height {
        height if height < 90.0 => return area,
        height if height < 150.0 => 1,
        height if height < 260.0 => 2,
        _ => 3,
    };
    let mut named = (1..=entries.len().min(NAMED)).rev();
    let Some(flow) = named.find_map(|named| flow(entries, named, area.width, rows)) else {
        return count(scene, area, entries.len());
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

/// Says how many there are where there is no room for names.
fn count(scene: &mut Scene, area: Rect, count: usize) -> Rect {
    if count == 0 { area } else { frame::note(scene, area, &format!("{count} series")) }
}

fn more(all: usize, named: usize) -> Option<String> {
    (all > named).then(|| format!("+{} more", all - named))
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

/// How an entry is drawn.
fn sample(scene: &mut Scene, entry: &Entry, (left, base): At) {
    let middle = base - LABEL * 0.36;
    match entry.dash {
        Some(dash) => scene.line(vec![(left, middle), (left + 13.0, middle)], entry.ink, 2.5, dash),
        None => scene.rect(Rect { left, top: middle - 4.5, width: 9.0, height: 9.0 }, entry.ink, 1.0),
    }
}

fn draw(scene: &mut Scene, entry: &Entry, (left, base): At) {
    sample(scene, entry, (left, base));
    let name = Text::new((left + SAMPLE, base), name(entry), LABEL, Ink::Faint);
    let value = (left + SAMPLE + name.room() + GAP, base);
    scene.text(name);
    if !entry.value.is_empty() {
        scene.text(Text::new(value, entry.value.clone(), LABEL, Ink::Text).bold());
    }
}
