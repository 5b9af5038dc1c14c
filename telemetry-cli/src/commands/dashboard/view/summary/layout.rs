//! Which part is where, by the size of the terminal.
//!
//! What is most urgent has its place first: how old it all is, the numbers, the health, the alerts, the rates. The tables have the rest,
//! which is never less than a few lines: health and rates are said in fewer for that.

use ratatui::layout::Rect;

/// From so many columns and lines on, numbers have boxes.
const MEDIUM: (u16, u16) = (80, 18);
/// From here on, health and alerts stand beside the numbers.
const WIDE: (u16, u16) = (120, 26);
/// From so many lines on there is room for large digits, and for the reasons of health where they stand below.
const TALL: u16 = 34;

/// The lines of a box of a number: its border, the number, the gauge and the course; and with large digits.
const TILE: u16 = 5;
const LARGE_TILE: u16 = 7;
/// The lines of a border.
const BORDER: u16 = 2;
/// What the numbers beside health and alerts take of the columns, of a hundred.
const LEFT: u32 = 54;

/// The lines that the tables have however much else there is: their head, a subsystem, and two metrics.
const LEAST_TABLE: u16 = 4;

/// How parts are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for each number, and as few as possible for anything else.
    Narrow,
    /// Boxes side by side for numbers, lines for the rest.
    Medium,
    /// Numbers on the left, health and alerts beside them.
    Wide,
}

/// How many lines the parts would fill, without their borders.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    pub(super) notes: usize,
    pub(super) tiles: usize,
    pub(super) rates: usize,
    /// Of health as lights behind each other.
    pub(super) lights: usize,
    /// Of health as a list.
    pub(super) subsystems: usize,
    pub(super) alerts: usize,
}

/// Where the parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) notes: Rect,
    pub(super) tiles: Rect,
    pub(super) rates: Rect,
    pub(super) health: Rect,
    pub(super) alerts: Rect,
    pub(super) table: Rect,
}

impl Form {
    pub(super) const fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (width, height) if width >= WIDE.0 && height >= WIDE.1 => Self::Wide,
            (width, height) if width >= MEDIUM.0 && height >= MEDIUM.1 => Self::Medium,
            _ => Self::Narrow,
        }
    }
}

/// The places of the parts in an area.
pub(super) fn places(area: Rect, form: Form, needs: &Needs) -> Places {
    match form {
        Form::Narrow => narrow(area, needs),
        Form::Medium => medium(area, needs),
        Form::Wide => wide(area, needs),
    }
}

fn narrow(area: Rect, needs: &Needs) -> Places {
    let mut rest = area;
    let notes = taken(&mut rest, lines(needs.notes).min(1));
    let tiles = taken(&mut rest, lines(needs.tiles));
    let wanted = [lines(needs.lights).min(3), 1, lines(needs.rates).min(5)];
    let [health, alerts, rates] = beside_the_table(rest.height, wanted);
    Places {
        notes,
        tiles,
        health: taken(&mut rest, health),
        alerts: taken(&mut rest, alerts),
        rates: taken(&mut rest, rates),
        table: rest,
    }
}

fn medium(area: Rect, needs: &Needs) -> Places {
    let mut rest = area;
    let is_tall = area.height >= TALL;
    let notes = taken(&mut rest, lines(needs.notes).min(2));
    let some = u16::from(needs.tiles > 0);
    let tiles = taken(&mut rest, some * if is_tall { LARGE_TILE } else { TILE });
    let wanted = if is_tall {
        let alerts = lines(needs.alerts).clamp(1, area.height / 8) + BORDER;
        [lines(needs.subsystems) + BORDER, alerts, lines(needs.rates) + BORDER]
    } else {
        [lines(needs.lights).min(3), lines(needs.alerts).clamp(1, 2), lines(needs.rates)]
    };
    let [health, alerts, rates] = beside_the_table(rest.height, wanted);
    let rates = taken(&mut rest, rates);
    let health = taken(&mut rest, health);
    Places { notes, tiles, rates, health, alerts: taken(&mut rest, alerts), table: rest }
}

/// How many of so many lines health, alerts and rates get, in this order, such that something is seen of each and of the tables.
fn beside_the_table(height: u16, [health, alerts, rates]: [u16; 3]) -> [u16; 3] {
    let spare = height.saturating_sub(LEAST_TABLE);
    let least = |wanted: u16| wanted.min(1);
    let health = health.min(spare.saturating_sub(least(alerts) + least(rates))).max(least(health));
    let alerts = alerts.min(spare.saturating_sub(health + least(rates))).max(least(alerts));
    let rates = rates.min(spare.saturating_sub(health + alerts)).max(least(rates));
    [health, alerts, rates]
}

fn wide(area: Rect, needs: &Needs) -> Places {
    let mut rest = area;
    let notes = taken(&mut rest, lines(needs.notes).min(2));
    let (rates, health) = (lines(needs.rates) + BORDER, lines(needs.subsystems) + BORDER);
    // An alert has a line for its sentence below that of its name, as long as that leaves most of the body to the tables.
    let alerts = lines(needs.alerts * 2).clamp(1, (area.height / 5).max(2)) + BORDER;
    let some = u16::from(needs.tiles > 0);
    let tile = some * if area.height >= TALL { LARGE_TILE } else { TILE };
    let both = (tile + rates).max(health + alerts).min(area.height * 3 / 5);
    let mut left = taken(&mut rest, both);
    let split = u16::try_from(u32::from(area.width) * LEFT / 100).unwrap_or(u16::MAX);
    let mut right = super::ink::behind(left, split);
    left.width = split.min(left.width);
    let tiles = taken(&mut left, some * both.saturating_sub(rates).clamp(TILE, LARGE_TILE));
    let health = taken(&mut right, health);
    Places { notes, tiles, rates: left, health, alerts: right, table: rest }
}

fn lines(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX / 4).min(u16::MAX / 4)
}

/// So many lines from the top of what is left, or all of it.
fn taken(rest: &mut Rect, height: u16) -> Rect {
    let height = height.min(rest.height);
    let top = Rect { height, ..*rest };
    *rest = Rect { y: rest.y + height, height: rest.height - height, ..*rest };
    top
}
