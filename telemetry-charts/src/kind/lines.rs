//! Lines over time, or areas that pile up to a sum.

use super::left_out;
use crate::Chart;
use crate::data::Clean;
use crate::frame::{self, LABEL, Plot};
use crate::ink::Ink;
use crate::legend::{self, Entry};
use crate::pile::{self, Layer};
use crate::scale::Scale;
use crate::scene::{At, Dash, Mark, Rect, Scene, Text};
use telemetry_catalog::indicator::Level;
use telemetry_catalog::panel::Panel;

/// The most series that get a line of their own; the others are drawn together.
const ALONE: usize = 60;

/// The most points of all lines, which bounds the size of the picture.
const POINTS: usize = 30_000;

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let panel = chart.panel;
    let (layers, together) = pile::layers(series, |_| true, panel.stacked, ALONE);
    let mut notes = vec![left_out(series)];
    if let Some(rest) = layers.iter().find(|layer| layer.look.is_none()) {
        notes.push(format!("{together} series are drawn together as {}.", rest.name));
    }
    let area = frame::note(scene, area, notes.join(" ").trim());
    let area = legend::table(scene, area, &entries(&layers, panel));
    let scale = pile::scale(panel, &layers, ((area.height / 38.0) as usize).clamp(2, 6));
    let area = frame::note(scene, area, &beyond(&scale, panel));
    let plot = frame::times(scene, area, (chart.start, chart.end), frame::room(&scale, panel.unit).max(34.0));
    frame::values(scene, &plot, &scale, panel.unit);
    // What is under others comes first, so that the most important line is not hidden.
    for layer in layers.iter().rev() {
        draw_layer(scene, &plot, &scale, layer, panel.stacked, POINTS / layers.len());
    }
    limits(scene, &plot, &scale, panel);
}

/// Those of the layers, in the order in which they are named.
fn entries(layers: &[Layer], panel: &Panel) -> Vec<Entry> {
    let shown = |layer: &Layer, value: f64| match layer.look {
        Some(_) => panel.unit.shown(value),
        None => String::new(),
    };
    let entry = |layer: &Layer| Entry {
        name: layer.name.clone(),
        value: shown(layer, layer.now),
        most: shown(layer, pile::most(layer, panel.stacked)),
        ink: ink(layer),
        dash: Some(dash(layer)),
    };
    let order = pile::named(layers, panel.stacked);
    order.into_iter().filter_map(|place| layers.get(place)).map(entry).collect()
}

/// What several series are together is faint.
fn ink(layer: &Layer) -> Ink {
    layer.look.map_or(Ink::Faint, Ink::series)
}

fn dash(layer: &Layer) -> Dash {
    layer.look.map_or(Dash::Solid, Dash::of)
}

fn draw_layer(scene: &mut Scene, plot: &Plot, scale: &Scale, layer: &Layer, stacked: bool, most: usize) {
    for run in &layer.runs {
        let run = pile::thinned(run, most.min(plot.area.width as usize * 4));
        let upper: Vec<At> = run.iter().map(|at| (plot.x(at.time), plot.y(scale, at.high))).collect();
        if let [at] = upper[..] {
            scene.marks.push(Mark::Dot { at, radius: 2.5, ink: ink(layer) });
            continue;
        }
        if stacked || layer.look.is_none() {
            let lower = run.iter().rev().map(|at| (plot.x(at.time), plot.y(scale, at.low)));
            let points = upper.iter().copied().chain(lower).collect();
            scene.marks.push(Mark::Area { points, ink: ink(layer), opacity: 0.28 });
        }
        scene.line(upper, ink(layer), if stacked { 1.5 } else { 2.0 }, dash(layer));
    }
}

/// Which limits are not on the scale, in a sentence; nothing where all are.
fn beyond(scale: &Scale, panel: &Panel) -> String {
    let are = |place: &str, is_there: &dyn Fn(f64) -> bool| {
        let levels = panel.thresholds.iter().filter(|level| is_there(level.limit));
        let named: Vec<_> = levels.map(|level| named(panel, level)).collect();
        if named.is_empty() { String::new() } else { format!("{place} the scale: {}.", named.join(", ")) }
    };
    let said = [are("Above", &|limit| limit > scale.high), are("Below", &|limit| limit < scale.low)];
    said.join(" ").trim().to_owned()
}

/// A limit with what it means.
fn named(panel: &Panel, level: &Level) -> String {
    format!("{} {} {}", level.severity.as_str(), panel.beyond().sign(), frame::short(panel.unit, level.limit))
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
        let text = Text::new((plot.area.left + 6.0, base), named(panel, level), LABEL - 0.5, ink);
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
