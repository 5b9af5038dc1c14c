//! Frames that somebody has read, kept in `snapshots/`, and what must hold in every other.
//!
//! `INSTA_UPDATE=always cargo nextest run …` writes what is new; then it is read, and committed.

mod fleet;

use super::super::super::skin::Skin;
use super::super::super::state::App;
use super::draw;
use fleet::{app, empty, healthy, hostile, large, subsystem, troubled};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

const SKIN: Skin = Skin { colour: true, utf8: true };
const PLAIN: Skin = Skin { colour: false, utf8: false };

/// Every size that has a layout of its own, without the lines above and below the view.
const SIZES: [(u16, u16); 4] = [(60, 13), (80, 22), (120, 38), (200, 58)];

fn drawn(app: &App, (width, height): (u16, u16), skin: Skin) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, frame.area(), app, skin)).unwrap();
    terminal.backend().buffer().clone()
}

/// The lines of a frame. What stands behind a character of two columns is not there.
fn text(cells: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..cells.area.height {
        let mut skipped = 0;
        let mut line = String::new();
        for x in 0..cells.area.width {
            if skipped == 0 {
                line += cells[(x, y)].symbol();
                skipped = super::ink::columns(cells[(x, y)].symbol()).max(1);
            }
            skipped -= 1;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[track_caller]
fn reviewed(name: &str, app: &App, skin: Skin) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (width, height) in SIZES {
            let frame = text(&drawn(app, (width, height), skin));
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), frame);
        }
    });
}

#[test]
fn a_healthy_fleet() {
    reviewed("healthy", &app(Some(healthy())), SKIN);
}

#[test]
fn a_fleet_in_trouble_that_has_gone_quiet() {
    reviewed("troubled", &app(Some(troubled())), SKIN);
}

#[test]
fn a_terminal_of_ascii_without_colours() {
    reviewed("plain", &app(Some(troubled())), PLAIN);
}

#[test]
fn somebody_who_knows_nothing() {
    reviewed("empty", &app(Some(empty())), SKIN);
}

#[test]
fn names_that_would_move_everything_else() {
    reviewed("hostile", &App { zoomed: true, ..app(Some(hostile())) }, SKIN);
}
