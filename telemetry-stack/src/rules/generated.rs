//! The generated rules, with the thresholds of a configuration.

use super::set::{Rule, RuleGroup, RuleKind, RuleSet};
use super::template::Template;
use std::time::Duration;
use telemetry_catalog::promql::Scope;
use telemetry_catalog::rules::{AlertRule, RecordingRule, alert_rules, recording_rules};
use telemetry_catalog::subsystems;
use telemetry_core::config::Config;
use telemetry_core::metric::Subsystem;

/// What stands for the file of the generated rules.
const FILE: &str = "built in";

impl RuleSet {
    /// The generated rules, with the thresholds of the configuration: the groups of the generated rule files, recording rules first.
    #[must_use]
    pub fn generated(config: &Config) -> Self {
        let recorded = recording_rules(config);
        let mut groups: Vec<_> = subsystems()
            .map(|subsystem| {
                let own = recorded.iter().filter(|rule| rule.subsystem == subsystem);
                group(subsystem, "recording", own.map(recording).collect())
            })
            .collect();
        groups.retain(|group| !group.rules.is_empty());
        groups.extend(alert_groups(config, |rule| rule.expr.clone()));
        Self { groups }
    }

    /// The generated alert rules without the recording rules: what those would record is computed in full. For a source into which
    /// nothing can be recorded.
    #[must_use]
    pub fn generated_in_full(config: &Config) -> Self {
        let in_full =
            |rule: &AlertRule| rule.indicator.condition(config, rule.level.limit).written(&Scope::plain());
        Self { groups: alert_groups(config, in_full) }
    }
}

fn alert_groups(config: &Config, expr: impl Fn(&AlertRule) -> String) -> Vec<RuleGroup> {
    let rules = alert_rules(config);
    let of = |subsystem: &'static Subsystem| {
        let own = rules.iter().filter(|rule| rule.indicator.subsystem == subsystem);
        group(subsystem, "alerts", own.map(|rule| alert(rule, expr(rule))).collect())
    };
    subsystems().map(of).collect()
}

fn group(subsystem: &Subsystem, what: &str, rules: Vec<Rule>) -> RuleGroup {
    RuleGroup {
        name: format!("{}-{what}", subsystem.slug),
        file: FILE.to_owned(),
        interval: None,
        limit: 0,
        query_offset: Duration::ZERO,
        rules,
    }
}

fn recording(rule: &RecordingRule) -> Rule {
    let kind = RuleKind::Recording { record: rule.record.name.clone() };
    Rule { kind, expr: rule.record.expr.clone(), labels: Vec::new() }
}

fn alert(rule: &AlertRule, expr: String) -> Rule {
    let labels = rule.labels.iter().map(|(name, value)| ((*name).to_owned(), template(value)));
    let annotations = rule.annotations.iter().map(|(name, text)| ((*name).to_owned(), template(text)));
    let kind = RuleKind::Alert {
        alert: rule.name().to_owned(),
        hold: Duration::from_secs(rule.hold.seconds().into()),
        keep_firing: Duration::ZERO,
        annotations: annotations.collect(),
    };
    Rule { kind, expr, labels: labels.collect() }
}

/// A generated text. Each of them is a template, which a test sees to; the text itself is the best that could stand in its place.
fn template(text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|_| Template::literal(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::render::{alerts_yml, recording_yml};
    use telemetry_query::Query;

    fn unusual() -> Config {
        let mut config = Config::default();
        config.health_thresholds.error_rate_warn = 7.5;
        config.prometheus.grafana_url = "http://x/{{y}}\\\"'".to_owned();
        config.runbook_base_url = "http://x/{{ }} %d".to_owned();
        config
    }

    #[test]
    fn they_are_what_the_generated_files_say() {
        for config in [Config::default(), unusual()] {
            let mut read = RuleSet::parse(FILE, &recording_yml(&config)).unwrap();
            read.merge(RuleSet::parse(FILE, &alerts_yml(&config)).unwrap());
            assert_eq!(RuleSet::generated(&config), read);
            assert!(read.alerts().count() >= 20 && read.len() > read.alerts().count());
        }
    }

    #[test]
    fn in_full_they_are_the_same_alerts_and_need_nothing_recorded() {
        let config = unusual();
        let (full, usual) = (RuleSet::generated_in_full(&config), RuleSet::generated(&config));
        assert_eq!(full.len(), usual.alerts().count());
        for (full, usual) in full.alerts().zip(usual.alerts()) {
            assert_eq!((&full.kind, &full.labels), (&usual.kind, &usual.labels));
            Query::parse(&full.expr).unwrap();
            for recorded in recording_rules(&config) {
                assert!(!full.expr.contains(&recorded.record.name), "{}", full.expr);
            }
        }
    }
}
