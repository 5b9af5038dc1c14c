//! States over time: a line for each series, told by heights, words and colours.

use super::axis::{self, Plot};
use super::frame::Note;
use super::pen::{put, put_last, width};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::collections::BTreeSet;
use telemetry_catalog::indicator::Severity;
use telemetry_charts::data::Clean;
use telemetry_charts::state::{self, Span, State};

/// What is said of gaps.
const BLANK: &str = "blank: unknown";

/// The widest name.
const WIDEST: u16 = 22;

/// Draws the lines.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Vec<Note> {
    let all: Vec<&Clean> = shown.drawn().collect();
    let spans: Vec<_> = shown.spans().collect();
    // Below the lines are the times and what the characters mean, where that leaves more than it takes.
    let below = if area.height >= 4 { 2 } else { u16::from(area.height >= 2) };
    let room = usize::from(area.height - below);
    let seen = if all.len() > room { room.saturating_sub(1) } else { all.len() };
    let names = names(&all[..seen], shown, area.width);
    let right = Rect { x: area.x + names, width: area.width - names, ..area };
    let plot = Plot::new(right, (shown.chart.start, shown.chart.end), false);
    // Where there is room, a line is left between two of them.
    let apart = if seen * 2 <= room { 2 } else { 1 };
    for ((row, series), spans) in area.rows().step_by(apart).zip(&all[..seen]).zip(&spans) {
        put_last(
            buffer,
            Rect { width: names.saturating_sub(1), ..row },
            &series.name,
            shown.pen.skin.faint(),
        );
        line(buffer, row.y, &plot, shown, spans);
    }
    let used = lines(seen * apart);
    let mut left = Rect { y: area.y + used, height: area.height - used, ..area };
    if seen < all.len() {
        put(buffer, left, &unseen(shown, &spans[seen..]), shown.pen.skin.faint());
        left = Rect { y: left.y + 1, height: left.height.saturating_sub(1), ..left };
    }
    axis::times(buffer, Rect { height: left.height.min(1), ..left }, &plot, &shown.pen);
    if left.height > 1 {
        key(buffer, Rect { y: left.y + 1, height: 1, ..left }, shown, &spans);
    }
    Vec::new()
}

fn lines(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// The room for names; a single line that is called like its panel needs none.
fn names(series: &[&Clean], shown: &Shown<'_>, room: u16) -> u16 {
    if let [only] = series
        && only.name == shown.panel.title
    {
        return 0;
    }
    let widest = series.iter().map(|series| width(&series.name)).max().unwrap_or_default();
    (widest + 1).min(WIDEST).min(room / 2)
}

/// What is said of lines for which there is no room.
fn unseen(shown: &Shown<'_>, lines: &[&[Span]]) -> String {
    let worst = lines.iter().filter_map(|spans| spans.last()).map(|span| span.state).max().flatten();
    format!("and {} more, at worst {} at their end", lines.len(), state::word(shown.panel, worst))
}

/// The worse, the higher; in ASCII the first letters of words.
fn character(shown: &Shown<'_>, state: State) -> char {
    match state {
        None => shown.pen.one_of('▁', '_'),
        Some(Severity::Info | Severity::Warning) => shown.pen.one_of('▄', 'w'),
        Some(Severity::Critical) => shown.pen.one_of('█', 'C'),
    }
}

fn line(buffer: &mut Buffer, y: u16, plot: &Plot, shown: &Shown<'_>, spans: &[Span]) {
    for (place, span) in spans.iter().enumerate() {
        let from = plot.column(span.from);
        // A state ends where the next one begins, and is seen however short it was.
        let next = spans.get(place + 1).map(|next| plot.column(next.from));
        let end = plot.column(span.until);
        let end = if next == Some(end) && end > from { end } else { end + 1 };
        let area =
            Rect { x: from, y, width: end.saturating_sub(from).max(1), height: 1 }.intersection(plot.area);
        let style = shown.pen.severity(span.state);
        let bar = character(shown, span.state).to_string().repeat(usize::from(area.width));
        put(buffer, area, &bar, style);
        let word = format!(" {} ", state::word(shown.panel, span.state));
        // What is quiet needs no word: it is the line at the bottom.
        if span.state.is_some() && width(&word) + 2 <= area.width {
            let middle = Rect { x: area.x + 1, width: width(&word), ..area };
            put(buffer, middle, &word, style.patch(shown.pen.skin.strong()));
        }
    }
}

/// What the characters mean, of the states that there were.
fn key(buffer: &mut Buffer, line: Rect, shown: &Shown<'_>, spans: &[&[Span]]) {
    let states: BTreeSet<State> = spans.iter().copied().flatten().map(|span| span.state).collect();
    let mut left = line;
    for state in states {
        left = put(buffer, left, &format!("{} ", character(shown, state)), shown.pen.severity(state));
        left = put(buffer, left, &format!("{}  ", state::word(shown.panel, state)), Style::new());
    }
    if left.width >= width(BLANK) {
        put(buffer, left, BLANK, shown.pen.skin.faint());
    }
}
