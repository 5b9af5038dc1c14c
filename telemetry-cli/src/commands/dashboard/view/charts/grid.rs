//! Where each panel is. A panel is large enough to be read, and as many rows of them are seen as there is room for.

use ratatui::layout::Rect;

/// Up to so many panels are an overview, in which each may be small; more than that are looked into one by one.
const OVERVIEW: usize = 6;

/// The lowest panel of an overview: a border, a line of names and a line of times around a few lines of data. And of more panels.
const LOW: u16 = 7;
const LARGE: u16 = 11;

/// From which widths on there are two and three columns in an overview, and of more panels.
const OVERVIEW_WIDTHS: [u16; 2] = [60, 105];
const LARGE_WIDTHS: [u16; 2] = [100, 180];

/// Which panels are seen, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    /// The places of panels, with the areas of them.
    pub(super) places: Vec<(usize, Rect)>,
    /// How many there are above and below.
    unseen: (usize, usize),
}

/// How many panels stand side by side, of so many on a screen of that size.
pub(in super::super) fn columns(count: usize, width: u16, height: u16) -> usize {
    let widths = if count <= OVERVIEW { OVERVIEW_WIDTHS } else { LARGE_WIDTHS };
    let most = 1 + widths.into_iter().filter(|least| width >= *least).count();
    let most = most.min(count.max(1));
    // Where fewer columns need no more rows than are seen at once, panels are wider: four stand two by two.
    let fit = usize::from(height / lowest(count)).max(1);
    let balanced = |columns: &usize| count.div_ceil(*columns) == count.div_ceil(most);
    (1..=most).find(balanced).filter(|columns| count.div_ceil(*columns) <= fit).unwrap_or(most)
}

const fn lowest(count: usize) -> u16 {
    if count <= OVERVIEW { LOW } else { LARGE }
}

impl Grid {
    /// The panels around the one with the focus.
    pub(super) fn of(count: usize, focus: usize, area: Rect) -> Self {
        let columns = columns(count, area.width, area.height);
        let rows = count.div_ceil(columns);
        let fit = |height: u16| usize::from(height / lowest(count)).max(1);
        // A line says how many more there are.
        let is_whole = rows <= fit(area.height);
        let height = if is_whole { area.height } else { area.height.saturating_sub(1) };
        let seen = rows.min(fit(height)).max(1);
        let first = (focus / columns).saturating_sub(seen - 1);
        let cell = |place: usize| {
            let (row, column) = (place / columns - first, place % columns);
            let (left, right) = (part(area.width, column, columns), part(area.width, column + 1, columns));
            let (top, bottom) = (part(height, row, seen), part(height, row + 1, seen));
            (place, Rect::new(area.x + left, area.y + top, right - left, bottom - top))
        };
        let (from, until) = ((first * columns).min(count), ((first + seen) * columns).min(count));
        Self { places: (from..until).map(cell).collect(), unseen: (from, count - until) }
    }

    /// What is said of the others; empty where there are none.
    pub(super) fn hint(&self, utf8: bool) -> String {
        let (up, down) = if utf8 { ("▲", "▼") } else { ("^", "v") };
        match self.unseen {
            (0, 0) => String::new(),
            (0, below) => format!("{down} {below} more"),
            (above, 0) => format!("{up} {above} more"),
            (above, below) => format!("{up} {above} more · {down} {below} more"),
        }
    }
}

/// Where the part of that place begins, if something is divided into so many.
fn part(whole: u16, place: usize, parts: usize) -> u16 {
    u16::try_from(usize::from(whole) * place / parts.max(1)).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_screen_has_more_columns_and_many_panels_are_larger() {
        for (count, width, height, expected) in [
            (6, 60, 13, 2),
            (6, 80, 22, 2),
            (6, 120, 38, 3),
            (6, 59, 20, 1),
            (4, 200, 58, 2),
            (1, 200, 58, 1),
            (0, 80, 22, 1),
            (14, 80, 22, 1),
            (14, 120, 38, 2),
            (14, 200, 58, 3),
        ] {
            assert_eq!(columns(count, width, height), expected, "{count} on {width} × {height}");
        }
    }

    #[test]
    fn the_focus_is_always_seen_and_what_is_not_is_counted() {
        for (width, height) in [(1, 1), (60, 13), (80, 22), (120, 38), (200, 58)] {
            for count in 0..40 {
                for focus in 0..count {
                    let grid = Grid::of(count, focus, Rect::new(0, 1, width, height));
                    assert!(grid.places.iter().any(|(place, _)| *place == focus), "{count} {focus}");
                    assert_eq!(grid.places.len() + grid.unseen.0 + grid.unseen.1, count);
                    let inside = |area: &Rect| area.right() <= width && area.bottom() <= height + 1;
                    assert!(grid.places.iter().all(|(_, area)| inside(area)));
                    assert_eq!(grid.hint(true).is_empty(), grid.places.len() == count);
                }
            }
        }
    }
}
