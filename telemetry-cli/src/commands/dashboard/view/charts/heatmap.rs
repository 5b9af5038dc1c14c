//! A distribution over time: a line for each bucket of a histogram, the stronger the character the more fell into it.

use super::axis::{self, Plot};
use super::frame::Note;
use super::pen::{put, put_last, width};
use super::shown::Shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;
use telemetry_catalog::panel::Unit;
use telemetry_charts::buckets::{self, Bucket};

/// From little to much, each of them further on in a stronger colour.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];
const MARKS: [char; 4] = ['.', ':', 'o', '#'];

/// A line of the picture: what it is called, and how much there was in each column.
struct Line {
    name: String,
    cells: BTreeMap<u16, f64>,
}

/// Draws the picture.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, shown: &Shown<'_>) -> Vec<Note> {
    let all = shown.draft.buckets();
    let names: Vec<_> = (0..all.len()).map(|place| buckets::name(all, place, shown.panel.unit)).collect();
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    let widest = names.iter().map(|name| width(name)).max().unwrap_or_default().min(area.width / 3);
    let right = Rect { x: area.x + widest + 1, width: area.width.saturating_sub(widest + 1), ..area };
    let plot = Plot::new(right, (shown.chart.start, shown.chart.end), false);
    let lines = lines(all, &names, shown, &plot, room);
    let most = lines.iter().flat_map(|line| line.cells.values().copied()).fold(0.0, f64::max);
    // The largest bucket is at the top, as on a scale.
    let height = room / lines.len().max(1);
    let high = |line| std::iter::repeat_n(line, height.max(1)).enumerate();
    for (row, (part, line)) in area.rows().zip(lines.iter().rev().flat_map(high)) {
        if part == height.saturating_sub(1) / 2 {
            put_last(buffer, Rect { width: widest, ..row }, &line.name, shown.pen.skin.faint());
        }
        for (column, value) in &line.cells {
            let Some(level) = level(*value, most) else { continue };
            let cell = Rect { x: *column, width: 1, ..row };
            put(buffer, cell, &character(shown, level).to_string(), strength(shown, level));
        }
    }
    let used = u16::try_from(lines.len() * height.max(1)).unwrap_or(area.height).min(area.height);
    let left = Rect { y: area.y + used, height: area.height - used, ..area };
    axis::times(buffer, Rect { height: left.height.min(1), ..left }, &plot, &shown.pen);
    if left.height > 1 {
        key(buffer, Rect { y: left.y + 1, height: 1, ..left }, shown, most);
    }
    Vec::new()
}

/// The lines from the lowest bucket on. Where there are more buckets than lines, neighbours share one.
fn lines(all: &[Bucket], names: &[String], shown: &Shown<'_>, plot: &Plot, room: usize) -> Vec<Line> {
    let together = all.len().div_ceil(room).max(1);
    let group = |(buckets, names): (&[Bucket], &[String])| {
        let mut cells: BTreeMap<u16, f64> = BTreeMap::new();
        for bucket in buckets {
            for (column, mean) in means(bucket, plot, shown.chart.step) {
                *cells.entry(column).or_default() += mean;
            }
        }
        Line { name: names.last().cloned().unwrap_or_default(), cells }
    };
    let wanted = |bucket: &Bucket, name: &str| {
        let series = shown.drawn().any(|series| buckets::bound(&series.name) == Some(bucket.bound));
        series || shown.is_drawn(name)
    };
    let (kept, names): (Vec<_>, Vec<_>) = all
        .iter()
        .zip(names)
        .filter(|(bucket, name)| wanted(bucket, name))
        .map(|(b, n)| (b.clone(), n.clone()))
        .unzip();
    kept.chunks(together).zip(names.chunks(together)).map(group).collect()
}

/// How much there was of a bucket in each column: what falls into one column is its mean.
fn means(bucket: &Bucket, plot: &Plot, step: i64) -> BTreeMap<u16, f64> {
    let half = step.max(1) / 2;
    let mut sums: BTreeMap<u16, (f64, f64)> = BTreeMap::new();
    for (time, value) in &bucket.cells {
        // A point tells of the time around it, half a step to each side.
        for column in plot.column(time.saturating_sub(half))..=plot.column(time.saturating_add(half)) {
            let (sum, count) = sums.entry(column).or_default();
            (*sum, *count) = (*sum + value, *count + 1.0);
        }
    }
    sums.into_iter().map(|(column, (sum, count))| (column, sum / count)).collect()
}

/// How strong a value is, in two steps for each character; the root makes little visible beside much. What did not happen is not drawn.
fn level(value: f64, most: f64) -> Option<usize> {
    let steps = SHADES.len() * 2;
    let part = (value / most).sqrt();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to the steps")]
    (value > 1e-9 && part.is_finite()).then(|| ((part * steps as f64) as usize).min(steps - 1))
}

fn character(shown: &Shown<'_>, level: usize) -> char {
    shown.pen.one_of(SHADES, MARKS)[level / 2]
}

fn strength(shown: &Shown<'_>, level: usize) -> Style {
    let style = shown.pen.skin.paint(Color::Cyan);
    if level % 2 == 1 { style.add_modifier(Modifier::BOLD) } else { style }
}

/// What the characters mean.
fn key(buffer: &mut Buffer, line: Rect, shown: &Shown<'_>, most: f64) {
    let shades: String = shown.pen.one_of(SHADES, MARKS).iter().collect();
    let left = put(buffer, line, "0 ", shown.pen.skin.faint());
    let left = put(buffer, left, &shades, shown.pen.skin.paint(Color::Cyan));
    let words = format!(" {} in a bucket", Unit::PerSecond.shown(most));
    put(buffer, left, &words, shown.pen.skin.faint());
}
