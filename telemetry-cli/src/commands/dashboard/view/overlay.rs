//! What lies over the view: the keys, and what there is to choose from.

use super::super::skin::Skin;
use super::super::state::{App, Choice, Overlay, series_of, subsystems_of, troubles_of};
use super::summary::over;
use super::text::{cut, said};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr as _;

/// The keys with what they do, as `?` lists them: short enough for two columns on the smallest terminal.
const KEYS: [(&str, &str); 20] = [
    ("q", "quit"),
    ("?", "these keys"),
    ("v, Tab", "summary, charts"),
    ("r, R", "longer, shorter"),
    ("1 … 5", "5m 1h 6h 24h 7d"),
    ("p, Space", "pause, go on"),
    ("g, F5", "look again now"),
    ("s", "choose subsystem"),
    ("], [", "next, former one"),
    ("/", "filter by name"),
    ("Left Right", "panel, section"),
    ("Up, Down", "panel, scroll"),
    ("hjkl", "as the arrows"),
    ("PgDn, End", "by a page, to end"),
    ("Enter", "zoom in and out"),
    ("Esc", "one step back"),
    ("a", "alerts and notes"),
    ("t, a", "series: some, all"),
    ("w", "save PNG and SVG"),
    ("Ctrl-Z", "stop; fg goes on"),
];

/// Of when the numbers are: that is too long for the heads of their columns.
fn meaning(app: &App) -> String {
    let over = app.look.as_deref().and_then(over).unwrap_or_else(|| "not known yet".to_owned());
    format!("rates, PER MIN: {over}; the rest: since the start")
}

/// Draws it, where there is any.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    match app.overlay {
        Overlay::None | Overlay::Filter => {}
        Overlay::Help => help(frame, area, app, skin),
        Overlay::Subsystems { chosen } => {
            let lines =
                subsystems_of().iter().map(|one| one.map_or("All", |one| one.title).to_owned()).collect();
            list(frame, area, "Subsystem", lines, chosen, skin);
        }
        Overlay::Troubles { chosen } => {
            let lines = troubles_of(app).iter().map(|line| said(line, skin)).collect();
            list(frame, area, "Health, alerts, notes", lines, chosen, skin);
        }
        Overlay::Series { chosen } => {
            let line = |one: &Choice| {
                let mark = if one.is_hidden { "[ ]" } else { "[x]" };
                format!("{mark} {}", said(&one.name, skin))
            };
            let lines = series_of(app).iter().map(line).collect();
            list(frame, area, "Series", lines, chosen, skin);
        }
    }
}

/// The keys, in two columns where one has no room for all of them, and below them what the numbers mean.
fn help(frame: &mut Frame<'_>, area: Rect, app: &App, skin: Skin) {
    let meaning = meaning(app);
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    let across = (KEYS.len() + 1).div_ceil(room).clamp(1, 2);
    let tall = KEYS.len().div_ceil(across);
    let column = |keys: &[(&'static str, &'static str)]| column_of(keys, skin);
    let columns: Vec<Vec<Line<'static>>> = KEYS.chunks(tall).map(column).collect();
    let wide = |lines: &Vec<Line<'_>>| lines.iter().map(Line::width).max().unwrap_or_default();
    let widths: Vec<_> = columns.iter().map(wide).collect();
    let told = usize::from(room > tall);
    let wide = (widths.iter().sum::<usize>() + 2 * (across - 1)).max(meaning.width() * told);
    let inner = popup(frame, area, "Keys", (wide, tall + told), skin);
    let last = Rect { y: inner.bottom().saturating_sub(1), height: inner.height.min(1), ..inner };
    if told > 0 {
        frame.render_widget(Line::styled(cut(&meaning, usize::from(inner.width), skin), skin.faint()), last);
    }
    let mut from = inner.x;
    for (lines, width) in columns.into_iter().zip(widths) {
        for (line, y) in lines.into_iter().zip(inner.top()..inner.bottom()) {
            frame.render_widget(
                line,
                Rect { x: from, y, width: inner.right().saturating_sub(from), height: 1 },
            );
        }
        from = from.saturating_add(u16::try_from(width + 2).unwrap_or(u16::MAX)).min(inner.right());
    }
}

fn column_of(keys: &[(&'static str, &'static str)], skin: Skin) -> Vec<Line<'static>> {
    let wide = keys.iter().map(|(key, _)| key.width()).max().unwrap_or_default();
    let line = |(key, what): &(&'static str, &'static str)| {
        let (key, what) = (said(key, skin), said(what, skin));
        let gap = " ".repeat(wide.saturating_sub(key.width()) + 1);
        Line::from(vec![Span::styled(key, skin.focus()), Span::raw(gap), Span::raw(what)])
    };
    keys.iter().map(line).collect()
}

/// Lines of which one is chosen. Where there is no room for all, the chosen one is among those that are seen.
fn list(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<String>, chosen: usize, skin: Skin) {
    let wide = lines.iter().map(|line| line.width()).max().unwrap_or_default() + 2;
    let count = lines.len();
    let inner = popup(frame, area, title, (wide.max(title.width() + 12), count), skin);
    let room = usize::from(inner.height);
    let first = chosen.saturating_sub(room / 2).min(count.saturating_sub(room));
    let places = lines.into_iter().enumerate().skip(first).zip(inner.top()..inner.bottom());
    for ((place, text), y) in places {
        let (mark, style) = if place == chosen {
            (">", Style::new().add_modifier(Modifier::REVERSED))
        } else {
            (" ", Style::new())
        };
        let text = cut(&format!("{mark} {text}"), usize::from(inner.width), skin);
        frame.render_widget(Line::styled(text, style), Rect { y, height: 1, ..inner });
    }
    if count > room {
        let seen = format!(" {} of {count} ", chosen + 1);
        let y = inner.bottom().min(area.bottom().saturating_sub(1));
        let x = inner.right().saturating_sub(u16::try_from(seen.width()).unwrap_or(0));
        frame.render_widget(
            Line::raw(seen),
            Rect { x: x.max(inner.x), y, height: 1, width: inner.right().saturating_sub(x) },
        );
    }
}

/// An empty box in the middle, in front of everything; what is within its border.
fn popup(frame: &mut Frame<'_>, area: Rect, title: &str, content: (usize, usize), skin: Skin) -> Rect {
    let side = |length: usize, most: u16| u16::try_from(length + 2).unwrap_or(u16::MAX).min(most);
    let (width, height) = (side(content.0, area.width), side(content.1, area.height));
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 2;
    let place = Rect { x, y, width, height };
    let border = if skin.utf8 { border::ROUNDED } else { ASCII };
    let block = Block::bordered().border_set(border).title(format!(" {title} ")).border_style(skin.focus());
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}

/// A border for terminals that show ASCII alone.
const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
