//! What is above and below every view: who tells what is shown and how old it is, what is wrong, and the keys.

use super::super::look::Liveness;
use super::super::skin::Skin;
use super::super::state::{App, Badge, Overlay, View};
use super::SMALLEST;
use crate::commands::dashboard::Source;
use crate::output::Screen;
use crate::tables::harmless;
use chrono::{Local, TimeZone as _};
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use telemetry_catalog::quantity::seconds;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The line of a terminal that is too small for anything else.
pub(super) fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!("the terminal must be at least {width}x{height}");
    let text = if text.len() > usize::from(area.width) { format!("{width}x{height}") } else { text };
    let line = Rect { y: area.y + area.height / 2, height: area.height.min(1), ..area };
    frame.render_widget(Paragraph::new(text).alignment(Alignment::Center), line);
}

/// The line above the view. The badge is always seen: what has no room beside it is cut.
pub(super) fn head(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
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

/// The line below the view: what is being typed, else what is to be told, else the keys that matter now.
pub(super) fn foot(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    let width = usize::from(area.width);
    let line = match (&app.overlay, &app.message) {
        (Overlay::Filter, _) => typing(app, width, skin),
        (_, Some(message)) => Line::styled(cut(&said(message, skin), width, skin), skin.strong()),
        _ => legend(&keys_now(app, skin), width, skin),
    };
    frame.render_widget(line, area);
}

/// The filter as it is typed, of which the end is seen where it is long.
fn typing(app: &App, width: usize, skin: Skin) -> Line<'static> {
    let typed = said(&app.filter, skin);
    let hint = "  Enter keeps, Esc clears";
    let room = width.saturating_sub(3 + hint.width());
    let cursor = Style::new().add_modifier(Modifier::REVERSED);
    Line::from(vec![
        Span::styled("/", skin.focus()),
        Span::styled(end_of(&typed, room), skin.strong()),
        Span::styled(" ", cursor),
        Span::styled(hint, skin.faint()),
    ])
}

/// Keys with what they do, the most important first.
fn keys_now(app: &App, skin: Skin) -> Vec<(&'static str, String)> {
    let own =
        |keys: &[(&'static str, &str)]| keys.iter().map(|(key, what)| (*key, (*what).to_owned())).collect();
    match app.overlay {
        Overlay::Help => own(&[("Esc", "closes")]),
        Overlay::Subsystems { .. } => own(&[("Enter", "takes it"), ("Esc", "back"), ("j/k", "move")]),
        Overlay::Troubles { .. } => own(&[("Esc", "back"), ("j/k", "move")]),
        Overlay::Series { .. } => {
            own(&[("Space", "on/off"), ("Esc", "back"), ("o", "only this"), ("a", "all"), ("j/k", "move")])
        }
        Overlay::None | Overlay::Filter => on_view(app, skin),
    }
}

fn on_view(app: &App, skin: Skin) -> Vec<(&'static str, String)> {
    let mut keys: Vec<(&'static str, String)> = Vec::new();
    let mut add = |key, what: &str| keys.push((key, what.to_owned()));
    add("q", "quit");
    add("?", "keys");
    if !app.filter.is_empty() && !app.zoomed {
        add("Esc", &format!("no filter '{}'", end_of(&said(&app.filter, skin), 20)));
    }
    add("Enter", if app.zoomed { "back" } else { "zoom" });
    match app.shown() {
        View::Summary => {
            add("v", if app.view == View::Charts { "stay here" } else { "charts" });
            add("a", "alerts");
        }
        View::Charts => {
            add("v", "summary");
            add("r", app.range.as_str());
            add("t", "series");
        }
    }
    add("s", "subsystem");
    add("/", "filter");
    add("p", if app.paused { "go on" } else { "pause" });
    add("g", "refresh");
    add("w", "save");
    keys
}

/// As many of the keys as there is room for.
fn legend(keys: &[(&'static str, String)], width: usize, skin: Skin) -> Line<'static> {
    let mut left = width;
    let fits = |(key, what): &&(&'static str, String)| {
        let wide = key.width() + what.width() + 3;
        let fits = wide <= left + 2;
        left = left.saturating_sub(wide);
        fits
    };
    let spans = keys
        .iter()
        .take_while(fits)
        .flat_map(|(key, what)| [Span::styled(*key, skin.focus()), Span::raw(format!(" {what}  "))]);
    Line::from(spans.collect::<Vec<_>>())
}

/// A text of anywhere as the terminal can show it.
pub(super) fn said(text: &str, skin: Skin) -> String {
    Screen { utf8: skin.utf8, ..Screen::PLAIN }.written(&harmless(text))
}

/// What stands where something was cut.
const fn ellipsis(skin: Skin) -> &'static str {
    if skin.utf8 { "…" } else { "~" }
}

/// The beginning of a text that is too wide.
pub(super) fn cut(text: &str, room: usize, skin: Skin) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let beginning = start_of(text, room.saturating_sub(1));
    if room == 0 { String::new() } else { beginning + ellipsis(skin) }
}

/// Both ends of a text that is too wide: of an address the scheme and the file say most.
fn cut_in_the_middle(text: &str, room: usize, skin: Skin) -> String {
    if text.width() <= room || room == 0 {
        return if room == 0 { String::new() } else { text.to_owned() };
    }
    let (ahead, behind) = ((room - 1).div_ceil(2), (room - 1) / 2);
    format!("{}{}{}", start_of(text, ahead), ellipsis(skin), end_of(text, behind))
}

/// As many letters as there is room for, from the first on.
fn start_of(text: &str, room: usize) -> String {
    fitting(text.chars(), room).into_iter().collect()
}

/// As many letters as there is room for, up to the last.
fn end_of(text: &str, room: usize) -> String {
    fitting(text.chars().rev(), room).into_iter().rev().collect()
}

fn fitting(letters: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut left = room;
    let fits = |letter: &char| {
        let rest = left.checked_sub(letter.width().unwrap_or(0));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    letters.take_while(fits).collect()
}
