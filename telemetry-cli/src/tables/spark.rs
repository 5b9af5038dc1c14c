//! Values as pictures in a line: how they went, how they are spread, and how much of a whole they are.

use crate::output::Screen;

/// From the lowest to the highest.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const MARKS: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// Where there is no value.
const GAP: char = ' ';

/// The eighths of a column, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// How the values went, in at most `width` columns: from the lowest of them at the bottom to the highest at the top. Several values that
/// share a column are the highest of them, so that no peak is lost; where there is none (NaN), there is a gap. Values that are all the same
/// are a level line, at the bottom if they are 0.
pub(crate) fn sparkline(values: &[f64], width: usize, screen: Screen) -> String {
    drawn(&columns(values, width), f64::INFINITY, screen)
}

/// The same from 0 at the bottom, or from the lowest below that: so that what is about the same looks about the same.
pub(crate) fn level_line(values: &[f64], width: usize, screen: Screen) -> String {
    drawn(&columns(values, width), 0.0, screen)
}

/// The same on so many lines, the upper ones first, with as many more levels.
pub(crate) fn level_lines(values: &[f64], width: usize, height: usize, screen: Screen) -> Vec<String> {
    let columns = columns(values, width);
    let finite = || columns.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(0.0, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let marks = if screen.utf8 { BLOCKS } else { MARKS };
    let levels: Vec<_> =
        columns.iter().map(|value| level_of(*value, low, high, height * marks.len() - 1)).collect();
    let mark = |level: Option<usize>, below: usize| {
        let above = level.and_then(|level| level.checked_sub(below));
        above.map_or(GAP, |above| marks[above.min(marks.len() - 1)])
    };
    let line = |row: usize| levels.iter().map(|level| mark(*level, row * marks.len())).collect();
    (0..height).rev().map(line).collect()
}

/// Each value as a column, from the lowest of them and `bottom` to the highest.
fn drawn(columns: &[f64], bottom: f64, screen: Screen) -> String {
    let finite = || columns.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(bottom, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let marks = if screen.utf8 { BLOCKS } else { MARKS };
    columns.iter().map(|value| level(*value, low, high).map_or(GAP, |level| marks[level])).collect()
}

/// How many there are in each bucket, in at most `width` columns: from none at the bottom to the most at the top. A bucket that is not empty
/// stands out from one that is. Where there is no room for all, as many neighbours as that takes share a column, as if they were one.
pub(crate) fn shape(counts: &[f64], width: usize, screen: Screen) -> String {
    let together = counts.len().div_ceil(width.max(1)).max(1);
    let columns: Vec<f64> = counts.chunks(together).map(|counts| counts.iter().sum()).collect();
    let most = columns.iter().copied().fold(0.0, f64::max);
    let marks = if screen.utf8 { BLOCKS } else { MARKS };
    let raised = |count: f64| level(count, 0.0, most).map(|level| if count > 0.0 { level.max(1) } else { 0 });
    columns.iter().map(|count| raised(*count).map_or(GAP, |level| marks[level])).collect()
}

/// One value for each column: all values where there is room, else the highest of each stretch of them.
fn columns(values: &[f64], width: usize) -> Vec<f64> {
    let count = width.min(values.len());
    let from = |column: usize| column * values.len() / count;
    let highest = |stretch: &[f64]| stretch.iter().copied().fold(f64::NAN, f64::max);
    (0..count).map(|column| highest(&values[from(column)..from(column + 1)])).collect()
}

/// Which of the eight levels; `None` for what is no number.
fn level(value: f64, low: f64, high: f64) -> Option<usize> {
    level_of(value, low, high, 7)
}

/// Which of the levels from 0 to `top`, which is a few times 8 at most; `None` for what is no number.
fn level_of(value: f64, low: f64, high: f64, top: usize) -> Option<usize> {
    const MIDDLE: f64 = 3.0 / 7.0;
    let share = match value {
        _ if value.is_nan() => return None,
        _ if value.is_infinite() => f64::from(u8::from(value > 0.0)),
        // Halves, since the difference of two large numbers may be none.
        _ if high > low => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
        0.0 => 0.0,
        _ => MIDDLE,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "it is from 0 to `top`, which is small"
    )]
    Some((share * top as f64).round() as usize)
}

/// A share from 0 to 1 as a bar in `width` columns, blanks included. What is more than nothing is seen, and only the whole fills all
/// of it; what is no number is not seen.
pub(crate) fn bar(share: f64, width: usize, screen: Screen) -> String {
    let parts = if screen.utf8 { 8 } else { 1 };
    let filled = filled(share, width * parts);
    let (whole, rest) = (filled / parts, filled % parts);
    let full = if screen.utf8 { '█' } else { '#' };
    let edge = rest.checked_sub(1).and_then(|rest| EIGHTHS.get(rest));
    let bar: String = std::iter::repeat_n(full, whole).chain(edge.copied()).collect();
    format!("{bar:<width$}")
}

/// How many of the parts a share fills.
fn filled(share: f64, parts: usize) -> usize {
    if share.is_nan() || share <= 0.0 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "it is from 0 to the parts of a screen"
    )]
    let filled = (share.min(1.0) * parts as f64).floor() as usize;
    filled.max(1).min(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_pictures_have_more_levels_and_keep_gaps() {
        let values = [0.0, 1.0, 2.0, f64::NAN, 4.0];
        let screen = Screen { utf8: true, ..Screen::PLAIN };
        assert_eq!(level_lines(&values, 9, 2, screen), ["  ▁ █", "▁▅█ █"]);
        assert_eq!(level_lines(&values, 9, 1, screen), [level_line(&values, 9, screen)]);
        assert_eq!(level_lines(&values, 9, 2, Screen { utf8: false, ..screen }), ["  _ #", "_=# #"]);
        assert_eq!(level_lines(&[], 9, 3, screen), ["", "", ""]);
    }

    const UTF8: Screen = Screen::PLAIN;
    const ASCII: Screen = Screen { utf8: false, ..Screen::PLAIN };

    #[test]
    fn the_lowest_is_at_the_bottom_and_the_highest_at_the_top() {
        let values = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0];
        assert_eq!(
            (&*sparkline(&values, 8, UTF8), &*sparkline(&values, 80, ASCII)),
            ("▁▂▃▄▅▆▇█", "_.:-=+*#")
        );
        assert_eq!(sparkline(&[-1.0, 1.0, -1.0], 9, UTF8), "▁█▁");
        assert_eq!(sparkline(&[f64::MAX, f64::MIN, 0.0], 9, UTF8), "█▁▅");
    }

    #[test]
    fn a_peak_is_never_lost_and_a_gap_stays_one() {
        let mut values = [0.0; 100];
        values[37] = 9.0;
        assert_eq!(sparkline(&values, 10, UTF8), "▁▁▁█▁▁▁▁▁▁");
        assert_eq!(sparkline(&[1.0, f64::NAN, 2.0, f64::INFINITY], 10, UTF8), "▁ ██");
        assert_eq!(sparkline(&[f64::NAN, 1.0, f64::NAN, f64::NAN], 2, ASCII), "- ");
        assert_eq!((&*sparkline(&[], 10, UTF8), &*sparkline(&[1.0], 0, UTF8)), ("", ""));
    }

    #[test]
    fn a_shape_stands_on_none_and_shows_every_bucket_that_is_not_empty() {
        let counts = [0.0, 1.0, 700.0, 300.0, 0.0];
        assert_eq!((&*shape(&counts, 5, UTF8), &*shape(&counts, 9, ASCII)), ("▁▂█▄▁", "_.#-_"));
        // 0 and 1, 700 and 300, and 0.
        assert_eq!(shape(&counts, 3, UTF8), "▂█▁");
        assert_eq!((&*shape(&[2.0; 3], 9, UTF8), &*shape(&[], 9, UTF8)), ("███", ""));
        assert_eq!(shape(&[1.0; 3], 0, UTF8), "█");
    }

    #[test]
    fn values_that_are_all_the_same_are_a_level_line() {
        assert_eq!((&*sparkline(&[0.0; 3], 9, UTF8), &*sparkline(&[7.0; 3], 9, UTF8)), ("▁▁▁", "▄▄▄"));
    }

    #[test]
    fn a_bar_has_its_width_and_shows_whatever_is_more_than_nothing() {
        for (share, utf8, ascii) in [
            (0.0, "    ", "    "),
            (0.001, "▏   ", "#   "),
            (0.5, "██  ", "##  "),
            (0.59, "██▎ ", "##  "),
            (0.999, "███▉", "### "),
            (1.0, "████", "####"),
            (7.0, "████", "####"),
            (-1.0, "    ", "    "),
            (f64::NAN, "    ", "    "),
        ] {
            assert_eq!((&*bar(share, 4, UTF8), &*bar(share, 4, ASCII)), (utf8, ascii), "{share}");
        }
        assert_eq!(bar(0.5, 0, UTF8), "");
    }
}
