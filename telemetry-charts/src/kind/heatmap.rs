//! A distribution over time: a row for each bucket of a histogram, the stronger the colour the more fell into it.
//!
//! The series are those of the buckets, each named by its upper bound and counting everything up to it, as Prometheus has them.

use super::left_out;
use crate::buckets::{self, Bucket};
use crate::data::Clean;
use crate::frame::{self, LABEL, Plot};
use crate::ink::Ink;
use crate::scene::{Anchor, Mark, Rect, Scene, Text};
use crate::{Chart, font};
use std::collections::BTreeMap;
use telemetry_catalog::panel::Unit;

/// How strong the colour is, from the least that is seen to the most.
const STRENGTHS: [f64; 7] = [0.12, 0.24, 0.38, 0.52, 0.67, 0.83, 1.0];

/// The narrowest cell, in pixels.
const NARROWEST: f64 = 4.0;

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let buckets = buckets::buckets(series);
    if buckets.is_empty() {
        return frame::no_data(scene, area, chart.panel.unit);
    }
    let area = frame::note(scene, area, &left_out(series));
    let grid = Grid::of(chart, &buckets, area.width);
    let most = grid.cells.values().copied().fold(0.0, f64::max);
    let area = key(scene, area, most);
    let names: Vec<_> =
        (0..buckets.len()).map(|place| buckets::name(&buckets, place, chart.panel.unit)).collect();
    let widest = names.iter().map(|name| font::room(name, LABEL, font::Weight::Regular)).fold(0.0, f64::max);
    let plot = frame::times(scene, area, (chart.start, chart.end), widest.max(26.0) + 8.0);
    let height = plot.area.height / buckets.len() as f64;
    label(scene, &plot, &names, height);
    scene.rect(plot.area, Ink::Track, 0.45);
    for (place, strength) in STRENGTHS.iter().enumerate() {
        let boxes: Vec<_> = grid.boxes(&plot, height, |value| level(value, most) == Some(place)).collect();
        if !boxes.is_empty() {
            scene.marks.push(Mark::Boxes { boxes, ink: Ink::series(0), opacity: *strength });
        }
    }
}

/// Cells by their row, counted from below, and column; what falls into one column is its mean.
struct Grid {
    cells: BTreeMap<(usize, i64), f64>,
    start: i64,
    width: i64,
}

impl Grid {
    fn of(chart: &Chart<'_>, buckets: &[Bucket], pixels: f64) -> Self {
        let columns = (pixels / NARROWEST).max(1.0) as i64;
        let span = chart.end.saturating_sub(chart.start).max(1);
        // Whole steps, or some columns would be the mean of more points than others.
        let step = chart.step.max(1);
        let width = step.saturating_mul((span / columns).saturating_add(step - 1) / step).max(step);
        let mut sums: BTreeMap<(usize, i64), (f64, f64)> = BTreeMap::new();
        for (row, bucket) in buckets.iter().enumerate() {
            for (time, value) in &bucket.cells {
                let column = time.saturating_sub(chart.start).saturating_add(width / 2) / width;
                let (sum, count) = sums.entry((row, column)).or_default();
                (*sum, *count) = (*sum + value, *count + 1.0);
            }
        }
        let cells = sums.into_iter().map(|(at, (sum, count))| (at, sum / count)).collect();
        Self { cells, start: chart.start, width }
    }

    /// The boxes of the cells that are wanted.
    fn boxes(&self, plot: &Plot, height: f64, wanted: impl Fn(f64) -> bool) -> impl Iterator<Item = Rect> {
        let at = |column: i64, half: i64| {
            let time = column.saturating_mul(self.width).saturating_add(half).saturating_add(self.start);
            plot.x(time)
        };
        let gap = if height > 6.0 { 1.0 } else { 0.0 };
        self.cells.iter().filter(move |(_, value)| wanted(**value)).map(move |(&(row, column), _)| {
            let (left, right) = (at(column, -self.width / 2), at(column, self.width / 2));
            let top = plot.area.bottom() - (row + 1) as f64 * height;
            let inner = if right - left > 5.0 { gap } else { 0.0 };
            Rect { left, top, width: (right - left - inner).max(0.5), height: (height - gap).max(0.5) }
        })
    }
}

/// How strong a value is; the root makes little of it visible beside much. What did not happen is not drawn.
fn level(value: f64, most: f64) -> Option<usize> {
    let part = (value / most).sqrt();
    let last = STRENGTHS.len() - 1;
    (value > 1e-9 && part.is_finite()).then(|| ((part * STRENGTHS.len() as f64) as usize).min(last))
}

fn label(scene: &mut Scene, plot: &Plot, names: &[String], height: f64) {
    let every = ((LABEL + 3.0) / height).ceil().max(1.0) as usize;
    for (row, name) in names.iter().enumerate().filter(|(row, _)| row % every == 0) {
        let y = plot.area.bottom() - (row as f64 + 0.5) * height + LABEL * 0.36;
        scene.text(Text::new((plot.area.left - 8.0, y), name.clone(), LABEL, Ink::Faint).held(Anchor::End));
    }
}

/// What the colours mean.
fn key(scene: &mut Scene, area: Rect, most: f64) -> Rect {
    if area.height < 110.0 {
        return area;
    }
    let base = area.bottom() - 3.0;
    let zero = Text::new((area.left, base), "0", LABEL, Ink::Faint);
    let mut left = area.left + zero.room() + 6.0;
    scene.text(zero);
    for strength in STRENGTHS {
        scene.rect(Rect { left, top: base - 9.0, width: 13.0, height: 9.0 }, Ink::series(0), strength);
        left += 14.0;
    }
    scene.text(Text::new(
        (left + 5.0, base),
        format!("{} in a bucket", Unit::PerSecond.shown(most)),
        LABEL,
        Ink::Faint,
    ));
    area.above(frame::LINE + 2.0)
}
