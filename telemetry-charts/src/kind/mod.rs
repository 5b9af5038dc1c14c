//! One file for each kind of picture.
//!
//! | module | responsible for |
//! |---|---|
//! | [`lines`] | lines and piled areas over time |
//! | [`stat`] | present values in large letters |
//! | [`gauge`] | one present value on an arc |
//! | [`bars`] | present values side by side |
//! | [`heatmap`] | a distribution over time |
//! | [`timeline`] | states over time |

mod bars;
mod gauge;
mod heatmap;
mod lines;
mod stat;
mod timeline;

use crate::data::Clean;
use crate::scene::{Rect, Scene};
use crate::{Chart, frame};
use telemetry_catalog::panel::Visualization;

/// Draws the data of a chart into an area, in which there is something to draw.
pub(crate) fn draw(scene: &mut Scene, area: Rect, chart: &Chart<'_>, series: &[Clean]) {
    let area = frame::note(scene, area, &not_brought(chart.left_out));
    if series.iter().all(|series| series.runs.is_empty()) {
        let area = frame::note(scene, area, &left_out(series));
        return frame::no_data(scene, area, chart.panel.unit);
    }
    match chart.panel.visualization {
        Visualization::TimeSeries => lines::draw(scene, area, chart, series),
        Visualization::Stat => stat::draw(scene, area, chart, series),
        Visualization::Gauge => gauge::draw(scene, area, chart, series),
        Visualization::Bar => bars::draw(scene, area, chart, series),
        Visualization::Heatmap => heatmap::draw(scene, area, chart, series),
        Visualization::StateTimeline => timeline::draw(scene, area, chart, series),
    }
}

/// What is said of series that whoever asked did not bring.
fn not_brought(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "One more series is not looked at.".to_owned(),
        count => format!("{count} more series are not looked at."),
    }
}

/// What is said where something cannot be drawn.
fn left_out(series: &[Clean]) -> String {
    match series.iter().filter(|series| series.infinite).count() {
        0 => String::new(),
        1 if series.len() == 1 => "Infinite values are not drawn.".to_owned(),
        count => format!("Infinite values of {count} series are not drawn."),
    }
}
