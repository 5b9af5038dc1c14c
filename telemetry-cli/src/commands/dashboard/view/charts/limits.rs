//! Lines at the limits of a panel, each with what it means; a limit that is not on the scale is said all the same.

use super::axis::Plot;
use super::frame::Note;
use super::pen::{put, width};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telemetry_catalog::indicator::{Level, Severity};
use telemetry_charts::scale::Scale;

/// The character of which a limit's line is, so that limits are told apart without colours.
fn stroke(shown: &Shown<'_>, level: &Level) -> char {
    match level.severity {
        Severity::Critical => shown.pen.one_of('╍', '='),
        Severity::Warning | Severity::Info => shown.pen.one_of('╌', '-'),
    }
}

/// Where a limit is, and what it means.
pub(super) fn words(shown: &Shown<'_>, level: &Level) -> String {
    let limit = shown.panel.unit.shown(level.limit).replace(".0 %", " %");
    let sign = match shown.panel.beyond().sign() {
        // One character of ASCII would say something else.
        "≥" => shown.pen.one_of("≥", ">="),
        sign => sign,
    };
    format!("{} {sign} {limit}", level.severity.as_str())
}

/// Every limit in words.
pub(super) fn named(shown: &Shown<'_>) -> Vec<Note> {
    let note = |level: &Level| (words(shown, level), shown.pen.severity(Some(level.severity)));
    shown.panel.thresholds.iter().map(note).collect()
}

/// Draws the lines of the limits that are on the scale. Data are drawn over them.
pub(super) fn lines(buffer: &mut Buffer, plot: &Plot, scale: &Scale, shown: &Shown<'_>) {
    for level in on(scale, shown) {
        let y = plot.row(scale, level.limit);
        let line = stroke(shown, level).to_string().repeat(usize::from(plot.area.width));
        let style = shown.pen.severity(Some(level.severity));
        put(buffer, Rect { y, height: 1, ..plot.area }, &line, style);
    }
}

/// Writes what the lines mean into them, where no data are in the way. The limits for which there is no room, and those that are not on the
/// scale, are given back.
pub(super) fn labels(buffer: &mut Buffer, plot: &Plot, scale: &Scale, shown: &Shown<'_>) -> Vec<Note> {
    let mut left = Vec::new();
    for level in &shown.panel.thresholds {
        let style = shown.pen.severity(Some(level.severity));
        let words = words(shown, level);
        let text = format!(" {words} ");
        let y = plot.row(scale, level.limit);
        let is_on = on(scale, shown).any(|on| on == level);
        match gap(buffer, plot, y, stroke(shown, level), width(&text)).filter(|_| is_on) {
            Some(x) => {
                put(buffer, Rect { x, y, width: width(&text), height: 1 }, &text, style);
            }
            None => left.push((words, style)),
        }
    }
    left
}

fn on<'s>(scale: &'s Scale, shown: &'s Shown<'_>) -> impl Iterator<Item = &'s Level> {
    shown.panel.thresholds.iter().filter(|level| (scale.low..=scale.high).contains(&level.limit))
}

/// The first column from which on the line of a limit is seen for so many columns, with something of it left on both sides.
fn gap(buffer: &Buffer, plot: &Plot, y: u16, stroke: char, needed: u16) -> Option<u16> {
    let is_free = |x: u16| buffer.cell((x, y)).is_some_and(|cell| cell.symbol().starts_with(stroke));
    let last = plot.area.right().checked_sub(needed + 2)?;
    (plot.area.x + 2..=last).find(|x| (*x..x + needed).all(is_free))
}
