//! Panels over time.
//!
//! | module | responsible for |
//! |---|---|
//! | here | which panels are seen, and what is said where none is |
//! | `grid` | where each of them is |
//! | `frame` | one panel: its border, its titles, and what is said in place of data |
//! | `shown` | what of a panel is drawn: what the filter lets through and nobody has hidden |
//! | `line`, `bars`, `heatmap`, `timeline`, `stat` | one kind of picture each |
//! | `axis`, `limits`, `legend` | what stands around the data |
//! | `pen` | the characters and colours of series, and how text is written |

mod axis;
mod bars;
mod frame;
#[cfg(test)]
mod frame_tests;
mod grid;
mod heatmap;
mod legend;
mod limits;
mod line;
mod pen;
mod shown;
mod stat;
mod timeline;

use super::super::look::Courses;
use super::super::skin::Skin;
use super::super::state::{App, Charted};
use crate::commands::chart::here;
pub(super) use grid::columns;
use pen::{Pen, middle};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telemetry_charts::Zone;

/// Draws the panels that are shown, or the one that fills the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    let zone = app.courses.as_ref().map_or_else(Zone::utc, |courses| {
        let seconds = i64::try_from(courses.range.seconds()).unwrap_or(i64::MAX);
        here(courses.at.saturating_sub(seconds.saturating_mul(1000)), courses.at)
    });
    on(frame.buffer_mut(), area, &Pen { app, skin, zone: &zone });
}

/// The same on a buffer.
fn on(buffer: &mut Buffer, area: Rect, pen: &Pen<'_>) {
    let area = area.intersection(buffer.area);
    match pen.app.courses.as_deref() {
        Some(courses) if is_of(courses, pen.app) => panels(buffer, area, pen, courses),
        _ => middle(buffer, area, &waiting(pen.app), pen.skin.faint()),
    }
    if !pen.skin.utf8 {
        pen::in_ascii(buffer, area);
    }
}

/// What is said until the panels are measured.
fn waiting(app: &App) -> String {
    let of = app.subsystem.map_or(String::new(), |subsystem| format!(" of {}", subsystem.title));
    format!("loading the charts{of}…")
}

/// Whether these are the panels that are wanted, and not those of before another subsystem was chosen. Those of the whole fleet are of
/// several subsystems.
fn is_of(courses: &Courses, app: &App) -> bool {
    let Some(first) = courses.panels.first() else { return false };
    let same = courses.panels.iter().all(|measured| measured.panel.subsystem == first.panel.subsystem);
    match app.subsystem {
        Some(wanted) => same && first.panel.subsystem == wanted,
        None => !same || courses.panels.len() == 1,
    }
}

/// Which panels of so many are on a screen of that size.
pub(super) fn seen(app: &App, count: usize, (width, height): (u16, u16)) -> Vec<usize> {
    let focus = app.focus.min(count.saturating_sub(1));
    if app.zoomed {
        return (focus..count).take(1).collect();
    }
    let grid = grid::Grid::of(count, focus, Rect::new(0, 0, width, height));
    grid.places.into_iter().map(|(place, _)| place).collect()
}

fn panels(buffer: &mut Buffer, area: Rect, pen: &Pen<'_>, courses: &Charted) {
    let focus = pen.app.focus.min(courses.panels.len().saturating_sub(1));
    if pen.app.zoomed {
        return frame::draw(buffer, area, pen, courses, focus, true);
    }
    let grid = grid::Grid::of(courses.panels.len(), focus, area);
    for (place, area) in &grid.places {
        frame::draw(buffer, *area, pen, courses, *place, *place == focus);
    }
    let hint = grid.hint(pen.skin.utf8);
    middle(buffer, Rect { y: area.bottom().saturating_sub(1), height: 1, ..area }, &hint, pen.skin.faint());
}
