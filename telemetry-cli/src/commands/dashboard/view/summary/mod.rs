//! The summary: numbers, health, alerts and tables.
//!
//! | module | responsible for |
//! |---|---|
//! | here | what is drawn, and what stands there while nothing is known |
//! | `layout` | which part is where, by the size of the terminal |
//! | `ink` | text in cells: cut where there is no more room, harmless, and as the terminal can show it |
//! | `flow` | short texts behind each other, in as many lines as they need |
//! | `tiles`, `digits` | the numbers of now, in letters as large as there is room for |
//! | `rates` | what happens per time |
//! | `health` | a light for each subsystem |
//! | `alerts` | what is pending and what fires |
//! | `notes` | what a person should know beside |
//! | `table` | the metrics of each subsystem |

mod alerts;
mod digits;
mod flow;
mod health;
mod ink;
mod layout;
mod notes;
mod rates;
mod table;
#[cfg(test)]
mod tests;
mod tiles;

use super::super::look::Look;
use super::super::skin::Skin;
use super::super::state::App;
use ink::Ink;
use layout::{Form, Needs};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
pub(super) use rates::over;

/// Draws it.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    onto(frame.buffer_mut(), area, app, skin);
}

fn onto(cells: &mut Buffer, area: Rect, app: &App, skin: Skin) {
    let mut ink = Ink::new(cells, skin);
    match &app.look {
        None => waiting(&mut ink, area),
        Some(look) if app.zoomed => table::draw(&mut ink, area, app, look),
        Some(look) => match app.subsystem {
            Some(subsystem) => parts(&mut ink, area, app, &look.narrowed(subsystem)),
            None => parts(&mut ink, area, app, look),
        },
    }
}

/// Nobody has answered yet, and nothing is made up meanwhile.
fn waiting(ink: &mut Ink<'_>, area: Rect) {
    let style = ink.skin.faint();
    let middle = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
    ink.centred(middle, "Asking for the first time…", style);
}

fn parts(ink: &mut Ink<'_>, area: Rect, app: &App, look: &Look) {
    let form = Form::of(area);
    let places = layout::places(area, form, &needs(app, look, area, form));
    notes::draw(ink, places.notes, app, look);
    if form == Form::Narrow {
        tiles::lines(ink, places.tiles, look);
    } else {
        tiles::boxes(ink, places.tiles, look);
    }
    rates::draw(ink, places.rates, look);
    health::draw(ink, places.health, look);
    alerts::draw(ink, places.alerts, look, app.now);
    table::draw(ink, places.table, app, look);
}

/// How many lines each part would fill.
fn needs(app: &App, look: &Look, area: Rect, form: Form) -> Needs {
    Needs {
        notes: notes::all(app, look).len(),
        tiles: look.tiles.len(),
        rates: if form == Form::Narrow { rates::flowing(look, area.width) } else { look.rates.len() },
        lights: health::flowing(look, area.width),
        subsystems: health::lines(look),
        alerts: alerts::count(look),
    }
}

/// Why something is not known, to stand behind that; nothing where it stands above why nobody answers.
fn why(look: &Look) -> String {
    match &look.origin.trouble {
        Some(_) => String::new(),
        None => format!(": {} does not tell", ink::clean(&look.origin.name)),
    }
}
