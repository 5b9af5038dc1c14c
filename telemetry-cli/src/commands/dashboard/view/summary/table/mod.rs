//! The metrics of each subsystem, with what they count, how often, how fast and how well.
//!
//! | module | responsible for |
//! |---|---|
//! | here | which lines are seen, in how many columns of tables, and how many are not |
//! | `rows` | the lines in order, as the subsystem, the zoom and the filter want them |
//! | `columns` | which numbers there is room for, and how each is written |
//! | `names` | names of metrics without what they have in common |

mod columns;
mod names;
mod rows;

use super::super::super::look::{Look, Section};
use super::super::super::state::App;
use super::ink::{self, Ink, line};
use columns::Columns;
use ratatui::layout::{Constraint, Layout, Rect};
use rows::{Depth, Row};

/// The least columns of a table of which several stand side by side.
const SIDE_BY_SIDE: u16 = 118;

/// How many series of each metric are tried to be shown where there is room left, the most first.
const SERIES: [usize; 7] = [100, 50, 20, 10, 5, 3, 1];

/// Draws the tables that are shown, from the line on to which they are scrolled.
pub(super) fn draw(ink: &mut Ink<'_>, area: Rect, app: &App, look: &Look) {
    if area.height < 2 {
        return;
    }
    let sections = sections(app, look);
    let count = usize::from((area.width / SIDE_BY_SIDE).max(1)).min(sections.len().max(1));
    let parts = parts(app, &sections, count, usize::from(area.height - 1));
    if parts.iter().all(Vec::is_empty) {
        return nothing(ink, area, app, look);
    }
    let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
    let overflows = longest > usize::from(area.height - 1);
    let seen = usize::from(area.height - 1 - u16::from(overflows));
    let from = scrolled(&parts, seen, app.scroll);
    let places = Layout::horizontal(parts.iter().map(|_| Constraint::Fill(1))).spacing(2).split(area);
    for (part, place) in parts.iter().zip(places.iter()) {
        table(ink, *place, &part[from.min(part.len())..(from + seen).min(part.len())], look, app);
    }
    if overflows {
        let beyond = longest.saturating_sub(from + seen);
        remainder(ink, line(area, usize::from(area.height - 1)), (from, beyond));
    }
}

/// The sections that are shown, each with whether it has the focus.
fn sections<'l>(app: &App, look: &'l Look) -> Vec<(&'l Section, bool)> {
    let wanted = |section: &&Section| app.subsystem.is_none_or(|only| only.slug == section.subsystem.slug);
    let shown: Vec<_> = look.sections.iter().filter(wanted).collect();
    let focus = app.focus.min(shown.len().saturating_sub(1));
    let marked = shown.into_iter().enumerate().map(|(place, section)| (section, place == focus));
    marked.filter(|(_, focused)| !app.zoomed || *focused).collect()
}

/// The rows of each table: with all series where they are asked for, else with as many as leave no metric out.
fn parts<'l>(app: &App, sections: &[(&'l Section, bool)], count: usize, height: usize) -> Vec<Vec<Row<'l>>> {
    let built = |depth| -> Vec<_> {
        let rows = sections.iter().map(|(section, focused)| rows::of(section, *focused, depth, app));
        split(rows.collect(), count)
    };
    if app.zoomed || app.subsystem.is_some() || !app.filter.is_empty() {
        return built(Depth::All);
    }
    let fits = |parts: &Vec<Vec<Row<'_>>>| parts.iter().all(|part| part.len() <= height);
    let most = SERIES.into_iter().map(|series| built(Depth::Largest(series))).find(fits);
    most.unwrap_or_else(|| built(Depth::Metrics))
}

/// The sections in so many tables of about the same length. None is torn apart.
fn split<'l>(sections: Vec<Vec<Row<'l>>>, count: usize) -> Vec<Vec<Row<'l>>> {
    let all: usize = sections.iter().map(Vec::len).sum();
    let (mut parts, mut before) = (vec![Vec::new(); count.max(1)], 0);
    for section in sections {
        let middle = before + section.len() / 2;
        before += section.len();
        let place = (middle * count).checked_div(all).unwrap_or_default().min(count.saturating_sub(1));
        if let Some(part) = parts.get_mut(place) {
            part.extend(section);
        }
    }
    parts
}

/// The first line that is seen: that of the section with the focus, where it would not be seen whole otherwise, and from there on as far as
/// was scrolled. Nobody scrolls beyond the end.
fn scrolled(parts: &[Vec<Row<'_>>], seen: usize, scroll: usize) -> usize {
    let beyond = |part: &Vec<Row<'_>>| part.len().saturating_sub(seen);
    let last = parts.iter().map(beyond).max().unwrap_or_default();
    let focused = parts.iter().find_map(|part| {
        let begin = part.iter().position(Row::is_focused)?;
        let length = part[begin + 1..].iter().position(Row::is_title);
        let end = length.map_or(part.len(), |length| begin + 1 + length);
        Some(if end > seen { begin } else { 0 })
    });
    focused.unwrap_or_default().saturating_add(scroll).min(last)
}

fn table(ink: &mut Ink<'_>, area: Rect, rows: &[Row<'_>], look: &Look, app: &App) {
    let columns = Columns::of(area.width, rows);
    columns.header(ink, line(area, 0));
    for (place, row) in rows.iter().enumerate() {
        columns.row(ink, line(area, place + 1), row, look, &app.plan.config.health_thresholds);
    }
}

/// How many lines are not seen.
fn remainder(ink: &mut Ink<'_>, line: Rect, (above, below): (usize, usize)) {
    let text = match (above, below) {
        (0, below) => format!("{below} more below"),
        (above, 0) => format!("{above} above, end"),
        (above, below) => format!("{above} above, {below} below"),
    };
    let faint = ink.skin.faint();
    ink.write_right(line, &text, faint);
}

/// Why there is nothing in any table.
fn nothing(ink: &mut Ink<'_>, area: Rect, app: &App, look: &Look) {
    let text =
        if app.filter.is_empty() || sections(app, look).iter().all(|(section, _)| section.lines.is_empty()) {
            format!("No metrics: {}", super::why(look))
        } else {
            format!("Nothing matches “{}”", ink::clean(&app.filter))
        };
    let faint = ink.skin.faint();
    ink.write(line(area, 1.min(usize::from(area.height - 1))), &text, faint);
}
