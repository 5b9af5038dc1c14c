//! Values as pictures in a line: how they went.

use crate::output::Screen;

/// From the lowest to the highest.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Where there is no value.
const GAP: char = ' ';

/// How the values went, in at most `width` columns: from the lowest of them at the bottom to the highest at the top. Several values that
/// share a column are the highest of them, so that no peak is lost; where there is none (NaN), there is a gap. Values that are all the same
/// are a level line, at the bottom if they are 0.
pub(crate) fn sparkline(values: &[f64], width: usize, _screen: Screen) -> String {
    let columns = columns(values, width);
    let finite = || columns.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    columns.iter().map(|value| level(*value, low, high).map_or(GAP, |level| BLOCKS[level])).collect()
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
    const TOP: f64 = 7.0;
    const MIDDLE: f64 = 3.0 / TOP;
    let share = match value {
        _ if value.is_nan() => return None,
        _ if value.is_infinite() => f64::from(u8::from(value > 0.0)),
        // Halves, since the difference of two large numbers may be none.
        _ if high > low => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
        0.0 => 0.0,
        _ => MIDDLE,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to 7")]
    Some((share * TOP).round() as usize)
}
