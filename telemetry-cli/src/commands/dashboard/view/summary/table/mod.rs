//! The metrics of each subsystem, with what they count, how often, how fast and how well.
//!
//! | module | responsible for |
//! |---|---|
//! | here | which lines are seen, and in how many tables side by side |
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
use ratatui::layout::Rect;
use rows::{Depth, Row};

/// The least columns of a table of which several stand side by side.
const SIDE_BY_SIDE: u16 = 98;

/// How many series of each metric are tried to be shown where there is room left, the most first.
const SERIES: [usize; 10] = [100, 50, 20, 10, 7, 5, 4, 3, 2, 1];

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
    let seen = usize::from(area.height - 1);
    let (from, furthest) = scrolled(&parts, seen, app.scroll);
    app.furthest.set(Some(furthest));
    let places = ink::side_by_side(area, parts.len(), 2);
    for (part, place) in parts.iter().zip(places) {
        // A shorter table stays at its end while a longer one is scrolled on.
        let from = from.min(part.len().saturating_sub(seen));
        table(ink, place, Seen { rows: part, from, to: from + seen }, app, look);
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
    let most = SERIES
        .into_iter()
        .filter(|series| *series < height)
        .map(|series| built(Depth::Largest(series)))
        .find(fits);
    most.unwrap_or_else(|| built(Depth::Metrics))
}

/// The sections in at most so many tables, none torn apart and none empty, such that the longest table is as short as can be.
fn split(sections: Vec<Vec<Row<'_>>>, count: usize) -> Vec<Vec<Row<'_>>> {
    let lengths: Vec<_> = sections.iter().map(Vec::len).collect();
    let ends = |from: usize| (from + 1..=lengths.len()).map(move |to| (from, to));
    let sums = (0..lengths.len()).flat_map(ends).map(|(from, to)| lengths[from..to].iter().sum::<usize>());
    let fits = |longest: &usize| filled(&lengths, *longest).last().is_none_or(|last| *last < count.max(1));
    let longest = sums.filter(fits).min().unwrap_or_default();
    let mut parts = Vec::new();
    for (section, place) in sections.into_iter().zip(filled(&lengths, longest)) {
        parts.resize_with(parts.len().max(place + 1), Vec::new);
        parts[place].extend(section);
    }
    parts
}

/// In which table each section is, where none gets longer than that as long as no section is.
fn filled(lengths: &[usize], longest: usize) -> Vec<usize> {
    let (mut place, mut used) = (0, 0);
    let at = |length: &usize| {
        if used > 0 && used + length > longest {
            (place, used) = (place + 1, 0);
        }
        used += length;
        place
    };
    lengths.iter().map(at).collect()
}

/// The first line that is seen: that of the section with the focus, where it would not be seen whole otherwise, and from there on as far as
/// was scrolled; and how far it can be scrolled. Nobody scrolls beyond the end.
fn scrolled(parts: &[Vec<Row<'_>>], seen: usize, scroll: usize) -> (usize, usize) {
    let beyond = |part: &Vec<Row<'_>>| part.len().saturating_sub(seen);
    let last = parts.iter().map(beyond).max().unwrap_or_default();
    let focused = parts.iter().find_map(|part| {
        let begin = part.iter().position(Row::is_focused)?;
        let length = part[begin + 1..].iter().position(Row::is_title);
        let end = length.map_or(part.len(), |length| begin + 1 + length);
        Some(if end > seen { begin } else { 0 })
    });
    let base = focused.unwrap_or_default().min(last);
    (base.saturating_add(scroll).min(last), last - base)
}

/// What is seen of the rows of a table.
#[derive(Debug, Clone, Copy)]
struct Seen<'r> {
    rows: &'r [Row<'r>],
    from: usize,
    to: usize,
}

impl<'r> Seen<'r> {
    fn rows(self) -> &'r [Row<'r>] {
        let to = self.to.min(self.rows.len());
        self.rows.get(self.from.min(to)..to).unwrap_or_default()
    }

    /// Which lines these are, where they are not all.
    fn part(self) -> Option<String> {
        let (all, shown) = (self.rows.len(), self.rows().len());
        let (begin, end) = (self.from + 1, self.from + shown);
        match shown {
            0 => None,
            _ if shown == all => None,
            1 => Some(format!("{begin} of {all}")),
            _ => Some(format!("{begin}–{end} of {all}")),
        }
    }
}

fn table(ink: &mut Ink<'_>, area: Rect, seen: Seen<'_>, app: &App, look: &Look) {
    let rows = seen.rows();
    let columns = Columns::of(area.width, seen.rows);
    columns.header(ink, line(area, 0), look, seen.part());
    let mut focused = seen
        .rows
        .get(..seen.from)
        .unwrap_or_default()
        .iter()
        .rfind(|row| row.is_title())
        .is_some_and(Row::is_focused);
    for (place, row) in rows.iter().enumerate() {
        focused = if row.is_title() { row.is_focused() } else { focused };
        let line = line(area, place + 1);
        if focused {
            columns::focus(ink, line);
        }
        columns.row(ink, line, row, look, &app.plan.config.health_thresholds);
    }
}

/// Why there is nothing in any table.
fn nothing(ink: &mut Ink<'_>, area: Rect, app: &App, look: &Look) {
    let text =
        if app.filter.is_empty() || sections(app, look).iter().all(|(section, _)| section.lines.is_empty()) {
            format!("No metrics{}", super::why(look))
        } else {
            format!("Nothing matches “{}”", ink::clean(&app.filter))
        };
    let faint = ink.skin.faint();
    ink.write(line(area, 1.min(usize::from(area.height - 1))), &text, faint);
}
