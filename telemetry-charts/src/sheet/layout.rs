//! Which chart is where on a sheet, and how high it is.

use super::{Part, Sheet};
use crate::font::{self, Weight};
use crate::frame::{LABEL, LINE};
use crate::legend;
use crate::scene::Rect;
use telemetry_catalog::panel::Visualization;

/// The narrowest sheet, in pixels.
pub(super) const NARROWEST: u32 = 240;

/// What is left free around everything, and between two charts.
pub(super) const MARGIN: f64 = 20.0;
pub(super) const GAP: f64 = 14.0;

/// What is free inside of the frame of a chart, and how high its title is.
pub(super) const INSIDE: f64 = 14.0;
pub(super) const TITLE: f64 = 24.0;

/// The size of the letters of the head.
pub(super) const HEAD: f64 = 21.0;

/// The lowest chart, with its frame.
const LOWEST: f64 = 96.0;

/// How high the foot is.
const FOOT: f64 = 28.0;

/// The most rows of bars and timelines that a chart is made higher for.
const ROWS: usize = 24;

/// The most lines of a description.
const DESCRIBED: usize = 3;

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// The lines below the title.
    pub(super) described: Vec<String>,
    /// The frame of each chart.
    pub(super) frames: Vec<Rect>,
}

/// The height that the charts need.
pub(super) fn height(sheet: &Sheet<'_>, width: f64) -> f64 {
    around(sheet, width) + total(&needs(sheet, width))
}

/// The least height in which something of each chart is seen.
pub(super) fn least(sheet: &Sheet<'_>, width: f64) -> f64 {
    let rows = vec![LOWEST; rows(sheet, width).len()];
    around(sheet, width) + total(&rows)
}

/// Everything in its place, the charts as high as there is room for.
pub(super) fn layout(sheet: &Sheet<'_>, (width, height): (f64, f64)) -> Layout {
    let needs = needs(sheet, width);
    let gaps = GAP * needs.len().saturating_sub(1) as f64;
    let room = (height - around(sheet, width) - gaps).max(1.0);
    let spare = (room - LOWEST * needs.len() as f64).max(0.0);
    let wish: f64 = needs.iter().map(|need| need - LOWEST).sum();
    let mut top = head(sheet, width);
    let mut frames = Vec::new();
    let count = needs.len() as f64;
    for (row, need) in rows(sheet, width).into_iter().zip(needs) {
        let share = if wish > 0.0 { (need - LOWEST) / wish } else { 1.0 / count };
        let height = (LOWEST + spare * share).min(room);
        let columns = row.len() as f64;
        let cell = (width - 2.0 * MARGIN - GAP * (columns - 1.0)) / columns;
        frames.extend((0..row.len()).map(|place| Rect {
            left: MARGIN + place as f64 * (cell + GAP),
            top,
            width: cell,
            height,
        }));
        top += height + GAP;
    }
    Layout { described: described(sheet, width), frames }
}

/// The head and the foot.
fn around(sheet: &Sheet<'_>, width: f64) -> f64 {
    head(sheet, width) + FOOT + GAP
}

fn head(sheet: &Sheet<'_>, width: f64) -> f64 {
    MARGIN + HEAD + LINE + 12.0 + described(sheet, width).len() as f64 * LINE
}

fn total(rows: &[f64]) -> f64 {
    rows.iter().sum::<f64>() + GAP * rows.len().saturating_sub(1) as f64
}

/// What a single chart shows, in lines; several say it by their titles.
fn described(sheet: &Sheet<'_>, width: f64) -> Vec<String> {
    match &sheet.parts[..] {
        [only] => font::wrapped(
            &only.chart.panel.description,
            LABEL + 1.0,
            Weight::Regular,
            width - 2.0 * MARGIN,
            DESCRIBED,
        ),
        _ => Vec::new(),
    }
}

/// The charts of each row. Those of the last share its whole width.
fn rows<'s, 'p>(sheet: &'s Sheet<'p>, width: f64) -> Vec<&'s [Part<'p>]> {
    sheet.parts.chunks(columns(sheet.parts.len(), width)).collect()
}

const fn columns(count: usize, width: f64) -> usize {
    match count {
        0 | 1 => 1,
        _ if width < 820.0 => 1,
        5.. if width >= 1500.0 => 3,
        _ => 2,
    }
}

/// How high each row would best be.
fn needs(sheet: &Sheet<'_>, width: f64) -> Vec<f64> {
    let row = |row: &&[Part<'_>]| {
        let cell = (width - 2.0 * MARGIN) / row.len() as f64;
        let alone = sheet.parts.len() == 1;
        row.iter().map(|part| need(part, cell, alone)).fold(LOWEST, f64::max)
    };
    rows(sheet, width).iter().map(row).collect()
}

/// How high a chart would best be, with its frame.
fn need(part: &Part<'_>, width: f64, alone: bool) -> f64 {
    /// A row of a table of bars or states.
    const ROW: f64 = 26.0;
    let frame = 2.0 * INSIDE + if alone { 0.0 } else { TITLE };
    let known = part.chart.series.iter().filter(|series| !series.points.is_empty()).count();
    if known == 0 {
        return frame + 130.0;
    }
    let rows = known.min(ROWS) as f64;
    let inside = match part.chart.panel.visualization {
        Visualization::StateTimeline => (rows * ROW + 2.0 * LINE + 14.0).max(90.0),
        Visualization::Bar => (rows * ROW + 14.0).max(90.0),
        Visualization::Stat => (rows / (width / 150.0).floor().max(1.0)).ceil().min(6.0) * 96.0,
        Visualization::Gauge if known == 1 => 190.0,
        Visualization::Gauge => (rows * ROW + 14.0).max(90.0),
        Visualization::TimeSeries => over_time(width, alone) + legend::long(known, width),
        Visualization::Heatmap => over_time(width, alone),
    };
    frame + inside
}

/// How high a chart is that has a scale of time.
fn over_time(width: f64, alone: bool) -> f64 {
    if alone { (width * 0.36).clamp(230.0, 620.0) } else { (width * 0.4).clamp(230.0, 320.0) }
}
