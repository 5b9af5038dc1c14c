//! One panel: its border with its title and present value, what it means where there is room, and what is said in place of data.

use super::pen::{Pen, middle, put, put_last, width};
use super::shown::Shown;
use super::{bars, heatmap, line, stat, timeline};
use crate::commands::dashboard::look::Courses;
use crate::commands::dashboard::state::Charted;
use crate::output::Screen;
use crate::tables::{harmless, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Widget as _};
use telemetry_catalog::panel::{Unit, Visualization};
use telemetry_charts::state;

/// From how many lines on a panel that fills the screen says what it means, and in how many lines at most.
const EXPLAINED: u16 = 14;
const EXPLANATION: u16 = 3;

/// A remark on the lower border: limits for which there is no room in the picture, and what is not drawn.
pub(super) type Note = (String, Style);

const ASCII: border::Set<'_> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
const ASCII_FOCUS: border::Set<'_> = border::Set {
    top_left: "#",
    top_right: "#",
    bottom_left: "#",
    bottom_right: "#",
    vertical_left: "#",
    vertical_right: "#",
    horizontal_top: "=",
    horizontal_bottom: "=",
};

/// Draws the panel in that place with what was measured of it, or why that is not known.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    pen: &Pen<'_>,
    courses: &Charted,
    place: usize,
    focused: bool,
) {
    let Some(measured) = courses.panels.get(place) else { return };
    let inside = bordered(buffer, area, pen, focused);
    let title =
        Rect { x: area.x + 1, width: area.width.saturating_sub(2), height: area.height.min(1), ..area };
    let notes = match (&measured.course, courses.draft(place)) {
        (Ok(course), Some(draft)) => {
            let shown = Shown::of(*pen, &measured.panel, course, draft);
            let left = headline(buffer, title, &shown);
            heading(buffer, left, pen, &measured.panel.title, focused);
            let inside = explained(buffer, inside, &shown);
            body(buffer, inside, &shown, courses)
        }
        (course, _) => {
            heading(buffer, title, pen, &measured.panel.title, focused);
            let reason = course.as_ref().err().map_or("nothing was told", String::as_str);
            said(buffer, inside, &format!("not known: {}", harmless(reason)), pen.skin.faint());
            Vec::new()
        }
    };
    if area.height > 2 {
        let bottom = Rect { y: area.bottom() - 1, ..title };
        let left = put_range(buffer, bottom, pen, courses);
        let needed: u16 = notes.iter().map(|(text, _)| width(text) + 3).sum();
        let said = |text: &str| if needed > left.width { short(text) } else { text.to_owned() };
        notes.iter().fold(left, |left, (text, style)| put_note(buffer, left, &said(text), *style));
    }
}

fn bordered(buffer: &mut Buffer, area: Rect, pen: &Pen<'_>, focused: bool) -> Rect {
    let set = match (focused, pen.skin.utf8) {
        (true, true) => border::THICK,
        (false, true) => border::PLAIN,
        (true, false) => ASCII_FOCUS,
        (false, false) => ASCII,
    };
    let style = if focused { pen.skin.focus() } else { pen.skin.faint() };
    let block = Block::bordered().border_set(set).border_style(style);
    let inside = block.inner(area);
    block.render(area, buffer);
    inside
}

fn heading(buffer: &mut Buffer, area: Rect, pen: &Pen<'_>, title: &str, focused: bool) {
    let style = if focused { pen.skin.focus() } else { pen.skin.strong() };
    if area.width > 2 {
        put(buffer, area, &format!(" {} ", fitted_title(title, area.width - 2)), style);
    }
}

fn fitted_title(title: &str, room: u16) -> String {
    super::pen::fitted(&telemetry_charts::data::name(title), room)
}

/// The present value at the right end of the title: that of the only series, or the sum of a pile. What is told by names or in the picture
/// needs none.
fn headline(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Rect {
    let panel = shown.panel;
    if panel.visualization != Visualization::TimeSeries {
        return area;
    }
    let values: Vec<f64> = shown.drawn().map(|series| series.now).collect();
    let known = values.iter().copied().filter(|value| value.is_finite());
    let (text, value) = match values[..] {
        [] => return area,
        [value] => (panel.unit.shown(value), value),
        _ if panel.stacked && known.clone().next().is_some() => {
            let sum = known.sum::<f64>();
            (format!("{} {}", shown.pen.one_of("Σ", "sum"), panel.unit.shown(sum)), sum)
        }
        _ => return area,
    };
    let text = format!(" {text} ");
    if width(&text) + width(&panel.title) + 3 > area.width {
        return area;
    }
    let style = match panel.thresholds.is_empty() && panel.unit != Unit::Health || value.is_nan() {
        true => shown.pen.skin.strong(),
        false => shown.pen.severity(state::severity(panel, value)).patch(shown.pen.skin.strong()),
    };
    put_last(buffer, area, &text, style)
}

/// What the numbers mean, above them, where the panel fills a screen that has room for it.
fn explained(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Rect {
    if !shown.zoomed || area.height < EXPLAINED {
        return area;
    }
    let lines = wrapped(&shown.panel.description, 0, within(area.width));
    let mut left = area;
    for line in lines.iter().take(usize::from(EXPLANATION)) {
        put(buffer, left, line, shown.pen.skin.faint());
        if lines.len() > usize::from(EXPLANATION) && left.y + 1 == area.y + EXPLANATION {
            // The rest is in the catalog.
            put_last(buffer, left, " …", shown.pen.skin.faint());
        }
        left = Rect { y: left.y + 1, height: left.height - 1, ..left };
    }
    Rect { y: left.y + 1, height: left.height - 1, ..left }
}

fn body(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>, courses: &Courses) -> Vec<Note> {
    let mut notes = unseen(shown);
    if let Some(reason) = shown.reason(courses.range.words()) {
        said(buffer, area, &reason, shown.pen.skin.faint());
        return notes;
    }
    notes.extend(match shown.panel.visualization {
        Visualization::TimeSeries => line::draw(buffer, area, shown),
        Visualization::Stat => stat::draw(buffer, area, shown),
        Visualization::Gauge => bars::gauge(buffer, area, shown),
        Visualization::Bar => bars::draw(buffer, area, shown),
        Visualization::Heatmap => heatmap::draw(buffer, area, shown),
        Visualization::StateTimeline => timeline::draw(buffer, area, shown),
    });
    notes
}

/// What is there, and not drawn. That somebody has chosen so comes first.
fn unseen(shown: &Shown<'_>) -> Vec<Note> {
    let chosen = shown.part().map(|part| (part, shown.pen.skin.strong()));
    let infinite = shown.drawn().filter(|series| series.infinite).count();
    let infinite = (infinite > 0).then(|| "infinite values are not drawn".to_owned());
    let left_out = (shown.left_out > 0).then(|| format!("{} more series not looked at", shown.left_out));
    let others = infinite.into_iter().chain(left_out).map(|note| (note, shown.pen.skin.faint()));
    chosen.into_iter().chain(others).collect()
}

/// A sentence in the middle, in as many lines as it needs.
fn said(buffer: &mut Buffer, area: Rect, sentence: &str, style: Style) {
    let lines = wrapped(sentence, 0, within(area.width));
    let skipped = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (row, line) in area.rows().skip(skipped).zip(&lines) {
        middle(buffer, row, line, style);
    }
}

/// A screen of that width.
const fn within(width: u16) -> Screen {
    Screen { width: Some(width), ..Screen::PLAIN }
}

/// While another range is being asked for, what is seen is still of the former one, and says so.
fn put_range(buffer: &mut Buffer, line: Rect, pen: &Pen<'_>, courses: &Courses) -> Rect {
    let (of, wanted) = (courses.range.as_str(), pen.app.range.as_str());
    if of == wanted {
        return line;
    }
    put_last(buffer, line, &format!(" {of} · loading {wanted}… "), pen.skin.strong())
}

/// A remark in fewer columns.
fn short(text: &str) -> String {
    let words = [
        ("warning", "warn"),
        ("critical", "crit"),
        (" ≥ ", "≥"),
        (" >= ", ">="),
        (" > ", ">"),
        (" = ", "="),
        (" %", "%"),
    ];
    words.into_iter().fold(text.to_owned(), |text, (long, short)| text.replace(long, short))
}

fn put_note(buffer: &mut Buffer, line: Rect, text: &str, style: Style) -> Rect {
    // One column of the border stays between two remarks.
    let room = Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line };
    if room.width < 8 {
        return Rect { width: 0, ..line };
    }
    put(buffer, room, &format!(" {} ", super::pen::fitted(text, room.width - 2)), style)
}
