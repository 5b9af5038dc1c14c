//! Panels with what was measured: the same for every picture of them, wherever it is shown.

mod interval;
mod span;

pub use interval::{USUAL_INTERVAL, scrape_interval};
pub use span::{Sight, Span};

pub(crate) use span::millis;

use crate::page::Recorded;
use crate::source::{Source, SourceError};
use crate::words;
use telemetry_catalog::panel::{Panel, Query, Unit, Visualization};
use telemetry_catalog::promql::{Scope, rate_interval};
use telemetry_charts::{Chart, Series};
use telemetry_query::{Labels, Sample, Steps};

/// The most series that are looked at, each with its whole course. How many more there are is told.
const SERIES: usize = 2_000;

/// What was measured of a panel over a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The series, in the order of the panel's queries.
    pub series: Vec<Series>,
    /// How many more there are.
    pub left_out: usize,
    /// The times that were looked at.
    pub steps: Steps,
}

impl Course {
    /// The same as a chart of the panel that it is of.
    #[must_use]
    pub fn chart<'p>(&self, panel: &'p Panel) -> Chart<'p> {
        let Steps { start, end, step } = self.steps;
        Chart { panel, series: self.series.clone(), left_out: self.left_out, start, end, step }
    }
}

/// Asks for what was measured of a panel, as of `now` in milliseconds since 1970. Of a panel that shows the present alone there is one point.
///
/// # Errors
/// What keeps the source from answering.
pub fn course(source: &dyn Source, panel: &Panel, sight: &Sight, now: i64) -> Result<Course, SourceError> {
    let steps = sight.steps(now);
    let mut series = Vec::new();
    for (query, expr) in panel.queries.iter().zip(expressions(panel, sight)) {
        let named = |labels: &Labels, points| Series { name: name(panel, query, labels), points };
        if has_course(panel) {
            let points = |samples: &[Sample]| samples.iter().map(|one| (one.timestamp, one.value)).collect();
            let found = source.range(&expr, steps)?;
            series.extend(found.iter().map(|found| named(&found.labels, points(&found.samples))));
        } else {
            let found = source.instant(&expr, now)?;
            series.extend(found.iter().map(|(labels, value)| named(labels, vec![(now, *value)])));
        }
    }
    let left_out = series.len().saturating_sub(SERIES);
    series.truncate(SERIES);
    Ok(Course { series, left_out, steps })
}

/// The expressions of a panel, with what follows the resolution of a graph filled in as Grafana does.
#[must_use]
pub fn expressions(panel: &Panel, sight: &Sight) -> Vec<String> {
    // What health is judged by is shown as it is judged; a number that names its span of time keeps to that.
    let recorded = match sight.recorded {
        // That no alert fires says something only where rules are evaluated, which what they record tells.
        _ if panel.unit == Unit::Health => true,
        Recorded::Nothing => false,
        Recorded::AsGenerated => true,
        Recorded::Otherwise => panel.indicator.is_some(),
    };
    let range = rate_interval(sight.step(), sight.interval);
    let scope = Scope { graph_range: &range, recorded, ..Scope::plain() };
    panel.queries.iter().map(|query| query.vector.written(&scope)).collect()
}

/// Whether a picture shows how it came about. That of a number does, beside the number.
const fn has_course(panel: &Panel) -> bool {
    matches!(panel.visualization, Visualization::Stat) || !panel.visualization.is_of_now()
}

/// What a series is called in the legend of its panel.
pub(crate) fn name(panel: &Panel, query: &Query, labels: &Labels) -> String {
    let name = query.legend.written(|label| words::cut(labels.get(label)));
    if name.is_empty() { panel.title.clone() } else { name }
}
