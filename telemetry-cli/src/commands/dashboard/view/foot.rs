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
    let filter = (!app.filter.is_empty()).then(|| end_of(&said(&app.filter, skin), 20));
    let filter = filter.map(|filter| format!("filter '{filter}'"));
    if let Some(filter) = filter.as_ref().filter(|_| !app.zoomed) {
        add("Esc", &format!("no {filter}"));
    }
    add("Enter", if app.zoomed { "back" } else { "zoom" });
    // There Esc only goes back: the filter stays, and is seen here.
    if let Some(filter) = filter.as_ref().filter(|_| app.zoomed) {
        add("/", filter);
    }
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
    if filter.is_none() || !app.zoomed {
        add("/", "filter");
    }
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
