//! What was measured, made fit to be drawn: names of a bounded length, times that rise, gaps where nothing is known.

use crate::{Chart, Point, Series};
use std::cmp::Ordering;
use telemetry_core::harmless::{is_obeyed, is_unseen};

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 120;

/// The age in steps from which on the last point of a series is not its present value.
const PRESENT: i64 = 2;

/// A series as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Clean {
    /// Its name, of a bounded length and without what would change how the text around it is read.
    pub name: String,
    /// Finite values inside of the span, in runs between which nothing is known.
    pub runs: Vec<Vec<Point>>,
    /// The present value; NaN where nothing is known of the present.
    pub now: f64,
    /// Whether a value was infinite.
    pub infinite: bool,
}

/// The series of a chart in their order.
#[must_use]
pub fn clean(chart: &Chart<'_>) -> Vec<Clean> {
    clean_over(chart, &chart.series)
}

/// The same of series that are not the chart's own: only its times are looked at.
#[must_use]
pub fn clean_over(chart: &Chart<'_>, series: &[Series]) -> Vec<Clean> {
    series.iter().map(|series| one(chart, series)).collect()
}

/// In the order of what matters: the largest present value first, and what is not known last.
pub(crate) fn largest_first(one: f64, other: f64) -> Ordering {
    let order = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    order(other).total_cmp(&order(one))
}

fn one(chart: &Chart<'_>, series: &Series) -> Clean {
    let sorted;
    let points = if series.points.is_sorted_by_key(|point| point.0) {
        &series.points
    } else {
        let mut points = series.points.clone();
        points.sort_by_key(|point| point.0);
        sorted = points;
        &sorted
    };
    let inside: Vec<_> =
        points.iter().filter(|(time, _)| (chart.start..=chart.end).contains(time)).copied().collect();
    let step = chart.step.max(1);
    let oldest = chart.end.saturating_sub(step.saturating_mul(PRESENT));
    Clean {
        name: name(&series.name),
        now: inside.last().filter(|(time, _)| *time >= oldest).map_or(f64::NAN, |(_, value)| *value),
        infinite: inside.iter().any(|(_, value)| value.is_infinite()),
        runs: runs(&inside, step),
    }
}

/// Points that follow each other by at most a step and a half.
fn runs(points: &[Point], step: i64) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut known = false;
    for &(time, value) in points {
        if !value.is_finite() {
            known = false;
            continue;
        }
        let last = runs.last_mut().filter(|_| known);
        let near = |run: &&mut Vec<Point>| {
            run.last().is_some_and(|before| time.saturating_sub(before.0) <= step.saturating_add(step / 2))
        };
        match last.filter(near) {
            Some(run) => run.push((time, value)),
            None => runs.push(vec![(time, value)]),
        }
        known = true;
    }
    runs
}

/// A name without what would change how the text around it is read, and of a bounded length.
#[must_use]
pub fn name(text: &str) -> String {
    let mut letters = text.chars().map(harmless);
    let mut name: String = letters.by_ref().take(LONGEST_NAME).collect();
    if letters.next().is_some() {
        name.push('…');
    }
    name
}

/// Control characters, marks of direction and what XML knows no letter for become a plain sign.
fn harmless(letter: char) -> char {
    match letter {
        '\t' | '\n' | '\r' => ' ',
        '\u{FFFE}' | '\u{FFFF}' => '·',
        letter if is_obeyed(letter) || is_unseen(letter) => '·',
        letter => letter,
    }
}

/// The same run with at most about so many points, of which none is higher or lower than what was there: the first, the lowest, the
/// highest and the last of each part.
#[must_use]
pub fn reduced(run: &[Point], most: usize) -> Vec<Point> {
    if run.len() <= most.max(4) {
        return run.to_vec();
    }
    let part = run.len().div_ceil((most / 4).max(1));
    run.chunks(part).flat_map(extremes).collect()
}

fn extremes(part: &[Point]) -> Vec<Point> {
    let by_value = |one: &&Point, other: &&Point| one.1.total_cmp(&other.1);
    let ends = [part.first(), part.last(), part.iter().min_by(by_value), part.iter().max_by(by_value)];
    let mut points: Vec<_> = ends.into_iter().flatten().copied().collect();
    points.sort_by_key(|point| point.0);
    points.dedup();
    points
}

/// The lowest and the highest of all values.
pub fn extent<'a>(series: impl IntoIterator<Item = &'a Clean>) -> Option<(f64, f64)> {
    let values = series.into_iter().flat_map(|series| series.runs.iter().flatten()).map(|point| point.1);
    values.fold(None, |extent, value| {
        let (low, high) = extent.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_between_points_that_are_far_apart_or_around_what_is_no_number() {
        let points = [(0, 1.0), (10, 2.0), (30, 3.0), (40, f64::NAN), (45, 4.0), (60, 5.0), (76, 6.0)];
        let runs = runs(&points, 10);
        let lengths: Vec<_> = runs.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1, 2, 1]);
    }

    #[test]
    fn names_are_short_and_harmless() {
        let hostile = format!("a\u{202E}b\u{0}c\n{}", "x".repeat(1_000_000));
        let name = name(&hostile);
        assert!(name.starts_with("a·b·c x") && name.chars().count() == LONGEST_NAME + 1, "{name}");
    }

    #[test]
    fn fewer_points_keep_what_is_highest_and_lowest() {
        let run: Vec<_> = (0..10_000).map(|i| (i, if i == 777 { 9.0 } else { (i % 7) as f64 })).collect();
        let fewer = reduced(&run, 100);
        assert!(fewer.len() <= 104 && fewer.contains(&(777, 9.0)) && fewer.is_sorted_by_key(|point| point.0));
        assert_eq!((fewer.first(), fewer.last()), (run.first(), run.last()));
    }
}
