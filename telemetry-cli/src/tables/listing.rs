//! What a list has: sections of rows under one header, so that columns line up from one section to the next.

use super::grid::{Cell, Grid, Paint, painted};
use crate::output::Screen;

/// Rows under a title, or under none where that is empty.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    /// The name under which the title is known elsewhere, behind it in parentheses.
    pub(super) slug: String,
    pub(super) entries: Vec<Entry>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) cells: Vec<Cell>,
    /// The last column, which stands below the others where the screen has no room for it.
    pub(super) last: String,
}

/// The whole page.
pub(super) fn listing(header: &[&str], sections: &[Section], screen: Screen) -> String {
    let wide = grid(header, sections, |entry| {
        entry.cells.iter().cloned().chain([Cell::plain(&*entry.last)]).collect()
    });
    if screen.width.is_none_or(|width| wide.width(wide.first_width()) <= width) {
        return page(sections, &wide, screen, |_| None);
    }
    let header = header.split_last().map_or(header, |(_, others)| others);
    let narrow = grid(header, sections, |entry| entry.cells.clone());
    page(sections, &narrow, screen, |entry| Some(painted(&format!("  {}", entry.last), Paint::Faint, screen)))
}

/// Whether the screen has room for all columns but the last.
pub(super) fn fits(header: &[&str], sections: &[Section], screen: Screen) -> bool {
    let header = header.split_last().map_or(header, |(_, others)| others);
    let narrow = grid(header, sections, |entry| entry.cells.clone());
    screen.width.is_none_or(|width| narrow.width(narrow.first_width()) <= width)
}

fn grid(header: &[&str], sections: &[Section], cells: impl Fn(&Entry) -> Vec<Cell>) -> Grid {
    let mut grid = Grid::new(header, usize::MAX);
    sections.iter().flat_map(|section| &section.entries).for_each(|entry| grid.push(cells(entry)));
    grid
}

fn page(
    sections: &[Section],
    grid: &Grid,
    screen: Screen,
    below: impl Fn(&Entry) -> Option<String>,
) -> String {
    let lines = grid.lines(grid.first_width(), screen);
    let mut rows = lines.rows.into_iter();
    let mut out = lines.header + "\n";
    for Section { title, slug, entries } in sections {
        if !title.is_empty() {
            let slug = painted(&format!("({slug})"), Paint::Faint, screen);
            out.push_str(&format!("\n{} {slug}\n", painted(title, Paint::Strong, screen)));
        }
        for entry in entries {
            let lines = rows.next().into_iter().chain(below(entry));
            lines.for_each(|line| out.push_str(&format!("{line}\n")));
        }
    }
    out
}
