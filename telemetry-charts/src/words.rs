//! What a picture says in words, for those who do not see it.

use crate::clock;
use crate::data::Clean;
use crate::{Chart, Zone, data};
use std::fmt::Write as _;
use telemetry_catalog::panel::{Panel, Unit, Visualization};

/// How many series are told one by one.
const TOLD: usize = 8;

/// The title as it is drawn.
pub(crate) fn title(chart: &Chart<'_>) -> String {
    data::name(&chart.panel.title)
}

/// A name of the picture that can stand in an attribute.
pub(crate) fn id(chart: &Chart<'_>) -> String {
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
    let id: String = chart.panel.id.chars().filter(plain).take(80).collect();
    format!("chart-{id}")
}

/// What is shown, over which time, and the last values.
pub(crate) fn description(chart: &Chart<'_>, series: &[Clean], zone: &Zone) -> String {
    let kind = kind(chart.panel.visualization);
    let mut text = match is_of_the_end(chart.panel) {
        true => format!("{kind}, at {}.", clock::moment(chart.end, zone)),
        false => format!("{kind} of {}.", clock::span(chart.start, chart.end, zone)),
    };
    let mut known: Vec<_> = series.iter().filter(|series| !series.runs.is_empty()).collect();
    if known.is_empty() {
        text.push_str(" No data.");
        return text;
    }
    if chart.panel.visualization != Visualization::Heatmap {
        known.sort_by(|one, other| data::largest_first(one.now, other.now));
        let told: Vec<_> = known.iter().take(TOLD).map(|series| now(series, chart.panel.unit)).collect();
        let _ = write!(text, " Latest: {}", told.join(", "));
        if known.len() > TOLD {
            let _ = write!(text, ", and {} more", known.len() - TOLD);
        }
        text.push('.');
    }
    text
}

/// Whether it shows nothing but the last moment. Beside a number in large letters is its course.
pub(crate) fn is_of_the_end(panel: &Panel) -> bool {
    panel.visualization.is_of_now() && panel.visualization != Visualization::Stat
}

fn now(series: &Clean, unit: Unit) -> String {
    let value = if series.now.is_nan() { "unknown".to_owned() } else { unit.shown(series.now) };
    if series.name.is_empty() { value } else { format!("{} {value}", series.name) }
}

const fn kind(visualization: Visualization) -> &'static str {
    match visualization {
        Visualization::Stat => "Present value, at the end",
        Visualization::Gauge => "Present value on a scale",
        Visualization::Bar => "Present values as bars",
        Visualization::TimeSeries => "Lines over the time",
        Visualization::Heatmap => "Distribution over the time",
        Visualization::StateTimeline => "States over the time",
    }
}
