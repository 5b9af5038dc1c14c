//! Panels as pictures, and their present values as text.

use super::Recorded;
use super::desk::{Desk, Rows};
use super::shared::{Answer, Pending, Trouble};
use super::span::{Span, millis};
use crate::panels::{Sight, course, name};
use crate::source::Source;
use crate::words;
use std::time::Duration;
use telemetry_catalog::panel::{Panel, Query, Visualization};
use telemetry_charts::{Size, Theme};
use telemetry_query::{Labels, METRIC_NAME};
use tokio::time::Instant;

/// The widths in which charts are drawn; what a browser asks for is one of them, so that readers share pictures.
pub(super) const SMALLEST: u32 = 160;
pub(crate) const SMALL: u32 = 240;
pub(super) const NARROW: u32 = 360;
pub(crate) const USUAL: u32 = 400;
pub(super) const HALF: u32 = 620;
pub(super) const WIDE: u32 = 1120;
pub(super) const WALL: u32 = 2240;
const WIDTHS: [u32; 7] = [SMALLEST, SMALL, NARROW, USUAL, HALF, WIDE, WALL];

/// The most rows for which a picture has room.
pub(crate) const MOST_ROWS: u32 = 16;

/// How a chart is asked for.
pub(super) struct Asked {
    pub(super) sight: Sight,
    pub(super) size: Size,
}

/// A value of a panel now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Now {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) labels: Vec<(String, String)>,
}

/// The values of a panel now, or why they are not known.
pub(super) type Values = Result<Vec<Now>, Trouble>;

/// The nearest width in which charts are drawn.
pub(super) fn width(asked: u32) -> u32 {
    WIDTHS.into_iter().min_by_key(|width| width.abs_diff(asked)).unwrap_or(USUAL)
}

/// The size of a picture of this panel with this width: as high as what it shows needs, which for bars and timelines are so many rows.
pub(crate) fn size(panel: &Panel, width: u32, rows: u32) -> Size {
    /// A row, and the scale and the names below all of them.
    const ROW: u32 = 26;
    const BELOW: u32 = 70;
    let rows = rows.clamp(1, MOST_ROWS);
    let is_large = width >= WIDE;
    let height = match panel.visualization {
        Visualization::StateTimeline => (rows * ROW + BELOW).max(120),
        Visualization::Bar => (rows * ROW + 40).max(120),
        Visualization::Stat if is_large => 260,
        Visualization::Stat => 110,
        Visualization::Gauge if is_large => 320,
        Visualization::Gauge => 180,
        Visualization::TimeSeries | Visualization::Heatmap if is_large => 440,
        Visualization::TimeSeries | Visualization::Heatmap => 230,
    };
    Size { width, height }
}

/// A panel as a picture, as of now.
pub(super) fn svg(source: &dyn Source, panel: &Panel, asked: &Asked, now: i64) -> Result<String, Trouble> {
    let course = course(source, panel, &asked.sight, now)?;
    telemetry_charts::svg_untitled(&course.chart(panel), asked.size, Theme::Reader)
        .map_err(|error| Trouble::Source(error.to_string()))
}

/// Asks for the present values of a panel.
pub(super) fn ask(desk: &Desk, panel: &Panel, span: Span) -> Vec<Pending<Rows>> {
    desk.expressions(panel, span).into_iter().map(|expr| desk.ask(expr)).collect()
}

/// The present values of a panel that are known by then, in the order of its queries.
pub(super) async fn values(panel: &Panel, asked: Vec<Pending<Rows>>, deadline: Instant) -> Values {
    let mut all = Vec::new();
    for (query, pending) in panel.queries.iter().zip(asked) {
        let found: Answer<Rows> = pending.by(deadline).await;
        all.extend(found?.rows.iter().map(|(labels, value)| now(panel, query, labels, *value)));
    }
    if panel.visualization == Visualization::Heatmap {
        all.sort_by(|left, right| bound(left).total_cmp(&bound(right)));
    }
    Ok(all)
}

/// The upper bound of a bucket, which is its name.
fn bound(now: &Now) -> f64 {
    now.name.parse().unwrap_or(f64::INFINITY)
}

fn now(panel: &Panel, query: &Query, labels: &Labels, value: f64) -> Now {
    let labels_of = labels
        .iter()
        .filter(|label| &*label.name != METRIC_NAME)
        .map(|label| (words::cut(&label.name), words::cut(&label.value)));
    Now { name: name(panel, query, labels), value, labels: labels_of.collect() }
}

/// A picture in words: what it shows, over which time, and the last values.
pub(super) fn alternative(panel: &Panel, span: Span, values: &Values) -> String {
    /// More than that nobody listens to.
    const TOLD: usize = 6;
    let over = match panel.visualization.is_of_now() {
        true => "now".to_owned(),
        false => format!("over the last {}", span.words()),
    };
    let told = match values {
        Err(trouble) => format!("Not known: {}", words::cut(&trouble.to_string())),
        Ok(values) if values.is_empty() => "No data now".to_owned(),
        Ok(values) => {
            let told =
                values.iter().take(TOLD).map(|now| format!("{} {}", now.name, panel.unit.shown(now.value)));
            let more = values.len().saturating_sub(TOLD);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("Last values: {}{more}", told.collect::<Vec<_>>().join("; "))
        }
    };
    format!("{}, {over}. {told}.", panel.title)
}

/// How often a picture changes, so that a page need not load it anew at each look.
pub(super) fn changes(span: Span, interval: Duration) -> i64 {
    let step = span.sight(Recorded::Nothing, interval).step();
    millis(step.min(Duration::from_secs(60)).max(interval))
}
