//! Present values in large letters, with what they were before.

use crate::data::{self, Clean};
use crate::font::{self, Weight};
use crate::frame::{self, LABEL, Plot};
use crate::ink::Ink;
use crate::scale::Scale;
use crate::scene::{At, Dash, Mark, Rect, Scene, Text};
use crate::{Chart, state};
use telemetry_catalog::panel::{Panel, Unit};

/// The narrowest cell of several, and the lowest.
const NARROWEST: f64 = 120.0;
const LOWEST: f64 = 46.0;

/// The largest letters.
const LARGEST: f64 = 44.0;

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let known: Vec<_> = series.iter().filter(|series| !series.runs.is_empty()).collect();
    let (cells, area) = cells(scene, area, known.len());
    let _ = area;
    for (cell, series) in cells.into_iter().zip(known) {
        draw_one(scene, cell, chart, series);
    }
}

/// Cells for as many values as there is room for. How many more there are is said below.
fn cells(scene: &mut Scene, area: Rect, count: usize) -> (Vec<Rect>, Rect) {
    let columns = ((area.width / NARROWEST) as usize).clamp(1, count.max(1));
    let fit = |area: Rect| columns * ((area.height / LOWEST) as usize).max(1);
    let shown = count.min(fit(area));
    let area = if shown < count {
        frame::note(scene, area, &format!("and {} more", count - fit(area.above(frame::LINE)).min(count)))
    } else {
        area
    };
    let shown = count.min(fit(area));
    let rows = shown.div_ceil(columns).max(1);
    let (width, height) = (area.width / columns as f64, area.height / rows as f64);
    let cell = |place: usize| Rect {
        left: area.left + (place % columns) as f64 * width,
        top: area.top + (place / columns) as f64 * height,
        width: width - 8.0,
        height: height - 6.0,
    };
    ((0..shown).map(cell).collect(), area)
}

fn draw_one(scene: &mut Scene, cell: Rect, chart: &Chart<'_>, series: &Clean) {
    if chart.panel.unit == Unit::Presence {
        return name_alone(scene, cell, series);
    }
    let value = chart.panel.unit.shown(series.now);
    let ink = state::ink(chart.panel, series.now);
    let size = largest(&value, cell.width, (cell.height * 0.5).min(LARGEST));
    let base = cell.top + size * 0.82;
    scene.text(Text::new((cell.left, base), value, size, ink).bold());
    let mut used = size * 0.95;
    let words = words(chart.panel, series);
    if !words.is_empty() && cell.height > used + LABEL + 4.0 {
        scene.text(
            Text::new((cell.left, cell.top + used + LABEL), words, LABEL, Ink::Faint).within(cell.width),
        );
        used += LABEL + 8.0;
    }
    let room = cell.below(used + 2.0);
    if room.height > 14.0 {
        sparkline(scene, room, chart, series);
    }
}

/// What only says that something is there is told by its name.
fn name_alone(scene: &mut Scene, cell: Rect, series: &Clean) {
    let size = largest(&series.name, cell.width, 18.0).max(LABEL);
    let text = Text::new((cell.left, cell.top + size), series.name.clone(), size, Ink::Text);
    scene.text(text.bold().within(cell.width));
}

/// The name where it says more than the title, and how bad the value is where somebody said what would be too much.
fn words(panel: &Panel, series: &Clean) -> String {
    let is_judged = !panel.thresholds.is_empty() && !series.now.is_nan();
    let judged = is_judged.then(|| state::word(panel, state::severity(panel, series.now)));
    let name = Some(series.name.as_str()).filter(|name| !name.is_empty() && *name != panel.title);
    let words: Vec<_> = name.into_iter().chain(judged).collect();
    words.join(" · ")
}

/// The largest size in which the text fits.
fn largest(text: &str, width: f64, most: f64) -> f64 {
    let needed = font::room(text, 100.0, Weight::Bold) / 100.0;
    (width / needed.max(0.1)).min(most).max(9.0)
}

/// The course of the value without any scale.
fn sparkline(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &Clean) {
    let Some(extent) = data::extent([series]) else { return };
    if series.runs.iter().all(|run| run.len() < 2) {
        return;
    }
    let scale = Scale::of(extent, chart.panel.unit, 2);
    let scale = Scale { high: extent.1.max(scale.low + (scale.high - scale.low) * 0.01), ..scale };
    let plot = Plot { area, start: chart.start, end: chart.end };
    for run in &series.runs {
        let run = data::reduced(run, area.width as usize * 2);
        let upper: Vec<At> = run.iter().map(|&(time, value)| (plot.x(time), plot.y(&scale, value))).collect();
        let (Some(first), Some(last)) = (upper.first(), upper.last()) else { continue };
        let floor = [(last.0, area.bottom()), (first.0, area.bottom())];
        let points = upper.iter().copied().chain(floor).collect();
        scene.marks.push(Mark::Area { points, ink: Ink::series(0), opacity: 0.14 });
        scene.line(upper, Ink::series(0), 1.6, Dash::Solid);
    }
}
