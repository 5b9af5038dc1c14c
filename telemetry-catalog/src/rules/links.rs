//! Where people are led from an alert.

use crate::indicator::Indicator;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// The uid of the dashboard of a subsystem, the same in every Grafana.
#[must_use]
pub fn board_uid(subsystem: &Subsystem) -> String {
    format!("telemetry-{}", subsystem.slug)
}

/// The indicator's entry in the runbook.
#[must_use]
pub fn runbook_url(config: &Config, indicator: &Indicator) -> String {
    format!("{}#{}", config.runbook_base_url.trim_end_matches('#'), indicator.anchor())
}

/// The dashboard of the indicator's subsystem.
#[must_use]
pub fn dashboard_url(config: &Config, indicator: &Indicator) -> String {
    let grafana = config.prometheus.grafana_url.trim_end_matches('/');
    format!("{grafana}/d/{}", board_uid(indicator.subsystem))
}
