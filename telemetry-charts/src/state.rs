//! How bad a value is: by the limits of its panel, or by what it says itself.

use crate::ink::Ink;
use telemetry_catalog::indicator::Severity;
use telemetry_catalog::panel::{Panel, Unit};

/// The worst severity that a value has reached. What is unknown has reached none, and neither has what nobody set a limit for.
pub(crate) fn severity(panel: &Panel, value: f64) -> Option<Severity> {
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
pub(crate) fn word(panel: &Panel, severity: Option<Severity>) -> &'static str {
    match severity {
        None if panel.unit == Unit::Health => "quiet",
        None => "healthy",
        Some(Severity::Info) => "notable",
        Some(severity) => severity.as_str(),
    }
}
