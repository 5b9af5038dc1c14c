//! What is above every view: who tells what is shown and how old it is, and what is wrong.

use super::super::look::Liveness;
use super::super::skin::Skin;
use super::super::state::{App, Badge, View};
use super::SMALLEST;
use super::text::{cut, cut_in_the_middle, said};
use crate::commands::dashboard::Source;
use chrono::{Local, TimeZone as _};
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::{Color, Modifier};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use telemetry_catalog::quantity::seconds;
use unicode_width::UnicodeWidthStr as _;

/// The line of a terminal that is too small for anything else.
pub(super) fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!("the terminal must be at least {width}x{height}");
    let text = if text.len() > usize::from(area.width) { format!("{width}x{height}") } else { text };
    let line = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
    frame.render_widget(Paragraph::new(text).alignment(Alignment::Center), line);
}

/// The line above the view. The badge is always seen: what has no room beside it is cut.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    let right = standing(app, skin);
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    let span = if app.shown() == View::Charts { format!(" {}", app.range.as_str()) } else { String::new() };
    let title = app.subsystem.map_or("Agent fleet", |subsystem| subsystem.title);
    let title = cut(title, room.saturating_sub(span.width()), skin);
    let room = room.saturating_sub(title.width() + span.width() + 1);
    let place = cut_in_the_middle(&said(&origin(app), skin), room, skin);
    let gap = " ".repeat(room.saturating_sub(place.width()) + 2);
    let mut spans = vec![Span::styled(title, skin.strong()), Span::raw(span), Span::raw(" ")];
    spans.extend([Span::styled(place, skin.faint()), Span::raw(gap)]);
    spans.extend(right.spans);
    frame.render_widget(Line::from(spans), area);
}

/// Who tells it.
fn origin(app: &App) -> String {
    match &app.look {
        _ if app.shown() == View::Charts && app.courses.is_some() => {
            let place = app.courses.as_ref().map_or("", |courses| &courses.place);
            format!("prometheus {place}")
        }
        Some(look) => format!("{} {}", look.origin.name, look.origin.place),
        None => format!("connecting to {}", awaited(app.plan.source)),
    }
}

const fn awaited(source: Source) -> &'static str {
    match source {
        Source::Auto => "whoever answers",
        Source::Pushgateway => "the Pushgateway",
        Source::Exposition => "the exposition server",
        Source::Ledger => "the ledger",
        Source::Prometheus => "Prometheus",
    }
}

/// The badge with the age of the newest sample, and the time of day.
fn standing(app: &App, skin: Skin) -> Line<'static> {
    let (word, colour) = match app.badge() {
        Badge::Connecting => ("WAITING", Color::DarkGray),
        Badge::Paused => ("PAUSED", Color::Cyan),
        Badge::Of(Liveness::Live) => ("LIVE", Color::Green),
        Badge::Of(Liveness::Stale) => ("STALE", Color::Yellow),
        Badge::Of(Liveness::Empty) => ("NO DATA", Color::Yellow),
        Badge::Of(Liveness::Offline) => ("OFFLINE", Color::Red),
    };
    let badge = skin.paint(colour).add_modifier(Modifier::BOLD);
    let age = app.newest().map_or_else(String::new, |newest| format!(" {}", age(app.now - newest)));
    let mut spans =
        vec![Span::styled(word, badge), Span::raw(age), Span::raw(format!("  {}", clock(app.now)))];
    if app.refreshing {
        spans.insert(0, Span::styled("asking  ", skin.faint()));
    }
    Line::from(spans)
}

/// How old something is, in whole seconds: more would only flicker. What is of the future by another clock is of now.
fn age(milliseconds: i64) -> String {
    // A number of seconds in an `f64` is exact for longer than any age.
    #[expect(clippy::cast_precision_loss, reason = "an age is far below 2^53 seconds")]
    let whole = (milliseconds / 1000).max(0) as f64;
    if whole < 1.0 { "0 s".to_owned() } else { seconds(whole) }
}

/// The time of day where the reader is.
fn clock(now: i64) -> String {
    Local
        .timestamp_millis_opt(now)
        .single()
        .map_or_else(String::new, |time| time.format("%H:%M:%S").to_string())
}

/// Whether anything is wrong that must be seen.
pub(super) fn has_trouble(app: &App) -> bool {
    trouble_of(app).is_some()
}

/// Why there are no charts though they are wanted, or what to do where nobody has ever told anything. Why the source of the summary does
/// not answer stands there.
fn trouble_of(app: &App) -> Option<String> {
    let no_charts = app.no_courses.as_ref().filter(|_| app.view == View::Charts);
    let of_charts = no_charts.map(|why| format!("no charts, they come back by themselves: {why}"));
    let never =
        app.look.as_ref().filter(|look| look.origin.newest.is_none() && look.origin.trouble.is_some());
    of_charts.or_else(|| never.map(|_| NOBODY.to_owned()))
}

/// What to do where nobody answers.
const NOBODY: &str = "nobody answers: `telemetry up` or `telemetry demo` starts a stack, `telemetry doctor` says what is wrong";

/// The line of it.
pub(super) fn trouble(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    if let Some(text) = trouble_of(app) {
        let mark = if skin.utf8 { "▲ " } else { "! " };
        let text = cut(&format!("{mark}{}", said(&text, skin)), usize::from(area.width), skin);
        frame.render_widget(Line::styled(text, skin.paint(Color::Yellow)), area);
    }
}
