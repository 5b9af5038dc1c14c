//! States over time: a row for each series, with bars that are higher the worse the state is.

use crate::Chart;
use crate::data::Clean;
use crate::font::{self, Weight};
use crate::frame::{self, LABEL, Plot};
use crate::ink::Ink;
use crate::legend::{self, Entry};
use crate::scene::{Anchor, Rect, Scene, Text};
use crate::state::{self, Span, State, spans};
use std::collections::BTreeSet;
use telemetry_catalog::indicator::Severity;
use telemetry_catalog::panel::Panel;

/// How high a row is at most, and at least.
const HIGHEST: f64 = 44.0;
const LOWEST: f64 = 14.0;

pub(super) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let rows: Vec<_> = series.iter().map(|series| (series.name.clone(), spans(chart, series))).collect();
    let states: BTreeSet<_> =
        rows.iter().flat_map(|(_, spans)| spans.iter().map(|span| span.state)).collect();
    let area = legend::below(
        scene,
        area,
        &states.into_iter().map(|state| entry(chart.panel, state)).collect::<Vec<_>>(),
    );
    let fit = |area: Rect| (((area.height - frame::LINE) / LOWEST) as usize).max(1);
    let (shown, area) = if rows.len() > fit(area) {
        let shown = fit(area.above(frame::LINE));
        (shown, frame::note(scene, area, &unseen(chart.panel, &rows[shown..])))
    } else {
        (rows.len(), area)
    };
    let names = names(&rows[..shown], chart.panel, area.width);
    let area = area.middle(HIGHEST * shown as f64 + frame::LINE);
    let plot = frame::times(scene, area, (chart.start, chart.end), names);
    let height = (plot.area.height / shown.max(1) as f64).min(HIGHEST);
    for (place, (name, spans)) in rows.iter().take(shown).enumerate() {
        let row = Rect { top: plot.area.top + place as f64 * height, height, ..plot.area };
        let at = (row.left - 8.0, row.top + height / 2.0 + LABEL * 0.36);
        if names > 40.0 {
            scene.text(Text::new(at, name.clone(), LABEL, Ink::Faint).held(Anchor::End).within(names - 10.0));
        }
        draw_row(scene, &plot, row, chart.panel, spans);
    }
}

/// What is said of rows for which there is no room.
fn unseen(panel: &Panel, rows: &[(String, Vec<Span>)]) -> String {
    let last = rows.iter().filter_map(|(_, spans)| spans.last()).map(|span| span.state).max().flatten();
    format!("and {} more rows, at worst {} at their end", rows.len(), state::word(panel, last))
}

/// The room for names; a single row that is called like its panel needs none.
fn names(rows: &[(String, Vec<Span>)], panel: &Panel, width: f64) -> f64 {
    let told = rows.iter().filter(|(name, _)| *name != panel.title || rows.len() > 1);
    let widest = told.map(|(name, _)| font::room(name, LABEL, Weight::Regular) + 12.0).fold(0.0, f64::max);
    widest.min(width * 0.34).max(34.0)
}

fn entry(panel: &Panel, state: State) -> Entry {
    Entry {
        name: state::word(panel, state).to_owned(),
        value: String::new(),
        most: String::new(),
        ink: Ink::of(state),
        dash: None,
    }
}

/// How much of its row the bar of a state is high, so that it is not told by its colour alone.
const fn share(state: State) -> f64 {
    match state {
        None => 0.34,
        Some(Severity::Info | Severity::Warning) => 0.62,
        Some(Severity::Critical) => 0.86,
    }
}

fn draw_row(scene: &mut Scene, plot: &Plot, row: Rect, panel: &Panel, spans: &[Span]) {
    let middle = row.top + row.height / 2.0;
    scene.rect(Rect { top: middle - 0.5, height: 1.0, ..row }, Ink::Grid, 1.0);
    for span in spans {
        let (left, right) = (plot.x(span.from), plot.x(span.until));
        let height = row.height * share(span.state);
        let bar = Rect { left, top: middle - height / 2.0, width: (right - left).max(1.0), height };
        scene.rect(bar, Ink::of(span.state), 1.0);
        let word = state::word(panel, span.state);
        let fits = font::room(word, LABEL, Weight::Bold) + 10.0 <= bar.width && height >= LABEL + 2.0;
        if fits {
            let at = (left + 5.0, middle + LABEL * 0.36);
            scene.text(Text::new(at, word, LABEL, Ink::Ground).bold());
        }
    }
}
