//! Aligned columns: comfy-table without lines, every row one line, and lines of any length between the rows.

use crate::output::Screen;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, CellAlignment, Color, ColumnConstraint, Row, Table, Width};

/// The blanks between two columns.
const GAP: u16 = 2;

/// The least that the first column gets. On a screen that is too narrow even for that, lines are longer than the screen.
const MIN_FIRST: u16 = 20;

/// The most characters of a cell. Laying out one of 100,000 takes seconds, and no screen shows it.
const LONGEST_CELL: usize = 1_000;

/// No text has this character, so that no cell is broken between words: what is too long is cut where the column ends, and keeps its
/// indentation.
const NO_BREAK: char = '\u{0}';

/// How a text stands out, where there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Paint {
    #[default]
    Plain,
    Strong,
    Faint,
    /// All is well.
    Good,
    /// It was something else a moment ago.
    Changed,
    Warning,
    Critical,
}

/// A text with its paint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) paint: Paint,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, paint: Paint) -> Self {
        Self { text: text.into(), paint }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Paint::Plain)
    }
}

/// Rows of cells under a header. Columns are as wide as their widest cell, and the first one narrower where the screen is.
#[derive(Debug)]
pub(crate) struct Grid {
    header: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
    /// From this column on, cells are aligned to the right.
    numbers_from: usize,
    /// Whether the last column is aligned to the left nevertheless.
    text_last: bool,
}

/// The lines of a grid.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) header: String,
    /// One line for each row, in order.
    pub(crate) rows: Vec<String>,
}

impl Grid {
    /// A grid without rows whose columns from `numbers_from` on are numbers.
    pub(crate) fn new(header: &[&str], numbers_from: usize) -> Self {
        let header = header.iter().map(|title| Cell::new(*title, Paint::Faint)).collect();
        Self { header, rows: Vec::new(), numbers_from, text_last: false }
    }

    /// The same with a last column that is no number.
    pub(crate) fn with_text_last(self) -> Self {
        Self { text_last: true, ..self }
    }

    pub(crate) fn push(&mut self, mut row: Vec<Cell>) {
        row.iter_mut().for_each(|cell| shorten(&mut cell.text));
        self.rows.push(row);
    }

    /// The width of the first column if nothing is cut.
    pub(crate) fn first_width(&self) -> u16 {
        self.widths().first().copied().unwrap_or_default()
    }

    /// The width of all columns together, with a first column of this width.
    pub(crate) fn width(&self, first_width: u16) -> u16 {
        self.widths().iter().skip(1).map(|width| width + GAP).sum::<u16>().saturating_add(first_width)
    }

    /// How much of the screen is left for the first column; `None` where there is no bound.
    pub(crate) fn room(&self, screen: Screen) -> Option<u16> {
        let others: u16 = self.widths().iter().skip(1).map(|width| width + GAP).sum();
        screen.width.map(|width| width.saturating_sub(others).max(MIN_FIRST))
    }

    /// The lines, with a first column of this width. Longer cells are cut and end in `…`.
    pub(crate) fn lines(&self, first_width: u16, screen: Screen) -> Lines {
        let mut table = self.table();
        if screen.colour {
            table.enforce_styling();
        }
        if let Some(first) = table.column_mut(0) {
            first.set_constraint(ColumnConstraint::Absolute(Width::Fixed(first_width + GAP)));
        }
        let mut lines = table.lines().map(|line| line.trim_end().to_owned());
        Lines { header: lines.next().unwrap_or_default(), rows: lines.collect() }
    }

    fn widths(&self) -> Vec<u16> {
        self.table().column_max_content_widths()
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING).set_delimiter(NO_BREAK).force_no_tty().style_text_only();
        table.set_header(row(&self.header));
        table.add_rows(self.rows.iter().map(|cells| row(cells)));
        let last = table.column_count().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { GAP }));
            let right = index >= self.numbers_from && !(self.text_last && index == last);
            column.set_cell_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
        }
        table
    }
}

/// Cuts what no screen could show anyway, whole characters only.
fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_CELL) {
        text.truncate(end);
        text.push('…');
    }
}

/// Text outside of a grid.
pub(crate) fn painted(text: &str, paint: Paint, screen: Screen) -> String {
    if !screen.colour || paint == Paint::Plain {
        return text.to_owned();
    }
    let mut table = Table::new();
    table.load_style(NOTHING).force_no_tty().enforce_styling().style_text_only();
    table.add_row(row(&[Cell::new(text, paint)]));
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 0));
    });
    table.to_string()
}

fn row(cells: &[Cell]) -> Row {
    let mut row = Row::from(cells.iter().map(cell).collect::<Vec<_>>());
    row.max_height(1);
    row
}

fn cell(cell: &Cell) -> comfy_table::Cell {
    let shown = comfy_table::Cell::new(&cell.text);
    match cell.paint {
        Paint::Plain => shown,
        Paint::Strong => shown.add_attribute(Attribute::Bold),
        Paint::Faint => shown.add_attribute(Attribute::Dim),
        Paint::Good => shown.fg(Color::DarkGreen),
        Paint::Changed => shown.fg(Color::DarkCyan).add_attribute(Attribute::Bold),
        Paint::Warning => shown.fg(Color::DarkYellow),
        Paint::Critical => shown.fg(Color::DarkRed).add_attribute(Attribute::Bold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Screen = Screen::PLAIN;

    fn grid() -> Grid {
        let mut grid = Grid::new(&["NAME", "TYPE", "VALUE"], 2);
        for (name, value) in [("a", "1"), ("a very long name of something", "12,345")] {
            grid.push([name, "counter", value].map(Cell::plain).to_vec());
        }
        grid
    }

    #[test]
    fn a_cell_that_no_screen_could_show_is_cut() {
        let mut grid = Grid::new(&["A", "B"], usize::MAX);
        grid.push(vec![Cell::plain("ä".repeat(200_000)), Cell::plain("b")]);
        let lines = grid.lines(grid.first_width(), Screen::PLAIN);
        assert_eq!(lines.rows[0].chars().filter(|letter| *letter == 'ä').count(), LONGEST_CELL);
        assert!(lines.rows[0].ends_with("…  b"), "{}", lines.rows[0].len());
    }

    #[test]
    fn columns_are_aligned_and_numbers_to_the_right() {
        let grid = grid();
        let lines = grid.lines(grid.first_width(), PIPE);
        assert_eq!(lines.header, "NAME                           TYPE      VALUE");
        assert_eq!(lines.rows[0], "a                              counter       1");
        assert_eq!(lines.rows[1], "a very long name of something  counter  12,345");
    }

    #[test]
    fn a_narrow_screen_cuts_the_first_column_only() {
        let grid = grid();
        let screen = |width| Screen { width: Some(width), ..Screen::PLAIN };
        assert_eq!((grid.room(screen(40)), grid.room(screen(10))), (Some(23), Some(MIN_FIRST)));
        let lines = grid.lines(23, screen(40));
        assert_eq!(lines.rows[1], "a very long name of so…  counter  12,345");
        assert!(lines.rows.iter().all(|line| line.chars().count() <= 40));
    }

    #[test]
    fn colour_is_only_where_it_is_wanted() {
        let mut grid = grid();
        grid.push(vec![Cell::new("b", Paint::Critical)]);
        assert!(!grid.lines(10, PIPE).rows.concat().contains('\u{1b}'));
        let coloured = grid.lines(10, Screen { colour: true, ..PIPE });
        assert!(coloured.rows[2].contains('\u{1b}') && coloured.header.contains('\u{1b}'));
        assert_eq!(painted("x", Paint::Strong, PIPE), "x");
        assert!(painted("x", Paint::Strong, Screen { colour: true, ..PIPE }).contains('\u{1b}'));
    }
}
