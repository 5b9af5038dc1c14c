//! How bad a value is, by the limits of its panel or by what it says itself, and how bad it was for how long.

use crate::Chart;
use crate::data::Clean;
use crate::ink::Ink;
use telemetry_catalog::indicator::Severity;
use telemetry_catalog::panel::{Panel, Unit};

/// The worst severity that a value has reached. What is unknown has reached none, and neither has what nobody set a limit for.
#[must_use]
pub fn severity(panel: &Panel, value: f64) -> Option<Severity> {
    if panel.unit == Unit::Health {
        return if value >= 2.0 {
            Some(Severity::Critical)
        } else if value >= 1.0 {
            Some(Severity::Warning)
        } else {
            None
        };
    }
    let reached = panel.thresholds.iter().filter(|level| panel.beyond().holds(value, level.limit));
    reached.map(|level| level.severity).max()
}

/// The ink of a present value: plain where nobody said what would be too much.
pub(crate) fn ink(panel: &Panel, value: f64) -> Ink {
    if value.is_nan() {
        Ink::Faint
    } else if panel.thresholds.is_empty() && panel.unit != Unit::Health {
        Ink::Text
    } else {
        Ink::of(severity(panel, value))
    }
}

/// The word that says the same as the ink. Where no alert fires, it need not be known that all is well.
#[must_use]
pub fn word(panel: &Panel, severity: Option<Severity>) -> &'static str {
    match severity {
        None if panel.unit == Unit::Health => "quiet",
        None => "healthy",
        Some(Severity::Info) => "notable",
        Some(severity) => severity.as_str(),
    }
}

/// The severity that was reached, if any.
pub type State = Option<Severity>;

/// A state that did not change from one moment to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment, in milliseconds since 1970.
    pub from: i64,
    /// Its last moment.
    pub until: i64,
    /// What it was.
    pub state: State,
}

/// The states of a series over time. A point tells of the time around it, half a step to each side.
#[must_use]
pub fn spans(chart: &Chart<'_>, series: &Clean) -> Vec<Span> {
    let half = chart.step.max(1) / 2;
    let mut spans: Vec<Span> = Vec::new();
    for run in &series.runs {
        for (place, &(time, value)) in run.iter().enumerate() {
            let state = severity(chart.panel, value);
            let (from, until) =
                (time.saturating_sub(half).max(chart.start), time.saturating_add(half).min(chart.end));
            match spans.last_mut().filter(|span| place > 0 && span.state == state) {
                Some(span) => span.until = until,
                None => spans.push(Span { from, until, state }),
            }
        }
    }
    // Between two points of a run the earlier state ends where the later one begins.
    for place in 1..spans.len() {
        let from = spans[place].from;
        let before = &mut spans[place - 1];
        if before.until > from || from - before.until <= half {
            before.until = from;
        }
    }
    spans
}
