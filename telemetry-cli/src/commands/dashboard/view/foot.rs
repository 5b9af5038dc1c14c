//! What is below every view: what is being typed, what is to be told, and the keys.

use super::super::skin::Skin;
use super::super::state::{App, Overlay, View};
use super::text::{cut, end_of, said};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

/// The line below the view: what is being typed, else what is to be told, else the keys that matter now.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
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

/// A key with what it does, and that in less.
struct Key {
    key: &'static str,
    what: String,
    short: &'static str,
}

impl Key {
    fn of(key: &'static str, what: impl Into<String>) -> Self {
        Self { key, what: what.into(), short: "" }
    }

    fn or(self, short: &'static str) -> Self {
        Self { short, ..self }
    }

    /// What is said of it, in less where there is less room.
    fn said(&self, form: Form) -> &str {
        if form == Form::Whole || self.short.is_empty() { &self.what } else { self.short }
    }
}

/// How much is said of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Short,
    /// In short, and close to each other.
    Close,
}

/// Keys with what they do, the most important first.
fn keys_now(app: &App, skin: Skin) -> Vec<Key> {
    let own = |keys: &[(&'static str, &str)]| keys.iter().map(|(key, what)| Key::of(key, *what)).collect();
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

/// Those on the smallest terminal are used most; the others are behind `?`.
fn on_view(app: &App, skin: Skin) -> Vec<Key> {
    let mut keys = vec![Key::of("q", "quit"), Key::of("?", "keys")];
    let filter = (!app.filter.is_empty()).then(|| end_of(&said(&app.filter, skin), 20));
    match filter.map(|filter| format!("filter '{filter}'")) {
        None => {}
        // There Esc only goes back: the filter stays, and is seen here.
        Some(filter) if app.zoomed => keys.push(Key::of("/", filter)),
        Some(filter) => keys.push(Key::of("Esc", format!("no {filter}"))),
    }
    let is_chart = app.shown() == View::Charts;
    keys.push(match (is_chart, app.view) {
        (true, _) => Key::of("v", "summary").or("view"),
        (false, View::Charts) => Key::of("v", "stay here"),
        (false, View::Summary) => Key::of("v", "charts").or("view"),
    });
    if is_chart {
        keys.push(Key::of("r", app.range.as_str()));
    }
    if app.filter.is_empty() || !app.zoomed {
        keys.push(Key::of("/", "filter").or("find"));
    }
    keys.extend([
        Key::of("p", if app.paused { "go on" } else { "pause" }),
        Key::of("g", "refresh").or("now"),
        Key::of("w", "save"),
        Key::of("Enter", if app.zoomed { "back" } else { "zoom" }),
        if is_chart { Key::of("t", "series") } else { Key::of("a", "alerts") },
        Key::of("s", "subsystem"),
    ]);
    keys
}

/// All of the keys, in as much as there is room for, or as many as there is room for in short.
fn legend(keys: &[Key], width: usize, skin: Skin) -> Line<'static> {
    let whole = |form: &Form| room(keys, *form) <= width;
    let form = [Form::Whole, Form::Short].into_iter().find(whole).unwrap_or(Form::Close);
    let count = (1..=keys.len()).rev().find(|count| room(&keys[..*count], form) <= width);
    let between = " ".repeat(between(form));
    let spans = keys.iter().take(count.unwrap_or_default()).flat_map(|key| {
        [Span::styled(key.key, skin.focus()), Span::raw(format!(" {}{between}", key.said(form)))]
    });
    Line::from(spans.collect::<Vec<_>>())
}

/// The columns of keys behind each other.
fn room(keys: &[Key], form: Form) -> usize {
    let own = |key: &Key| key.key.width() + 1 + key.said(form).width();
    keys.iter().map(own).sum::<usize>() + between(form) * keys.len().saturating_sub(1)
}

const fn between(form: Form) -> usize {
    if matches!(form, Form::Close) { 1 } else { 2 }
}
