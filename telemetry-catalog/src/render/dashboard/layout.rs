//! Where panels stand: rows of a grid of 24 columns, without gaps and without overlaps.

use crate::panel::{Board, Panel, Visualization};
use serde_json::{Value, json};

/// The columns of Grafana's grid.
const COLUMNS: usize = 24;

/// The height of a row's title. One unit of height is 30 pixels.
const TITLE: usize = 1;

/// A place on the grid, in columns and in units of height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GridPos {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) w: usize,
    pub(super) h: usize,
}

/// A row with the place of its title and of its panels.
pub(super) struct PlacedRow<'a> {
    pub(super) title: &'a str,
    pub(super) at: GridPos,
    pub(super) panels: Vec<(GridPos, &'a Panel)>,
}

/// What may stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A number.
    Tile,
    /// A few numbers.
    Card,
    /// A curve or a distribution, which needs room.
    Chart,
    /// States over time, which need the whole width: so many of them below one another.
    Strip(usize),
}

impl GridPos {
    pub(super) fn json(self) -> Value {
        let Self { x, y, w, h } = self;
        json!({ "x": x, "y": y, "w": w, "h": h })
    }
}

impl Shape {
    fn of(panel: &Panel) -> Self {
        match panel.visualization {
            Visualization::Stat => Self::Tile,
            Visualization::Gauge | Visualization::Bar => Self::Card,
            Visualization::TimeSeries | Visualization::Heatmap => Self::Chart,
            Visualization::StateTimeline => Self::Strip(panel.queries.len()),
        }
    }

    const fn height(self) -> usize {
        match self {
            Self::Tile => 4,
            Self::Card => 6,
            Self::Chart => 8,
            Self::Strip(states) => 3 + states,
        }
    }

    /// How many of them stand side by side at most.
    const fn abreast(self) -> usize {
        match self {
            Self::Tile => 6,
            Self::Card => 4,
            Self::Chart => 3,
            Self::Strip(_) => 1,
        }
    }
}

/// The rows of a board from top to bottom.
pub(super) fn placed(board: &Board) -> Vec<PlacedRow<'_>> {
    let mut y = 0;
    let place = |row| {
        let placed = place(row, y);
        y = placed.panels.iter().map(|(at, _)| at.y + at.h).max().unwrap_or(y + TITLE);
        placed
    };
    board.rows.iter().map(place).collect()
}

fn place(row: &crate::panel::Row, top: usize) -> PlacedRow<'_> {
    let mut y = top + TITLE;
    let mut panels = Vec::new();
    for line in row.panels.chunk_by(|left, right| Shape::of(left) == Shape::of(right)).flat_map(lines) {
        let height = line.first().map_or(0, |panel| Shape::of(panel).height());
        panels.extend(across(line, y, height));
        y += height;
    }
    PlacedRow { title: &row.title, at: GridPos { x: 0, y: top, w: COLUMNS, h: TITLE }, panels }
}

/// Panels of one shape, in as few lines as there can be, each as full as the others or by one fuller.
fn lines(panels: &[Panel]) -> Vec<&[Panel]> {
    let abreast = panels.first().map_or(1, |panel| Shape::of(panel).abreast());
    let count = panels.len().div_ceil(abreast);
    let mut rest = panels;
    let line = |left: usize| {
        let (line, others) = rest.split_at(rest.len().div_ceil(left));
        rest = others;
        line
    };
    (1..=count).rev().map(line).collect()
}

/// One line over the whole width.
fn across(line: &[Panel], y: usize, h: usize) -> impl Iterator<Item = (GridPos, &Panel)> {
    let edge = move |at: usize| at * COLUMNS / line.len();
    line.iter().enumerate().map(move |(at, panel)| {
        let x = edge(at);
        (GridPos { x, y, w: edge(at + 1) - x, h }, panel)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::boards;
    use telemetry_core::config::Config;

    #[test]
    fn lines_are_about_equally_full() {
        let all = boards(&Config::default());
        let panel = all.iter().flat_map(Board::panels).find(|panel| Shape::of(panel) == Shape::Tile).unwrap();
        let widths = |count: usize| {
            lines(&vec![panel.clone(); count]).iter().map(|line| line.len()).collect::<Vec<_>>()
        };
        assert_eq!(widths(6), [6]);
        assert_eq!(widths(8), [4, 4]);
        assert_eq!(widths(13), [5, 4, 4]);
        assert_eq!(widths(0), [0; 0]);
    }

    #[test]
    fn every_line_reaches_from_edge_to_edge() {
        for board in boards(&Config::default()) {
            let all: Vec<_> =
                placed(&board).into_iter().flat_map(|row| row.panels).map(|(at, _)| at).collect();
            for at in &all {
                let beside: Vec<_> = all.iter().filter(|other| other.y == at.y).collect();
                assert_eq!(beside.iter().map(|other| other.w).sum::<usize>(), COLUMNS, "{}", board.uid);
                assert!(beside.iter().all(|other| other.h == at.h && other.w >= 4), "{}", board.uid);
            }
        }
    }
}
