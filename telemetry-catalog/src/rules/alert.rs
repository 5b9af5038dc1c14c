//! Alert rules: one for each level of each indicator.

use super::links::{dashboard_url, runbook_url};
use crate::indicator::{Indicator, Level, Severity, Unit, indicators};
use crate::promql::{Scope, Window};
use telemetry_core::config::Config;

/// One alert rule.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// The indicator that it follows from.
    pub indicator: &'static Indicator,
    /// How bad it is, and from where on.
    pub level: Level,
    /// The expression, in which recording rules stand as their names.
    pub expr: String,
    /// How long the expression holds before the alert fires.
    pub hold: Window,
    /// The labels that it adds.
    pub labels: Vec<(&'static str, &'static str)>,
    /// What people are told, as templates of Prometheus.
    pub annotations: Vec<(&'static str, String)>,
}

/// Every alert rule, in the order of the indicators, the mildest level first.
#[must_use]
pub fn alert_rules(config: &Config) -> Vec<AlertRule> {
    let levels = |indicator: &'static Indicator| {
        let levels = indicator.limits.levels(&config.health_thresholds);
        levels.into_iter().map(move |level| rule(config, indicator, level))
    };
    indicators().flat_map(levels).collect()
}

fn rule(config: &Config, indicator: &'static Indicator, level: Level) -> AlertRule {
    AlertRule {
        indicator,
        level,
        expr: indicator.condition(config, level.limit).written(&Scope::rules()),
        hold: indicator.hold,
        labels: vec![("severity", level.severity.as_str()), ("subsystem", indicator.subsystem.slug)],
        annotations: vec![
            ("summary", filled(indicator.summary, indicator, level)),
            ("description", filled(indicator.description, indicator, level)),
            ("runbook_url", literal(&runbook_url(config, indicator))),
            ("dashboard", literal(&dashboard_url(config, indicator))),
        ],
    }
}

impl AlertRule {
    /// The name of the alert.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.indicator.alert
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.level.severity
    }
}

/// The sentence of an indicator as a template of Prometheus: the value in its unit, the labels of the alert.
fn filled(sentence: &str, indicator: &Indicator, level: Level) -> String {
    let mut text = sentence
        .replace("{value}", value_template(indicator.unit))
        .replace("{limit}", &amount(indicator.unit, level.limit))
        .replace("{window}", &indicator.over.words());
    for label in indicator.by {
        text = text.replace(&format!("{{{label}}}"), &format!("{{{{ $labels.{label} }}}}"));
    }
    text
}

/// A text that means itself to Prometheus' templates.
fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

const fn value_template(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "{{ $value | humanizePercentage }}",
        Unit::Seconds => "{{ $value | humanizeDuration }}",
        Unit::Times => "{{ $value | printf \"%.1f\" }}",
        Unit::Count | Unit::State => "{{ $value | printf \"%.0f\" }}",
    }
}

/// An amount as people write it in its unit: `12.5%`, `5m`, `3`.
///
/// ```
/// use telemetry_catalog::{indicator::Unit, rules::amount};
///
/// assert_eq!(amount(Unit::Share, 0.125), "12.5%");
/// assert_eq!(amount(Unit::Seconds, 300.0), "5m");
/// assert_eq!(amount(Unit::Seconds, 0.5), "0.5s");
/// ```
#[must_use]
pub fn amount(unit: Unit, value: f64) -> String {
    match unit {
        // Ten digits hide what the division of a percentage by a hundred left behind the last one.
        Unit::Share => format!("{}%", (value * 1e12).round() / 1e10),
        Unit::Seconds if value >= 60.0 && value % 60.0 == 0.0 && value <= f64::from(u32::MAX) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the guard says that it fits"
            )]
            let minutes = (value / 60.0) as u32;
            Window::minutes(minutes.min(u32::MAX / 60)).to_string()
        }
        Unit::Seconds => format!("{value}s"),
        Unit::Count | Unit::Times | Unit::State => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_level_is_a_rule_and_name_and_severity_tell_them_apart() {
        let rules = alert_rules(&Config::default());
        let told: BTreeSet<_> = rules.iter().map(|rule| (rule.name(), rule.severity())).collect();
        assert_eq!(told.len(), rules.len());
        assert!(rules.len() >= 20);
    }

    #[test]
    fn the_users_thresholds_are_in_the_rules() {
        let mut config = Config::default();
        config.health_thresholds.error_rate_warn = 7.5;
        let rules = alert_rules(&config);
        let failing = rules.iter().find(|rule| rule.name() == "AgentRunsFailing").unwrap();
        assert_eq!(
            failing.expr,
            "fleet:sase_agent_runs_error:ratio30m >= 0.075 and fleet:sase_agent_runs:increase30m >= 5"
        );
        assert!(failing.annotations[1].1.ends_with("the limit is 7.5%."), "{:?}", failing.annotations);
    }

    #[test]
    fn sentences_become_templates() {
        let rules = alert_rules(&Config::default());
        let errors = rules.iter().find(|rule| rule.name() == "LlmErrors").unwrap();
        assert_eq!(errors.annotations[0].1, "Calls to {{ $labels.provider }} run into errors");
        assert!(errors.annotations[1].1.contains("{{ $value | humanizePercentage }}"));
        for rule in &rules {
            for (name, text) in &rule.annotations {
                let rest = text.replace("{{", "").replace("}}", "");
                assert!(!rest.contains('{') || name == &"dashboard", "{text}");
            }
        }
    }
}
