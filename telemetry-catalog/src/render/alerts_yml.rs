//! The alert rules, `rules/alerts.yml`.

use super::rule_groups::alert_groups;
use telemetry_core::config::Config;

const HEAD: &str = "\
# Alert rules: one for each level of each health indicator, with the thresholds of the configuration.
#
# They stand on the recording rules in recording.yml, which says how events are counted, and need them. A share of fewer than 5 events
# pages nobody. Both levels of an indicator have one name, so that Alertmanager can silence the warning while it is critical.
groups:
";

/// The alert rules of every indicator, a group for each subsystem, without the line that says what wrote them.
///
/// ```
/// use telemetry_catalog::render::alerts_yml;
/// use telemetry_core::config::Config;
///
/// let mut config = Config::default();
/// config.health_thresholds.error_rate_warn = 7.5;
/// assert!(alerts_yml(&config).contains("fleet:sase_agent_runs_error:ratio30m >= 0.075"));
/// ```
#[must_use]
pub fn alerts_yml(config: &Config) -> String {
    format!("{HEAD}{}", alert_groups(config, 2))
}
