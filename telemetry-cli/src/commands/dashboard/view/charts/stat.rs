//! Present values, with what they were before.

use super::axis::Plot;
use super::bars;
use super::frame::Note;
use super::limits;
use super::line::{self, Traced};
use super::pen::{letters, middle, put};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telemetry_catalog::panel::{Panel, Unit};
use telemetry_charts::data::{self, Clean};
use telemetry_charts::pile::{Layer, Stretch};
use telemetry_charts::scale::Scale;
use telemetry_charts::state;

/// The narrowest cell of several, and the lowest.
const NARROWEST: u16 = 18;
const LOWEST: u16 = 2;

/// The highest course that is drawn of a value beside others.
const HIGHEST: u16 = 8;

/// Draws the values, and gives the limits in words.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Vec<Note> {
    let known: Vec<_> = shown.drawn().collect();
    if shown.panel.unit == Unit::Presence {
        names(buffer, area, shown, &known);
        return Vec::new();
    }
    let columns = usize::from(area.width / NARROWEST).clamp(1, known.len().max(1));
    let fit = columns * usize::from(area.height / LOWEST).max(1);
    let area = if known.len() > fit {
        let last = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let seen = columns * usize::from(area.height.saturating_sub(1) / LOWEST).max(1);
        put(buffer, last, &format!("and {} more", known.len().saturating_sub(seen)), shown.pen.skin.faint());
        Rect { height: area.height.saturating_sub(1), ..area }
    } else {
        area
    };
    let rows = known.len().div_ceil(columns).min(usize::from(area.height / LOWEST).max(1)).max(1);
    let (width, height) = (area.width / share(columns), area.height / share(rows));
    for (place, series) in known.iter().take(rows * columns).enumerate() {
        let (row, column) = (share(place / columns), share(place % columns));
        let cell = Rect { x: area.x + column * width, y: area.y + row * height, width, height };
        one(buffer, cell.intersection(area), shown, series);
    }
    limits::named(shown)
}

fn share(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// What only says that something is there is told by its name.
fn names(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>, known: &[&Clean]) {
    let room = usize::from(area.height);
    let seen = if known.len() > room { room.saturating_sub(1) } else { known.len() };
    for (line, series) in area.rows().zip(&known[..seen]) {
        put(buffer, line, &series.name, shown.pen.skin.strong());
    }
    if seen < known.len() {
        let last = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        put(buffer, last, &format!("and {} more", known.len() - seen), shown.pen.skin.faint());
    }
}

fn one(buffer: &mut Buffer, cell: Rect, shown: &Shown<'_>, series: &Clean) {
    let value = shown.panel.unit.shown(series.now);
    let style = bars::style(shown, series.now).patch(shown.pen.skin.strong());
    let words = words(shown.panel, series);
    let text = if words.is_empty() { value } else { format!("{value}  {words}") };
    // A value alone stands in the middle; with others it stands at the left, as in a table.
    let line = Rect { height: cell.height.min(1), width: cell.width.saturating_sub(1), ..cell };
    if words.is_empty() {
        middle(buffer, line, &text, style);
    } else {
        put(buffer, line, &text, style);
    }
    if cell.height > 1 {
        let height = (cell.height - 1).min(HIGHEST);
        course(buffer, Rect { y: cell.y + 1, height, ..line }, shown, series);
    }
}

/// The name where it says more than the title, and how bad the value is where somebody said what would be too much.
fn words(panel: &Panel, series: &Clean) -> String {
    let is_judged = !panel.thresholds.is_empty() && !series.now.is_nan();
    let judged = is_judged.then(|| state::word(panel, state::severity(panel, series.now)));
    let name = Some(series.name.as_str()).filter(|name| !name.is_empty() && *name != panel.title);
    let words: Vec<_> = name.into_iter().chain(judged).collect();
    words.join(" · ")
}

/// How the value went, without a scale.
fn course(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>, series: &Clean) {
    let Some(extent) = data::extent([series]) else { return };
    if area.is_empty() || series.runs.iter().all(|run| run.len() < 2) {
        return;
    }
    let scale = Scale::of(extent, shown.panel.unit, 2);
    let stretch = |&(time, value): &(i64, f64)| Stretch { time, low: value, high: value };
    let layer = Layer {
        name: String::new(),
        now: series.now,
        look: Some(shown.look(&series.name)),
        runs: series.runs.iter().map(|run| run.iter().map(stretch).collect()).collect(),
    };
    let plot = Plot::new(area, (shown.chart.start, shown.chart.end), shown.pen.skin.utf8);
    let traced = Traced { layers: &[layer], letters: &letters([0]), stacked: false };
    line::trace(buffer, &plot, &scale, traced, &shown.pen);
}
