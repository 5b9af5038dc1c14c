//! Lines over time, or areas that pile up to a sum.

use super::left_out;
use crate::data::{self, Clean};
use crate::frame::{self, LABEL, Plot};
use crate::ink::Ink;
use crate::legend::{self, Entry};
use crate::scale::Scale;
use crate::scene::{At, Dash, Mark, Rect, Scene, Text};
use crate::{Chart, Point};
use std::collections::BTreeMap;
use telemetry_catalog::indicator::Level;
use telemetry_catalog::panel::{Panel, Unit};

/// The most series that get a line of their own; the others are drawn together.
const ALONE: usize = 60;

/// The most points of all lines, which bounds the size of the picture.
const POINTS: usize = 60_000;

/// A line, or a layer of a pile.
struct Layer {
    /// What it is called in the legend.
    name: String,
    now: f64,
    ink: Ink,
    dash: Dash,
    runs: Vec<Vec<Stretch>>,
}

/// From where to where a layer reaches at a moment; a line reaches nowhere.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    time: i64,
    low: f64,
    high: f64,
}

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let panel = chart.panel;
    let (alone, together) = divided(series);
    let mut notes = vec![left_out(series)];
    let rest = rest(&together, panel.stacked);
    if let Some(rest) = &rest {
        notes.push(format!("{} series are drawn together as {}.", together.len(), rest.name));
    }
    let area = frame::note(scene, area, notes.join(" ").trim());
    let layers = if panel.stacked { piled(&alone, rest) } else { flat(&alone, rest) };
    let area = legend::below(scene, area, &entries(&layers, panel.unit));
    let scale = scale(panel, &layers, area);
    let plot = frame::times(scene, area, (chart.start, chart.end), frame::room(&scale, panel.unit).max(34.0));
    frame::values(scene, &plot, &scale, panel.unit);
    // What is under others comes first, so that the most important line is not hidden.
    for layer in layers.iter().rev() {
        draw_layer(scene, &plot, &scale, layer, panel.stacked, POINTS / layers.len());
    }
    limits(scene, &plot, &scale, panel);
}

/// The series that get a line of their own, and the others: the largest go alone.
fn divided(series: &[Clean]) -> (Vec<&Clean>, Vec<&Clean>) {
    let known: Vec<_> = series.iter().filter(|series| !series.runs.is_empty()).collect();
    if known.len() <= ALONE {
        return (known, Vec::new());
    }
    let highest =
        |series: &Clean| data::extent([series]).map_or(0.0, |(low, high)| high.abs().max(low.abs()));
    let mut order: Vec<_> = known.iter().map(|series| (highest(series), *series)).collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut order: Vec<_> = order.into_iter().map(|(_, series)| series).collect();
    let together = order.split_off(ALONE);
    (order, together)
}

/// What the others are together: their sum in a pile, else the range between the lowest and the highest.
fn rest(together: &[&Clean], stacked: bool) -> Option<Layer> {
    let mut moments: BTreeMap<i64, Stretch> = BTreeMap::new();
    for &(time, value) in together.iter().flat_map(|series| series.runs.iter().flatten()) {
        let start = if stacked {
            Stretch { time, low: 0.0, high: 0.0 }
        } else {
            Stretch { time, low: value, high: value }
        };
        let at = moments.entry(time).or_insert(start);
        if stacked {
            at.high += value;
        } else {
            (at.low, at.high) = (at.low.min(value), at.high.max(value));
        }
    }
    let name = if stacked { "the sum of the others" } else { "a range" }.to_owned();
    let runs = vec![moments.into_values().collect()];
    (!together.is_empty()).then_some(Layer { name, now: f64::NAN, ink: Ink::Faint, dash: Dash::Solid, runs })
}

fn layer(series: &Clean, place: usize, stretch: impl FnMut(&Point) -> Stretch + Clone) -> Layer {
    let runs = series.runs.iter().map(|run| run.iter().map(stretch.clone()).collect()).collect();
    Layer { name: series.name.clone(), now: series.now, ink: Ink::series(place), dash: Dash::of(place), runs }
}

fn flat(alone: &[&Clean], rest: Option<Layer>) -> Vec<Layer> {
    let lines = alone.iter().enumerate().map(|(place, series)| {
        layer(series, place, |&(time, value)| Stretch { time, low: value, high: value })
    });
    lines.chain(rest).collect()
}

/// Each layer stands on those before it, as far as they are known at that moment.
fn piled(alone: &[&Clean], rest: Option<Layer>) -> Vec<Layer> {
    let mut sums: BTreeMap<i64, f64> = BTreeMap::new();
    let mut layers: Vec<_> = flat(alone, rest);
    for stretch in layers.iter_mut().flat_map(|layer| layer.runs.iter_mut().flatten()) {
        let sum = sums.entry(stretch.time).or_default();
        let value = stretch.high;
        (stretch.low, stretch.high) = (*sum, *sum + value);
        *sum += value;
    }
    layers
}

fn entries(layers: &[Layer], unit: Unit) -> Vec<Entry> {
    let entry = |layer: &Layer| Entry {
        name: layer.name.clone(),
        value: if layer.ink == Ink::Faint { String::new() } else { unit.shown(layer.now) },
        ink: layer.ink,
        dash: Some(layer.dash),
    };
    layers.iter().map(entry).collect()
}

/// The scale reaches at least to the first limit, so that one sees how far away it is.
fn scale(panel: &Panel, layers: &[Layer], area: Rect) -> Scale {
    let values = layers.iter().flat_map(|layer| layer.runs.iter().flatten());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), stretch| {
        (low.min(stretch.low), high.max(stretch.high))
    });
    let first = panel.thresholds.iter().map(|level| level.limit).find(|limit| limit.is_finite());
    let reach = first.map_or(high, |limit| high.max(limit * 1.05));
    let steps = ((area.height / 38.0) as usize).clamp(2, 6);
    let scale = Scale::of((low, reach), panel.unit, steps);
    let flat_on_the_edge = low == high && high == scale.high && !(panel.unit == Unit::Share && high == 1.0);
    if flat_on_the_edge { Scale::of((low, high * 1.2), panel.unit, steps) } else { scale }
}

fn draw_layer(scene: &mut Scene, plot: &Plot, scale: &Scale, layer: &Layer, stacked: bool, most: usize) {
    for run in &layer.runs {
        let run = thinned(run, most.min(plot.area.width as usize * 4));
        let upper: Vec<At> = run.iter().map(|at| (plot.x(at.time), plot.y(scale, at.high))).collect();
        if let [at] = upper[..] {
            scene.marks.push(Mark::Dot { at, radius: 2.5, ink: layer.ink });
            continue;
        }
        if stacked || layer.ink == Ink::Faint {
            let lower = run.iter().rev().map(|at| (plot.x(at.time), plot.y(scale, at.low)));
            let points = upper.iter().copied().chain(lower).collect();
            scene.marks.push(Mark::Area { points, ink: layer.ink, opacity: 0.28 });
        }
        scene.line(upper, layer.ink, if stacked { 1.5 } else { 2.0 }, layer.dash);
    }
}

/// A run with at most about so many points, which keeps its peaks.
fn thinned(run: &[Stretch], most: usize) -> Vec<Stretch> {
    if run.len() <= most.max(4) {
        return run.to_vec();
    }
    let at: BTreeMap<i64, f64> = run.iter().map(|stretch| (stretch.time, stretch.low)).collect();
    let upper: Vec<Point> = run.iter().map(|stretch| (stretch.time, stretch.high)).collect();
    let kept = data::reduced(&upper, most).into_iter();
    kept.map(|(time, high)| Stretch { time, low: at.get(&time).copied().unwrap_or(high), high }).collect()
}

/// Lines at the limits that are on the scale, each with what it means.
fn limits(scene: &mut Scene, plot: &Plot, scale: &Scale, panel: &Panel) {
    let shown = |level: &&Level| (scale.low..=scale.high).contains(&level.limit);
    let levels: Vec<_> = panel.thresholds.iter().filter(shown).collect();
    let mut before: Option<f64> = None;
    for level in levels.into_iter().rev() {
        let (y, ink) = (plot.y(scale, level.limit), Ink::of(Some(level.severity)));
        scene.line(vec![(plot.area.left, y), (plot.area.right(), y)], ink, 1.2, Dash::Dashed);
        // A label stands above its line, and below it where there would be no room.
        let crowded =
            y - plot.area.top < LABEL + 4.0 || before.is_some_and(|before| y - before < LABEL + 8.0);
        let base = if crowded { y + LABEL + 1.0 } else { y - 4.0 };
        before = Some(y);
        let words = format!(
            "{} {} {}",
            level.severity.as_str(),
            panel.beyond().sign(),
            panel.unit.shown(level.limit)
        );
        let text = Text::new((plot.area.left + 6.0, base), words, LABEL - 0.5, ink);
        let ground = Rect {
            left: plot.area.left + 3.0,
            top: base - LABEL + 1.0,
            width: text.room() + 6.0,
            height: LABEL + 2.0,
        };
        scene.rect(ground, Ink::Ground, 0.8);
        scene.text(text);
    }
}
