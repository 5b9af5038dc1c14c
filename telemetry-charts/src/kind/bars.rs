//! Present values as bars below each other, the largest first.

use super::left_out;
use crate::data::{self, Clean};
use crate::font::{self, Weight};
use crate::frame::{self, LABEL};
use crate::ink::Ink;
use crate::scale::Scale;
use crate::scene::{Anchor, Rect, Scene, Text};
use crate::{Chart, state};
use telemetry_catalog::panel::{Panel, Unit};

/// How high a row is at most, and at least.
const HIGHEST: f64 = 44.0;
const LOWEST: f64 = 17.0;

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let mut known: Vec<_> = series.iter().filter(|series| !series.runs.is_empty()).collect();
    known.sort_by(|one, other| data::largest_first(one.now, other.now));
    let note = left_out(series);
    let fit = |area: Rect| ((area.height / LOWEST) as usize).max(1);
    let area = if known.len() > fit(area) {
        let shown = fit(area.above(frame::LINE));
        frame::note(
            scene,
            area,
            format!("and {} more, none of them larger. {note}", known.len() - shown).trim(),
        )
    } else {
        frame::note(scene, area, &note)
    };
    let shown = known.len().min(fit(area));
    let area = area.middle(HIGHEST * shown as f64);
    let rows = Rows::of(area, chart.panel, &known[..shown], most(chart.panel, &known));
    for (place, series) in known.iter().take(shown).enumerate() {
        rows.draw(scene, place, chart.panel, series);
    }
}

/// Where the scale ends: everything for a share, else beyond the largest value and the last limit.
pub(super) fn most(panel: &Panel, series: &[&Clean]) -> f64 {
    let present = series.iter().map(|series| series.now).filter(|now| now.is_finite()).fold(0.0, f64::max);
    let limit = panel
        .thresholds
        .iter()
        .map(|level| level.limit)
        .filter(|limit| limit.is_finite())
        .fold(0.0, f64::max);
    match panel.unit {
        Unit::Share => present.max(1.0),
        _ if limit > 0.0 => Scale::of((0.0, present.max(limit * 1.2)), panel.unit, 4).high,
        unit => Scale::of((0.0, present), unit, 5).high,
    }
}

/// The columns of names, bars and values.
struct Rows {
    area: Rect,
    height: f64,
    names: f64,
    values: f64,
    most: f64,
}

impl Rows {
    fn of(area: Rect, panel: &Panel, series: &[&Clean], most: f64) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = String>, weight| {
            texts.map(|text| font::room(&text, LABEL, weight)).fold(0.0, f64::max)
        };
        let names = widest(&mut series.iter().map(|series| series.name.clone()), Weight::Regular);
        let values = widest(&mut series.iter().map(|series| panel.unit.shown(series.now)), Weight::Bold);
        Self {
            area,
            height: (area.height / series.len().max(1) as f64).min(HIGHEST),
            names: names.min(area.width * 0.42),
            values: values.min(area.width * 0.3),
            most,
        }
    }

    fn draw(&self, scene: &mut Scene, place: usize, panel: &Panel, series: &Clean) {
        let top = self.area.top + place as f64 * self.height;
        let base = top + self.height / 2.0 + LABEL * 0.36;
        let name = Text::new((self.area.left, base), series.name.clone(), LABEL, Ink::Faint);
        scene.text(name.within(self.names));
        let value = Text::new(
            (self.area.right(), base),
            panel.unit.shown(series.now),
            LABEL,
            state::ink(panel, series.now),
        );
        scene.text(value.bold().held(Anchor::End));
        let thick = (self.height * 0.55).min(20.0);
        let bar = Rect {
            left: self.area.left + self.names + 8.0,
            top: top + (self.height - thick) / 2.0,
            width: (self.area.width - self.names - self.values - 18.0).max(4.0),
            height: thick,
        };
        scene.rect(bar, Ink::Track, 1.0);
        self.fill(scene, bar, panel, series);
    }

    fn fill(&self, scene: &mut Scene, bar: Rect, panel: &Panel, series: &Clean) {
        let part = (series.now / self.most).clamp(0.0, 1.0);
        let ink = match state::ink(panel, series.now) {
            Ink::Text => Ink::series(0),
            ink => ink,
        };
        if part > 0.0 {
            // What is not nothing is seen, however little it is.
            scene.rect(Rect { width: (bar.width * part).max(2.0), ..bar }, ink, 1.0);
        }
        for level in panel.thresholds.iter().filter(|level| (0.0..self.most).contains(&level.limit)) {
            let left = bar.left + bar.width * level.limit / self.most;
            let mark = Rect { left, top: bar.top - 2.0, width: 2.0, height: bar.height + 4.0 };
            scene.rect(mark, Ink::of(Some(level.severity)), 1.0);
        }
    }
}
