//! Present values as bars below each other, the largest first, and a single one on a scale.

use super::frame::Note;
use super::limits;
use super::pen::{put, put_last, width};
use super::shown::Shown;
use crate::tables::bar;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use telemetry_catalog::panel::Unit;
use telemetry_charts::data::Clean;
use telemetry_charts::scale::Scale;
use telemetry_charts::state;

/// How far beyond the first limit the scale goes, so that it is seen which values lie beyond.
const BEYOND: f64 = 1.2;

/// Draws the bars, and gives the limits in words.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Vec<Note> {
    let mut known: Vec<&Clean> = shown.drawn().collect();
    known.sort_by(|one, other| order(other).total_cmp(&order(one)));
    let room = usize::from(area.height);
    let seen = if known.len() > room { room.saturating_sub(1) } else { known.len() };
    let rows = Rows::of(area.width, shown, &known[..seen], most(shown, &known));
    let skipped = (room - seen.min(room)) / 2;
    let skipped = if seen < known.len() { 0 } else { skipped };
    for (line, series) in area.rows().skip(skipped).zip(&known[..seen]) {
        rows.draw(buffer, line, shown, series);
    }
    if seen < known.len() {
        let words = format!("and {} more, none of them larger", known.len() - seen);
        let last = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        put(buffer, last, &words, shown.pen.skin.faint());
    }
    limits::named(shown)
}

/// One value in its middle with a bar below, or several as bars.
pub(super) fn gauge(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Vec<Note> {
    let known: Vec<_> = shown.drawn().collect();
    let [only] = known[..] else { return draw(buffer, area, shown) };
    if area.height < 3 {
        return draw(buffer, area, shown);
    }
    let most = most(shown, &known);
    let thick = (area.height / 4).clamp(1, 3);
    let top = area.y + (area.height - thick - 2) / 2;
    let line = |y: u16| Rect { y, height: 1, ..area };
    super::pen::middle(
        buffer,
        line(top),
        &value(shown, only),
        style(shown, only.now).patch(shown.pen.skin.strong()),
    );
    for y in top + 1..=top + thick {
        fill(buffer, line(y), shown, only.now, most);
    }
    let ends = line(top + thick + 1);
    let short = |value: f64| shown.panel.unit.shown(value).replace(".0 %", " %");
    put(buffer, ends, &short(0.0), shown.pen.skin.faint());
    put_last(buffer, ends, &short(most), shown.pen.skin.faint());
    limits::named(shown)
}

/// The value, with the word for what it means where no colour says it.
fn value(shown: &Shown<'_>, series: &Clean) -> String {
    let value = shown.panel.unit.shown(series.now);
    if shown.panel.thresholds.is_empty() || series.now.is_nan() {
        return value;
    }
    format!("{value} {}", state::word(shown.panel, state::severity(shown.panel, series.now)))
}

/// What is not known comes last.
fn order(series: &Clean) -> f64 {
    if series.now.is_nan() { f64::NEG_INFINITY } else { series.now }
}

/// Where the scale ends: everything for a share, else beyond the largest value and the last limit.
fn most(shown: &Shown<'_>, series: &[&Clean]) -> f64 {
    let finite =
        |values: &mut dyn Iterator<Item = f64>| values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let present = finite(&mut series.iter().map(|series| series.now));
    let limit = finite(&mut shown.panel.thresholds.iter().map(|level| level.limit * BEYOND));
    match shown.panel.unit {
        Unit::Share => present.max(1.0),
        unit => Scale::of((0.0, present.max(limit)), unit, 4).high,
    }
}

/// How a present value is written: plain where nobody said what would be too much.
pub(super) fn style(shown: &Shown<'_>, value: f64) -> Style {
    if value.is_nan() {
        shown.pen.skin.faint()
    } else if shown.panel.thresholds.is_empty() && shown.panel.unit != Unit::Health {
        Style::new()
    } else {
        shown.pen.severity(state::severity(shown.panel, value))
    }
}

/// A bar with the limits in it.
fn fill(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>, value: f64, most: f64) {
    let painted = match style(shown, value) {
        plain if plain == Style::new() => shown.pen.skin.paint(Color::Cyan),
        judged => judged,
    };
    let track = shown.pen.one_of("·", ".").repeat(usize::from(area.width));
    put(buffer, area, &track, shown.pen.skin.faint());
    let bar = bar(value / most, usize::from(area.width), shown.pen.screen());
    put(buffer, area, bar.trim_end(), painted);
    for level in shown.panel.thresholds.iter().filter(|level| (0.0..most).contains(&level.limit)) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the width")]
        let at = (f64::from(area.width) * level.limit / most) as u16;
        let mark =
            Rect { x: area.x + at.min(area.width.saturating_sub(1)), width: area.width.min(1), ..area };
        put(buffer, mark, shown.pen.one_of("┃", "|"), shown.pen.severity(Some(level.severity)));
    }
}

/// The columns of names, bars and values.
struct Rows {
    names: u16,
    values: u16,
    most: f64,
}

impl Rows {
    fn of(room: u16, shown: &Shown<'_>, series: &[&Clean], most: f64) -> Self {
        let names = series.iter().map(|series| width(&series.name)).max().unwrap_or_default();
        let values = series.iter().map(|series| width(&value(shown, series))).max().unwrap_or_default();
        Self { names: names.min(room * 2 / 5), values: values.min(room / 2), most }
    }

    fn draw(&self, buffer: &mut Buffer, line: Rect, shown: &Shown<'_>, series: &Clean) {
        put(buffer, Rect { width: self.names, ..line }, &series.name, Style::new());
        let rest = line.width.saturating_sub(self.names + 1);
        let rest = Rect { x: line.x + (self.names + 1).min(line.width), width: rest, ..line };
        put_last(
            buffer,
            rest,
            &value(shown, series),
            style(shown, series.now).patch(shown.pen.skin.strong()),
        );
        let bar = Rect { width: rest.width.saturating_sub(self.values + 1), ..rest };
        if bar.width > 1 {
            fill(buffer, bar, shown, series.now, self.most);
        }
    }
}
