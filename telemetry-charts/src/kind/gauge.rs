//! One present value on an arc, and several as bars.

use super::bars;
use crate::data::Clean;
use crate::frame::LABEL;
use crate::ink::Ink;
use crate::scene::{Anchor, At, Mark, Rect, Scene, Text};
use crate::{Chart, state};
use std::f64::consts::PI;
use telemetry_catalog::panel::Panel;

/// How thick the arc is, as a part of its radius.
const THICK: f64 = 0.24;

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let known: Vec<_> = series.iter().filter(|series| !series.runs.is_empty()).collect();
    match known[..] {
        [only] if area.height >= 80.0 && area.width >= 100.0 => arc(scene, area, chart.panel, only),
        _ => bars::draw(scene, area, chart, series),
    }
}

/// A half of a circle, with the limits on its outside.
fn arc(scene: &mut Scene, area: Rect, panel: &Panel, series: &Clean) {
    let most = bars::most(panel, &[series]);
    let radius = (area.width / 2.0 - 8.0).min(area.height - LABEL - 12.0).max(10.0);
    let middle =
        (area.left + area.width / 2.0, area.top + 6.0 + radius + (area.height - LABEL - 12.0 - radius) / 2.0);
    let ring = Ring { middle, radius };
    scene.marks.push(Mark::Area { points: ring.part(0.0, 1.0), ink: Ink::Track, opacity: 1.0 });
    let part = (series.now / most).clamp(0.0, 1.0);
    if part > 0.0 {
        let ink = match state::ink(panel, series.now) {
            Ink::Text => Ink::series(0),
            ink => ink,
        };
        scene.marks.push(Mark::Area { points: ring.part(0.0, part), ink, opacity: 1.0 });
    }
    for level in panel.thresholds.iter().filter(|level| (0.0..most).contains(&level.limit)) {
        let at = level.limit / most;
        let points = Ring { radius: radius + 5.0, ..ring }.sector(at - 0.006, at + 0.006, radius + 1.0);
        scene.marks.push(Mark::Area { points, ink: Ink::of(Some(level.severity)), opacity: 1.0 });
    }
    let size = (radius * 0.42).clamp(12.0, 40.0);
    let value = Text::new(
        (middle.0, middle.1 - 2.0),
        panel.unit.shown(series.now),
        size,
        state::ink(panel, series.now),
    );
    scene.text(value.bold().held(Anchor::Middle));
    ends(scene, &ring, panel, most);
}

fn ends(scene: &mut Scene, ring: &Ring, panel: &Panel, most: f64) {
    let inner = ring.radius * (1.0 - THICK / 2.0);
    for (value, side) in [(0.0, -1.0), (most, 1.0)] {
        let at = (ring.middle.0 + side * inner, ring.middle.1 + LABEL + 4.0);
        let text = panel.unit.shown(value).replace(".0 %", " %");
        scene.text(Text::new(at, text, LABEL, Ink::Faint).held(Anchor::Middle));
    }
}

/// A half of a ring.
#[derive(Clone, Copy)]
struct Ring {
    middle: At,
    radius: f64,
}

impl Ring {
    /// From one part of its length to another.
    fn part(&self, from: f64, to: f64) -> Vec<At> {
        self.sector(from, to, self.radius * (1.0 - THICK))
    }

    fn sector(&self, from: f64, to: f64, inner: f64) -> Vec<At> {
        let steps = (((to - from) * 90.0).ceil() as usize).max(1);
        let angle = |step: usize| PI * (1.0 - from - (to - from) * step as f64 / steps as f64);
        let at = |radius: f64, angle: f64| {
            (self.middle.0 + radius * angle.cos(), self.middle.1 - radius * angle.sin())
        };
        let outside = (0..=steps).map(|step| at(self.radius, angle(step)));
        let inside = (0..=steps).rev().map(|step| at(inner, angle(step)));
        outside.chain(inside).collect()
    }
}
